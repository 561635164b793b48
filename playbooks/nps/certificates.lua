-- Which methods of the policies need a server certificate, and which certificates they name.

local bytes = require "format.bytes"
local certificate_of = require "certificate"
local facts = require "facts"
local nps = require "format.nps"
local policies = require "policies"

local M = {}

---EAP types by number [IANA]: those that come with Windows, and which of them need a certificate of the server.
M.eap = {
  [4] = { name = "EAP-MD5" }, [13] = { name = "EAP-TLS", needs_certificate = true }, [18] = { name = "EAP-SIM" },
  [21] = { name = "EAP-TTLS", needs_certificate = true }, [23] = { name = "EAP-AKA" },
  [25] = { name = "PEAP", needs_certificate = true }, [26] = { name = "EAP-MS-CHAP v2" }, [50] = { name = "EAP-AKA'" },
}

---Every EAP type that a profile allows, with the profiles: { [13] = { "VPN" } }.
function M.types(model)
  local found = {}
  for _, section in ipairs(policies.sections) do
    for _, profile in ipairs(nps.objects(model, nps.profiles_of[section])) do
      for _, method in ipairs(nps.get_all(profile, "msNPAllowedEapType")) do
        local number = method:byte(1)
        if number then
          found[number] = found[number] or {}
          table.insert(found[number], profile.name)
        end
      end
    end
  end
  return found
end

---The profiles with a method that needs a certificate of the server.
function M.profiles(model)
  local names, seen = {}, {}
  for number, profiles in pairs(M.types(model)) do
    for _, name in ipairs(M.eap[number] and M.eap[number].needs_certificate and profiles or {}) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

---Whether the destination has, or will have, a certificate that a RADIUS server can show to its clients.
function M.has_suitable(ctx)
  for _, certificate in ipairs(certificate_of.of_destination(ctx)) do
    if certificate_of.is_for(certificate, certificate_of.usage.server) and certificate.has_private_key
      and not certificate.archived and certificate.not_before <= ctx.time and ctx.time <= certificate.not_after then
      return true
    end
  end
  return false
end

---Certificates of the source that a method names, and that the destination lacks or has without a key. The data of a
---method are not understood here: its certificate's SHA-1 is looked for in them.
---@return table[] uses {profile, certificate}
function M.missing(ctx)
  local uses = {}
  for _, section in ipairs(policies.sections) do
    for _, profile in ipairs(nps.objects(facts.models(ctx), nps.profiles_of[section])) do
      local data = table.concat(nps.get_all(profile, "msEAPConfiguration"))
      for _, certificate in ipairs(data ~= "" and ctx.source:certificates "MY" or {}) do
        if data:find(bytes.from_hex(certificate.thumbprint), 1, true)
          and not certificate_of.is_at_hand(ctx, certificate) then
          uses[#uses + 1] = { profile = profile.name, certificate = certificate }
        end
      end
    end
  end
  return uses
end

---What to type for each of them.
---@return string[]
function M.to_export(ctx)
  local lines, seen = {}, {}
  for _, use in ipairs(facts.has_models(ctx) and M.missing(ctx) or {}) do
    if not seen[use.certificate.thumbprint] then lines[#lines + 1] = certificate_of.to_export(ctx, use.certificate) end
    seen[use.certificate.thumbprint] = true
  end
  return lines
end

return M
