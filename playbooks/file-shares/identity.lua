-- Who answers to the name that clients know, and the way back.

local facts = require "facts"
local shared = require "shared"

local function any_moved(ctx)
  return ctx.state.moved ~= nil
end

local function takes_over(ctx)
  return any_moved(ctx) and ctx.params.takes_over_name
end

return {
  manual "take-over-name" (shared.rename { guide = { "FILE-ID-01", "FILE-ROLLBACK-01" }, when = takes_over }),
  manual "take-over-addresses" (shared.take_addresses { guide = "FILE-ID-01", when = takes_over }),

  manual "other-names" {
    guide = "FILE-ID-01", title = "Other names that clients use", on = "domain", phase = "after",
    when = function(ctx) return #facts.other_names(ctx.source) > 0 end,
    text = function(ctx)
      local old, new = ctx.source:identity().computer_name, ctx.destination:identity().computer_name
      local lines = facts.other_names(ctx.source)
      if ctx.source:read(facts.keys.parameters, "DisableStrictNameChecking") == 1 then
        lines[#lines + 1] = "DisableStrictNameChecking is 1: the server answers by any name, which loosens a check."
      end
      table.insert(lines, 1, "The source is called by other names, too. They are carried; two servers with one name are"
        .. " in each other's way, so take them from the source before the destination starts:")
      lines[#lines + 1] = ("In DNS: let the CNAME records of these names point at the destination, or delete the A"
        .. " records that the source has registered. In the domain: setspn -L %s lists what the source has;"
        .. " setspn -D host/NAME %s, then setspn -S host/NAME %s for each name, short and full (not while the"
        .. " destination is renamed to %s: then they stay). netdom computername %s /enumerate shows what is"
        .. " registered."):format(old, old, new, old, new)
      return table.concat(lines, "\n")
    end,
  },

  manual "security-policy" (shared.security_policy { guide = "FILE-SMB-03", when = any_moved }),

  manual "clients-to-new-server" {
    guide = { "FILE-ID-01", "FILE-ROLLBACK-01" }, title = "Point clients at the destination", on = "people",
    phase = "after", when = function(ctx) return any_moved(ctx) and not ctx.params.takes_over_name end,
    text = "Change mapped drives, logon scripts, targets of DFS and programs that use the source's shares. The way back"
      .. " is to point them at the source.",
  },

  manual "data-back" {
    guide = "FILE-ROLLBACK-01", title = "Data on the way back", on = "people", phase = "back", when = any_moved,
    text = "Only if the migration is given up: what users changed on the destination goes back with robocopy, in the"
      .. " opposite direction.\n" .. shared.roll_back,
  },
}
