-- The last step: Routing and Remote Access counts as configured and starts with Windows.

local facts = require "facts"
local services = require "windows.services"

return {
  settings "service-start" {
    guide = { "RA-IMP-04", "RA-IMP-05", "RA-VER-02" }, title = "Start of the service",
    key = facts.keys.service,
    set "Start" { value = dword(2), why = "starts with Windows, as every configured server" },
    set "ConfigurationFlags" { value = dword(1), why = "the destination is configured now" },
    keep "DependOnService" { why = "the services that the destination's release needs" },
    shipped "" { value = sz "", from = "SYSTEM hive of Windows XP SP2" },
    keep(services.values) { why = "registers code of the operating system" },
  },
}
