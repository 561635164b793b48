-- Who answers to the name that clients know, and the way back.

local function any_moved(ctx)
  return ctx.state.moved ~= nil
end

return {
  manual "take-over-name" {
    guide = { "FILE-ID-01", "FILE-ROLLBACK-01" }, title = "Take over name and addresses", on = "destination",
    phase = "after", when = function(ctx) return any_moved(ctx) and ctx.params.takes_over_name end,
    text = "Rename the source, move its addresses (or stop the service Server there), then give the destination the"
      .. " source's name. The way back is the opposite; data that users changed go back with robocopy.",
  },

  manual "clients-to-new-server" {
    guide = { "FILE-ID-01", "FILE-ROLLBACK-01" }, title = "Point clients at the destination", on = "people",
    phase = "after", when = function(ctx) return any_moved(ctx) and not ctx.params.takes_over_name end,
    text = "Change mapped drives, logon scripts, targets of DFS and programs that use the source's shares. The way back"
      .. " is to point them at the source; data that users changed go back with robocopy.",
  },
}
