-- What stands on the destination for a path, an address or a name of the source.

local relocate = {}

local system_variables = { systemroot = true, windir = true, systemdrive = true }

---Whether a machine has a fixed volume with the drive letter of a path. For playbooks that consult
---HKLM\SYSTEM\MountedDevices.
---
---A volume is told by the signature and offset of its partition (12 bytes) or by "DMIO:ID:" and its GUID; what is
---longer is a device that can be taken out (general knowledge).
---@param machine table
---@param path string
---@return boolean
function relocate.has_drive(machine, path)
  local letter = path:match "^(%a):\\"
  local device = letter and machine:get([[HKLM\SYSTEM\MountedDevices]], [[\DosDevices\]] .. letter:upper() .. ":")
  return device ~= nil and (#device.raw == 12 or device.raw:sub(1, 8) == "DMIO:ID:")
end

---A path in or beside the system's folder of the source, as the destination calls it; nil for other drives and shares.
---@param ctx table
---@param path string
---@return string?
function relocate.path(ctx, path)
  local source, destination = ctx.source:identity().system_root, ctx.destination:identity().system_root
  local variable = path:match "^%%(%a+)%%"
  if variable then
    return system_variables[variable:lower()] and path or nil
  elseif path:sub(1, #source):lower() == source:lower() and path:sub(#source + 1):match "^\\?$" then
    return destination
  elseif path:sub(1, #source + 1):lower() == source:lower() .. "\\" then
    return destination .. path:sub(#source + 1)
  elseif path:sub(1, 3):lower() == source:sub(1, 3):lower() then
    return destination:sub(1, 3) .. path:sub(4)
  end
end

---What the source is called, now. Its addresses each lead to that of the destination's card in its place, or to false.
---@class SourceNames
---@field addresses table<string, string|false>
---@field names table<string, boolean> in small letters, without a dot at the end
---@field same_name boolean the destination is called so, too

---@param ctx table
---@return SourceNames
function relocate.source_names(ctx)
  local of_destination, found = {}, { addresses = {}, names = {} }
  for _, card in ipairs(ctx.destination:interfaces()) do of_destination[card.guid:upper()] = card.addresses end
  for _, card in ipairs(ctx.source:interfaces()) do
    local twin = ctx:interface(card.guid)
    local there = twin and of_destination[twin.guid:upper()] or {}
    for _, address in ipairs(card.addresses) do
      local same
      for _, other in ipairs(there) do same = same or other == address and other end
      found.addresses[address] = same or there[1] or false
    end
  end
  local identity = ctx.source:identity()
  local name = identity.computer_name:lower()
  if name ~= "" then
    found.names[name] = true
    if identity.domain ~= "" then found.names[name .. "." .. identity.domain:lower()] = true end
  end
  found.same_name = name == ctx.destination:identity().computer_name:lower()
  return found
end

---What the source is called now and the destination will not be: empty where it takes over name and addresses
---(parameter takes_over_name).
---@param ctx table
---@return SourceNames
function relocate.changing_names(ctx)
  if ctx.params.takes_over_name then return { addresses = {}, names = {}, same_name = true } end
  local found = relocate.source_names(ctx)
  for address, there in pairs(found.addresses) do
    if there == address then found.addresses[address] = nil end
  end
  if found.same_name then found.names = {} end
  return found
end

---What stands on the destination for a text that may be an address or the name of the source.
---@param names SourceNames
---@param text string
---@return string? new what to write; nil when it stays
---@return string? problem it is the source's own, and nothing is known in its place
function relocate.address(names, text)
  local found = names.addresses[text]
  if found == false then
    return nil, text .. " is an address of the source, and its card has none on the destination"
  end
  if found and found ~= text then return found end
  if names.names[text:lower()] and not names.same_name then return nil, text .. " is the source's name" end
end

return relocate
