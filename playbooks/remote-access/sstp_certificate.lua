-- Guide section 8: which certificate of the destination SSTP uses.
--
-- The guide calls the binding "not migrated" while "Use HTTP" is not ticked, and in another place has it
-- migrated. Both hold: the choice of the certificate (three values of SstpSvc) moves by the rules here; the record
-- of http.sys, which exists only while "Use HTTP" is not ticked (UseHttps is not 0), is made anew (sstp_binding.lua).
-- With "Use HTTP" ticked TLS ends at another machine, and the values name that machine's certificate.

local bytes = require "format.bytes"
local certificate_of = require "certificate"
local compat = require "compat"
local facts = require "facts"
local http_sys = require "windows.http_sys"
local windows = require "windows"

local keys = facts.keys
local M = {}

local function is_sha(value, len)
  return value and #value.raw == len and bytes.hex(value.raw) or nil
end

---The hashes of the certificate that SSTP uses on the source: what an admin chose, else what http.sys has.
---@return {sha256: string|nil, sha1: string|nil}|nil
function M.source_hashes(machine)
  if machine:read(keys.sstp, "isHashConfiguredByAdmin") == 1 then
    return {
      sha256 = is_sha(machine:get(keys.sstp, "SHA256CertificateHash"), 32),
      sha1 = is_sha(machine:get(keys.sstp, "SHA1CertificateHash"), 20),
    }
  end
  for _, binding in ipairs(http_sys.bindings(machine)) do
    if binding.program == http_sys.SSTP and binding.sha1 then return { sha1 = binding.sha1 } end
  end
end

---The certificate of these hashes among certificates; SHA-256 decides where it is known.
function M.find(certificates, hashes)
  for _, certificate in ipairs(certificates) do
    if hashes.sha256 and certificate.sha256 == hashes.sha256
      or not hashes.sha256 and hashes.sha1 == certificate.thumbprint then
      return certificate
    end
  end
end

---Whether SSTP can use a certificate of the machine now.
function M.is_usable(machine, certificate, time)
  if certificate.archived or not certificate.has_private_key
    or not certificate_of.is_for(certificate, certificate_of.usage.server, certificate_of.usage.any)
    or time < certificate.not_before or time > certificate.not_after then
    return false
  end
  for _, banned in ipairs(machine:certificates "Disallowed") do
    if banned.sha256 == certificate.sha256 then return false end
  end
  return true
end

local function shares_name(a, b)
  if a.subject == b.subject then return true end
  for _, name in ipairs(a.dns_names) do
    for _, other in ipairs(b.dns_names) do
      if windows.same_name(name, other) then return true end
    end
  end
  return false
end

-- The name first, then the later expiry, then the longer key; the thumbprint only makes the order repeatable.
local function is_better(wanted, a, b)
  local a_named, b_named = shares_name(a, wanted), shares_name(b, wanted)
  if a_named ~= b_named then return a_named end
  if a.not_after ~= b.not_after then return a.not_after > b.not_after end
  if a.key_bits ~= b.key_bits then return a.key_bits > b.key_bits end
  return a.thumbprint < b.thumbprint
end

-- The best usable certificate of the destination that ends in the same root. Roots are compared, not their names.
local function of_same_root(ctx, wanted)
  local chain = ctx.source:chain("MY", wanted.thumbprint, { ctx.destination }, ctx.time)
  local root = chain and chain.root_sha256 ~= "" and chain.root_sha256
  local best
  for _, candidate in ipairs(root and certificate_of.of_destination(ctx) or {}) do
    local other = certificate_of.chain(ctx, candidate)
    if other and other.result == "trusted" and other.root_sha256 == root
      and M.is_usable(ctx.destination, candidate, ctx.time)
      and (not best or is_better(wanted, candidate, best)) then
      best = candidate
    end
  end
  return best
end

local described = certificate_of.describe

-- A given one is there when the service starts: its import comes first.
local function place_of(certificate)
  return certificate.file and ("given in the file " .. certificate.file) or "on the destination"
end

-- The outcome: the certificate, or nil for the default, and why.
local function select(ctx)
  if compat.of_source(ctx, "RA-GAP-07") == "default" then
    return nil, "the source's release has no choice of a certificate: default"
  end
  local hashes = M.source_hashes(ctx.source)
  if not hashes or not (hashes.sha256 or hashes.sha1) then
    return nil, "no certificate was bound on the source: default"
  end
  local wanted = M.find(ctx.source:certificates "MY", hashes)
  local same = M.find(certificate_of.of_destination(ctx), hashes)
  if same and M.is_usable(ctx.destination, same, ctx.time) then
    return same, ("the same certificate is %s: %s"):format(place_of(same), described(same))
  elseif ctx.source:read(keys.sstp, "UseHttps") == 0 and hashes.sha256 and hashes.sha1 then
    return { sha256 = hashes.sha256, thumbprint = hashes.sha1 },
      "'Use HTTP' is ticked: the hashes name the certificate of the machine where TLS ends: " .. hashes.sha1
  elseif wanted and wanted.self_signed then
    return nil, "the source's certificate is self-signed: RRAS makes a new one on the destination: default"
  end
  local other = wanted and of_same_root(ctx, wanted)
  if other then
    local names = shares_name(other, wanted) and "" or ("; its name is not that of the source's, "
      .. described(wanted) .. ": clients check the name")
    return other, ("a certificate of the same root is %s: %s%s"):format(place_of(other), described(other), names)
  end
  return nil, ("neither the source's certificate %s nor one of its root is on the destination: default"):format(
    wanted and described(wanted) or hashes.sha1 or hashes.sha256)
end

-- Another program's certificate on the port breaks SSTP: http.sys has one certificate a port.
local function add_clashes(notes, ctx)
  local port = facts.number(ctx.source, keys.sstp, "ListenerPort")
  local suffix = ":" .. (port ~= 0 and port or 443)
  for _, binding in ipairs(http_sys.bindings(ctx.destination)) do
    if binding.program ~= http_sys.SSTP and binding.place:sub(-#suffix) == suffix then
      notes[#notes + 1] = ("Another program has bound a certificate to %s on the destination (%s): SSTP needs the same"
        .. " one there."):format(binding.place, binding.sha1 or "none")
    end
  end
end

-- The choice of these servers, made once.
local function choice(ctx)
  if not ctx.state.sstp then
    local certificate, why = select(ctx)
    ctx.state.sstp = { certificate = certificate, why = why }
  end
  return ctx.state.sstp
end

---The three values that say which certificate SSTP uses: they are there together, or none is.
M.value_names = { "isHashConfiguredByAdmin", "SHA256CertificateHash", "SHA1CertificateHash" }

---The thumbprint of the chosen certificate, or nil for the default.
function M.chosen(ctx)
  local certificate = choice(ctx).certificate
  return certificate and certificate.thumbprint
end

---Why it was chosen.
function M.why(ctx)
  return choice(ctx).why
end

---One of the three values for the certificate that was chosen.
function M.value(ctx, about)
  local name, certificate = about.name:lower(), choice(ctx).certificate
  if name == "ishashconfiguredbyadmin" then return dword(1) end
  return binary(bytes.from_hex(name == "sha256certificatehash" and certificate.sha256 or certificate.thumbprint))
end

---What to know of the choice.
function M.notes(ctx)
  local notes = { "SSTP certificate: " .. M.why(ctx) .. "." }
  add_clashes(notes, ctx)
  return notes
end

return M
