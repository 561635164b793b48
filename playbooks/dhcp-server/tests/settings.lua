-- What becomes of the settings, the bindings and the export.

local lu = require "luaunit"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local parameters = [[HKLM\SYSTEM\CurrentControlSet\Services\DHCPServer\Parameters]]
local interfaces = [[HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces\]]

function t.test_settings_of_the_server_move()
  local plan, destination = servers.plan(machine, run, { system = [=[
[CCS\Services\DHCPServer\Parameters]
"DetectConflictRetries"=dword:00000002
"BackupInterval"=dword:0000003c
"BackupDatabasePath"="D:\\backup"
"DhcpLogFilePath"="C:\\Windows\\system32\\dhcp"
"DatabasePath"="C:\\Windows\\system32\\dhcp"
"DisableRogueDetection"=dword:00000001
"CalloutDlls"="C:\\addon.dll"
"Something"="unknown"
]=] })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(destination:read(parameters, "DetectConflictRetries"), 2)
  lu.assertEquals(destination:read(parameters, "BackupInterval"), 60)
  lu.assertEquals(destination:read(parameters, "BackupDatabasePath"), [[D:\backup]])
  lu.assertEquals(destination:read(parameters, "DhcpLogFilePath"), [[C:\Windows\system32\dhcp]])
  for _, name in ipairs { "DatabasePath", "DisableRogueDetection", "CalloutDlls", "Something" } do
    lu.assertNil(destination:read(parameters, name), name)
  end
  lu.assertEquals(test_server.verdict(plan, [[DHCPServer\Parameters]], "DisableRogueDetection").verdict, "dropped")
  lu.assertEquals(test_server.verdict(plan, [[DHCPServer\Parameters]], "DatabasePath").verdict, "kept")
  lu.assertNotNil(test_server.entry(plan.manual, "dhcp-server/callout-dlls"))
  lu.assertEquals(test_server.entry(plan.manual, "dhcp-server/folders").details, { [[D:\backup]] })
  lu.assertNil(test_server.entry(plan.manual, "dhcp-server/database-folder"))
  lu.assertEquals(unjudged_of(plan), { [[HKLM\SYSTEM\CurrentControlSet\Services\DHCPServer\Parameters\Something]] })
end

function t.test_a_folder_on_a_missing_drive_stays_behind()
  local plan, destination = servers.plan(machine, run, { system = [=[
[CCS\Services\DHCPServer\Parameters]
"BackupDatabasePath"="E:\\backup"
"DhcpLogFilePath"="R:\\log"
"DatabasePath"="E:\\dhcp"
]=] })
  lu.assertNil(destination:read(parameters, "BackupDatabasePath"))
  -- R: of the destination is a device that can be taken out.
  lu.assertNil(destination:read(parameters, "DhcpLogFilePath"))
  lu.assertEquals(#test_server.entry(plan.manual, "dhcp-server/folders").details, 2)
  lu.assertStrContains(test_server.failed(plan, "database-drive").message, [[E:\dhcp]])
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/database-folder").text, "Set-DhcpServerDatabase")
end

function t.test_bindings_go_through_the_map()
  local plan, destination = servers.plan(machine, run, { system = [=[
[CCS\Services\Tcpip\Parameters\Interfaces\{11111111-0000-0000-0000-000000000002}]
"BindToDHCPServer"=dword:00000000
]=] }, nil, { system = [=[
[CCS\Services\Tcpip\Parameters\Interfaces\{22222222-0000-0000-0000-000000000001}]
"BindToDHCPServer"=dword:00000000
]=] })
  lu.assertNil(destination:read(interfaces .. "{22222222-0000-0000-0000-000000000001}", "BindToDHCPServer"))
  lu.assertEquals(destination:read(interfaces .. "{22222222-0000-0000-0000-000000000002}", "BindToDHCPServer"), 0)
  local notes = {}
  for index, note in ipairs(plan.notes) do notes[index] = note.text end
  lu.assertItemsEquals({ notes[1], notes[2] }, {
    "DHCP Server answers on 'LAN', as on the source.", "DHCP Server does not answer on 'Backup', as on the source.",
  })
end

function t.test_the_export_is_imported_at_the_first_start()
  local plan, destination, source = servers.plan(machine, run, {})
  lu.assertEquals(destination:read_file(servers.files.xml), source:read_file(servers.files.xml))
  local action = test_server.entry(plan.deferred, "dhcp-server/import")
  lu.assertStrContains(action.run, "Import-DhcpServer -File $file -Leases")
  lu.assertStrContains(action.run, "rehome-export.xml")
  lu.assertStrContains(action.run, "Get-Service -ComputerName 'OLD'")
  lu.assertStrContains(action.undo, "Restore-DhcpServer")
  lu.assertEquals(test_server.entry(plan.manual, "dhcp-server/export").state, "done")
  lu.assertEquals(test_server.entry(plan.manual, "dhcp-server/stop-source").state, "done")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/check-scopes").text, "10.0.0.0, 10.0.1.0")
end

-- Groups, import, authorisation, and only then "configured".
function t.test_the_order_of_the_first_start()
  local plan = servers.plan(machine, run, { domain = "example.com" }, nil, { domain = "example.com" })
  local ids = {}
  for index, action in ipairs(plan.deferred) do ids[index] = action.id:match "/(.*)" end
  lu.assertEquals(ids, { "security-groups", "import", "authorise", "configured" })
end

function t.test_an_old_source_has_a_file_of_netsh()
  local plan, destination = servers.plan(machine, run, {
    release = "2003", files = { [servers.image.netsh] = "jet\0" },
  })
  lu.assertEquals(destination:read_file(servers.files.netsh), "jet\0")
  lu.assertStrContains(test_server.entry(plan.deferred, "dhcp-server/import").run,
    "Invoke-Program 'netsh.exe' @('dhcp', 'server', 'import', $file, 'all')")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/export").text, "netsh dhcp server export")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/stop-source").text, "sc config DHCPServer")
  lu.assertStrContains(test_server.entry(plan.manual, "dhcp-server/backup").text, "console")
end

function t.test_of_two_exports_the_better_one_moves()
  local plan, destination = servers.plan(machine, run, {
    files = { [servers.image.xml] = servers.export { "10.0.0.0" }, [servers.image.netsh] = "jet" },
  })
  lu.assertNotNil(destination:read_file(servers.files.xml))
  lu.assertNil(destination:read_file(servers.files.netsh))
  lu.assertEquals(test_server.verdict(plan, "rehome-export.dat").verdict, "dropped")
  lu.assertEquals(test_server.verdict(plan, "rehome-export.xml").verdict, "migrated")
end

function t.test_scopes_in_the_registry_move_by_the_import()
  local plan = servers.plan(machine, run, { software = [=[
[SOFTWARE\Microsoft\DHCPServer\Configuration\Subnets\10.0.0.0]
"SubnetName"="Hall"
]=] })
  local verdict = test_server.verdict(plan, [[Subnets\10.0.0.0]], "SubnetName")
  lu.assertEquals(verdict.verdict, "manual")
  lu.assertNotStrContains(verdict.before, "Hall")
  lu.assertEquals(unjudged_of(plan), {})
end

return t
