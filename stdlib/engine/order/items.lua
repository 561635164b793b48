-- The items of all playbooks that have a place in the order, in lanes; those of one shared name are one.
--
-- A node is {id, kind, lane, item, uses = {{playbook, item}}, shared}. Its item is that of its first user.

local words = require "engine.declare.words"

local M = {}

M.lanes = words.lanes
M.lane_titles = {
  before = "By hand before the apply", steps = "Steps", deferred = "At the first start",
  after = "By hand after the apply", back = "By hand on the way back",
}

-- What each user of a shared item says for itself; all else is the item's own and has to be the same.
local own = {
  id = true, guide = true, when = true, after = true, before = true, requires = true, on_demand = true,
}

local function difference(a, b)
  for key, value in pairs(a) do
    if not own[key] and b[key] ~= value then return key end
  end
  for key in pairs(b) do
    if not own[key] and a[key] == nil then return key end
  end
end

local function join(node, playbook, item)
  for _, use in ipairs(node.uses) do
    if use.playbook == playbook then
      error({ object = node.id, message = ("%s has the shared item '%s' twice: %s and %s"):format(playbook.id,
        item.shared, use.item.id, item.id) }, 0)
    end
  end
  local first = node.uses[1]
  local field = difference(first.item, item)
  if field then
    error({ object = node.id, message = ("%s/%s and %s/%s declare the shared item '%s' differently: %s"):format(
      first.playbook.id, first.item.id, playbook.id, item.id, item.shared, field),
      hint = "take both from one declaration, such as those of the module 'shared'" }, 0)
  end
  node.uses[#node.uses + 1] = { playbook = playbook, item = item }
end

---@param playbooks table[] in their order
---@return table[] nodes in the order of their first declaration
---@return table<string, table> by_name "playbook/step" of every user
function M.collect(playbooks)
  local nodes, by_name, by_id = {}, {}, {}
  for _, playbook in ipairs(playbooks) do
    for _, item in ipairs(playbook.steps) do
      local lane = words.lane_of(item)
      if M.lane_titles[lane] then
        local name = playbook.id .. "/" .. item.id
        local id = item.shared and "shared/" .. item.shared or name
        local node = by_id[id]
        if node then
          join(node, playbook, item)
        else
          node = { id = id, kind = item.kind, lane = lane, item = item, shared = item.shared,
                   uses = { { playbook = playbook, item = item } } }
          nodes[#nodes + 1], by_id[id] = node, node
        end
        by_name[name] = node
      end
    end
  end
  return nodes, by_name
end

return M
