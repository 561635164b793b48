-- The word that declares a playbook: its scopes, parameters, relations and items.

local fields = require "engine.declare.fields"
local item_words = require "engine.declare.item_words"
local relations = require "engine.declare.relations"
local rule_words = require "engine.declare.rule_words"

local parameter_types = { boolean = true, string = true, integer = true, choice = true }
local schema = {
  id = "!string: the folder's name", title = "!string: for people", version = "!string: its own",
  summary = "string: what moves, in a line", params = "table: what the user may choose, by name",
  reads = "table: what the role owns: read, exported and accounted for",
  consults = "table: what is only looked at", writes = "table: what may be changed on the destination",
  steps = "!table: all items; lists in lists are flattened",
  present = "function: function(source): whether the role is on a machine, and why",
  compat = "table: tables for people, by release", guide = "table: the items that it follows",
  services = "texts: the Windows services that it moves",
  takes = "texts: name, addresses: what of the source one server alone can have",
  points = "string: who looks for the role by the source's name or address",
  divisible = "boolean: a part may move to each of several servers",
  after = "table: runs after these playbooks, when they take part", before = "table: runs before these",
  requires = "table: these must take part, and come first", together = "table: all of these or none",
  conflicts = "table: none of these",
}
-- What of the source only one destination can have.
local takes = { name = true, addresses = true }

local function check_takes(list, where)
  for _, what in ipairs(list or {}) do
    if not takes[what] then error(("%s: 'takes' is a list of name and addresses, not '%s'"):format(where, what), 0) end
  end
end
local scope_schema = { registry = "texts", files = "texts", certificates = "texts", accounts = "texts" }

-- Modules give lists of what they look at: lists in lists are one list.
local function add_flat(list, out)
  for _, item in ipairs(list) do
    if type(item) == "table" then add_flat(item, out) else out[#out + 1] = item end
  end
  return out
end

-- Password hashes and secrets of the system lie there; accounts are asked for by `accounts`.
local function check_scopes(scopes, where)
  for kind, list in pairs(scopes) do
    if type(list) == "table" then scopes[kind] = add_flat(list, {}) end
  end
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

-- The items, as they are now: whoever made them has no hold on them any more.
local function flatten(list, out, where)
  for _, item in ipairs(list) do
    if item_words.made[item] then
      out[#out + 1] = host.plain(item, where .. ", " .. item.id, rule_words.made)
    elseif type(item) == "table" then
      flatten(item, out, where)
    else
      error(where .. ": steps hold checks, settings, steps and manual steps", 0)
    end
  end
  return out
end

-- What the words `playbook` have made, by what they gave for it.
local declared = setmetatable({}, { __mode = "k" })

local function word(declaration)
  if type(declaration) ~= "table" then error("playbook: a table must follow", 2) end
  -- `return playbook {}` is a tail call, which leaves no line to blame: the message says the file.
  local id = rawget(declaration, "id")
  local where = ("%s/playbook.lua: playbook"):format(type(id) == "string" and id or "?")
  local made = host.plain(declaration, where, item_words.made)
  fields.check(made, schema, where, 0)
  for _, name in ipairs { "reads", "consults", "writes" } do
    made[name] = made[name] or {}
    check_scopes(made[name], where .. " " .. name)
    for kind in pairs(scope_schema) do made[name][kind] = made[name][kind] or {} end
  end
  for _, field in ipairs(relations.of_playbooks) do
    made[field] = relations.read_playbooks(made[field], where .. " " .. field)
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
  made.steps = flatten(made.steps, {}, where)
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
  local given = host.freeze(made, "a playbook that is declared")
  declared[given] = made
  return given
end

return {
  ---The playbook behind what the word gave; nil for anything else.
  ---@param given any
  ---@return table|nil playbook
  taken = function(given) return given ~= nil and declared[given] or nil end,
  entry = {
    name = "playbook", doc = "A playbook: what one server role needs in order to move.", fields = schema, word = word,
  },
}
