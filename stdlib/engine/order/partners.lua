-- Whether the playbooks that have to take part do, and none that may not: told as checks that block.

local relations = require "engine.declare.relations"
local waivers = require "engine.order.waivers"

local M = {}

-- The relations of one kind, and for `requires` also those of the steps.
local function all_of(playbook, field, by_id)
  local list, seen = {}, {}
  for index, relation in ipairs(playbook[field]) do list[index], seen[relation.id] = relation, true end
  if field ~= "requires" then return list end
  for _, item in ipairs(playbook.steps) do
    for _, name in ipairs(item.requires or {}) do
      local other = relations.target(playbook.id, name)
      if not by_id[other] and not seen[other] then
        list[#list + 1] = { id = other, guide = item.guide,
                            why = ("its step '%s' requires %s"):format(item.id, name) }
        seen[other] = true
      end
    end
  end
  return list
end

local function index_of(playbooks)
  local by_id = {}
  for _, playbook in ipairs(playbooks) do by_id[playbook.id] = playbook end
  return by_id
end

---"playbook/other" for each relation whose want can be waived.
---@param playbooks table[]
---@return string[]
function M.names(playbooks)
  local names, by_id = {}, index_of(playbooks)
  for _, playbook in ipairs(playbooks) do
    for _, field in ipairs { "requires", "together", "conflicts" } do
      for _, relation in ipairs(all_of(playbook, field, by_id)) do
        names[#names + 1] = playbook.id .. "/" .. relation.id
      end
    end
  end
  return names
end

local say = {}

function say.requires(id, other)
  return ("Needs '%s'"):format(other), ("%s needs the playbook '%s', which does not take part"):format(id, other),
    ("Name '%s' on the command line too."):format(other), ("%s goes without what '%s' does"):format(id, other)
end

function say.together(id, other)
  return ("Moves together with '%s'"):format(other),
    ("%s and %s move together or not at all, and '%s' does not take part"):format(id, other, other),
    ("Name '%s' on the command line too, or leave '%s' out."):format(other, id),
    ("%s goes without %s"):format(id, other)
end

function say.conflicts(id, other)
  return ("Does not go together with '%s'"):format(other), ("%s and %s exclude each other"):format(id, other),
    ("Leave one of them out, or plan it for another destination (--beside)."),
    ("%s and %s go to one destination all the same"):format(id, other)
end

local function sentence(text, why)
  return text .. (why and ": " .. why or ""):gsub("%.$", "") .. "."
end

---What is missing or excluded, as failed checks: {id, playbook, guide, severity, title, ok, message, hint, waived}.
---@param playbooks table[] in their order
---@param options table {source = function(playbook) -> machine, waivers =, elsewhere = {id -> true}}
---@return table[]
function M.checks(playbooks, options)
  local checks, by_id, told = {}, index_of(playbooks), {}
  local function check(playbook, field, relation)
    local there = by_id[relation.id] ~= nil
    local wanted = field ~= "conflicts"
    if there == wanted or wanted and options.elsewhere[relation.id] then return end
    if told[relation.id .. "/" .. playbook.id] and not wanted then return end
    if relation.when then
      local applies, why = relation.when(options.source(playbook))
      if not applies then return end
      relation = setmetatable({ why = relation.why or type(why) == "string" and why or nil }, { __index = relation })
    end
    local name = playbook.id .. "/" .. relation.id
    local title, message, hint, consequence = say[field](playbook.id, relation.id)
    message, consequence = sentence(message, relation.why), relation.waiver or consequence
    told[name] = true
    checks[#checks + 1] = {
      id = relation.id, playbook = playbook.id, guide = relation.guide, severity = "block", title = title, ok = false,
      message = message, hint = hint .. " " .. waivers.advice(name, consequence),
      waived = options.waivers:takes(name, message, consequence) or nil,
    }
  end
  for _, playbook in ipairs(playbooks) do
    for _, field in ipairs { "requires", "together", "conflicts" } do
      for _, relation in ipairs(all_of(playbook, field, by_id)) do check(playbook, field, relation) end
    end
  end
  return checks
end

return M
