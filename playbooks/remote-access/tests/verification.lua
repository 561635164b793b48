-- Source and destination compared place by place, in the words of the console.

local infoblock = require "format.infoblock"
local lu = require "luaunit"
local nat = require "format.nat"
local routing = require "format.routing"
local servers = require "test_servers"

local from, to = servers.guids.source, servers.guids.destination
local types = infoblock.types
local t = {}

local function block_of(entries)
  local list = {}
  for index, entry in ipairs(entries) do
    list[index] = { type = entry[1], item_size = #entry[2], count = 1, data = entry[2] }
  end
  return infoblock.build { entries = list }
end

local function hex_value(path, name, block)
  return ("[%s]\n\"%s\"=hex:%s\n"):format(path, name, servers.hex(block))
end

local function interface(number, guid, block)
  return ('[RA\\Interfaces\\%d]\n"InterfaceName"="%s"\n"Type"=dword:00000003\n'):format(number, guid)
    .. hex_value(("RA\\Interfaces\\%d\\Ip"):format(number), "InterfaceInfo", block)
end

local route = routing.route.encode {
  destination = "10.40.0.0", mask = "255.255.0.0", policy = 0, next_hop = "10.20.10.254", age = 0, next_hop_as = 0,
  metric1 = 5, metric2 = 0, metric3 = 0, interface_index = 9, type = 4, protocol = 10006, preference = 3,
  view_set = 1, v4 = 1,
}

local public = nat.interface.encode { index = 9, flags = 3, settings = {
  { kind = "address_ranges", items = { { first = "203.0.113.48", last = "203.0.113.51", mask = "255.255.255.252" } } },
  { kind = "port_mappings", items = { { protocol = 17, public_port = 53, public_address = "0.0.0.0",
                                        private_port = 5353, private_address = "10.20.10.7" } } },
} }

local private = nat.interface.encode { index = 8, flags = 0, settings = {} }
local relay = routing.relay_interface.encode { state = 0, relay_mode = 1, max_hops = 3, min_seconds = 6 }
local relays = routing.relay_global.encode { logging_level = 1, max_receive_queue = 1, servers = { "10.20.10.5" } }

local source = interface(2, from.Internet, block_of { { types.nat, public } })
  .. interface(3, from.Intranet,
    block_of { { types.static_routes, route }, { types.dhcp_relay, relay }, { types.nat, private } })
  .. hex_value([[RA\RouterManagers\Ip]], "GlobalInfo", block_of { { types.dhcp_relay, relays } })
  .. '[RA\\Parameters\\Ip]\n"UseDhcpAddressing"=dword:00000000\n"NetworkAdapterGUID"="' .. from.Intranet .. '"\n'
  .. '[RA\\Parameters\\Ip\\StaticAddressPool\\0]\n"From"=dword:0a320105\n"To"=dword:0a320163\n'

local function shown(options)
  local plan = servers.plan(machine, run, { release = options.release or "2008r2", system = options.system or source,
                                            phonebook = options.phonebook }, nil, options)
  local notes = {}
  for _, note in ipairs(plan.notes) do
    if note.step == "remote-access/verification" then notes[#notes + 1] = note.text end
  end
  return servers.has_manual(plan, "verify").text .. "\n", table.concat(notes, "\n")
end

function t.test_the_plan_tells_what_the_console_has_to_show()
  local text = shown {}
  for _, line in ipairs {
    "Properties, IPv4 tab, Address assignment: static pool",
    "Properties, IPv4 tab, Static address pool: 10.50.1.5 to 10.50.1.99",
    "Properties, IPv4 tab, Adapter: Intranet",
    "Properties, Security tab, Authentication methods: MS-CHAP v2",
    "Ports, WAN Miniport (SSTP): 5 ports, not used",
    "IPv4, routing protocols: DHCP Relay Agent",
    "IPv4, DHCP Relay Agent, server addresses: 10.20.10.5",
    "IPv4, DHCP Relay Agent, 'Intranet': relays, hops 3, after 6 s",
    "IPv4, Static Routes, 'Intranet': 10.40.0.0 mask 255.255.0.0 via 10.20.10.254 metric 5",
    "IPv4, NAT, 'Internet': public",
    "IPv4, NAT, 'Internet', Address Pool tab: 203.0.113.48 to 203.0.113.51",
    "IPv4, NAT, 'Internet', Services and Ports tab: UDP 53 to 10.20.10.7:5353",
  } do lu.assertStrContains(text, line .. "\n") end
  lu.assertNotStrContains(text, "{")
end

function t.test_what_is_the_same_is_not_told()
  local _, notes = shown {}
  lu.assertEquals(notes, "")
end

function t.test_adapters_go_by_the_destinations_names()
  local function pair(own, other, name)
    return { source = { guid = own, name = "x" }, destination = { guid = other, name = name }, reason = "given" }
  end
  local text, notes = shown {
    map = { pair(from.Internet, to.Intranet, "Intranet"), pair(from.Intranet, to.Internet, "Internet") },
  }
  lu.assertStrContains(text, "IPv4, NAT, 'Intranet': public\n")
  lu.assertStrContains(text, "Properties, IPv4 tab, Adapter: Internet\n")
  lu.assertEquals(notes, "")
end

-- A Czech 2003 calls its loopback and internal interfaces otherwise; they are matched by type.
function t.test_interfaces_that_windows_names_in_its_language()
  local system = '[RA\\Interfaces\\0]\n"InterfaceName"="Smycka"\n[RA\\Interfaces\\0\\Ip]\n"ProtocolId"=dword:00000021\n'
  local text, notes = shown { system = system }
  lu.assertStrContains(text, "IPv4, General, 'Loopback': loopback\n")
  lu.assertEquals(notes, "")
end

function t.test_the_one_pool_of_old_counts_where_there_is_no_list()
  local system = '[RA\\Parameters\\Ip]\n"UseDhcpAddressing"=dword:00000000\n"IpAddress"="10.60.8.0"\n'
    .. '"IpMask"="255.255.255.0"\n'
  lu.assertStrContains(shown { release = "2003", system = system },
    "Static address pool: 10.60.8.0 mask 255.255.255.0\n")
end

function t.test_what_did_not_come_along_is_told_with_both_sides()
  local _, notes = shown { release = "2003", system = source .. '[RA\\Parameters]\n"ServerFlags"=dword:00800040\n' }
  lu.assertStrContains(notes, "Properties, Security tab, Authentication methods: 'MS-CHAP v2, SPAP' on the source,"
    .. " 'MS-CHAP v2' on the destination (RA-VER-05).")
  lu.assertStrContains(notes, "Properties, IPv4 tab, Adapter: 'Intranet' on the source, 'Allow RAS to select adapter'")
  lu.assertStrContains(notes, "Ports, WAN Miniport (IKEv2): '5 ports, not used' on the source, '5 ports for remote")
end

function t.test_half_of_nat_is_told()
  local plan = servers.plan(machine, run, {
    release = "2008r2", system = source .. interface(3, from.Intranet, block_of { { types.nat, public } }),
  })
  lu.assertTrue(servers.has_note(plan, "NAT on the destination has no private interface"))
end

function t.test_a_demand_dial_connection_by_its_tabs()
  local text = shown {
    system = '[RA\\Interfaces\\2]\n"InterfaceName"="Branch"\n"Type"=dword:00000002\n',
    phonebook = "[Branch]\r\nType=2\r\nVpnStrategy=3\r\nDataEncryption=256\r\nAuthRestrictions=512\r\n"
      .. "ExcludedProtocols=8\r\nPhoneNumber=vpn.example.com\r\n",
  }
  for _, line in ipairs {
    "'Branch', General tab, Host name, address or number: vpn.example.com", "'Branch', Security tab, Type of VPN: L2TP",
    "'Branch', Security tab, Data encryption: required", "'Branch', Security tab, Methods: MS-CHAP v2",
    "'Branch', Networking tab, IPv6: off",
  } do lu.assertStrContains(text, "Network Interfaces, " .. line .. "\n") end
end

return t
