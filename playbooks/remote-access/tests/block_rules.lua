-- Info blocks made to fit the destination, against bytes published by Microsoft and taken from Windows 7.
local lu = require "luaunit"
local infoblock = require "format.infoblock"
local nat = require "format.nat"
local routing = require "format.routing"
local rules = require "block_rules"

local t = {}

local function hex(text)
  return (text:gsub("%s+", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

-- RouterManagers\Ip\GlobalInfo of Windows 7.
local GLOBAL = hex [[
  01000000 78000000 02000000 0300ffff 08000000 01000000 30000000
  0600ffff 34000000 01000000 38000000 00000000
  00000000 01000000
  06000000 02000000 01000000 03000000 0a000000 16270000 03000000
  17270000 05000000 12270000 07000000 08000000 78000000
  00000000 00000000 00000000]]

-- Interfaces\0\Ip\InterfaceInfo of Windows 7.
local LOOPBACK = hex [[
  01000000 68000000 03000000
  0500ffff 48000000 00000000 40000000
  0400ffff 04000000 01000000 40000000
  0700ffff 10000000 01000000 48000000
  00000000 01000000 00000000
  5802c201 08070000 00000000 00000000
  00000000 00000000 00000000 00000000]]

-- msRASFilter of the default NPS profile.
local NPS = hex([[
  01000000 48000000 01000000 0100ffff 28000000 01000000 20000000 00000000
  01000000 01000000 01000000]] .. ("00"):rep(28))

-- Built from the layouts: a route, status, DHCP relay and public NAT with one port mapping.
local INTERFACE = hex [[
  01000000 e8000000 04000000 0500ffff 48000000 01000000 50000000
  0400ffff 04000000 01000000 98000000 0f270000 10000000 01000000 a0000000
  15273781 38000000 01000000 b0000000 00000000
  0a000000 ff000000 00000000 c0a80001 00000000 00000000 01000000 00000000 00000000
  00000000 00000000 00000000 00000000 04000000 16270000 00000000 03000000 01000000
  01000000 00000000 01000000 01000000 04000000 04000000
  00000000 03000000 01000000 30000000 01000000 0300ffff 10000000 01000000 20000000 00000000
  060001bb 00000000 01bb0000 c0a8000a]]

-- Built from the layouts: global information and two relay servers.
local RELAY = hex [[
  01000000 4c000000 02000000 0300ffff 08000000 01000000 30000000
  0f270000 14000000 01000000 38000000 00000000
  01000000 01000000 01000000 00000800 02000000 c0a80005 c0a80006]]

-- The types, sizes and offsets of the demand-dial block that MS-RRASM 4.11.2 prints; the heartbeat left empty.
local DEMAND_DIAL = hex([[
  01000000 fc000000 04000000
  0a00ffff 8c000000 01000000 50000000
  0400ffff 04000000 01000000 e0000000
  0700ffff 10000000 01000000 e8000000
  0d00ffff 04000000 01000000 f8000000 00000000]]
  .. ("00"):rep(140) .. "00000000 01000000 00000000 5802a401 08070000 00000000 00000000 00000000")

local function entry(id, data, item_size, count)
  return { type = id, item_size = item_size or #data, count = count or 1, data = data }
end

local function block_of(...)
  return infoblock.build { entries = { ... } }
end

local function adapt(data, opts)
  opts = opts or {}
  local is_global = data == GLOBAL or data == RELAY
  opts.transport, opts.scope = opts.transport or "ip", opts.scope or is_global and "global" or "interface"
  return rules.adapt(data, opts)
end

local function find_report(report, name)
  for _, item in ipairs(report) do
    if item.name == name then
      return item
    end
  end
end

function t.test_adapting_a_clean_block_changes_no_byte()
  for _, data in ipairs { GLOBAL, LOOPBACK, INTERFACE, RELAY, DEMAND_DIAL } do
    local adapted, report = adapt(data)
    lu.assertTrue(adapted == data)
    for _, item in ipairs(report) do
      lu.assertEquals(item.action, "kept")
    end
  end
end

local ROUTE_2003 = string.pack("<c4c4I4c4I4I4I4I4I4I4I4I4I4I4", "\10\0\0\0", "\255\0\0\0", 0, "\192\168\0\1",
  65538, 4, 10006, 7, 0, 1, 2, 3, 4, 5)

function t.test_routes_of_2003_are_rewritten()
  local adapted, report = adapt(block_of(entry(0xFFFF0005, ROUTE_2003, 56, 1)), { preferences = { [10006] = 3 } })
  local routes = infoblock.parse(adapted).entries[1]
  lu.assertEquals({ routes.item_size, routes.count }, { 72, 1 })
  local route = routing.decode_routes(routes)[1]
  lu.assertEquals(route, {
    destination = "10.0.0.0", mask = "255.0.0.0", policy = 0, next_hop = "192.168.0.1", age = 7, next_hop_as = 0,
    metric1 = 1, metric2 = 2, metric3 = 3, type = 4, protocol = 10006,
    interface_index = 0, preference = 3, view_set = 3, v4 = 1,
  })
  lu.assertEquals(report[1].action, "converted")
  lu.assertEquals(report[1].name, "static_routes")
end

function t.test_an_empty_route_list_of_2003_gets_the_new_item_size()
  local adapted = adapt(block_of(entry(0xFFFF0005, "", 56, 0), entry(0xFFFF0004, "\1\0\0\0")))
  lu.assertEquals(infoblock.parse(adapted).entries[1].item_size, 72)
end

function t.test_index_fields_of_the_source_are_cleared()
  local old = INTERFACE:sub(1, 0x50 + 48) .. "\9\0\0\0" .. INTERFACE:sub(0x50 + 53)
  old = old:sub(1, 0xB0) .. "\9\0\0\0" .. old:sub(0xB5)
  local adapted, report = adapt(old)
  lu.assertTrue(adapted == INTERFACE)
  lu.assertEquals(find_report(report, "static_routes").action, "converted")
  lu.assertEquals(find_report(report, "nat").action, "converted")
  lu.assertEquals(find_report(report, "dhcp_relay").action, "kept")
end

function t.test_igmp_read_only_fields_are_cleared()
  local igmp = string.pack("<I4I4c4I4", 0x301, 65539, "\192\168\0\10", 1) .. ("\5\0\0\0"):rep(12) .. "more"
  local adapted, report = adapt(block_of(entry(0x4137000A, igmp)))
  local data = infoblock.parse(adapted).entries[1].data
  lu.assertEquals(data:sub(5, 16), ("\0"):rep(12))
  lu.assertEquals(data:sub(17), igmp:sub(17))
  lu.assertEquals(report[1].action, "converted")
end

function t.test_dns_proxy_run_time_flags_are_cleared()
  local adapted = adapt(block_of(entry(0x81372713, "\2\0\0\x90")))
  lu.assertEquals(infoblock.parse(adapted).entries[1].data, "\2\0\0\0")
end

function t.test_what_the_destination_cannot_load_is_dropped()
  local password = "sesame42"
  local adapted, report = adapt(block_of(
    entry(0xFFFF0004, "\1\0\0\0"),
    entry(0x0000000D, password),
    entry(0xFFFF000C, ("\0"):rep(12)),
    entry(0x0137000E, "x"),
    entry(0x00000004, "ipx")
  ))
  lu.assertEquals(#infoblock.parse(adapted).entries, 1)
  lu.assertEquals(find_report(report, "ospf").action, "dropped")
  lu.assertEquals(find_report(report, "ip_in_ip_tunnel").action, "dropped")
  lu.assertEquals(find_report(report, "bgp").action, "dropped")
  lu.assertEquals(find_report(report, "0x00000004").action, "dropped")
  lu.assertEquals(#report, 5)
  lu.assertNotStrContains(lu.prettystr(report), password)
end

function t.test_a_changed_block_loses_its_slack()
  local block = infoblock.parse(LOOPBACK)
  block.entries[4] = entry(0xD, "x")
  local adapted = adapt(infoblock.build(block))
  lu.assertTrue(adapted == LOOPBACK:sub(1, 4) .. "\x58" .. LOOPBACK:sub(6, 0x58))
end

function t.test_nothing_left_gives_nil()
  local adapted, report, err = adapt(block_of(entry(0xD, "x")))
  lu.assertNil(adapted)
  lu.assertEquals(#report, 1)
  lu.assertNil(err)
end

function t.test_a_damaged_block_gives_the_error()
  local adapted, report, err = adapt "short"
  lu.assertNil(adapted)
  lu.assertStrContains(report[1].reason, "damaged")
  lu.assertEquals(err.code, "format")
end

function t.test_a_damaged_entry_is_dropped_and_the_others_stay()
  local adapted, report = adapt(block_of(entry(0xFFFF0001, hex "01000000 09000000 00000000"),
    entry(0xFFFF0004, "\1\0\0\0")))
  lu.assertEquals(#infoblock.parse(adapted).entries, 1)
  lu.assertStrContains(report[1].reason, "damaged")
end

function t.test_protocols_that_the_destination_lacks_are_dropped()
  local asked = {}
  local adapted, report = adapt(INTERFACE, {
    supports = function(id)
      asked[#asked + 1] = id
      return id ~= 0x270F
    end,
  })
  lu.assertEquals(asked, { 0x270F, 0x81372715 })
  lu.assertEquals(find_report(report, "dhcp_relay").action, "dropped")
  lu.assertEquals(#infoblock.parse(adapted).entries, 3)
end

function t.test_ipv6_blocks()
  local v6 = block_of(entry(0xFFFF0004, "\1\0\0\0"), entry(0xFFFF0001, ("\0"):rep(12)))
  local adapted, report = adapt(v6, { transport = "ipv6" })
  lu.assertEquals(#infoblock.parse(adapted).entries, 1)
  lu.assertEquals(find_report(report, "in_filter").action, "dropped")
  adapted, report = adapt(v6, { transport = "ipv6", drop_ipv6 = true })
  lu.assertNil(adapted)
  lu.assertEquals({ report[1].guide, report[2].guide }, { "RA-GAP-03a", "RA-GAP-03a" })
  lu.assertNotNil(adapt(LOOPBACK, { transport = "ip", drop_ipv6 = true }))
end

function t.test_preferences_become_extended_on_request_only()
  local adapted, report = adapt(GLOBAL, { extended_priority = true })
  local extended = infoblock.find(infoblock.parse(adapted), 0xFFFF0017)
  lu.assertEquals(#extended.data, 4 + 6 * 12)
  lu.assertEquals(routing.priority_info_ex.decode(extended.data).protocols[3],
    { protocol = 10006, sub_protocol = 0, metric = 3 })
  lu.assertEquals(report[2].action, "converted")
end

local function nat_block(flags, settings)
  return block_of(entry(0xFFFF0004, "\1\0\0\0"),
    entry(0x81372715, nat.interface.encode { index = 5, flags = flags, settings = settings }))
end

function t.test_the_basic_firewall_is_removed()
  local icmp = { kind = "icmp", items = { { bits = 0x108 } } }
  local adapted, report = adapt(nat_block(0x13, { icmp }))
  local info = nat.interface.decode(infoblock.find(infoblock.parse(adapted), 0x81372715).data)
  lu.assertEquals({ info.index, info.flags, #info.settings }, { 0, 3, 0 })
  lu.assertEquals(find_report(report, "nat.firewall").guide, "RA-GAP-11")
  lu.assertStrContains(find_report(report, "nat.icmp").reason, "incoming echo")

  adapted, report = adapt(nat_block(0x10, { icmp }))
  lu.assertEquals(#infoblock.parse(adapted).entries, 1)
  lu.assertEquals(find_report(report, "nat").action, "dropped")
  lu.assertEquals(find_report(report, "nat").guide, "RA-GAP-11")
end

function t.test_the_rip_password_stays_and_is_not_reported()
  local rip = string.pack("<I4I4I4I4I4I4I4I4I4I4c16", 1, 1, 0, 3, 3, 0x33, 180, 120, 30, 2, "sesame42")
    .. ("\0"):rep(28)
  local data = block_of(entry(0x8, rip))
  local adapted, report = adapt(data)
  lu.assertTrue(adapted == data)
  lu.assertStrContains(report[1].reason, "password")
  lu.assertNotStrContains(lu.prettystr(report), "sesame")
end

function t.test_adapting_twice_changes_nothing()
  local data = block_of(entry(0xFFFF0005, ROUTE_2003, 56, 1), entry(0xD, "x"), entry(0xFFFF0004, "\1\0\0\0"))
  local once = adapt(data)
  lu.assertTrue(adapt(once) == once)
  once = adapt(nat_block(0x13, {}))
  lu.assertTrue(adapt(once) == once)
end

-- Two entries whose data stand in the other order.
local CROSSED = hex [[
  01000000 40000000 02000000 0400ffff 04000000 01000000 38000000
  0d00ffff 04000000 01000000 30000000 00000000 01000000 00000000 02000000 00000000]]

function t.test_a_block_that_is_laid_out_differently_is_rewritten()
  local adapted, report = adapt(CROSSED)
  lu.assertFalse(adapted == CROSSED)
  lu.assertEquals(find_report(report, "info block").action, "converted")
  lu.assertEquals(infoblock.parse(adapted).entries, infoblock.parse(CROSSED).entries)
  lu.assertTrue(adapt(adapted) == adapted)
end

-- Every truncation and every altered byte: no error is raised, and something is told.
function t.test_damaged_blocks_never_raise()
  local read, lost = 0, 0
  local function try(data)
    local block = infoblock.parse(data)
    for _, scope in ipairs { "interface", "global" } do
      local adapted, report = adapt(data, { scope = scope })
      lu.assertTrue(not adapted or infoblock.parse(adapted) ~= nil)
      lu.assertTrue(#report > 0 or block and #block.entries == 0)
      read, lost = read + (adapted and 1 or 0), lost + (adapted and 0 or 1)
    end
  end
  for _, data in ipairs { GLOBAL, LOOPBACK, NPS, INTERFACE, RELAY, DEMAND_DIAL } do
    for len = 0, #data - 1 do try(data:sub(1, len)) end
    for at = 1, #data do
      for _, mask in ipairs { 0x01, 0x80, 0xFF } do
        try(data:sub(1, at - 1) .. string.char(data:byte(at) ~ mask) .. data:sub(at + 1))
      end
    end
  end
  lu.assertTrue(read > 500)
  lu.assertTrue(lost > 800)
end

return t
