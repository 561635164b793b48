-- Which rule decides over a setting, and what the plan is told of it.

local patterns = require "engine.declare.patterns"
local rule_words = require "engine.declare.rule_words"

local M = {}

---@class About what a rule's functions are told of the setting that they decide over
---@field path string the source's key; "file:PATH", "certificate:STORE" or "account:KIND"
---@field to string|nil the destination's key
---@field name string
---@field type string|nil of a value of the registry, with `value` and `raw`; absent where the source has none
---@field item any what the table stands for: an element of `each`, a certificate, a user

-- Whether a value is this typed one, such as dword(3).
local function is_value(about, value)
  if about.type ~= value.type then return false end
  if type(value.value) ~= "table" then return about.value == value.value end
  return type(about.value) == "table" and table.concat(about.value, "\0") == table.concat(value.value, "\0")
end

local function holds(action, ctx, about)
  local options = action.options
  if action.action == "shipped" then return is_value(about, options.value) end
  return not options.when or options.when(ctx, about)
end

---The rule that decides: the first that names the setting and whose `when` holds.
---@param item table with `rules`
---@param ctx table
---@param about About
---@param text string what patterns.text gives
---@return table|nil rule
---@return table|nil action the rule itself, or its column
---@return string|nil pattern by which of its names
---@return string|nil side whose column
function M.find(item, ctx, about, text)
  for _, made in ipairs(item.rules) do
    local pattern = patterns.find(made, text)
    local action, side = made, nil
    if pattern then action, side = rule_words.column(made, ctx) end
    if pattern and holds(action, ctx, about) then return made, action, pattern, side end
  end
end

---Whether nobody has looked at what a rule meets: it says `unjudged`, or leaves behind whatever there is.
function M.is_unjudged(action, pattern)
  if action.action == "unjudged" then return true end
  local options = action.options
  return (action.action == "keep" or action.action == "drop") and not options.when and type(options.why) ~= "function"
    and pattern:find "^[*\\]+$" ~= nil
end

-- Texts that a wildcard leaves behind may be anything: nobody has looked at them.
local left = { keep = true, drop = true, by_hand = true }
function M.is_unknown(action, pattern)
  return left[action.action] and pattern:find("*", 1, true) ~= nil
end

-- What an option says of a setting: it may be a function.
local function said(given, ctx, about)
  if type(given) == "function" then return given(ctx, about) end
  return given
end
M.said = said

-- The same as a list of texts.
local function texts(given, ctx, about)
  local text = said(given, ctx, about)
  return type(text) == "table" and text or { text }
end

---The reason: what happened to the setting, else what the rule says.
function M.why(action, ctx, about, verdict, happened)
  return happened or said(action.options.why, ctx, about)
    or action.action == "shipped" and ("what Windows comes with (%s)"):format(action.options.from)
    or action.action == "migrate" and verdict == "dropped" and "not applicable on the destination" or nil
end

---What a rule that says `unjudged` tells of a setting; another one has no say.
function M.why_unjudged(action, ctx, about)
  return action and action.action == "unjudged" and said(action.options.why, ctx, about) or nil
end

---"settings zones (example.com): migrate Type (source 2008)"
function M.name(item, action, pattern, side, ctx, thing)
  local release = side and ctx[side .. "_os"] or "unknown"
  return ("%s %s%s: %s %s%s"):format(item.kind, item.id, thing and (" (%s)"):format(thing) or "", action.action,
    pattern, side and (" (%s %s)"):format(side, release) or "")
end

---What a thing of `each` is called in the plan.
function M.called(thing)
  local name = type(thing) == "table" and thing.name or thing
  return (type(name) == "string" or math.type(name) == "integer") and tostring(name) or nil
end

---Tells what the rule says beside its verdict: notes, a manual step that it asks for.
function M.tell(action, ctx, about)
  for _, note in ipairs(texts(action.options.note, ctx, about)) do ctx:note(note) end
  if action.action ~= "by_hand" or not action.options.step then return end
  local details = texts(action.options.detail, ctx, about)
  ctx:call_for(action.options.step, details[1])
  for index = 2, #details do ctx:call_for(action.options.step, details[index]) end
end

return M
