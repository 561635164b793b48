-- The list of the guide's items is whole.

local items = require "guide"
local lu = require "luaunit"

local t = {}

-- How many items each part of the guide has.
local counts = { CHK = 35, PERM = 4, GAP = 14, DA = 15, PRE = 9, SRC = 4, EXP = 9, IMP = 6, MAN = 15, VER = 23,
                 POST = 12, ROLLBACK = 3, TROUBLE = 6, NEW = 6 }

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
