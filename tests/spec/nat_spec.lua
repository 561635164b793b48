-- NAT structures: the inner container, port mappings, and the firewall that newer Windows does not have.
local lu = require "luaunit"
local nat = require "format.nat"

local t = {}

local function hex(text)
  return (text:gsub("%s+", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

local PUBLIC = hex [[
  00000000 03000000 01000000 30000000 01000000 0300ffff 10000000 01000000 20000000 00000000
  060001bb 00000000 01bb0000 c0a8000a]]

-- An address range, two address mappings, ICMP bits and an unknown entry.
local FULL = hex [[
  07000000 53000000
  01000000 8c000000 04000000
  0200ffff 0c000000 01000000 50000000
  0400ffff 0c000000 02000000 60000000
  0500ffff 04000000 01000000 78000000
  7700ffff 0c000000 01000000 80000000
  00000000
  cb007101 cb007105 ffffff00 00000000
  c0a80005 cb007102 01000000 c0a80006 cb007103 00000000
  08010000 00000000
  11111111 22222222 33333333]]

local function round_trip(codec, data)
  local info = assert(codec.decode(data))
  lu.assertTrue(codec.encode(info) == data)
  return info
end

function t.test_port_mapping()
  local info = round_trip(nat.interface, PUBLIC)
  lu.assertEquals({ info.index, info.flags }, { 0, nat.flags.boundary | nat.flags.translate })
  lu.assertEquals(nat.find(info, "port_mappings").items, {
    {
      protocol = 6, public_port = 443, public_address = "0.0.0.0", private_port = 443,
      private_address = "192.168.0.10",
    },
  })
end

function t.test_all_kinds_keep_order_and_bytes()
  local info = round_trip(nat.interface, FULL)
  local kinds = {}
  for index, setting in ipairs(info.settings) do
    kinds[index] = setting.kind
  end
  lu.assertEquals(kinds, { "address_ranges", "address_mappings", "icmp", "raw" })
  lu.assertEquals(info.settings[1].items[1], { first = "203.0.113.1", last = "203.0.113.5", mask = "255.255.255.0" })
  lu.assertEquals(info.settings[2].items[2],
    { private_address = "192.168.0.6", public_address = "203.0.113.3", allow_inbound = 0 })
  lu.assertEquals(info.settings[3].items[1].bits, 0x108)
  lu.assertEquals(#info.settings[4].data, 12)
end

function t.test_a_new_port_mapping_is_written()
  local info = nat.interface.decode(PUBLIC)
  local mappings = nat.find(info, "port_mappings").items
  mappings[2] = {
    protocol = 17, public_port = 53, public_address = "0.0.0.0", private_port = 5353, private_address = "10.0.0.1",
  }
  local data = nat.interface.encode(info)
  lu.assertEquals(data:sub(-16), hex "11000035 00000000 14e90000 0a000001")
  lu.assertEquals(#round_trip(nat.interface, data).settings[1].items, 2)
end

function t.test_empty_inner_containers()
  for _, inner in ipairs {
    "01000000 1c000000 00000000 00000000 00000000 00000000 00000000",
    "01000000 0c000000 00000000 00000000 00000000 00000000 00000000",
    "01000000 1c000000 01000000 00000000 00000000 00000000 00000000",
    "01000000 0c000000 00000000",
  } do
    round_trip(nat.interface, hex("00000000 00000000" .. inner))
    round_trip(nat.global, hex("02000000 00000000" .. inner))
  end
  local written = nat.interface.encode { index = 0, flags = 0, settings = {} }
  lu.assertEquals(written, hex "00000000 00000000 01000000 1c000000 00000000" .. ("\0"):rep(16))
end

function t.test_timeouts()
  local info = round_trip(nat.global, hex [[
    01000000 00000000 01000000 28000000 01000000 0100ffff 08000000 01000000 20000000 00000000 80510100 3c000000]])
  lu.assertEquals(info.logging_level, 1)
  lu.assertEquals(nat.find(info, "timeouts").items, { { tcp_seconds = 86400, udp_seconds = 60 } })
end

function t.test_inner_ids_depend_on_the_place()
  local info = nat.global.decode(FULL)
  lu.assertEquals(info.settings[1].kind, "raw")
end

function t.test_firewall_and_icmp_are_taken_out_of_a_public_interface()
  local info = nat.interface.decode(FULL)
  local remaining, removed = nat.without_firewall(info)
  lu.assertEquals(remaining.flags, 0x43)
  lu.assertNil(nat.find(remaining, "icmp"))
  lu.assertEquals(#remaining.settings, 3)
  lu.assertEquals({ removed[1].name, removed[2].name, removed[3] }, { "nat.firewall", "nat.icmp" })
  lu.assertStrContains(removed[2].reason, "incoming echo")
  lu.assertEquals(#info.settings, 4)
  round_trip(nat.interface, nat.interface.encode(remaining))
end

function t.test_an_interface_with_only_the_firewall_has_nothing_left()
  local info = nat.interface.decode(PUBLIC)
  info.flags = nat.flags.firewall | nat.flags.dial_up
  local remaining, removed = nat.without_firewall(info)
  lu.assertNil(remaining)
  lu.assertEquals(removed[2].name, "nat.port_mappings")
end

function t.test_port_mappings_need_translation()
  local info = nat.interface.decode(PUBLIC)
  info.flags = 0
  local remaining, removed = nat.without_firewall(info)
  lu.assertEquals({ remaining.flags, #remaining.settings, #removed }, { 0, 0, 1 })
  info.flags = nat.flags.translate
  remaining, removed = nat.without_firewall(info)
  lu.assertEquals({ #remaining.settings, #removed }, { 1, 0 })
end

-- What is whole of the inner container is read, and the rest told.
function t.test_of_damaged_settings_the_rest_is_read()
  for len = 8, #PUBLIC - 1 do
    local info = assert(nat.interface.decode(PUBLIC:sub(1, len)))
    lu.assertEquals(info.flags, 3)
    lu.assertEquals(info.settings, {})
    lu.assertTrue(#info.losses > 0, len)
  end
  local info = nat.interface.decode(PUBLIC:sub(1, #PUBLIC - 1))
  lu.assertEquals(info.losses, { { kind = "port_mappings", reason = "its data lies outside the block" } })
end

function t.test_damaged_entries_never_raise()
  local refused, damaged = 0, 0
  local function try(data)
    for _, codec in ipairs { nat.global, nat.interface } do
      local info, err = codec.decode(data)
      if info then
        damaged = damaged + (info.losses and 1 or 0)
        codec.encode(info)
        if codec == nat.interface then
          nat.without_firewall(info)
        end
      else
        refused = refused + 1
        lu.assertEquals(err.code, "format")
      end
    end
  end
  for _, data in ipairs { PUBLIC, FULL } do
    for len = 0, #data - 1 do
      try(data:sub(1, len))
    end
    for at = 1, #data do
      for _, mask in ipairs { 0x01, 0x80, 0xFF } do
        try(data:sub(1, at - 1) .. string.char(data:byte(at) ~ mask) .. data:sub(at + 1))
      end
    end
  end
  lu.assertEquals(refused, 2 * 2 * 8) -- cut within the first eight bytes
  lu.assertTrue(damaged > 400)
end

function t.test_wrong_kinds_raise()
  lu.assertErrorMsgContains("unknown kind", nat.interface.encode,
    { index = 0, flags = 0, settings = { { kind = "timeouts", items = {} } } })
end

return t
