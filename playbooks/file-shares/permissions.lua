-- Permissions of shares: accounts that mean somebody on the destination, and what becomes of the others.

local facts = require "facts"
local security = require "windows.security"
local sids = require "windows.sids"

local M = {}

---The permissions of a share: a descriptor, or nil and an error; false when it has none of its own.
---@return SecurityDescriptor|false|nil
---@return FormatError?
function M.read(machine, name)
  local value = machine:get(facts.keys.security, name)
  if not value then return false end
  if value.type ~= "binary" then return nil, { message = "the permissions are no bytes" } end
  return security.parse(value.raw)
end

-- Decides on single SIDs; all of the source's shares together tell which domain is which.
local function translator(ctx)
  if not ctx.state.translate then
    local texts = {}
    for _, share in ipairs(facts.shares(ctx.source)) do
      local made = M.read(ctx.source, share.name)
      if made then texts[#texts + 1] = table.concat(security.sids(made), " ") end
    end
    ctx.state.translate = sids.translator(ctx, texts)
  end
  return ctx.state.translate
end

local function translated(ctx, sid)
  local text, unknown = translator(ctx)(sid)
  if not security.sid_bytes(text) then
    ctx:refuse("group_sids", "'" .. text .. "' is no SID",
      "for example S-1-5-21-1-2-3-1001=S-1-5-21-4-5-6-1004")
  end
  return text, unknown[1]
end

---@class SharePermissions
---@field made SecurityDescriptor with the destination's SIDs
---@field is_changed boolean
---@field unknown {account: string, rights: string, denies: boolean}[] entries for accounts of the source
---@field denies_unknown boolean
---@field is_open boolean no list at all: everybody may do everything

---@param made SecurityDescriptor of the source; its SIDs are replaced
---@return SharePermissions
function M.translate(ctx, made)
  local result = { made = made, is_changed = false, unknown = {}, denies_unknown = false, is_open = not made.dacl }
  for _, name in ipairs { "owner", "group" } do
    local text = made[name] and translated(ctx, made[name])
    result.is_changed = result.is_changed or text ~= made[name]
    made[name] = text
  end
  for _, entry in ipairs(made.dacl or {}) do
    if entry.sid then
      local text, unknown = translated(ctx, entry.sid)
      if unknown then
        table.insert(result.unknown, { account = unknown, rights = security.rights(entry.mask), denies = entry.denies })
        result.denies_unknown = result.denies_unknown or entry.denies
      end
      result.is_changed = result.is_changed or text ~= entry.sid
      entry.sid = text
    end
  end
  return result
end

---What becomes of the permissions of a share of the source, read once. `err`: they cannot be read; without it and
---without `made` the share has none of its own.
---@return SharePermissions|{err: FormatError?, unknown: table}
function M.of(ctx, share)
  local known = ctx.state.permissions or {}
  ctx.state.permissions = known
  if not known[share.name] then
    local made, err = M.read(ctx.source, share.name)
    known[share.name] = made and M.translate(ctx, made) or { err = err, unknown = {} }
  end
  return known[share.name]
end

---"S-1-5-21-1-2-3-1004: change; denied to S-1-...: full control"
---@param unknown table[] as translate gives it
function M.describe(unknown)
  local list = {}
  for index, entry in ipairs(unknown) do
    list[index] = (entry.denies and "denied to " or "") .. entry.account .. ": " .. entry.rights
  end
  return table.concat(list, "; ")
end

return M
