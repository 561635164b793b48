-- The certificates of the source's computer: which VPN may use, and whether the destination has them.

local certificate_of = require "certificate"

local M = {}

local function is_for_vpn(certificate)
  return certificate_of.is_for(certificate, certificate_of.usage.server, certificate_of.usage.ike)
end

-- What becomes of a certificate of the source, and why. Those that VPN may use have to be on the destination.
local function fate(ctx, certificate)
  local given = certificate_of.given(ctx, certificate)
  if given then return "manual", "the destination imports it at its first start, from " .. given.file end
  if certificate_of.is_at_hand(ctx, certificate) then return "kept", "the destination has it with its private key" end
  if certificate.has_private_key and not certificate.archived and is_for_vpn(certificate) then
    return "manual", "export it with its private key and import it"
  end
  return "dropped", "not one that VPN uses: it has no private key, is archived, or is for something else"
end

M.step = step "certificate-inventory" {
  guide = "RA-MAN-03", title = "Certificates of the computer",
  run = function(ctx)
    local seen, count = {}, 0
    for _, certificate in ipairs(ctx.source:certificates "MY") do
      if not seen[certificate.thumbprint] then
        seen[certificate.thumbprint], count = true, count + 1
        local verdict, why = fate(ctx, certificate)
        if verdict == "manual" and not certificate_of.given(ctx, certificate) then
          ctx:call_for("certificates", certificate_of.to_export(ctx, certificate))
        end
        ctx:verdict {
          path = "certificate:MY", name = certificate.thumbprint, verdict = verdict,
          why = ("%s; %s"):format(certificate.subject, why),
        }
      end
    end
    return ("certificates: %d"):format(count)
  end,
}

return M
