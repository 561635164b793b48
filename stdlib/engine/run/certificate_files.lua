-- Certificates that the user gave as files. No file is placed in an offline store: a certificate without its private
-- key there would be offered by the consoles and fail, and the key can only be protected by the running Windows. So
-- the playbooks see them as a machine of their own, and the destination imports them at its first start.

local bytes = require "format.bytes"
local releases = require "windows.releases"

local M = {}

-- Property 2 links a private key, element 32 is the certificate.
local key_link = string.pack("<I4I4I4I4I4I4I4", 28, 30, 0, 0x20, 0, 0, 0) .. "\0\0\0\0"

local function element(id, data)
  return string.pack("<I4I4I4", id, 1, #data) .. data
end

local function hex(data)
  return (data:gsub(".", function(sign) return ("%02x,"):format(sign:byte()) end):gsub(",$", ""))
end

local function entry(store, certificate, properties)
  return ([=[
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\SystemCertificates\%s\Certificates\%s]
"Blob"=hex:%s
]=]):format(store, certificate.thumbprint, hex(properties .. element(32, bytes.from_hex(certificate.der))))
end

local function base_name(path)
  return path:match("[^/\\]+$") or path
end

-- Chains are in CA, roots among them: what is in ROOT would be trusted because somebody packed it.
local function machine_of(list)
  local lines, seen = {}, {}
  for _, item in ipairs(list) do
    lines[#lines + 1] = entry("MY", item.certificate, element(2, key_link))
    for _, certificate in ipairs(item.chain) do
      if not seen[certificate.thumbprint] then lines[#lines + 1] = entry("CA", certificate, "") end
      seen[certificate.thumbprint] = true
    end
  end
  return host.new_machine { registry = { SOFTWARE = table.concat(lines, "\n") } }
end

local function by_thumbprint(certificates)
  local map = {}
  for _, certificate in ipairs(certificates) do map[certificate.thumbprint] = certificate end
  return map
end

---What playbooks see: a list with the fields of machine:certificates, `file`, `file_sha256` and `chain`; and a
---machine that has the certificates in MY and their chains in CA.
---@param items table[] the request's: {path, sha256, certificate = {thumbprint, der}, chain = {...}}
---@return table[] list, table|nil machine
function M.open(items)
  if #items == 0 then return {}, nil end
  local machine = machine_of(items)
  local own, chains = by_thumbprint(machine:certificates "MY"), by_thumbprint(machine:certificates "CA")
  local list = {}
  for index, item in ipairs(items) do
    local given = own[item.certificate.thumbprint]
    given.file, given.file_sha256, given.chain, given.modern = base_name(item.path), item.sha256, {}, item.modern
    for position, certificate in ipairs(item.chain) do given.chain[position] = chains[certificate.thumbprint] end
    list[index] = given
  end
  return list, machine
end

-- Server 2019 opens files in AES and SHA-256, of 2016 only some (reference of Export-PfxCertificate,
-- CryptoAlgorithmOption; for 2016 unverified, it differs by update).
local function opens_modern(build)
  local release = releases.by_build[build]
  return not release or release.order >= releases.by_key["2019"].order
end

---Whether the destination can open the given files: checks, none where there is nothing to say.
---@param list table[] of M.open
---@param destination table its identity
---@return table[]
function M.checks(list, destination)
  local names = {}
  for _, given in ipairs(list) do
    if given.modern then names[#names + 1] = given.file end
  end
  if #names == 0 or opens_modern(destination.build) then return {} end
  return { {
    id = "certificate-files", playbook = "rehome", guide = { "RA-MAN-03", "NPS-PRE-08" }, severity = "warn",
    title = "The destination can open the given certificate files", ok = false,
    message = ("%s: encrypted with AES and SHA-256, which %s cannot open: the import at the first start would fail")
      :format(table.concat(names, ", "), releases.by_build[destination.build].name),
    hint = "Export the certificate again with TripleDES-SHA1 (the wizard's encryption, or Export-PfxCertificate"
      .. " -CryptoAlgorithmOption TripleDES_SHA1), and give that file.",
  } }
end

-- The file is found by its SHA-256, whatever it is called by then. Import-PfxCertificate may also put the chain into
-- the Personal store, where it does not belong (general knowledge).
local import = [[
$thumbprint = '@THUMBPRINT@'
$place = "Cert:\LocalMachine\My\$thumbprint"
if ((Test-Path $place) -and (Get-Item $place).HasPrivateKey -and
  -not (Test-Path (Join-Path $folder "before.$thumbprint"))) { "$thumbprint is there already"; return }
$sha256 = [Security.Cryptography.SHA256]::Create()
$file = Get-ChildItem -Path $PSScriptRoot | Where-Object { -not $_.PSIsContainer } | Where-Object {
  ([BitConverter]::ToString($sha256.ComputeHash([IO.File]::ReadAllBytes($_.FullName))) -replace '-') -eq '@SHA256@'
} | Select-Object -First 1
if (-not $file) { throw "Copy @FILE@ (SHA-256 @SHA256@) into $PSScriptRoot." }
# What is there before the first try: what comes beside the certificate goes again.
if (-not (Test-Path (Join-Path $folder "before.$thumbprint"))) {
  Set-Content -Path (Join-Path $folder "before.$thumbprint.new") -Encoding UTF8 -Value @(
    '#') + @(Get-ChildItem Cert:\LocalMachine\My | ForEach-Object { $_.Thumbprint })
  Move-Item -Path (Join-Path $folder "before.$thumbprint.new") -Destination (Join-Path $folder "before.$thumbprint")
}
$before = @(Get-Lines "before.$thumbprint")
if (-not ((Test-Path $place) -and (Get-Item $place).HasPrivateKey)) {
  $password = Read-Host -AsSecureString "Password of $($file.Name)"
  Import-PfxCertificate -FilePath $file.FullName -CertStoreLocation Cert:\LocalMachine\My -Password $password | Out-Null
}
Get-ChildItem Cert:\LocalMachine\My | Where-Object {
  $before -notcontains $_.Thumbprint -and $_.Thumbprint -ne $thumbprint -and -not $_.HasPrivateKey
} | Remove-Item
if (-not (Test-Path $place)) { throw "$thumbprint is not in the Personal store after the import." }
if (-not (Get-Item $place).HasPrivateKey) { throw "$thumbprint has no private key after the import." }]]

local take_back = [[
$before = @(Get-Lines 'before.@THUMBPRINT@')
if ($before.Count -gt 0 -and $before -notcontains '@THUMBPRINT@') {
  $place = 'Cert:\LocalMachine\My\@THUMBPRINT@'
  if (Test-Path $place) { Remove-Item -Path $place -DeleteKey }
}
Remove-List 'before.@THUMBPRINT@']]

---The import of one given certificate: a deferred action that no playbook has to declare.
---@param given table of M.open
---@param plain fun(text: string): string makes a text safe inside PowerShell's quotes
---@return table {id, title, guide, run, undo}
function M.import_action(given, plain)
  local fields = { THUMBPRINT = given.thumbprint, SHA256 = given.file_sha256:upper(), FILE = plain(given.file) }
  return {
    id = "rehome/import-" .. given.thumbprint:lower(), playbook = "rehome",
    guide = { "RA-MAN-03", "NPS-PRE-08" },
    title = ("Import the certificate %s (%s): copy %s beside the script, which asks for its password"):format(
      given.subject, given.thumbprint, given.file),
    asks = true, run = import:gsub("@(%u+%d*)@", fields), undo = take_back:gsub("@(%u+%d*)@", fields),
  }
end

return M
