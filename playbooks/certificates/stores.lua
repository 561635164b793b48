-- Roots, intermediates and bans of the computer. They are no secrets: the registry has all of them.
--
-- One table a store: the first rule that holds decides. Certificates of services and users, and those that group
-- policy or the enterprise bring, are in other places and come from there again.

local certificate_of = require "certificate"

local M = {}

local system_certificates = [[HKLM\SOFTWARE\Microsoft\SystemCertificates\]]
M.keys = { system_certificates .. "ROOT", system_certificates .. "CA", system_certificates .. "Disallowed" }

-- Words in subjects of what Windows brings along (seen in Windows XP to 10; the list: general knowledge).
local of_windows = {
  "Microsoft Root", "Microsoft Authenticode", "Microsoft Time Stamp", "Microsoft ECC ",
  "Microsoft Identity Verification",
  "Copyright (c) 1997 Microsoft Corp.", "NO LIABILITY ACCEPTED, (c)97 VeriSign", "Thawte Timestamping CA",
  "Symantec Enterprise Mobile Root for Microsoft", "Microsoft Windows Hardware", "Root Agency", "MS SGC Authority",
}

local function comes_with_windows(_, certificate)
  for _, words in ipairs(of_windows) do
    if certificate.subject:gsub("\\,", ","):find(words, 1, true) then return true end
  end
end

local function has(machine, store, certificate)
  for _, other in ipairs(machine:certificates(store)) do
    if other.sha256 == certificate.sha256 then return true end
  end
end

local function is_trusted(ctx, certificate)
  return has(ctx.destination, "ROOT", certificate) or has(ctx.destination, "AuthRoot", certificate)
end

local function is_banned(ctx, certificate)
  return has(ctx.destination, "Disallowed", certificate) or has(ctx.source, "Disallowed", certificate)
end

local function has_expired(ctx, certificate)
  return certificate.not_after < ctx.time
end

-- Roots that the source's own certificates and the given ones end in, and those that IKEv2 accepts by name.
local function needed_roots(ctx)
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

local function is_left_out(ctx, certificate)
  if ctx.params.move_roots == "all" then return false end
  local needed = ctx.state.needed_roots
  return ctx.params.move_roots == "none" or not (needed[certificate.sha256] or needed[certificate.subject_der])
end

local rules = {
  ROOT = {
    { when = is_trusted, verdict = "kept", why = "the destination trusts it" },
    { when = comes_with_windows, verdict = "dropped", why = "Windows brings its own" },
    { when = is_banned, verdict = "dropped", why = "it is among the certificates that are not to be trusted" },
    { when = has_expired, verdict = "dropped", why = "it has expired" },
    { when = is_left_out, verdict = "dropped",
      why = "no certificate of the plan ends in it; --param move_roots=all takes such roots along", tell = true },
  },
  CA = {
    { when = function(ctx, certificate) return has(ctx.destination, "CA", certificate) end, verdict = "kept",
      why = "the destination has it" },
    { when = comes_with_windows, verdict = "dropped", why = "Windows brings its own" },
    { when = is_banned, verdict = "dropped", why = "it is among the certificates that are not to be trusted" },
    { when = has_expired, verdict = "dropped", why = "it has expired" },
  },
  Disallowed = {
    { when = function(ctx, certificate) return has(ctx.destination, "Disallowed", certificate) end, verdict = "kept",
      why = "the destination bans it" },
  },
}

local function rule_for(ctx, store, certificate)
  for _, rule in ipairs(rules[store]) do
    if rule.when(ctx, certificate) then return rule end
  end
end

---Puts a certificate of another machine's store into one of the destination's, with all its properties.
function M.copy(ctx, to, from, from_store, thumbprint)
  local place = [[\Certificates\]] .. thumbprint
  ctx.destination:copy_key(system_certificates .. to .. place, from, system_certificates .. from_store .. place)
end

local function move_store(ctx, store)
  local moved, seen = 0, {}
  for _, certificate in ipairs(ctx.source:certificates(store)) do
    local rule = rule_for(ctx, store, certificate)
    if not seen[certificate.thumbprint] then
      if not rule then
        M.copy(ctx, store, ctx.source, store, certificate.thumbprint)
        moved = moved + 1
      elseif rule.tell then
        ctx:note(("The destination does not get the root %s: %s."):format(certificate_of.describe(certificate),
          rule.why))
      end
      ctx:verdict {
        path = "certificate:" .. store, name = certificate.thumbprint, verdict = rule and rule.verdict or "migrated",
        why = certificate.subject .. (rule and "; " .. rule.why or ""),
      }
    end
    seen[certificate.thumbprint] = true
  end
  return ("moved: %d"):format(moved)
end

-- CRLs expire and are fetched again; a CTL is made by hand or comes by group policy.
local function tell_lists(ctx)
  local count = 0
  for _, key in ipairs(M.keys) do
    for _, kind in ipairs { "CRLs", "CTLs" } do
      local number = #ctx.source:keys(key .. "\\" .. kind)
      count = count + number
      if number > 0 then
        ctx:note(("The source has %d %s in %s, which stay behind: revocation lists are fetched again, trust lists have"
          .. " to be imported (certlm.msc)."):format(number, kind, key))
      end
    end
  end
  return ("lists: %d"):format(count)
end

M.steps = {
  step "banned-certificates" {
    guide = "CERT-MOVE-06", title = "Certificates that are not to be trusted",
    run = function(ctx) return move_store(ctx, "Disallowed") end,
  },
  step "roots" {
    guide = "CERT-MOVE-04", title = "Roots that the destination trusts",
    run = function(ctx)
      ctx.state.needed_roots = needed_roots(ctx)
      return move_store(ctx, "ROOT")
    end,
  },
  step "intermediates" {
    guide = "CERT-MOVE-05", title = "Intermediate certificates",
    run = function(ctx) return move_store(ctx, "CA") end,
  },
  step "lists" { guide = "CERT-MOVE-07", title = "Revocation lists and trust lists", run = tell_lists },
}

return M
