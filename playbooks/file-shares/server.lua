-- Settings of the server for all shares (names of values: general knowledge).

local facts = require "facts"

-- A destination that asks for signing goes on asking: newer releases are stricter by themselves.
local function stronger(name)
  return function(value, ctx)
    local there = ctx.destination:read(facts.keys.parameters, name)
    if value == 1 or there == nil then return value end
    return there, "the destination's own is kept: nothing gets weaker"
  end
end

-- Folders that anonymous users may open: those that were shared on the source and move.
local function moved_shares(value, ctx)
  local list, moved = {}, {}
  for _, share in ipairs(ctx.state.moved or {}) do moved[share.name:lower()] = true end
  for _, name in ipairs(type(value) == "table" and value or {}) do
    if moved[name:lower()] then list[#list + 1] = name end
  end
  if #list == 0 then return nil, "none of these shares moves" end
  ctx:note("Anonymous users may open these shares, as on the source: " .. table.concat(list, ", ") .. ".")
  return list
end

-- Shares whose folder was not there when the service began are missing until it begins again.
local restart = "Restart-AndWait 'LanmanServer'"

return {
  settings "server-parameters" {
    guide = { "FILE-SMB-03", "FILE-SMB-01" }, title = "Server: administrative shares, sessions, signing",
    key = facts.keys.parameters,
    migrate { "AutoShareServer", "AutoShareWks", "srvcomment", "AutoDisconnect", "EnableForcedLogoff",
              "EnableS4U2Self" },
    migrate "RequireSecuritySignature" { through = stronger "RequireSecuritySignature" },
    migrate "EnableSecuritySignature" { through = stronger "EnableSecuritySignature" },
    migrate "RestrictNullSessAccess" { through = stronger "RestrictNullSessAccess" },
    migrate "NullSessionShares" { through = moved_shares },
    keep "NullSessionPipes" { why = "the services of the destination's release have pipes of their own" },
    keep "**" { why = "belongs to the destination's release" },
  },

  deferred "restart-server" {
    guide = "FILE-SMB-05", title = "Start the service Server again, and what depends on it",
    when = function(ctx) return ctx.state.moved ~= nil end,
    run = restart,
    undo = restart,
  },
}
