-- Parameters of playbooks: typed, closed, with defaults.

local fields = require "engine.declare.fields"

local M = {}

-- giver: {from, file}, who gave it, as engine.run.answers tells; nil for what is not known.
local function fail(giver, message, hint)
  local object = giver and (giver.file or "--" .. giver.from) or "parameters"
  error({ code = "argument", object = object, message = message, hint = hint }, 0)
end

local parsers = {
  boolean = function(value)
    if type(value) == "boolean" then return value end
    return ({ yes = true, no = false, ["true"] = true, ["false"] = false, on = true, off = false })[
      tostring(value):lower()]
  end,
  integer = function(value) return math.tointeger(tonumber(value)) end,
  string = function(value) if type(value) ~= "table" then return tostring(value) end end,
  choice = function(value, parameter)
    if type(value) == "boolean" then value = value and "yes" or "no" end -- as a JSON file has it
    for _, choice in ipairs(parameter.choices or {}) do
      if choice == value then return value end
    end
  end,
}

local wanted = {
  boolean = "yes or no", integer = "a whole number", string = "a text",
}

-- A parameter of one name in two playbooks is one question, whose help may say what the answer means for each.
local function check_same(first, second, name)
  local a, b = first.params[name], second.params[name]
  local same = a.type == b.type and a.default == b.default
    and table.concat(a.choices or {}, "\0") == table.concat(b.choices or {}, "\0")
  if not same then
    error({ object = second.id, message = ("%s and %s both have a parameter '%s', and declare it differently"):format(
      first.id, second.id, name), hint = "take both from one declaration, such as those of the module 'shared'" }, 0)
  end
end

---Raises when two playbooks declare a parameter of one name differently.
---@param playbooks table[]
function M.check_shared(playbooks)
  local owners = {}
  for _, playbook in ipairs(playbooks) do
    for _, name in ipairs(fields.sorted_keys(playbook.params)) do
      if owners[name] then check_same(owners[name], playbook, name) end
      owners[name] = owners[name] or playbook
    end
  end
end

---Gives every playbook its parameters: `{ [playbook id] = { [name] = value } }`.
---@param playbooks table[] loaded playbooks
---@param given table<string, any> what the user gave, by name
---@param givers table<string, table>|nil who gave it, by name
---@return table<string, table<string, any>>
function M.resolve(playbooks, given, givers)
  givers = givers or {}
  local declared, resolved = {}, {}
  for _, playbook in ipairs(playbooks) do
    local values = {}
    for name, parameter in pairs(playbook.params) do
      declared[name] = parameter
      local value = parameter.default
      if given[name] ~= nil then
        value = parsers[parameter.type](given[name], parameter)
        if value == nil then
          fail(givers[name], ("'%s' cannot be '%s'"):format(name, tostring(given[name])),
            ("it is %s: %s"):format(wanted[parameter.type] or
              ("one of " .. table.concat(parameter.choices or {}, ", ")), parameter.help))
        end
      end
      values[name] = value
    end
    resolved[playbook.id] = values
  end
  for _, name in ipairs(fields.sorted_keys(given)) do
    if not declared[name] then
      local near = fields.nearest(name, declared)
      local names = fields.sorted_keys(declared)
      fail(givers[name], ("no playbook that takes part has a parameter '%s'"):format(name),
        near and ("did you mean '%s'?"):format(near) or
        (#names > 0 and ("there are: " .. table.concat(names, ", ")) or "they have none"))
    end
  end
  return resolved
end

return M
