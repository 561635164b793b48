-- How a registry value is shown to people: short, exact, of a secret only a fingerprint.

local M = {}

local names = {
  sz = "REG_SZ", expand_sz = "REG_EXPAND_SZ", multi_sz = "REG_MULTI_SZ", dword = "REG_DWORD",
  dword_be = "REG_DWORD_BIG_ENDIAN", qword = "REG_QWORD", binary = "REG_BINARY", none = "REG_NONE",
  link = "REG_LINK",
}
M.names = names

local function text(value)
  if not utf8.len(value) then return "(text that is not valid Unicode)" end
  value = value:gsub("%c", function(sign) return ("\\x%02X"):format(sign:byte()) end)
  if #value > 120 then
    value = value:sub(1, (utf8.offset(value, 100) or 100) - 1) .. "…"
  end
  return '"' .. value .. '"'
end

local function hex(bytes)
  if #bytes > 24 then return ("%d bytes, SHA-256 %s…"):format(#bytes, host.sha256(bytes):sub(1, 16)) end
  return (bytes:gsub(".", function(sign) return ("%02X "):format(sign:byte()) end):gsub(" $", ""))
end

-- What lies behind the NUL of a text in UTF-16, said; empty where nothing does.
local function behind_end(raw)
  local from = raw:find("\0\0", 1, true)
  while from and from % 2 == 0 do from = raw:find("\0\0", from + 1, true) end
  local rest = from and raw:sub(from + 2) or ""
  return rest ~= "" and (" and %d bytes behind its end: %s"):format(#rest, hex(rest)) or ""
end

local function kind_of(value)
  return names[value.type] or ("type " .. tostring(value.type))
end

---A secret's stand-in: the same data give the same one within a plan, and without the plan's key it tells nothing.
---@param key string the plan's secret_key
---@param data string
---@return string
function M.secret(key, data)
  return ("(secret %s)"):format(host.hmac(key, data):sub(1, 8))
end

---A value of which nobody has said that it is no secret: numbers as they are, of the rest type and size.
---@param value table|nil
---@return string|nil
function M.shape(value)
  if not value or math.type(value.value) == "integer" then return M.value(value) end
  return ("%s, %d bytes"):format(kind_of(value), #value.raw)
end

---@param value table|nil value table as machine:get gives it, or a typed value
---@param secret_key string|nil given for a secret
---@return string|nil text nil for no value
function M.value(value, secret_key)
  if not value then return nil end
  local kind = kind_of(value)
  if secret_key then return kind .. " " .. M.secret(secret_key, value.raw or tostring(value.value)) end
  local data = value.value
  if value.type == "dword" or value.type == "qword" or value.type == "dword_be" then
    if math.type(data) ~= "integer" then return kind .. " (malformed)" end
    return ("%s 0x%X (%d)"):format(kind, data, data)
  elseif type(data) == "table" then
    local parts = {}
    for index, part in ipairs(data) do parts[index] = text(part) end
    return kind .. " " .. (#parts > 0 and table.concat(parts, ", ") or "(empty)")
  elseif value.type == "sz" or value.type == "expand_sz" or value.type == "link" then
    return kind .. " " .. text(data) .. behind_end(value.raw or "")
  end
  return kind .. " " .. hex(data or value.raw or "")
end

---A copy in which all texts can stand in JSON: names of a registry may be no valid Unicode, or hold a NUL.
---@param value any plain data
---@return any
function M.storable(value)
  if type(value) == "string" and (not utf8.len(value) or value:find("\0", 1, true)) then
    return (value:gsub("[%z\128-\255]", function(sign) return ("\\x%02X"):format(sign:byte()) end))
  elseif type(value) == "table" then
    local copy = {}
    for key, item in pairs(value) do copy[key] = M.storable(item) end
    return copy
  end
  return value
end

return M
