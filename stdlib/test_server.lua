-- Small servers for the tests of playbooks: what makes a release of Windows, a name and network cards, as .reg text.

local test_server = {}

---How each release calls itself: {name, version, build, pack}, by its key.
test_server.releases = {
  ["2003"] = { name = "Windows Server 2003", version = "5.2", build = "3790", pack = "Service Pack 2" },
  ["2008"] = { name = "Windows Server 2008 Standard", version = "6.0", build = "6002", pack = "Service Pack 2" },
  ["2008r2"] = { name = "Windows Server 2008 R2 Standard", version = "6.1", build = "7601", pack = "Service Pack 1" },
  ["2012"] = { name = "Windows Server 2012 Standard", version = "6.2", build = "9200", pack = "" },
  ["2012r2"] = { name = "Windows Server 2012 R2 Standard", version = "6.3", build = "9600", pack = "" },
  ["2016"] = { name = "Windows Server 2016 Standard", version = "6.3", build = "14393", pack = "" },
  ["2019"] = { name = "Windows Server 2019 Standard", version = "6.3", build = "17763", pack = "" },
  ["2022"] = { name = "Windows Server 2022 Standard", version = "6.3", build = "20348", pack = "" },
  ["2025"] = { name = "Windows Server 2025 Standard", version = "6.3", build = "26100", pack = "" },
}

local system = [=[
[CCS\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
[CCS\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="AMD64"
[CCS\Control\Nls\Language]
"InstallLanguage"="0409"
[CCS\Control\ProductOptions]
"ProductType"="@PRODUCT@"
[CCS\Services\Tcpip\Parameters]
"Domain"="@DOMAIN@"
]=]

local card = [=[
[CCS\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\@GUID@\Connection]
"Name"="@NAME@"
"PnpInstanceID"="PCI\\VEN_8086\\@GUID@"
[CCS\Services\Tcpip\Parameters\Interfaces\@GUID@]
"EnableDHCP"=dword:00000000
"IPAddress"=@ADDRESSES@
"SubnetMask"=@MASKS@
]=]

local software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"ProductName"="@RELEASE@"
"CurrentVersion"="@VERSION@"
"CurrentBuildNumber"="@BUILD@"
"CSDVersion"="@PACK@"
"InstallationType"="Server"
"SystemRoot"="C:\\Windows"
]=]

local shorts = {
  CCS = [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001]], SYSTEM = [[HKEY_LOCAL_MACHINE\SYSTEM]],
  SOFTWARE = [[HKEY_LOCAL_MACHINE\SOFTWARE]],
}

local function fill(text, fields)
  return (text:gsub("@(%u+)@", fields))
end

---Texts as .reg text writes a REG_MULTI_SZ.
---@param texts string[] of ASCII
---@return string
function test_server.multi_sz(texts)
  local data = table.concat(texts, "\0") .. "\0\0"
  return "hex(7):" .. data:gsub(".", function(sign) return ("%02x,00,"):format(sign:byte()) end):sub(1, -2)
end

local function reg_text(text)
  text = text:gsub("%[(%-?)(%u+)\\", function(sign, short)
    return shorts[short] and "[" .. sign .. shorts[short] .. "\\"
  end)
  return "Windows Registry Editor Version 5.00\n" .. text
end

---What machine.from takes for a server. In `system` and `software` (.reg text to add; a later line wins) [CCS\...],
---[SYSTEM\...] and [SOFTWARE\...] stand for the full paths.
---@param options table {release, name, domain?, product?, cards = {{guid, name, addresses}}, system?, software?,
---files?}
---@return table
function test_server.text(options)
  local release, parts = test_server.releases[options.release], {}
  parts[1] = fill(system, {
    NAME = options.name, DOMAIN = options.domain or "", PRODUCT = options.product or "ServerNT",
  })
  for _, one in ipairs(options.cards or {}) do
    local masks = {}
    for index in ipairs(one.addresses) do masks[index] = "255.255.255.0" end
    parts[#parts + 1] = fill(card, {
      GUID = one.guid, NAME = one.name, ADDRESSES = test_server.multi_sz(one.addresses),
      MASKS = test_server.multi_sz(masks),
    })
  end
  parts[#parts + 1] = options.system
  return {
    registry = {
      SYSTEM = reg_text(table.concat(parts)),
      SOFTWARE = reg_text(fill(software, {
        RELEASE = release.name, VERSION = release.version, BUILD = release.build, PACK = release.pack,
      }) .. (options.software or "")),
    },
    files = options.files or {},
  }
end

---A map as a plan has it: each card of the source to that of the same position on the destination.
---@param from table[] cards as above
---@param to table[]
---@return table[]
function test_server.map(from, to)
  local map = {}
  for index, one in ipairs(from) do
    local other = to[index]
    map[index] = {
      source = { guid = one.guid, name = one.name },
      destination = other and { guid = other.guid, name = other.name }, reason = other and "name" or "none",
    }
  end
  return map
end

---The check of a plan that failed for an item of the guide, by its id; nil when it passed.
function test_server.failed(plan, id)
  for _, check in ipairs(plan.checks) do
    if not check.ok and check.id == id then return check end
  end
end

---The entry of a list of a plan (manual, deferred, steps) by its full id.
function test_server.entry(list, id)
  for _, item in ipairs(list) do
    if item.id == id then return item end
  end
end

---The verdict on a setting of the source, by the end of its path and its name.
function test_server.verdict(plan, path, name)
  for _, item in ipairs(plan.verdicts) do
    if item.path:sub(-#path):lower() == path:lower() and (item.name or "") == (name or "") then return item end
  end
end

return test_server
