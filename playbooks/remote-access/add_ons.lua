-- What was added to Remote Access on the source: profiles of Connection Manager and the debug log.

local facts = require "facts"

-- A profile serves clients of the processor that it was built on (guide section 10.5, RA-MAN-09).
local function fits(ctx)
  return ctx.source:identity().architecture == "AMD64" and ctx.destination:identity().architecture == "AMD64"
end

-- "Vista and above\\Work", the folder of a profile; of a file beside them its own name.
local function profile_of(_, about)
  local relative = about.to:sub(#facts.profiles + 2)
  return relative:match "^(.*)\\[^\\]*$" or relative
end

return {
  account "connection-profiles" {
    guide = "RA-MAN-09", title = "Connection Manager profiles", files = facts.profiles,
    migrate "**" { when = fits },
    by_hand "**" {
      step = "old-profiles", why = "a profile of a 32-bit server is of no use on x64", detail = profile_of,
    },
  },

  -- The box "Log additional Routing and Remote Access information" turns these on, one for each component. Where and
  -- how much is logged stays the destination's own.
  settings "debug-log" {
    guide = "RA-MAN-13", title = "Debug logging", each = subkeys(facts.keys.tracing .. [[\*]]),
    migrate "EnableFileTracing" { when = function(_, about) return about.value == 1 end },
  },
}
