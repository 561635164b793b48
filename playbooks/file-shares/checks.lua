-- What may be in the way of the shares.

local checks = require "shared.checks"
local facts = require "facts"
local others = require "others"
local permissions = require "permissions"
local windows = require "windows"

-- What of the source speaks SMB 1 to clients. 2003 has nothing else; later it is a value, since 2012 R2 also a feature
-- with the driver srv (general knowledge).
local function smb1_of(ctx)
  local names = {}
  for index, share in ipairs(facts.shared_folders(ctx.source)) do names[index] = share.name end
  local off = ctx.source:read(facts.keys.parameters, "SMB1") == 0
  if #names == 0 or ctx.source_os ~= "2003" and off then return nil end
  local list = table.concat(names, ", ")
  if ctx.source_os == "2003" then return ("The source speaks SMB 1 alone with all clients of %s"):format(list) end
  return ("The source offers SMB 1 to clients of %s"):format(list)
end

return {
  check "supported-pair" (checks.supported_pair("file-shares", "File shares", { guide = "FILE-PRE-05" })),
  check "beyond-the-guide" (checks.beyond_the_guide("file-shares", { guide = "FILE-PRE-05" })),
  check "old-clients" (checks.gone("smb1", {
    guide = { "FILE-SMB-03", "FILE-ID-01" }, title = "Clients that speak SMB 1 alone", used = smb1_of,
  })),
  check "edition" (checks.edition { guide = "FILE-PRE-05", fits = { "Storage Server" } }),
  check "source-edition" (checks.source_edition { guide = "FILE-PRE-05", fits = { "Storage Server" } }),
  check "domain-controller" (checks.domain_controller({ guide = "FILE-PRE-04" }, {
    source = {
      "SYSVOL and NETLOGON are its own and stay; logon scripts and policies there do not move with shares.",
      "Promote another server and let it replicate before this one is retired.",
    },
  })),
  check "domain" (checks.same_domain({ guide = "FILE-PRE-04", severity = "warn" },
    "accounts of the domain in permissions may mean nobody")),

  check "drive-letters" {
    guide = "FILE-PRE-02", severity = "block", title = "Drives of the shared folders",
    when = function(ctx) return ctx.params.missing_drives == "block" end,
    problem = function(ctx)
      local missing, lines = facts.missing_drives(ctx), {}
      for index, drive in ipairs(missing) do
        lines[index] = ("%s (%s)"):format(drive.letter, table.concat(drive.shares, ", "))
      end
      if #lines > 0 then
        return ("The destination does not have the drives of these shares: %s."):format(table.concat(lines, "; ")),
          ("Say where their folders are: --param 'folders=%s=C:\\Data'. When the disks are attached later:"
            .. " --param missing_drives=by-hand"):format(missing[1].letter)
      end
    end,
  },

  check "same-names" {
    guide = "FILE-SMB-01", severity = "block", title = "No other share of the same name",
    waiver = "the source's share takes the place of the destination's",
    problem = function(ctx)
      local there = {}
      for _, share in ipairs(facts.shares(ctx.destination)) do there[share.name:lower()] = share end
      for _, share in ipairs(facts.shared_folders(ctx.source)) do
        local other, path = there[share.name:lower()], facts.destination_path(ctx, share.path)
        if other and not windows.same_name(other.path, path) then
          return ("The destination shares '%s' already, as %s; the source's would be %s."):format(share.name,
            other.path or "something else", path),
            ("Take it away there, or leave the source's out: --exclude '%s\\%s'"):format(facts.keys.shares, share.name)
        end
      end
    end,
  },

  check "known-accounts" {
    guide = "FILE-SMB-02", severity = "warn", title = "Accounts in the permissions of shares",
    problem = function(ctx)
      local lines = {}
      for _, share in ipairs(facts.shared_folders(ctx.source)) do
        local unknown = permissions.of(ctx, share).unknown
        if #unknown > 0 then lines[#lines + 1] = share.name .. " (" .. permissions.describe(unknown) .. ")" end
      end
      if #lines > 0 then
        return ("Permissions name accounts of the source, or of a domain that is not known: %s."):format(
          table.concat(lines, ", ")),
          "Give --param group_sids=OLD=NEW;OLD=NEW. For a domain: OLD=OLD with its SID. What is not named means nobody"
            .. " on the destination until the permissions are set again."
      end
    end,
  },

  check "other-file-services" {
    guide = { "FILE-DFS-01", "FILE-PRINT-01", "FILE-CLUSTER-01" }, severity = "info", title = "Other file services",
    problem = function(ctx)
      local found = {}
      for _, other in ipairs(others.found(ctx)) do found[#found + 1] = other.title end
      if #found > 0 then
        return ("The source also has %s."):format(table.concat(found, ", ")), "The manual steps say what to do."
      end
    end,
  },
}
