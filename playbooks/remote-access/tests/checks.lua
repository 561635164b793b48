-- What blocks, what warns, and that a plain pair passes.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local function blocked_by(guide, source, destination, options)
  local plan = servers.plan(machine, run, source, destination, options)
  local check = servers.failed(plan, guide)
  lu.assertNotNil(check, guide .. " did not fail")
  lu.assertEquals(check.severity, "block")
  lu.assertTrue(plan.blocked)
  lu.assertEquals(plan.steps, {})
  return check
end

local function warned_by(guide, source, destination, options)
  local plan = servers.plan(machine, run, source, destination, options)
  local check = servers.failed(plan, guide)
  lu.assertNotNil(check, guide .. " did not fail")
  lu.assertEquals(check.severity, "warn")
  lu.assertFalse(plan.blocked)
  return check
end

function t.test_supported_pairs_pass_without_a_word()
  for _, release in ipairs { "2008", "2008r2", "2012" } do
    local plan = servers.plan(machine, run, { release = release })
    for _, check in ipairs(plan.checks) do
      lu.assertTrue(check.ok or check.id == "open-questions", release .. ": " .. check.id)
    end
    lu.assertEquals(unjudged_of(plan), {})
  end
end

function t.test_older_destinations_are_refused()
  for _, release in ipairs { "2003", "2008", "2008r2" } do
    blocked_by("RA-CHK-01", { release = "2003" }, { release = release })
  end
end

function t.test_newer_destinations_go_beyond_the_guide()
  for _, release in ipairs { "2012r2", "2016", "2019", "2022", "2025" } do
    local check = warned_by("RA-CHK-01", { release = "2008r2" }, { release = release })
    lu.assertStrContains(check.message, "beyond it")
    if release ~= "2025" then
      check = warned_by("RA-CHK-01", { release = release }, { release = release })
      lu.assertStrContains(check.message, "as the source")
      blocked_by("RA-CHK-01", { release = release }, { release = "2012" })
    end
  end
end

function t.test_client_is_no_source()
  blocked_by("RA-CHK-01", { release = "2008r2", system = [=[
[CCS\Control\ProductOptions]
"ProductType"="WinNT"
]=] })
end

function t.test_itanium_is_no_source()
  blocked_by("RA-CHK-01", { release = "2008r2", system = [=[
[CCS\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="IA64"
]=] })
end

function t.test_32_bit_source_passes_only_where_the_release_had_one()
  local x86 = [=[
[CCS\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="x86"
]=]
  local plan = servers.plan(machine, run, { release = "2008", system = x86 })
  lu.assertFalse(plan.blocked)
  blocked_by("RA-CHK-01", { release = "2012", system = x86 })
end

function t.test_2003_needs_service_pack_2()
  blocked_by("RA-CHK-02", { release = "2003", software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"CSDVersion"="Service Pack 1"
]=] })
end

function t.test_2003_r2_needs_no_service_pack()
  local plan = servers.plan(machine, run, { release = "2003", software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"ProductName"="Windows Server 2003 R2"
"CSDVersion"=""
]=] })
  lu.assertFalse(plan.blocked)
end

function t.test_server_core_of_2008_r2()
  blocked_by("RA-CHK-03", { release = "2008r2", software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"InstallationType"="Server Core"
]=] })
end

function t.test_server_core_of_2012_passes()
  local plan = servers.plan(machine, run, { release = "2012", software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"InstallationType"="Server Core"
]=] })
  lu.assertFalse(plan.blocked)
end

function t.test_destination_must_be_x64()
  blocked_by("RA-CHK-04", { release = "2008r2" }, { release = "2012", system = [=[
[CCS\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="x86"
]=] })
end

function t.test_language()
  local check = blocked_by("RA-CHK-05", { release = "2008r2", system = [=[
[CCS\Control\Nls\Language]
"InstallLanguage"="0407"
]=] })
  lu.assertStrContains(check.message, "German")
  lu.assertStrContains(check.hint, "German")
end

function t.test_same_machine()
  local guids = servers.guids.source
  blocked_by("RA-CHK-06", { release = "2012" }, { release = "2012", cards = { "One", "Two" },
                                                   guids = { One = guids.Internet, Two = guids.Intranet } })
end

function t.test_same_name()
  warned_by("RA-CHK-33", { release = "2012" }, { release = "2012", system = [=[
[CCS\Control\ComputerName\ComputerName]
"ComputerName"="old"
]=] })
end

function t.test_cluster_on_either_side()
  local cluster = [=[
[CCS\Services\ClusSvc]
"Start"=dword:00000002
]=]
  blocked_by("RA-CHK-07", { release = "2008r2", system = cluster })
  blocked_by("RA-CHK-07", { release = "2008r2" }, { release = "2012", system = cluster })
end

function t.test_other_roles_block_until_they_have_a_plan()
  local source = { release = "2008r2", system = [=[
[CCS\Services\DHCPServer]
"Start"=dword:00000002
[CCS\Services\DNS]
"Start"=dword:00000004
]=] }
  local check = blocked_by("RA-CHK-08", source)
  lu.assertStrContains(check.message, "DHCP Server")
  lu.assertNotStrContains(check.message, "DNS")
  lu.assertStrContains(check.hint, "--param other_roles=DHCPServer")
  blocked_by("RA-CHK-08", source, nil, { parameters = { other_roles = "DNS" } })
  check = warned_by("RA-CHK-08", source, nil, { parameters = { other_roles = "DNS, dhcpserver" } })
  lu.assertStrContains(check.message, "DHCP Server, which have a plan")
end

function t.test_a_destination_that_routes_already_is_told()
  local check = warned_by("RA-CHK-11", { release = "2012" }, { release = "2012", system = [=[
[CCS\Services\RemoteAccess]
"ConfigurationFlags"=dword:00000001
]=] })
  lu.assertStrContains(check.message, "already configured on the destination (ConfigurationFlags is 1)")
end

function t.test_load_balancing_counts_as_a_cluster()
  local check = blocked_by("RA-CHK-07", { release = "2008r2", system = [=[
[CCS\Services\WLBS\Parameters\Interface\{11111111-0000-0000-0000-000000000001}]
"ClusterIPAddress"="203.0.113.20"
]=] })
  lu.assertStrContains(check.message, "Network Load Balancing")
end

-- Each question: its parameter, the answer that is in the way, its severity.
local questions = {
  { "source_backup", "no", "RA-CHK-21", "warn" },
  { "pending_changes", "yes", "RA-CHK-29", "warn" },
  { "outage_arranged", "no", "RA-CHK-35", "warn" },
  { "domain_reachable", "no", "RA-CHK-19", "block" },
  { "administrator", "no", "RA-CHK-34", "block" },
}

local in_domain = '[CCS\\Services\\Tcpip\\Parameters]\n"Domain"="example.com"\n'

local function answered(name, answer)
  return servers.plan(machine, run, { release = "2012", system = in_domain },
    { release = "2012", system = in_domain }, { parameters = { [name] = answer } })
end

function t.test_answers_decide_checks_that_an_image_cannot()
  for _, question in ipairs(questions) do
    local name, bad, guide, severity = table.unpack(question)
    local check = servers.failed(answered(name, bad), guide)
    lu.assertEquals(check.severity, severity)
    lu.assertEquals(answered(name, bad).blocked, severity == "block")
    lu.assertNil(servers.failed(answered(name, bad == "no" and "yes" or "no"), guide))
    lu.assertNil(servers.failed(answered(name, "unknown"), guide))
  end
end

local function open_questions(plan)
  for _, check in ipairs(plan.checks) do
    if check.id == "open-questions" then return check end
  end
end

function t.test_open_questions_are_listed_for_information()
  local check = open_questions(answered("source_backup", "yes"))
  lu.assertEquals(check.severity, "info")
  lu.assertStrContains(check.message, "pending_changes")
  lu.assertNotStrContains(check.message, "source_backup")
  lu.assertNotStrContains(check.message, "multisite")
  local all = {}
  for _, question in ipairs(questions) do all[question[1]] = question[2] == "no" and "yes" or "no" end
  local plan = servers.plan(machine, run, { release = "2012", system = in_domain },
    { release = "2012", system = in_domain }, { parameters = all })
  lu.assertTrue(open_questions(plan).ok)
end

local function utf16(text)
  return (text:gsub(".", function(sign) return ("%02x,00,"):format(sign:byte()) end))
end

local function addressed(guid, address)
  return ('[CCS\\Services\\Tcpip\\Parameters\\Interfaces\\%s]\n"EnableDHCP"=dword:00000000\n'
    .. '"IPAddress"=hex(7):%s00,00,00,00\n"SubnetMask"=hex(7):%s00,00,00,00\n'):format(guid, utf16(address),
    utf16 "255.255.255.0")
end

function t.test_fewer_adapters()
  local guids, one = servers.guids.source, { release = "2012", cards = { "Internet" } }
  local both = addressed(guids.Internet, "203.0.113.10") .. addressed(guids.Intranet, "10.20.10.1")
  local check = blocked_by("RA-CHK-12", { release = "2008r2", system = both }, one)
  lu.assertStrContains(check.message, "2 network adapters that carry something, the destination 1")
  -- A card that carries nothing needs none, and one that is left out neither.
  local internet = { release = "2008r2", system = addressed(guids.Internet, "203.0.113.10") }
  local plan = servers.plan(machine, run, internet, one)
  lu.assertFalse(plan.blocked)
  local map = { { source = { guid = guids.Internet, name = "Internet" }, reason = "name",
                  destination = { guid = servers.guids.destination.Internet, name = "Internet" } },
                { source = { guid = guids.Intranet, name = "Intranet" }, reason = "given" } }
  lu.assertFalse(servers.plan(machine, run, { release = "2008r2", system = both }, one, { map = map }).blocked)
end

function t.test_more_adapters_are_only_told()
  local plan = servers.plan(machine, run, { release = "2008r2", cards = { "Internet" } })
  lu.assertEquals(servers.failed(plan, "RA-CHK-15").severity, "info")
  lu.assertFalse(plan.blocked)
end

local function pair(reason)
  local from, to = servers.guids.source, servers.guids.destination
  return {
    { source = { guid = from.Internet, name = "Internet" }, destination = { guid = to.Internet, name = "Internet" },
      reason = "name" },
    { source = { guid = from.Intranet, name = "Intranet" },
      destination = reason ~= "none" and { guid = to.Intranet, name = "Inside" } or nil, reason = reason },
  }
end

function t.test_adapter_names_by_the_reason_of_the_map()
  local intranet = addressed(servers.guids.source.Intranet, "10.20.10.1")
  blocked_by("RA-CHK-13", { release = "2008r2", system = intranet }, nil, { map = pair "none" })
  local check = blocked_by("RA-CHK-13", { release = "2008r2" }, nil, { map = pair "subnet" })
  lu.assertStrContains(check.message, "Intranet = Inside")
  lu.assertStrContains(check.hint, "--map")
  local plan = servers.plan(machine, run, { release = "2008r2" }, nil, { map = pair "given" })
  lu.assertFalse(plan.blocked)
end

function t.test_swapped_purpose()
  local function gateway(guid)
    return ([=[
[CCS\Services\Tcpip\Parameters\Interfaces\%s]
"DefaultGateway"=hex(7):31,00,30,00,2e,00,30,00,2e,00,30,00,2e,00,31,00,00,00,00,00
]=]):format(guid)
  end
  warned_by("RA-CHK-14", { release = "2008r2", system = gateway(servers.guids.source.Internet) },
    { release = "2012", system = gateway(servers.guids.destination.Intranet) })
  local plan = servers.plan(machine, run, { release = "2008r2", system = gateway(servers.guids.source.Internet) },
    { release = "2012", system = gateway(servers.guids.destination.Internet) })
  lu.assertNil(servers.failed(plan, "RA-CHK-14"))
end

function t.test_dhcp_on_one_side_is_told()
  local guids = servers.guids
  local dhcp = '[CCS\\Services\\Tcpip\\Parameters\\Interfaces\\' .. guids.destination.Internet
    .. ']\n"EnableDHCP"=dword:00000001\n'
  local fixed = addressed(guids.source.Internet, "203.0.113.10")
  local check = servers.failed(servers.plan(machine, run, { release = "2012", system = fixed },
    { release = "2012", system = dhcp }), "RA-CHK-14")
  lu.assertEquals(check.severity, "info")
  lu.assertStrContains(check.message, "'Internet' uses a fixed address on the source and DHCP on the destination")
end

function t.test_two_adapters_in_one_subnet()
  local guids = servers.guids.destination
  local function destination(other)
    return { release = "2012",
             system = addressed(guids.Internet, "10.1.1.1") .. addressed(guids.Intranet, other) }
  end
  local check = warned_by("RA-CHK-14", { release = "2012" }, destination "10.1.1.200")
  lu.assertStrContains(check.message, "in the same subnet, 10.1.1.0/255.255.255.0")
  local plan = servers.plan(machine, run, { release = "2012" }, destination "10.1.2.1")
  for _, item in ipairs(plan.checks) do lu.assertTrue(item.ok or item.id ~= "shared-subnet") end
end

function t.test_domain()
  local domain = [=[
[CCS\Services\Tcpip\Parameters]
"Domain"="example.com"
]=]
  blocked_by("RA-CHK-18", { release = "2008r2", system = domain })
  local plan = servers.plan(machine, run, { release = "2008r2", system = domain },
    { release = "2012", system = domain })
  lu.assertFalse(plan.blocked)
end

return t
