-- The few settings that are in the registry.

local facts = require "facts"

return {
  settings "service-parameters" {
    guide = "NPS-IMP-05", title = "Settings of the service", key = facts.keys.ias,
    migrate [[Parameters\Allow SNMP Set]],
    keep "**" { why = "registers code of the operating system" },
  },

  settings "extensions-registered" {
    guide = { "NPS-CHK-07", "NPS-MAN-01" }, title = "Extension DLLs", key = facts.keys.extensions,
    by_hand { "ExtensionDLLs", "AuthorizationDLLs" } {
      step = "extension-dlls", why = "a missing or 32-bit DLL keeps the service from starting",
    },
    keep "**" { why = "belongs to the destination's release" },
  },
}
