-- Settings of the server, checks, and what the first start does.

local lu = require "luaunit"
local playbook = require "playbook"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local key = [[HKLM\SYSTEM\CurrentControlSet\Services\DNS\Parameters]]

local function with(lines)
  return "[CCS\\Services\\DNS\\Parameters]\n" .. lines .. "\n"
end

function t.test_settings_of_the_server()
  local plan, destination = servers.plan(machine, run, { system = with [[
"NoRecursion"=dword:00000001
"ScavengingInterval"=dword:000000a8
"BootMethod"=dword:00000003
"EnableDnsSec"=dword:00000001
"LogFilePath"="C:\\Windows\\system32\\dns\\dns.log"
"ServerLevelPluginDll"="\\\\192.0.2.66\\x.dll"
"PreviousLocalHostname"="old.example.com"
"Forwarders"="192.0.2.20 192.0.2.53"
"Odd"="?"]] })
  lu.assertFalse(plan.blocked)
  local wanted = {
    NoRecursion = 1, ScavengingInterval = 0xa8, BootMethod = 2, EnableDnsSec = 1, Forwarders = "192.0.2.53",
    LogFilePath = [[C:\Windows\system32\dns\dns.log]],
  }
  for name, value in pairs(wanted) do lu.assertEquals(destination:read(key, name), value, name) end
  for _, name in ipairs { "ServerLevelPluginDll", "PreviousLocalHostname", "Odd" } do
    lu.assertNil(destination:read(key, name), name)
  end
  lu.assertStrContains(test_server.failed(plan, "plugin").message, [[\\192.0.2.66\x.dll]])
  lu.assertEquals(unjudged_of(plan), { [[HKLM\SYSTEM\CurrentControlSet\Services\DNS\Parameters\Odd]] })
end

function t.test_the_server_listens_on_its_own_addresses()
  local plan, destination = servers.plan(machine, run, { system = with('"ListenAddresses"=' ..
    test_server.multi_sz { "192.0.2.10", "192.0.2.200" } .. '\n"PublishAddresses"="192.0.2.200"') })
  lu.assertEquals(destination:read(key, "ListenAddresses"), { "192.0.2.20" })
  lu.assertNil(destination:read(key, "PublishAddresses"))
  lu.assertEquals(test_server.verdict(plan, [[DNS\Parameters]], "ListenAddresses").verdict, "transformed")
  lu.assertEquals(#test_server.entry(plan.manual, "dns-server/address-lists").details, 2)
  local _, same = servers.plan(machine, run, { system = with '"ListenAddresses"="192.0.2.10"' },
    { takes_over_name = true })
  lu.assertEquals(same:read(key, "ListenAddresses"), "192.0.2.10")
end

function t.test_lists_in_an_old_form_are_for_a_person()
  local plan, destination = servers.plan(machine, run, {
    system = with '"ListenAddresses"=hex:01,00,00,00,c0,00,02,0a',
  })
  lu.assertNil(destination:read(key, "ListenAddresses"))
  lu.assertStrContains(test_server.entry(plan.manual, "dns-server/address-lists").details[1], "old release")
end

function t.test_dnssec_of_2003_is_another_thing()
  local _, destination = servers.plan(machine, run, { release = "2003", system = with '"EnableDnsSec"=dword:00000000' })
  lu.assertNil(destination:read(key, "EnableDnsSec"))
end

local function blocked_by(id, source, destination)
  local plan = servers.plan(machine, run, source, nil, destination)
  lu.assertTrue(plan.blocked, id)
  lu.assertEquals(test_server.failed(plan, id).severity, "block")
  return test_server.failed(plan, id).message
end

function t.test_a_sound_pair_passes_all_checks()
  local plan = servers.plan(machine, run, {})
  for _, check in ipairs(plan.checks) do lu.assertTrue(check.ok, check.id .. ": " .. tostring(check.message)) end
end

function t.test_what_is_refused()
  blocked_by("supported-pair", { release = "2016" }, { release = "2012" })
  blocked_by("supported-pair", {}, { release = "2008r2" })
  blocked_by("role-installed", {}, { system = "[-CCS\\Services\\DNS]\n" })
  lu.assertStrContains(blocked_by("domain-controller", { product = "LanmanNT" }), "replication")
  local zone = servers.zone("example.com", 1, '"DatabaseFile"="example.com.dns"')
  lu.assertStrContains(blocked_by("zone-files-there", { zones = zone }), "example.com (example.com.dns)")
  blocked_by("zone-files-there", { system = with '"BootMethod"=dword:00000001' })
  blocked_by("zone-files-there", {
    zones = servers.zone("example.com", 1, [["DatabaseFile"="..\\..\\config\\SAM"]]),
  })
  blocked_by("own-directory-zones", { zones = zone, files = { ["example.com.dns"] = "" } },
    { zones = servers.zone("Example.COM", 1, '"DsIntegrated"=dword:00000001') })
end

function t.test_zones_of_the_destination_are_replaced_with_a_warning()
  local source = {
    zones = servers.zone("example.com", 1, '"DatabaseFile"="example.com.dns"'), files = { ["example.com.dns"] = "new" },
  }
  local plan, destination = servers.plan(machine, run, source, nil, {
    zones = servers.zone("example.com", 1, '"DatabaseFile"="example.com.dns"\n"AllowUpdate"=dword:00000001'),
    files = { ["example.com.dns"] = "own" },
  })
  lu.assertStrContains(test_server.failed(plan, "own-zones").message, "example.com")
  lu.assertNil(destination:read(
    [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\DNS Server\Zones\example.com]], "AllowUpdate"))
  lu.assertEquals(destination:read_file [[%SystemRoot%\System32\dns\example.com.dns]], "new")
end

function t.test_no_zone_name_becomes_powershell()
  local plan = servers.plan(machine, run, {
    zones = servers.zone("0/25.2.0.192.in-addr.arpa", 2) .. servers.zone("x'; Stop-Computer; '", 2),
  })
  local action = test_server.entry(plan.deferred, "dns-server/restart-service").run
  lu.assertStrContains(action, "@('0/25.2.0.192.in-addr.arpa', 'x''; Stop-Computer; ''')")
end

function t.test_who_has_the_role()
  local function present(system)
    return playbook.present(machine.from(test_server.text { release = "2012", name = "A", system = system }))
  end
  lu.assertFalse(present "")
  lu.assertFalse(present "[CCS\\Services\\DNS]\n\"Start\"=dword:00000004\n")
  lu.assertTrue(present "[CCS\\Services\\DNS]\n\"Start\"=dword:00000002\n")
end

return t
