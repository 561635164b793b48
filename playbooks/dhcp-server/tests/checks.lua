-- What stops or warns, and what changes with name and addresses.

local lu = require "luaunit"
local playbook = require "playbook"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

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

function t.test_pairs_that_are_refused()
  blocked_by("supported-pair", { release = "2025" }, { release = "2025" })
  blocked_by("supported-pair", {}, { release = "2008r2" })
  blocked_by("supported-pair", { release = "2012r2" }, { release = "2012" })
  local core = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"InstallationType"="Server Core"
]=]
  blocked_by("full-installation", { release = "2008", software = core })
  lu.assertFalse(servers.plan(machine, run, { release = "2008r2", software = core }).blocked)
end

function t.test_pairs_beyond_the_guide_go()
  for _, pair in ipairs { { "2016", "2022" }, { "2012r2", "2025" }, { "2003", "2019" } } do
    local plan = servers.plan(machine, run, { release = pair[1] }, nil, { release = pair[2] })
    lu.assertFalse(plan.blocked)
    lu.assertStrContains(test_server.failed(plan, "beyond-the-guide").hint, "import-dhcpserver")
  end
end

-- An export with a relationship, without one, and one that netsh wrote in another language.
function t.test_failover_is_told_when_there_is_one()
  local sound = servers.export { "10.0.0.0" }
  local function with(text)
    return servers.plan(machine, run, { release = "2016", files = { [servers.image.xml] = text } }, nil,
      { release = "2022" })
  end
  local plan = with((sound:gsub("</Scope>", "<Failover>A-B</Failover></Scope>")))
  lu.assertStrContains(test_server.failed(plan, "in-failover").message, "A-B (10.0.0.0)")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/leave-failover").text, "Remove-DhcpServerv4Failover")
  plan = with((sound:gsub("</Scopes>", "</Scopes><Failovers><Failover><Name>C</Name></Failover></Failovers>")))
  lu.assertStrContains(test_server.failed(plan, "in-failover").message, "C.")
  plan = with(sound)
  lu.assertNil(test_server.failed(plan, "in-failover"))
  lu.assertNil(test_server.entry(plan.manual, "dhcp-server/leave-failover"))
  plan = with((sound:gsub("<IPv4>", "<IPv4><NapEnabled>true</NapEnabled>")))
  lu.assertNil(test_server.failed(plan, "health"))
end

function t.test_health_is_gone_since_2016()
  local text = servers.export { "10.0.0.0" }:gsub("<IPv4>", "<IPv4><NapEnabled>true</NapEnabled>")
  local source = { release = "2012r2", files = { [servers.image.xml] = text } }
  lu.assertNotNil(test_server.failed(servers.plan(machine, run, source, nil, { release = "2016" }), "health"))
  lu.assertNil(test_server.failed(servers.plan(machine, run, source, nil, { release = "2012r2" }), "health"))
end

function t.test_an_export_by_netsh_in_another_language()
  local german = '[CCS\\Control\\Nls\\Language]\n"InstallLanguage"="0407"\n'
  local source = { release = "2003", system = german, files = { [servers.image.netsh] = "data" } }
  local plan = servers.plan(machine, run, source)
  lu.assertStrContains(test_server.failed(plan, "export-language").message,
    "in German, and the destination is in English")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/class-names").text, "German in the export")
  lu.assertNil(test_server.failed(servers.plan(machine, run, source, nil, { system = german }), "export-language"))
  source.release, source.files = "2012", nil
  lu.assertNil(test_server.failed(servers.plan(machine, run, source), "export-language"))
end

local function edition(id)
  return { software = ('[SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n"EditionID"="%s"\n'):format(id) }
end

function t.test_editions_are_judged()
  lu.assertStrContains(blocked_by("edition", {}, edition "ServerWebCore"), "a Web Edition: it may serve")
  lu.assertEquals(test_server.failed(servers.plan(machine, run, edition "ServerSolution"), "source-edition").severity,
    "warn")
  for _, id in ipairs { "ServerStandard", "ServerDatacenterEval", "ServerEnterprise", "ServerFoundation" } do
    lu.assertNil(test_server.failed(servers.plan(machine, run, edition(id), nil, edition(id)), "edition"), id)
  end
  -- 2003 has no EditionID.
  local software = '[SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n"EditionID"=-\n'
  local small = servers.plan(machine, run, { release = "2003", software = software, system = [=[
[CCS\Control\ProductOptions]
"ProductSuite"=hex(7):53,00,6d,00,61,00,6c,00,6c,00,20,00,42,00,75,00,73,00,69,00,6e,00,65,00,73,00,73,00,00,00,00,00
]=] })
  lu.assertStrContains(test_server.failed(small, "source-edition").message, "Small Business Server")
end

function t.test_domain_controllers_and_own_scopes_are_told()
  local controller = '[CCS\\Control\\ProductOptions]\n"ProductType"="LanmanNT"\n'
  lu.assertStrContains(test_server.failed(servers.plan(machine, run, { system = controller }), "domain-controller")
    .message, "The source is a domain controller.")
  lu.assertStrContains(test_server.failed(servers.plan(machine, run, {}, nil, { system = controller }),
    "domain-controller").hint, "Set-DhcpServerDnsCredential")
  local scope = "[SOFTWARE\\Microsoft\\DHCPServer\\Configuration\\Subnets\\192.0.2.0]\n"
  lu.assertStrContains(test_server.failed(servers.plan(machine, run, {}, nil, { software = scope }), "own-scopes")
    .message, "192.0.2.0")
end

function t.test_clusters_are_refused()
  lu.assertStrContains(blocked_by("cluster", { system = "[CCS\\Services\\ClusSvc]\n\"Start\"=dword:00000002\n" }),
    "The Cluster service is active on the source")
  local disabled = "[CCS\\Services\\ClusSvc]\n\"Start\"=dword:00000004\n"
  lu.assertFalse(servers.plan(machine, run, { system = disabled }).blocked)
end

function t.test_role_domain_and_adapters()
  blocked_by("role-installed", {}, { system = "[-CCS\\Services\\DHCPServer]\n" })
  blocked_by("domain", { domain = "example.com" }, {})
  lu.assertStrContains(blocked_by("adapters", {}, { cards = 1 }), "on 2 adapters, the destination has 1")
  local plan = servers.plan(machine, run, { system = [=[
[CCS\Services\Tcpip\Parameters\Interfaces\{11111111-0000-0000-0000-000000000002}]
"BindToDHCPServer"=dword:00000000
]=] }, nil, { cards = 1 })
  lu.assertFalse(plan.blocked)
end

function t.test_without_an_export_nothing_is_imported()
  local plan = servers.plan(machine, run, { files = {} })
  lu.assertEquals(test_server.failed(plan, "export-there").severity, "warn")
  lu.assertStrContains(test_server.failed(plan, "export-there").hint, "rehome-export.xml")
  lu.assertNil(test_server.entry(plan.deferred, "dhcp-server/import"))
  local manual = test_server.entry(plan.manual, "dhcp-server/export")
  lu.assertEquals({ manual.state, manual.unattended }, { "open", "accept-if-verified" })
end

function t.test_a_torn_export_is_refused()
  local whole = servers.export { "10.0.0.0" }
  for _, text in ipairs { "", "<html></html>", whole:sub(1, -20), "\xFF\xFE<\0D\0" } do
    blocked_by("export-whole", { files = { [servers.image.xml] = text } })
  end
  local wide = "\xFF\xFE" .. whole:gsub(".", "%0\0")
  lu.assertFalse(servers.plan(machine, run, { files = { [servers.image.xml] = wide } }).blocked)
end

function t.test_a_scope_that_the_export_lacks()
  local plan = servers.plan(machine, run, { software = [=[
[SOFTWARE\Microsoft\DHCPServer\Configuration\Subnets\10.0.0.0]
[SOFTWARE\Microsoft\DHCPServer\Configuration\Subnets\10.9.0.0]
]=] })
  lu.assertStrContains(test_server.failed(plan, "export-scopes").message, "are not in its export: 10.9.0.0.")
end

function t.test_a_source_that_still_leases()
  local plan = servers.plan(machine, run, { system = "[CCS\\Services\\DHCPServer]\n\"Start\"=dword:00000002\n" })
  lu.assertStrContains(test_server.failed(plan, "source-stopped").message, "both servers would lease")
  lu.assertEquals(test_server.entry(plan.manual, "dhcp-server/stop-source").state, "open")
end

function t.test_commands_of_the_domain()
  local plan = servers.plan(machine, run, { domain = "example.com" }, nil, { domain = "example.com" })
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/unauthorise").text,
    "netsh dhcp delete server old.example.com 192.0.2.10")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/check-authorisation").text,
    "netsh dhcp add server new.example.com 192.0.2.20")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/relay-agents").text,
    "192.0.2.10 by 192.0.2.20")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/test-client").text, "/release")
end

function t.test_name_and_addresses_that_are_taken_over()
  local plan = servers.plan(machine, run, { domain = "example.com" }, { takes_over_name = true },
    { domain = "example.com" })
  lu.assertNil(test_server.entry(plan.manual, "dhcp-server/relay-agents"))
  lu.assertNil(test_server.entry(plan.deferred, "dhcp-server/authorise"))
  lu.assertNotStrContains(test_server.entry(plan.deferred, "dhcp-server/import").run, "-ComputerName")
  lu.assertNotNil(test_server.entry(plan.manual, "shared/take-over-addresses"))
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/check-authorisation").text,
    "netsh dhcp add server old.example.com 192.0.2.10")
  lu.assertNotStrContains(test_server.entry(plan.manual, "dhcp-server/test-client").text, "/release")
end

function t.test_a_hostile_name_does_not_become_powershell()
  local plan = servers.plan(machine, run, { name = "X'; Stop-Computer; '" })
  lu.assertNotStrContains(test_server.entry(plan.deferred, "dhcp-server/import").run, "Stop-Computer")
end

function t.test_who_has_the_role()
  local function present(system, files)
    return playbook.present(machine.from(test_server.text {
      release = "2012", name = "A", system = system, files = files,
    }))
  end
  lu.assertFalse(present(""))
  lu.assertTrue(present("[CCS\\Services\\DHCPServer]\n\"Start\"=dword:00000002\n"))
  lu.assertFalse(present("[CCS\\Services\\DHCPServer]\n\"Start\"=dword:00000004\n"))
  lu.assertTrue(present("[CCS\\Services\\DHCPServer]\n\"Start\"=dword:00000004\n", { [servers.image.netsh] = "jet" }))
end

return t
