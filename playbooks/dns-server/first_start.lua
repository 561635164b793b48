-- What only the running destination can do: load the zones, and open its own firewall.

local facts = require "facts"
local powershell = require "windows.powershell"

local function zone_names(ctx)
  local names = {}
  for _, zone in ipairs(facts.zones(ctx.source)) do
    if zone.moves then names[#names + 1] = zone.name end
  end
  return powershell.list(names)
end

local restart = [[
Restart-Service -Name DNS -Force
foreach ($zone in @(%s)) {
  if (-not (Get-DnsServerZone -Name $zone -ErrorAction SilentlyContinue)) {
    throw "The zone $zone was not loaded: see the log DNS Server."
  }
}]]

return {
  -- The names of the rules are general knowledge. The way back turns off what was off before, and nothing else.
  deferred "firewall-rules" {
    guide = "DNS-IMP-02", title = "Enable the rules of Windows Firewall for DNS",
    run = [[
foreach ($rule in @(Get-NetFirewallRule -Name 'DNSSrv-*' -ErrorAction SilentlyContinue)) {
  if ($rule.Enabled -eq 'False') {
    New-Item -ItemType File -Force -Path (Join-Path $folder "was-off.$($rule.Name)") | Out-Null
    Enable-NetFirewallRule -Name $rule.Name
  }
}]],
    undo = [[
foreach ($rule in @(Get-NetFirewallRule -Name 'DNSSrv-*' -ErrorAction SilentlyContinue)) {
  $was_off = Join-Path $folder "was-off.$($rule.Name)"
  if (Test-Path $was_off) {
    Disable-NetFirewallRule -Name $rule.Name
    Remove-Item -Force -Path $was_off
  }
}]],
  },

  deferred "restart-service" {
    guide = "DNS-IMP-01", title = "Restart DNS Server and see that the zones are loaded",
    run = function(ctx) return restart:format(zone_names(ctx)) end,
    undo = "Stop-Service -Name DNS -Force",
  },
}
