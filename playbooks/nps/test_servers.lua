-- Servers for the tests: NPS on a small source and destination. A test gives what it puts into the configuration.

local M = {}

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
[CCS\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\@GUID@\Connection]
"Name"="LAN"
"PnpInstanceID"="PCI\\VEN_8086\\@GUID@"
[CCS\Services\Tcpip\Parameters\Interfaces\@GUID@]
"EnableDHCP"=dword:00000000
"IPAddress"=hex(7):@ADDRESS@
"SubnetMask"=hex(7):32,00,35,00,35,00,2e,00,32,00,35,00,35,00,2e,00,32,00,35,00,35,00,2e,00,30,00,00,00,00,00
[CCS\Services\IAS]
"Start"=dword:00000002
]=]

local software = [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"ProductName"="@PRODUCT@"
"CurrentVersion"="@VERSION@"
"CurrentBuildNumber"="@BUILD@"
"CSDVersion"="@PACK@"
"InstallationType"="Server"
"SystemRoot"="C:\\Windows"
]=]

local shorts = { CCS = [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001]], SOFTWARE = [[HKEY_LOCAL_MACHINE\SOFTWARE]] }

M.addresses = { source = "192.0.2.10", destination = "192.0.2.20" }
local guids = {
  source = "{11111111-0000-0000-0000-000000000001}", destination = "{22222222-0000-0000-0000-000000000001}",
}

local function expand(text, fields)
  text = text:gsub("@(%u+)@", fields)
  text = text:gsub("%[(%-?)(%u+)\\", function(sign, short)
    return shorts[short] and "[" .. sign .. shorts[short] .. "\\"
  end)
  return "Windows Registry Editor Version 5.00\n" .. text
end

local function multi_sz(text)
  return ((text .. "\0\0"):gsub(".", function(sign) return ("%02x,00,"):format(sign:byte()) end):gsub(",$", ""))
end

local dt = ' xmlns:dt="urn:schemas-microsoft-com:datatypes" dt:dt='

---A property: M.leaf("msNPSequence", "int", 1).
function M.leaf(name, kind, value)
  return ('<%s%s"%s">%s</%s>'):format(name, dt, kind, tostring(value), name)
end

---An object with properties.
function M.object(name, leaves)
  local element = name:gsub("[^%w]", "_")
  return ('<%s name="%s"><Properties>%s</Properties></%s>'):format(element, name, table.concat(leaves), element)
end

function M.client(name, address, secret, more)
  return M.object(name, {
    M.leaf("IP_Address", "string", address), M.leaf("Radius_Client_Enabled", "boolean", 1),
    M.leaf("Shared_Secret", "string", secret), more or "",
  })
end

---A policy and its profile of the same name. `options`: sequence, conditions (list), types (list), eap (list of bytes
---as hex), dialin, more (leaves of the profile).
function M.policy(name, options)
  local leaves, profile = { M.leaf("Policy_Enabled", "boolean", 1), M.leaf("msNPAction", "string", name) }, {}
  for _, text in ipairs(options.conditions or {}) do leaves[#leaves + 1] = M.leaf("msNPConstraint", "string", text) end
  leaves[#leaves + 1] = M.leaf("msNPSequence", "int", options.sequence or 1)
  profile[1] = M.leaf("msNPAllowDialin", "boolean", options.dialin or 1)
  for _, kind in ipairs(options.types or { 4 }) do
    profile[#profile + 1] = M.leaf("msNPAuthenticationType2", "int", kind)
  end
  for _, kind in ipairs(options.eap or {}) do
    profile[#profile + 1] = M.leaf("msNPAllowedEapType", "bin.hex", kind .. ("0"):rep(32 - #kind))
  end
  profile[#profile + 1] = options.more or ""
  return { policy = M.object(name, leaves), profile = M.object(name, profile) }
end

local function pick(list, field)
  local parts = {}
  for index, item in ipairs(list or {}) do parts[index] = item[field] end
  return table.concat(parts)
end

---A configuration. `options`: clients (list), policies, requests (lists of M.policy), groups (text), ports, accounting
---(leaves), vendors (text), schema (text), sections (text), description.
function M.configuration(options)
  local ports = options.ports or { "1812,1645", "1813,1646" }
  return (([[<?xml version="1.0"?>
<Root xmlns:dt="urn:schemas-microsoft-com:datatypes">
	<Children>
		<Version name="Version" dt:dt="int">257</Version>
		<Microsoft_Internet_Authentication_Service name="Microsoft_Internet_Authentication_Service"><Children>
			<RadiusProfiles name="RadiusProfiles"><Children>@PROFILES@</Children></RadiusProfiles>
			<NetworkPolicy name="NetworkPolicy"><Children>@POLICIES@</Children></NetworkPolicy>
			<Proxy_Policies name="Proxy_Policies"><Children>@REQUESTS@</Children></Proxy_Policies>
			<Proxy_Profiles name="Proxy_Profiles"><Children>@REQUESTPROFILES@</Children></Proxy_Profiles>
			<Protocols name="Protocols"><Children><Microsoft_Radius_Protocol name="Microsoft Radius Protocol"><Children>
				<Clients name="Clients"><Children>@CLIENTS@</Children></Clients>
				<Vendors name="Vendors"><Children>@VENDORS@</Children></Vendors>
			</Children><Properties>@PORTS@</Properties></Microsoft_Radius_Protocol></Children></Protocols>
			<RequestHandlers name="RequestHandlers"><Children>
				<Microsoft_Accounting name="Microsoft Accounting"><Properties>@ACCOUNTING@</Properties></Microsoft_Accounting>
				<Microsoft_NT_SAM_Authentication name="Microsoft NT SAM Authentication"><Properties>@SAM@</Properties>
				</Microsoft_NT_SAM_Authentication>
			</Children></RequestHandlers>
			<RADIUS_Server_Groups name="RADIUS_Server_Groups"><Children>@GROUPS@</Children></RADIUS_Server_Groups>@SECTIONS@
		</Children><Properties>@DESCRIPTION@</Properties></Microsoft_Internet_Authentication_Service>
		<SDO_Schema name="SDO_Schema">@SCHEMA@</SDO_Schema>
	</Children>
</Root>
]]):gsub("@(%u+)@", {
    PROFILES = pick(options.policies, "profile"), POLICIES = pick(options.policies, "policy"),
    REQUESTS = pick(options.requests, "policy"), REQUESTPROFILES = pick(options.requests, "profile"),
    CLIENTS = table.concat(options.clients or {}), VENDORS = options.vendors or "",
    PORTS = M.leaf("Component_Id", "int", options.component or 1) .. M.leaf("Authentication_Port", "string", ports[1])
      .. M.leaf("Accounting_Port", "string", ports[2]),
    ACCOUNTING = table.concat(options.accounting or {}), SAM = M.leaf("Allow_LM_Authentication", "boolean", 1),
    GROUPS = options.groups or "", SECTIONS = options.sections or "", SCHEMA = options.schema or "",
    DESCRIPTION = "<Description>" .. (options.description or "") .. "</Description>",
  }))
end

---The configuration of a destination on which only the role was installed.
function M.fresh()
  return (M.configuration {
    component = 7, schema = "<Own/>",
    requests = { M.policy("Use Windows authentication for all users", { sequence = 999999 }) },
    accounting = {
      M.leaf("Log_File_Directory", "string", [[C:\Windows\system32\LogFiles]]),
      M.leaf("Discard_On_Failure", "boolean", 1),
      M.leaf("Log_File_Is_Backup", "boolean", 0),
    },
  })
end

---@param side "source"|"destination"
---@param options table {release, configuration = text, system = text, software = text, files = table}
function M.server(machine, side, options)
  local release = test_server.release(options.release)
  local fields = {
    NAME = side == "source" and "OLD" or "NEW", PRODUCT = release.name, VERSION = release.version,
    BUILD = release.build, PACK = release.pack, GUID = guids[side], ADDRESS = multi_sz(M.addresses[side]),
  }
  local files = { ["Windows/System32/ias/ias.xml"] = options.configuration }
  for name, text in pairs(options.files or {}) do files[name] = text end
  return machine.from {
    registry = {
      SYSTEM = expand(system .. (options.system or ""), fields),
      SOFTWARE = expand(software .. (options.software or ""), fields),
    },
    files = files,
  }
end

M.map = {
  {
    source = { guid = guids.source, name = "LAN" }, destination = { guid = guids.destination, name = "LAN" },
    reason = "name",
  },
}

---Makes both servers and plans. `source`: options of M.configuration and M.server together.
---@return table plan, table destination, table source
function M.plan(machine, run, source, parameters, destination)
  destination = destination or {}
  local from = M.server(machine, "source", {
    release = source.release or "2008r2", system = source.system, software = source.software, files = source.files,
    configuration = source.text or source.release ~= "2003" and M.configuration(source) or nil,
  })
  local to = M.server(machine, "destination", {
    release = destination.release or "2012", system = destination.system, software = destination.software,
    files = destination.files, configuration = destination.text or M.fresh(),
  })
  local plan = run {
    playbooks = { "nps" }, source = from, destination = to, map = M.map, parameters = parameters, time = 1800000000,
  }
  return plan, to, from
end

function M.failed(plan, guide)
  for _, check in ipairs(plan.checks) do
    if not check.ok and check.guide[1] == guide then return check end
  end
end

function M.manual(plan, id)
  for _, item in ipairs(plan.manual) do
    if item.id == "nps/" .. id or item.id == "shared/" .. id then return item end
  end
end

return M
