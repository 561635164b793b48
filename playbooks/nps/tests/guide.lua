-- The list of the guide's items is whole.

local items = require "guide"
local lu = require "luaunit"

local t = {}

-- How many items each part of the guide has.
local counts = { CHK = 16, EXP = 11, PRE = 10, IMP = 7, MAN = 1, VER = 10, NEW = 3, POST = 4, ROLLBACK = 2 }

function t.test_the_list_is_whole()
  local found = {}
  for _, item in ipairs(items) do
    local part = item.id:match "^NPS%-(%u+)%-%d%d%l?$"
    lu.assertNotNil(part, item.id)
    found[part] = (found[part] or 0) + 1
  end
  lu.assertEquals(found, counts)
end

return t
