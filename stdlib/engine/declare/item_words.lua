-- The words that declare what a playbook does: each names one item, which has a place in a lane.

local fields = require "engine.declare.fields"
local relations = require "engine.declare.relations"
local rule_words = require "engine.declare.rule_words"
local account = require "engine.run.account"
local settings = require "engine.run.settings"

local GUIDE = "!string|texts: the items of the guide, such as RA-CHK-01"
local TITLE = "string: for people; else the id"
local WHEN = "function: function(ctx): whether it is needed"
local SHARED = "string: one with the items of this shared name in other playbooks"

-- What every item that has a place in the order may say.
local function placed(schema)
  schema.after = "string|texts: comes after these steps, of this playbook or PLAYBOOK/STEP"
  schema.before = "string|texts: comes before these"
  schema.requires = "string|texts: as after; the playbook has to take part"
  return schema
end

local severities = { block = true, warn = true, info = true }

-- `found` and two texts in place of a function.
local function problem_of(item)
  local found, text, remedy = item.found, item.problem, item.remedy
  return function(ctx)
    local parts = table.pack(found(ctx))
    local first = parts[1]
    if not first or type(first) == "table" and #first == 0 then return nil end
    if type(first) == "table" then parts[1] = table.concat(first, ", ") end
    return text:format(table.unpack(parts, 1, parts.n)), type(remedy) == "function" and remedy(ctx) or remedy
  end
end

local function finish_check(item, where)
  if not severities[item.severity] then error(where .. ": severity is 'block', 'warn' or 'info'", 3) end
  if item.waiver and item.severity ~= "block" then
    error(where .. ": 'waiver' is for checks of severity 'block'; a warning is accepted with --accept-warnings", 3)
  end
  if (type(item.problem) == "string") ~= (item.found ~= nil) then
    error(where .. ": 'problem' is a function, or a text beside 'found'", 3)
  end
  if item.remedy and not item.found then error(where .. ": 'remedy' is for a 'problem' that is a text", 3) end
  if item.found then item.problem = problem_of(item) end
end

local sides = { source = true, destination = true, network = true, domain = true, people = true }
local phases = { before = true, after = true, back = true }
local policies = { fail = true, defer = true, ["accept-if-verified"] = true }

local function finish_manual(item, where)
  item.unattended = item.unattended or "defer"
  local problem = not sides[item.on] and "'on' is source, destination, network, domain or people"
    or not phases[item.phase] and "'phase' is before, after or back"
    or not policies[item.unattended] and "'unattended' is fail, defer or accept-if-verified"
    or item.unattended == "fail" and item.phase ~= "before" and "'unattended = \"fail\"' is for steps before the apply"
    or item.unattended == "accept-if-verified" and not item.verify and "'accept-if-verified' needs a verify function"
  if problem then error(where .. ": " .. problem, 3) end
end

local function finish_settings(item, where)
  rule_words.take(item, where)
  if not item.key and not item.each then error(where .. ": field 'key' is missing", 3) end
  for _, field in ipairs { "value", "key", "to" } do
    if type(item[field]) == "function" and not item.each then
      error(("%s: '%s' is a function of what 'each' gives, and there is no 'each'"):format(where, field), 3)
    end
  end
  if type(item.replace) == "string" and not item.each then
    error(where .. ": 'replace' is true without an 'each'; its key is the table's own", 3)
  end
  for _, rule in ipairs(item.replace and item.rules or {}) do
    if rule_words.may_be(rule, "keep") then
      error(where .. ": 'replace' removes what the destination has, and 'keep' would say that it stays", 3)
    end
  end
end

local kinds = { "files", "parts", "certificates", "accounts" }
local carried = { migrate = true, keep = true, drop = true, by_hand = true }

local function finish_account(item, where)
  rule_words.take(item, where)
  local count = 0
  for _, kind in ipairs(kinds) do
    if item[kind] then item.of, count = kind, count + 1 end
  end
  if count ~= 1 then error(where .. ": it is about 'files', 'parts', 'certificates' or 'accounts'", 3) end
  if item.parts and not item.each then error(where .. ": 'parts' needs 'each', which lists them", 3) end
  for _, rule in ipairs(item.rules) do
    local other = rule_words.beside(rule, carried)
    if other then error(("%s: '%s' is for values of the registry"):format(where, other), 3) end
  end
end

local M = {}

---The items that were made.
M.made = setmetatable({}, { __mode = "k" })

---In the order in which documentation lists them. `lane`: where items of the word stand; a function of the item where
---that differs. `run`: what a step of the lane does; `tells`: fields that `playbook show` has.
M.entries = {
  {
    name = "check", lane = "checks", finish = finish_check, tells = { "severity", "waiver" },
    doc = "What may be in the way, asked before any step runs.",
    fields = {
      guide = GUIDE, title = TITLE, when = WHEN, severity = "!string: block, warn or info",
      problem = "!string|function: function(ctx): nothing, or what is wrong and what to do; or a text with %s for what"
        .. " `found` gives",
      found = "function: function(ctx): nothing when all is well, else true, a list of texts, or values for the text",
      remedy = "string|function: what to do, beside a text; function(ctx)",
      waiver = "string: what may go wrong for who goes on with --waive",
    },
  },
  {
    name = "settings", lane = "steps", finish = finish_settings, run = settings.run, tells = { "key" },
    doc = "What becomes of the values of a key, or of one for each thing that there is: rules, the first that holds"
      .. " decides.",
    fields = placed {
      guide = GUIDE, title = TITLE, when = WHEN,
      key = "string|function: the key on both servers; with each: function(thing, ctx), else its path; nil: the source"
        .. " has no such thing",
      each = "function: function(source, ctx): a list of what the table stands for; subkeys [[...\\*]] gives one",
      value = "function: function(thing, ctx): the one value of the key that stands for the thing",
      to = "string|function: another key on the destination; with each: function(thing, ctx), which may give nil, a"
        .. " reason and a verdict (dropped, kept, manual) for all that the thing has",
      replace = "boolean|string: what the destination has there goes first; with each: a key that goes first",
    },
  },
  {
    name = "account", lane = "steps", finish = finish_account, run = account.run,
    tells = { "files", "certificates", "accounts" },
    doc = "What becomes of files, parts of a file, certificates or accounts: rules, the first that holds decides.",
    fields = placed {
      guide = GUIDE, title = TITLE, when = WHEN,
      files = "string|texts: folders; a rule names files below them",
      to = "string: the folder that files go to; else the same",
      parts = "function: function(ctx): the file whose parts each gives, as m:files does: {name, value, there, write}",
      certificates = "string: a store; a rule names thumbprints",
      accounts = "string: users, groups or members; a rule names them",
      each = "function: function(source, ctx): a list in place of all that there is",
      name = "function: function(thing, ctx): the name of what each gives; else its name",
    },
  },
  {
    name = "step", lane = "steps", tells = { "shared" }, run = function(ctx, item) return item.run(ctx) end,
    doc = "What no table of rules can say, in code.",
    fields = placed {
      guide = GUIDE, title = TITLE, when = WHEN, shared = SHARED,
      run = "!function: function(ctx): may give a summary for the plan",
    },
  },
  {
    name = "manual", lane = function(item) return item.phase end, finish = finish_manual,
    tells = { "on", "phase", "shared" },
    doc = "What a person does.",
    fields = placed {
      guide = GUIDE, title = TITLE, when = WHEN, shared = SHARED,
      on = "!string: source, destination, network, domain or people",
      phase = "!string: before or after the apply, or back: only for a rollback",
      text = "!string|function: what to do; function(ctx)",
      on_demand = "boolean|function: only when a rule or a step asks for it; function(ctx): or when that is true, or"
        .. " gives a list of details",
      secret_needed = "boolean: it needs a secret",
      unattended = "string: of apply --unattended: defer, fail or accept-if-verified",
      verify = "function: function(ctx): whether it is done",
    },
  },
  {
    name = "deferred", lane = "deferred", tells = { "shared" },
    doc = "What only the running destination can do: PowerShell for its first start, and for the way back.",
    fields = placed {
      guide = GUIDE, title = TITLE, when = WHEN, shared = SHARED,
      run = "!string|function: PowerShell; function(ctx)", undo = "!string|function: PowerShell for the way back",
      asks = "boolean|function: it asks a person for something, so that it cannot run by itself; function(ctx)",
      closes = "string|texts: manual steps of this playbook that are done when it is",
    },
  },
}

local function guide_of(value, where, level)
  local list = type(value) == "string" and { value } or value
  for _, id in ipairs(list or {}) do
    if type(id) ~= "string" or not id:match("^%u+%-[%u%d]+%-?[%w]*$") then
      error(("%s: '%s' is not a guide id such as RA-CHK-01"):format(where, tostring(id)), level + 1)
    end
  end
  return list or {}
end

-- `word "id" { fields }`.
local function named(entry)
  return function(id)
    if type(id) ~= "string" or not id:match("^[%l%d][%l%d%-]*$") then
      error(("%s: an id has small letters, digits and dashes, not '%s'"):format(entry.name, tostring(id)), 2)
    end
    return function(declaration)
      local where = ('%s "%s"'):format(entry.name, id)
      if type(declaration) ~= "table" then error(where .. ": a table must follow the id", 2) end
      declaration = host.plain(declaration, where, rule_words.made)
      fields.check(declaration, entry.fields, where, 2)
      local title = declaration.title or (declaration.shared or id):gsub("%-", " ")
      local item = { kind = entry.name, id = id, title = title }
      for key, value in pairs(declaration) do item[key] = value end
      item.guide = guide_of(declaration.guide, where, 2)
      for _, field in ipairs(relations.of_steps) do
        if entry.fields[field] then item[field] = relations.read_steps(declaration[field], where .. " " .. field) end
      end
      if item.shared and not item.shared:match("^[%l%d][%l%d%-]*$") then
        error(where .. ": 'shared' has small letters, digits and dashes", 2)
      end
      if entry.finish then entry.finish(item, where) end
      M.made[item] = true
      return item
    end
  end
end

for _, entry in ipairs(M.entries) do entry.word = named(entry) end

return M
