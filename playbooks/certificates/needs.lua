-- Who uses which certificate of the computer's Personal store. Where a role keeps its choice is data: add a row.

local bytes = require "format.bytes"
local certificate_of = require "certificate"
local http_sys = require "windows.http_sys"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local terminal = [[HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp]]
local configuration_of_nps = [[%SystemRoot%\System32\ias\ias.xml]]

-- A hash in a value. SSTP: [MS-SSTP]; Remote Desktop: general knowledge.
local by_hash = {
  { key = services .. [[SstpSvc\Parameters]], name = "SHA256CertificateHash", len = 32, who = "SSTP" },
  { key = services .. [[SstpSvc\Parameters]], name = "SHA1CertificateHash", len = 20, who = "SSTP" },
  { key = terminal, name = "SSLCertificateSHA1Hash", len = 20, who = "Remote Desktop" },
}

-- Programs that bind certificates in http.sys, by AppId (general knowledge).
local programs = {
  [http_sys.SSTP] = "SSTP",
  ["{4DC3E181-E14B-4A21-B022-59FC669B0914}"] = "IIS",
}

M.scopes = {
  services .. [[SstpSvc\Parameters]], services .. [[RemoteAccess\Parameters\IKEV2]], http_sys.key, terminal,
  [[HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT]], [[HKLM\SOFTWARE\Microsoft\SystemCertificates\CA]],
  [[HKLM\SOFTWARE\Microsoft\SystemCertificates\Disallowed]],
}

-- "SSTP", or the id of a program that is not known.
local function program_of(binding)
  if not binding.program then return "an unknown program" end
  return programs[binding.program] or "program " .. binding.program
end

-- Uses by thumbprint or SHA-256: { HASH = { "SSTP", ... } }.
local function uses_by_hash(machine)
  local uses = {}
  local function add(hash, who)
    uses[hash] = uses[hash] or {}
    table.insert(uses[hash], who)
  end
  for _, row in ipairs(by_hash) do
    local value = machine:get(row.key, row.name)
    if value and #value.raw == row.len then add(bytes.hex(value.raw), row.who) end
  end
  for _, binding in ipairs(http_sys.bindings(machine)) do
    if binding.sha1 then add(binding.sha1, ("%s on %s"):format(program_of(binding), binding.place)) end
  end
  return uses
end

-- IKEv2 names a certificate by its encoded subject; NPS has the SHA-1 inside a method's data, which stand in hex.
local function other_uses(machine, certificate, nps)
  local list = {}
  local name = machine:read(services .. [[RemoteAccess\Parameters\IKEV2]], "MachineCertificateName")
  if name == certificate.subject_der then
    list[#list + 1] = "IKEv2"
  end
  if nps and nps:find(certificate.thumbprint:lower(), 1, true) then list[#list + 1] = "a method of NPS" end
  return list
end

local function add_all(list, seen, names)
  for _, name in ipairs(names or {}) do
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
end

---The certificates of the source's Personal store with their uses, and hashes that a role names and that are not there.
---@return {certificate: table, uses: string[], may_serve: boolean}[] found, {hash: string, uses: string[]}[] lost
function M.of_source(ctx)
  local found, lost, known = {}, {}, {}
  local uses = uses_by_hash(ctx.source)
  local nps = ctx.source:read_file(configuration_of_nps)
  nps = nps and nps:lower()
  for _, certificate in ipairs(ctx.source:certificates "MY") do
    local list, seen = {}, {}
    add_all(list, seen, uses[certificate.thumbprint])
    add_all(list, seen, uses[certificate.sha256])
    add_all(list, seen, other_uses(ctx.source, certificate, nps))
    known[certificate.thumbprint], known[certificate.sha256] = true, true
    found[#found + 1] = {
      certificate = certificate, uses = list,
      may_serve = certificate.has_private_key and not certificate.archived
        and certificate_of.is_for(certificate, certificate_of.usage.server, certificate_of.usage.ike),
    }
  end
  for hash, list in pairs(uses) do
    if not known[hash] then lost[#lost + 1] = { hash = hash, uses = list } end
  end
  table.sort(lost, function(a, b) return a.hash < b.hash end)
  return found, lost
end

---"SSTP, IIS on 0.0.0.0:443", or what a certificate that nobody names may be for.
function M.described(need)
  if #need.uses > 0 then return table.concat(need.uses, ", ") end
  return need.may_serve and "no role names it; it may serve VPN, NPS or another role" or "no role names it"
end

---Whether a certificate has to be on the destination with its key.
function M.has_to_move(need)
  return need.may_serve or #need.uses > 0
end

return M
