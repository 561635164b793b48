-- Prints the files about the words of playbooks that are made from their entries: "== PATH", then the file's text.
-- tests/cli/reference.sh compares.

local titles = {
  playbook = "The playbook", item = "What a playbook does", rule = "Rules", value = "Values and keys",
}
local marks = { ["!"] = true }

local function sorted(fields)
  local names = {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    local first, second = marks[fields[a]:sub(1, 1)] or false, marks[fields[b]:sub(1, 1)] or false
    if first ~= second then return first end
    return a < b
  end)
  return names
end

-- "!string|texts: what it says": whether it has to be there, its types, what it says.
local function parts(field)
  local mark, types, says = field:match "^(!?)([^:]*): (.*)$"
  return mark == "!", types, says
end

local function lane(entry)
  if entry.lane == nil then return "" end
  return type(entry.lane) == "function" and " Lane: its phase." or (" Lane: %s."):format(entry.lane)
end

local function reference(entry)
  print(("### %s\n"):format(entry.name))
  print(entry.doc .. (entry.verdict and ("; verdict: %s."):format(entry.verdict) or "") .. lane(entry) .. "\n")
  if not entry.fields then return end
  print "| Field | Type | Meaning |\n|---|---|---|"
  for _, name in ipairs(sorted(entry.fields)) do
    local required, types, says = parts(entry.fields[name])
    print(("| %s`%s` | %s | %s |"):format(required and "**must** " or "", name, types:gsub("|", " or "),
      (says:gsub("|", "\\|"))))
  end
  print ""
end

local t = {}

function t.test_1_reference()
  print "== docs/reference.md\n# Words of playbooks\n"
  print "Made from the entries of the language (`stdlib/engine/declare/`) by `tests/cli/reference.sh`; `playbooks.md`"
  print "tells how they go together.\n"
  for _, group in ipairs(language.sorts) do
    print(("## %s\n"):format(titles[group.sort]))
    for _, entry in ipairs(group.entries) do reference(entry) end
  end
end

local lua_types = { texts = "string[]", ["function"] = "function", any = "any" }

local function class_of(entry)
  local class = entry.name:gsub("_(%l)", string.upper):gsub("^%l", string.upper) .. "Fields"
  print("---@class " .. class)
  for _, name in ipairs(sorted(entry.fields)) do
    local required, types, says = parts(entry.fields[name])
    print(("---@field %s%s %s %s"):format(name, required and "" or "?", types:gsub("%w+", lua_types), says))
  end
  print ""
  return class
end

local signatures = {
  playbook = "---@param declaration %s\n---@return table\nfunction %s(declaration) end\n",
  item = "---@param id string\n---@return fun(declaration: %s): table\nfunction %s(id) end\n",
  rule = "---@param names string|string[]|%s\n---@return any\nfunction %s(names) end\n",
  value = "---@param value any\n---@return any\nfunction %s(value) end\n",
}

function t.test_2_editor()
  print "== docs/words.lua\n---@meta"
  print "-- The words of playbooks for editors that know LuaCATS, and for luacheck. Made by tests/cli/reference.sh.\n"
  for _, group in ipairs(language.sorts) do
    for _, entry in ipairs(group.entries) do
      local class = entry.fields and class_of(entry)
      print("---" .. entry.doc)
      print(class and signatures[group.sort]:format(class, entry.name) or signatures.value:format(entry.name))
    end
  end
end

return t
