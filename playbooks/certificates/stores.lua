-- Roots, intermediates and bans of the computer. They are no secrets: the registry has all of them.
--
-- Certificates of services and users, and those that group policy or the enterprise bring, are in other places and come
-- from there again.

local certificate_of = require "certificate"

local M = {}

M.root = [[HKLM\SOFTWARE\Microsoft\SystemCertificates\]]
M.keys = { M.root .. "ROOT", M.root .. "CA", M.root .. "Disallowed" }

-- Words in subjects of what Windows brings along (seen in Windows XP to 10; the list: general knowledge).
local of_windows = {
  "Microsoft Root", "Microsoft Authenticode", "Microsoft Time Stamp", "Microsoft ECC ",
  "Microsoft Identity Verification",
  "Copyright (c) 1997 Microsoft Corp.", "NO LIABILITY ACCEPTED, (c)97 VeriSign", "Thawte Timestamping CA",
  "Symantec Enterprise Mobile Root for Microsoft", "Microsoft Windows Hardware", "Root Agency", "MS SGC Authority",
}

local function comes_with_windows(_, about)
  for _, words in ipairs(of_windows) do
    if about.item.subject:gsub("\\,", ","):find(words, 1, true) then return true end
  end
end

---Whether a machine has a certificate in one of its stores.
function M.has(machine, certificate, ...)
  for _, store in ipairs { ... } do
    for _, other in ipairs(machine:certificates(store)) do
      if other.sha256 == certificate.sha256 then return true end
    end
  end
  return false
end

-- Whether the destination has it in one of these stores.
local function is_in(...)
  local stores = { ... }
  return function(ctx, about) return M.has(ctx.destination, about.item, table.unpack(stores)) end
end

local function is_banned(ctx, about)
  return M.has(ctx.destination, about.item, "Disallowed") or M.has(ctx.source, about.item, "Disallowed")
end

local function has_expired(ctx, about)
  return about.item.not_after < ctx.time
end

-- Roots that the source's own certificates and the given ones end in, and those that IKEv2 accepts by name.
local function find_needed_roots(ctx)
  local needed = {}
  local function add(chain) if chain and chain.root_sha256 ~= "" then needed[chain.root_sha256] = true end end
  for _, certificate in ipairs(ctx.source:certificates "MY") do
    if not certificate.archived then
      add(ctx.source:chain("MY", certificate.thumbprint, { ctx.destination }, ctx.time))
    end
  end
  for _, given in ipairs(ctx.given_certificates) do
    add(ctx.given:chain("MY", given.thumbprint, { ctx.source, ctx.destination }, ctx.time))
  end
  local accepted = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters\IKEV2\AllowedTrustedRootCerts]]
  for _, number in ipairs(ctx.source:keys(accepted)) do
    needed[ctx.source:read(accepted .. "\\" .. number, "TrustedRootCert") or ""] = true
  end
  return needed
end

local function is_left_out(ctx, about)
  if ctx.params.move_roots == "all" then return false end
  ctx.state.needed_roots = ctx.state.needed_roots or find_needed_roots(ctx)
  local needed = ctx.state.needed_roots
  return ctx.params.move_roots == "none" or not (needed[about.item.sha256] or needed[about.item.subject_der])
end

local not_needed = "no certificate of the plan ends in it; --param move_roots=all takes such roots along"

local unfit = {
  drop "*" { when = comes_with_windows, why = "Windows brings its own" },
  drop "*" { when = is_banned, why = "it is among the certificates that are not to be trusted" },
  drop "*" { when = has_expired, why = "it has expired" },
}

M.steps = {
  account "banned-certificates" {
    guide = "CERT-MOVE-06", title = "Certificates that are not to be trusted", certificates = "Disallowed",
    keep "*" { when = is_in "Disallowed", why = "the destination bans it" },
    migrate "*",
  },

  account "roots" {
    guide = "CERT-MOVE-04", title = "Roots that the destination trusts", certificates = "ROOT",
    keep "*" { when = is_in("ROOT", "AuthRoot"), why = "the destination trusts it" },
    unfit,
    drop "*" {
      when = is_left_out, why = not_needed,
      note = function(_, about)
        return ("The destination does not get the root %s: %s."):format(certificate_of.describe(about.item), not_needed)
      end,
    },
    migrate "*",
  },

  account "intermediates" {
    guide = "CERT-MOVE-05", title = "Intermediate certificates", certificates = "CA",
    keep "*" { when = is_in "CA", why = "the destination has it" },
    unfit,
    migrate "*",
  },
}

return M
