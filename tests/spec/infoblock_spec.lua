-- The info block container, against bytes published by Microsoft and taken from Windows 7.
local lu = require "luaunit"
local infoblock = require "format.infoblock"

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

local EXAMPLES = { GLOBAL, LOOPBACK, NPS, INTERFACE, RELAY, DEMAND_DIAL }

local function entry(id, data, item_size, count)
  return { type = id, item_size = item_size or #data, count = count or 1, data = data }
end

local function block_of(...)
  return infoblock.build { entries = { ... } }
end

function t.test_examples_have_their_documented_sizes()
  lu.assertEquals({ #GLOBAL, #LOOPBACK, #NPS, #INTERFACE, #RELAY, #DEMAND_DIAL }, { 120, 104, 72, 232, 76, 252 })
end

function t.test_examples_are_read_without_warnings_and_written_back()
  for index, data in ipairs(EXAMPLES) do
    local block = assert(infoblock.parse(data))
    lu.assertEquals(block.warnings, {}, "example " .. index)
    lu.assertTrue(infoblock.build(block) == data, "example " .. index)
  end
end

function t.test_loopback_entries()
  local block = assert(infoblock.parse(LOOPBACK))
  lu.assertEquals(#block.entries, 3)
  lu.assertEquals(block.entries[1], { type = 0xFFFF0005, item_size = 72, count = 0, data = "" })
  lu.assertEquals(infoblock.find(block, infoblock.types.interface_status).data, "\1\0\0\0")
  lu.assertEquals(infoblock.type_name(block.entries[3].type), "router_discovery")
  lu.assertEquals(block.slack, 16)
end

function t.test_without_slack_the_size_is_rounded_up_to_8()
  local block = assert(infoblock.parse(DEMAND_DIAL))
  block.slack = nil
  local data = infoblock.build(block)
  lu.assertEquals(#data, 256)
  lu.assertEquals(string.unpack("<I4", data, 5), 256)
end

function t.test_unknown_types_are_kept_as_bytes()
  local block = assert(infoblock.parse(block_of(entry(0xABCD, "some bytes"))))
  lu.assertEquals(block.entries[1].data, "some bytes")
  lu.assertEquals(infoblock.type_name(0xABCD), "0x0000ABCD")
end

function t.test_the_last_of_repeated_entries_is_found_and_the_repetition_noted()
  local block = assert(infoblock.parse(block_of(entry(0xFFFF0006, "\0\0\0\0"), entry(0xFFFF0006, "\0\0\0\0\0\0\0\0"))))
  local found, index = infoblock.find(block, 0xFFFF0006)
  lu.assertEquals(#found.data, 8)
  lu.assertEquals(index, 2)
  lu.assertEquals(#block.warnings, 1)
end

local function refused(data, part)
  local block, err = infoblock.parse(data)
  lu.assertNil(block)
  lu.assertEquals(err.code, "format")
  lu.assertStrContains(err.message, part)
end

function t.test_bad_headers_are_refused()
  refused("", "too few")
  refused(LOOPBACK:sub(1, 11), "too few")
  refused("\2" .. LOOPBACK:sub(2), "version 2")
end

local function read(data, entries, losses)
  local block = assert(infoblock.parse(data))
  local types, lost = {}, {}
  for index, item in ipairs(block.entries) do types[index] = infoblock.type_name(item.type) end
  for index, loss in ipairs(block.losses) do
    lost[index] = loss.type and infoblock.type_name(loss.type) or loss.any and "any" or "bytes"
  end
  lu.assertEquals({ table.concat(types, " "), table.concat(lost, " ") }, { entries, losses })
  return block
end

local LOOPBACK_TYPES = "static_routes interface_status router_discovery"

function t.test_a_wrong_size_costs_nothing_that_is_there()
  lu.assertStrContains(read(LOOPBACK:sub(1, 103), LOOPBACK_TYPES, "").warnings[1], "it has 103 bytes")
  read(LOOPBACK:sub(1, 4) .. "\11" .. LOOPBACK:sub(6), LOOPBACK_TYPES, "")
  read(LOOPBACK:sub(1, 4) .. "\255" .. LOOPBACK:sub(6), LOOPBACK_TYPES, "")
  read(LOOPBACK:sub(1, 4) .. "\80" .. LOOPBACK:sub(6), "static_routes interface_status router_discovery", "")
  read(LOOPBACK:sub(1, 4) .. "\72" .. LOOPBACK:sub(6), "static_routes interface_status", "router_discovery")
end

function t.test_a_count_that_is_too_large_or_too_small()
  local function counted(number) return LOOPBACK:sub(1, 8) .. string.char(number) .. LOOPBACK:sub(10) end
  for _, number in ipairs { 4, 5, 6, 200 } do
    local block = read(counted(number), LOOPBACK_TYPES, "any")
    lu.assertStrContains(block.losses[1].reason, ("announces %d entries, and has 3"):format(number))
  end
  read(counted(2), "static_routes interface_status", "router_discovery bytes")
  read(counted(0), "", "static_routes interface_status router_discovery bytes")
  read(hex "01000000 1c000000 ffffffff" .. ("\0"):rep(16), "0x00000000", "any")
end

function t.test_a_cut_block_gives_what_lies_before_the_cut()
  local types = { "static_routes", "interface_status", "dhcp_relay", "nat" }
  for len = 12, #INTERFACE - 1 do
    local block, told = assert(infoblock.parse(INTERFACE:sub(1, len))), {}
    for _, item in ipairs(block.entries) do
      local _, at = INTERFACE:find(item.data, 1, true)
      lu.assertTrue(item.lost ~= nil or at <= len)
      told[infoblock.type_name(item.type)] = true
    end
    for _, loss in ipairs(block.losses) do told[loss.type and infoblock.type_name(loss.type) or "any"] = true end
    for _, name in ipairs(types) do lu.assertTrue(told[name] or told.any, name .. " of " .. len) end
  end
end

local function one_entry(item_size, count, offset)
  return string.pack("<I4I4I4I4I4I4I4", 1, 48, 1, 0xFFFF0004, item_size, count, offset) .. ("\0"):rep(20)
end

function t.test_of_entries_that_lie_partly_outside_the_rest_is_read()
  local function kept(data)
    local item = read(data, "interface_status", "").entries[1]
    return item.item_size, item.count, #item.data, item.lost
  end
  lu.assertEquals({ kept(one_entry(16, 1, 32)) }, { 16, 1, 16 })
  lu.assertEquals({ kept(one_entry(17, 1, 32)) }, { 16, 1, 16, "its data lies outside the block" })
  lu.assertEquals({ kept(one_entry(0xFFFFFFFF, 0xFFFFFFFF, 32)) }, { 16, 1, 16, "its data lies outside the block" })
  lu.assertEquals({ kept(one_entry(7, 3, 32)) }, { 7, 2, 14, "1 of 3 items: its data lies outside the block" })
  read(one_entry(4, 1, 24), "", "interface_status")
  read(one_entry(4, 1, 48), "", "interface_status")
  read(one_entry(4, 1, 0xFFFFFFFF), "", "interface_status")
end

function t.test_entries_that_share_bytes_are_lost_and_a_list_that_is_too_long_is_shortened()
  read(LOOPBACK:sub(1, 0x38) .. "\x40" .. LOOPBACK:sub(0x3A), "static_routes",
    "interface_status router_discovery")
  local routes = ("r"):rep(72) .. ("s"):rep(72)
  local data = block_of(entry(0xFFFF0005, routes, 72, 2), entry(0xFFFF000A, ("h"):rep(140)))
  local block = read(data:sub(1, 20) .. "\3" .. data:sub(22), "static_routes multicast_heartbeat", "")
  lu.assertEquals(block.entries[1].data, routes)
  lu.assertEquals(block.entries[1].lost, "1 of 3 items: the next entry begins before")
end

-- A count of 0 with data in its place.
function t.test_an_entry_that_is_said_to_be_empty()
  local data = block_of(entry(0xFFFF0001, ("f"):rep(40)), entry(0xFFFF0004, "\1\0\0\0"))
  read(data:sub(1, 20) .. "\0" .. data:sub(22), "in_filter interface_status", "in_filter bytes")
end

function t.test_odd_but_readable_blocks_are_noted()
  local function warning(data)
    return assert(infoblock.parse(data)).warnings[1]
  end
  read(one_entry(4, 1, 36), "interface_status", "interface_status")
  read(one_entry(4, 1, 32):sub(1, 47) .. "x", "interface_status", "bytes")
  lu.assertStrContains(warning(LOOPBACK .. "x"), "follow the declared size")
  lu.assertStrContains(warning(hex "01000000 0c000000 00000000"), "no entries")
end

function t.test_network_order_is_read_only_on_request_and_written_back()
  local block = assert(infoblock.parse(NPS))
  block.big_endian = true
  local big = infoblock.build(block)
  lu.assertEquals(big:sub(1, 12), hex "00000001 00000048 00000001")
  lu.assertNil(infoblock.parse(big))
  local again = assert(infoblock.parse(big, { either_order = true }))
  lu.assertEquals(again.entries[1].type, 0xFFFF0001)
  lu.assertTrue(infoblock.build(again) == big)
end

-- Two entries whose data stand in the other order.
local CROSSED = hex [[
  01000000 40000000 02000000 0400ffff 04000000 01000000 38000000
  0d00ffff 04000000 01000000 30000000 00000000 01000000 00000000 02000000 00000000]]

function t.test_a_block_that_is_laid_out_differently_is_noted()
  local block = assert(infoblock.parse(CROSSED))
  lu.assertEquals(#block.warnings, 1)
  local built = infoblock.build(block)
  lu.assertFalse(built == CROSSED)
  lu.assertEquals(infoblock.parse(built).entries, block.entries)
end

function t.test_build_refuses_data_of_the_wrong_length()
  lu.assertError(infoblock.build, { entries = { entry(1, "abc", 4) } })
end

-- Every truncation and every altered byte: no error is raised, and what is read can be written.
function t.test_damaged_blocks_never_raise()
  local parsed, refused_count = 0, 0
  local function try(data)
    local block, err = infoblock.parse(data)
    if block then
      parsed = parsed + 1
      lu.assertNotNil(infoblock.parse(infoblock.build(block)))
    else
      refused_count = refused_count + 1
      lu.assertEquals(err.code, "format")
    end
  end
  for _, data in ipairs(EXAMPLES) do
    for len = 0, #data - 1 do
      try(data:sub(1, len))
    end
    for at = 1, #data do
      for _, mask in ipairs { 0x01, 0x80, 0xFF } do
        try(data:sub(1, at - 1) .. string.char(data:byte(at) ~ mask) .. data:sub(at + 1))
      end
    end
  end
  lu.assertTrue(parsed > 2000)
  lu.assertTrue(refused_count > 70)
end

return t
