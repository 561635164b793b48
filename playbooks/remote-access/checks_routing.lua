-- What the source has set for routing and NAT, and cannot be carried over.

local adapters = require "windows.adapters"
local checks = require "shared.checks"
local facts = require "facts"
local infoblocks = require "infoblocks"

-- What is lost, as one text: of packet filters and NAT, or of the rest.
local function lost(ctx, guards)
  local lines = {}
  for _, loss in ipairs(infoblocks.losses(ctx)) do
    if (loss.guards or false) == guards then lines[#lines + 1] = loss.text end
  end
  return #lines > 0 and table.concat(lines, "; ") or nil
end

-- Adapters of the source, by GUID in capitals, with what is set for routing on each.
local function routing_of(ctx)
  local found = {}
  for _, interface in ipairs(facts.router_interfaces(ctx.source)) do
    local content = interface.type == facts.LAN and infoblocks.content(ctx, interface) or {}
    if #content > 0 then found[interface.called:upper()] = { interface = interface, content = content } end
  end
  return found
end

-- Whether an adapter needs a place on the destination for what the router has on it.
local function routes(ctx, interface)
  ctx.state.routing = ctx.state.routing or routing_of(ctx)
  return interface.is_card and ctx.state.routing[interface.guid:upper()] ~= nil
end

-- How many adapters of the destination the map has to find: those that carry something, without those left out.
local function count_needed(ctx)
  local count = 0
  for _, pair in ipairs(ctx.map) do
    local own = facts.interface(ctx.source, pair.source.guid)
    local needed = own and (adapters.carries(own) or routes(ctx, own))
    if pair.destination or needed and pair.reason ~= "given" then count = count + 1 end
  end
  return count
end

-- What is set for routing on adapters that are gone, or that Windows does not know: no map has them, if nobody says so.
local function routing_of_gone(ctx)
  local in_map, lines = {}, {}
  for _, pair in ipairs(ctx.map) do in_map[pair.source.guid:upper()] = true end
  for guid, found in pairs(routing_of(ctx)) do
    if not in_map[guid] then
      lines[#lines + 1] = ("%s: %s"):format(facts.quoted(found.interface), table.concat(found.content, ", "))
    end
  end
  table.sort(lines)
  return #lines > 0 and table.concat(lines, "; ") or nil
end

local tcpip6 = [[HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters]]

local function disables_ipv6(ctx, side)
  return facts.number(ctx[side], tcpip6, "DisabledComponents") == 0xFFFFFFFF
end

local look_there = "Routing and Remote Access on the source may still show them: note them there, and enter them again"
  .. " on the destination, where a manual step lists them."

return {
  check "adapter-count" {
    guide = { "RA-CHK-12", "RA-PRE-01" }, severity = "block", title = "Enough network adapters",
    problem = function(ctx)
      local needed, there = count_needed(ctx), #facts.cards(ctx.destination)
      if there < needed then
        return ("The source has %d network adapters that carry something, the destination %d."):format(needed, there),
          ("Add at least %d to the destination, or leave adapters out with a map."):format(needed - there)
      end
    end,
  },

  check "adapter-names" (checks.adapters_mapped({ guide = { "RA-CHK-13", "RA-PRE-01" } }, routes)),

  check "gone-adapters" {
    guide = "RA-CHK-13", severity = "block", title = "Routing of adapters that are not there any more",
    waiver = "these settings stay behind", found = routing_of_gone,
    problem = "Adapters that are no network card of the source any more have settings of routing: %s.",
    remedy = "Name such an adapter in a map file (--map), by its GUID if need be: with the adapter of the destination"
      .. " that takes its place, or with an empty right side.",
  },

  -- RRAS does not start where its IPv6 part is there and IPv6 is disabled by all bits (serverfault 397466; 0xFF is what
  -- Microsoft documents for it).
  check "ipv6-switched-off" {
    guide = "RA-GAP-03a", severity = "warn", title = "IPv6 that is disabled below Remote Access",
    found = function(ctx)
      local side = disables_ipv6(ctx, "destination") and "destination"
        or ctx:takes_part("ip-configuration", "here") and disables_ipv6(ctx, "source") and "source"
      local manager = facts.keys.router_managers .. [[\Ipv6]]
      if not side or not ctx.destination:has_key(manager) then return nil end
      return side, ctx.source:has_key(manager) and "as the source has" or "which the source does not have"
    end,
    problem = "The %s has DisabledComponents 0xFFFFFFFF, which is meant to be 0xFF, and the destination has"
      .. [[ RouterManagers\Ipv6, %s: Routing and Remote Access may not start.]],
    remedy = "ip-configuration writes 0xFF in its place; if the service does not start all the same, export and delete"
      .. [[ the key HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\RouterManagers\Ipv6 of the destination.]],
  },

  check "filters-readable" {
    guide = { "RA-VER-12", "RA-VER-14a" }, severity = "block", title = "Packet filters and NAT can be carried over",
    waiver = "the destination lets packets through that the source stops, or translates no addresses, until these"
      .. " settings are entered by hand",
    found = function(ctx) return lost(ctx, true) end,
    problem = "Packet filters or NAT are lost, or may be: %s.", remedy = look_there,
  },

  check "routing-readable" {
    guide = { "RA-VER-11", "RA-VER-13", "RA-VER-16" }, severity = "warn", title = "Routing can be carried over",
    found = function(ctx) return lost(ctx, false) end,
    problem = "Settings of routing are lost: %s.", remedy = look_there,
  },
}
