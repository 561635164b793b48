-- Every item of the guide is in the playbook, or has a reason for not being there; no step names another.

local items = require "guide"
local lu = require "luaunit"
local playbook = require "playbook"

local t = {}

local function steps_by_item()
  local found = {}
  for _, step in ipairs(playbook.steps) do
    for _, id in ipairs(step.guide) do
      found[id] = found[id] or {}
      table.insert(found[id], step.id)
    end
  end
  return found
end

function t.test_each_item_has_a_step_or_a_reason_and_not_both()
  local found = steps_by_item()
  for _, item in ipairs(items) do
    local steps = table.concat(found[item.id] or {}, ", ")
    lu.assertTrue(steps ~= "" or item.why ~= nil, item.id .. " has neither a step nor a reason")
    lu.assertTrue(steps == "" or item.why == nil, item.id .. " has a reason, and the step " .. steps)
    lu.assertTrue(item.why == nil or #item.why > 20, item.id .. ": that is no reason")
  end
end

function t.test_no_step_names_an_item_that_is_not_in_the_list()
  local known = {}
  for _, item in ipairs(items) do known[item.id] = true end
  for id, steps in pairs(steps_by_item()) do lu.assertTrue(known[id], id .. " of " .. steps[1] .. " is unknown") end
end

-- How many items each part of the guide has.
local counts = { CHK = 35, PERM = 4, GAP = 14, DA = 15, PRE = 9, SRC = 4, EXP = 9, IMP = 6, MAN = 15, VER = 23,
                 POST = 12, ROLLBACK = 3, TROUBLE = 6, NEW = 4 }

function t.test_the_list_is_whole()
  local found, seen = {}, {}
  for _, item in ipairs(items) do
    lu.assertNil(seen[item.id], item.id .. " is there twice")
    seen[item.id] = true
    local part = item.id:match "^RA%-(%u+)%-%d%d%l?$"
    lu.assertNotNil(part, item.id)
    found[part] = (found[part] or 0) + 1
  end
  lu.assertEquals(found, counts)
end

return t
