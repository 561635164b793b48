-- What the source's configuration uses and newer releases no longer have, or have off: rows of stdlib/windows/gone.lua.

local certificate_of = require "certificate"
local certificates = require "certificates"
local checks = require "shared.checks"
local facts = require "facts"
local nps = require "format.nps"
local policies = require "policies"

local new = "NPS-NEW-03"
local MS_CHAP_V2, EAP_MS_CHAP_V2 = 4, 26

-- The source's configuration, where it can be read.
local function model_of(ctx)
  return ctx.source_os ~= "2003" and facts.model(ctx, "source") or nil
end

-- Profiles for which `wanted(profile)` is true, as a text.
local function profiles(ctx, text, wanted)
  local names, seen, model = {}, {}, model_of(ctx)
  for _, section in ipairs(model and policies.sections or {}) do
    for _, profile in ipairs(nps.objects(model, nps.profiles_of[section])) do
      if not seen[profile.name] and wanted(profile) then names[#names + 1] = profile.name end
      seen[profile.name] = true
    end
  end
  return #names > 0 and text:format(table.concat(names, ", ")) or nil
end

local function health(ctx)
  return profiles(ctx, "These profiles of the source judge the health of clients: %s", function(profile)
    for _, name in ipairs(nps.properties(profile)) do
      if name:lower():find("quarantine", 1, true) then return true end -- attributes of NAP (general knowledge)
    end
  end)
end

-- MS-CHAP v2, bare or in PEAP, asks the domain with NTLMv1, unless a value of Remote Access says otherwise (general
-- knowledge).
local function ms_chap(ctx)
  return profiles(ctx, "These profiles of the source take MS-CHAP v2, which asks the domain with NTLMv1 unless"
    .. [[ RemoteAccess\Policy 'Enable NTLMv2 Compatibility' is 1: %s]], function(profile)
    for _, kind in ipairs(nps.get_all(profile, "msNPAuthenticationType2")) do
      if kind == MS_CHAP_V2 then return true end
    end
    for _, method in ipairs(nps.get_all(profile, "msNPAllowedEapType")) do
      if method:byte(1) == EAP_MS_CHAP_V2 then return true end
    end
  end)
end

local function tls(ctx)
  local names = model_of(ctx) and certificates.profiles(model_of(ctx)) or {}
  return #names > 0 and "Clients of these profiles sign in over TLS: " .. table.concat(names, ", ") or nil
end

return {
  check "health" (checks.gone("nap", { guide = { new, "NPS-CHK-09" }, title = "Health of clients", used = health })),
  check "ntlm1" (checks.gone("ntlm1", { guide = new, title = "Sign-in with NTLMv1", used = ms_chap })),
  check "old-tls" (checks.gone("tls", { guide = new, title = "Old versions of TLS", used = tls })),
  check "short-keys" (checks.gone("short_keys", {
    guide = new, title = "Certificates with short keys", used = certificate_of.short_keys,
  })),
}
