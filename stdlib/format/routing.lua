-- The structures inside RRAS info blocks: routes, filters, preferences, relay, RIP, IGMP, DNS proxy, DHCP allocator.
-- Layouts: MS-RRASM 2.2.1.2. Each structure has decode(bytes) -> table | nil, err and encode(table) -> bytes.
-- Integers are little-endian; addresses and ports are in network order. Unknown trailing bytes are kept in `extra`.
local bytes = require "format.bytes"

local routing = {}

local record, structure = bytes.record, bytes.structure

---@type Structure
routing.global_info = structure("IP global information", record {
  { "filtering", "u32" },
  { "logging_level", "u32" },
})

---@type Structure
routing.status = structure("interface status", record { { "status", "u32" } })

---A single switch: fragment check, filter enable.
---@type Structure
routing.switch = structure("switch", record { { "enabled", "u32" } })

---@type Structure
routing.router_discovery = structure("router discovery", record {
  { "max_interval", "u16" },
  { "min_interval", "u16" },
  { "lifetime", "u16" },
  { "pad", "pad", 2 },
  { "advertise", "u32" },
  { "preference", "i32" },
})

---Preference of each routing protocol: { protocols = { { protocol, metric } } }.
---@type Structure
routing.priority_info = structure("protocol preferences", record { { "count", "u32" } }, {
  { name = "protocols", count = "count", item = record { { "protocol", "u32" }, { "metric", "u32" } } },
})

---The same with a sub-protocol (2012 R2 and later).
---@type Structure
routing.priority_info_ex = structure("protocol preferences (extended)", record { { "count", "u32" } }, {
  {
    name = "protocols",
    count = "count",
    item = record { { "protocol", "u32" }, { "sub_protocol", "u32" }, { "metric", "u32" } },
  },
})

---Adds the sub-protocol (none) that the extended form has.
---@param info table decoded priority_info
---@return table for priority_info_ex.encode
function routing.extend_priority(info)
  local extended = { protocols = {} }
  for index, pair in ipairs(info.protocols) do
    extended.protocols[index] = { protocol = pair.protocol, sub_protocol = 0, metric = pair.metric }
  end
  return extended
end

---Static route as Windows 2000 and 2003 store it (MIB_IPFORWARDROW, 56 bytes).
---@type Structure
routing.route_2003 = structure("static route (56 bytes)", record {
  { "destination", "ipv4" },
  { "mask", "ipv4" },
  { "policy", "u32" },
  { "next_hop", "ipv4" },
  { "interface_index", "u32" },
  { "type", "u32" },
  { "protocol", "u32" },
  { "age", "u32" },
  { "next_hop_as", "u32" },
  { "metric1", "u32" },
  { "metric2", "u32" },
  { "metric3", "u32" },
  { "metric4", "u32" },
  { "metric5", "u32" },
})

local route_ipv4 = record {
  { "destination", "ipv4" },
  { "mask", "ipv4" },
  { "policy", "u32" },
  { "next_hop", "ipv4" },
  { "age", "u32" },
  { "next_hop_as", "u32" },
  { "metric1", "u32" },
  { "metric2", "u32" },
  { "metric3", "u32" },
  { "pad", "pad", 12 },
}

local route_ipv6 = record {
  { "destination", "ipv6" },
  { "prefix_length", "u32" },
  { "next_hop", "ipv6" },
  { "lifetime", "u32" },
  { "flags", "u32" },
  { "metric", "u32" },
}

local route_common = record {
  { "interface_index", "u32" },
  { "type", "u32" },
  { "protocol", "u32" },
  { "preference", "u32" },
  { "view_set", "u32" },
  { "v4", "u32" },
}

local ROUTE_SIZE_2003, ROUTE_SIZE = 56, 72

---Static route since 2008 (INTERFACE_ROUTE_INFO, 72 bytes); `v4` ~= 0 says which of the two views its first part has.
---@type Structure
routing.route = { size = ROUTE_SIZE }

---@param data string
---@return table? route
---@return FormatError? err
function routing.route.decode(data)
  if #data ~= ROUTE_SIZE then
    return nil, bytes.failure("static route", string.format("%d bytes where %d are needed", #data, ROUTE_SIZE))
  end
  local route = route_common.decode(data, 48)
  local view = route.v4 ~= 0 and route_ipv4 or route_ipv6
  for name, value in pairs(view.decode(data, 0)) do
    route[name] = value
  end
  return route
end

---@param route table
---@return string
function routing.route.encode(route)
  local view = route.v4 ~= 0 and route_ipv4 or route_ipv6
  return view.encode(route, "static route") .. route_common.encode(route, "static route")
end

---Decodes the routes of an entry. The item size tells the layout, not the system that is said to have written it.
---@param entry InfoEntry
---@return table[]? routes
---@return FormatError? err
function routing.decode_routes(entry)
  local codec
  if entry.item_size == ROUTE_SIZE then
    codec = routing.route
  elseif entry.item_size == ROUTE_SIZE_2003 then
    codec = routing.route_2003
  else
    return nil, bytes.failure("static routes", string.format("items of %d bytes are unknown", entry.item_size))
  end
  if #entry.data ~= entry.item_size * entry.count then
    return nil, bytes.failure("static routes", "the data ends inside a route")
  end
  local routes = {}
  for index = 1, entry.count do
    local at = (index - 1) * entry.item_size
    routes[index] = codec.decode(entry.data:sub(at + 1, at + entry.item_size))
  end
  return routes
end

---Makes a 2008 route of a 2003 one. Metrics 4 and 5 have no place; the interface index belongs to the source.
---@param old table decoded route_2003
---@param preference? integer of the route's protocol, 0 when unknown
---@return table route for route.encode
function routing.convert_route(old, preference)
  local route = { interface_index = 0, preference = preference or 0, view_set = 3, v4 = 1 }
  for _, name in ipairs {
    "destination", "mask", "policy", "next_hop", "age", "next_hop_as",
    "metric1", "metric2", "metric3", "type", "protocol",
  } do
    route[name] = old[name]
  end
  return route
end

local function filter_structure(object, item)
  -- A filter set inside an NPS value may be in network order; its version, 1, tells.
  local function is_big(data)
    return bytes.u32(data, 0, true) == 1
  end
  local head = record { { "version", "u32" }, { "count", "u32" }, { "default_action", "u32" } }
  local plain = structure(object, head, { { name = "filters", count = "count", item = item } }, is_big)
  local filters = { size = plain.size }

  local function swap(value)
    return (value & 0xFF) << 8 | value >> 8
  end
  local function is_icmp(filter)
    return filter.protocol == 1 or filter.protocol == 58
  end

  function filters.salvage(data)
    local values, err = plain.salvage(data)
    if values and values.version ~= 1 then
      return nil, bytes.failure(object, string.format("version %d is not 1", values.version))
    end
    for _, filter in ipairs(values and values.filters or {}) do
      -- For ICMP the port fields hold type and code, little-endian.
      if is_icmp(filter) then
        filter.icmp_type, filter.icmp_code = swap(filter.source_port), swap(filter.destination_port)
        filter.source_port, filter.destination_port = nil, nil
      end
    end
    return values, err
  end

  function filters.decode(data)
    local values, err = filters.salvage(data)
    return not err and values or nil, err
  end

  function filters.encode(values)
    local copy = setmetatable({ filters = {} }, { __index = values })
    for index, filter in ipairs(values.filters) do
      if is_icmp(filter) then
        local ports = { source_port = swap(filter.icmp_type), destination_port = swap(filter.icmp_code) }
        filter = setmetatable(ports, { __index = filter })
      end
      copy.filters[index] = filter
    end
    return plain.encode(copy)
  end

  return filters
end

---IPv4 filters: { version, default_action (0 forward, 1 drop), filters }.
---@type Structure
routing.filters = filter_structure("IPv4 filters", record {
  { "source", "ipv4" },
  { "source_mask", "ipv4" },
  { "destination", "ipv4" },
  { "destination_mask", "ipv4" },
  { "protocol", "u32" },
  { "late_bound", "u32" },
  { "source_port", "port" },
  { "destination_port", "port" },
})

---@type Structure
routing.ipv6_filters = filter_structure("IPv6 filters", record {
  { "source", "ipv6" },
  { "source_prefix", "u32" },
  { "destination", "ipv6" },
  { "destination_prefix", "u32" },
  { "protocol", "u32" },
  { "late_bound", "u32" },
  { "source_port", "port" },
  { "destination_port", "port" },
})

local function relay_global(object, kind)
  return structure(object, record {
    { "logging_level", "u32" },
    { "max_receive_queue", "u32" },
    { "server_count", "u32" },
  }, {
    { name = "servers", count = "server_count", item = record { { "address", kind } }, plain = "address" },
  })
end

---@type Structure
routing.relay_global = relay_global("DHCP relay", "ipv4")

---@type Structure
routing.relay_v6_global = relay_global("DHCPv6 relay", "ipv6")

---Relay on an interface, IPv4 and IPv6 alike; `state` is read-only.
---@type Structure
routing.relay_interface = structure("relay on an interface", record {
  { "state", "u32" },
  { "relay_mode", "u32" },
  { "max_hops", "u32" },
  { "min_seconds", "u32" },
})

local address = record { { "address", "ipv4" } }
local range = record { { "low", "ipv4" }, { "high", "ipv4" } }

---@type Structure
routing.rip_global = structure("RIP", record {
  { "logging_level", "u32" },
  { "max_receive_queue", "u32" },
  { "max_send_queue", "u32" },
  { "min_triggered_interval", "u32" },
  { "peer_filter_mode", "u32" },
  { "peer_count", "u32" },
}, { { name = "peers", count = "peer_count", item = address, plain = "address" } })

---RIP on an interface. `key` is a password in clear text: never show it.
---@type Structure
routing.rip_interface = structure("RIP on an interface", record {
  { "state", "u32" },
  { "metric", "u32" },
  { "update_mode", "u32" },
  { "accept_mode", "u32" },
  { "announce_mode", "u32" },
  { "flags", "u32" },
  { "route_expiration", "u32" },
  { "route_removal", "u32" },
  { "full_update", "u32" },
  { "authentication_type", "u32" },
  { "key", "raw", 16 },
  { "route_tag", "u16" },
  { "pad", "pad", 2 },
  { "unicast_peer_mode", "u32" },
  { "accept_filter_mode", "u32" },
  { "announce_filter_mode", "u32" },
  { "peer_count", "u32" },
  { "accept_filter_count", "u32" },
  { "announce_filter_count", "u32" },
}, {
  { name = "peers", count = "peer_count", item = address, plain = "address" },
  { name = "accept_filters", count = "accept_filter_count", item = range },
  { name = "announce_filters", count = "announce_filter_count", item = range },
})

---@type Structure
routing.igmp_global = structure("IGMP", record {
  { "version", "u32" },
  { "logging_level", "u32" },
  { "ras_client_stats", "u32" },
})

---IGMP on an interface; interface_index, address and interface_type are read-only.
---@type Structure
routing.igmp_interface = structure("IGMP on an interface", record {
  { "version", "u32" },
  { "interface_index", "u32" },
  { "address", "ipv4" },
  { "interface_type", "u32" },
  { "flags", "u32" },
  { "protocol_type", "u32" },
  { "robustness", "u32" },
  { "startup_query_interval", "u32" },
  { "startup_query_count", "u32" },
  { "general_query_interval", "u32" },
  { "max_response_time", "u32" },
  { "last_member_interval", "u32" },
  { "last_member_count", "u32" },
  { "other_querier_interval", "u32" },
  { "group_timeout", "u32" },
  { "static_group_count", "u32" },
})

---@type Structure
routing.dns_proxy_global = structure("DNS proxy", record {
  { "logging_level", "u32" },
  { "flags", "u32" },
  { "cache_timeout", "u32" },
})

---@type Structure
routing.dns_proxy_interface = structure("DNS proxy on an interface", record { { "flags", "u32" } })

---@type Structure
routing.dhcp_allocator_global = structure("DHCP allocator", record {
  { "logging_level", "u32" },
  { "flags", "u32" },
  { "lease_minutes", "u32" },
  { "network", "ipv4" },
  { "mask", "ipv4" },
  { "exclusion_count", "u32" },
}, { { name = "exclusions", count = "exclusion_count", item = address, plain = "address" } })

---@type Structure
routing.dhcp_allocator_interface = structure("DHCP allocator on an interface", record { { "flags", "u32" } })

return routing
