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

local function block_of(m, path, name)
  local value = m:get(path, name)
  return value and infoblock.parse(value.raw)
end

local function decoded(block, id, codec)
  local entry = infoblock.find(block, id)
  return entry and #entry.data > 0 and codec.decode(entry.data) or nil
end

local function joined(list) return #list > 0 and table.concat(list, ", ") or "none" end

local function global(m, add, family)
  local block = block_of(m, keys.router_managers .. "\\" .. family.key, "GlobalInfo")
  if not block then return end
  local present = {}
  for _, protocol in ipairs(family.protocols) do
    if infoblock.find(block, protocol[1]) then present[#present + 1] = protocol[2] end
  end
  add("RA-VER-10", family.title .. ", routing protocols", joined(present))
  local relay = decoded(block, types.dhcp_relay, routing.relay_global)
  if relay then add("RA-VER-16", "IPv4, DHCP Relay Agent, server addresses", joined(relay.servers)) end
  relay = decoded(block, types.dhcpv6_relay, routing.relay_v6_global)
  if relay then add("RA-VER-16", "IPv6, DHCPv6 Relay Agent, server addresses", joined(relay.servers)) end
  local rip = decoded(block, types.rip, routing.rip_global)
  if rip then
    add("RA-VER-16", "IPv4, RIPv2, Security tab, routers",
      ({ [0] = "all", "only " .. joined(rip.peers), "all but " .. joined(rip.peers) })[rip.peer_filter_mode] or "?")
  end
  local timeouts = decoded(block, types.nat, nat.global)
  timeouts = timeouts and nat.find(timeouts, "timeouts")
  if timeouts and timeouts.items[1] then
    add("RA-VER-16", "IPv4, NAT, Translation tab", ("TCP %d s, UDP %d s"):format(timeouts.items[1].tcp_seconds,
      timeouts.items[1].udp_seconds))
  end
  local allocator = decoded(block, types.dhcp_allocator, routing.dhcp_allocator_global)
  if allocator then
    add("RA-VER-14b", "IPv4, NAT, Address Assignment tab", ("%s mask %s, without %s"):format(allocator.network,
      allocator.mask, joined(allocator.exclusions)))
  end
end

local function routes(block, add, place, family)
  local entry = infoblock.find(block, types.static_routes)
  local list, lines = entry and entry.count > 0 and routing.decode_routes(entry) or {}, {}
  for index, route in ipairs(list) do
    lines[index] = route.prefix_length
      and ("%s/%d via %s"):format(route.destination, route.prefix_length, route.next_hop)
      or ("%s mask %s via %s metric %d"):format(route.destination, route.mask, route.next_hop, route.metric1)
  end
  if #lines > 0 then
    add("RA-VER-13", ("%s, Static Routes, %s"):format(family.title, place), table.concat(lines, "; "))
  end
end

local function filters(block, add, place, family)
  for _, kind in ipairs { { types.in_filter, "Inbound Filters", routing.filters },
                          { types.out_filter, "Outbound Filters", routing.filters },
                          { types.ipv6_in_filter, "Inbound Filters", routing.ipv6_filters },
                          { types.ipv6_out_filter, "Outbound Filters", routing.ipv6_filters } } do
    local set = decoded(block, kind[1], kind[3])
    if set and #set.filters > 0 then
      add("RA-VER-12", ("%s, General, %s, %s"):format(family.title, place, kind[2]),
        ("%d filters, the rest is %s"):format(#set.filters, set.default_action == 0 and "received" or "dropped"))
    end
  end
end

local function port_mapping(item)
  return ("%s %d%s to %s:%d"):format(item.protocol == 6 and "TCP" or item.protocol == 17 and "UDP" or item.protocol,
    item.public_port, item.public_address ~= "0.0.0.0" and " of " .. item.public_address or "", item.private_address,
    item.private_port)
end

local function translation(block, add, place)
  local info = decoded(block, types.nat, nat.interface)
  if not info then return end
  local public = info.flags & (nat.flags.boundary | nat.flags.translate) ~= 0
  add("RA-VER-14a", ("IPv4, NAT, %s"):format(place), (public and "public" or "private")
    .. (info.flags & nat.flags.firewall ~= 0 and ", basic firewall" or ""))
  for _, part in ipairs {
    { "address_ranges", "RA-VER-14c", "Address Pool tab", function(item) return item.first .. " to " .. item.last end },
    { "address_mappings", "RA-VER-14c", "Reservations",
      function(item) return item.public_address .. " for " .. item.private_address end },
    { "port_mappings", "RA-VER-14d", "Services and Ports tab", port_mapping },
  } do
    local setting, lines = nat.find(info, part[1]), {}
    for index, item in ipairs(setting and setting.items or {}) do lines[index] = part[4](item) end
    if #lines > 0 then add(part[2], ("IPv4, NAT, %s, %s"):format(place, part[3]), table.concat(lines, "; ")) end
  end
end

local rip_versions = { [0] = "none", "RIP 1", "RIP 1 and 2", "RIP 2" }

local function protocols(block, add, place)
  local relay = decoded(block, types.dhcp_relay, routing.relay_interface)
  if relay then
    add("RA-VER-15", "IPv4, DHCP Relay Agent, " .. place, ("%s, hops %d, after %d s"):format(
      relay.relay_mode ~= 0 and "relays" or "does not relay", relay.max_hops, relay.min_seconds))
  end
  relay = decoded(block, types.dhcpv6_relay, routing.relay_interface)
  if relay then
    add("RA-VER-15", "IPv6, DHCPv6 Relay Agent, " .. place, relay.relay_mode ~= 0 and "relays" or "does not relay")
  end
  local rip = decoded(block, types.rip, routing.rip_interface)
  if rip then
    add("RA-VER-15", "IPv4, RIPv2, " .. place, ("%s updates, sends %s, accepts %s%s"):format(
      rip.update_mode == 0 and "periodic" or "auto-static", rip_versions[rip.announce_mode] or "?",
      rip_versions[rip.accept_mode] or "?", rip.authentication_type == 2 and ", with a password" or ""))
  end
  local igmp = decoded(block, types.igmp, routing.igmp_interface)
  if igmp then
    local proxy = igmp.protocol_type == 0 or igmp.protocol_type == 0x10
    add("RA-VER-15", "IPv4, IGMP, " .. place, proxy and "proxy" or "router version "
      .. (igmp.version == 0x301 and "3" or "2"))
  end
  if infoblock.find(block, types.ospf) then add("RA-VER-15", "IPv4, OSPF, " .. place, "present") end
end

local kinds = { [1] = "demand-dial", [2] = "demand-dial", [3] = "dedicated", [4] = "internal", [5] = "loopback" }

-- Windows writes these two in its language; their type is what counts.
local fixed_names = { internal = "Internal", loopback = "Loopback" }

---What stands below IPv4 and IPv6.
---@param m table machine
---@param name_of fun(guid: string): string|nil what an adapter is called; nil: leave its interface out
---@return {guide: string, place: string, shows: string}[]
function M.routing(m, name_of)
  local list = {}
  local function add(guide, place, shows) list[#list + 1] = { guide = guide, place = place, shows = shows } end
  for _, family in ipairs(families) do
    global(m, add, family)
    for _, number in ipairs(m:keys(keys.interfaces)) do
      local path = keys.interfaces .. "\\" .. number
      local kind, name = kinds[m:read(path, "Type")], m:read(path, "InterfaceName")
      if kind == "dedicated" and type(name) == "string" then name = name_of(name) end
      name = fixed_names[kind] or name
      if kind and type(name) == "string" and m:has_key(path .. "\\" .. family.key) then
        local place = "'" .. name .. "'"
        add("RA-VER-11", ("%s, General, %s"):format(family.title, place), kind)
        local block = block_of(m, path .. "\\" .. family.key, "InterfaceInfo")
        if block then
          local status = decoded(block, types.interface_status, routing.status)
          if status and status.status == 2 then
            add("RA-VER-12", ("%s, General, %s, IP router manager"):format(family.title, place), "off")
          end
          filters(block, add, place, family)
          routes(block, add, place, family)
          translation(block, add, place)
          protocols(block, add, place)
        end
      end
    end
  end
  return list
end

return M
