-- Which services make a server role. Names of services: general knowledge, to be extended freely.

local M = {}

M.services = {
  { service = "RemoteAccess", title = "Routing and Remote Access" },
  { service = "IAS", title = "Network Policy Server (IAS)" },
  { service = "RaMgmtSvc", title = "Remote Access Management (DirectAccess)" },
  { service = "NTDS", title = "Active Directory Domain Services" },
  { service = "DNS", title = "DNS Server" },
  { service = "DHCPServer", title = "DHCP Server" },
  { service = "CertSvc", title = "Certificate Services" },
  { service = "W3SVC", title = "Web Server (IIS)" },
  { service = "LanmanServer", title = "File sharing", common = true },
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
---@return table[] {service, title, start, state, common}
function M.find(machine)
  local found = {}
  for _, role in ipairs(M.services) do
    local start = machine:read([[HKLM\SYSTEM\CurrentControlSet\Services\]] .. role.service, "Start")
    if start then
      found[#found + 1] = {
        service = role.service, title = role.title, start = start, common = role.common,
        state = starts[start] or ("start type " .. tostring(start)),
      }
    end
  end
  return found
end

return M
