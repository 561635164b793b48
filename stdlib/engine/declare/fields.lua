-- Checks that a table has the fields it may have, and names the nearest one when it does not.

local M = {}

local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  return keys
end
M.sorted_keys = sorted_keys

---The name in `names` (a table with names as keys) that is nearest to `word`, if any is near.
---@param word string
---@param names table<string, any>
---@return string|nil
function M.nearest(word, names)
  local best, best_distance
  for _, name in ipairs(sorted_keys(names)) do
    local d = distance(word:lower(), name:lower())
    if not best_distance or d < best_distance then best, best_distance = name, d end
  end
  if best and best_distance <= math.max(2, #word // 3) then return best end
end

local function type_of(value)
  return math.type(value) == "integer" and "integer" or type(value)
end

local function matches(value, expected)
  for wanted in expected:gmatch("[%w]+") do
    if wanted == "any" or type_of(value) == wanted or type(value) == wanted then return true end
    if wanted == "texts" and type(value) == "table" then
      local all, count = true, 0
      for _, item in pairs(value) do all, count = all and type(item) == "string", count + 1 end
      for index = 1, count do all = all and value[index] ~= nil end -- without a gap: what is behind one is not seen
      if all then return true end
    end
  end
  return false
end

---The types of a field, without its mark and what it says.
---@param expected string
---@return string
function M.types(expected)
  return expected:match "^!?([^:]*)"
end

---Raises when `t` lacks a required field, has one of another type, or one that is not known.
---@param t table
---@param schema table<string, string> field = "type|type: what it says" ("string", "texts", "table", ...), "!" in
---front: required
---@param where string what the table is, for messages: `check "x"`
---@param level integer? stack level of the line to blame; 0: the message says where
function M.check(t, schema, where, level)
  level = level == 0 and 0 or (level or 1) + 1
  for _, key in ipairs(sorted_keys(t)) do
    if not math.tointeger(tonumber(key)) and not schema[key] then
      local near = M.nearest(key, schema)
      error(("%s: unknown field '%s'%s"):format(where, key,
        near and (", did you mean '" .. near .. "'?") or
        ("; it may have " .. table.concat(sorted_keys(schema), ", "))), level)
    end
  end
  for key, expected in pairs(schema) do
    local required = expected:sub(1, 1) == "!"
    local types = M.types(expected)
    local value = t[key]
    if value == nil then
      if required then error(("%s: field '%s' is missing"):format(where, key), level) end
    elseif not matches(value, types) then
      error(("%s: field '%s' is a %s, it must be %s"):format(where, key, type_of(value),
        (types:gsub("|", " or "))), level)
    end
  end
end

return M
