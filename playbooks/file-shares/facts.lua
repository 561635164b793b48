-- Where shares are kept, what one is, and where its folder is on the destination.
--
-- A share is a REG_MULTI_SZ with lines NAME=VALUE, its permissions are a value of the same name below Security
-- (general knowledge). Types and flags: [MS-SRVS] 2.2.2.4 and 2.2.4.29.

local relocate = require "relocate"
local windows = require "windows"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]

M.keys = {
  shares = services .. [[LanmanServer\Shares]],
  security = services .. [[LanmanServer\Shares\Security]],
  parameters = services .. [[LanmanServer\Parameters]],
  dnscache = services .. [[Dnscache\Parameters]],
  ntlm = [[HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0]],
  mounted = [[HKLM\SYSTEM\MountedDevices]],
  dfs_roots = [[HKLM\SOFTWARE\Microsoft\Dfs\Roots]], -- (general knowledge)
}

local PRINTER, TYPE_MASK, SPECIAL, CLUSTERED = 1, 0xFF, 0x80000000, 0x02000000 | 0x04000000 | 0x08000000
local IN_DFS = 0x0001 | 0x0002
M.flags = { branch_cache = 0x2000, continuous = 0x4000 }

---@class Share
---@field name string
---@field value table as the registry has it
---@field path? string its folder; nil when the value is malformed
---@field flags integer
---@field kind "folder"|"administrative"|"printer"|"clustered"|"role"|"dfs"|"malformed"|"none"

-- The number or text behind NAME= in the lines of a share.
local function field(lines, name)
  for _, line in ipairs(lines) do
    local key, value = line:match "^([^=]*)=(.*)$"
    if windows.same_name(key, name) then return value end
  end
end

-- Shares that a role makes for itself, by name: their data go with the role, by its own means (general knowledge).
local of_roles = {
  certenroll = "Certificate Services", reminst = "Windows Deployment Services",
  wsuscontent = "Windows Server Update Services", wsustemp = "Windows Server Update Services",
  updateservicespackages = "Windows Server Update Services",
}

---The role whose share it is; nil for one that a person made.
---@param name string
---@return string|nil
function M.role_of(name)
  return of_roles[name:lower()]
end

-- Windows makes these itself; with another folder or other permissions they would still be its own.
local function is_administrative(name, kind)
  local plain = name:lower()
  return kind & SPECIAL ~= 0 or plain:match "^%a%$$" ~= nil or plain == "admin$" or plain == "ipc$"
    or plain == "print$" or plain == "fax$" or plain == "sysvol" or plain == "netlogon"
end

local function is_dfs_root(machine, name, flags)
  if flags & IN_DFS ~= 0 then return true end
  for _, kind in ipairs(machine:keys(M.keys.dfs_roots)) do
    if machine:has_key(M.keys.dfs_roots .. "\\" .. kind .. "\\" .. name) then return true end
  end
  return false
end

local function kind_of(machine, share, kind)
  if is_administrative(share.name, kind) then return "administrative" end
  if kind & TYPE_MASK == PRINTER then return "printer" end
  if kind & TYPE_MASK ~= 0 or not share.path then return "malformed" end
  if kind & CLUSTERED ~= 0 then return "clustered" end
  if M.role_of(share.name) then return "role" end
  return is_dfs_root(machine, share.name, share.flags) and "dfs" or "folder"
end

---The shares of a machine, in stored order.
---@return Share[]
function M.shares(machine)
  local list = {}
  for index, value in ipairs(machine:values(M.keys.shares)) do
    local lines = value.type == "multi_sz" and value.value or {}
    local share = { name = value.name, value = value }
    local path = field(lines, "Path")
    share.path = path and path:match "^%a:\\[^\"%c]*$"
    share.flags = math.tointeger(tonumber(field(lines, "CSCFlags") or "0")) or 0
    share.kind = kind_of(machine, share, math.tointeger(tonumber(field(lines, "Type") or "0")) or 0)
    list[index] = share
  end
  return list
end

---The shares, and after them what has permissions without being a share.
---@return Share[]
function M.permissions(machine)
  local list, known = M.shares(machine), {}
  for _, share in ipairs(list) do known[share.name:lower()] = true end
  for _, value in ipairs(machine:values(M.keys.security)) do
    if not known[value.name:lower()] then list[#list + 1] = { name = value.name, kind = "none" } end
  end
  return list
end

function M.shared_folders(machine)
  local list = {}
  for _, share in ipairs(M.shares(machine)) do
    if share.kind == "folder" then list[#list + 1] = share end
  end
  return list
end

---The lines of a share with others in their place; what is missing is added.
---@param lines string[]
---@param changes string[][] name and value
---@return string[]
function M.with(lines, changes)
  local made = table.move(lines, 1, #lines, 1, {})
  for _, change in ipairs(changes) do
    local at = #made + 1
    for index, line in ipairs(made) do
      if windows.same_name(line:match "^[^=]*", change[1]) then at = index end
    end
    made[at] = change[1] .. "=" .. change[2]
  end
  return made
end

-- Folders and drives ----------------------------------------------------------------------------

-- "D:\Data=E:\Files;F:=G:" as a list.
local function given(ctx)
  local list = {}
  for part in ctx.params.folders:gmatch "[^;]+" do
    local old, new = part:match "^%s*(%a:[^=]*)=(%a:.-)%s*$"
    if not old then
      ctx:refuse("folders", "'" .. part .. "' is not OLD=NEW with two folders",
        [[for example D:\Data=E:\Files;F:=G:]])
    end
    list[#list + 1] = { old = old:gsub("\\+$", ""), new = new:gsub("\\+$", "") }
  end
  return list
end

local function is_below(path, folder)
  return windows.same_name(path:sub(1, #folder), folder)
    and (#path == #folder or path:sub(#folder + 1, #folder + 1) == "\\")
end
M.is_below = is_below

---Where a folder of the source is on the destination: the longest folder of the parameter decides.
function M.destination_path(ctx, path)
  local best
  for _, pair in ipairs(given(ctx)) do
    if is_below(path, pair.old) and (not best or #pair.old > #best.old) then best = pair end
  end
  if not best then return path end
  local made = best.new .. path:sub(#best.old + 1)
  return #made == 2 and made .. "\\" or made
end

function M.system_drive(machine)
  local root = machine:identity().system_root
  return root:match "^%a:" and root:sub(1, 2):upper() or "C:"
end

-- A server that was never started, and one made for a test, knows no letters.
local function tells_drives(machine)
  for _, value in ipairs(machine:values(M.keys.mounted)) do
    if value.name:match "^\\DosDevices\\%a:$" then return true end
  end
  return false
end

---Drives that shares need and the destination does not have: the letter, and the shares there.
---@return {letter: string, shares: string[]}[]
function M.missing_drives(ctx)
  local by_letter, list = {}, {}
  for _, share in ipairs(tells_drives(ctx.destination) and M.shared_folders(ctx.source) or {}) do
    local path = M.destination_path(ctx, share.path)
    local letter = path:sub(1, 2):upper()
    if letter ~= M.system_drive(ctx.destination) and not relocate.has_drive(ctx.destination, path) then
      if not by_letter[letter] then
        by_letter[letter] = { letter = letter, shares = {} }
        list[#list + 1] = by_letter[letter]
      end
      table.insert(by_letter[letter].shares, share.name)
    end
  end
  return list
end

-- {key, value}: where other names than the computer's own stand.
local other_names = {
  { M.keys.parameters, "OptionalNames" }, { M.keys.parameters, "SrvAllowedServerNames" },
  { M.keys.dnscache, "AlternateComputerNames" }, { M.keys.ntlm, "BackConnectionHostNames" },
}

---The other names that clients use, as lines: "OptionalNames: FS, ARCHIVE".
---@return string[]
function M.other_names(machine)
  local lines = {}
  for _, place in ipairs(other_names) do
    local value = machine:read(place[1], place[2])
    if type(value) == "string" then value = { value } end
    if type(value) == "table" and #value > 0 then
      lines[#lines + 1] = ("%s: %s"):format(place[2], table.concat(value, ", "))
    end
  end
  return lines
end

---Whether there is something for this playbook on a machine.
function M.present(machine)
  local count = 0
  for _, value in ipairs(machine:values(M.keys.shares)) do
    count = count + (is_administrative(value.name, 0) and 0 or 1)
  end
  if count == 0 then return false, "nothing is shared, or only what Windows shares itself" end
  return true, ("shares: %d"):format(count)
end

return M
