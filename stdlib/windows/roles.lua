-- Which services make a server role, and which playbook moves it. Names: general knowledge, to be extended freely.

local M = {}

M.services = {
  { service = "RemoteAccess", title = "Routing and Remote Access", playbook = "remote-access" },
  { service = "IAS", title = "Network Policy Server (IAS)", playbook = "nps" },
  { service = "RaMgmtSvc", title = "Remote Access Management (DirectAccess)" },
  { service = "NTDS", title = "Active Directory Domain Services" },
  { service = "DNS", title = "DNS Server", playbook = "dns-server" },
  { service = "DHCPServer", title = "DHCP Server", playbook = "dhcp-server" },
  { service = "CertSvc", title = "Certificate Services" },
  { service = "W3SVC", title = "Web Server (IIS)" },
  { service = "LanmanServer", title = "File sharing", common = true, playbook = "file-shares" },
  { service = "Spooler", title = "Print Spooler", common = true },
  { service = "TermService", title = "Remote Desktop", common = true },
  { service = "WINS", title = "WINS Server" },
  { service = "ClusSvc", title = "Cluster Service" },
  { service = "vmms", title = "Hyper-V" },
  { service = "WsusService", title = "Windows Server Update Services" },
  { service = "adfssrv", title = "AD Federation Services" },
  { service = "MSExchangeIS", title = "Exchange Server" },
  { service = "MSSQLSERVER", title = "SQL Server" },
}

local starts = { [0] = "boot", [1] = "system", [2] = "automatic", [3] = "manual", [4] = "disabled" }

---The roles whose service is installed.
---@param machine table
---@return table[] {service, title, start, state, common, playbook}
function M.find(machine)
  local found = {}
  for _, role in ipairs(M.services) do
    local start = machine:read([[HKLM\SYSTEM\CurrentControlSet\Services\]] .. role.service, "Start")
    if start then
      found[#found + 1] = {
        service = role.service, title = role.title, start = start, common = role.common, playbook = role.playbook,
        state = starts[start] or ("start type " .. tostring(start)),
      }
    end
  end
  return found
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
  local services = [[HKLM\SYSTEM\CurrentControlSet\Services]]
  for _, name in ipairs(machine:keys(services)) do
    local path = services .. "\\" .. name
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
