-- Guide sections 4 to 10: what a person has to do, before the destination is written and after it.

local certificates = require "certificates"
local facts = require "facts"
local server_2003 = require "server_2003"
local shared = require "shared"

local function in_domain(ctx)
  return ctx.destination:identity().domain ~= ""
end

local function moves_2003(ctx)
  return server_2003.is_2003(ctx) and server_2003.read(ctx.source) ~= nil
end

return {
  manual "iasmigreader" {
    guide = { "NPS-EXP-01", "NPS-EXP-02" }, title = "Read the configuration of Windows Server 2003", on = "source",
    phase = "before",
    when = function(ctx) return server_2003.is_2003(ctx) and not server_2003.read(ctx.source) end,
    text = [[Windows Server 2003 keeps its configuration in a database that only its own tools read. Copy
iasmigreader.exe from a Windows Server 2012 (\Windows\SysWOW64) to the source and run it there, at least a minute
after the last change. Put the file that it names (ias.txt) into the image at the same place, then plan again.]],
  },

  manual "certificates" (shared.import_certificates {
    guide = { "NPS-PRE-08", "NPS-IMP-06" }, on_demand = certificates.to_export,
  }),

  manual "import-ias-txt" {
    guide = { "NPS-IMP-03", "NPS-IMP-07" }, title = "Import the configuration", on = "destination", phase = "after",
    when = moves_2003,
    text = [[On the destination, as an administrator:
netsh nps export filename="%SystemRoot%\System32\ias\before.xml" exportPSK=YES
netsh nps import filename="%SystemRoot%\System32\ias\ias.txt"
net stop ias & net start ias
Then delete ias.txt, ias.txt.original and before.xml: they hold the shared secrets in the clear.]],
  },

  manual "check-import" {
    guide = { "NPS-VER-02", "NPS-VER-03b", "NPS-VER-03c" }, title = "Check the imported policies",
    on = "destination", phase = "after", when = moves_2003,
    text = "Policies that name local groups of the source match nobody on the destination: choose the groups again,"
      .. " or disable these policies and those behind them. MS-CHAP and EAP-MD5 are gone: take them out. Replace"
      .. " addresses of the source in the ports, RADIUS clients and remote RADIUS servers.",
  },

  manual "disabled-policies" {
    guide = "NPS-VER-03b", title = "Policies that were disabled", on = "destination", phase = "after", on_demand = true,
    text = "These policies could not be moved as they were. Correct each, then enable it:",
  },

  manual "own-addresses" {
    guide = { "NPS-POST-02", "NPS-POST-03", "NPS-VER-03f" }, title = "The source's name and addresses",
    on = "destination", phase = "after", on_demand = true,
    text = "These still name the source. Replace them, unless the destination takes over its name and addresses:",
  },

  manual "client-secrets" {
    guide = "NPS-VER-03c", title = "RADIUS clients without a secret", on = "destination", phase = "after",
    on_demand = true, secret_needed = true,
    text = "The source's configuration has no shared secret for these RADIUS clients, so they were disabled (an export"
      .. " has secrets with exportPSK=YES alone). Enter the secret of each and enable it:",
  },

  manual "server-secrets" {
    guide = "NPS-VER-03c", title = "Remote RADIUS servers without a secret", on = "destination", phase = "after",
    on_demand = true, secret_needed = true,
    text = "Enter the shared secrets of these remote RADIUS servers again:",
  },

  manual "templates" {
    guide = { "NPS-EXP-07", "NPS-IMP-02", "NPS-VER-03e" }, title = "Templates", on = "destination", phase = "after",
    on_demand = true,
    text = "Export the templates on the source (NPS console, Templates Management), import them on the destination,"
      .. " and choose them again where they were used:",
  },

  manual "log-directory" {
    guide = { "NPS-IMP-04", "NPS-EXP-10" }, title = "Folder of the log files", on = "destination", phase = "after",
    on_demand = true,
    text = "Check that the folder for log files exists and has room (NPS console, Accounting):",
  },

  manual "sql-accounting" {
    guide = { "NPS-EXP-08", "NPS-EXP-09", "NPS-IMP-04", "NPS-VER-03a" }, title = "SQL accounting", on = "destination",
    phase = "after", secret_needed = true,
    text = "If the source logs to an SQL server: note everything under NPS console, Accounting, Change SQL Server"
      .. " Logging Properties (Settings; Configure: Connection, Advanced, All) and enter it on the destination. The"
      .. " database needs the procedure report_event, a remote server an exception in its firewall.",
  },

  manual "extension-dlls" {
    guide = "NPS-MAN-01", title = "Extension DLLs", on = "destination", phase = "after", on_demand = true,
    text = [[Install 64-bit versions of the extension DLLs, enter their full paths as ExtensionDLLs and
AuthorizationDLLs (REG_MULTI_SZ) below HKLM\SYSTEM\CurrentControlSet\Services\AuthSrv\Parameters, and restart the
service. A missing or 32-bit DLL keeps it from starting.]],
  },

  manual "second-factor" {
    guide = "NPS-MAN-01", title = "Extension for Microsoft Entra multifactor authentication", on = "destination",
    phase = "after", on_demand = true,
    text = [[The second factor is gone until the extension is installed here. Run its installer
(NpsExtnForAzureMfaInstaller.exe), then as an administrator in PowerShell its own script:
cd "C:\Program Files\Microsoft\AzureMfa\Config"; .\AzureMfaNpsExtnConfigSetup.ps1
It makes a certificate, registers it with the tenant, and enters the DLLs itself: do not copy DLLs, certificate or these
registry values of the source. What was set by hand below HKLM\SOFTWARE\Microsoft\AzureMfa is set again afterwards; an
address in IP_WHITELIST may be another now. Restart the service, test a sign-in that asks for the second factor, and
only then enable the policies that were disabled. On the source:]],
  },

  manual "security-policy" (shared.security_policy { guide = "NPS-IMP-05", when = facts.has_models }),

  manual "eap-certificates" {
    guide = { "NPS-VER-04", "NPS-IMP-06", "NPS-PRE-08" }, title = "Certificates of the policies", on = "destination",
    phase = "after",
    when = function(ctx) return facts.has_models(ctx) and #certificates.profiles(facts.models(ctx)) > 0 end,
    text = function(ctx)
      local lines = {
        "In the authentication methods of these profiles check 'Certificate issued to' of PEAP and 'Smart card or other"
          .. " certificate'; when it is missing or wrong, remove the method, add it again and choose the certificate: "
          .. table.concat(certificates.profiles(facts.models(ctx)), ", ") .. ".",
        "A certificate for another name than the final one has to be replaced after the server is renamed.",
      }
      for _, use in ipairs(certificates.missing(ctx)) do
        lines[#lines + 1] = ("Not on the destination with its key: '%s' uses %s (%s)"):format(use.profile,
          use.certificate.subject, use.certificate.thumbprint)
      end
      return table.concat(lines, "\n")
    end,
  },

  manual "register" {
    guide = { "NPS-PRE-09", "NPS-CHK-16" }, title = "Register the server in the domain", on = "domain", phase = "after",
    when = in_domain,
    text = "As a Domain Admin, on the destination: netsh nps add registeredserver\nIt makes the computer a member of"
      .. " 'RAS and IAS servers', which it notices after a restart.",
  },

  manual "restart" {
    guide = { "NPS-IMP-07", "NPS-VER-01" }, title = "Restart NPS", on = "destination", phase = "after",
    when = facts.has_models,
    text = "If the destination is running: net stop ias & net start ias\nsc query ias has to say RUNNING.",
  },

  manual "firewall-2019" {
    guide = "NPS-NEW-01", title = "See that requests arrive", on = "destination", phase = "after",
    when = function(ctx) return ctx.destination_os == "2019" end,
    text = "sc qsidtype IAS has to say UNRESTRICTED; if it does not: sc sidtype IAS unrestricted, then net stop ias &"
      .. " net start ias. Without it Windows Firewall drops all requests of RADIUS clients on 2019.",
  },

  -- Where they are kept is not known; those of a client (Require_Signature) are in the configuration.
  manual "message-authenticator" {
    guide = "NPS-NEW-02", title = "Message authenticators of all clients", on = "destination", phase = "after",
    when = facts.has_models,
    text = "Updates since July 2024 (KB5040268) have two settings that no export has. If they were enabled on the"
      .. " source, enable them on the destination, else consider it:\n"
      .. 'netsh nps set limitproxystate all = "enable"\nnetsh nps set requiremsgauth all = "enable"\n'
      .. "Clients that send no message authenticator are refused then: update them first. The tick 'Access-Request"
      .. " messages must contain the Message-Authenticator attribute' of each client is carried.",
  },

  manual "test-login" {
    guide = "NPS-VER-05", title = "Test a login by RADIUS", on = "network", phase = "after",
    text = "Log in through each kind of RADIUS client. Event 6272 is an access that was granted, 6273 and 6274 one that"
      .. " failed; no event at all means that requests do not arrive.",
  },

  manual "clients-to-new-server" {
    guide = { "NPS-POST-02", "NPS-ROLLBACK-01" }, title = "Point RADIUS clients at the destination", on = "network",
    phase = "after",
    when = function(ctx) return not ctx.params.takes_over_name end,
    text = "Change name or address of the RADIUS server on every access server, switch, access point and RADIUS proxy."
      .. " The way back is to point them at the source again.",
  },

  manual "take-over-name" (shared.rename {
    guide = { "NPS-POST-01", "NPS-POST-03", "NPS-ROLLBACK-02" },
    when = function(ctx) return ctx.params.takes_over_name end,
  }),

  manual "take-over-addresses" (shared.take_addresses {
    guide = { "NPS-POST-01", "NPS-ROLLBACK-02" },
    when = function(ctx) return ctx.params.takes_over_name end,
  }),

  manual "retire-source" {
    guide = "NPS-POST-04", title = "Retire NPS on the source", on = "source", phase = "after",
    text = "When all works: netsh nps delete registeredserver for the source, remove its role, and wipe every export of"
      .. " its configuration: they hold the shared secrets in the clear.",
  },
}
