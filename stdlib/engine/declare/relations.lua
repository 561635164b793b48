-- How playbooks and steps stand to each other, as they declare it: after, before, requires, together, conflicts.

local fields = require "engine.declare.fields"

local M = {}

---The relations that a playbook may declare, each a list of playbooks.
M.of_playbooks = { "after", "before", "requires", "together", "conflicts" }
---Those that a step may declare, each a list of steps: "step" of its own playbook, "playbook/step" of another.
M.of_steps = { "after", "before", "requires" }

local schema = {
  when = "function", why = "string", waiver = "string", points = "string", guide = "string|texts",
}

---The list of a playbook's field: "id" or { "id", when =, why =, waiver =, points =, guide = } in each place.
---@param list table|nil
---@param where string
---@return table[] relations {id, when, why, waiver, points, guide}
function M.read_playbooks(list, where)
  local relations = {}
  for index, entry in ipairs(list or {}) do
    local made = type(entry) == "table" and entry or { entry }
    local id = made[1]
    if type(id) ~= "string" or not id:match "^[%l%d][%l%d%-]*$" then
      error(("%s: entry %d is no id of a playbook"):format(where, index), 0)
    end
    fields.check(made, schema, ("%s '%s'"):format(where, id), 0)
    local guide = made.guide
    relations[index] = {
      id = id, when = made.when, why = made.why, waiver = made.waiver, points = made.points,
      guide = type(guide) == "string" and { guide } or guide or {},
    }
  end
  return relations
end

---The list of a step's field, which may be one name.
---@param value string|string[]|nil
---@param where string
---@return string[]
function M.read_steps(value, where)
  local list = type(value) == "string" and { value } or value or {}
  for _, name in ipairs(list) do
    if not name:match "^[%l%d][%l%d%-]*$" and not name:match "^[%l%d][%l%d%-]*/[%l%d][%l%d%-]*$" then
      error(("%s: '%s' is neither a step nor PLAYBOOK/STEP"):format(where, name), 0)
    end
  end
  return list
end

---The playbook and the step that a name in a step of `playbook` means.
function M.target(playbook, name)
  local other, step = name:match "^(.-)/(.*)$"
  if other then return other, step end
  return playbook, name
end

return M
