-- Servers for the tests: OLD leases on two cards and is stopped, NEW has the role and two cards.

local test_server = require "test_server"

local M = {}

M.files = { xml = [[%SystemRoot%\System32\dhcp\rehome-export.xml]],
            netsh = [[%SystemRoot%\System32\dhcp\rehome-export.dat]] }
M.image = { xml = "Windows/System32/dhcp/rehome-export.xml", netsh = "Windows/System32/dhcp/rehome-export.dat" }

local cards = {
  source = {
    { guid = "{11111111-0000-0000-0000-000000000001}", name = "LAN", addresses = { "192.0.2.10" } },
    { guid = "{11111111-0000-0000-0000-000000000002}", name = "Backup", addresses = { "198.51.100.10" } },
  },
  destination = {
    { guid = "{22222222-0000-0000-0000-000000000001}", name = "LAN", addresses = { "192.0.2.20" } },
    { guid = "{22222222-0000-0000-0000-000000000002}", name = "Backup", addresses = { "198.51.100.20" } },
  },
}

local stopped = [=[
[CCS\Services\DHCPServer]
"Start"=dword:00000004
]=]

-- D: is a volume of a disk, R: something that can be taken out.
local installed = [=[
[CCS\Services\DHCPServer]
"Start"=dword:00000002
[SYSTEM\MountedDevices]
"\\DosDevices\\D:"=hex:78,56,34,12,00,00,10,00,00,00,00,00
"\\DosDevices\\R:"=hex:5c,00,3f,00,3f,00,5c,00,53,00,43,00,53,00,49,00
]=]

---What Export-DhcpServer writes, as far as this playbook reads it.
function M.export(scopes)
  local parts = {}
  for index, scope in ipairs(scopes) do
    parts[index] = ("<Scope><ScopeId>%s</ScopeId><Leases><Lease><IPAddress>%s</IPAddress><ScopeId>%s</ScopeId></Lease>"
      .. "</Leases></Scope>"):format(scope, scope:gsub("0$", "7"), scope)
  end
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<DHCPServer><MajorVersion>6</MajorVersion><IPv4><Scopes>"
    .. table.concat(parts) .. "</Scopes></IPv4></DHCPServer>\r\n"
end

---Makes both servers and plans. `source`, `destination`: options of test_server.text, and `cards` (how many).
---@return table plan, table destination, table source
function M.plan(machine, run, source, parameters, destination)
  destination = destination or {}
  local function of(side, options, service, name, release, files)
    return machine.from(test_server.text {
      release = options.release or release, name = options.name or name, domain = options.domain,
      cards = { table.unpack(cards[side], 1, options.cards or 2) }, system = service .. (options.system or ""),
      software = options.software, files = options.files or files,
    })
  end
  local export = { [M.image.xml] = M.export { "10.0.1.0", "10.0.0.0" } }
  local from = of("source", source, stopped, "OLD", "2012", export)
  local to = of("destination", destination, installed, "NEW", "2012r2")
  local plan = run {
    playbooks = { "dhcp-server" }, source = from, destination = to, parameters = parameters,
    map = test_server.map({ table.unpack(cards.source, 1, source.cards or 2) },
      { table.unpack(cards.destination, 1, destination.cards or 2) }),
  }
  return plan, to, from
end

return M
