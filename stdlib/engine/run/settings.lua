-- Runs a settings table: for every value of the source's key, or of the key of each thing that it stands for, the first
-- rule that holds decides.

local current = require "engine.run.current"
local each_value = require("engine.run.ledger").each_value
local patterns = require "engine.declare.patterns"
local rule_words = require "engine.declare.rule_words"
local rules = require "engine.run.rules"
local stricter = require "engine.run.stricter"
local unjudged = require "engine.run.unjudged"

local M = {}

local function same(a, b)
  return a ~= nil and b ~= nil and a.type == b.type and a.raw == b.raw
end

local act = {}

function act.migrate(s)
  local options, value = s.options, s.value
  if not options.through then
    s.destination:set(s.to, s.name, value)
    return "migrated"
  end
  local result, why = options.through(value.value, s.ctx, s.about)
  if result == nil then return "dropped", why end
  if result == value.value then -- as it is, byte for byte
    s.destination:set(s.to, s.name, value)
  elseif type(result) == "table" and result.type then
    s.destination:set(s.to, s.name, result.type, result.value)
  else
    s.destination:set(s.to, s.name, value.type, result)
  end
  if same(s.destination:get(s.to, s.name), value) then return "migrated", why end
  return "transformed", why
end

function act.default(s)
  s.destination:set(s.to, s.name, s.options.value.type, s.options.value.value)
  return "defaulted"
end

function act.remove(s)
  s.destination:delete_value(s.to, s.name)
  return "defaulted"
end

function act.keep() return "kept" end
function act.shipped() return "kept" end
function act.drop() return "dropped" end
function act.by_hand() return "manual" end

function act.stricter(s) return stricter.decide(s.ctx, s.action, s.about) end

-- write_own_values wrote it, present on the source or not.
function act.set(s)
  if not s.is_set then return "kept" end
  local computed = s.options.compute and same(s.destination:get(s.to, s.name), s.value)
  return computed and "migrated" or "transformed"
end

local function below(key, relative)
  if not key or relative == "" then return key end
  return key .. "\\" .. relative:sub(1, -2)
end

local function mark_secret(ctx, to, name)
  if ctx.destination:get(to, name) then ctx.destination:mark_secret(to, name) end
end

-- One key of the source, the destination's key for it, and what it is about.
---@class SettingsRun
---@field ctx table
---@field item table the declaration
---@field key string|nil nil: the source has no such thing
---@field to string
---@field thing any

local function about(run, relative, name, value)
  return {
    path = below(run.key, relative), to = below(run.to, relative), name = name, item = run.thing,
    type = value and value.type, value = value and value.value, raw = value and value.raw,
  }
end

-- Whether a rule decides over what the destination has, or is to have, at a place.
local function is_of(run, made, relative, name)
  local of = about(run, relative, name, run.key and run.ctx.source:get(below(run.key, relative), name))
  return rules.find(run.item, run.ctx, of, patterns.text(relative, name)) == made, of
end

local function find_unjudged(run, of, value, secret, why, loosens)
  unjudged.found(run.ctx, {
    path = of.path, name = value.name, value = value, to = of.to, secret = secret, why = why, loosens = loosens,
  })
end

local function apply(run, relative, value)
  local ctx, of = run.ctx, about(run, relative, value.name, value)
  local made, action, pattern, side = rules.find(run.item, ctx, of, patterns.text(relative, value.name))
  if not made then return end
  local secret = rules.said(action.options.secret, ctx, of) or nil
  if rules.is_unjudged(action, pattern) then
    rules.tell(action, ctx, of)
    return find_unjudged(run, of, value, secret, rules.why_unjudged(action, ctx, of))
  end
  if secret then mark_secret(ctx, of.to, value.name) end -- before: it may be deleted
  local verdict, why, loosens = act[action.action] {
    ctx = ctx, destination = ctx.destination, options = action.options, value = value, name = value.name, to = of.to,
    about = of, is_set = run.set[pattern], action = action,
  }
  if not verdict then return find_unjudged(run, of, value, secret, why, loosens) end
  if secret then mark_secret(ctx, of.to, value.name) end
  rules.tell(action, ctx, of)
  ctx:verdict {
    path = of.path, name = value.name, verdict = verdict, why = rules.why(action, ctx, of, verdict, why),
    rule = rules.name(run.item, action, pattern, side, ctx, rules.called(run.thing)), to = of.to, before = value,
    after = ctx.destination:get(of.to, value.name), secret = secret,
    by_shape = rules.is_unknown(action, pattern),
  }
  run.count = run.count + 1
end

local function write_own_value(run, made, action, pattern, relative, name)
  local destination = run.ctx.destination
  local its, of = is_of(run, made, relative, name)
  if not its then return end
  if action.action == "stricter" then
    if of.raw == nil then stricter.harden(run.ctx, action, of) end
    return
  end
  rules.tell(action, run.ctx, of)
  if action.action == "remove" then
    destination:delete_value(of.to, name)
    return
  end
  local value = action.options.value or action.options.compute(run.ctx, of)
  if value then
    destination:set(of.to, name, value.type, value.value)
    run.set[pattern] = true
  end
end

-- What a name means: one value, or with a wildcard those that the destination has: in the key itself, and for
-- `stricter` below it.
local function write_own_of(run, made, action, pattern)
  local relative, name = patterns.exact(pattern)
  if relative then return write_own_value(run, made, action, pattern, relative, name) end
  if action.action == "stricter" and patterns.is_deep(pattern) then
    each_value(run.ctx.destination, run.to, function(_, below_it, value)
      write_own_value(run, made, action, pattern, below_it, value.name)
    end)
    return
  end
  for _, value in ipairs(run.ctx.destination:values(run.to)) do
    write_own_value(run, made, action, pattern, "", value.name)
  end
end

-- `set`, `stricter`, and `remove` with `always`, need no value of the source. They act where no earlier rule decides.
local function write_own_values(run)
  run.set = {}
  for _, made in ipairs(run.item.rules) do
    local action = rule_words.column(made, run.ctx)
    local own = action.action == "set" or action.action == "stricter" or action.options.always
    for _, pattern in ipairs(own and made.names or {}) do write_own_of(run, made, action, pattern) end
  end
end

-- Adds to `found` what a rule decides over at and below a key of the destination: {path}, a key of which all is its,
-- or {path, name}, a value. True for all of it. Over a key that has no values the rule for its default value decides.
local function find_owned(machine, path, relative, is_its, found)
  local whole, parts = is_its(relative, ""), {}
  for _, value in ipairs(machine:values(path)) do
    local its = is_its(relative, value.name)
    if its then parts[#parts + 1] = { path, value.name } end
    whole = whole and its
  end
  for _, name in ipairs(machine:keys(path)) do
    whole = find_owned(machine, path .. "\\" .. name, relative .. name .. "\\", is_its, parts) and whole
  end
  table.move(whole and { { path } } or parts, 1, whole and 1 or #parts, #found + 1, found)
  return whole
end

-- `migrate [[Sub\**]] { replace = true }`: what this rule would decide over of what the destination has below Sub goes
-- first. What a rule before it decides over stays, as the verdict says.
local function clear_replaced(run)
  local ctx = run.ctx
  for _, made in ipairs(run.item.rules) do
    local action = rule_words.column(made, ctx)
    local function is_its(relative, name) return is_of(run, made, relative, name) end
    for _, pattern in ipairs(action.action == "migrate" and action.options.replace and made.names or {}) do
      local sub, found = patterns.subtree(pattern), {}
      if sub and ctx.source:has_key(run.key .. "\\" .. sub) then
        find_owned(ctx.destination, run.to .. "\\" .. sub, sub .. "\\", is_its, found)
      end
      for _, part in ipairs(found) do
        if part[2] then ctx.destination:delete_value(part[1], part[2]) else ctx.destination:delete_key(part[1]) end
      end
    end
  end
end

local function is_deep(item)
  for _, rule in ipairs(item.rules) do
    for _, pattern in ipairs(rule.names) do
      if patterns.is_deep(pattern) then return true end
    end
  end
  return false
end

local function run_key(run)
  local ctx, item = run.ctx, run.item
  if run.key then unjudged.place(ctx, run.key, run.to) end
  if item.replace == true then ctx.destination:delete_key(run.to) end
  if run.key then clear_replaced(run) end
  write_own_values(run)
  if not run.key then return end
  if is_deep(item) then
    each_value(ctx.source, run.key, function(_, relative, value) apply(run, relative, value) end)
  else
    for _, value in ipairs(ctx.source:values(run.key)) do apply(run, "", value) end
  end
end

-- The thing is one value of the key.
local function run_value(run, name)
  local value = run.ctx.source:get(run.key, name)
  unjudged.place(run.ctx, run.key, run.to)
  if run.item.replace then run.ctx.destination:delete_value(run.to, name) end
  write_own_values(run)
  if value then apply(run, "", value) end
end

local function of_thing(field, thing, ctx)
  if type(field) == "function" then return field(thing, ctx) end
  return field
end

-- A thing that goes nowhere: all that the source has of it gets one verdict.
local function leave(run, name, why, verdict)
  local ctx = run.ctx
  if not run.key or verdict == "unjudged" then return end
  local value = name and ctx.source:get(run.key, name)
  if value then
    ctx:account(run.key, value, verdict or "dropped", why)
  elseif not name then
    ctx:account_all(run.key, verdict or "dropped", why)
  end
end

-- True for a thing that has a place on the destination.
local function run_thing(run)
  local ctx, item, thing = run.ctx, run.item, run.thing
  local name = item.value and item.value(thing, ctx)
  run.key = of_thing(item.key, thing, ctx) or thing.path
  local to, why, verdict = run.key, nil, nil
  if item.to then to, why, verdict = of_thing(item.to, thing, ctx) end
  run.to = to
  if not to then
    leave(run, name, why, verdict)
  elseif not item.value then
    run_key(run)
  elseif name then
    run_value(run, name)
  end
  return to ~= nil
end

---@param ctx table
---@param item table a settings declaration
---@return string outcome what to say of the step
function M.run(ctx, item)
  local run = { ctx = ctx, item = item, key = item.key, to = item.to or item.key, count = 0 }
  if not item.each then
    run_key(run)
    return ("%d setting%s"):format(run.count, run.count == 1 and "" or "s")
  end
  local moved, things = 0, item.each(ctx.source, ctx)
  if type(item.replace) == "string" then ctx.destination:delete_key(item.replace) end
  local step = current.step_of(ctx)
  local rule = step.rule
  for _, thing in ipairs(things) do
    run.thing = thing
    local called = rules.called(thing)
    step.rule = called and ("%s (%s)"):format(rule, called) or rule
    if run_thing(run) then moved = moved + 1 end
  end
  step.rule = rule
  return ("moved: %d of %d"):format(moved, #things)
end

return M
