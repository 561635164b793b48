-- What the console shows below IPv4 and IPv6: protocols, interfaces, static routes, NAT. See console.lua.

local facts = require "facts"
local infoblock = require "format.infoblock"
local nat = require "format.nat"
local routing = require "format.routing"

local keys = facts.keys
local types = infoblock.types
local M = {}

local families = {
  { key = "Ip", title = "IPv4", protocols = {
    { types.rip, "RIPv2" }, { types.ospf, "OSPF" }, { types.dhcp_relay, "DHCP Relay Agent" }, { types.igmp, "IGMP" },
    { types.nat, "NAT" }, { types.dhcp_allocator, "DHCP allocator of NAT" }, { types.dns_proxy, "DNS proxy of NAT" },
  } },
  { key = "Ipv6", title = "IPv6", protocols = { { types.dhcpv6_relay, "DHCPv6 Relay Agent" } } },
}

local function joined(list) return #list > 0 and table.concat(list, ", ") or "none" end

-- Nothing for an empty list.
local function lines_of(list, show)
  local lines = {}
  for index, item in ipairs(list) do lines[index] = show(item) end
  return #lines > 0 and table.concat(lines, "; ") or nil
end

local function servers(relay) return joined(relay.servers) end

local function rip_peers(rip)
  local peers = joined(rip.peers)
  return ({ [0] = "all", "only " .. peers, "all but " .. peers })[rip.peer_filter_mode] or "?"
end

local function timeouts(global)
  local setting = nat.find(global, "timeouts")
  local item = setting and setting.items[1]
  return item and ("TCP %d s, UDP %d s"):format(item.tcp_seconds, item.udp_seconds)
end

local function allocator(global)
  return ("%s mask %s, without %s"):format(global.network, global.mask, joined(global.exclusions))
end

-- Rows: {entry of the block, its codec, guide, place, what it shows}. Without a codec it shows the entry itself.
local global_rows = {
  { types.dhcp_relay, routing.relay_global, "RA-VER-16", "IPv4, DHCP Relay Agent, server addresses", servers },
  { types.dhcpv6_relay, routing.relay_v6_global, "RA-VER-16", "IPv6, DHCPv6 Relay Agent, server addresses", servers },
  { types.rip, routing.rip_global, "RA-VER-16", "IPv4, RIPv2, Security tab, routers", rip_peers },
  { types.nat, nat.global, "RA-VER-16", "IPv4, NAT, Translation tab", timeouts },
  { types.dhcp_allocator, routing.dhcp_allocator_global, "RA-VER-14b", "IPv4, NAT, Address Assignment tab", allocator },
}

local function status(info) return info.status == 2 and "off" end

local function filters(set)
  return #set.filters > 0 and ("%d filters, the rest is %s"):format(#set.filters,
    set.default_action == 0 and "received" or "dropped")
end

local function route_text(route)
  if route.prefix_length then
    return ("%s/%d via %s"):format(route.destination, route.prefix_length, route.next_hop)
  end
  return ("%s mask %s via %s metric %d"):format(route.destination, route.mask, route.next_hop, route.metric1)
end

local function routes(entry)
  return lines_of(entry.count > 0 and routing.decode_routes(entry) or {}, route_text)
end

local function translation(info)
  return (info.flags & (nat.flags.boundary | nat.flags.translate) ~= 0 and "public" or "private")
    .. (info.flags & nat.flags.firewall ~= 0 and ", basic firewall" or "")
end

-- One list of NAT's settings.
local function nat_list(kind, show)
  return function(info)
    local setting = nat.find(info, kind)
    return lines_of(setting and setting.items or {}, show)
  end
end

local function range(item) return item.first .. " to " .. item.last end
local function reservation(item) return item.public_address .. " for " .. item.private_address end

local function port_mapping(item)
  return ("%s %d%s to %s:%d"):format(item.protocol == 6 and "TCP" or item.protocol == 17 and "UDP" or item.protocol,
    item.public_port, item.public_address ~= "0.0.0.0" and " of " .. item.public_address or "", item.private_address,
    item.private_port)
end

local function relays(relay) return relay.relay_mode ~= 0 and "relays" or "does not relay" end

local function relays_with_limits(relay)
  return ("%s, hops %d, after %d s"):format(relays(relay), relay.max_hops, relay.min_seconds)
end

local rip_versions = { [0] = "none", "RIP 1", "RIP 1 and 2", "RIP 2" }

local function rip_modes(rip)
  return ("%s updates, sends %s, accepts %s%s"):format(rip.update_mode == 0 and "periodic" or "auto-static",
    rip_versions[rip.announce_mode] or "?", rip_versions[rip.accept_mode] or "?",
    rip.authentication_type == 2 and ", with a password" or "")
end

local function igmp_mode(igmp)
  local proxy = igmp.protocol_type == 0 or igmp.protocol_type == 0x10
  return proxy and "proxy" or "router version " .. (igmp.version == 0x301 and "3" or "2")
end

local function present() return "present" end

local inbound, outbound = "$FAMILY, General, $NAME, Inbound Filters", "$FAMILY, General, $NAME, Outbound Filters"

local interface_rows = {
  { types.interface_status, routing.status, "RA-VER-12", "$FAMILY, General, $NAME, IP router manager", status },
  { types.in_filter, routing.filters, "RA-VER-12", inbound, filters },
  { types.out_filter, routing.filters, "RA-VER-12", outbound, filters },
  { types.ipv6_in_filter, routing.ipv6_filters, "RA-VER-12", inbound, filters },
  { types.ipv6_out_filter, routing.ipv6_filters, "RA-VER-12", outbound, filters },
  { types.static_routes, nil, "RA-VER-13", "$FAMILY, Static Routes, $NAME", routes },
  { types.nat, nat.interface, "RA-VER-14a", "IPv4, NAT, $NAME", translation },
  { types.nat, nat.interface, "RA-VER-14c", "IPv4, NAT, $NAME, Address Pool tab", nat_list("address_ranges", range) },
  { types.nat, nat.interface, "RA-VER-14c", "IPv4, NAT, $NAME, Reservations",
    nat_list("address_mappings", reservation) },
  { types.nat, nat.interface, "RA-VER-14d", "IPv4, NAT, $NAME, Services and Ports tab",
    nat_list("port_mappings", port_mapping) },
  { types.dhcp_relay, routing.relay_interface, "RA-VER-15", "IPv4, DHCP Relay Agent, $NAME", relays_with_limits },
  { types.dhcpv6_relay, routing.relay_interface, "RA-VER-15", "IPv6, DHCPv6 Relay Agent, $NAME", relays },
  { types.rip, routing.rip_interface, "RA-VER-15", "IPv4, RIPv2, $NAME", rip_modes },
  { types.igmp, routing.igmp_interface, "RA-VER-15", "IPv4, IGMP, $NAME", igmp_mode },
  { types.ospf, nil, "RA-VER-15", "IPv4, OSPF, $NAME", present },
}

local function block_of(m, path, name)
  local value = m:get(path, name)
  return value and infoblock.parse(value.raw)
end

local function add_rows(add, rows, block, names)
  for _, row in ipairs(rows) do
    local type, codec, guide, place, show = table.unpack(row, 1, 5)
    local entry = infoblock.find(block, type)
    local value = entry
    if codec then value = entry and #entry.data > 0 and codec.decode(entry.data) end
    local shows = value and show(value)
    if shows then add(guide, (place:gsub("%$(%u+)", names)), shows) end
  end
end

local function add_global(add, m, family)
  local block, present_protocols = block_of(m, keys.router_managers .. "\\" .. family.key, "GlobalInfo"), {}
  if not block then return end
  for _, protocol in ipairs(family.protocols) do
    if infoblock.find(block, protocol[1]) then present_protocols[#present_protocols + 1] = protocol[2] end
  end
  add("RA-VER-10", family.title .. ", routing protocols", joined(present_protocols))
  add_rows(add, global_rows, block, {})
end

local kinds = { [1] = "demand-dial", [2] = "demand-dial", [3] = "dedicated", [4] = "internal", [5] = "loopback" }

-- Windows writes these two in its language; their type is what counts.
local fixed_names = { internal = "Internal", loopback = "Loopback" }

local function add_interface(add, m, family, interface, name_of)
  local kind, name, path = kinds[interface.type], interface.called, interface.path .. "\\" .. family.key
  if kind == "dedicated" then name = name_of(name) end
  name = fixed_names[kind] or name
  if not kind or (name or "") == "" or not m:has_key(path) then return end
  local names = { FAMILY = family.title, NAME = "'" .. name .. "'" }
  add("RA-VER-11", ("%s, General, '%s'"):format(family.title, name), kind)
  local block = block_of(m, path, "InterfaceInfo")
  if block then add_rows(add, interface_rows, block, names) end
end

---What stands below IPv4 and IPv6.
---@param m table machine
---@param name_of fun(guid: string): string|nil what an adapter is called; nil: leave its interface out
---@return {guide: string, place: string, shows: string}[]
function M.routing(m, name_of)
  local list = {}
  local function add(guide, place, shows) list[#list + 1] = { guide = guide, place = place, shows = shows } end
  for _, family in ipairs(families) do
    add_global(add, m, family)
    for _, interface in ipairs(facts.router_interfaces(m)) do add_interface(add, m, family, interface, name_of) end
  end
  return list
end

return M
