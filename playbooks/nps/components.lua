-- Accounting, event log, authentication, ports. These objects are components of the destination's own release: single
-- settings go into them, nothing is replaced.

local facts = require "facts"
local relocate = require "relocate"

local function has_folder(ctx, about)
  return about.value ~= "" and relocate.path(ctx, about.value)
end

local function folder(path, ctx)
  local there = relocate.path(ctx, path)
  ctx:call_for("log-directory", there)
  return there
end

-- "1812,1645" or "10.0.0.1:1812,1645;10.0.0.2:1812": ports, with or without an address in front.
local function ports(text, ctx, about)
  local wanted = text:gsub("[^;]+", function(part)
    local address, numbers = part:match "^%s*(%d+%.%d+%.%d+%.%d+):(.*)$"
    if not address or address == "0.0.0.0" then return part end
    local there, problem = facts.address(ctx, address)
    if problem then
      ctx:call_for("own-addresses", ("%s: %s"):format(about.item.name:gsub("_", " "):lower(), problem))
    end
    return there and there .. ":" .. numbers
  end)
  return wanted, wanted ~= text and "addresses of the same cards on the destination" or nil
end

-- What an object that has no template says ([NPS export]: each object of a configuration has both).
local NO_TEMPLATE = "{00000000-0000-0000-0000-000000000000}"
local untold = {
  drop "Template_Guid" { when = function(_, about) return about.value == NO_TEMPLATE end, why = "names no template" },
  drop "Opaque_Data" { when = function(_, about) return about.value == "" end, why = "is empty" },
}

local own = keep { "Component_Id", "Component_Prog_Id" } { why = "registers the destination's own component" }

return {
  account "accounting" {
    guide = { "NPS-EXP-10", "NPS-IMP-04", "NPS-VER-03a" }, title = "Accounting and event log", when = facts.has_models,
    parts = facts.configuration_file, name = facts.where,
    each = facts.properties(facts.components {
      { "RequestHandlers", "Microsoft Accounting" }, { "RequestHandlers", "Microsoft Database Accounting" },
      { "Auditors", "Microsoft NT Event Log Auditor" },
    }),
    migrate { "Log_Accounting_Packets", "Log_Authentication_Packets", "Log_Interim_Accounting_Packets",
              "Log_Interim_Authentication_Packets", "Log_Format", "New_Log_Frequency", "New_Log_Size", "Delete_If_Full",
              "SQL_Max_Sessions", "Log_Application_Events", "Log_Malformed_Packets", "Log_Verbose" },
    by_release { "Log_File_Is_Backup", "Discard_On_Failure" } {
      source = { ["2008"] = keep { why = "2008 has no such choice" }, otherwise = migrate },
    },
    migrate "Log_File_Directory" { when = has_folder, through = folder },
    -- A log that cannot be written may stop all authentication: the folder that is there is the safe one.
    by_hand "Log_File_Directory" {
      when = function(_, about) return about.value ~= "" end, step = "log-directory",
      why = "the destination may not have that drive: its own folder stays",
      detail = function(_, about)
        return ("%s on the source; the destination logs to its own folder, %s"):format(about.value,
          tostring(about.there))
      end,
    },
    untold, own,
  },

  account "lan-manager" {
    guide = "NPS-IMP-05", title = "No LAN Manager authentication", when = facts.has_models,
    parts = facts.configuration_file, name = facts.where,
    each = facts.properties(facts.components { { "RequestHandlers", "Microsoft NT SAM Authentication" } },
      { "Allow_LM_Authentication" }),
    migrate "Allow_LM_Authentication" {
      when = function(_, about) return about.there or about.value ~= nil end,
      through = function() return false, "LAN Manager passwords are never accepted" end,
    },
    own,
  },

  account "ports" {
    guide = "NPS-VER-03f", title = "Addresses and ports", when = facts.has_models,
    parts = facts.configuration_file, name = facts.where,
    each = facts.properties(facts.components { { "Protocols", "Microsoft Radius Protocol" } }),
    migrate { "Authentication_Port", "Accounting_Port" } { through = ports },
    own,
  },
}
