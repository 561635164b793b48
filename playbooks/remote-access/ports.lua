-- Ports: the WAN miniports, found by ComponentId because their numbers differ on every machine.

local compat = require "compat"
local facts = require "facts"

-- [MS-RRASM 2.2.3.3.1]. `row` is the one of the table that says what releases without them get.
local kinds = {
  { id = "ms_pptpminiport", title = "PPTP", outdated = true },
  { id = "ms_l2tpminiport", title = "L2TP", outdated = true },
  { id = "ms_pppoeminiport", title = "PPPoE" },
  { id = "ms_ptiminiport", title = "Direct Parallel" },
  { id = "ms_sstpminiport", title = "SSTP", row = "RA-GAP-02" },
  { id = "ms_agilevpnminiport", title = "IKEv2", row = "RA-GAP-06a" },
}

-- The kinds that both servers have; `new` are those that the source's release does not know.
local function ports(source, ctx)
  local list, here, there = {}, facts.miniports(source), facts.miniports(ctx.destination)
  for _, kind in ipairs(kinds) do
    local new = kind.row and compat.of_source(ctx, kind.row) == "enable-default"
    local from, to = here[kind.id], there[kind.id]
    if to and (new or from) then
      list[#list + 1] = { name = kind.title, kind = kind, new = new, path = not new and from.path or nil, to = to.path }
    elseif new or from then
      ctx:note((new and "The destination has no %s ports to switch on."
        or "The destination has no %s ports: theirs are not migrated."):format(kind.title))
    end
  end
  return list
end

local function within_limits(value, ctx, about)
  if math.type(value) ~= "integer" then return nil, "it is not a number" end
  local highest = facts.number(ctx.destination, about.to, "MaxWanEndpoints")
  local lowest = facts.number(ctx.destination, about.to, "MinWanEndpoints")
  local count = math.max(value, lowest)
  if highest > 0 then count = math.min(count, highest) end
  return count, count ~= value and ("the destination allows %d to %d"):format(lowest, highest) or nil
end

local function without_outdated(value, ctx, about)
  if not about.item.kind.outdated or ctx.params.outdated_ports == "as-source" or value ~= 1 then return value end
  return 0, "--param outdated_ports=off"
end

local function note_outdated(ctx, about)
  local port = about.item
  if port.kind.outdated and about.value == 1 and ctx.params.outdated_ports == "as-source"
    and compat.of_destination(ctx, "RA-NEW-04") == "tell" then
    return ("%s ports stay on for remote access, as on the source; a new server of this release has them off, because"
      .. " the protocol is outdated (RA-NEW-04): --param outdated_ports=off turns them off."):format(port.name)
  end
end

return {
  settings "ports" {
    guide = { "RA-VER-06", "RA-GAP-02", "RA-GAP-06a", "RA-NEW-04" }, title = "Ports",
    each = ports, to = function(port) return port.to end,
    set "EnableForRas" {
      when = function(_, about) return about.item.new end, value = dword(1),
      note = function(_, about)
        return ("%s ports are switched on with the destination's own number (%s)."):format(about.item.name,
          about.item.kind.row)
      end,
    },
    migrate "WanEndpoints" { through = within_limits },
    migrate "EnableForRas" { through = without_outdated, note = note_outdated },
    -- The last is the phone number or address of the device.
    migrate { "EnableForRouting", "EnableForOutboundRouting", "CalledIDInformation" },
  },
}
