-- The structures of RRAS info blocks: what the bytes mean, and that they come back unchanged.
local lu = require "luaunit"
local bits = require "format.bits"
local bytes = require "format.bytes"
local routing = require "format.routing"

local t = {}

local function hex(text)
  return (text:gsub("%s+", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

-- Bytes that are all different and not zero, so that a swapped or forgotten field shows.
local function filled(len)
  local data = {}
  for index = 1, len do
    data[index] = string.char((index * 7) % 255 + 1)
  end
  return table.concat(data)
end

local function round_trip(codec, data)
  local values = assert(codec.decode(data))
  lu.assertTrue(codec.encode(values) == data)
  return values
end

function t.test_global_info_of_windows_7()
  lu.assertEquals(round_trip(routing.global_info, hex "00000000 01000000"), { filtering = 0, logging_level = 1 })
end

function t.test_router_discovery_of_windows_7()
  local values = round_trip(routing.router_discovery, hex "5802c201 08070000 00000000 00000000")
  lu.assertEquals(values, { max_interval = 600, min_interval = 450, lifetime = 1800, advertise = 0, preference = 0 })
end

function t.test_preferences_of_windows_7()
  local values = round_trip(routing.priority_info, hex [[
    06000000 02000000 01000000 03000000 0a000000 16270000 03000000
    17270000 05000000 12270000 07000000 08000000 78000000]])
  lu.assertEquals(#values.protocols, 6)
  lu.assertEquals(values.protocols[5], { protocol = 10002, metric = 7 })
  lu.assertEquals(values.protocols[6], { protocol = 8, metric = 120 })
end

function t.test_fixed_sizes()
  local sizes = {
    { routing.route_2003, 56 }, { routing.relay_interface, 16 }, { routing.rip_global, 24 },
    { routing.rip_interface, 84 }, { routing.igmp_global, 12 }, { routing.igmp_interface, 64 },
    { routing.dns_proxy_global, 12 }, { routing.dns_proxy_interface, 4 }, { routing.dhcp_allocator_global, 24 },
    { routing.relay_global, 12 }, { routing.relay_v6_global, 12 }, { routing.router_discovery, 16 },
    { routing.filters, 12 }, { routing.ipv6_filters, 12 }, { routing.route, 72 },
  }
  for index, pair in ipairs(sizes) do
    lu.assertEquals(pair[1].size, pair[2], "structure " .. index)
  end
end

function t.test_structures_without_lists_keep_every_byte()
  for _, codec in ipairs {
    routing.global_info, routing.status, routing.switch, routing.router_discovery, routing.route_2003,
    routing.relay_interface, routing.igmp_global, routing.igmp_interface, routing.dns_proxy_global,
    routing.dns_proxy_interface, routing.dhcp_allocator_interface,
  } do
    round_trip(codec, filled(codec.size))
    lu.assertEquals(round_trip(codec, filled(codec.size) .. "more").extra, "more")
    local values, err = codec.decode(filled(codec.size - 1))
    lu.assertNil(values)
    lu.assertEquals(err.code, "format")
  end
end

function t.test_route_in_the_ipv4_view()
  local route = round_trip(routing.route, hex [[
    0a000000 ff000000 00000000 c0a80001 00000000 00000000 01000000 00000000 00000000
    00000000 00000000 00000000 00000000 04000000 16270000 00000000 03000000 01000000]])
  lu.assertEquals({ route.destination, route.mask, route.next_hop }, { "10.0.0.0", "255.0.0.0", "192.168.0.1" })
  lu.assertEquals({ route.metric1, route.type, route.protocol, route.view_set, route.v4 }, { 1, 4, 10006, 3, 1 })
end

function t.test_route_in_the_ipv6_view()
  local route = round_trip(routing.route, hex [[
    20010db8 00000000 00000000 00000000 40000000
    fe800000 00000000 00000000 00000001 ffffffff 00000000 00010000
    00000000 04000000 16270000 00000000 03000000 00000000]])
  lu.assertEquals({ route.destination, route.prefix_length, route.next_hop }, { "2001:db8::", 64, "fe80::1" })
  lu.assertEquals({ route.lifetime, route.metric }, { 0xFFFFFFFF, 256 })
  round_trip(routing.route, filled(68) .. "\0\0\0\0")
  round_trip(routing.route, filled(72))
end

function t.test_routes_are_told_apart_by_item_size()
  local routes = assert(routing.decode_routes { item_size = 56, count = 2, data = filled(112) })
  lu.assertEquals(#routes, 2)
  lu.assertNotNil(routes[1].metric5)
  lu.assertEquals(#assert(routing.decode_routes { item_size = 72, count = 0, data = "" }), 0)
  local none, err = routing.decode_routes { item_size = 60, count = 1, data = filled(60) }
  lu.assertNil(none)
  lu.assertStrContains(err.message, "60 bytes")
  lu.assertNil(routing.decode_routes { item_size = 72, count = 2, data = filled(72) })
end

function t.test_converted_route_in_bytes()
  local old = routing.route_2003.decode(hex [[
    0a000000 ff000000 00000000 c0a80001 02000100 04000000 16270000 00000000 00000000
    01000000 00000000 00000000 ffffffff ffffffff]])
  lu.assertTrue(routing.route.encode(routing.convert_route(old)) == hex [[
    0a000000 ff000000 00000000 c0a80001 00000000 00000000 01000000 00000000 00000000
    00000000 00000000 00000000 00000000 04000000 16270000 00000000 03000000 01000000]])
end

function t.test_ipv4_filters()
  local set = round_trip(routing.filters, hex [[
    01000000 02000000 01000000
    c0a80000 ffff0000 0a000001 ffffffff 06000000 00000000 0000 01bb
    00000000 00000000 00000000 00000000 01000000 21000000 0800 0100]])
  lu.assertEquals(set.default_action, 1)
  lu.assertEquals(set.filters[1], {
    source = "192.168.0.0", source_mask = "255.255.0.0", destination = "10.0.0.1",
    destination_mask = "255.255.255.255", protocol = 6, late_bound = 0, source_port = 0, destination_port = 443,
  })
  lu.assertEquals({ set.filters[2].icmp_type, set.filters[2].icmp_code }, { 8, 1 })
  lu.assertNil(set.filters[2].source_port)
end

function t.test_ipv6_filters_in_either_order()
  local filter = [[20010db8 00000000 00000000 00000000 %s fe800000 00000000 00000000 00000001 %s %s %s 0016 01bb]]
  local little = hex("01000000 01000000 00000000" .. filter:format("20000000", "80000000", "06000000", "00000000"))
  local big = hex("00000001 00000001 00000000" .. filter:format("00000020", "00000080", "00000006", "00000000"))
  lu.assertEquals(#little, 12 + 52)
  local from_little, from_big = round_trip(routing.ipv6_filters, little), round_trip(routing.ipv6_filters, big)
  lu.assertEquals(from_little.filters, from_big.filters)
  lu.assertEquals(from_big.filters[1].source_prefix, 32)
  lu.assertEquals({ from_big.filters[1].source_port, from_big.filters[1].destination_port }, { 22, 443 })
end

function t.test_icmpv6_filters_have_type_and_code()
  local set = round_trip(routing.ipv6_filters, hex "01000000 01000000 00000000" .. ("\0"):rep(40)
    .. hex "3a000000 00000000 8000 0300")
  lu.assertEquals({ set.filters[1].icmp_type, set.filters[1].icmp_code }, { 128, 3 })
end

function t.test_a_filter_set_may_be_empty()
  lu.assertEquals(round_trip(routing.filters, hex "01000000 00000000 00000000").filters, {})
end

function t.test_relay_servers()
  local relay = round_trip(routing.relay_global, hex "01000000 00000800 02000000 c0a80005 c0a80006")
  lu.assertEquals(relay.servers, { "192.168.0.5", "192.168.0.6" })
  lu.assertEquals(relay.max_receive_queue, 0x80000)
  relay.servers[3] = "10.0.0.1"
  lu.assertEquals(routing.relay_global.encode(relay):sub(9), hex "03000000 c0a80005 c0a80006 0a000001")
  local v6 = round_trip(routing.relay_v6_global, hex "01000000 00000800 01000000 ff050000000000000000000000010003")
  lu.assertEquals(v6.servers, { "ff05::1:3" })
end

function t.test_rip_interface_lists()
  local head = string.pack("<I4I4I4I4I4I4I4I4I4I4c16I2I2I4I4I4I4I4I4", 1, 2, 0, 3, 3, 0x37, 180, 120, 30, 2,
    "sesame", 7, 0, 1, 1, 0, 1, 1, 2)
  local rip = round_trip(routing.rip_interface, head .. hex [[c0a80001
    0a000000 0affffff 0b000000 0bffffff 0c000000 0cffffff]])
  lu.assertEquals(rip.peers, { "192.168.0.1" })
  lu.assertEquals(rip.accept_filters, { { low = "10.0.0.0", high = "10.255.255.255" } })
  lu.assertEquals(#rip.announce_filters, 2)
  lu.assertEquals({ rip.route_tag, rip.authentication_type, rip.flags }, { 7, 2, 0x37 })
  rip.key = "too short"
  local ok, message = pcall(routing.rip_interface.encode, rip)
  lu.assertFalse(ok)
  lu.assertStrContains(message, "key")
  lu.assertNotStrContains(message, "too short")
end

function t.test_rip_global()
  lu.assertEquals(round_trip(routing.rip_global, filled(20) .. hex "01000000 c0a80001").peers, { "192.168.0.1" })
end

function t.test_dhcp_allocator_accepts_both_sizes()
  local head = hex "01000000 00000000 80160000 c0a80000 ffff0000"
  local values = round_trip(routing.dhcp_allocator_global, head .. hex "01000000 c0a80001")
  lu.assertEquals({ values.lease_minutes, values.network, values.mask }, { 5760, "192.168.0.0", "255.255.0.0" })
  lu.assertEquals(values.exclusions, { "192.168.0.1" })
  lu.assertEquals(round_trip(routing.dhcp_allocator_global, head .. hex "00000000 00000000").exclusions, {})
  lu.assertEquals(round_trip(routing.dhcp_allocator_global, head .. hex "00000000").exclusions, {})
end

function t.test_counts_beyond_the_data_are_refused()
  for _, count in ipairs { "02000000", "ffffffff", "00000080" } do
    lu.assertNil(routing.relay_global.decode(hex("01000000 00000800" .. count .. "c0a80005")))
    lu.assertNil(routing.priority_info.decode(hex(count .. "02000000 01000000")))
    lu.assertNil(routing.filters.decode(hex("01000000" .. count .. "00000000") .. filled(28)))
    local _, err = routing.rip_interface.decode(filled(72) .. hex("00000000" .. count .. "00000000") .. filled(8))
    lu.assertStrContains(err.message, "accept_filter_count")
  end
end

function t.test_wrong_values_raise()
  local relay = { logging_level = 1, max_receive_queue = 0, servers = { "192.168.0.256" } }
  lu.assertErrorMsgContains("address", routing.relay_global.encode, relay)
  lu.assertErrorMsgContains("filtering", routing.global_info.encode, { logging_level = 1 })
  lu.assertErrorMsgContains("status", routing.status.encode, { status = 0x100000000 })
  lu.assertErrorMsgContains("status", routing.status.encode, { status = 1.5 })
end

function t.test_ipv4_texts()
  lu.assertEquals(bytes.ipv4_bytes "192.168.0.10", "\192\168\0\10")
  for _, text in ipairs { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ", "1.2.3.0004", "a.b.c.d" } do
    lu.assertNil(bytes.ipv4_bytes(text), text)
  end
end

-- Texts as RFC 5952 writes them.
function t.test_ipv6_texts()
  for text, data in pairs {
    ["::"] = ("\0"):rep(16),
    ["::1"] = ("\0"):rep(15) .. "\1",
    ["1::"] = "\0\1" .. ("\0"):rep(14),
    ["2001:db8::1:0:0:1"] = hex "20010db8 00000000 00010000 00000001",
    ["2001:db8:0:1:1:1:1:1"] = hex "20010db8 00000001 00010001 00010001",
    ["2001:0:0:1::1"] = hex "20010000 00000001 00000000 00000001",
    ["1:2:3:4:5:6:7:8"] = hex "00010002 00030004 00050006 00070008",
  } do
    lu.assertEquals(bytes.ipv6_text(data), text)
    lu.assertTrue(bytes.ipv6_bytes(text) == data, text)
  end
  lu.assertEquals(bytes.ipv6_bytes "2001:DB8:0:0:0:0:0:1", bytes.ipv6_bytes "2001:db8::1")
  for _, text in ipairs {
    "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "1::2::3", "12345::", "g::", ":1::",
    "1::2:", "::1%eth0",
  } do
    lu.assertNil(bytes.ipv6_bytes(text), text)
  end
end

function t.test_bit_names()
  local names = { { 1, "one" }, { 4, "four" } }
  lu.assertEquals({ bits.names(5, names) }, { { "one", "four" }, 0 })
  lu.assertEquals({ bits.names(0x82, names) }, { {}, 0x82 })
  lu.assertEquals(bits.describe(0x15, names), "one, four, 0x10")
  lu.assertEquals(bits.describe(0, names), "none")
end

return t
