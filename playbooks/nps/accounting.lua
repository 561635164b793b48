-- Accounting, event log, and the authentication handler. These objects are components of the destination's own
-- release: single settings go into them, nothing is replaced.

local facts = require "facts"
local nps = require "format.nps"
local relocate = require "relocate"

-- Releases before 2008 R2 do not know these: the destination's default stays.
local since_2008r2 = { Log_File_Is_Backup = true, Discard_On_Failure = true }

local components = {
  { "RequestHandlers", "Microsoft Accounting", {
    "Log_Accounting_Packets", "Log_Authentication_Packets", "Log_Interim_Accounting_Packets",
    "Log_Interim_Authentication_Packets", "Log_Format", "New_Log_Frequency", "New_Log_Size", "Delete_If_Full",
    "Log_File_Is_Backup", "Discard_On_Failure",
  } },
  { "RequestHandlers", "Microsoft Database Accounting", {
    "Log_Accounting_Packets", "Log_Authentication_Packets", "Log_Interim_Accounting_Packets",
    "Log_Interim_Authentication_Packets", "SQL_Max_Sessions", "Discard_On_Failure",
  } },
  { "Auditors", "Microsoft NT Event Log Auditor", {
    "Log_Application_Events", "Log_Malformed_Packets", "Log_Verbose",
  } },
}

local kinds = { Log_Format = "int", New_Log_Frequency = "int", New_Log_Size = "int", SQL_Max_Sessions = "int" }

local function move(ctx, from, to, property)
  local value, there = nps.get(from, property), nps.get(to, property)
  if value == nil then return end
  local where = from.name .. "\\" .. property
  if since_2008r2[property] and ctx.source_os == "2008" then
    facts.said(ctx, where, "kept", "2008 has no such choice", value, there)
    return
  end
  nps.set(to, property, value, kinds[property] or "boolean")
  facts.said(ctx, where, "migrated", nil, value, value)
end

return {
  step "accounting" {
    guide = { "NPS-EXP-10", "NPS-IMP-04", "NPS-VER-03a" }, title = "Accounting and event log", when = facts.has_models,
    run = function(ctx)
      local source, destination = facts.models(ctx)
      for _, component in ipairs(components) do
        local from, to = nps.find(source, component[1], component[2]), nps.find(destination, component[1], component[2])
        for _, property in ipairs(from and to and component[3] or {}) do move(ctx, from, to, property) end
      end
    end,
  },

  step "log-folder" {
    guide = { "NPS-EXP-10", "NPS-IMP-04" }, title = "Folder of the log files", when = facts.has_models,
    run = function(ctx)
      local source, destination = facts.models(ctx)
      local from = nps.find(source, "RequestHandlers", "Microsoft Accounting")
      local to = nps.find(destination, "RequestHandlers", "Microsoft Accounting")
      local directory = from and nps.get(from, "Log_File_Directory")
      if not to or not directory or directory == "" then return end
      local there, where = relocate.path(ctx, directory), [[Microsoft Accounting\Log_File_Directory]]
      if there then
        nps.set(to, "Log_File_Directory", there, "string")
        facts.said(ctx, where, there == directory and "migrated" or "transformed", nil, directory, there)
        ctx:call_for("log-directory", there)
      else
        -- A log that cannot be written may stop all authentication: the folder that is there is the safe one.
        facts.said(ctx, where, "kept", "the destination may not have that drive", directory,
          nps.get(to, "Log_File_Directory"))
        ctx:call_for("log-directory", ("%s on the source; the destination logs to its own folder, %s"):format(directory,
          tostring(nps.get(to, "Log_File_Directory"))))
      end
    end,
  },

  step "lan-manager" {
    guide = "NPS-IMP-05", title = "No LAN Manager authentication", when = facts.has_models,
    run = function(ctx)
      local source, destination = facts.models(ctx)
      local from = nps.find(source, "RequestHandlers", "Microsoft NT SAM Authentication")
      local to = nps.find(destination, "RequestHandlers", "Microsoft NT SAM Authentication")
      local property = "Allow_LM_Authentication"
      if to and nps.get(to, property) then nps.set(to, property, false) end
      if from and nps.get(from, property) ~= nil then
        facts.said(ctx, from.name .. "\\" .. property, nps.get(from, property) and "dropped" or "migrated",
          "LAN Manager passwords are never accepted", nps.get(from, property), false)
      end
    end,
  },
}
