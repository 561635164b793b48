-- Where DNS Server keeps its settings, and what several steps ask of the two servers.

local relocate = require "relocate"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local server = [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\DNS Server]]

M.keys = {
  service = services .. "DNS",
  parameters = services .. [[DNS\Parameters]],
  server = server,
  zones = server .. [[\Zones]],
  volumes = [[HKLM\SYSTEM\MountedDevices]],
}

M.folder = [[%SystemRoot%\System32\dns]]
M.files = M.folder .. [[\*]]

-- DNS_ZONE_TYPE [MS-DNSP 2.2.5.1.1].
M.zone_types = { [0] = "cache", [1] = "primary", [2] = "secondary", [3] = "stub", [4] = "forwarder" }

---What is told when DNS Server is looked for on a server.
function M.present(machine)
  local start = machine:read(M.keys.service, "Start")
  if not start then return false, "the service DNS is not installed" end
  if start == 4 then return false, "the service DNS is disabled" end
  return true, ("the service DNS is there, zones: %d"):format(#M.zones(machine))
end

---A file in the folder of zone files: its name, or nil for what is a path or no name at all.
---@param name any
---@return string?
function M.plain_name(name)
  if type(name) ~= "string" or name == "" or name:find '[\\/:*?"<>|%c]' or name:find "^%.+$" then return nil end
  return name
end

---@class DnsZone
---@field name string
---@field path string its registry key
---@field kind string "primary", "secondary", ...
---@field file string? in the folder of zone files
---@field outside string? a file that is elsewhere
---@field integrated boolean it is in Active Directory
---@field moves boolean

---The zones of a machine, in the order of the registry.
---@return DnsZone[]
function M.zones(machine)
  local list = {}
  for _, name in ipairs(machine:keys(M.keys.zones)) do
    local path = M.keys.zones .. "\\" .. name
    local kind, file = machine:read(path, "Type"), machine:read(path, "DatabaseFile")
    local integrated = machine:read(path, "DsIntegrated") == 1
    kind = M.zone_types[kind] or "unknown"
    list[#list + 1] = {
      name = name, path = path, kind = kind, integrated = integrated, file = M.plain_name(file),
      outside = type(file) == "string" and file ~= "" and not M.plain_name(file) and file or nil,
      moves = not integrated and kind ~= "cache" and kind ~= "unknown",
    }
  end
  return list
end

---The zones of a machine by their names in small letters.
---@return table<string, DnsZone>
function M.zones_by_name(machine)
  local found = {}
  for _, zone in ipairs(M.zones(machine)) do found[zone.name:lower()] = zone end
  return found
end

---The text of a zone file of the source, by its plain name.
function M.read_zone_file(ctx, name)
  return ctx.source:read_file(M.folder .. "\\" .. name)
end

-- Names and addresses -------------------------------------------------------------------------

---Whether name and addresses of the source go to the destination afterwards.
function M.takes_over(ctx)
  return ctx.params.takes_over_name
end

-- What the source is called, for what must not name it any more.
M.source_names = relocate.changing_names

---Whether an address is one of the destination's own, as it will be.
function M.is_own_address(ctx, address)
  for _, card in ipairs(ctx.destination:interfaces()) do
    for _, own in ipairs(card.addresses) do
      if own == address then return true end
    end
  end
  return false
end

---The addresses in a list of the registry, which is one text or several; nil for binary lists, as old releases wrote.
---@param value any
---@return string[]?
function M.addresses_in(value)
  local texts = type(value) == "table" and value or type(value) == "string" and { value }
  if not texts then return nil end
  local list = {}
  for _, text in ipairs(texts) do
    if text:find "[^%x%s.,;:%%]" then return nil end
    for address in text:gmatch "[^%s,;]+" do list[#list + 1] = address end
  end
  return list
end

---A list in the form that another has.
---@param list string[]
---@param like any the list as the registry had it
function M.list_like(list, like)
  return type(like) == "table" and list or table.concat(list, " ")
end

return M
