-- The order in which playbooks run: `after` when both take part, `requires` always, `together` all or none.

local M = {}

local function fail(object, message, hint)
  error({ code = "argument", object = object, message = message, hint = hint }, 0)
end

---Sorts loaded playbooks. Raises for a missing partner or a cycle, which is printed as a chain.
---@param playbooks table[]
---@return table[]
function M.sort(playbooks)
  local by_id, ordered, state = {}, {}, {}
  table.sort(playbooks, function(a, b) return a.id < b.id end)
  for _, playbook in ipairs(playbooks) do by_id[playbook.id] = playbook end
  for _, playbook in ipairs(playbooks) do
    for _, field in ipairs { "requires", "together" } do
      for _, id in ipairs(playbook[field]) do
        if not by_id[id] then
          fail(playbook.id, ("needs the playbook '%s', which does not take part"):format(id),
            ("name '%s' on the command line too"):format(id))
        end
      end
    end
  end
  local function visit(playbook, chain)
    chain[#chain + 1] = playbook.id
    if state[playbook.id] == "open" then
      fail(playbook.id, "the playbooks wait for each other: " .. table.concat(chain, " -> "),
        "take one of these out of the other's 'after' or 'requires'")
    end
    if not state[playbook.id] then
      state[playbook.id] = "open"
      for _, field in ipairs { "requires", "after" } do
        for _, id in ipairs(playbook[field]) do
          if by_id[id] then visit(by_id[id], chain) end
        end
      end
      state[playbook.id] = "done"
      ordered[#ordered + 1] = playbook
    end
    chain[#chain] = nil
  end
  for _, playbook in ipairs(playbooks) do visit(playbook, {}) end
  return ordered
end

return M
