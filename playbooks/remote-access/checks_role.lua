-- Guide section 2, second half: is there something to move, and can the destination take it?

local bits = require "format.bits"
local facts = require "facts"
local phonebook = require "format.phonebook"
local phonebook_rules = require "phonebook_rules"

local keys = facts.keys

local weak_server_methods = {
  { facts.server_flags.pap, "PAP" },
  { facts.server_flags.spap, "SPAP" },
  { facts.server_flags.ms_chap, "MS-CHAP" },
  { facts.server_flags.md5_chap, "CHAP" },
}
local WEAK_IN_PHONEBOOK = 0x8 | 0x10 | 0x20 | 0x40 | 0x400

-- "server: PAP", "Branch Office: MS-CHAP": where weak methods are allowed.
local function weak_methods(ctx)
  local found = {}
  local names = bits.names(facts.number(ctx.source, keys.parameters, "ServerFlags"), weak_server_methods)
  if #names > 0 then found[1] = "the server allows " .. table.concat(names, ", ") end
  local book = facts.read_book(ctx.source)
  for _, entry in ipairs(book and book.entries or {}) do
    local allowed = math.tointeger(tonumber(phonebook.get(entry, "AuthRestrictions") or "0")) or 0
    local weak = bits.names(allowed & WEAK_IN_PHONEBOOK, phonebook_rules.authentication_names)
    if phonebook.get(entry, "CustomAuthKey") == "4" then weak[#weak + 1] = "EAP-MD5" end
    if #weak > 0 and not entry.repeated then
      found[#found + 1] = ("'%s' allows %s"):format(entry.called, table.concat(weak, ", "))
    end
  end
  return found
end

-- Role services of 2012 that the source's configuration needs. In 2003 routing and VPN were one thing.
local function needed_features(ctx)
  local needed = { "RemoteAccess" }
  if ctx.source_os == "2003" or facts.is_vpn_server(ctx.source) then needed[#needed + 1] = "DirectAccess-VPN" end
  if ctx.source_os == "2003" or facts.is_router(ctx.source) then needed[#needed + 1] = "Routing" end
  return needed
end

-- Add-on programs for dialing and administration that an x86 source has.
local function add_ons(ctx)
  local places = {
    { "administration DLLs", [[HKLM\SOFTWARE\Microsoft\RAS\AdminDll]], "DLLPath" },
    { "a security DLL", [[HKLM\SOFTWARE\Microsoft\RAS\SecurityHost]], "DLLPath" },
    { "custom dialing DLLs", keys.rasman, "CustomDLL" },
  }
  local found = {}
  for _, place in ipairs(places) do
    local value = ctx.source:read(place[2], place[3])
    if type(value) == "table" then value = value[1] end
    if type(value) == "string" and value ~= "" then found[#found + 1] = place[1] end
  end
  if #ctx.source:files(facts.profiles) > 0 then found[#found + 1] = "CMAK profiles" end
  return found
end

return {
  -- The guide has no id for a source where nothing is configured. RA-CHK-11 is the one that compares what
  -- is configured there with what is to move.
  check "configured" {
    guide = "RA-CHK-11", severity = "block", title = "Remote Access is configured on the source",
    problem = function(ctx)
      local flags = ctx.source:read(keys.service, "ConfigurationFlags")
      if flags == nil then
        return "The source does not have the Routing and Remote Access service.",
          "Check that the right machine is given as the source."
      elseif flags == 0 then
        return "Routing and Remote Access is not configured on the source: there is nothing to migrate.",
          "Leave 'remote-access' out, or check that the right machine is given as the source."
      end
    end,
  },

  check "role-services" {
    guide = { "RA-CHK-17", "RA-PRE-06", "RA-PRE-07" }, severity = "block", title = "Role services on the destination",
    problem = function(ctx)
      local missing = {}
      if not ctx.destination:has_key(keys.service) then
        missing[1] = "RemoteAccess"
      elseif #ctx.destination:keys(keys.features) > 0 then
        for _, feature in ipairs(needed_features(ctx)) do
          if facts.number(ctx.destination, keys.features .. "\\" .. feature, "InstallState") ~= 1 then
            missing[#missing + 1] = feature
          end
        end
      end
      if #missing > 0 then
        return ("The destination lacks %s."):format(table.concat(missing, ", ")),
          "Run on the destination: Install-WindowsFeature " .. table.concat(missing, ", ")
            .. " -IncludeManagementTools"
      end
    end,
  },

  -- The policy itself is in a part of the SAM hive that is not read; so the admin has to state it. Where the
  -- source is in a domain, the accounts are taken to be the domain's.
  check "local-chap" {
    guide = "RA-CHK-22", severity = "block", title = "CHAP with local accounts",
    when = function(ctx)
      return facts.has_server_flag(ctx.source, facts.server_flags.md5_chap)
        and not facts.uses_radius(ctx.source, "Authentication") and ctx.source:identity().domain == ""
    end,
    problem = function(ctx)
      if not ctx.params.reversible_passwords then
        return "Local accounts use CHAP, which needs passwords in reversible encryption on the destination.",
          "Stop using CHAP on the source; or turn on 'Store passwords using reversible encryption' on the destination"
            .. " and give --param reversible_passwords=yes."
      end
    end,
  },

  check "weak-authentication" {
    guide = "RA-CHK-23", severity = "warn", title = "No weak authentication methods",
    problem = function(ctx)
      local found = weak_methods(ctx)
      if #found > 0 then
        return "Weak authentication methods are in use: " .. table.concat(found, "; ") .. ".",
          "SPAP, MS-CHAP and EAP-MD5 do not exist on the destination: connections that need them fail."
      end
    end,
  },

  -- Which encryption clients negotiate is not stored; 2003 always allows the weak ones.
  check "old-encryption" {
    guide = "RA-CHK-24", severity = "warn", title = "No weak encryption",
    when = function(ctx)
      return ctx.source_os == "2003" and facts.is_vpn_server(ctx.source) and ctx.params.weak_encryption == "no"
    end,
    problem = function()
      return "Windows Server 2003 lets VPN clients use 40- and 56-bit encryption; the destination does not.",
        "Check that all clients can use 128-bit encryption: others fail with error 741 or 742. Only if they cannot be"
          .. " replaced: --param weak_encryption=pptp, l2tp or both."
    end,
  },

  check "add-ons" {
    guide = "RA-CHK-25", severity = "warn", title = "No 32-bit add-ons",
    when = function(ctx) return ctx.source:identity().architecture == "x86" end,
    problem = function(ctx)
      local found = add_ons(ctx)
      if #found > 0 then
        return ("The 32-bit source has %s."):format(table.concat(found, ", ")),
          "They cannot be used on the 64-bit destination: get 64-bit versions."
      end
    end,
  },

  check "modems" {
    guide = { "RA-VER-06", "RA-MAN-02" }, severity = "info", title = "Modems",
    problem = function(ctx)
      local found = {}
      for _, modem in ipairs(subkeys(keys.modems .. [[\*]])(ctx.source)) do
        local name = ctx.source:read(modem.path, "FriendlyName")
        found[#found + 1] = type(name) == "string" and ("'%s'"):format(name) or nil
      end
      if #found > 0 then
        return ("Modems are not migrated: %s."):format(table.concat(found, ", ")),
          "Install them on the destination if they are needed."
      end
    end,
  },

  check "nps-first" {
    guide = "RA-CHK-26", severity = "warn", title = "NPS is migrated first",
    problem = function(ctx)
      if facts.uses_radius(ctx.source, "Authentication") or facts.uses_radius(ctx.source, "Accounting") then
        return "The source authenticates or accounts with RADIUS servers.",
          "Migrate NPS first, or check that the RADIUS servers know the destination as a client."
      end
    end,
  },
}
