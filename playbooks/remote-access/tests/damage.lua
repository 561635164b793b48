-- Damaged info blocks: what lies within them is saved, what is lost is named, and filters never go silently.

local infoblock = require "format.infoblock"
local lu = require "luaunit"
local nat = require "format.nat"
local routing = require "format.routing"
local rules = require "block_rules"
local servers = require "test_servers"

local t = {}

local function entry(name, data, item_size, count)
  return { type = infoblock.types[name], item_size = item_size or #data, count = count or 1, data = data }
end

local function route(destination)
  return routing.route.encode {
    v4 = 1, destination = destination, mask = "255.255.0.0", policy = 0, next_hop = "10.0.0.1", age = 0,
    next_hop_as = 0, metric1 = 1, metric2 = 0, metric3 = 0, interface_index = 0, type = 4, protocol = 10006,
    preference = 0, view_set = 3,
  }
end

local function filters(action, ...)
  local list = {}
  for index, port in ipairs { ... } do
    list[index] = {
      source = "0.0.0.0", source_mask = "0.0.0.0", destination = "203.0.113.10", destination_mask = "255.255.255.255",
      protocol = 6, late_bound = 0, source_port = 0, destination_port = port,
    }
  end
  return routing.filters.encode { version = 1, default_action = action, filters = list }
end

local translation = nat.interface.encode {
  index = 0, flags = 3,
  settings = {
    { kind = "address_ranges", items = { { first = "203.0.113.20", last = "203.0.113.29", mask = "255.255.255.0" } } },
    { kind = "port_mappings", items = { { protocol = 6, public_port = 443, public_address = "203.0.113.10",
                                          private_port = 443, private_address = "10.0.0.5" } } },
  },
}

local entries = {
  entry("static_routes", route "10.1.0.0" .. route "10.2.0.0", 72, 2), entry("interface_status", "\1\0\0\0"),
  entry("in_filter", filters(1, 443, 1723)), entry("out_filter", filters(0, 25)),
  entry("dhcp_relay", routing.relay_interface.encode { state = 0, relay_mode = 1, max_hops = 4, min_seconds = 4 }),
  entry("nat", translation),
}
local whole = infoblock.build { entries = entries }

local function adapt(data) return rules.adapt(data, { transport = "ip", scope = "interface" }) end

local function field(data, at) return (string.unpack("<I4", data, at + 1)) end
local function with_field(data, at, value)
  return data:sub(1, at) .. string.pack("<I4", value & 0xFFFFFFFF) .. data:sub(at + 5)
end

-- Whether the report names a kind, or says that something of an unknown kind is gone.
local function names(report, name, guards)
  for _, item in ipairs(report) do
    local of_any = item.name == "entries" or item.name == "info block"
    local unknown = item.unforeseen or item.name == "bytes"
    if item.action == "dropped" and (item.name:find(name, 1, true) == 1 or of_any or unknown) then
      if not guards or item.guards or unknown then return true end
    end
  end
  return false
end

-- Bytes behind an entry that are zero are none that anybody set.
local function is_same(found, own)
  return found ~= nil and found.data:sub(1, #own.data) == own.data and not found.data:find("[^\0]", #own.data + 1)
end

-- Every kind of the sound block is there as it was, or the report names it.
local function check(data, how)
  local adapted, report = adapt(data)
  local block = adapted and assert(infoblock.parse(adapted)) or { entries = {} }
  for _, own in ipairs(entries) do
    local name = infoblock.type_name(own.type)
    local found = infoblock.find(block, own.type)
    if not is_same(found, own) then
      local guards = name:find "filter" or name == "nat"
      lu.assertTrue(names(report, name, guards), ("%s: %s %s"):format(how, name, lu.prettystr(report)))
    end
  end
end

function t.test_the_sound_block_loses_nothing()
  local adapted, report = adapt(whole)
  lu.assertTrue(adapted == whole)
  for _, item in ipairs(report) do lu.assertEquals(item.action, "kept") end
end

function t.test_of_every_length()
  for len = 0, #whole - 1 do check(whole:sub(1, len), "cut at " .. len) end
end

local function values_for(old, random)
  return { 0, 1, old - 1, old + 1, old + 8, old * 2, old // 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random(#whole),
           random(0xFFFF), random(0x7FFFFFFF) }
end

-- A linear congruential generator, so that a failure is found again.
local function generator(seed)
  return function(limit)
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return seed % limit
  end
end

function t.test_every_field_of_header_and_table_of_contents()
  local random = generator(20)
  for at = 0, 12 + 16 * #entries - 4, 4 do
    local is_type = at >= 12 and (at - 12) % 16 == 0
    for _, value in ipairs(values_for(field(whole, at), random)) do
      local known = is_type and not infoblock.type_name(value & 0xFFFFFFFF):find "^0x"
      if not known then check(with_field(whole, at, value), ("%d is %X"):format(at, value)) end
    end
    -- What seems to be of another known type is that to Windows, too; twice of one type is told.
    for _, own in ipairs(is_type and entries or {}) do
      if own.type ~= field(whole, at) then
        local _, report = adapt(with_field(whole, at, own.type))
        local name = infoblock.type_name(own.type)
        lu.assertTrue(names(report, name, name:find "filter" or name == "nat"), ("%d is %s"):format(at, name))
      end
    end
  end
end

-- The counts and sizes inside entries: of filters, of NAT's container and its slots.
function t.test_every_field_within_filters_and_nat()
  local random = generator(7)
  for _, name in ipairs { "in_filter", "out_filter" } do
    local data = infoblock.find({ entries = entries }, infoblock.types[name]).data
    local at = whole:find(data, 1, true) - 1
    check(with_field(whole, at + 4, 200), name)
    local adapted = adapt(with_field(whole, at + 4, 200))
    local kept = routing.filters.decode(infoblock.find(infoblock.parse(adapted), infoblock.types[name]).data)
    lu.assertEquals(#kept.filters, (#data - 12) // 28)
    check(with_field(whole, at, 7), name .. ", version")
  end
  local at = whole:find(translation, 1, true) - 1 + 8
  for offset = 0, 12 + 2 * 16 - 4, 4 do
    local is_type = offset >= 12 and (offset - 12) % 16 == 0
    for _, value in ipairs(is_type and {} or values_for(field(whole, at + offset), random)) do
      check(with_field(whole, at + offset, value), ("nat, %d is %X"):format(offset, value))
    end
  end
end

-- A whole plan ---------------------------------------------------------------------------------

local INTERFACES = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Interfaces]]

local function interface(value)
  return ([=[
[RA\Interfaces\2]
"InterfaceName"="%s"
"Type"=dword:00000003
[RA\Interfaces\2\Ip]
"ProtocolId"=dword:00000021
"InterfaceInfo"=%s
]=]):format(servers.guids.source.Internet, value)
end

local function plan_of(value, waived, more)
  local plan, _, there = servers.plan(machine, run, { release = "2008r2", system = interface(value) .. (more or "") },
    nil, { waived = waived })
  lu.assertEquals(unjudged_of(plan), {})
  return plan, there
end

local function hex(data) return "hex:" .. servers.hex(data) end

local waived = { "remote-access/filters-readable" }

function t.test_lost_filters_block_until_they_are_waived()
  local at = 12 + 16 * 2 + 12
  local damaged = with_field(whole, at, 0x10000)
  local plan = plan_of(hex(damaged))
  lu.assertTrue(plan.blocked)
  local message = servers.check(plan, "filters-readable").message
  lu.assertStrContains(message, "'Internet', IPv4: input filters (damaged: its data lies outside the block)")
  lu.assertNil(message:find("{", 1, true))
  local there
  plan, there = plan_of(hex(damaged), waived)
  lu.assertFalse(plan.blocked)
  local saved = infoblock.parse(there:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw)
  lu.assertEquals(#routing.decode_routes(infoblock.find(saved, infoblock.types.static_routes)), 2)
  lu.assertNotNil(infoblock.find(saved, infoblock.types.out_filter))
  lu.assertStrContains(servers.verdict(plan, [[2\Ip]], "InterfaceInfo").why, "input filters dropped: damaged")
  lu.assertStrContains(servers.has_manual(plan, "lost-routing").details[1], "'Internet', IPv4: input filters")
end

function t.test_bytes_that_nothing_explains_are_told()
  local _, report = adapt(whole .. "left over")
  lu.assertTrue(names(report, "bytes"))
  _, report = adapt(whole .. ("\0"):rep(8))
  lu.assertFalse(names(report, "bytes"))
end

function t.test_lost_routes_are_a_warning()
  local plan = plan_of(hex(with_field(whole, 12 + 4, 71)))
  lu.assertFalse(plan.blocked)
  lu.assertStrContains(servers.check(plan, "routing-readable").message, "'Internet', IPv4: static routes (damaged")
end

function t.test_values_that_are_no_blocks()
  for _, value in ipairs { "hex:", '"text"', "dword:00000001", "hex:01,00,00,00", "hex:02" .. (",00"):rep(40) } do
    local plan = plan_of(value)
    lu.assertTrue(plan.blocked, value)
    local message = servers.check(plan, "filters-readable").message
    lu.assertStrContains(message, "'Internet', IPv4: all of its settings", value)
    lu.assertFalse(plan_of(value, waived).blocked, value)
  end
end

function t.test_a_sound_block_of_another_type_is_saved()
  local plan, there = plan_of("hex(0):" .. servers.hex(whole))
  lu.assertFalse(plan.blocked)
  local saved = there:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo")
  lu.assertEquals({ saved.type, saved.raw == whole }, { "binary", true })
  lu.assertStrContains(servers.verdict(plan, [[2\Ip]], "InterfaceInfo").why, "not as binary")
end

function t.test_nat_that_the_destination_lacks()
  local plan = servers.plan(machine, run, { release = "2008r2", system = interface(hex(whole)) }, { release = "2012",
    software = [=[
[SOFTWARE\Microsoft\Router\CurrentVersion\RouterManagers\Ip\IPBOOTP]
"ProtocolId"=dword:0000270f
]=] })
  lu.assertTrue(plan.blocked)
  local message = servers.check(plan, "filters-readable").message
  lu.assertStrContains(message, "NAT (the destination does not have this protocol)")
end

return t
