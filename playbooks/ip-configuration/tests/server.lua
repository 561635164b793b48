-- Settings of the server, routes, IPv6, hosts files.

local facts = require "facts"
local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local keys = facts.keys
local function plan(...) return servers.plan(machine, run, ...) end
local take_over = { takes_over_name = true }
local lan = servers.fixed({ "203.0.113.10/255.255.255.0" }, { "203.0.113.1" })
local own = servers.fixed({ "198.51.100.20/255.255.255.0" }, { "198.51.100.1" })

local function parameters(lines) return "[CCS\\Services\\Tcpip\\Parameters]\n" .. lines end

function t.test_suffixes_move_and_names_stay()
  local made, to = plan({ system = parameters [=[
"SearchList"="corp.example,example.net"
"UseDomainNameDevolution"=dword:00000000
"Hostname"="OLD"
"NV Domain"="old.example"
"TcpWindowSize"=dword:0000faf0
[CCS\Services\Tcpip\Parameters\Winsock]
"MaxSockAddrLength"=dword:00000010
]=] }, { system = parameters '"Hostname"="NEW"\n' })
  lu.assertEquals(to:read(keys.tcpip, "SearchList"), "corp.example,example.net")
  lu.assertEquals(to:read(keys.tcpip, "UseDomainNameDevolution"), 0)
  lu.assertEquals(to:read(keys.tcpip, "Hostname"), "NEW")
  lu.assertNil(to:get(keys.tcpip, "NV Domain"))
  lu.assertNil(to:get(keys.tcpip, "TcpWindowSize"))
  lu.assertEquals(unjudged_of(made), { keys.tcpip .. [[\TcpWindowSize]] })
end

function t.test_disabled_components_ask_for_a_restart()
  local from = { system = [=[
[CCS\Services\Tcpip6\Parameters]
"DisabledComponents"=dword:000000ff
"Dhcpv6DUID"=hex:01
]=] }
  local made, to = plan(from, {})
  lu.assertEquals(to:read(keys.tcpip6, "DisabledComponents"), 255)
  lu.assertNil(to:get(keys.tcpip6, "Dhcpv6DUID"))
  lu.assertNotNil(servers.manual(made, "restart"))
  lu.assertNil(servers.manual(plan(from, from), "restart"))
end

-- Routes --------------------------------------------------------------------------------------

local function routes(...)
  local lines = { [=[[CCS\Services\Tcpip\Parameters\PersistentRoutes]]=] }
  for _, name in ipairs { ... } do lines[#lines + 1] = ('"%s"=""'):format(name) end
  return table.concat(lines, "\n") .. "\n"
end

function t.test_a_route_moves_when_its_gateway_is_in_reach()
  local from = { LAN = lan, system = routes("10.1.0.0,255.255.0.0,203.0.113.99,1",
                                            "10.2.0.0,255.255.0.0,198.51.100.9,5") }
  local made, to = plan(from, { LAN = own })
  lu.assertNil(to:get(keys.routes, "10.1.0.0,255.255.0.0,203.0.113.99,1"))
  lu.assertEquals(to:read(keys.routes, "10.2.0.0,255.255.0.0,198.51.100.9,5"), "")
  lu.assertEquals(servers.manual(made, "routes-by-hand").details,
    { "route -p add 10.1.0.0 mask 255.255.0.0 203.0.113.99" })
  made, to = plan(from, { LAN = own }, take_over)
  lu.assertEquals(to:read(keys.routes, "10.1.0.0,255.255.0.0,203.0.113.99,1"), "")
  lu.assertNil(to:get(keys.routes, "10.2.0.0,255.255.0.0,198.51.100.9,5"))
  lu.assertEquals(unjudged_of(made), {})
end

-- Since 2008 a gateway stands among the routes, too.
function t.test_the_default_route_goes_with_the_addresses()
  local source = { LAN = lan, system = routes "0.0.0.0,0.0.0.0,203.0.113.1,-1" }
  local destination = { LAN = own, system = routes "0.0.0.0,0.0.0.0,198.51.100.1,-1" }
  local made, to = plan(source, destination)
  lu.assertNil(to:get(keys.routes, "0.0.0.0,0.0.0.0,203.0.113.1,-1"))
  lu.assertNotNil(to:get(keys.routes, "0.0.0.0,0.0.0.0,198.51.100.1,-1"))
  lu.assertEquals(servers.verdict(made, "PersistentRoutes", "0.0.0.0,0.0.0.0,203.0.113.1,-1").verdict, "kept")
  made, to = plan(source, destination, take_over)
  lu.assertNotNil(to:get(keys.routes, "0.0.0.0,0.0.0.0,203.0.113.1,-1"))
  lu.assertNil(to:get(keys.routes, "0.0.0.0,0.0.0.0,198.51.100.1,-1"))
  lu.assertFalse(made.blocked)
end

function t.test_what_is_no_route()
  local made, to = plan({ LAN = lan, system = routes("nonsense", "10.0.0.0,255.0.255.0,203.0.113.1,1", "1,2,3,4") },
    { LAN = own }, take_over)
  lu.assertEquals(to:values(keys.routes), {})
  for _, name in ipairs { "nonsense", "10.0.0.0,255.0.255.0,203.0.113.1,1", "1,2,3,4" } do
    lu.assertEquals(servers.verdict(made, "PersistentRoutes", name).verdict, "unjudged", name)
  end
end

-- IPv6 ----------------------------------------------------------------------------------------

function t.test_fixed_ipv6_addresses_are_set_at_the_first_start()
  local made = plan({}, {}, { ipv6_addresses = "lan=2001:DB8:0:0::5/64; DMZ = fd00::1/48" })
  lu.assertEquals(#made.deferred, 1)
  lu.assertStrContains(made.deferred[1].run, "-IPAddress '2001:db8::5' -PrefixLength 64")
  lu.assertStrContains(made.deferred[1].run, servers.guids.destination.DMZ)
  lu.assertStrContains(made.deferred[1].undo, "(Get-Lines 'ipv6.added') -contains 'fd00::1'")
  for _, text in ipairs { "2001:db8::5/64", "LAN=2001:db8::5", "LAN=x::y/64", "LAN=::1/129", "Nowhere=::1/64" } do
    local ok, err = pcall(plan, {}, {}, { ipv6_addresses = text })
    lu.assertFalse(ok, text)
    lu.assertEquals(err.object, "ipv6_addresses")
  end
end

function t.test_ipv6_of_the_source_is_told()
  local store = '[CCS\\Control\\Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}\\10]\n"00"=hex:ff\n'
  local made = plan({ system = store }, {})
  lu.assertEquals(servers.failed(made, "ipv6-addresses").severity, "info")
  lu.assertNotNil(servers.manual(made, "ipv6"))
  made = plan({}, {})
  lu.assertNil(servers.failed(made, "ipv6-addresses"))
  lu.assertNil(servers.manual(made, "ipv6"))
end

-- hosts ---------------------------------------------------------------------------------------

local hosts = "Windows/System32/drivers/etc/hosts"

local function with_hosts(text) return { files = { [hosts] = text } } end

function t.test_entries_of_hosts_are_told_or_carried()
  local source = with_hosts "# comment\r\n192.0.2.9  old-app\r\n 192.0.2.8 both\r\n"
  local destination = with_hosts "# mine\r\n192.0.2.8\tBoth"
  local made, to = plan(source, destination)
  lu.assertEquals(servers.manual(made, "hosts-entries").details, { "hosts: 192.0.2.9  old-app" })
  lu.assertEquals(to:read_file(hosts), "# mine\r\n192.0.2.8\tBoth")
  made, to = plan(source, destination, { hosts_files = "carry" })
  lu.assertNil(servers.manual(made, "hosts-entries"))
  lu.assertEquals(to:read_file(hosts), "# mine\r\n192.0.2.8\tBoth\r\n192.0.2.9  old-app\r\n")
  lu.assertEquals(unjudged_of(made), {})
end

function t.test_hosts_without_entries()
  local made, to = plan(with_hosts "# nothing\r\n", {})
  lu.assertEquals(servers.verdict(made, "etc/hosts").verdict, "dropped")
  lu.assertFalse(to:has_file(hosts))
end

return t
