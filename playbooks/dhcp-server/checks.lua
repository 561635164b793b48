-- Guide section 5: do the two machines fit each other?

local facts = require "facts"
local relocate = require "relocate"
local windows = require "windows"

-- Sources of the guide. From 2012 on the destination has the cmdlets that the import needs.
local sources = { ["2003"] = true, ["2008"] = true, ["2008r2"] = true, ["2012"] = true, ["2012r2"] = true }

return {
  check "supported-pair" {
    guide = "DHCP-PRE-03", severity = "block", title = "Supported pair of systems",
    problem = function(ctx)
      local source, destination = ctx.source:identity(), ctx.destination:identity()
      if not sources[ctx.source_os] or not windows.is_pair(ctx.source_os, ctx.destination_os) then
        return ("Unsupported source and destination pair for DHCP Server: %s to %s."):format(
          windows.describe(source), windows.describe(destination)),
          "Sources are Windows Server 2003 to 2012 R2; the destination is 2012 or newer, and not older than the source."
      elseif ctx.source_os == "2008" and windows.is_core(source) then
        return "The source is a Server Core installation of Windows Server 2008.",
          "Only full installations of 2008 can be a source: set the destination up by hand."
      end
    end,
  },

  check "cluster" {
    guide = "DHCP-PRE-03", severity = "block", title = "No cluster",
    problem = function(ctx)
      for _, side in ipairs { "source", "destination" } do
        local start = ctx[side]:read(facts.keys.cluster, "Start")
        if math.type(start) == "integer" and start < 4 then
          return ("The %s belongs to a cluster; DHCP Server of clusters is not migrated."):format(side),
            "Move the service by the means of the cluster."
        end
      end
    end,
  },

  check "role-installed" {
    guide = "DHCP-PRE-03", severity = "block", title = "The role is installed on the destination",
    problem = function(ctx)
      local start = ctx.destination:read(facts.keys.service, "Start")
      if not start or start == 4 then
        return start and "The service DHCPServer of the destination is disabled." or "The destination lacks the role.",
          "Run on the destination: Install-WindowsFeature -Name DHCP -IncludeManagementTools"
      end
    end,
  },

  check "domain" {
    guide = "DHCP-PRE-02", severity = "block", title = "Same domain", when = facts.in_domain,
    problem = function(ctx)
      local source, destination = ctx.source:identity().domain, ctx.destination:identity().domain
      if source:lower() ~= destination:lower() then
        return ("The source belongs to the domain %s, the destination to %s."):format(source,
          destination ~= "" and destination or "none"), ("Join the destination to %s."):format(source)
      end
    end,
  },

  check "adapters" {
    guide = "DHCP-PRE-01", severity = "block", title = "Enough network adapters",
    problem = function(ctx)
      local needed, there = #facts.bound_cards(ctx.source), 0
      for _, card in ipairs(ctx.destination:interfaces()) do there = there + (card.is_card and 1 or 0) end
      if there < needed then
        return ("The source answers on %d adapters, the destination has %d."):format(needed, there),
          "Add adapters to the destination."
      end
    end,
  },

  check "adapters-mapped" {
    guide = "DHCP-PRE-01", severity = "warn", title = "An adapter for each that is bound",
    problem = function(ctx)
      local missing = {}
      for _, card in ipairs(facts.bound_cards(ctx.source)) do
        if not ctx:interface(card.guid) then missing[#missing + 1] = "'" .. card.name .. "'" end
      end
      if #missing > 0 then
        return ("The source answers on adapters that have none in their place: %s."):format(
          table.concat(missing, ", ")),
          "Name them in the map, or their clients get no addresses."
      end
    end,
  },

  check "database-drive" {
    guide = "DHCP-PRE-04", severity = "warn", title = "Drive of the database",
    problem = function(ctx)
      local path = facts.moved_database(ctx)
      if path and not relocate.has_drive(ctx.destination, path) then
        return ("The source's database is in %s; the destination has no fixed volume of that letter."):format(path),
          "Give it one, or leave the database in the default folder: the import fills it wherever it is."
      end
    end,
  },
}
