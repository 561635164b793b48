-- IKEv2 and SSTP. How SSTP's certificate is chosen is in sstp_certificate.lua.

local certificate_of = require "certificate"
local compat = require "compat"
local facts = require "facts"
local sstp_certificate = require "sstp_certificate"

local keys = facts.keys
local ikev2 = keys.parameters .. [[\IKEV2]]
local accepted_roots = ikev2 .. [[\AllowedTrustedRootCerts]]

-- Limits [MS-RRASM 2.2.3.4.2]: seconds, and KB for saDataSize.
local limits = {
  idletimeout = { 300, 17279999 }, networkblackouttime = { 120, 0xFFFFFFFF },
  salifetime = { 300, 17279999 }, sadatasize = { 1024, 0xFFFFFFFF },
}

local function within_limits(value, _, raw)
  local limit = limits[raw.name:lower()]
  if math.type(value) ~= "integer" or value < limit[1] or value > limit[2] then
    return nil, ("it is not between %d and %d"):format(limit[1], limit[2])
  end
  return value
end

local function has_root(machine, subject)
  for _, store in ipairs { "ROOT", "AuthRoot" } do
    for _, certificate in ipairs(machine:certificates(store)) do
      if certificate.subject_der == subject then return true end
    end
  end
  return false
end

local function if_on_destination(value, ctx)
  for _, certificate in ipairs(certificate_of.of_destination(ctx)) do
    if certificate.subject_der == value and certificate.has_private_key then return value end
  end
  ctx:note "The certificate that IKEv2 uses is not on the destination: import it and choose it again."
  return nil, "no certificate of this subject with a private key is on the destination"
end

-- Renumbered from 0000, because names of roots that the destination does not trust stay behind.
local function roots(source, ctx)
  local list, count = subkeys(accepted_roots .. [[\*]])(source), 0
  for _, root in ipairs(list) do
    local name = source:get(root.path, "TrustedRootCert")
    if name and has_root(ctx.destination, name.raw) then
      root.to, count = ("%s\\%04d"):format(accepted_roots, count), count + 1
    else
      ctx:note "A root that IKEv2 accepted on the source is not trusted on the destination."
    end
  end
  return list
end

local function has_no_ikev2(ctx) return compat.of_source(ctx, "RA-GAP-06b") == "default" end

local not_read = keep { why = "the source's release does not read it" }
local since_2012 = { source = { ["2003,2008,2008r2"] = not_read, otherwise = migrate } }

return {
  settings "ikev2" {
    guide = "RA-GAP-06b", title = "IKEv2",
    key = ikev2,
    by_release { "idleTimeout", "networkBlackoutTime", "saLifeTime", "saDataSize" } (
      compat.by_source("RA-GAP-06b", {
        default = keep { why = "the source's release has no IKEv2" },
        ["as-is"] = migrate { through = within_limits },
      })),
    by_release { "EncryptionType", [[IKEv2CustomPolicy\*]] } (since_2012),
    by_release "MachineCertificateName" {
      source = { ["2003,2008,2008r2"] = not_read, otherwise = migrate { through = if_on_destination } },
    },
    keep [[AllowedTrustedRootCerts\**]] { when = has_no_ikev2, why = "the source's release has no IKEv2" },
    switches [[RemoteAccess\Parameters\IKEV2]],
  },

  -- MS-RRASM does not name this key; hives of Windows 8 and 10 have it (unverified on servers).
  settings "l2tp" {
    guide = "RA-VER-05", title = "L2TP",
    key = keys.parameters .. [[\L2TP]],
    by_release { "idleTimeout", "saLifeTime", "saDataSize" } (since_2012),
  },

  settings "ikev2-requests" {
    guide = "RA-GAP-06b", title = "What IKEv2 asks of certificates", key = keys.services .. [[RasMan\IKEv2]],
    when = function(ctx) return ctx.source:has_key(keys.services .. [[RasMan\IKEv2]]) end,
    switches [[RasMan\IKEv2]],
  },

  settings "ikev2-roots" {
    guide = { "RA-GAP-06b", "RA-MAN-03" }, title = "Roots that IKEv2 accepts from clients",
    when = function(ctx) return ctx.source:has_key(accepted_roots) and not has_no_ikev2(ctx) end,
    each = roots, replace = accepted_roots,
    to = function(root) return root.to, "the destination does not trust this root" end,
    migrate "TrustedRootCert",
  },

  settings "sstp-listener" {
    guide = { "RA-VER-05", "RA-GAP-07", "RA-MAN-04" }, title = "SSTP listener and its certificate",
    key = keys.sstp,
    by_release "UseHttps" (compat.by_source("RA-GAP-07", {
      default = keep { why = "'Use HTTP' could not be chosen on the source" },
      sstp = migrate,
    })),
    migrate { "ListenerPort", "ServerUri" },
    set(sstp_certificate.value_names) {
      when = sstp_certificate.chosen, compute = sstp_certificate.value, why = sstp_certificate.why,
      note = sstp_certificate.notes,
    },
    remove(sstp_certificate.value_names) {
      always = true, why = sstp_certificate.why, note = sstp_certificate.notes,
    },
    keep { "ServiceDll", "ServiceDllUnloadOnStop" } { why = "registers code of the operating system" },
    keep { [[ConfigStore\ListenerPort]], [[ConfigStore\UseHttps]], [[ConfigStore\*PlumbedBySstp]],
           [[ConfigStore\*CertificateHash*]] } { why = "state of the running service" },
    switches [[SstpSvc\Parameters]],
  },
}
