-- Do the two machines fit each other, and is everything there that is to move?

local checks = require "shared.checks"
local facts = require "facts"
local windows = require "windows"
local zone_file = require "zone_file"

local function names_of(zones, wanted)
  local names = {}
  for _, zone in ipairs(zones) do
    if wanted(zone) then names[#names + 1] = zone.name end
  end
  return #names > 0 and table.concat(names, ", ") or nil
end

-- "example.com (example.com.dns)" for every zone whose file is missing or elsewhere; also what a boot file names.
local function missing_files(ctx)
  local missing = {}
  local function need(file, of)
    if not facts.plain_name(file) or not facts.read_zone_file(ctx, file) then
      missing[#missing + 1] = ("%s (%s)"):format(of, file or "no file")
    end
  end
  for _, zone in ipairs(facts.zones(ctx.source)) do
    if zone.moves and zone.kind == "primary" then need(zone.file or zone.outside, zone.name) end
  end
  if ctx.source:read(facts.keys.parameters, "BootMethod") == 1 then
    need("boot", "the boot file")
    local files = zone_file.boot_files(facts.read_zone_file(ctx, "boot") or "")
    for _, file in ipairs(files) do need(file, "the boot file") end
  end
  return missing
end

return {
  check "supported-pair" (checks.supported_pair("dns-server", "DNS Server", { guide = "DNS-CHK-01" })),
  check "role-installed" (checks.role_installed("DNS", "DNS", { guide = "DNS-CHK-02" })),

  check "edition" (checks.edition { guide = "DNS-CHK-01", fits = { "Web Edition" } }),
  check "source-edition" (checks.source_edition { guide = "DNS-CHK-01", fits = { "Web Edition" } }),

  check "domain-controller" {
    guide = { "DNS-CHK-03", "DNS-AD-01" }, severity = "block", title = "No domain controller as the source",
    when = function(ctx) return ctx.params.domain_controller == "refuse" end,
    problem = function(ctx)
      if windows.is_domain_controller(ctx.source:identity()) then
        return "The source is a domain controller. Its zones in Active Directory come to the destination by"
          .. " replication, when that is a domain controller too; a copy would be a second zone that nobody updates.",
          "First promote the destination and let it replicate. What is in files, and the settings, then move with"
          .. " --param domain_controller=file-zones."
      end
    end,
  },

  check "zones-in-directory" {
    guide = "DNS-ZONE-03", severity = "warn", title = "Zones in Active Directory",
    problem = function(ctx)
      local names = names_of(facts.zones(ctx.source), function(zone) return zone.integrated end)
      if names and not windows.is_domain_controller(ctx.destination:identity()) then
        return ("These zones are in Active Directory, and the destination is no domain controller: %s."):format(names),
          "Promote it, or make them secondary zones there, or the destination does not answer for them."
      end
    end,
  },

  check "zone-files-there" {
    guide = "DNS-CHK-04", severity = "block", title = "Every zone has its file",
    problem = function(ctx)
      local missing = missing_files(ctx)
      if #missing > 0 then
        return ("Zone files are not in %s of the source: %s."):format(facts.folder, table.concat(missing, ", ")),
          "Put copies there (DatabaseDirectory or a path in the zone tells where they are), or leave the zone out with"
          .. " --exclude."
      end
    end,
  },

  check "own-zones" {
    guide = "DNS-CHK-05", severity = "warn", title = "Zones that the destination has",
    problem = function(ctx)
      local there = facts.zones_by_name(ctx.destination)
      local names = names_of(facts.zones(ctx.source), function(zone)
        return zone.moves and there[zone.name:lower()] ~= nil
      end)
      if names then
        return ("The destination has zones of the same names, which the source's replace: %s."):format(names),
          "Leave a zone of the source out with --exclude, if the destination's is the right one."
      end
    end,
  },

  check "own-directory-zones" {
    guide = "DNS-CHK-05", severity = "block", title = "Zones that the destination has in Active Directory",
    problem = function(ctx)
      local there = facts.zones_by_name(ctx.destination)
      local names = names_of(facts.zones(ctx.source), function(zone)
        local own = there[zone.name:lower()]
        return zone.moves and own and own.integrated
      end)
      if names then
        return ("The destination has these zones in Active Directory, the source in files: %s."):format(names),
          "One of them is the right one: leave the zone of the source out with --exclude, or delete the other."
      end
    end,
  },

  check "plugin" {
    guide = "DNS-SET-03", severity = "warn", title = "No plug-in DLL",
    problem = function(ctx)
      local path = ctx.source:read(facts.keys.parameters, "ServerLevelPluginDll")
      if path and path ~= "" then
        return ("The source's service loads a plug-in: %s."):format(tostring(path)),
          "Find out what it is: attackers use this setting. It is not migrated."
      end
    end,
  },

  check "own-masters" {
    guide = "DNS-ZONE-06", severity = "warn", title = "Secondary zones with another server as master",
    problem = function(ctx)
      local names = names_of(facts.zones(ctx.source), function(zone)
        if not zone.moves or zone.kind == "primary" then return false end
        for _, address in ipairs(facts.addresses_in(ctx.source:read(zone.path, "MasterServers")) or {}) do
          if facts.is_own_address(ctx, address) then return true end
        end
      end)
      if names then
        return ("The destination itself is the master of these zones: %s."):format(names),
          "Give each another master on the source, or make it a primary zone on the destination."
      end
    end,
  },
}
