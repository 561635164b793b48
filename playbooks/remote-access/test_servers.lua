-- Servers for the tests: a small source and destination as .reg text, to which a test adds lines that replace them.
--
-- In added text [CCS\...] and [SOFTWARE\...] stand for the full paths, and a later line for the same value wins.

local certificates = require "test_certificates"

local test_server = require "test_server"

local system = [=[
[CCS\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
[CCS\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="AMD64"
[CCS\Control\Nls\Language]
"InstallLanguage"="0409"
[CCS\Control\ProductOptions]
"ProductType"="ServerNT"
@CARDS@
[NICS\0021]
"ComponentId"="ms_pptpminiport"
"DriverDesc"="WAN Miniport (PPTP)"
"WanEndpoints"=dword:00000005
"MaxWanEndpoints"=dword:000003e8
"EnableForRas"=dword:00000000
[NICS\0022]
"ComponentId"="ms_sstpminiport"
"DriverDesc"="WAN Miniport (SSTP)"
"WanEndpoints"=dword:00000005
"MaxWanEndpoints"=dword:000003e8
"EnableForRas"=dword:00000000
[NICS\0023]
"ComponentId"="ms_agilevpnminiport"
"DriverDesc"="WAN Miniport (IKEv2)"
"WanEndpoints"=dword:00000005
"MaxWanEndpoints"=dword:000003e8
"EnableForRas"=dword:00000000
[RA]
"ConfigurationFlags"=dword:0000000@CONFIGURED@
"Start"=dword:0000000@START@
[RA\Parameters]
"RouterType"=dword:00000007
"ServerFlags"=dword:00802602
"LoggingFlags"=dword:00000002
[RA\Parameters\Ip]
"UseDhcpAddressing"=dword:00000001
[RA\Parameters\IKEV2]
"idleTimeout"=dword:0000012c
[RA\Authentication\Providers]
"ActiveProvider"="{1AA7F841-C7F5-11D0-A376-00C04FC9DA04}"
[RA\RouterManagers\Ip]
"ProtocolId"=dword:00000021
[RA\RouterManagers\Ipv6]
"ProtocolId"=dword:00000057
[RA\Interfaces\0]
"InterfaceName"="Loopback"
"Type"=dword:00000005
[RA\Interfaces\1]
"InterfaceName"="Internal"
"Type"=dword:00000004
[CCS\Services\SstpSvc\Parameters]
"UseHttps"=dword:00000001
]=]

local software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"ProductName"="@PRODUCT@"
"CurrentVersion"="@VERSION@"
"CurrentBuildNumber"="@BUILD@"
"CSDVersion"="@PACK@"
"InstallationType"="Server"
]=]

local card = [=[
[CCS\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\@GUID@\Connection]
"Name"="@CARD@"
"PnpInstanceID"="PCI\\VEN_8086\\@GUID@"
]=]

local M = {}

-- Cards of the two servers: name to GUID.
M.guids = {
  source = { Internet = "{11111111-0000-0000-0000-000000000001}", Intranet = "{11111111-0000-0000-0000-000000000002}" },
  destination = {
    Internet = "{22222222-0000-0000-0000-000000000001}", Intranet = "{22222222-0000-0000-0000-000000000002}",
  },
}

local shorts = {
  CCS = [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001]],
  RA = [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess]],
  NICS = [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}]],
  SOFTWARE = [[HKEY_LOCAL_MACHINE\SOFTWARE]],
}

local function expand(text, fields)
  text = text:gsub("@(%u+)@", fields)
  text = text:gsub("%[(%-?)(%u+)([\\%]])", function(sign, short, rest)
    return shorts[short] and "[" .. sign .. shorts[short] .. rest
  end)
  return "Windows Registry Editor Version 5.00\n" .. text
end

function M.hex(bytes)
  return (bytes:gsub(".", function(sign) return ("%02x,"):format(sign:byte()) end):gsub(",$", ""))
end

function M.unhex(text)
  return (text:gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- The value "Blob" of a certificate store: property 2 links a private key, element 32 is the certificate.
local function blob(certificate, has_key, archived)
  local parts = {}
  local function add(id, data) parts[#parts + 1] = string.pack("<I4I4I4", id, 1, #data) .. data end
  if has_key then
    add(2, string.pack("<I4I4I4I4I4I4I4", 28, 32, 12, 0x20, 0, 0, 1) .. "k\0\0\0" .. "p\0\0\0")
  end
  if archived then add(19, "") end
  add(32, M.unhex(certificate.der))
  return table.concat(parts)
end

---Text that puts certificates of test_certificates.lua into a store: { "vpn", ... }.
---@param options table|nil {without_keys, archived}
function M.store(name, list, options)
  options = options or {}
  local lines = {}
  for _, id in ipairs(list) do
    lines[#lines + 1] = ([=[[SOFTWARE\Microsoft\SystemCertificates\%s\Certificates\%s]]=]):format(name,
      certificates[id].sha1)
    lines[#lines + 1] = '"Blob"=hex:' .. M.hex(blob(certificates[id],
      name == "MY" and not options.without_keys, options.archived))
  end
  return table.concat(lines, "\n") .. "\n"
end

---Certificates of test_certificates.lua as the user gives them: file name to { certificate, chain... }.
function M.given(files)
  local list = {}
  local function hex_of(id)
    return { thumbprint = certificates[id].sha1, der = (certificates[id].der:gsub("%s", "")) }
  end
  for name, ids in pairs(files) do
    local chain = {}
    for index = 2, #ids do chain[index - 1] = hex_of(ids[index]) end
    list[#list + 1] = { path = "/files/" .. name, sha256 = ("5e"):rep(32), certificate = hex_of(ids[1]), chain = chain }
  end
  return list
end

---@param side "source"|"destination"
---@param options table {release, cards = { names }, system = text, software = text, phonebook = text, files}
function M.server(machine, side, options)
  local release = test_server.release(options.release)
  local cards = {}
  for _, name in ipairs(options.cards or { "Internet", "Intranet" }) do
    cards[#cards + 1] = card:gsub("@(%u+)@", { CARD = name, GUID = M.guids[side][name] or options.guids[name] })
  end
  local fields = {
    NAME = side == "source" and "OLD" or "NEW", PRODUCT = release.name, VERSION = release.version,
    BUILD = release.build, PACK = release.pack, CARDS = table.concat(cards),
    CONFIGURED = side == "source" and "1" or "0", START = side == "source" and "2" or "4",
  }
  return machine.from {
    registry = {
      SYSTEM = expand(system .. (options.system or ""), fields),
      SOFTWARE = expand(software .. (options.software or ""), fields),
    },
    files = options.files or options.phonebook and { ["Windows/System32/ras/router.pbk"] = options.phonebook } or {},
  }
end

---The map by equal names, as the program makes it.
function M.map(source, destination)
  local map = {}
  for _, from in ipairs(source:interfaces()) do
    local pair = { source = { guid = from.guid, name = from.name }, reason = "none" }
    for _, to in ipairs(destination:interfaces()) do
      if to.name == from.name then
        pair.destination, pair.reason = { guid = to.guid, name = to.name }, "name"
      end
    end
    if from.is_card then map[#map + 1] = pair end
  end
  return map
end

---Makes both servers and plans: `source` and `destination` are options of M.server.
---@return table plan, table source, table destination
function M.plan(machine, run, source, destination, options)
  options = options or {}
  local from = M.server(machine, "source", source)
  local to = M.server(machine, "destination", destination or { release = "2012" })
  local function plan()
    return run {
      playbooks = { "remote-access" }, source = from, destination = to, map = options.map or M.map(from, to),
      parameters = options.parameters, certificates = options.given, time = options.time or 1800000000,
      waived = options.waived,
    }
  end
  return plan(), from, to, plan
end

---The check that failed with this guide id, or nil. The list of open questions has the ids of all of them.
function M.failed(plan, guide)
  for _, check in ipairs(plan.checks) do
    if not check.ok and check.guide[1] == guide and check.id ~= "open-questions" then return check end
  end
end

---The check of this id when it failed, waived or not; or nil.
function M.check(plan, id)
  for _, check in ipairs(plan.checks) do
    if check.id == id and (not check.ok or check.waived) then return check end
  end
end

---The verdict on a value, found by the end of its path and its name.
function M.verdict(plan, path, name)
  for _, item in ipairs(plan.verdicts) do
    if item.path:sub(-#path):lower() == path:lower() and (item.name or ""):lower() == (name or ""):lower() then
      return item
    end
  end
end

function M.has_manual(plan, id)
  for _, item in ipairs(plan.manual) do
    if item.id == "remote-access/" .. id or item.id == "shared/" .. id then return item end
  end
end

function M.has_note(plan, text)
  for _, note in ipairs(plan.notes) do
    if note.text:find(text, 1, true) then return true end
  end
  return false
end

return M
