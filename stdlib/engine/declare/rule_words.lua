-- The words that rules are written in: what becomes of a value, a file, a certificate or an account.

local fields = require "engine.declare.fields"
local hardening = require "windows.hardening"
local patterns = require "engine.declare.patterns"
local releases = require "windows.releases"
local switches = require "windows.switches"

local M = {}

local WHY = "string|function: the reason, shown in the plan; function(ctx, about)"
local WHEN = "function: function(ctx, about): whether the rule decides; else the next one that names it does"
local NOTE = "string|texts|function: lines for the report; function(ctx, about)"
local SECRET = "boolean|function: the data are not printed; function(ctx, about): or when that is true"

---`verdict`: what a setting that the rule decides over is told as.
M.entries = {
  {
    name = "migrate", verdict = "migrated", doc = "as on the source, or as `through` changes it (transformed) or leaves"
      .. " it out (dropped)",
    fields = {
      why = WHY, when = WHEN, note = NOTE, secret = SECRET,
      through = "function: function(value, ctx, about): the new value and a reason, or nil and a reason",
      replace = "boolean: of [[Sub\\**]]: what the destination has below Sub goes first",
    },
  },
  {
    name = "set", verdict = "transformed", doc = "the playbook's own value, whether the source has one or not",
    fields = {
      why = WHY, when = WHEN, note = NOTE, value = "table: such as dword(1)",
      compute = "function: function(ctx, about): the value; nothing: not written (kept)",
    },
  },
  {
    name = "default", verdict = "defaulted", doc = "the default that the rule gives, where the source has a value",
    fields = { why = WHY, when = WHEN, note = NOTE, secret = SECRET, value = "!table: such as dword(0)" },
  },
  {
    name = "remove", verdict = "defaulted", doc = "the destination's value goes, so that Windows' default holds",
    fields = {
      why = WHY, when = WHEN, note = NOTE, secret = SECRET,
      always = "boolean: also where the source has none; by a wildcard what the destination has in the key itself",
    },
  },
  {
    name = "keep", verdict = "kept", doc = "the destination's own stays; what it meets by `*` or `**` alone,"
      .. " without `when` and with one reason for all, is unjudged",
    fields = { why = WHY, when = WHEN, note = NOTE, secret = SECRET },
  },
  {
    name = "drop", verdict = "dropped", doc = "not carried over; what it meets by `*` or `**` alone, without `when`"
      .. " and with one reason for all, is unjudged",
    fields = { why = WHY, when = WHEN, note = NOTE, secret = SECRET },
  },
  {
    name = "shipped", verdict = "kept", doc = "where the source has what Windows comes with, the destination's own"
      .. " stays; another value is the next rule's",
    fields = {
      value = "!table: such as dword(3)", from = "!string: the hive or the page that it comes from",
      note = NOTE, secret = SECRET,
    },
  },
  {
    name = "stricter", verdict = "migrated", doc = "the stricter of what both servers do, and the difference told, also"
      .. " where the source has no value: kept, or transformed; a looser one arrives by --carry of its exact path",
    fields = {
      by = "!string|table: higher, lower, on, off, bits, or a list of numbers, the strictest first",
      absent = "!integer|table: what Windows does without the value; { [\"2003,2008\"] = 1, otherwise = 0 }",
      ask = "boolean: a looser value of the source is unjudged instead of left behind",
      why = "string: what it means", when = WHEN, note = NOTE, secret = SECRET,
    },
  },
  {
    name = "unjudged", verdict = "unjudged", doc = "the user says what becomes of it (--carry, --leave), where it"
      .. " differs from the destination's; so is what no rule names",
    fields = {
      why = "string|function: what it means, shown in the plan; function(ctx, about)", when = WHEN, note = NOTE,
      secret = SECRET,
    },
  },
  {
    name = "by_hand", verdict = "manual", doc = "a person does it",
    fields = {
      why = WHY, when = WHEN, note = NOTE, secret = SECRET,
      step = "string: the on-demand manual step that is asked for",
      detail = "string|texts|function: what its text is told; function(ctx, about)",
    },
  },
}

local by_name = {}
for _, entry in ipairs(M.entries) do by_name[entry.name] = entry end

---The rules that were made: what a declaration may hold beside plain tables.
M.made = setmetatable({}, { __mode = "k" })

local rule = {}
rule.__name = "rule"
rule.__call = function(self, given)
  local entry = by_name[self.action]
  local where = self.action .. (self.names[1] and (' "' .. self.names[1] .. '"') or "")
  if not entry or type(given) ~= "table" then error(where .. ": it has its options already", 2) end
  given = host.plain(given, where, M.made)
  fields.check(given, entry.fields, where, 2)
  for key, value in pairs(given) do self.options[key] = value end
  return self
end

local function new_rule(action, names)
  local made = setmetatable({ action = action, names = names, options = {} }, rule)
  M.made[made] = true
  return made
end

local constructors = {}

local function is_rule(value)
  return getmetatable(value) == rule
end

-- The names of values that a word is given, or nil when it is given options.
local function names_of(given, word)
  if type(given) == "string" then return { given } end
  if type(given) ~= "table" then error(word .. ": a name, a list of names or a table of options must follow", 3) end
  if given[1] == nil then return nil end
  for _, name in ipairs(given) do
    if type(name) ~= "string" then error(word .. ": names are texts", 3) end
  end
  return table.move(given, 1, #given, 1, {})
end

-- `migrate "A"`, `migrate { "A", "B" }`, either followed by `{ options }`; `migrate { options }` alone, and the word
-- alone, is for a column.
for _, entry in ipairs(M.entries) do
  function entry.word(given)
    local names = names_of(given, entry.name)
    local made = new_rule(entry.name, names or {})
    if names then return made end
    given = host.plain(given, entry.name, M.made)
    fields.check(given, entry.fields, entry.name, 2)
    for key, value in pairs(given) do made.options[key] = value end
    return made
  end
  constructors[entry.word] = true
end

-- The rules of one side by release: headings are releases, "2003,2008", or "otherwise".
local function read_columns(given, where)
  local columns = {}
  for heading, action in pairs(given) do
    if constructors[action] then action = action {} end
    if not is_rule(action) then
      error(("%s: column '%s' is no rule such as migrate or keep"):format(where, tostring(heading)), 3)
    end
    for key in tostring(heading):gmatch("[^,%s]+") do
      if key ~= "otherwise" and not releases.by_key[key] then
        error(("%s: '%s' is no Windows release; they are written %s"):format(where, key,
          table.concat(fields.sorted_keys(releases.by_key), ", ")), 3)
      end
      columns[key] = action
    end
  end
  return columns
end

local by_release = {
  name = "by_release", verdict = "that of the column", doc = "a rule for each release of a side: the column of the"
    .. " destination's release, where there is one, else that of the source's; the side that is asked last has a column"
    .. " `otherwise`",
  fields = {
    source = "table: rules by release: [\"2003\"] = ..., [\"2008,2008r2\"] = ..., otherwise = ...",
    destination = "table: the same",
  },
}
M.entries[#M.entries + 1] = by_release

function by_release.word(given)
  local names = names_of(given, "by_release") or error("by_release: a name or a list of names must follow", 2)
  return function(sides)
    local where = ("by_release '%s'"):format(names[1])
    if type(sides) ~= "table" then error(where .. ": a table must follow", 2) end
    sides = host.plain(sides, where, M.made)
    fields.check(sides, by_release.fields, where, 2)
    local made = new_rule("by_release", names)
    made.columns = {}
    for side, given_columns in pairs(sides) do
      made.columns[side] = read_columns(given_columns, where .. ", " .. side)
    end
    local last = made.columns.source and "source" or "destination"
    if not made.columns[last] or not made.columns[last].otherwise then
      error(("%s, %s: the column 'otherwise' is missing"):format(where, last), 2)
    end
    if last == "source" and made.columns.destination and made.columns.destination.otherwise then
      error(where .. ", destination: a column 'otherwise' would leave the source's no say", 2)
    end
    return made
  end
end

-- What a row of the table of switches becomes.
local function rule_of_row(row, names)
  if row.stricter then
    return by_name.stricter.word(names) {
      by = row.stricter, absent = row.absent, ask = row.becomes == "ask", why = row.meaning,
    }
  elseif row.becomes == "carry" then
    return by_name.migrate.word(names) { why = row.meaning }
  end
  return by_name.unjudged.word(names) { why = row.meaning }
end

M.entries[#M.entries + 1] = {
  name = "switches", verdict = "that of its row", doc = "the rules for what stdlib/windows/switches.lua knows of a"
    .. " key, which it names below Services; with \\** behind it also of the keys below",
  word = function(key)
    local rules = {}
    for _, found in ipairs(type(key) == "string" and switches.of(key) or {}) do
      local row = found.row
      if row.shipped then
        rules[#rules + 1] = by_name.shipped.word(found.names) {
          value = { type = row.shipped[1], value = row.shipped[2] }, from = row.from,
        }
      end
      rules[#rules + 1] = rule_of_row(row, found.names)
    end
    if #rules == 0 then error(("switches: nothing is known of '%s'"):format(tostring(key)), 2) end
    return rules
  end,
}

---All that a rule may be, in one release or another.
---@param made table
---@return table[] rules
local function actions_of(made)
  if made.action ~= "by_release" then return { made } end
  local list = {}
  for _, columns in pairs(made.columns) do
    for _, action in pairs(columns) do list[#list + 1] = action end
  end
  return list
end

M.actions = actions_of

---Whether a rule is of this word, for some release.
---@param made table
---@param word string
---@return boolean
function M.may_be(made, word)
  for _, action in ipairs(actions_of(made)) do
    if action.action == word then return true end
  end
  return false
end

---A word that a rule may be and that is not among these; nil when there is none.
---@param made table
---@param words table<string, boolean>
---@return string|nil
function M.beside(made, words)
  for _, action in ipairs(actions_of(made)) do
    if not words[action.action] then return action.action end
  end
end

-- What a rule cannot do with the names that it has: `replace` empties a subtree, `set` writes one value a name, which
-- `always` removes.
local function problem_of(made)
  local replaces, always, subtree, wildcard, below
  for _, action in ipairs(actions_of(made)) do
    local problem = action.action == "stricter" and hardening.problem(action.options.by, action.options.absent)
    if problem then return problem end
    replaces, always = replaces or action.options.replace, always or action.options.always
  end
  for _, name in ipairs(made.names) do
    local problem = patterns.problem(name)
    if problem then return problem end
    subtree, wildcard = subtree or patterns.subtree(name), wildcard or not patterns.exact(name)
    below = below or not patterns.exact(name) and patterns.is_deep(name)
  end
  if replaces and not subtree then return "'replace' is for a rule that names a subtree, such as [[Sub\\**]]" end
  if below and always then return "'always' is for names of values; wildcards mean the key itself" end
  if wildcard and M.may_be(made, "set") then return "'set' writes values: it names them, without wildcards" end
end

-- Lists of rules in the list are flattened.
local function collect(list, out, where)
  for index, made in ipairs(list) do
    local place = ("%s: entry %d"):format(where, index)
    if type(made) == "table" and getmetatable(made) == nil and #made > 0 then
      collect(made, out, place)
    elseif not is_rule(made) then
      error(place .. " is no rule such as migrate \"Name\"", 0)
    else
      local problem = #made.names == 0 and "names no value" or problem_of(made)
      if problem then error(("%s (%s): %s"):format(place, made.action, problem), 0) end
      out[#out + 1] = made
    end
  end
  return out
end

---Gives a declaration its `rules`, from the list in it; raises for what is none.
---@param item table
---@param where string
function M.take(item, where)
  local known, rules = pcall(collect, item, {}, where)
  if not known then error(rules, 4) end
  for index = #item, 1, -1 do item[index] = nil end
  item.rules = rules
  if #rules == 0 then error(where .. ": it has no rules", 4) end
end

---The rule of a release: that of the destination's column, else that of the source's.
---@param made table
---@param ctx table
---@return table rule
---@return string|nil side
function M.column(made, ctx)
  if made.action ~= "by_release" then return made end
  local there, here = made.columns.destination, made.columns.source
  local found = there and (there[ctx.destination_os] or there.otherwise)
  if found then return found, "destination" end
  return here[ctx.source_os] or here.otherwise, "source"
end

return M
