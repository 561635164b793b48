-- The interface list is merged by type and name, and info blocks are adapted on the way.

local infoblock = require "format.infoblock"
local lu = require "luaunit"
local nat = require "format.nat"
local routing = require "format.routing"
local servers = require "test_servers"

local INTERFACES = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Interfaces]]
local source, destination = servers.guids.source, servers.guids.destination

local t = {}

local function entry(number, name, kind, block)
  local text = ('[RA\\Interfaces\\%d]\n"InterfaceName"="%s"\n"Type"=dword:%08x\n"Enabled"=dword:00000001\n'):format(
    number, name, kind)
  if block then
    text = text .. ('[RA\\Interfaces\\%d\\Ip]\n"ProtocolId"=dword:00000021\n"InterfaceInfo"=hex:%s\n'):format(number,
      servers.hex(block))
  end
  return text
end

local function block_of(id, codec, values)
  local data = codec.encode(values)
  return infoblock.build { entries = { { type = id, item_size = #data, count = 1, data = data } } }
end

local status = block_of(infoblock.types.interface_status, routing.status, { status = 1 })

local function nat_block(flags, settings)
  return block_of(infoblock.types.nat, nat.interface, { index = 7, flags = flags, settings = settings or {} })
end

local function plan_of(options)
  local plan, _, machine_now, again = servers.plan(machine, run, {
    release = options.release or "2008r2", system = options.source, phonebook = options.phonebook,
  }, { release = "2012", system = options.destination, phonebook = options.own_phonebook,
       software = options.software })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(unjudged_of(plan), {})
  return machine_now, plan, again
end

local function list(m)
  local names = {}
  for _, number in ipairs(m:keys(INTERFACES)) do
    names[tonumber(number)] = m:read(INTERFACES .. "\\" .. number, "InterfaceName")
  end
  return names
end

function t.test_entries_keep_their_numbers_and_new_ones_fill_the_gaps()
  local m = plan_of {
    source = entry(2, source.Intranet, 3) .. entry(3, source.Internet, 3),
    destination = entry(3, destination.Internet, 3),
  }
  lu.assertEquals(list(m), { [0] = "Loopback", "Internal", destination.Intranet, destination.Internet })
end

function t.test_numbers_mean_nothing()
  local m = plan_of {
    source = entry(2, source.Intranet, 3) .. entry(10, source.Internet, 3, nat_block(3)),
    destination = entry(2, destination.Internet, 3) .. entry(3, destination.Intranet, 3, status),
  }
  lu.assertEquals(list(m)[2], destination.Internet)
  local moved = infoblock.parse(m:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw)
  local info = nat.interface.decode(infoblock.find(moved, infoblock.types.nat).data)
  lu.assertEquals(info.flags, 3)
  lu.assertEquals(info.index, 0)
end

function t.test_an_adapter_without_a_twin_is_dropped_with_a_reason()
  local m, plan = plan_of { source = entry(2, "{99999999-0000-0000-0000-000000000009}", 3, status) }
  lu.assertEquals(list(m), { [0] = "Loopback", "Internal" })
  local verdict = servers.verdict(plan, [[Interfaces\2\Ip]], "InterfaceInfo")
  lu.assertEquals(verdict.verdict, "dropped")
  lu.assertStrContains(verdict.why, "no network card of the source")
end

function t.test_a_second_run_changes_nothing()
  local m, _, again = plan_of {
    source = entry(2, source.Internet, 3, nat_block(3)) .. entry(3, "Branch", 2, status),
    phonebook = "[Branch]\r\nType=2\r\nGuid=00112233445566778899AABBCCDDEEFF\r\n",
  }
  local names, book = list(m), m:read_file [[%SystemRoot%\System32\ras\router.pbk]]
  lu.assertEquals(names, { [0] = "Loopback", "Internal", destination.Internet, "Branch" })
  again()
  lu.assertEquals(list(m), names)
  lu.assertEquals(m:read_file [[%SystemRoot%\System32\ras\router.pbk]], book)
end

function t.test_the_basic_firewall_of_2003_is_dropped()
  local m, plan = plan_of { release = "2003", source = entry(2, source.Internet, 3, nat_block(0x10)) }
  lu.assertNil(m:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo"))
  lu.assertStrContains(servers.verdict(plan, [[2\Ip]], "InterfaceInfo").why, "RA-GAP-11")
end

function t.test_routes_of_2003_get_the_new_layout()
  local old = routing.route_2003.encode {
    destination = "10.0.0.0", mask = "255.0.0.0", policy = 0, next_hop = "192.168.0.1", interface_index = 65539,
    type = 4, protocol = 10006, age = 0, next_hop_as = 0, metric1 = 1, metric2 = 0, metric3 = 0, metric4 = 0,
    metric5 = 0,
  }
  local block = infoblock.build {
    entries = { { type = infoblock.types.static_routes, item_size = 56, count = 1, data = old } },
  }
  local m = plan_of { release = "2003", source = entry(2, source.Internet, 3, block) }
  local moved = infoblock.parse(m:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw)
  local routes = routing.decode_routes(infoblock.find(moved, infoblock.types.static_routes))
  lu.assertEquals(#routes, 1)
  lu.assertEquals(routes[1].destination, "10.0.0.0")
  lu.assertEquals(routes[1].next_hop, "192.168.0.1")
  lu.assertEquals(routes[1].interface_index, 0)
end

function t.test_a_protocol_that_the_destination_lacks_is_dropped()
  local relay = block_of(infoblock.types.dhcp_relay, routing.relay_interface,
    { state = 0, relay_mode = 1, max_hops = 4, min_seconds = 4 })
  local only_nat = [=[
[SOFTWARE\Microsoft\Router\CurrentVersion\RouterManagers\Ip\NAT]
"ProtocolId"=dword:81372715
]=]
  local m = plan_of { source = entry(2, source.Internet, 3, relay), software = only_nat }
  lu.assertNil(m:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo"))
  m = plan_of { source = entry(2, source.Internet, 3, relay) }
  lu.assertEquals(m:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw, relay)
end

function t.test_addresses_in_nat_that_do_not_fit_are_listed()
  local _, plan = plan_of { source = entry(2, source.Internet, 3, nat_block(3, {
    { kind = "port_mappings", items = { { protocol = 6, public_port = 25, public_address = "203.0.113.10",
                                          private_port = 25, private_address = "10.0.0.5" } } },
  })) }
  lu.assertStrContains(servers.has_manual(plan, "nat-addresses").details[1], "203.0.113.10")
end

function t.test_a_rip_password_is_not_shown()
  local secret = "correct horse 12"
  local rip = block_of(infoblock.types.rip, routing.rip_interface, {
    state = 0, metric = 1, update_mode = 0, accept_mode = 3, announce_mode = 3, flags = 1, route_expiration = 180,
    route_removal = 120, full_update = 30, authentication_type = 2, key = secret, route_tag = 0,
    unicast_peer_mode = 0, accept_filter_mode = 0, announce_filter_mode = 0, peers = {}, accept_filters = {},
    announce_filters = {},
  })
  local m, plan = plan_of { source = entry(2, source.Internet, 3, rip) }
  lu.assertStrContains(m:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw, secret)
  local verdict = servers.verdict(plan, [[2\Ip]], "InterfaceInfo")
  lu.assertStrContains(verdict.before, "(secret ")
  lu.assertEquals(verdict.after, verdict.before)
end

return t
