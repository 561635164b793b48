-- The few settings that are in the registry.

local extension = require "extension"
local facts = require "facts"
local services = require "windows.services"

local function names_second_factor(_, about) return extension.has_second_factor(about.value) end

local function second_factor_dlls(_, about)
  return ("%s: %s"):format(about.name, table.concat(about.value, ", "))
end

local registration = "registers code of the operating system"

return {
  settings "service-parameters" {
    guide = { "NPS-IMP-05", "NPS-NEW-01" }, title = "Settings of the service", key = facts.keys.ias,
    -- Microsoft, nps-firewalls-configure: sc sidtype IAS unrestricted. ServiceSidType is what it writes (general
    -- knowledge).
    set "ServiceSidType" {
      when = function(ctx) return ctx.destination_os == "2019" end, value = dword(1),
      note = "On 2019 the rules of Windows Firewall for RADIUS let nothing in while the service IAS has no SID of its"
        .. " own: it gets one, as by 'sc sidtype IAS unrestricted', at the next start (nps-firewalls-configure).",
    },
    migrate [[Parameters\Allow SNMP Set]],
    switches [[IAS\**]],
    keep(services.values) { why = registration }, keep(services.subkeys) { why = registration },
    keep { [[Parameters\ServiceDll]], [[Parameters\ServiceDllUnloadOnStop]], [[Parameters\ServiceMain]] } {
      why = registration,
    },
  },

  -- RRAS reads them as well: its playbook says the same.
  settings "eap-switches" {
    guide = "NPS-IMP-05", title = "Switches of EAP methods", key = facts.keys.eap,
    switches [[RasMan\PPP\EAP\**]],
  },

  settings "tls" {
    guide = "NPS-IMP-05", title = "Protocols and ciphers of TLS", key = facts.keys.schannel,
    switches(facts.keys.schannel .. [[\**]]),
  },

  settings "ntlm" {
    guide = "NPS-IMP-05", title = "Sessions of NTLM", key = facts.keys.ntlm,
    switches(facts.keys.ntlm),
  },

  settings "extensions-registered" {
    guide = { "NPS-CHK-07", "NPS-MAN-01" }, title = "Extension DLLs", key = facts.keys.extensions,
    by_hand { "ExtensionDLLs", "AuthorizationDLLs" } {
      when = names_second_factor, step = "second-factor",
      why = "the installer of the extension for Microsoft Entra multifactor authentication registers it",
      detail = second_factor_dlls,
    },
    by_hand { "ExtensionDLLs", "AuthorizationDLLs" } {
      step = "extension-dlls", why = "a missing or 32-bit DLL keeps the service from starting",
    },
  },

  settings "second-factor-settings" {
    guide = { "NPS-CHK-07", "NPS-MAN-01" }, title = "Settings of the extension for a second factor",
    key = facts.keys.second_factor,
    by_hand "**" {
      step = "second-factor", why = "its installer and its own script set it up anew",
      detail = extension.setting,
    },
  },
}
