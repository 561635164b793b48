-- Settings of adapters with the destination's own addresses, and with the source's.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local function plan(...) return servers.plan(machine, run, ...) end
local take_over = { takes_over_name = true }

local lan = servers.fixed({ "192.0.2.10/255.255.255.0", "192.0.2.11/255.255.255.0" }, { "192.0.2.1" },
  '"NameServer"="192.0.2.53,192.0.2.54"\n"Domain"="corp.example"\n"RegistrationEnabled"=dword:00000000\n'
    .. '"InterfaceMetric"=dword:00000014\n"MTU"=dword:000005dc\n')
local own = servers.fixed({ "192.0.2.20/255.255.255.0" }, { "192.0.2.2" }, '"NameServer"="192.0.2.2"\n')

function t.test_the_destination_keeps_its_addresses()
  local made, to = plan({ LAN = lan }, { LAN = own })
  local key = servers.key "LAN"
  lu.assertEquals(to:read(key, "IPAddress"), { "192.0.2.20" })
  lu.assertEquals(to:read(key, "DefaultGateway"), { "192.0.2.2" })
  lu.assertEquals(to:read(key, "NameServer"), "192.0.2.53,192.0.2.54")
  lu.assertEquals(to:read(key, "Domain"), "corp.example")
  lu.assertEquals(to:read(key, "RegistrationEnabled"), 0)
  lu.assertEquals(to:read(key, "InterfaceMetric"), 20)
  lu.assertEquals(to:read(key, "MTU"), 1500)
  local verdict = servers.verdict(made, servers.guids.source.LAN, "IPAddress")
  lu.assertEquals({ verdict.verdict, verdict.why }, { "kept", "the destination keeps its own addresses" })
  lu.assertNil(servers.failed(made, "addresses-in-use"))
  lu.assertNil(servers.manual(made, "release-addresses"))
  lu.assertEquals(made.deferred, {})
  lu.assertEquals(unjudged_of(made), {})
end

function t.test_the_destination_takes_the_addresses_over()
  local made, to, from = plan({ LAN = lan }, { LAN = own .. servers.list("IPAddress", { "192.0.2.20" }) }, take_over)
  local key = servers.key "LAN"
  for _, name in ipairs { "EnableDHCP", "IPAddress", "SubnetMask", "DefaultGateway", "DefaultGatewayMetric" } do
    local path = key:gsub("{.*}", servers.guids.source.LAN)
    lu.assertEquals(to:get(key, name).raw, from:get(path, name).raw, name)
  end
  lu.assertEquals(servers.failed(made, "addresses-in-use").severity, "warn")
  lu.assertStrContains(servers.failed(made, "addresses-in-use").message, "'LAN': 192.0.2.10, 192.0.2.11")
  local release = servers.manual(made, "release-addresses")
  lu.assertEquals({ release.phase, release.on }, { "before", "source" })
  lu.assertStrContains(release.text, "192.0.2.11")
end

-- What only the destination had goes: no gateway of two networks.
function t.test_a_gateway_that_the_source_does_not_have_goes()
  local made, to = plan({ LAN = servers.fixed { "192.0.2.10/255.255.255.0" } }, { LAN = own }, take_over)
  lu.assertNil(to:get(servers.key "LAN", "DefaultGateway"))
  lu.assertEquals(servers.failed(made, "gateway-lost").severity, "warn")
end

function t.test_the_first_start_compares_and_the_way_back_restores()
  local made = plan({ LAN = lan }, { LAN = own }, take_over)
  local action = made.deferred[1]
  lu.assertStrContains(action.run, servers.guids.destination.LAN)
  lu.assertStrContains(action.run, "$wanted = @('192.0.2.10/24', '192.0.2.11/24')")
  lu.assertStrContains(action.run, "$gateways = @('192.0.2.1')")
  lu.assertStrContains(action.run, "-Dhcp Disabled")
  lu.assertStrContains(action.undo, "$wanted = @('192.0.2.20/24')")
  lu.assertStrContains(action.undo, "$gateways = @('192.0.2.2')")
  action = plan({ LAN = lan }, {}, take_over).deferred[1]
  lu.assertStrContains(action.undo, "-Dhcp Enabled")
  lu.assertStrContains(action.undo, "$wanted = @()")
end

-- Text that is no address reaches no script.
function t.test_hostile_gateways_stay_out_of_the_script()
  local hostile = servers.fixed({ "192.0.2.10/255.255.255.0" }, { "192.0.2.1'; calc; '", "192.0.2.1" })
  local action = plan({ LAN = hostile }, { LAN = own }, take_over).deferred[1]
  lu.assertNil(action.run:find "calc")
  lu.assertStrContains(action.run, "$gateways = @('192.0.2.1')")
end

function t.test_a_lease_of_the_source_moves_nothing()
  local made, to = plan({ LAN = servers.dhcp .. '"NameServer"="192.0.2.53"\n', DMZ = lan }, { LAN = own }, take_over)
  lu.assertEquals(to:read(servers.key "LAN", "IPAddress"), { "192.0.2.20" })
  lu.assertEquals(to:read(servers.key "LAN", "NameServer"), "192.0.2.53")
  lu.assertNil(to:get(servers.key "LAN", "DhcpIPAddress"))
  lu.assertEquals(servers.verdict(made, servers.guids.source.LAN, "DhcpIPAddress").verdict, "dropped")
  lu.assertStrContains(servers.failed(made, "leases").message, "'LAN'")
end

function t.test_an_empty_list_of_the_source_leaves_the_destinations()
  local _, to = plan({ LAN = servers.dhcp .. '"NameServer"=""\n' }, { LAN = own })
  lu.assertEquals(to:read(servers.key "LAN", "NameServer"), "192.0.2.2")
end

function t.test_wins_and_netbios()
  local from = ([=[
[CCS\Services\NetBT\Parameters]
"EnableLMHOSTS"=dword:00000000
[CCS\Services\NetBT\Parameters\Interfaces\Tcpip_%s]
"NetbiosOptions"=dword:00000002
"DhcpNetbiosOptions"=dword:00000001
%s]=]):format(servers.guids.source.LAN:lower(), servers.list("NameServerList", { "192.0.2.60" }))
  local made, to = plan({ LAN = lan, system = from }, {})
  lu.assertEquals(to:read(servers.key("LAN", "NetBT"), "NameServerList"), { "192.0.2.60" })
  lu.assertEquals(to:read(servers.key("LAN", "NetBT"), "NetbiosOptions"), 2)
  lu.assertNil(to:get(servers.key("LAN", "NetBT"), "DhcpNetbiosOptions"))
  lu.assertEquals(to:read([[HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters]], "EnableLMHOSTS"), 0)
  lu.assertEquals(unjudged_of(made), {})
end

function t.test_an_adapter_that_is_left_out()
  local made, to = plan({ LAN = lan, DMZ = lan }, { DMZ = own }, nil, servers.map "DMZ")
  lu.assertFalse(made.blocked)
  lu.assertEquals(to:read(servers.key "DMZ", "NameServer"), "192.0.2.2")
  local verdict = servers.verdict(made, servers.guids.source.DMZ, "NameServer")
  lu.assertEquals({ verdict.verdict, verdict.why }, { "dropped", "its adapter is left out by the map" })
end

function t.test_connections_that_are_no_adapters_are_dropped()
  local from = '[CCS\\Services\\Tcpip\\Parameters\\Interfaces\\{33333333-0000-0000-0000-000000000003}]\n"MTU"=dword:1\n'
  local made = plan({ LAN = lan, system = from }, {})
  lu.assertEquals(servers.verdict(made, "000000000003}", "MTU").verdict, "dropped")
  lu.assertEquals(unjudged_of(made), {})
end

function t.test_a_server_that_asks_itself_is_told()
  local from = { LAN = servers.fixed({ "192.0.2.10/255.255.255.0" }, nil, '"NameServer"="192.0.2.10 192.0.2.53"\n') }
  lu.assertEquals(servers.manual(plan(from, {}), "own-addresses").details, { "'LAN': 192.0.2.10" })
  lu.assertNil(servers.manual(plan(from, {}, take_over), "own-addresses"))
end

function t.test_twice_is_the_same()
  local _, to, from = plan({ LAN = lan }, { LAN = own }, take_over)
  local key = servers.key "LAN"
  local before = to:values(key)
  local made = run { playbooks = { "ip-configuration" }, source = from, destination = to, map = servers.map(),
               parameters = take_over }
  lu.assertFalse(made.blocked)
  lu.assertEquals(#to:values(key), #before)
  lu.assertEquals(to:read(key, "IPAddress"), { "192.0.2.10", "192.0.2.11" })
end

return t
