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

local function names_of(list, field)
  local names = {}
  for index, item in ipairs(list) do names[index] = item[field] end
  return names
end

function t.test_instances_printers_and_what_is_not_looked_for()
  local told = inventory(server [=[
[S\MSSQL$PAYROLL]
"Start"=dword:00000002
[S\ADAM_hr]
"Start"=dword:00000002
[S\SNMP]
"Start"=dword:00000002
[S\Spooler]
"Start"=dword:00000002
[S\Spooler\Performance]
"Open"="PerfOpen"
[S\LanmanServer]
"Start"=dword:00000002
[S\LanmanServer\Shares]
"Laser"=hex(7):54,00,79,00,70,00,65,00,3d,00,31,00,00,00,00,00
]=])
  lu.assertEquals(names_of(told.roles, "title"), {
    "Active Directory Lightweight Directory Services (hr)", "File sharing", "Print Server (Laser)", "SNMP Service",
    "SQL Server (PAYROLL)",
  })
  lu.assertEquals(names_of(told.unknown, "service"), { "ADAM_hr", "Spooler", "SNMP", "MSSQL$PAYROLL" })
  lu.assertStrContains(told.not_looked_for, "group policy")
end

function t.test_tasks_that_are_not_windows_own()
  local tree = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\"
  local made = machine.from {
    registry = {
      SYSTEM = "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Schedule]\n",
      SOFTWARE = table.concat {
        tree, "Nightly copy]\n\"Id\"=\"{1}\"\n", tree, "Vendor\\Check]\n\"Id\"=\"{2}\"\n",
        tree, "Microsoft\\Windows\\Defrag]\n\"Id\"=\"{3}\"\n",
      },
    },
    files = { ["Windows/Tasks/Backup.job"] = "x", ["Windows/Tasks/desktop.ini"] = "x" },
  }
  lu.assertEquals(find(inventory(made).unknown, "service", "Schedule").why,
    "no playbook moves them: Backup, Nightly copy, Vendor\\Check")
end

return t
