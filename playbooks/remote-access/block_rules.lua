-- Makes an RRAS info block of the source fit the destination: drops, converts, clears what names source objects.
local bits = require "format.bits"
local infoblock = require "format.infoblock"
local nat = require "format.nat"
local routing = require "format.routing"

local M = {}

---@class InfoBlockAdaptOptions
---@field transport "ip"|"ipv6"
---@field scope "global"|"interface" where the block comes from
---@field supports? fun(protocol_id: integer): boolean whether the destination lists the routing protocol
---@field drop_ipv6? boolean nothing of IPv6 is migrated
---@field preferences? table<integer, integer> metric by protocol, given to converted routes
---@field extended_priority? boolean the destination's own blocks use the extended preferences

---@class InfoBlockReportItem
---@field action "kept"|"converted"|"dropped"
---@field type? integer
---@field name string the entry, or a part of it as in "nat.icmp"
---@field guide? string
---@field reason? string

local TRANSLATED = nat.flags.boundary | nat.flags.translate
local DNS_PROXY_RUN_TIME = 0xF0000000

-- A rule's handler gets the entry and returns what becomes of it: the same entry, a new one,
-- or nil with an error when it cannot be read. It reports what it changed through `change`.

local function replaced(entry, data)
  return { type = entry.type, item_size = #data, count = 1, data = data }
end

-- Checks an entry that stays as it is.
local function checked(codec)
  return function(entry)
    local _, err = codec.decode(entry.data)
    return not err and entry or nil, err
  end
end

-- Checks an entry, lets `edit` change the decoded form, and encodes it again when it says what it changed.
local function edited(codec, edit)
  return function(entry, change)
    local values, err = codec.decode(entry.data)
    if not values then
      return nil, err
    end
    local reason = edit(values)
    if not reason then
      return entry
    end
    change(reason)
    return replaced(entry, codec.encode(values))
  end
end

local function clear_igmp(values)
  if values.interface_index == 0 and values.address == "0.0.0.0" and values.interface_type == 0 then
    return nil
  end
  values.interface_index, values.address, values.interface_type = 0, "0.0.0.0", 0
  return "read-only index, address and type of the source interface are cleared"
end

local function clear_dns_proxy(values)
  if values.flags & DNS_PROXY_RUN_TIME == 0 then
    return nil
  end
  values.flags = values.flags & ~DNS_PROXY_RUN_TIME
  return "run-time state is cleared"
end

local function adapt_routes(entry, change, opts)
  local routes, err = routing.decode_routes(entry)
  if not routes then
    return nil, err
  end
  local old = entry.item_size == routing.route_2003.size
  local cleared, parts = false, {}
  for index, route in ipairs(routes) do
    if old then
      route = routing.convert_route(route, (opts.preferences or {})[route.protocol])
    elseif route.interface_index ~= 0 then
      route.interface_index, cleared = 0, true
    end
    parts[index] = routing.route.encode(route)
  end
  if old then
    change(string.format("%d routes rewritten from the Windows 2003 layout", #routes))
  elseif cleared then
    change "interface indexes of the source are cleared"
  else
    return entry
  end
  return { type = entry.type, item_size = routing.route.size, count = #parts, data = table.concat(parts) }
end

local function adapt_priority(entry, change, opts)
  local info, err = routing.priority_info.decode(entry.data)
  if not info then
    return nil, err
  end
  if not opts.extended_priority then
    return entry
  end
  change "preferences rewritten to the extended layout"
  local extended = replaced(entry, routing.priority_info_ex.encode(routing.extend_priority(info)))
  extended.type = infoblock.types.priority_info_ex
  return extended
end

local function adapt_nat(entry, change, _, drop)
  local info, err = nat.interface.decode(entry.data)
  if not info then
    return nil, err
  end
  local remaining, removed = nat.without_firewall(info)
  for _, item in ipairs(removed) do
    drop(item.name, item.reason, "RA-GAP-11")
  end
  if not remaining then
    return nil, nil
  end
  if #removed == 0 and info.index == 0 then
    return entry
  end
  remaining.index = 0
  local kind = remaining.flags & TRANSLATED ~= 0 and "public" or "private"
  change(string.format("%s interface (%s); interface index cleared", kind,
    bits.describe(remaining.flags, nat.flag_names)))
  return replaced(entry, nat.interface.encode(remaining))
end

local function note_rip(entry)
  local values = routing.rip_interface.decode(entry.data)
  return values and values.authentication_type == 2 and "holds the RIP password in clear text" or nil
end

local function keep(codec)
  return { handle = checked(codec) }
end

local function gone(guide, reason)
  return { drop = true, guide = guide, reason = reason }
end

-- Protocols differ in what they store globally and per interface.
local function protocol(global, interface, note)
  return { protocol = true, handle = checked(global), handle_interface = interface, note = note }
end

local types = infoblock.types
local raw = {
  decode = function(data)
    return data
  end,
}

local shared = {
  [types.interface_status] = keep(routing.status),
  [types.static_routes] = { handle = adapt_routes },
  [types.priority_info] = { handle = adapt_priority },
  [types.priority_info_ex] = keep(routing.priority_info_ex),
  [types.router_discovery] = keep(routing.router_discovery),
}

local rules = {
  ip = setmetatable({
    [types.global_info] = keep(routing.global_info),
    [types.in_filter] = keep(routing.filters),
    [types.out_filter] = keep(routing.filters),
    [types.demand_dial_filter] = keep(routing.filters),
    [types.multicast_heartbeat] = keep(raw),
    [types.multicast_boundary] = keep(raw),
    [types.multicast_limit] = keep(raw),
    [types.fragment_check] = keep(routing.switch),
    [types.filter_enable] = keep(routing.switch),
    [types.ip_in_ip_tunnel] = gone(nil, "IP-in-IP tunnels exist in Windows 2000 only"),
    [types.ospf] = gone(nil, "OSPF does not exist since Windows Server 2008: use static routes or RIP"),
    [types.bgp] = gone(nil, "BGP names interfaces of the source: configure it again"),
    [types.rip] = protocol(routing.rip_global, checked(routing.rip_interface), note_rip),
    [types.dhcp_relay] = protocol(routing.relay_global, checked(routing.relay_interface)),
    [types.igmp] = protocol(routing.igmp_global, edited(routing.igmp_interface, clear_igmp)),
    [types.dns_proxy] = protocol(routing.dns_proxy_global, edited(routing.dns_proxy_interface, clear_dns_proxy)),
    [types.dhcp_allocator] = protocol(routing.dhcp_allocator_global, checked(routing.dhcp_allocator_interface)),
    [types.nat] = protocol(nat.global, adapt_nat),
  }, { __index = shared }),
  ipv6 = setmetatable({
    [types.ipv6_global_info] = keep(routing.global_info),
    [types.ipv6_in_filter] = keep(routing.ipv6_filters),
    [types.ipv6_out_filter] = keep(routing.ipv6_filters),
    [types.ipv6_demand_dial_filter] = keep(routing.ipv6_filters),
    [types.ipv6_fragment_check] = keep(routing.switch),
    [types.ipv6_filter_enable] = keep(routing.switch),
    [types.dhcpv6_relay] = protocol(routing.relay_v6_global, checked(routing.relay_interface)),
  }, { __index = shared }),
}

local unknown = gone(nil, "unknown here, and an unknown entry can stop a protocol from loading")

-- Says why an entry is dropped without being looked into.
local function refusal(entry, rule, opts)
  if opts.transport == "ipv6" and opts.drop_ipv6 then
    return gone("RA-GAP-03a", "IPv6 routing is not migrated")
  elseif rule.drop then
    return rule
  elseif rule.protocol and opts.supports and not opts.supports(entry.type) then
    return gone(nil, "the destination does not have this protocol")
  end
end

local function adapt_entry(entry, rule, global, opts, report)
  local name = infoblock.type_name(entry.type)
  local function add(action, part, reason, guide)
    report[#report + 1] = { action = action, type = entry.type, name = part, reason = reason, guide = guide }
  end
  local refused = refusal(entry, rule, opts)
  if refused then
    add("dropped", name, refused.reason, refused.guide)
    return nil
  end
  if #entry.data == 0 and entry.type ~= types.static_routes then
    add("kept", name, "empty")
    return entry
  end
  local changed
  local handle = not global and rule.handle_interface or rule.handle
  local result, err = handle(entry, function(reason)
    changed = reason
  end, opts, function(part, reason, guide)
    add("dropped", part, reason, guide)
  end)
  if err then
    add("dropped", name, "damaged: " .. err.message)
  elseif not result then
    add("dropped", name, "nothing of it is left", report[#report].guide)
  elseif result ~= entry then
    add("converted", name, changed)
  else
    add("kept", name, rule.note and not global and rule.note(entry) or nil)
  end
  return result
end

local function same(block, other)
  for index, entry in ipairs(block.entries) do
    local twin = other.entries[index]
    if twin.type ~= entry.type or twin.item_size ~= entry.item_size or twin.data ~= entry.data then
      return false
    end
  end
  return #block.entries == #other.entries
end

---Makes a block that the destination can load.
---A block that needs no change comes back as it is, so that adapting twice changes nothing.
---@param data string
---@param opts InfoBlockAdaptOptions
---@return string? adapted nil when nothing is left, or the block is damaged
---@return InfoBlockReportItem[] report one item an entry, more where parts are lost; never holds a secret
---@return FormatError? err only when the block is damaged
function M.adapt(data, opts)
  local table_of_rules = assert(rules[opts.transport], "block_rules: transport is not ip or ipv6")
  local block, err = infoblock.parse(data)
  if not block then
    return nil, { { action = "dropped", name = "info block", reason = "damaged: " .. err.message } }, err
  end
  local global = opts.scope == "global"
  local report, adapted, changed = {}, { entries = {} }, false
  for _, entry in ipairs(block.entries) do
    local result = adapt_entry(entry, table_of_rules[entry.type] or unknown, global, opts, report)
    adapted.entries[#adapted.entries + 1] = result
    changed = changed or result ~= entry
  end
  if #adapted.entries == 0 then
    return nil, report
  end
  adapted.slack = not changed and block.slack or nil
  local built = infoblock.build(adapted)
  local again = assert(infoblock.parse(built))
  assert(same(adapted, again), "block_rules: the new block does not read back as written")
  if not changed and built ~= data then
    report[#report + 1] = { action = "converted", name = "info block", reason = table.concat(block.warnings, "; ") }
  end
  return built, report
end

return M
