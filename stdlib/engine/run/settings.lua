-- Runs a settings table: for every source value the first rule that names it decides.

local M = {}

local each_value = require("engine.run.ledger").each_value
local patterns = require "engine.declare.patterns"

-- The rule that decides over a value, and by which of its names. relative: "" for the key itself, "Sub\" below it.
local function find_rule(rules, relative, name)
  local text = patterns.text(relative, name)
  for _, rule in ipairs(rules) do
    local pattern = patterns.find(rule, text)
    if pattern then return rule, pattern end
  end
end

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
  local result, why = options.through(value.value, s.ctx, value)
  if result == nil then return "dropped", why or options.why or "not applicable on the destination" end
  if type(result) == "table" and result.type then
    s.destination:set(s.to, s.name, result.type, result.value)
  else
    s.destination:set(s.to, s.name, value.type, result)
  end
  if same(s.destination:get(s.to, s.name), value) then return "migrated", why end
  return "transformed", why
end

function act.default(s)
  if s.options.absent then
    s.destination:delete_value(s.to, s.name)
  elseif s.options.value then
    s.destination:set(s.to, s.name, s.options.value.type, s.options.value.value)
  end
  return "defaulted"
end

function act.keep()
  return "kept"
end

function act.drop()
  return "dropped"
end

function act.by_hand(s)
  s.ctx:call_for(s.options.step)
  return "manual"
end

function act.set(s)
  return s.is_set and "transformed" or "kept" -- write_set_values wrote it, present on the source or not
end

local function column(rule, source_os)
  if rule.action ~= "by_source_os" then return rule end
  return rule.columns[source_os] or rule.columns.otherwise
end

local function below(key, relative)
  return relative == "" and key or key .. "\\" .. relative:sub(1, -2)
end

local function mark_secret(ctx, to, name)
  if ctx.destination:get(to, name) then ctx.destination:mark_secret(to, name) end
end

-- "settings address-assignment: migrate NetworkAdapterGUID (source 2008)"
local function name_of(ctx, item, rule, action, pattern)
  return ("settings %s: %s %s%s"):format(item.id, action.action, pattern,
    action ~= rule and (" (source %s)"):format(ctx.source_os or "unknown") or "")
end

-- Texts that a wildcard leaves behind may be anything: nobody has looked at them.
local function is_unknown(action, pattern)
  local left = action.action == "keep" or action.action == "drop" or action.action == "by_hand"
  return left and pattern:find("*", 1, true) ~= nil
end

local function apply(ctx, item, rule, pattern, relative, value, set)
  local action = column(rule, ctx.source_os)
  local path, to = below(item.key, relative), below(item.to or item.key, relative)
  if action.options.secret then mark_secret(ctx, to, value.name) end -- before: it may be deleted
  local verdict, why = act[action.action] {
    ctx = ctx, destination = ctx.destination, options = action.options, value = value,
    name = value.name, to = to, is_set = set[rule],
  }
  if action.options.secret then mark_secret(ctx, to, value.name) end
  ctx:verdict {
    path = path, name = value.name, verdict = verdict, why = why or action.options.why,
    rule = name_of(ctx, item, rule, action, pattern), to = to,
    before = value, after = ctx.destination:get(to, value.name), secret = action.options.secret,
    by_shape = is_unknown(action, pattern),
  }
end

-- `set` writes whether the source has the value or not, where no rule before it decides. Which rules have written.
local function write_set_values(ctx, item)
  local set = {}
  for _, made in ipairs(item.rules) do
    local action = column(made, ctx.source_os)
    local value = action.action == "set" and (action.options.value or action.options.compute(ctx))
    for _, pattern in ipairs(value and made.names or {}) do
      local relative, name = patterns.exact(pattern)
      if find_rule(item.rules, relative, name) == made then
        ctx.destination:set(below(item.to or item.key, relative), name, value.type, value.value)
        set[made] = true
      end
    end
  end
  return set
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
local function clear_replaced(ctx, item)
  for _, made in ipairs(item.rules) do
    local action = column(made, ctx.source_os)
    local function is_its(relative, name) return find_rule(item.rules, relative, name) == made end
    for _, pattern in ipairs(action.action == "migrate" and action.options.replace and made.names or {}) do
      local sub, found = patterns.subtree(pattern), {}
      if sub and ctx.source:has_key(item.key .. "\\" .. sub) then
        find_owned(ctx.destination, (item.to or item.key) .. "\\" .. sub, sub .. "\\", is_its, found)
      end
      for _, part in ipairs(found) do
        if part[2] then ctx.destination:delete_value(part[1], part[2]) else ctx.destination:delete_key(part[1]) end
      end
    end
  end
end

---@param ctx table
---@param item table a settings declaration
---@return string outcome what to say of the step
function M.run(ctx, item)
  local deep = false
  for _, rule in ipairs(item.rules) do
    for _, pattern in ipairs(rule.names) do deep = deep or patterns.is_deep(pattern) end
  end
  clear_replaced(ctx, item)
  local set, count = write_set_values(ctx, item), 0
  local function visit(_, relative, value)
    local rule, pattern = find_rule(item.rules, relative, value.name)
    if rule then
      apply(ctx, item, rule, pattern, relative, value, set)
      count = count + 1
    end
  end
  if deep then
    each_value(ctx.source, item.key, visit)
  else
    for _, value in ipairs(ctx.source:values(item.key)) do visit(item.key, "", value) end
  end
  return ("%d setting%s"):format(count, count == 1 and "" or "s")
end

return M
