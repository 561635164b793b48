-- Which services make a server role. Names: general knowledge, to be extended freely. Which playbook moves one, the
-- playbook says itself, in `services`.

local M = {}

-- common: on most servers, whatever they are for.
M.services = {
  { service = "RemoteAccess", title = "Routing and Remote Access" },
  { service = "IAS", title = "Network Policy Server (IAS)" },
  { service = "RaMgmtSvc", title = "Remote Access Management (DirectAccess)" },
  { service = "NTDS", title = "Active Directory Domain Services" },
  { service = "CertSvc", title = "Certificate Services" },
  { service = "DHCPServer", title = "DHCP Server" },
  { service = "DNS", title = "DNS Server" },
  { service = "W3SVC", title = "Web Server (IIS)" },
  { service = "LanmanServer", title = "File sharing", common = true },
  { service = "Spooler", title = "Print Spooler", common = true },
  { service = "TermService", title = "Remote Desktop", common = true },
  { service = "WINS", title = "WINS Server" },
  { service = "ClusSvc", title = "Cluster Service" },
  { service = "vmms", title = "Hyper-V" },
  { service = "WDSServer", title = "Windows Deployment Services" },
  { service = "TermServLicensing", title = "Remote Desktop Licensing" },
  { service = "TSGateway", title = "Remote Desktop Gateway" },
  { service = "WsusService", title = "Windows Server Update Services" },
  { service = "adfssrv", title = "AD Federation Services" },
  { service = "MSExchangeIS", title = "Exchange Server" },
  { service = "MSExchangeTransport", title = "Exchange Server (transport)" },
  { service = "MSSQLSERVER", title = "SQL Server" },
}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
M.DISABLED = 4

---The key of a service, or a key below it.
---@param path string
---@return string
function M.key(path)
  return services .. path
end

---The keys of all services that make a role, for a playbook that consults them.
---@return string[]
function M.keys()
  local keys = {}
  for index, role in ipairs(M.services) do keys[index] = M.key(role.service) end
  return keys
end

---How a service starts; nil when it is not there.
---@param machine table
---@param service string
---@return integer|nil
function M.start_of(machine, service)
  local start = machine:read(M.key(service), "Start")
  return math.type(start) == "integer" and start or nil
end

---Whether a service is there and not disabled.
---@param machine table
---@param service string
---@return boolean
function M.runs(machine, service)
  local start = M.start_of(machine, service)
  return start ~= nil and start < M.DISABLED
end

local starts = { [0] = "boot", [1] = "system", [2] = "automatic", [3] = "manual", [4] = "disabled" }

---The roles whose service is installed.
---@param machine table
---@return table[] {service, title, start, state, common}
function M.find(machine)
  local found = {}
  for _, role in ipairs(M.services) do
    local start = M.start_of(machine, role.service)
    if start then
      found[#found + 1] = {
        service = role.service, title = role.title, start = start, common = role.common,
        state = starts[start] or ("start type " .. tostring(start)),
      }
    end
  end
  return found
end

---The roles of the source that are in use beside one's own.
---@param ctx table
---@param apart table<string, boolean> services that are not asked about
---@param planned boolean those that another playbook moves, which takes part, or the rest
---@return table[] as find gives them
function M.others(ctx, apart, planned)
  local list = {}
  for _, role in ipairs(M.find(ctx.source)) do
    local mover = ctx:moves_service(role.service)
    if not role.common and role.start < M.DISABLED and not apart[role.service] and mover ~= ctx.playbook
      and (mover ~= nil) == planned then
      list[#list + 1] = role
    end
  end
  return list
end

-- Service types that are programs, not drivers, and the start types that begin with Windows.
local programs = { [0x10] = true, [0x20] = true, [0x110] = true, [0x120] = true }
local AUTOMATIC = 2

-- Whether a path is in Windows' own folder, as services write it.
local function is_of_windows(path)
  local bare = path:gsub('^"', ""):gsub("^\\%?%?\\", ""):lower()
  return bare:find "^%%systemroot%%" ~= nil or bare:find "^%%windir%%" ~= nil or bare:find "^\\systemroot" ~= nil
    or bare:find "^system32" ~= nil or bare:find "^%a:\\windows\\" ~= nil or bare:find "^%a:\\winnt\\" ~= nil
end

---Programs outside of Windows' folder that start with it: of other vendors, or roles of Microsoft that are no part of
---Windows. What they need nobody knows here.
---@param machine table
---@return table[] {service, title, why}
function M.programs(machine)
  local found, known = {}, {}
  for _, role in ipairs(M.services) do known[role.service:lower()] = true end
  for _, name in ipairs(machine:keys(services:sub(1, -2))) do
    local path = M.key(name)
    local image, start = machine:read(path, "ImagePath"), machine:read(path, "Start")
    if programs[machine:read(path, "Type")] and start == AUTOMATIC and type(image) == "string" and image ~= ""
      and not is_of_windows(image) and not known[name:lower()] then
      local title = machine:read(path, "DisplayName")
      found[#found + 1] = {
        service = name, title = type(title) == "string" and title:sub(1, 1) ~= "@" and title or name,
        why = "a program of its own: " .. image,
      }
    end
  end
  return found
end

return M
