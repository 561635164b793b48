-- Who answers to the name that clients know, and the way back.

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
