-- Settings of the server for all shares (names of values: general knowledge).

local facts = require "facts"

local function is_on(_, about) return about.value ~= 0 end

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
    migrate "NullSessionShares" { through = moved_shares },
    keep "NullSessionPipes" { why = "the services of the destination's release have pipes of their own" },
    drop "SMB1" { when = is_on, why = "SMB 1 is not spoken by a new server: whoever needs it installs it there" },
    keep { "ServiceDll", "ServiceDllUnloadOnStop" } { why = "registers code of the operating system" },
    keep "Guid" { why = "identity of the destination" },
    shipped_with,
    switches [[LanmanServer\Parameters]],
  },

  settings "names-in-dns" {
    guide = { "FILE-SMB-03", "FILE-ID-01" }, title = "Other names that the server registers in DNS",
    key = facts.keys.dnscache,
    switches [[Dnscache\Parameters]],
  },

  settings "ntlm" {
    guide = { "FILE-SMB-03", "FILE-ID-01" }, title = "NTLM, and other names by which the server calls itself",
    key = facts.keys.ntlm,
    switches(facts.keys.ntlm),
  },

  deferred "restart-server" {
    guide = "FILE-SMB-05", title = "Start the service Server again, and what depends on it",
    when = function(ctx) return ctx.state.moved ~= nil end,
    run = restart,
    undo = restart,
  },
}
