-- Small servers for the tests of playbooks: what makes a release of Windows, a name and network cards, as .reg text.

local releases = require "windows.releases"

local test_server = {}

---How a release calls itself: {name, version, build, pack}.
---@param key string
---@return table
function test_server.release(key)
  local release = releases.by_key[key]
  return { name = release.name .. " Standard", version = release.version, build = release.builds[1],
           pack = release.pack or "" }
end

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
  local release, parts = test_server.release(options.release), {}
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
