-- Where Remote Access keeps its settings, and the questions that several steps ask of a server.

local adapters = require "windows.adapters"
local bytes = require "format.bytes"
local phonebook = require "format.phonebook"
local windows = require "windows"
local releases = require "windows.releases"
local roles = require "windows.roles"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local class = [[HKLM\SYSTEM\CurrentControlSet\Control\Class\]]

M.keys = {
  services = services,
  service = services .. "RemoteAccess",
  parameters = services .. [[RemoteAccess\Parameters]],
  interfaces = services .. [[RemoteAccess\Interfaces]],
  router_managers = services .. [[RemoteAccess\RouterManagers]],
  policy = services .. [[RemoteAccess\Policy]],
  rasman = services .. [[RasMan\Parameters]],
  ppp = services .. [[RasMan\PPP]],
  schannel = [[HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL]],
  sstp = services .. [[SstpSvc\Parameters]],
  adapters = class .. "{4D36E972-E325-11CE-BFC1-08002BE10318}",
  firewall_2003 = services .. [[SharedAccess\Parameters\FirewallPolicy\StandardProfile\GloballyOpenPorts\List]],
  firewall_rules = services .. [[SharedAccess\Parameters\FirewallPolicy\FirewallRules]],
  modems = class .. "{4D36E96D-E325-11CE-BFC1-08002BE10318}",
  protocols = [[HKLM\SOFTWARE\Microsoft\Router\CurrentVersion\RouterManagers]],
  features = [[HKLM\SOFTWARE\Microsoft\ServerManager\ServicingStorage\ServerComponentCache]],
  tracing = [[HKLM\SOFTWARE\Microsoft\Tracing]],
  code_page = [[HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage]],
  direct_access = [[HKLM\SOFTWARE\Policies\Microsoft\Windows\RemoteAccess\Config]],
}

M.profiles = [[%ProgramFiles%\CMAK\Profiles]]

M.phonebook = [[%SystemRoot%\System32\ras\router.pbk]]

-- RouterType [MS-RRASM 2.2.3.4.1].
M.router_type = { vpn = 0x01 | 0x08, routing = 0x02 | 0x04 | 0x10 | 0x20, ipv6 = 0x08 | 0x10 | 0x20 }

-- ServerFlags that several steps ask for [MS-RRASM 2.2.3.4.6].
M.server_flags = {
  spap = 0x40, ms_chap = 0x100, ms_chap_v2 = 0x800000, pap = 0x10000, md5_chap = 0x20000, lan_manager = 0x200000,
  l2tp_preshared_key = 0x10000000,
}

-- The type of an interface that is an adapter.
M.LAN = 3

-- Interfaces that go by the name of a phonebook entry: home router, full router, dial-out [MS-RRASM 2.2.1.1.1].
M.demand_dial_types = { [1] = true, [2] = true, [7] = true }

---The ANSI code page that a machine's phonebook is in where it does not say UTF-8, and whether the machine tells it.
---@return integer code_page
---@return boolean told
function M.code_page(machine)
  local number = math.tointeger(tonumber(machine:read(M.keys.code_page, "ACP") or ""))
  return number and number > 0 and number <= 65535 and number or 1252, number ~= nil
end

---The phonebook of a machine's demand-dial interfaces, an empty one where there is none.
---@return Phonebook? book
---@return FormatError? err
function M.read_book(machine)
  local text = machine:read_file(M.phonebook)
  if not text then return { entries = {}, preamble = {}, eol = "\r\n", warnings = {} } end
  return phonebook.parse(text, (M.code_page(machine)))
end

---A number of the registry, 0 when it is absent or malformed.
function M.number(machine, path, name)
  local value = machine:read(path, name)
  return math.type(value) == "integer" and value or 0
end

function M.is_vpn_server(machine)
  return M.number(machine, M.keys.parameters, "RouterType") & M.router_type.vpn ~= 0
end

function M.is_router(machine)
  return M.number(machine, M.keys.parameters, "RouterType") & M.router_type.routing ~= 0
end

function M.has_server_flag(machine, flag)
  return M.number(machine, M.keys.parameters, "ServerFlags") & flag ~= 0
end

---Whether the role is configured, and why not: for an inventory.
function M.present(machine)
  local flags = machine:read(M.keys.service, "ConfigurationFlags")
  if flags == nil then return false, "the Routing and Remote Access service is not installed" end
  if flags == 0 then return false, "Routing and Remote Access is not configured" end
  return true
end

---Whether DirectAccess is configured: its policies are applied to the machine.
function M.has_direct_access(machine)
  return #machine:values(M.keys.direct_access) > 0 or #machine:keys(M.keys.direct_access) > 0
end

---Whether the source has DirectAccess of a release that a person can move: since 2012 all have the same cmdlets.
function M.is_direct_access_set_up(ctx)
  return ctx.source_os ~= nil and releases.at_most("2012", ctx.source_os) and M.has_direct_access(ctx.source)
end

---Whether a person moves DirectAccess along with this migration.
function M.moves_direct_access(ctx)
  return ctx.params.direct_access == "by-hand" and M.is_direct_access_set_up(ctx)
end

local radius = {
  Authentication = "{1AA7F83F-C7F5-11D0-A376-00C04FC9DA04}", Accounting = "{1AA7F840-C7F5-11D0-A376-00C04FC9DA04}",
}

---Whether authentication or accounting of RRAS goes to RADIUS servers.
---@param what "Authentication"|"Accounting"
function M.uses_radius(machine, what)
  local provider = machine:read(M.keys.service .. "\\" .. what .. [[\Providers]], "ActiveProvider")
  return windows.same_name(provider, radius[what])
end

function M.uses_nps(machine)
  return M.uses_radius(machine, "Authentication") or M.uses_radius(machine, "Accounting")
    or M.runs_nps(machine)
end

---Whether the server has an NPS of its own, which also decides for Windows authentication.
function M.runs_nps(machine)
  return roles.runs(machine, "IAS")
end

---The network cards of a machine.
function M.cards(machine)
  local cards = {}
  for _, interface in ipairs(machine:interfaces()) do
    if interface.is_card then cards[#cards + 1] = interface end
  end
  return cards
end

M.interface = adapters.of_guid

---The pairs of the map: the card of the source and that of the destination, where both are there.
function M.mapped_cards(ctx)
  local list = {}
  for _, pair in ipairs(ctx.map) do
    local source = M.interface(ctx.source, pair.source.guid)
    local destination = pair.destination and M.interface(ctx.destination, pair.destination.guid)
    if source and destination then list[#list + 1] = { source = source, destination = destination } end
  end
  return list
end

---Fixed addresses of an interface, as a text.
function M.fixed_addresses(interface)
  return #interface.addresses > 0 and table.concat(interface.addresses, ", ") or "no fixed address"
end

---In what the cards of a pair differ: "'Internet' has 10.1.1.1 on the source and DHCP on the destination".
---@param pair table of M.mapped_cards
---@param has string the verb
---@param of fun(interface: table): string
---@return string|nil
function M.difference(pair, has, of)
  local source, destination = of(pair.source), of(pair.destination)
  if source == destination then return nil end
  return ("'%s' %s %s on the source and %s on the destination"):format(pair.destination.name, has, source, destination)
end

---"10.20.10.0/255.255.255.0" for an address and its mask, or nil.
function M.subnet(address, mask)
  local packed, mask_packed = bytes.ipv4_bytes(address or ""), bytes.ipv4_bytes(mask or "")
  if not packed or not mask_packed then return nil end
  local number = string.unpack(">I4", packed) & string.unpack(">I4", mask_packed)
  return bytes.ipv4_text(string.pack(">I4", number)) .. "/" .. mask
end

---Whether an IPv4 address is one of the machine's own.
function M.has_address(machine, address)
  for _, interface in ipairs(machine:interfaces()) do
    for _, own in ipairs(interface.addresses) do
      if own == address then return true end
    end
  end
  return false
end

-- What the adapter of a connection that Windows has forgotten was called, by its driver.
local function driver_of(machine, guid)
  for _, number in ipairs(machine:keys(M.keys.adapters)) do
    local path = M.keys.adapters .. "\\" .. number
    local name = windows.same_name(machine:read(path, "NetCfgInstanceId"), guid) and machine:read(path, "DriverDesc")
    if type(name) == "string" then return name end
  end
end

-- What people call an interface of the router: the connection's name, also that of one which is gone, with its GUID
-- where no adapter is there any more.
local function name_of(machine, called, kind)
  if kind ~= M.LAN then return called end
  local own = M.interface(machine, called)
  if own then return own.is_card and own.name or own.name .. " " .. own.guid end
  return (driver_of(machine, called) or "a removed adapter") .. " " .. called
end

---The interfaces of the router, by number: {number, path, called, type, name}.
function M.router_interfaces(machine)
  local list = {}
  for _, key in ipairs(subkeys(M.keys.interfaces .. [[\*]])(machine)) do
    local number = key.name:match "^%d+$" and math.tointeger(tonumber(key.name))
    local name = machine:read(key.path, "InterfaceName")
    if number then
      local called, kind = type(name) == "string" and name or "", machine:read(key.path, "Type")
      list[#list + 1] = {
        number = number, path = key.path, called = called, type = kind, name = name_of(machine, called, kind),
      }
    end
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  return list
end

---"'Internet'"
function M.quoted(interface) return "'" .. interface.name .. "'" end

---Whether the map has a place for an interface of the router, or it needs none there.
function M.has_place(ctx, interface)
  return interface.type ~= M.LAN or ctx:interface(interface.called) ~= nil
end

---Whether a name or an address stands for the machine.
function M.is_called(machine, name)
  local identity = machine:identity()
  local host = identity.computer_name:lower()
  local full = identity.domain ~= "" and host .. "." .. identity.domain:lower() or host
  return host ~= "" and (name:lower() == host or name:lower() == full) or M.has_address(machine, name)
end

---The WAN miniports by ComponentId; their numbers below the class differ on every machine.
---@return table<string, {path: string, description: string|nil}>
function M.miniports(machine)
  local found = {}
  for _, number in ipairs(machine:keys(M.keys.adapters)) do
    local path = M.keys.adapters .. "\\" .. number
    local component = machine:read(path, "ComponentId")
    component = type(component) == "string" and component:lower() or ""
    if component:match "^ms_%w+miniport$" and not found[component] then
      found[component] = { path = path, description = machine:read(path, "DriverDesc") }
    end
  end
  return found
end

---True when the source's release is `key` or older.
function M.from_at_most(ctx, key)
  return ctx.source_os ~= nil and releases.at_most(ctx.source_os, key)
end

return M
