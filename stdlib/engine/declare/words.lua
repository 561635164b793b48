-- The language: every word that playbooks are written in, an entry each, from which all else about it comes.
--
-- An entry has a name, what it does (`doc`), its fields with their types and meaning, and `word`, the function that
-- playbooks call. Items have a lane, and in the lane of steps what runs them; rules have the verdict that they give.

local fields = require "engine.declare.fields"
local item_words = require "engine.declare.item_words"
local playbook_word = require "engine.declare.playbook_word"
local rule_words = require "engine.declare.rule_words"
local value_words = require "engine.declare.value_words"

local M = {}

---In the order in which they come: by hand before the apply, the steps, the first start, by hand after the apply. What
---is in the lane of checks has no place in the order: it comes before all.
M.lanes = { "before", "steps", "deferred", "after", "back" }
local lanes = { checks = true }
for _, lane in ipairs(M.lanes) do lanes[lane] = true end

---What is wrong with an entry, or nil.
---@param entry table
---@param sort string "playbook", "item", "rule" or "value"
---@return string|nil
function M.problem(entry, sort)
  if type(entry.name) ~= "string" or type(entry.word) ~= "function" then return "it has no name or no function" end
  if type(entry.doc) ~= "string" then return "it has no documentation" end
  for _, field in ipairs(fields.sorted_keys(entry.fields or {})) do
    if not entry.fields[field]:find ": ." then return ("its field '%s' has no documentation"):format(field) end
  end
  if sort == "item" and type(entry.lane) ~= "function" and not lanes[entry.lane] then return "it has no lane" end
  if sort == "item" and entry.lane == "steps" and type(entry.run) ~= "function" then return "nothing runs it" end
  if sort == "rule" and type(entry.verdict) ~= "string" then return "it has no verdict" end
end

---The entries of each sort, as documentation lists them.
M.sorts = {
  { sort = "playbook", entries = { playbook_word.entry } }, { sort = "item", entries = item_words.entries },
  { sort = "rule", entries = rule_words.entries }, { sort = "value", entries = value_words.entries },
}

---The words by name, for the environment of a playbook; the entries of items by name.
M.env, M.items = {}, {}
for _, group in ipairs(M.sorts) do
  for _, entry in ipairs(group.entries) do
    local problem = M.problem(entry, group.sort) or M.env[entry.name] and "there are two of its name"
    if problem then error(("the word '%s': %s"):format(tostring(entry.name), problem), 0) end
    M.env[entry.name] = entry.word
    if group.sort == "item" then M.items[entry.name] = entry end
  end
end

---The lane of an item: "checks", "steps", "before", "deferred", "after" or "back".
---@param item table
---@return string
function M.lane_of(item)
  local lane = M.items[item.kind].lane
  return type(lane) == "function" and lane(item) or lane
end

return M
