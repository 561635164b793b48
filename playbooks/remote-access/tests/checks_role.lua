-- Checks of what is configured on the source and installed on the destination.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local function check_of(guide, source, destination, options)
  local plan = servers.plan(machine, run, source, destination, options)
  return servers.failed(plan, guide), plan
end

function t.test_source_that_is_not_configured()
  local check, plan = check_of("RA-CHK-11", { release = "2008r2", system = [=[
[RA]
"ConfigurationFlags"=dword:00000000
]=] })
  lu.assertTrue(plan.blocked)
  lu.assertStrContains(check.message, "nothing to migrate")
end

function t.test_source_without_the_service()
  local check = check_of("RA-CHK-11", { release = "2008r2", system = "[-RA]\n" })
  lu.assertStrContains(check.message, "does not have")
end

function t.test_direct_access()
  local policy = [=[
[SOFTWARE\Policies\Microsoft\Windows\RemoteAccess\Config]
"AuthenticationType"=dword:00000001
]=]
  local check, plan = check_of("RA-CHK-09", { release = "2008r2" }, { release = "2012", software = policy })
  lu.assertEquals(check.severity, "block")
  lu.assertTrue(plan.blocked)
  check = check_of("RA-CHK-11", { release = "2012", software = policy })
  lu.assertStrContains(check.message, "DirectAccess")
end

function t.test_direct_access_of_2008_r2_is_a_warning()
  local check, plan = check_of("RA-CHK-10", { release = "2008r2", software = [=[
[SOFTWARE\Microsoft\ServerManager\ServicingStorage\ServerComponentCache\DAMC]
"InstallState"=dword:00000001
]=] })
  lu.assertEquals(check.severity, "warn")
  lu.assertFalse(plan.blocked)
end

function t.test_role_services_are_those_that_the_source_uses()
  local function with(...)
    local lines = {}
    for _, feature in ipairs { ... } do
      lines[#lines + 1] = ([=[[SOFTWARE\Microsoft\ServerManager\ServicingStorage\ServerComponentCache\%s]]=])
        :format(feature) .. '\n"InstallState"=dword:00000001\n'
    end
    return { release = "2012", software = table.concat(lines) }
  end
  local vpn_only = { release = "2008r2", system = '[RA\\Parameters]\n"RouterType"=dword:00000001\n' }
  lu.assertStrContains(check_of("RA-CHK-17", { release = "2008r2" }, with("RemoteAccess", "DirectAccess-VPN")).message,
    "Routing")
  lu.assertNil((check_of("RA-CHK-17", vpn_only, with("RemoteAccess", "DirectAccess-VPN"))))
  lu.assertNil((check_of("RA-CHK-17", { release = "2008r2" }, with("RemoteAccess", "DirectAccess-VPN", "Routing"))))
  vpn_only.release = "2003"
  lu.assertNotNil((check_of("RA-CHK-17", vpn_only, with("RemoteAccess", "DirectAccess-VPN"))))
end

local chap = '[RA\\Parameters]\n"ServerFlags"=dword:00822602\n'

function t.test_chap_with_local_accounts_needs_a_word_of_the_admin()
  local check, plan = check_of("RA-CHK-22", { release = "2008r2", system = chap })
  lu.assertEquals(check.severity, "block")
  lu.assertTrue(plan.blocked)
  check, plan = check_of("RA-CHK-22", { release = "2008r2", system = chap }, nil,
    { parameters = { reversible_passwords = "yes" } })
  lu.assertNil(check)
  lu.assertFalse(plan.blocked)
  lu.assertNotNil(servers.has_manual(plan, "reversible-passwords"))
end

function t.test_weak_methods_of_server_and_connections()
  local check = check_of("RA-CHK-23", { release = "2008", system = '[RA\\Parameters]\n"ServerFlags"=dword:00000140\n',
                                        phonebook = "[Branch]\r\nType=2\r\nAuthRestrictions=560\r\n" })
  lu.assertStrContains(check.message, "the server allows SPAP, MS-CHAP")
  lu.assertStrContains(check.message, "'Branch' allows SPAP, MD5-CHAP")
end

function t.test_weak_encryption_of_2003()
  local check = check_of("RA-CHK-24", { release = "2003" })
  lu.assertEquals(check.severity, "warn")
  lu.assertNil((check_of("RA-CHK-24", { release = "2008" })))
end

function t.test_32_bit_add_ons()
  local software = '[SOFTWARE\\Microsoft\\RAS\\AdminDll]\n"DLLPath"="C:\\\\x.dll"\n'
  local x86 = '[CCS\\Control\\Session Manager\\Environment]\n"PROCESSOR_ARCHITECTURE"="x86"\n'
  local check, plan = check_of("RA-CHK-25", { release = "2008", system = x86, software = software })
  lu.assertStrContains(check.message, "administration DLLs")
  lu.assertEquals(servers.verdict(plan, "AdminDll", "DLLPath").verdict, "manual")
  lu.assertNil((check_of("RA-CHK-25", { release = "2008", software = software })))
end

function t.test_radius_provider()
  local check, plan = check_of("RA-CHK-26", { release = "2008r2", system = [=[
[RA\Authentication\Providers]
"ActiveProvider"="{1AA7F83F-C7F5-11D0-A376-00C04FC9DA04}"
]=] })
  lu.assertEquals(check.severity, "warn")
  lu.assertNotNil(servers.has_manual(plan, "nps"))
  lu.assertNil(servers.has_manual(plan, "policies"))
end

return t
