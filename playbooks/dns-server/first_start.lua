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
Save-Service 'DNS'
Restart-AndWait 'DNS'
foreach ($zone in @(%s)) {
  for ($second = 0; $second -lt 60; $second++) {
    $loaded = @(Get-DnsServerZone | Where-Object { $_.ZoneName -eq $zone }).Count -gt 0
    if ($loaded) { break }
    Start-Sleep -Seconds 1
  }
  if (-not $loaded) { throw "The zone $zone was not loaded: see the log DNS Server." }
}]]

return {
  -- The names of the rules are general knowledge.
  deferred "firewall-rules" {
    guide = "DNS-IMP-02", title = "Enable the rules of Windows Firewall for DNS",
    run = "Enable-Rules 'DNSSrv-*'", undo = "Disable-Rules 'DNSSrv-*'",
  },

  deferred "restart-service" {
    guide = "DNS-IMP-01", title = "Restart DNS Server and see that the zones are loaded",
    run = function(ctx) return restart:format(zone_names(ctx)) end,
    undo = "Restore-Service 'DNS'",
  },
}
