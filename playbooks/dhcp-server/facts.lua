-- Where DHCP Server keeps its settings, and what several steps ask of the two servers.

local relocate = require "relocate"
local releases = require "windows.releases"
local windows = require "windows"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]

M.keys = {
  service = services .. "DHCPServer",
  parameters = services .. [[DHCPServer\Parameters]],
  configuration = [[HKLM\SOFTWARE\Microsoft\DHCPServer\Configuration]], -- scopes and options (general knowledge)
  interfaces = services .. [[Tcpip\Parameters\Interfaces]],
  volumes = [[HKLM\SYSTEM\MountedDevices]],
}

-- Where the service's export is looked for on the source, and where the import finds it on the destination.
M.files = {
  xml = [[%SystemRoot%\System32\dhcp\rehome-export.xml]], -- Export-DhcpServer
  netsh = [[%SystemRoot%\System32\dhcp\rehome-export.dat]], -- netsh dhcp server export
}

---The kind of the export that the source has ("xml" is the better one), its bytes, and the path it has in the image.
---@return string? kind "xml" or "netsh"
---@return string? text
function M.export(machine)
  for _, kind in ipairs { "xml", "netsh" } do
    local text = machine:read_file(M.files[kind])
    if text then return kind, text end
  end
end

---The scopes that an XML export names, sorted; nil when it is not a whole export.
---@param text string UTF-8, or UTF-16 with a byte order mark
---@return string[]?
function M.scopes_of_export(text)
  if text:sub(1, 2) == "\xFF\xFE" then text = text:gsub("%z", "") end
  if not text:find "<DHCPServer[%s>]" or not text:find "</DHCPServer>%s*$" then return nil end
  local scopes, seen = {}, {}
  for scope in text:gmatch "<ScopeId>%s*([%d.]+)%s*</ScopeId>" do
    if not seen[scope] then scopes[#scopes + 1] = scope end
    seen[scope] = true
  end
  table.sort(scopes)
  return scopes
end

---The failover relationships that an XML export names, with its scopes in them; by the elements that Export-DhcpServer
---writes (general knowledge).
---@param text string
---@return string[]
function M.failovers_of_export(text)
  if text:sub(1, 2) == "\xFF\xFE" then text = text:gsub("%z", "") end
  local scopes, names = {}, {}
  for scope in text:gmatch "<Scope>.-</Scope>" do
    local id, name = scope:match "<ScopeId>%s*([%d.]+)", scope:match "<Failover>%s*([^<]-)%s*</Failover>"
    if id and name and name ~= "" then
      if not scopes[name] then names[#names + 1], scopes[name] = name, {} end
      table.insert(scopes[name], id)
    end
  end
  for relation in (text:match "<Failovers>(.-)</Failovers>" or ""):gmatch "<Failover>(.-)</Failover>" do
    local name = relation:match "<Name>%s*([^<]-)%s*</Name>"
    if name and not scopes[name] then names[#names + 1], scopes[name] = name, {} end
  end
  for index, name in ipairs(names) do
    names[index] = #scopes[name] > 0 and ("%s (%s)"):format(name, table.concat(scopes[name], ", ")) or name
  end
  return names
end

---The failover relationships of the source, by its export.
function M.failovers(ctx)
  local kind, text = M.export(ctx.source)
  return kind == "xml" and M.failovers_of_export(text) or {}
end

---Whether names of classes in the export are in another language than the destination's.
function M.changes_language(ctx)
  return M.export(ctx.source) == "netsh"
    and not windows.same_name(ctx.source:identity().install_language, ctx.destination:identity().install_language)
end

---The scopes of the source by its registry: keys that are called like addresses (general knowledge).
---@return string[]
function M.scopes(machine)
  local scopes = {}
  for _, name in ipairs(machine:keys(M.keys.configuration .. [[\Subnets]])) do
    if name:match "^%d+%.%d+%.%d+%.%d+$" then scopes[#scopes + 1] = name end
  end
  return scopes
end

---What is told when DHCP Server is looked for on a server. A source that was stopped for the export counts.
function M.present(machine)
  local start = machine:read(M.keys.service, "Start")
  if not start then return false, "the service DHCPServer is not installed" end
  local exported = M.export(machine) ~= nil
  if start == 4 and not exported then return false, "the service DHCPServer is disabled" end
  return true, exported and "the service DHCPServer and its export are there" or "the service DHCPServer is there"
end

---Whether the source has the cmdlets for DHCP, which came with 2012.
function M.has_cmdlets(ctx)
  return ctx.source_os ~= nil and releases.at_most("2012", ctx.source_os)
end

function M.in_domain(ctx)
  return ctx.source:identity().domain ~= ""
end

---"dhcp1.example.com", or the bare name where there is no domain.
function M.full_name(machine)
  local identity = machine:identity()
  return identity.computer_name:lower() .. (identity.domain ~= "" and "." .. identity.domain:lower() or "")
end

---The cards that the service answers on: those with a fixed address that are not unbound. BindToDHCPServer is 0 where
---the console's list of bindings has no tick, and absent elsewhere (general knowledge).
function M.bound_cards(machine)
  local list = {}
  for _, card in ipairs(machine:interfaces()) do
    local flag = machine:read(M.keys.interfaces .. "\\" .. card.guid, "BindToDHCPServer")
    if card.is_card and #card.addresses > 0 and flag ~= 0 then list[#list + 1] = card end
  end
  return list
end

---The addresses that the service answers on.
---@return string[]
function M.addresses(machine)
  local list = {}
  for _, card in ipairs(M.bound_cards(machine)) do
    for _, address in ipairs(card.addresses) do list[#list + 1] = address end
  end
  return list
end

---Whether clients and relay agents will find the server by another address.
function M.address_changes(ctx)
  if ctx.params.takes_over_name then return false end
  for address, there in pairs(relocate.source_names(ctx).addresses) do
    if there ~= address then return true end
  end
  return false
end

---Where the destination has a folder of the source; nil when it has no such drive.
function M.folder(ctx, path)
  return relocate.path(ctx, path) or relocate.has_drive(ctx.destination, path) and path or nil
end

---Where the database of the source is, when that is not the folder of the system; else nil.
function M.moved_database(ctx)
  local path = ctx.source:read(M.keys.parameters, "DatabasePath")
  if type(path) ~= "string" or path == "" then return nil end
  local root = ctx.source:identity().system_root:lower()
  local full = path:lower():gsub("^%%systemroot%%", function() return root end):gsub("\\+$", "")
  if full ~= root .. [[\system32\dhcp]] then return path end
end

return M
