-- Settings of the server that are in the registry. Names: Registry Reference of Windows 2000 and 2003 (DHCPServer),
-- KB 188027 (audit log), MSDN "DHCP Server Callout API". DynamicDNSQueueLength, ActivityLogFlag, IgnoreBroadcastFlag
-- and DisableRogueDetection are general knowledge.

local facts = require "facts"
local services = require "windows.services"

local registration = "registers code of the operating system"

-- Paths move where the destination has the drive. The service does not start to log, or to back up, without the folder.
local function folder(value, ctx, raw)
  if type(value) ~= "string" or value == "" then return nil, "it names no folder" end
  local there = facts.folder(ctx, value)
  if not there then
    ctx:call_for("folders", ("%s was %s: the destination has no such drive and keeps its own"):format(raw.name, value))
    return nil, "the destination has no such drive: its own folder stays"
  end
  if not there:lower():find([[\system32\dhcp]], 1, true) then ctx:call_for("folders", there) end
  return there
end

return {
  settings "server" {
    guide = { "DHCP-IMP-01", "DHCP-VER-03" }, title = "Settings of the server", key = facts.keys.parameters,
    migrate { "DetectConflictRetries", "BackupInterval", "DatabaseCleanupInterval", "DatabaseLoggingFlag",
              "ActivityLogFlag", "DhcpLogFilesMaxSize", "DhcpLogDiskSpaceCheckInterval", "DhcpLogMinSpaceOnDisk",
              "IgnoreBroadcastFlag", "DynamicDNSQueueLength" },
    migrate { "BackupDatabasePath", "DhcpLogFilePath" } { through = folder },
    keep { "DatabasePath", "DatabaseName" } {
      why = "the import fills the destination's own database; releases cannot read each other's dhcp.mdb",
    },
    by_hand { "CalloutDlls", "CalloutEnabled", "CalloutErrorLogFile" } {
      step = "callout-dlls", why = "a missing or 32-bit DLL keeps the service from answering",
    },
    drop "DisableRogueDetection" { why = "the destination leases only when it is authorised" },
    keep { "APIProtocolSupport", "DebugFlag" } { why = "belongs to the destination's release" },
    keep { "RestoreFlag" } { why = "state of the destination" },
    keep { "ServiceDll", "ServiceDllUnloadOnStop", "ServiceMain" } { why = registration },
  },

  -- Above its parameters, the service itself. The rule above has seen to these.
  settings "registration" {
    guide = "DHCP-PRE-03", title = "What belongs to the installed service", key = facts.keys.service,
    keep(services.values) { why = registration }, keep(services.subkeys) { why = registration },
    keep { [[ServiceProvider\**]], [[Performance6\**]] } { why = registration },
  },

  settings "scopes" {
    guide = { "DHCP-EXP-01", "DHCP-IMP-01" }, title = "Scopes and options in the registry",
    key = facts.keys.configuration,
    by_hand "**" { step = "check-scopes", why = "moves by the service's own export and import, as its database does" },
  },
}
