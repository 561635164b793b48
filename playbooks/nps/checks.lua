-- Guide section 3, first half: do the two machines fit each other?

local facts = require "facts"
local roles = require "windows.roles"
local windows = require "windows"

-- Guide section 1: the processors that each source release may have.
local sources = {
  ["2003"] = { x86 = true, AMD64 = true },
  ["2008"] = { x86 = true, AMD64 = true },
  ["2008r2"] = { AMD64 = true },
  ["2012"] = { AMD64 = true },
  ["2012r2"] = { AMD64 = true },
}
local destinations = { ["2012"] = true, ["2012r2"] = true }

return {
  check "supported-pair" {
    guide = "NPS-CHK-01", severity = "block", title = "Supported pair of systems",
    problem = function(ctx)
      local source, destination = ctx.source:identity(), ctx.destination:identity()
      local processors = sources[ctx.source_os]
      if not processors or not processors[source.architecture] or not destinations[ctx.destination_os]
        or destination.architecture ~= "AMD64" or not windows.at_most(ctx.source_os, ctx.destination_os) then
        return ("Unsupported source and destination pair for NPS: %s to %s."):format(windows.describe(source),
          windows.describe(destination)),
          "Sources are Windows Server 2003 to 2012 R2; the destination is Windows Server 2012 or 2012 R2 x64, not older"
          .. " than the source."
      end
    end,
  },

  check "full-installation" {
    guide = "NPS-CHK-02", severity = "block", title = "No Server Core",
    problem = function(ctx)
      for _, side in ipairs { "source", "destination" } do
        if windows.is_core(ctx[side]:identity()) then
          return ("NPS needs the full installation; the %s is a Server Core."):format(side),
            "Install the server with its desktop."
        end
      end
    end,
  },

  -- A card's GUID is made when Windows is installed: two machines never share one.
  check "second-machine" {
    guide = "NPS-CHK-03", severity = "block", title = "Two machines",
    problem = function(ctx)
      local there = {}
      for _, card in ipairs(ctx.destination:interfaces()) do there[card.guid:upper()] = card.is_card end
      for _, card in ipairs(ctx.source:interfaces()) do
        if card.is_card and there[card.guid:upper()] then
          return ("Source and destination both have the adapter %s: an upgrade in place is not covered.")
            :format(card.guid),
            "Give a second machine with a clean installation as the destination."
        end
      end
    end,
  },

  check "other-roles" {
    guide = "NPS-CHK-04", severity = "warn", title = "Other roles on the source",
    problem = function(ctx)
      local found = {}
      for _, role in ipairs(roles.find(ctx.source)) do
        local is_planned = role.playbook and ctx:takes_part(role.playbook)
        if not role.common and not is_planned and role.start ~= 4 then found[#found + 1] = role.title end
      end
      if #found > 0 then
        return ("Moving name or addresses of this server can break %s."):format(table.concat(found, ", ")),
          "Plan these roles too."
      end
    end,
  },

  check "language" {
    guide = "NPS-CHK-05", severity = "block", title = "Same language of installation",
    problem = function(ctx)
      local source = ctx.source:identity().install_language
      local destination = ctx.destination:identity().install_language
      if not windows.same_name(source, destination) then
        return ("Languages differ: %s / %s."):format(windows.language(source), windows.language(destination)),
          ("Install the destination again, in %s."):format(windows.language(source))
      end
    end,
  },

  check "role-installed" {
    guide = "NPS-PRE-06", severity = "block", title = "The role is installed on the destination",
    problem = function(ctx)
      local present = facts.present(ctx.destination)
      if not present then
        return "The destination does not have the role.", "Install-WindowsFeature NPAS -IncludeManagementTools"
      end
    end,
  },
}
