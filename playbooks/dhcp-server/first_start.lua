-- What only the running destination can do: import, groups, authorisation.

local facts = require "facts"
local relocate = require "relocate"

local function kind(ctx)
  return (facts.export(ctx.source))
end

-- The script asks the source whether it still leases. Only a plain name may become PowerShell, and only one that is
-- not the destination's own by then.
local guard = [[
$service = Get-Service -ComputerName '@NAME@' -Name DHCPServer -ErrorAction SilentlyContinue
if ($service -and $service.Status -ne 'Stopped') {
  throw 'DHCP Server still runs on @NAME@: two servers would lease from the same scopes. Stop and disable it there.'
}
]]

local function guard_for(ctx)
  local name = ctx.source:identity().computer_name
  if ctx.params.takes_over_name or relocate.source_names(ctx).same_name or not name:match "^[%w%-]+$" then return "" end
  return (guard:gsub("@NAME@", name))
end

-- Each try begins with the database as it was before the first one. The export is imported whole: without
-- -ScopeOverwrite a scope that is there already would be left out with a warning (Microsoft Learn: Import-DhcpServer).
local head = [[
$file = Join-Path $env:SystemRoot 'System32\dhcp\@FILE@'
$backup = Join-Path $env:SystemRoot 'System32\dhcp\rehome-backup'
if (-not (Test-Path $file)) { throw "$file is missing." }
Save-Service 'DHCPServer'
Start-AndWait 'DHCPServer'
if (@(Get-Lines 'dhcp.saved').Count -eq 0) {
  Backup-DhcpServer -Path $backup
  Add-Line 'dhcp.saved' $backup
} else {
  Restore-DhcpServer -Path $backup -Force
  Restart-AndWait 'DHCPServer'
}
]]

local import = {
  xml = [[
Import-DhcpServer -File $file -Leases -ScopeOverwrite -BackupPath "$backup-of-import" -Force]],
  netsh = [[
Invoke-Program 'netsh.exe' @('dhcp', 'server', 'import', $file, 'all')]],
}

-- What came is looked at: of an export in XML each scope has to be there.
local check = {
  xml = [[
$there = @(Get-DhcpServerv4Scope | ForEach-Object { [string]$_.ScopeId })
foreach ($scope in @(([xml](Get-Content -Path $file)).SelectNodes('/DHCPServer/IPv4/Scopes/Scope/ScopeId'))) {
  if ($there -notcontains $scope.InnerText) { throw "The scope $($scope.InnerText) was not imported." }
}]],
  netsh = [[
Restart-AndWait 'DHCPServer'
if (@(Get-DhcpServerv4Scope).Count -eq 0) { throw 'netsh has imported no scope: see what it says above.' }]],
}

local function authorises(ctx)
  return facts.in_domain(ctx) and not ctx.params.takes_over_name
end

return {
  deferred "security-groups" {
    guide = "DHCP-FAILOVER-01", title = "Make the groups DHCP Administrators and DHCP Users",
    run = [[
# Groups that are there already are no failure; what netsh says is in the log.
Invoke-Program 'netsh.exe' @('dhcp', 'add', 'securitygroups')
Save-Service 'DHCPServer'
Restart-AndWait 'DHCPServer']],
    undo = [[
# Groups without members do no harm; they may have got members since.
Restore-Service 'DHCPServer']],
  },

  deferred "import" {
    guide = { "DHCP-IMP-01", "DHCP-IMP-02", "DHCP-FAILOVER-07" },
    title = "Back up, then import scopes, options, reservations and leases", when = function(ctx) return kind(ctx) end,
    run = function(ctx)
      local file = facts.files[kind(ctx)]:match "[^\\]*$"
      return guard_for(ctx) .. head:gsub("@FILE@", file) .. import[kind(ctx)] .. "\n" .. check[kind(ctx)]
    end,
    undo = [[
foreach ($backup in @(Get-Lines 'dhcp.saved')) {
  Start-AndWait 'DHCPServer'
  Restore-DhcpServer -Path $backup -Force
  Restart-AndWait 'DHCPServer'
}
Remove-List 'dhcp.saved']],
  },

  deferred "authorise" {
    guide = "DHCP-IMP-03", title = "Authorise the destination in the domain (needs a Domain Admin)", when = authorises,
    requires = "import",
    run = [[
$system = Get-WmiObject Win32_ComputerSystem
$name = $system.DNSHostName + '.' + $system.Domain
if (@(Get-DhcpServerInDC | ForEach-Object { $_.DnsName }) -notcontains $name) {
  Add-Line 'dhcp.authorised' $name
  Add-DhcpServerInDC -DnsName $name
  if (@(Get-DhcpServerInDC | ForEach-Object { $_.DnsName }) -notcontains $name) { throw "$name is not authorised." }
}]],
    undo = [[
foreach ($name in @(Get-Lines 'dhcp.authorised')) {
  if (@(Get-DhcpServerInDC | ForEach-Object { $_.DnsName }) -contains $name) { Remove-DhcpServerInDC -DnsName $name }
}
Remove-List 'dhcp.authorised']],
  },

  deferred "configured" {
    guide = "DHCP-FAILOVER-02", title = "Tell Server Manager that the role is configured",
    requires = "security-groups",
    run = [[
$role = 'HKLM:\SOFTWARE\Microsoft\ServerManager\Roles\12'
if (Test-Path $role) {
  if (@(Get-Lines 'dhcp.configured').Count -eq 0) {
    Add-Line 'dhcp.configured' ([string](Get-ItemProperty -Path $role).ConfigurationState)
  }
  Set-ItemProperty -Path $role -Name ConfigurationState -Value 2
}]],
    undo = [[
$role = 'HKLM:\SOFTWARE\Microsoft\ServerManager\Roles\12'
foreach ($state in @(Get-Lines 'dhcp.configured')) {
  Set-ItemProperty -Path $role -Name ConfigurationState -Value ([int]$state)
}
Remove-List 'dhcp.configured']],
  },
}
