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

local function is_off(_, about) return about.value == 0 end

-- What nobody has changed.
local hives = "SYSTEM hives of Windows XP SP2 and 7 SP1"
local shipped_with = {
  shipped "Lmannounce" { value = dword(0), from = hives },
  shipped "Size" { value = dword(1), from = hives },
  shipped "AdjustedNullSessionPipes" { value = dword(1), from = hives },
  shipped "AdjustedNullSessionPipes" { value = dword(3), from = hives },
  shipped "EnableAuthenticateUserSharing" { value = dword(0), from = hives },
  shipped "EnableEcp" { value = dword(1), from = hives },
  shipped "CachedOpenLimit" { value = dword(0), from = hives },
  shipped "IrpStackSize" { value = dword(16), from = hives },
}

-- The keys beside the role's own that hold other names of the server.
local function other_names(source)
  local list = {}
  if source:get(facts.keys.dnscache, "AlternateComputerNames") then list[1] = { path = facts.keys.dnscache } end
  if source:get(facts.keys.lsa, "BackConnectionHostNames") then list[#list + 1] = { path = facts.keys.lsa } end
  return list
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
    migrate "EncryptData" { through = stronger "EncryptData" },
    migrate "RejectUnencryptedAccess" { through = stronger "RejectUnencryptedAccess" },
    migrate "SMB1" { when = is_off, why = "SMB 1 stays off" },
    drop "SMB1" { why = "SMB 1 is not spoken by a new server: whoever needs it installs it there" },
    keep { "ServiceDll", "ServiceDllUnloadOnStop" } { why = "registers code of the operating system" },
    keep "Guid" { why = "identity of the destination" },
    shipped_with,
    switches [[LanmanServer\Parameters]],
  },

  settings "other-names" {
    guide = "FILE-SMB-03", title = "Other names that the server is called by",
    when = function(ctx) return #other_names(ctx.source) > 0 end, each = other_names,
    switches [[Dnscache\Parameters]],
    unjudged "BackConnectionHostNames" { why = "other names by which the server may call itself (KB 926642)" },
  },

  deferred "restart-server" {
    guide = "FILE-SMB-05", title = "Start the service Server again, and what depends on it",
    when = function(ctx) return ctx.state.moved ~= nil end,
    run = restart,
    undo = restart,
  },
}
