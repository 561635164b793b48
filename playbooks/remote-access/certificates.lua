-- The certificates of the source's computer: which VPN may use, and whether the destination has them.

local shared = require "shared"
local sstp_certificate = require "sstp_certificate"

local M = {}

local SERVER_AUTHENTICATION, IKE_INTERMEDIATE = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.8.2.2"

local function is_for_vpn(certificate)
  for _, usage in ipairs(certificate.usages) do
    if usage == SERVER_AUTHENTICATION or usage == IKE_INTERMEDIATE then return true end
  end
  return certificate.any_usage
end

-- What becomes of a certificate of the source, and why. Those that VPN may use have to be on the destination.
local function fate(ctx, certificate)
  local twin = sstp_certificate.find(ctx.destination, { sha256 = certificate.sha256 })
  if twin and twin.has_private_key then return "kept", "the destination has it with its private key" end
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
        if verdict == "manual" then ctx:call_for("certificates", shared.certificate(certificate)) end
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
