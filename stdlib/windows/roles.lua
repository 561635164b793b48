-- Which services make a server role: the one table for the inventory and for every check. Names of services: general
-- knowledge, to be extended freely. Which playbook moves a role, the playbook says itself, in `services`.

local windows = require "windows"

local M = {}

-- service: its name; "NAME$*" is one of many instances. common: on most servers, whatever they are for; of_all: on
-- every server of that release.
M.list = {
  { service = "RemoteAccess", title = "Routing and Remote Access" },
  { service = "IAS", title = "Network Policy Server (IAS)" },
  { service = "RaMgmtSvc", title = "Remote Access Management (DirectAccess)" },
  { service = "NTDS", title = "Active Directory Domain Services" },
  { service = "ADAM_*", title = "Active Directory Lightweight Directory Services" },
  { service = "adfssrv", title = "AD Federation Services" },
  { service = "CertSvc", title = "Certificate Services" },
  { service = "DHCPServer", title = "DHCP Server" },
  { service = "DNS", title = "DNS Server" },
  { service = "WINS", title = "WINS Server" },
  { service = "W3SVC", title = "Web Server (IIS)" },
  { service = "FTPSVC", title = "FTP Server" },
  { service = "MSFTPSVC", title = "FTP Server (IIS 6)" },
  { service = "SMTPSVC", title = "SMTP Server" },
  { service = "NntpSvc", title = "NNTP Server" },
  { service = "POP3SVC", title = "POP3 Server" },
  { service = "LanmanServer", title = "File sharing", common = true },
  { service = "Dfs", title = "DFS Namespaces", of_all = "2003" },
  { service = "DFSR", title = "DFS Replication" },
  { service = "srmsvc", title = "File Server Resource Manager" },
  { service = "NfsService", title = "Server for NFS" },
  { service = "WinTarget", title = "iSCSI Target Server" },
  { service = "PeerDistSvc", title = "BranchCache" },
  { service = "fssagent", title = "File Server VSS Agent" },
  { service = "ddpsvc", title = "Data Deduplication" },
  { service = "MacFile", title = "File Services for Macintosh" },
  { service = "Spooler", title = "Print Spooler", common = true },
  { service = "LPDSVC", title = "LPD (printing from UNIX)" },
  { service = "Fax", title = "Fax Server" },
  { service = "TermService", title = "Remote Desktop", common = true },
  { service = "TermServLicensing", title = "Remote Desktop Licensing" },
  { service = "TSGateway", title = "Remote Desktop Gateway" },
  { service = "Tssdis", title = "Remote Desktop Connection Broker" },
  { service = "ClusSvc", title = "Cluster Service" },
  { service = "vmms", title = "Hyper-V" },
  { service = "WDSServer", title = "Windows Deployment Services" },
  { service = "WsusService", title = "Windows Server Update Services" },
  { service = "MSMQ", title = "Message Queuing" },
  { service = "SNMP", title = "SNMP Service" },
  { service = "TlntSvr", title = "Telnet Server" },
  { service = "simptcp", title = "Simple TCP/IP Services" },
  { service = "MSExchangeIS", title = "Exchange Server" },
  { service = "MSExchangeTransport", title = "Exchange Server (transport)" },
  { service = "MSSQLSERVER", title = "SQL Server" },
  { service = "MSSQL$*", title = "SQL Server" },
}

---What is beside roles and services, and looked at by nobody here.
M.not_looked_for = "Not looked for: data and settings of applications, group policy, firewall rules of other programs,"
  .. " what tasks and scripts do, licences, and roles whose service is not in the table of roles."

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
M.DISABLED = 4
local AUTOMATIC = 2

---The key of a service, or a key below it.
---@param path string
---@return string
function M.key(path)
  return services .. path
end

local shares = M.key [[LanmanServer\Shares]]
local tasks = [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree]]

---What a playbook consults that asks for roles.
M.scopes = { shares }

-- The row for a service, and the name of the instance.
local by_name, instances = {}, {}
for index, role in ipairs(M.list) do
  role.place = index
  if role.service:sub(-1) == "*" then
    instances[#instances + 1] = { role = role, prefix = role.service:sub(1, -2):lower() }
  else
    by_name[role.service:lower()] = role
  end
end

local function row_of(service)
  local name = service.name:lower()
  for _, many in ipairs(instances) do
    if name:sub(1, #many.prefix) == many.prefix then return many.role, service.name:sub(#many.prefix + 1) end
  end
  return by_name[name]
end

-- A share of a printer has the type 1 ([MS-SRVS] 2.2.2.4).
local function shared_printers(machine)
  local names = {}
  for _, value in ipairs(machine:values(shares)) do
    for _, line in ipairs(value.type == "multi_sz" and value.value or {}) do
      local kind = line:match "^[Tt]ype=(%d+)$"
      if kind and tonumber(kind) & 0xFF == 1 then names[#names + 1] = value.name end
    end
  end
  return names
end

local starts = { [0] = "boot", [1] = "system", [2] = "automatic", [3] = "manual", [4] = "disabled" }

local function found_role(service, row, instance)
  return {
    service = service.name, title = instance and ("%s (%s)"):format(row.title, instance) or row.title,
    start = service.start, state = starts[service.start] or ("start type " .. service.start), common = row.common,
    place = row.place,
  }
end

---How a service starts; nil when it is not there.
---@param machine table
---@param name string
---@return integer|nil
function M.start_of(machine, name)
  for _, service in ipairs(machine:services()) do
    if windows.same_name(service.name, name) then return service.start end
  end
end

---Whether a service is there and not disabled.
---@param machine table
---@param name string
---@return boolean
function M.runs(machine, name)
  local start = M.start_of(machine, name)
  return start ~= nil and start < M.DISABLED
end

---The roles whose service is installed, in the order of the table. A print server is one that shares printers.
---@param machine table
---@return table[] {service, title, start, state, common}
function M.find(machine)
  local identity, printers, found = machine:identity(), shared_printers(machine), {}
  local release = windows.release(identity)
  for _, service in ipairs(machine:services()) do
    local row, instance = row_of(service)
    if row then
      local role = found_role(service, row, instance)
      if release and row.of_all == release.key then role.common = true end
      -- A client has some of them ready for use.
      if identity.product_type == "WinNT" and service.start > AUTOMATIC then role.common = true end
      if row.service == "Spooler" and #printers > 0 then
        role.title, role.common = ("Print Server (%s)"):format(table.concat(printers, ", ")), nil
      end
      found[#found + 1] = role
    end
  end
  table.sort(found, function(a, b)
    if a.place ~= b.place then return a.place < b.place end
    return a.service < b.service
  end)
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

-- Service types that are programs, not drivers.
local programs = { [0x10] = true, [0x20] = true, [0x110] = true, [0x120] = true }

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
  local found = {}
  for _, service in ipairs(machine:services()) do
    if programs[service.type] and service.start == AUTOMATIC and service.program ~= ""
      and not is_of_windows(service.program) and not row_of(service) then
      found[#found + 1] = {
        service = service.name,
        title = service.title:find "^[^@]" and service.title or service.name,
        why = "a program of its own: " .. service.program,
      }
    end
  end
  return found
end

-- Tasks at the top, and in folders other than Microsoft's. The tree is what the service shows (general knowledge).
local function add_tasks(machine, key, below, names)
  for _, name in ipairs(machine:keys(key)) do
    local path = key .. "\\" .. name
    if machine:read(path, "Id") then names[#names + 1] = below .. name end
    if below ~= "" or not windows.same_name(name, "Microsoft") then
      add_tasks(machine, path, below .. name .. "\\", names)
    end
  end
end

---Scheduled tasks that are not Windows' own, by their paths; those of 2003 are files.
---@param machine table
---@return string[]
function M.tasks(machine)
  local names = {}
  for _, file in ipairs(machine:files [[%SystemRoot%\Tasks]]) do
    names[#names + 1] = file:match "([^/]+)%.[Jj][Oo][Bb]$"
  end
  add_tasks(machine, tasks, "", names)
  return names
end

return M
