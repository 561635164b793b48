-- What a machine tells without a destination: which playbooks fit, what would be in the way, what is unknown.
local lu = require "luaunit"

local t = {}

local function server(services)
  return machine.from { registry = { SYSTEM = ([=[
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ProductOptions]
"ProductType"="ServerNT"
]=] .. services):gsub("%[S\\", "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\"), SOFTWARE = [=[
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"CurrentBuildNumber"="7601"
]=] } }
end

local function find(list, name, value)
  for _, item in ipairs(list) do
    if item[name] == value then return item end
  end
end

local remote_access = '[S\\RemoteAccess]\n"Start"=dword:00000002\n"ConfigurationFlags"=dword:00000001\n'

function t.test_what_fits_and_what_blocks()
  local told = inventory(server(remote_access .. '[S\\CertSvc]\n"Start"=dword:00000002\n'))
  local playbook = find(told.playbooks, "id", "remote-access")
  lu.assertTrue(playbook.present)
  local roles = find(playbook.checks, "id", "other-roles")
  lu.assertEquals(roles.state, "failed")
  lu.assertStrContains(roles.message, "Certificate Services")
  lu.assertEquals(find(playbook.checks, "id", "supported-destination").state, "needs a destination")
  lu.assertEquals(find(playbook.checks, "id", "adapter-count").state, "needs a destination")
  lu.assertEquals(find(playbook.checks, "id", "beyond-the-guide").state, "needs a destination")
  lu.assertEquals(find(playbook.checks, "id", "configured").state, "ok")
  lu.assertEquals(find(playbook.checks, "id", "service-pack").state, "not needed")
end

function t.test_what_does_not_fit_has_no_checks()
  local nps = find(inventory(server(remote_access)).playbooks, "id", "nps")
  lu.assertFalse(nps.present)
  lu.assertNil(nps.checks)
end

function t.test_playbooks_that_fit_are_each_others_partners()
  local nps_too = remote_access .. '[S\\IAS]\n"Start"=dword:00000002\n'
  local checks = find(inventory(server(nps_too)).playbooks, "id", "remote-access").checks
  lu.assertNil(find(checks, "id", "nps"))
end

function t.test_what_nobody_knows()
  local told = inventory(server(remote_access .. [=[
[S\CertSvc]
"Start"=dword:00000002
[S\Backup]
"Type"=dword:00000010
"Start"=dword:00000002
"ImagePath"="\"C:\\Program Files\\Backup\\agent.exe\" /run"
"DisplayName"="Backup Agent"
[S\OnDemand]
"Type"=dword:00000010
"Start"=dword:00000003
"ImagePath"="C:\\Program Files\\Other\\other.exe"
[S\Dhcp]
"Type"=dword:00000020
"Start"=dword:00000002
"ImagePath"="C:\\WINDOWS\\system32\\svchost.exe -k netsvcs"
]=]))
  local names = {}
  for index, item in ipairs(told.unknown) do names[index] = item.service .. ": " .. item.title end
  lu.assertEquals(names, { "CertSvc: Certificate Services", "Backup: Backup Agent" })
  lu.assertStrContains(told.unknown[2].why, "agent.exe")
end

return t
