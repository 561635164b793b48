-- What the user waives by name (--waive PLAYBOOK/NAME): a check that blocks and says what waiving it means, or a
-- partner that is missing or excluded.

local fields = require "engine.declare.fields"

local M = {}

local waivers = {}
waivers.__index = waivers

-- file: the answers file that the name is from, or nil.
local function fail(name, file, message, hint)
  local object = file and ("%s, waive %s"):format(file, name) or "--waive " .. name
  error({ code = "argument", object = object, message = message, hint = hint }, 0)
end

-- Every name that playbooks have to waive: true, or why it cannot be waived.
local function names_of(playbooks, partner_names)
  local names = {}
  for _, playbook in ipairs(playbooks) do
    for _, item in ipairs(playbook.steps) do
      if item.kind == "check" and item.severity == "block" then
        names[playbook.id .. "/" .. item.id] = item.waiver and true or "what this check finds cannot be waived"
      elseif item.kind == "check" then
        names[playbook.id .. "/" .. item.id] = "this check does not block, so there is nothing to waive"
      end
    end
  end
  for _, name in ipairs(partner_names) do names[name] = true end
  return names
end

---Whether a name is one that playbooks have, to be waived or not.
---@param playbooks table[]
---@param partner_names string[]
---@param name string
---@return boolean
function M.knows(playbooks, partner_names, name)
  return names_of(playbooks, partner_names)[name] ~= nil
end

---@param playbooks table[]
---@param partner_names string[] "playbook/other": what the relations of the playbooks allow to waive
---@param given string[]|nil names as the user gave them
---@param files table<string, string>|nil of those that stand in an answers file, which
---@return table
function M.new(playbooks, partner_names, given, files)
  files = files or {}
  local self = setmetatable({ given = {}, items = {} }, waivers)
  local names = names_of(playbooks, partner_names)
  for _, name in ipairs(given or {}) do
    local known = names[name]
    if not known then
      local allowed = {}
      for other, may in pairs(names) do allowed[other] = may == true and true or nil end
      local near = fields.nearest(name, allowed)
      local list = table.concat(fields.sorted_keys(allowed), ", ")
      fail(name, files[name], "no playbook that takes part has this to waive",
        near and ("did you mean '%s'?"):format(near) or list ~= "" and "there are: " .. list
        or "nothing can be waived here")
    elseif known ~= true then
      fail(name, files[name], known, "remove what the check finds; 'rehome check' tells it")
    end
    if not self.given[name] then
      local item = { name = name, used = false }
      self.given[name], self.items[#self.items + 1] = item, item
    end
  end
  return self
end

---Whether the user waived this. What was waived, and what may come of it, is kept for the plan.
---@param name string
---@param what string what was found
---@param consequence string what waiving it means
---@return boolean
function waivers:takes(name, what, consequence)
  local item = self.given[name]
  if not item then return false end
  item.used, item.what, item.consequence = true, what, consequence
  return true
end

---How to waive something, for the end of a hint.
---@param name string
---@param consequence string
---@return string
function M.advice(name, consequence)
  return ("Or waive it by name, --waive %s: %s."):format(name, (consequence:gsub("%.$", "")))
end

---A note for each waiver that nothing needed.
function waivers:notes()
  local list = {}
  for _, item in ipairs(self.items) do
    if not item.used then
      list[#list + 1] = { step = "--waive", text = ("--waive %s was not needed: nothing had to be waived."):format(
        item.name) }
    end
  end
  return list
end

return M
