-- How a registry value is shown to people: short, exact, never a secret.

local M = {}

local names = {
  sz = "REG_SZ", expand_sz = "REG_EXPAND_SZ", multi_sz = "REG_MULTI_SZ", dword = "REG_DWORD",
  dword_be = "REG_DWORD_BIG_ENDIAN", qword = "REG_QWORD", binary = "REG_BINARY", none = "REG_NONE",
  link = "REG_LINK",
}

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

---@param value table|nil value table as machine:get gives it, or a typed value
---@param secret boolean|nil
---@return string|nil text nil for no value
function M.value(value, secret)
  if not value then return nil end
  local kind = names[value.type] or ("type " .. tostring(value.type))
  if secret then return kind .. " (secret)" end
  local data = value.value
  if value.type == "dword" or value.type == "qword" or value.type == "dword_be" then
    if math.type(data) ~= "integer" then return kind .. " (malformed)" end
    return ("%s 0x%X (%d)"):format(kind, data, data)
  elseif type(data) == "table" then
    local parts = {}
    for index, part in ipairs(data) do parts[index] = text(part) end
    return kind .. " " .. (#parts > 0 and table.concat(parts, ", ") or "(empty)")
  elseif value.type == "sz" or value.type == "expand_sz" or value.type == "link" then
    return kind .. " " .. text(data)
  end
  return kind .. " " .. hex(data or value.raw or "")
end

return M
