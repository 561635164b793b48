-- What the source has set for routing and NAT, and cannot be carried over.

local infoblocks = require "infoblocks"

-- What is lost, as one text: of packet filters and NAT, or of the rest.
local function lost(ctx, guards)
  local lines = {}
  for _, loss in ipairs(infoblocks.losses(ctx)) do
    if (loss.guards or false) == guards then lines[#lines + 1] = loss.text end
  end
  return #lines > 0 and table.concat(lines, "; ") or nil
end

local look_there = "Routing and Remote Access on the source may still show them: note them there, and enter them again"
  .. " on the destination, where a manual step lists them."

return {
  check "filters-readable" {
    guide = { "RA-VER-12", "RA-VER-14a" }, severity = "block", title = "Packet filters and NAT can be carried over",
    waiver = "the destination lets packets through that the source stops, or translates no addresses, until these"
      .. " settings are entered by hand",
    found = function(ctx) return lost(ctx, true) end,
    problem = "Packet filters or NAT are lost, or may be: %s.", remedy = look_there,
  },

  check "routing-readable" {
    guide = { "RA-VER-11", "RA-VER-13", "RA-VER-16" }, severity = "warn", title = "Routing can be carried over",
    found = function(ctx) return lost(ctx, false) end,
    problem = "Settings of routing are lost: %s.", remedy = look_there,
  },
}
