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

local head = [[
$file = Join-Path $env:SystemRoot 'System32\dhcp\@FILE@'
$backup = Join-Path $env:SystemRoot 'System32\dhcp\rehome-backup'
if (-not (Test-Path $file)) { throw "$file is missing." }
Start-Service -Name DHCPServer
]]

local import = {
  xml = [[
Import-DhcpServer -File $file -Leases -BackupPath $backup -Force]],
  netsh = [[
Backup-DhcpServer -Path $backup
netsh dhcp server import $file all
Restart-Service -Name DHCPServer -Force]],
}

local function authorises(ctx)
  return facts.in_domain(ctx) and not ctx.params.takes_over_name
end

return {
  deferred "security-groups" {
    guide = "DHCP-FAILOVER-01", title = "Make the groups DHCP Administrators and DHCP Users",
    run = [[
# Groups that are there already are no failure; what netsh says is in the log.
netsh dhcp add securitygroups
$global:LASTEXITCODE = 0
Restart-Service -Name DHCPServer -Force]],
    undo = [[
# Groups without members do no harm; they may have got members since.]],
  },

  deferred "import" {
    guide = { "DHCP-IMP-01", "DHCP-IMP-02", "DHCP-FAILOVER-07" },
    title = "Back up, then import scopes, options, reservations and leases", when = function(ctx) return kind(ctx) end,
    run = function(ctx)
      local file = facts.files[kind(ctx)]:match "[^\\]*$"
      return guard_for(ctx) .. head:gsub("@FILE@", file) .. import[kind(ctx)]
    end,
    undo = [[
Restore-DhcpServer -Path (Join-Path $env:SystemRoot 'System32\dhcp\rehome-backup') -Force
Restart-Service -Name DHCPServer -Force]],
  },

  deferred "authorise" {
    guide = "DHCP-IMP-03", title = "Authorise the destination in the domain (needs a Domain Admin)", when = authorises,
    run = "Add-DhcpServerInDC",
    undo = "Remove-DhcpServerInDC",
  },

  deferred "configured" {
    guide = "DHCP-FAILOVER-02", title = "Tell Server Manager that the role is configured",
    run = [[
$role = 'HKLM:\SOFTWARE\Microsoft\ServerManager\Roles\12'
if (Test-Path $role) { Set-ItemProperty -Path $role -Name ConfigurationState -Value 2 }]],
    undo = [[
$role = 'HKLM:\SOFTWARE\Microsoft\ServerManager\Roles\12'
if (Test-Path $role) { Set-ItemProperty -Path $role -Name ConfigurationState -Value 1 }]],
  },
}
