-- Security descriptors as the registry keeps them: who may do what, with security identifiers as text.
--
-- Format: [MS-DTYP] 2.4.2 (SID), 2.4.4 (ACE), 2.4.5 (ACL), 2.4.6 (SECURITY_DESCRIPTOR, self-relative).
local bytes = require "format.bytes"

local security = {}

local DACL_PRESENT, SACL_PRESENT, SELF_RELATIVE = 0x0004, 0x0010, 0x8000
local HEAD, ACL_HEAD, ACE_HEAD = 20, 8, 4

-- Types of entries that are a mask, a SID, and for callbacks data behind it: allow, deny, audit, and their callbacks.
local plain_types = { [0] = true, [1] = true, [2] = true, [9] = true, [10] = true, [13] = true }
local denying = { [1] = true, [6] = true, [10] = true, [12] = true }

---@class SecurityEntry
---@field type integer
---@field flags integer
---@field mask? integer absent for an entry of a kind that is kept as it is
---@field sid? string "S-1-..."
---@field tail string what follows the SID; all behind the head where there is no SID
---@field denies boolean

---@class SecurityDescriptor
---@field control integer
---@field resource_control integer
---@field owner? string SID
---@field group? string SID
---@field sacl? string bytes, kept as they are
---@field dacl? SecurityEntry[] nil: everybody may do everything
---@field dacl_revision? integer

local function failure(message)
  return nil, bytes.failure("the security descriptor", message)
end

---@param data string
---@param offset? integer from 0
---@return string? text "S-1-5-32-544"; nil when no SID is there
---@return integer? len how many bytes it has
function security.sid_text(data, offset)
  offset = offset or 0
  if offset < 0 or offset + 8 > #data then return nil end
  local revision, count = data:byte(offset + 1, offset + 2)
  local len = 8 + 4 * count
  if revision ~= 1 or count > 15 or offset + len > #data then return nil end
  local authority = string.unpack(">I6", data, offset + 3)
  local parts = { "S-1", authority < 1 << 32 and tostring(authority) or ("0x%012X"):format(authority) }
  for index = 1, count do parts[index + 2] = tostring(bytes.u32(data, offset + 4 + 4 * index)) end
  return table.concat(parts, "-"), len
end

---@param text string
---@return string? data nil when the text is no SID
function security.sid_bytes(text)
  local authority, rest = text:match "^[Ss]%-1%-(%w+)([%-%d]*)$"
  authority = authority and math.tointeger(tonumber(authority))
  if not authority or authority < 0 or authority >= 1 << 48 then return nil end
  local parts = {}
  for part in rest:gmatch "%-([^%-]*)" do
    local number = #part <= 10 and math.tointeger(tonumber(part))
    if not number or number > 0xFFFFFFFF or #parts == 15 then return nil end
    parts[#parts + 1] = string.pack("<I4", number)
  end
  return string.char(1, #parts) .. string.pack(">I6", authority) .. table.concat(parts)
end

local function parse_entry(data, at, size)
  local kind, flags = data:byte(at + 1, at + 2)
  local entry = { type = kind, flags = flags, denies = denying[kind] or false,
                  tail = data:sub(at + ACE_HEAD + 1, at + size) }
  if not plain_types[kind] then return entry end
  local sid, len = security.sid_text(entry.tail, 4)
  if not sid then return nil end
  entry.mask, entry.sid = bytes.u32(entry.tail, 0), sid
  entry.tail = entry.tail:sub(4 + len + 1)
  return entry
end

-- An ACL's bytes, cut to the size that it says.
local function acl_at(data, offset)
  if offset < HEAD or offset + ACL_HEAD > #data then return nil end
  local size = string.unpack("<I2", data, offset + 3)
  if size < ACL_HEAD or offset + size > #data then return nil end
  return data:sub(offset + 1, offset + size)
end

local function parse_acl(data)
  local entries, at = {}, ACL_HEAD
  local count = string.unpack("<I2", data, 5)
  for index = 1, count do
    if at + ACE_HEAD > #data then return failure(("entry %d is beyond its list"):format(index)) end
    local size = string.unpack("<I2", data, at + 3)
    local entry = size >= ACE_HEAD and at + size <= #data and parse_entry(data, at, size)
    if not entry then return failure(("entry %d is malformed"):format(index)) end
    entries[index] = entry
    at = at + size
  end
  return entries
end

---@param data string
---@return SecurityDescriptor?
---@return FormatError?
function security.parse(data)
  if #data < HEAD then return failure(("%d bytes are too few"):format(#data)) end
  local revision, resource, control, owner, group, sacl, dacl = string.unpack("<I1I1I2I4I4I4I4", data)
  if revision ~= 1 or control & SELF_RELATIVE == 0 then return failure "it is of no known form" end
  local made = { control = control, resource_control = resource }
  for name, offset in pairs { owner = owner, group = group } do
    if offset ~= 0 then
      made[name] = offset >= HEAD and security.sid_text(data, offset) or nil
      if not made[name] then return failure(("its %s is malformed"):format(name)) end
    end
  end
  if control & SACL_PRESENT ~= 0 and sacl ~= 0 then
    made.sacl = acl_at(data, sacl)
    if not made.sacl then return failure "its list for auditing is malformed" end
  end
  if control & DACL_PRESENT ~= 0 and dacl ~= 0 then
    local list = acl_at(data, dacl)
    if not list then return failure "its list of permissions is malformed" end
    local entries, err = parse_acl(list)
    if not entries then return nil, err end
    made.dacl, made.dacl_revision = entries, list:byte(1)
  end
  return made
end

local function build_acl(entries, revision)
  local parts = {}
  for index, entry in ipairs(entries) do
    local body = entry.sid and string.pack("<I4", entry.mask) .. security.sid_bytes(entry.sid) or ""
    body = body .. entry.tail
    parts[index] = string.pack("<I1I1I2", entry.type, entry.flags, ACE_HEAD + #body) .. body
  end
  local body = table.concat(parts)
  return string.pack("<I1I1I2I2I2", revision, 0, ACL_HEAD + #body, #entries, 0) .. body
end

---@param made SecurityDescriptor as parse gives it, with other SIDs perhaps
---@return string data
function security.build(made)
  local parts, at = {}, HEAD
  local function add(data)
    if not data then return 0 end
    parts[#parts + 1] = data
    at = at + #data
    return at - #data
  end
  local sacl = add(made.sacl)
  local dacl = add(made.dacl and build_acl(made.dacl, made.dacl_revision))
  local owner = add(made.owner and security.sid_bytes(made.owner))
  local group = add(made.group and security.sid_bytes(made.group))
  return string.pack("<I1I1I2I4I4I4I4", 1, made.resource_control, made.control, owner, group, sacl, dacl)
    .. table.concat(parts)
end

---All SIDs of a descriptor, each once, in the order in which they come.
---@param made SecurityDescriptor
---@return string[]
function security.sids(made)
  local list, seen = {}, {}
  local function add(sid)
    if sid and not seen[sid] then list[#list + 1] = sid end
    if sid then seen[sid] = true end
  end
  add(made.owner)
  add(made.group)
  for _, entry in ipairs(made.dacl or {}) do add(entry.sid) end
  return list
end

-- Permissions of a share as its dialog calls them [MS-SMB2 2.2.13.1]: all, modify, read and execute.
local rights = { [0x1F01FF] = "full control", [0x1301BF] = "change", [0x1200A9] = "read" }

---@param mask integer
---@return string
function security.rights(mask)
  return rights[mask] or ("rights 0x%X"):format(mask)
end

return security
