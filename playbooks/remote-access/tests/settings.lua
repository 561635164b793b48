-- Values of the server: what is copied, masked, cleared, left and removed, by the release of the source.

local lu = require "luaunit"
local servers = require "test_servers"

local PARAMETERS = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters]]
local RASMAN = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]

local t = {}

local function plan_of(release, system, destination_system)
  local plan, _, destination = servers.plan(machine, run, { release = release, system = system },
    { release = "2012", system = destination_system })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(unjudged_of(plan), {})
  return plan, destination
end

local function flags(value)
  return ('[RA\\Parameters]\n"ServerFlags"=dword:%08x\n'):format(value)
end

function t.test_router_type_of_2003_loses_the_ipv6_bits()
  local system = '[RA\\Parameters]\n"RouterType"=dword:0000003f\n'
  local plan, destination = plan_of("2003", system)
  lu.assertEquals(destination:read(PARAMETERS, "RouterType"), 0x07)
  lu.assertEquals(servers.verdict(plan, "Parameters", "RouterType").verdict, "transformed")
  plan, destination = plan_of("2008r2", system)
  lu.assertEquals(destination:read(PARAMETERS, "RouterType"), 0x3F)
  lu.assertEquals(servers.verdict(plan, "Parameters", "RouterType").verdict, "migrated")
end

function t.test_flags_of_2003_that_no_longer_exist_are_cleared_and_named()
  -- SPAP, MS-CHAP, LAN Manager, IPX, IPv6, and MPPC and MS-CHAP v2 that stay.
  local plan, destination = plan_of("2003", flags(0x40 | 0x100 | 0x200000 | 0x10 | 0x8000000 | 0x2 | 0x800000))
  lu.assertEquals(destination:read(PARAMETERS, "ServerFlags"), 0x800002)
  local why = servers.verdict(plan, "Parameters", "ServerFlags").why
  for _, name in ipairs { "SPAP (0x40)", "MS-CHAP (0x100)", "LAN Manager", "IPX", "IPv6 remote access" } do
    lu.assertStrContains(why, name)
  end
end

function t.test_flags_for_ikev2_come_from_the_destination_before_2008_r2()
  local _, destination = plan_of("2008", flags(0x100000 | 0x2000000 | 0x8000000), flags(0x4000000))
  lu.assertEquals(destination:read(PARAMETERS, "ServerFlags"), 0x4000000 | 0x8000000)
  _, destination = plan_of("2008r2", flags(0x100000 | 0x2000000), flags(0x4000000))
  lu.assertEquals(destination:read(PARAMETERS, "ServerFlags"), 0x100000 | 0x2000000)
end

function t.test_l2tp_preshared_key_is_asked_for()
  local plan, destination = plan_of("2008r2", flags(0x10000002))
  lu.assertEquals(destination:read(PARAMETERS, "ServerFlags"), 0x2)
  lu.assertNotNil(servers.has_manual(plan, "l2tp-preshared-key"))
end

function t.test_weak_encryption_by_release()
  local weak = '[CCS\\Services\\RasMan\\Parameters]\n"AllowPPTPWeakCrypto"=dword:00000001\n'
  local plan, destination = plan_of("2003", weak)
  lu.assertNil(destination:read(RASMAN, "AllowPPTPWeakCrypto"))
  lu.assertEquals(servers.verdict(plan, [[RasMan\Parameters]], "AllowPPTPWeakCrypto").verdict, "dropped")
  destination = select(2, plan_of("2008", weak))
  lu.assertEquals(destination:read(RASMAN, "AllowPPTPWeakCrypto"), 1)
end

function t.test_weak_encryption_by_parameter()
  local function with(release, answer)
    local plan, _, destination = servers.plan(machine, run, { release = release }, nil,
      { parameters = { weak_encryption = answer } })
    return { pptp = destination:read(RASMAN, "AllowPPTPWeakCrypto"),
             l2tp = destination:read(RASMAN, "AllowL2TPWeakCrypto"),
             warned = servers.failed(plan, "RA-CHK-24") ~= nil }
  end
  lu.assertEquals(with("2003", nil), { warned = true })
  lu.assertEquals(with("2003", "pptp"), { pptp = 1, warned = false })
  lu.assertEquals(with("2003", "l2tp"), { l2tp = 1, warned = false })
  lu.assertEquals(with("2003", "both"), { pptp = 1, l2tp = 1, warned = false })
  lu.assertEquals(with("2008", "both"), { warned = false })
end

function t.test_service_counts_as_configured_and_keeps_its_dependencies()
  local service = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess]]
  local source = '[RA]\n"DependOnService"=hex(7):52,00,00,00,00,00\n'
  local plan, destination = plan_of("2008r2", source, '[RA]\n"DependOnService"=hex(7):42,00,00,00,00,00\n')
  lu.assertEquals(destination:read(service, "Start"), 2)
  lu.assertEquals(destination:read(service, "ConfigurationFlags"), 1)
  lu.assertEquals(destination:read(service, "DependOnService"), { "B" })
  lu.assertEquals(plan.steps[#plan.steps].id, "remote-access/service-start")
end

function t.test_lockout_moves_and_counters_of_users_do_not()
  local plan, destination = plan_of("2008r2", [=[
[RA\Parameters\AccountLockout]
"MaxDenials"=dword:00000005
"ResetTime (mins)"=dword:0000003c
"EXAMPLE:anna"=dword:00000002
]=])
  local path = PARAMETERS .. [[\AccountLockout]]
  lu.assertEquals(destination:read(path, "MaxDenials"), 5)
  lu.assertEquals(destination:read(path, "ResetTime (mins)"), 60)
  lu.assertNil(destination:read(path, "EXAMPLE:anna"))
  lu.assertEquals(servers.verdict(plan, "AccountLockout", "EXAMPLE:anna").verdict, "dropped")
end

function t.test_radius_servers_of_2003_are_left_to_nps()
  local plan, destination = plan_of("2003", [=[
[RA\Authentication\Providers\{1AA7F83F-C7F5-11D0-A376-00C04FC9DA04}\Servers\radius1]
"Score"=dword:0000001e
]=])
  lu.assertFalse(destination:has_key([[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Authentication\Providers]]
    .. [[\{1AA7F83F-C7F5-11D0-A376-00C04FC9DA04}]]))
  lu.assertEquals(servers.verdict(plan, "radius1", "Score").verdict, "manual")
end

local static_pool = [=[
[RA\Parameters\Ip]
"UseDhcpAddressing"=dword:00000000
[RA\Parameters\Ip\StaticAddressPool\0]
"From"=dword:0a141e01
"To"=dword:0a141e64
]=]

function t.test_static_pool_takes_the_place_of_the_destinations()
  local _, destination = plan_of("2008r2", static_pool, [=[
[RA\Parameters\Ip\StaticAddressPool\0]
"From"=dword:01010101
"To"=dword:01010102
[RA\Parameters\Ip\StaticAddressPool\1]
"From"=dword:01010103
"To"=dword:01010104
]=])
  lu.assertEquals(destination:keys(PARAMETERS .. [[\Ip\StaticAddressPool]]), { "0" })
  lu.assertEquals(destination:read(PARAMETERS .. [[\Ip\StaticAddressPool\0]], "To"), 0x0A141E64)
end

function t.test_static_pool_in_a_subnet_of_the_destination_is_told()
  local function with_address(address)
    local text = ""
    for sign in address:gmatch "." do text = text .. ("%02x,00,"):format(sign:byte()) end
    return ('[CCS\\Services\\Tcpip\\Parameters\\Interfaces\\%s]\n"IPAddress"=hex(7):%s00,00,00,00\n"SubnetMask"=hex(7):'
      .. "32,00,35,00,35,00,2e,00,32,00,35,00,35,00,2e,00,32,00,35,00,35,00,2e,00,30,00,00,00,00,00\n"):format(
      servers.guids.destination.Intranet, text)
  end
  lu.assertTrue(servers.has_note(plan_of("2008r2", static_pool, with_address "10.20.30.9"), "own address 10.20.30.9"))
  lu.assertTrue(servers.has_note(plan_of("2008r2", static_pool, with_address "10.20.30.250"), "lies in the subnet"))
  lu.assertFalse(servers.has_note(plan_of("2008r2", static_pool, with_address "10.20.31.9"), "The static pool"))
end

local function adapter(guid)
  return ('[RA\\Parameters\\Ip]\n"NetworkAdapterGUID"="%s"\n'):format(guid)
end

function t.test_adapter_goes_through_the_map()
  local _, destination = plan_of("2008r2", adapter(servers.guids.source.Intranet))
  lu.assertEquals(destination:read(PARAMETERS .. [[\Ip]], "NetworkAdapterGUID"), servers.guids.destination.Intranet)
end

function t.test_adapter_of_2003_or_without_a_twin_is_left_to_ras()
  local own = adapter(servers.guids.destination.Internet)
  local plan, destination = plan_of("2003", adapter(servers.guids.source.Intranet), own)
  lu.assertNil(destination:read(PARAMETERS .. [[\Ip]], "NetworkAdapterGUID"))
  lu.assertEquals(servers.verdict(plan, [[Parameters\Ip]], "NetworkAdapterGUID").verdict, "defaulted")
  plan, destination = plan_of("2008r2", adapter "{99999999-0000-0000-0000-000000000009}", own)
  lu.assertNil(destination:read(PARAMETERS .. [[\Ip]], "NetworkAdapterGUID"))
  lu.assertEquals(servers.verdict(plan, [[Parameters\Ip]], "NetworkAdapterGUID").verdict, "dropped")
end

function t.test_ikev2_by_release()
  local system = [=[
[RA\Parameters\IKEV2]
"idleTimeout"=dword:00000258
"saLifeTime"=dword:00000001
"EncryptionType"=dword:00000003
]=]
  local path = PARAMETERS .. [[\IKEV2]]
  local _, destination = plan_of("2008", system)
  lu.assertEquals(destination:read(path, "idleTimeout"), 300)
  local plan
  plan, destination = plan_of("2008r2", system)
  lu.assertEquals(destination:read(path, "idleTimeout"), 600)
  lu.assertNil(destination:read(path, "EncryptionType"))
  lu.assertNil(destination:read(path, "saLifeTime"))
  lu.assertStrContains(servers.verdict(plan, "IKEV2", "saLifeTime").why, "not between 300 and 17279999")
  _, destination = plan_of("2012", system)
  lu.assertEquals(destination:read(path, "EncryptionType"), 3)
end

function t.test_ipv6_of_2003_stays_off()
  local _, destination = plan_of("2003", "", '[RA\\Parameters\\Ipv6]\n"EnableIn"=dword:00000001\n')
  lu.assertEquals(destination:read(PARAMETERS .. [[\Ipv6]], "EnableIn"), 0)
  _, destination = plan_of("2008", '[RA\\Parameters\\Ipv6]\n"EnableIn"=dword:00000001\n')
  lu.assertEquals(destination:read(PARAMETERS .. [[\Ipv6]], "EnableIn"), 1)
end

function t.test_l2tp_comes_with_2012()
  local l2tp = '[RA\\Parameters\\L2TP]\n"idleTimeout"=dword:%08x\n'
  local path = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters\L2TP]]
  for release, seconds in pairs { ["2012"] = 600, ["2008r2"] = 300 } do
    local _, _, destination = servers.plan(machine, run, { release = release, system = l2tp:format(600) },
      { release = "2012", system = l2tp:format(300) })
    lu.assertEquals(destination:read(path, "idleTimeout"), seconds, release)
  end
end

-- Documented values of the server, of RasMan and of an interface.
function t.test_documented_values_are_carried()
  local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
  local plan, _, there = servers.plan(machine, run, { release = "2008r2", system = [=[
[RA\Parameters]
"AuthenticateRetries"=dword:00000001
"AuthenticateTime"=dword:0000003c
"CallbackTime"=dword:00000005
"AutoDisconnect"=dword:000004b0
[RA\Interfaces\1]
"MinUnreachabilityInterval"=dword:0000003c
[CCS\Services\RasMan\Parameters]
"KeepRasConnections"=dword:00000001
[CCS\Services\PolicyAgent]
"AssumeUDPEncapsulationContextOnSendRule"=dword:00000002
"Start"=dword:00000002
]=] })
  lu.assertEquals(unjudged_of(plan), {})
  for path, values in pairs {
    [ [[RemoteAccess\Parameters]] ] = { AuthenticateRetries = 1, AuthenticateTime = 60, CallbackTime = 5,
                                       AutoDisconnect = 1200 },
    [ [[RemoteAccess\Interfaces\1]] ] = { MinUnreachabilityInterval = 60 },
    [ [[RasMan\Parameters]] ] = { KeepRasConnections = 1 },
    PolicyAgent = { AssumeUDPEncapsulationContextOnSendRule = 2 },
  } do
    for name, value in pairs(values) do lu.assertEquals(there:read(services .. path, name), value, name) end
  end
  lu.assertNil(there:get(services .. "PolicyAgent", "Start"))
  lu.assertTrue(servers.has_note(plan, "L2TP works through a NAT"))
end

-- 2003 has it at the driver.
function t.test_nat_traversal_of_2003()
  local plan, _, there = servers.plan(machine, run, { release = "2003", system = [=[
[CCS\Services\IPSec]
"AssumeUDPEncapsulationContextOnSendRule"=dword:00000001
"Start"=dword:00000001
[CCS\Services\PolicyAgent]
"Start"=dword:00000002
]=] })
  lu.assertEquals(unjudged_of(plan), {})
  lu.assertEquals(there:read([[HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent]],
    "AssumeUDPEncapsulationContextOnSendRule"), 1)
  lu.assertFalse(there:has_key [[HKLM\SYSTEM\CurrentControlSet\Services\IPSec]])
end

return t
