-- Makes an RRAS info block of the source fit the destination: drops, converts, clears what names source objects.
local bits = require "format.bits"
local bytes = require "format.bytes"
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
---@field damaged? boolean dropped because it cannot be read
---@field unforeseen? boolean dropped, and no item of the guide says so
---@field guards? boolean it is, or may be, a packet filter or address translation

local TRANSLATED = nat.flags.boundary | nat.flags.translate
local DNS_PROXY_RUN_TIME = 0xF0000000

-- A rule's handler gets the entry and returns what becomes of it: the same entry, a new one,
-- or nil with an error when it cannot be read. It reports what it changed through `change`, and parts that go
-- through `drop`.

local function replaced(entry, data)
  return { type = entry.type, item_size = #data, count = 1, data = data }
end

local function has_items(values)
  for _, list in pairs(values) do
    if type(list) == "table" and #list > 0 then return true end
  end
  return false
end

-- Checks an entry that stays as it is. Of a damaged list the items that are whole stay.
local function checked(codec)
  return function(entry, change, _, _, damage)
    local _, err = codec.decode(entry.data)
    local whole = err and codec.salvage and codec.salvage(entry.data)
    if whole and has_items(whole) then
      damage(err.message)
      change "what is whole of it"
      return replaced(entry, codec.encode(whole))
    end
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

local function tell_nat_losses(info, damage)
  for _, loss in ipairs(info.losses or {}) do
    damage(loss.reason, loss.kind and "nat." .. loss.kind)
  end
end

local function adapt_nat_global(entry, change, _, _, damage)
  local info, err = nat.global.decode(entry.data)
  if not info or not info.losses and not info.odd_size then
    return info and entry, err
  end
  tell_nat_losses(info, damage)
  change(info.odd_size or "what is whole of it")
  return replaced(entry, nat.global.encode(info))
end

local function adapt_nat(entry, change, _, drop, damage)
  local info, err = nat.interface.decode(entry.data)
  if not info then
    return nil, err
  end
  tell_nat_losses(info, damage)
  local remaining, removed = nat.without_firewall(info)
  for _, item in ipairs(removed) do
    drop(item.name, item.reason, "RA-GAP-11")
  end
  if not remaining then
    return nil, nil
  end
  if #removed == 0 and info.index == 0 and not info.losses and not info.odd_size then
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

-- Bytes that are not looked into: whole items of a size.
local function raw(object, size)
  return {
    decode = function(data)
      if #data > 0 and #data % size == 0 then return data end
      return nil, bytes.failure(object, ("%d bytes where items have %d"):format(#data, size))
    end,
  }
end

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
    [types.multicast_heartbeat] = keep(raw("multicast heartbeat", 140)),
    [types.multicast_boundary] = keep(raw("multicast boundary", 8)),
    [types.multicast_limit] = keep(raw("multicast limit", 8)),
    [types.fragment_check] = keep(routing.switch),
    [types.filter_enable] = keep(routing.switch),
    [types.ip_in_ip_tunnel] = gone(nil, "IP-in-IP tunnels exist in Windows 2000 only"),
    [types.ospf] = gone(nil, "OSPF does not exist since Windows Server 2008: use static routes or RIP"),
    [types.bgp] = gone("RA-NEW-05", "BGP names interfaces of the source: the manual step 'bgp' makes it again"),
    [types.rip] = protocol(routing.rip_global, checked(routing.rip_interface), note_rip),
    [types.dhcp_relay] = protocol(routing.relay_global, checked(routing.relay_interface)),
    [types.igmp] = protocol(routing.igmp_global, edited(routing.igmp_interface, clear_igmp)),
    [types.dns_proxy] = protocol(routing.dns_proxy_global, edited(routing.dns_proxy_interface, clear_dns_proxy)),
    [types.dhcp_allocator] = protocol(routing.dhcp_allocator_global, checked(routing.dhcp_allocator_interface)),
    [types.nat] = { protocol = true, handle = adapt_nat_global, handle_interface = adapt_nat },
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
local misplaced = gone(nil, "it does not belong here")

-- Entries that blocks of one scope have [MS-RRASM 2.2.1.2.4]; the others are in both.
local only_global = {
  [types.global_info] = true, [types.ipv6_global_info] = true, [types.priority_info] = true,
  [types.priority_info_ex] = true,
}

local filters = {
  [types.in_filter] = true, [types.out_filter] = true, [types.demand_dial_filter] = true,
  [types.filter_enable] = true, [types.ipv6_in_filter] = true, [types.ipv6_out_filter] = true,
  [types.ipv6_demand_dial_filter] = true, [types.ipv6_filter_enable] = true,
}

-- Whether a server without the entry lets more through, or translates no more. Nil: a type that nobody knows.
local function is_guard(type)
  return filters[type] or type == types.nat or false
end

-- Says why an entry is dropped without being looked into.
local function refusal(entry, rule, opts)
  if opts.scope == "interface" and only_global[entry.type] or opts.scope == "global" and filters[entry.type] then
    return misplaced
  elseif opts.transport == "ipv6" and opts.drop_ipv6 then
    return gone("RA-GAP-03a", "IPv6 routing is not migrated")
  elseif rule.drop then
    return rule
  elseif rule.protocol and opts.supports and not opts.supports(entry.type) then
    return gone(nil, "the destination does not have this protocol")
  end
end

local function adapt_entry(entry, rule, opts, report)
  local name, global, guards = infoblock.type_name(entry.type), opts.scope == "global", is_guard(entry.type)
  local function add(action, part, reason, more)
    local item = { action = action, type = entry.type, name = part, reason = reason, guards = guards or nil }
    for key, value in pairs(more or {}) do item[key] = value end
    report[#report + 1] = item
  end
  local function drop(part, reason, guide) add("dropped", part, reason, { guide = guide }) end
  local function damage(reason, part)
    add("dropped", part or name, "damaged: " .. reason, { damaged = true })
  end
  local refused = refusal(entry, rule, opts)
  if refused then
    add("dropped", name, refused.reason, { guide = refused.guide, unforeseen = not refused.guide or nil })
    return nil
  end
  if #entry.data == 0 and entry.type ~= types.static_routes then
    if entry.lost then damage(entry.lost) else add("kept", name, "empty") end
    return not entry.lost and entry or nil
  end
  local changed
  local handle = not global and rule.handle_interface or rule.handle
  local result, err = handle(entry, function(reason) changed = reason end, opts, drop, function(reason, part)
    if part or not entry.lost then damage(reason, part) end -- else said below
  end)
  if err or entry.lost then
    damage(entry.lost or err.message)
  elseif not result then
    drop(name, "nothing of it is left", report[#report].guide)
  end
  if result and result ~= entry then
    add("converted", name, changed)
  elseif result then
    add("kept", name, rule.note and not global and rule.note(entry) or nil)
  end
  return result
end

-- What a damaged block does not give, told as an entry that is dropped.
local function tell_loss(loss, table_of_rules, opts, report)
  local rule = loss.type and (table_of_rules[loss.type] or unknown)
  local refused = rule and refusal(loss, rule, opts)
  report[#report + 1] = {
    action = "dropped", type = loss.type, damaged = not refused or nil,
    name = loss.type and infoblock.type_name(loss.type) or loss.any and "entries" or "bytes",
    reason = refused and refused.reason or "damaged: " .. loss.reason, guide = refused and refused.guide,
    guards = not refused and (loss.any or loss.type and is_guard(loss.type)) or nil,
    unforeseen = refused and not refused.guide or nil,
  }
end

-- A block of which nothing can be read.
local function tell_unreadable(data, err)
  local report = { { action = "dropped", name = "info block", reason = "damaged: " .. err.message, damaged = true,
                     guards = true } }
  for _, id in ipairs(infoblock.guess_types(data)) do
    report[#report + 1] = { action = "dropped", type = id, name = infoblock.type_name(id), damaged = true,
                            guards = is_guard(id) or nil, reason = "damaged: it was in that block" }
  end
  return report
end

-- Takes out all but the last of entries of one type; preferences may be repeated [MS-RRASM 2.2.1.2.12].
local function without_repeated(entries)
  local last, kept, losses = {}, {}, {}
  for index, entry in ipairs(entries) do last[entry.type] = index end
  for index, entry in ipairs(entries) do
    if last[entry.type] == index or entry.type == types.priority_info or entry.type == types.priority_info_ex then
      kept[#kept + 1] = entry
    else
      losses[#losses + 1] = { type = entry.type, reason = "it is there more than once, and the last one counts" }
    end
  end
  return kept, losses
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
    return nil, tell_unreadable(data, err), err
  end
  local report, adapted, changed = {}, { entries = {} }, false
  for _, entry in ipairs(block.entries) do
    local result = adapt_entry(entry, table_of_rules[entry.type] or unknown, opts, report)
    adapted.entries[#adapted.entries + 1] = result
    changed = changed or result ~= entry
  end
  local kept, losses = without_repeated(adapted.entries)
  if (block.tail or ""):find "[^%z]" then
    losses[#losses + 1] = { reason = "bytes behind its declared size are not zero; they are not kept" }
  end
  adapted.entries, changed = kept, changed or #losses > 0
  table.move(block.losses, 1, #block.losses, #losses + 1, losses)
  for _, loss in ipairs(losses) do tell_loss(loss, table_of_rules, opts, report) end
  if #adapted.entries == 0 then
    return nil, report
  end
  adapted.slack = not changed and block.slack or nil
  local built = infoblock.build(adapted)
  local again = assert(infoblock.parse(built))
  assert(same(adapted, again), "block_rules: the new block does not read back as written")
  if built ~= data and #block.warnings > 0 then
    report[#report + 1] = { action = "converted", name = "info block", reason = table.concat(block.warnings, "; ") }
  end
  return built, report
end

return M
