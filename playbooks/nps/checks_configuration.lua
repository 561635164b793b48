-- Guide section 3, second half: what the configuration holds.

local certificates = require "certificates"
local extension = require "extension"
local facts = require "facts"
local sids = require "windows.sids"
local nps = require "format.nps"
local policies = require "policies"
local server_2003 = require "server_2003"

-- Sections of the service that every release has; others (NAP) stay behind.
local known_sections = {
  RadiusProfiles = true, NetworkPolicy = true, Proxy_Policies = true, Proxy_Profiles = true, Protocols = true,
  RequestHandlers = true, Auditors = true, RADIUS_Server_Groups = true,
}

local needed = { "RadiusProfiles", "NetworkPolicy", "Proxy_Policies", "Proxy_Profiles" }

local function problem_of(ctx, side)
  local model, err = facts.model(ctx, side)
  if not model then return ("The %s's configuration cannot be read: %s."):format(side, err.message), err.hint end
  for _, section in ipairs(needed) do
    if not nps.find(model, section) then return ("The %s's configuration has no section %s."):format(side, section) end
  end
  if not nps.find(model, "Protocols", "Microsoft Radius Protocol", "Clients") then
    return ("The %s's configuration has no list of RADIUS clients."):format(side)
  end
end

local function is_2003(ctx)
  return ctx.source_os == "2003"
end

local function is_readable(ctx)
  return not is_2003(ctx) and problem_of(ctx, "source") == nil and problem_of(ctx, "destination") == nil
end

-- "Called-Station-Id" and "Calling-Station-Id" with signs that mean something in a pattern.
local function station_patterns(model)
  local found = {}
  for _, text in ipairs(policies.conditions(model)) do
    local attribute, pattern = text:match '^MATCH%("(%a+%-Station%-Id)=(.*)"%)$'
    if attribute and pattern:find "[%.%*%+%?%(%)%[%]%^%$|\\]" then found[#found + 1] = "'" .. pattern .. "'" end
  end
  return found
end

return {
  check "readable" {
    guide = "NPS-IMP-03", severity = "block", title = "The configurations can be read",
    when = function(ctx) return not is_2003(ctx) end,
    problem = function(ctx)
      local message, hint = problem_of(ctx, "source")
      if not message then message, hint = problem_of(ctx, "destination") end
      if message then
        return message, hint or [[Put Windows\System32\ias\ias.xml of the server, or its export, into the image.]]
      end
    end,
  },

  check "own-configuration" {
    guide = "NPS-PRE-10", severity = "warn", title = "The destination's own configuration",
    when = is_readable,
    found = function(ctx)
      local source, destination = facts.models(ctx)
      local there, lost = {}, {}
      for _, client in ipairs(nps.clients(source)) do there[client.name:lower()] = true end
      for _, client in ipairs(nps.clients(destination)) do
        if not there[client.name:lower()] then lost[#lost + 1] = client.name end
      end
      return lost
    end,
    problem = "The destination has RADIUS clients of its own, which go with its policies: %s.",
    remedy = "The import replaces the whole configuration; add them on the source, or again afterwards.",
  },

  check "extensions" {
    guide = "NPS-CHK-07", severity = "warn", title = "Extension DLLs",
    found = function(ctx) return extension.paths(ctx, false) end,
    problem = "Extension DLLs are registered and are not migrated: %s.",
    remedy = "Get their 64-bit versions for the destination. Until they are there, policies that grant access are"
      .. " disabled; --param extension_policies=keep leaves them enabled.",
  },

  check "second-factor-gone" {
    guide = "NPS-CHK-07", severity = "warn", title = "Extension for a second factor",
    found = function(ctx) return extension.paths(ctx, true) end,
    problem = "The source asks for a second factor by the extension for Microsoft Entra multifactor authentication: %s."
      .. " The second factor is gone until that extension is installed on the destination.",
    remedy = "Install it there by its installer, then run its own script (AzureMfaNpsExtnConfigSetup.ps1). Until then"
      .. " policies that grant access are disabled; --param extension_policies=keep lets them grant by the password"
      .. " alone.",
  },

  check "foreign-methods" {
    guide = "NPS-CHK-08", severity = "warn", title = "Methods of other vendors", when = is_readable,
    found = function(ctx)
      local found = {}
      for number, profiles in pairs(certificates.types(facts.models(ctx))) do
        if not certificates.eap[number] then
          found[#found + 1] = ("EAP type %d (%s)"):format(number, table.concat(profiles, ", "))
        end
      end
      table.sort(found)
      return #found > 0 and table.concat(found, "; ")
    end,
    problem = "Vendor methods must be installed and configured on the destination: %s.",
    remedy = "Follow the vendor's documentation.",
  },

  check "other-sections" {
    guide = "NPS-CHK-09", severity = "warn", title = "Parts that stay behind", when = is_readable,
    found = function(ctx)
      local found = {}
      for _, section in ipairs(nps.sections(facts.model(ctx, "source"))) do
        if not known_sections[section] then found[#found + 1] = section end
      end
      return found
    end,
    problem = "These parts of the configuration stay behind: %s.",
    remedy = "Policies with conditions on health match nothing without them: check the policies behind those.",
  },

  check "templates-exist" {
    guide = "NPS-CHK-10", severity = "warn", title = "Templates",
    found = function(ctx) return not is_2003(ctx) and ctx.source:has_file(facts.files.templates) end,
    problem = "Templates can only be moved by hand in the console.",
    remedy = "Export them on the source (Templates Management), import them on the destination, then plan again.",
  },

  check "sql-log" {
    guide = "NPS-CHK-11", severity = "info", title = "SQL accounting", when = is_readable,
    found = function(ctx)
      return nps.find(facts.model(ctx, "source"), "RequestHandlers", "Microsoft Database Accounting") ~= nil
    end,
    problem = "Whether the source logs to an SQL server is not in its configuration file.",
    remedy = "If it does, record the connection and enter it again.",
  },

  check "station-patterns" {
    guide = "NPS-CHK-12", severity = "warn", title = "Conditions on stations", when = is_readable,
    found = function(ctx) return station_patterns(facts.model(ctx, "source")) end,
    problem = "Conditions on called or calling stations hold signs that have a meaning in patterns: %s.",
    remedy = "The destination compares with a regular expression: check that each is one.",
  },

  check "server-certificate" {
    guide = "NPS-CHK-14", severity = "warn", title = "A certificate for EAP", when = is_readable,
    found = function(ctx)
      return not certificates.has_suitable(ctx) and certificates.profiles(facts.model(ctx, "source"))
    end,
    problem = "The destination has no valid server certificate with its key; these need one: %s.",
    remedy = "Enrol a computer certificate on the destination.",
  },

  check "unknown-groups" {
    guide = "NPS-IMP-03", severity = "warn", title = "Groups in the conditions of policies", when = is_readable,
    found = function(ctx)
      local texts, unknown, seen = policies.conditions(facts.model(ctx, "source")), {}, {}
      local translate = sids.translator(ctx, texts)
      for _, text in ipairs(texts) do
        for _, sid in ipairs(select(2, translate(text))) do
          if not seen[sid] then unknown[#unknown + 1] = sid end
          seen[sid] = true
        end
      end
      return unknown
    end,
    problem = "It is not known whether these groups exist on the destination, so the policies with them will be"
      .. " disabled: %s.",
    remedy = "Give --param group_sids=OLD=NEW;OLD=NEW. For a group of a domain, name the domain:"
      .. " S-1-5-21-1-2-3=S-1-5-21-1-2-3.",
  },

  check "ias-txt-fault" {
    guide = { "NPS-CHK-15", "NPS-EXP-03" }, severity = "info", title = "The fault of iasmigreader", when = is_2003,
    found = function(ctx)
      local text, _, repaired = server_2003.read(ctx.source)
      return text and repaired and repaired ~= text
    end,
    problem = "ias.txt has the known fault in its EAP settings; it will be corrected.",
    remedy = "Nothing has to be done: the file as it was is kept beside it.",
  },

  check "ias-txt-unknown" {
    guide = { "NPS-CHK-15", "NPS-EXP-03" }, severity = "block", title = "The file of iasmigreader", when = is_2003,
    found = function(ctx)
      local text, name, repaired = server_2003.read(ctx.source)
      return text and not repaired and name
    end,
    problem = "%s has neither the SystemInfo block with the known fault nor the corrected one.",
    remedy = "Run iasmigreader.exe on the source again.",
  },
}
