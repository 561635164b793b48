-- Every item of the guide is in the playbook, or has a reason for not being there; no step names another.

local lu = require "luaunit"
local playbook = require "playbook"

local t = {}

function t.test_items_and_steps_fit()
  local items, found = {}, {}
  for _, item in ipairs(playbook.guide) do
    lu.assertNil(items[item.id], item.id .. " is there twice")
    items[item.id] = item
  end
  for _, step in ipairs(playbook.steps) do
    for _, id in ipairs(step.guide) do
      lu.assertNotNil(items[id], id .. " of " .. step.id .. " is unknown")
      found[id] = true
    end
  end
  for id, item in pairs(items) do
    lu.assertEquals(found[id] == nil, item.why ~= nil, id .. " needs either a step or a reason")
  end
end

-- No item is lost by mistake.
function t.test_the_list_is_whole()
  local counts = {}
  for _, item in ipairs(playbook.guide) do
    local part = item.id:match "^DNS%-(%u+)"
    counts[part] = (counts[part] or 0) + 1
  end
  lu.assertEquals(counts, { CHK = 5, SRC = 1, SET = 3, ZONE = 7, HINT = 1, IMP = 2, VER = 1, POST = 2, ROLLBACK = 1,
                           AD = 2 })
end

return t
