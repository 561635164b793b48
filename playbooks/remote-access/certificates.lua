-- The certificates of the source's computer: which VPN may use, and whether the destination has them.

local certificate_of = require "certificate"

local function given(ctx, about) return certificate_of.given(ctx, about.item) end

local function is_for_vpn(_, about)
  local certificate = about.item
  return certificate.has_private_key and not certificate.archived
    and certificate_of.is_for(certificate, certificate_of.usage.server, certificate_of.usage.ike)
end

return {
  account "certificate-inventory" {
    guide = "RA-MAN-03", title = "Certificates of the computer", certificates = "MY",
    by_hand "*" {
      when = given,
      why = function(ctx, about)
        return "the destination imports it at its first start, from " .. given(ctx, about).file
      end,
    },
    keep "*" {
      when = function(ctx, about) return certificate_of.is_at_hand(ctx, about.item) end,
      why = "the destination has it with its private key",
    },
    by_hand "*" {
      when = is_for_vpn, step = "certificates", why = "export it with its private key and import it",
      detail = function(ctx, about) return certificate_of.to_export(ctx, about.item) end,
    },
    drop "*" {
      when = function(...) return not is_for_vpn(...) end,
      why = "not one that VPN uses: it has no private key, is archived, or is for something else",
    },
  },
}
