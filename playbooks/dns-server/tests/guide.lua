-- The list of the guide's items is whole.

local lu = require "luaunit"
local playbook = require "playbook"

local t = {}

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
