-- Certificates as several roles look at them: those of the destination's computer store, with those that the user
-- gave as files, which will be there after the first start.

local M = {}

-- Purposes by OID [RFC 5280]; IKE intermediate helps IKEv2 to select (general knowledge).
M.usage = {
  server = "1.3.6.1.5.5.7.3.1", any = "2.5.29.37.0", ike = "1.3.6.1.5.5.8.2.2",
}

---Whether a certificate is good for one of these purposes; one that names none is good for all.
---@param certificate table
---@param ... string OIDs
function M.is_for(certificate, ...)
  if certificate.any_usage then return true end
  for _, usage in ipairs(certificate.usages) do
    for _, wanted in ipairs { ... } do
      if usage == wanted then return true end
    end
  end
  return false
end

---@return string "THUMBPRINT (subject)"
function M.describe(certificate)
  return ("%s (%s)"):format(certificate.thumbprint, certificate.subject)
end

---Seconds since 1970 as a date of the Gregorian calendar: the usual arithmetic of eras of 400 years from 1 March.
---@return string "2026-01-31"
function M.date(seconds)
  local days = seconds // 86400 + 719468
  local era, of_era = days // 146097, days % 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local month = (5 * of_year + 2) // 153
  local day = of_year - (153 * month + 2) // 5 + 1
  month = month < 10 and month + 3 or month - 9
  return ("%04d-%02d-%02d"):format(year + era * 400 + (month <= 2 and 1 or 0), month, day)
end

---The same certificate among those that the user gave, or nil.
---@param ctx table
---@param certificate table
function M.given(ctx, certificate)
  for _, given in ipairs(ctx.given_certificates) do
    if given.sha256 == certificate.sha256 then return given end
  end
end

---The certificates of the destination's computer store as they will be: a given one stands in place of its twin
---without a key, or at the end.
---@param ctx table
---@return table[]
function M.of_destination(ctx)
  local list, with_key = {}, {}
  for _, certificate in ipairs(ctx.destination:certificates "MY") do
    if certificate.has_private_key or not M.given(ctx, certificate) then
      list[#list + 1] = certificate
      with_key[certificate.sha256] = true
    end
  end
  for _, given in ipairs(ctx.given_certificates) do
    if not with_key[given.sha256] then list[#list + 1] = given end
  end
  return list
end

---The chain of one of these certificates, by what the destination trusts.
---@param ctx table
---@param certificate table of M.of_destination
---@return table|nil as machine:chain gives it
function M.chain(ctx, certificate)
  if certificate.file then
    return ctx.given:chain("MY", certificate.thumbprint, { ctx.destination }, ctx.time)
  end
  return ctx.destination:chain("MY", certificate.thumbprint, {}, ctx.time)
end

---Whether the destination has a certificate with its private key, or will have it.
---@return boolean
function M.is_at_hand(ctx, certificate)
  for _, own in ipairs(M.of_destination(ctx)) do
    if own.sha256 == certificate.sha256 and own.has_private_key then return true end
  end
  return false
end

---Certificates of the source's computer that prove a server by RSA with fewer than 2048 bits, as a text; nil when none.
---@return string?
function M.short_keys(ctx)
  local list = {}
  for _, certificate in ipairs(ctx.source:certificates "MY") do
    local short = certificate.key_algorithm:upper():find("RSA", 1, true) and certificate.key_bits < 2048
    if short and certificate.has_private_key and not certificate.archived
      and M.is_for(certificate, M.usage.server) then
      list[#list + 1] = ("%s (%s, %d bits)"):format(certificate.thumbprint, certificate.subject, certificate.key_bits)
    end
  end
  return #list > 0 and "The source has certificates with short keys: " .. table.concat(list, "; ") or nil
end

-- Releases that have Export-PfxCertificate, and destinations that read AES (Server 2016 by its updates: left out).
local exports_with_powershell = {
  ["2012"] = true, ["2012r2"] = true, ["2016"] = true, ["2019"] = true, ["2022"] = true, ["2025"] = true,
}
local writes_aes = { ["2019"] = true, ["2022"] = true, ["2025"] = true }

---How a person brings certificates with their keys from the source to the destination.
---@return string
function M.how_to_export(ctx)
  local lines = {
    "Export these certificates of the source's computer store (Certificates snap-in, Personal) with their private keys"
      .. " as PFX files, then plan again with --certificate FILE for each: the destination imports them at its first"
      .. " start. Or import them into the computer's Personal store there, and plan again.",
    "Whether a key may be exported is not to be seen in an image. When Windows refuses it, enrol a new certificate.",
  }
  if not exports_with_powershell[ctx.source_os] then
    lines[#lines + 1] = "certutil asks for a password of the file itself; on Server 2003 use the snap-in."
  end
  return table.concat(lines, "\n")
end

---One certificate and what to type on the source.
---@return string
function M.to_export(ctx, certificate)
  local file = certificate.thumbprint:sub(1, 8):lower() .. ".pfx"
  local command = ("certutil -exportPFX My %s %s"):format(certificate.thumbprint, file)
  if exports_with_powershell[ctx.source_os] then
    local aes = writes_aes[ctx.source_os] and writes_aes[ctx.destination_os]
    command = ("Export-PfxCertificate -Cert Cert:\\LocalMachine\\My\\%s -FilePath %s"
      .. " -Password (Read-Host -AsSecureString)%s"):format(certificate.thumbprint, file,
        aes and " -CryptoAlgorithmOption AES256_SHA256" or "")
  end
  return ("%s  %s  valid until %s\n  %s"):format(certificate.thumbprint, certificate.subject,
    M.date(certificate.not_after), command)
end

return M
