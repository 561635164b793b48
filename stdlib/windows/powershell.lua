-- Texts and tables as PowerShell reads them, for deferred actions. What a server calls its accounts may be anything.
local powershell = {}

-- PowerShell takes typographic quotes for quotes, and a script is read by people: general punctuation of Unicode, which
-- also turns the direction of text and breaks lines, and control characters are written as numbers.
local function is_plain(text)
  return not text:find "%c" and not text:find "\xC2[\x80-\x9F]" and not text:find "\xE2[\x80\x81]"
    and not text:find "\xEF\xBB\xBF" and utf8.len(text) ~= nil
end

local function utf16_units(text)
  local units = {}
  for _, code in utf8.codes(text, true) do
    if code >= 0x10000 then
      units[#units + 1] = 0xD800 + ((code - 0x10000) >> 10)
      code = 0xDC00 + ((code - 0x10000) & 0x3FF)
    end
    units[#units + 1] = code
  end
  return units
end

---A text as an expression on one line, in which nothing is expanded.
---@param text string
---@return string
function powershell.text(text)
  if is_plain(text) then return "'" .. text:gsub("'", "''") .. "'" end
  return "(-join [char[]](" .. table.concat(utf16_units(text), ",") .. "))"
end

---A list of texts on one line, for `@(...)` and `foreach`: `'a', 'b'`.
---@param texts string[]
---@return string
function powershell.list(texts)
  local parts = {}
  for index, text in ipairs(texts) do parts[index] = powershell.text(text) end
  return table.concat(parts, ", ")
end

local function literal(value)
  if type(value) == "boolean" then return value and "$true" or "$false" end
  if type(value) == "number" then return tostring(value) end
  return powershell.text(value)
end

---A list of hashtables, one a line: `@(` `@{ Name = 'a'; Flags = 512 }` ... `)`.
---@param rows table[] plain tables of texts, numbers and booleans
---@param fields string[] which, in this order; those that a row does not have are left out
---@return string
function powershell.rows(rows, fields)
  local lines = { "@(" }
  for _, row in ipairs(rows) do
    local parts = {}
    for _, field in ipairs(fields) do
      if row[field] ~= nil then parts[#parts + 1] = field .. " = " .. literal(row[field]) end
    end
    lines[#lines + 1] = "  @{ " .. table.concat(parts, "; ") .. " }"
  end
  lines[#lines + 1] = ")"
  return table.concat(lines, "\n")
end

return powershell
