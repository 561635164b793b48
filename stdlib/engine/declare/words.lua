-- The words that playbooks are written in. Each makes a plain table; nothing runs here.

local fields = require "engine.declare.fields"
local patterns = require "engine.declare.patterns"
local relations = require "engine.declare.relations"
local windows = require "windows"

local M = {}

local function guide_of(value, where, level)
  local list = type(value) == "string" and { value } or value
  for _, id in ipairs(list or {}) do
    if type(id) ~= "string" or not id:match("^%u+%-[%u%d]+%-?[%w]*$") then
      error(("%s: '%s' is not a guide id such as RA-CHK-01"):format(where, tostring(id)), level + 1)
    end
  end
  return list or {}
end

-- `word "id" { fields }`: the common shape of check, settings, step and manual.
local function named(kind, schema, finish)
  return function(id)
    if type(id) ~= "string" or not id:match("^[%l%d][%l%d%-]*$") then
      error(("%s: an id has small letters, digits and dashes, not '%s'"):format(kind, tostring(id)), 2)
    end
    return function(declaration)
      local where = ('%s "%s"'):format(kind, id)
      if type(declaration) ~= "table" then error(where .. ": a table must follow the id", 2) end
      fields.check(declaration, schema, where, 2)
      local item = { kind = kind, id = id, title = declaration.title or (declaration.shared or id):gsub("%-", " ") }
      for key, value in pairs(declaration) do item[key] = value end
      item.guide = guide_of(declaration.guide, where, 2)
      for _, field in ipairs(relations.of_steps) do
        if schema[field] then item[field] = relations.read_steps(declaration[field], where .. " " .. field) end
      end
      if item.shared and not item.shared:match("^[%l%d][%l%d%-]*$") then
        error(where .. ": 'shared' has small letters, digits and dashes", 2)
      end
      if finish then finish(item, where) end
      return item
    end
  end
end

-- What every item that has a place in the order may say.
local function placed(schema)
  for _, field in ipairs(relations.of_steps) do schema[field] = "string|texts" end
  return schema
end

local severities = { block = true, warn = true, info = true }
M.check = named("check", {
  guide = "!string|texts", title = "string", severity = "!string", when = "function",
  problem = "!function", waiver = "string",
}, function(item, where)
  if not severities[item.severity] then
    error(where .. ": severity is 'block', 'warn' or 'info'", 3)
  end
  if item.waiver and item.severity ~= "block" then
    error(where .. ": 'waiver' is for checks of severity 'block'; a warning is accepted with --accept-warnings", 3)
  end
end)

M.step = named("step", placed {
  guide = "!string|texts", title = "string", when = "function", run = "!function", shared = "string",
})

local sides = { source = true, destination = true, network = true, domain = true, people = true }
local phases = { before = true, after = true }
local policies = { fail = true, defer = true, ["accept-if-verified"] = true }
M.manual = named("manual", placed {
  guide = "!string|texts", title = "string", on = "!string", phase = "!string", when = "function",
  text = "!string|function", on_demand = "boolean", secret_needed = "boolean", unattended = "string",
  verify = "function", shared = "string",
}, function(item, where)
  if not sides[item.on] then
    error(where .. ": 'on' is source, destination, network, domain or people", 3)
  end
  if not phases[item.phase] then error(where .. ": 'phase' is before or after", 3) end
  item.unattended = item.unattended or "defer"
  if not policies[item.unattended] then
    error(where .. ": 'unattended' is fail, defer or accept-if-verified", 3)
  end
  if item.unattended == "fail" and item.phase ~= "before" then
    error(where .. ": 'unattended = \"fail\"' is for steps before the apply", 3)
  end
  if item.unattended == "accept-if-verified" and not item.verify then
    error(where .. ": 'accept-if-verified' needs a verify function", 3)
  end
end)

-- What a destination that is switched off cannot do yet: PowerShell for its first start, and for the way back.
M.deferred = named("deferred", placed {
  guide = "!string|texts", title = "string", when = "function", run = "!string|function", undo = "!string|function",
  shared = "string",
})

-- Rules ---------------------------------------------------------------------------------------

local options = {
  migrate = { why = "string", through = "function", secret = "boolean", replace = "boolean" },
  default = { why = "string", value = "table", absent = "boolean", secret = "boolean" },
  keep = { why = "string", secret = "boolean" },
  drop = { why = "string", secret = "boolean" },
  by_hand = { why = "string", step = "!string", secret = "boolean" },
  set = { why = "string", value = "table", compute = "function" },
}

local rule = {}
rule.__name = "rule"
rule.__call = function(self, given)
  local where = self.action .. (self.names[1] and (' "' .. self.names[1] .. '"') or "")
  fields.check(given, options[self.action], where, 2)
  for key, value in pairs(given) do self.options[key] = value end
  return self
end

local constructors = {}

local function is_rule(value)
  return getmetatable(value) == rule
end

-- `migrate "A"`, `migrate { "A", "B" }`, either followed by `{ options }`; `migrate { options }`
-- alone is an action for a column.
local function make_rule(action)
  local function construct(names)
    local made = setmetatable({ action = action, names = {}, options = {} }, rule)
    if type(names) == "string" then
      made.names = { names }
    elseif type(names) == "table" and names[1] ~= nil then
      for index, name in ipairs(names) do
        if type(name) ~= "string" then error(action .. ": names are texts", 2) end
        made.names[index] = name
      end
    elseif type(names) == "table" then
      fields.check(names, options[action], action, 2)
      for key, value in pairs(names) do made.options[key] = value end
    else
      error(action .. ": a name, a list of names or a table of options must follow", 2)
    end
    return made
  end
  constructors[construct] = action
  return construct
end

for action in pairs(options) do M[action] = make_rule(action) end

-- `by_source_os "Name" { ["2003,2008"] = default, otherwise = migrate }`
function M.by_source_os(names)
  local list = type(names) == "string" and { names } or names
  if type(list) ~= "table" or type(list[1]) ~= "string" then
    error("by_source_os: a name or a list of names must follow", 2)
  end
  return function(columns)
    local by_os = {}
    for heading, action in pairs(columns) do
      if constructors[action] then action = action {} end
      if not is_rule(action) then
        error(("by_source_os '%s': column '%s' is no action such as migrate or default"):format(
          list[1], tostring(heading)), 2)
      end
      for key in tostring(heading):gmatch("[^,%s]+") do
        if key ~= "otherwise" and not windows.by_key[key] then
          error(("by_source_os '%s': '%s' is no Windows release; they are written %s"):format(
            list[1], key, table.concat(fields.sorted_keys(windows.by_key), ", ")), 2)
        end
        by_os[key] = action
      end
    end
    if not by_os.otherwise then
      error(("by_source_os '%s': the column 'otherwise' is missing"):format(list[1]), 2)
    end
    return setmetatable({ action = "by_source_os", names = list, options = {}, columns = by_os }, rule)
  end
end

-- What a rule cannot do with the names that it has: `replace` empties a subtree, `set` writes one value a name.
local function problem_of(made)
  local replaces, sets, subtree, wildcard = made.options.replace, made.action == "set", nil, nil
  for _, action in pairs(made.columns or {}) do
    replaces, sets = replaces or action.options.replace, sets or action.action == "set"
  end
  for _, name in ipairs(made.names) do
    local problem = patterns.problem(name)
    if problem then return problem end
    subtree, wildcard = subtree or patterns.subtree(name), wildcard or not patterns.exact(name)
  end
  if replaces and not subtree then return "'replace' is for a rule that names a subtree, such as [[Sub\\**]]" end
  if sets and wildcard then return "'set' writes values: it names them, without wildcards" end
end

local settings_schema = placed {
  guide = "!string|texts", title = "string", key = "!string", to = "string", when = "function",
}
M.settings = named("settings", settings_schema, function(item, where)
  item.rules = {}
  for index, made in ipairs(item) do
    if not is_rule(made) then
      error(("%s: entry %d is no rule such as migrate \"Name\""):format(where, index), 3)
    end
    if #made.names == 0 then
      error(("%s: entry %d (%s) names no value"):format(where, index, made.action), 3)
    end
    local problem = problem_of(made)
    if problem then error(("%s: entry %d (%s): %s"):format(where, index, made.action, problem), 3) end
    item.rules[index] = made
  end
  if #item.rules == 0 then error(where .. ": it has no rules", 3) end
end)

-- Typed values for `value =`, and for machine:set.
for _, kind in ipairs { "dword", "qword", "sz", "expand_sz", "multi_sz", "binary" } do
  M[kind] = function(value)
    return { type = kind, value = value }
  end
end

local parameter_types = { boolean = true, string = true, integer = true, choice = true }
local playbook_schema = {
  id = "!string", title = "!string", version = "!string", summary = "string", params = "table", reads = "table",
  consults = "table", writes = "table", steps = "!table", present = "function", compat = "table", guide = "table",
  services = "texts", takes = "texts", points = "string", divisible = "boolean",
}
for _, field in ipairs(relations.of_playbooks) do playbook_schema[field] = "table" end
-- What of the source only one destination can have.
local takes = { name = true, addresses = true }

local function check_takes(list, where)
  for _, what in ipairs(list or {}) do
    if not takes[what] then error(("%s: 'takes' is a list of name and addresses, not '%s'"):format(where, what), 0) end
  end
end
local scope_schema = { registry = "texts", files = "texts", certificates = "texts", accounts = "texts" }

-- Password hashes and secrets of the system lie there; accounts are asked for by `accounts`.
local function check_scopes(scopes, where)
  fields.check(scopes, scope_schema, where, 0)
  for _, path in ipairs(scopes.registry or {}) do
    local hive = (path:upper() .. "\\"):match "^HK[%a_]+\\(.-)\\"
    if hive == "SAM" or hive == "SECURITY" then
      error(("%s: %s holds password hashes and secrets of the system: playbooks do not get it; for users and groups"
        .. " write accounts = { \"users\", \"groups\" }"):format(where, path), 0)
    end
  end
  for _, kind in ipairs(scopes.accounts or {}) do
    if kind ~= "users" and kind ~= "groups" then
      error(("%s: accounts holds \"users\" and \"groups\", not '%s'"):format(where, kind), 0)
    end
  end
end

-- Tables for people: an id, an item and a word a column in each row.
local compat_schema = { title = "!string", columns = "!texts", rows = "!table", legend = "texts" }
local compat_row_schema = { id = "!string", item = "!string", where = "!string", cells = "!texts" }

local function check_compat(tables, where)
  for index, made in ipairs(tables) do
    local what = ("%s compat table %d"):format(where, index)
    fields.check(made, compat_schema, what, 0)
    for _, row in ipairs(made.rows) do
      fields.check(row, compat_row_schema, what .. " row " .. tostring(row.id), 0)
      if #row.cells ~= #made.columns then
        error(("%s: row %s has %d cells for %d columns"):format(what, row.id, #row.cells, #made.columns), 0)
      end
    end
  end
end

-- The items of the guide that a playbook follows; `why` says why no step has an item.
local guide_schema = { id = "!string", item = "!string", why = "string" }

local function check_guide(items, where)
  for index, item in ipairs(items) do fields.check(item, guide_schema, ("%s guide item %d"):format(where, index), 0) end
end

local function flatten(list, out, where)
  for _, item in ipairs(list) do
    if type(item) ~= "table" then error(where .. ": steps hold checks, settings, steps and manual steps", 0) end
    if item.kind then out[#out + 1] = item else flatten(item, out, where) end
  end
  return out
end

function M.playbook(declaration)
  if type(declaration) ~= "table" then error("playbook: a table must follow", 2) end
  -- `return playbook {}` is a tail call, which leaves no line to blame: the message says the file.
  local where = ("%s/playbook.lua: playbook"):format(tostring(declaration.id))
  fields.check(declaration, playbook_schema, where, 0)
  local made = { is_playbook = true }
  for key, value in pairs(declaration) do made[key] = value end
  for _, name in ipairs { "reads", "consults", "writes" } do
    made[name] = made[name] or {}
    check_scopes(made[name], where .. " " .. name)
    for kind in pairs(scope_schema) do made[name][kind] = made[name][kind] or {} end
  end
  for _, field in ipairs(relations.of_playbooks) do
    made[field] = relations.read_playbooks(declaration[field], where .. " " .. field)
  end
  made.params = made.params or {}
  check_takes(made.takes, where)
  for name, parameter in pairs(made.params) do
    local what = ("%s parameter '%s'"):format(where, name)
    if type(parameter) ~= "table" then error(what .. ": must be a table", 0) end
    fields.check(parameter, {
      type = "!string", default = "any", help = "!string", choices = "texts", takes = "texts",
    }, what, 0)
    check_takes(parameter.takes, what)
    if name == "waive" then error(what .. ": answers files have the names of waivers there", 0) end
    if not parameter_types[parameter.type] then
      error(what .. ": type is boolean, string, integer or choice", 0)
    end
  end
  check_compat(made.compat or {}, where)
  check_guide(made.guide or {}, where)
  made.steps = flatten(declaration.steps, {}, where)
  local seen = {}
  for _, step in ipairs(made.steps) do
    if seen[step.id] then error(("%s: two steps are called '%s'"):format(where, step.id), 0) end
    seen[step.id] = step.kind
  end
  for _, field in ipairs { "requires", "together", "conflicts" } do
    for _, relation in ipairs(made[field]) do
      if seen[relation.id] == "check" then
        error(("%s: the check '%s' is called as a playbook of '%s': a waiver could mean both"):format(where,
          relation.id, field), 0)
      end
    end
  end
  return made
end

return M
