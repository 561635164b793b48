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

local function warned_by(guide, source, destination)
  local plan = servers.plan(machine, run, source, destination)
  local check = servers.failed(plan, guide)
  lu.assertNotNil(check, guide .. " did not fail")
  lu.assertEquals(check.severity, "warn")
  lu.assertFalse(plan.blocked)
  return check
end

function t.test_supported_pairs_pass_without_a_word()
  for _, release in ipairs { "2008", "2008r2", "2012" } do
    local plan = servers.plan(machine, run, { release = release })
    for _, check in ipairs(plan.checks) do lu.assertTrue(check.ok, release .. ": " .. check.id) end
    lu.assertEquals(plan.unaccounted, {})
  end
end

function t.test_destination_must_be_2012()
  blocked_by("RA-CHK-01", { release = "2008r2" }, { release = "2008r2" })
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

function t.test_other_roles_unless_disabled()
  local check = warned_by("RA-CHK-08", { release = "2008r2", system = [=[
[CCS\Services\DHCPServer]
"Start"=dword:00000002
[CCS\Services\DNS]
"Start"=dword:00000004
]=] })
  lu.assertStrContains(check.message, "DHCP Server")
  lu.assertNotStrContains(check.message, "DNS")
end

function t.test_fewer_adapters()
  local check = blocked_by("RA-CHK-12", { release = "2008r2" }, { release = "2012", cards = { "Internet" } })
  lu.assertStrContains(check.message, "2 network adapters, the destination 1")
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
  blocked_by("RA-CHK-13", { release = "2008r2" }, nil, { map = pair "none" })
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
