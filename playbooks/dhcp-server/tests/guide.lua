-- The list of the guide's items is whole.

local lu = require "luaunit"
local playbook = require "playbook"

local t = {}

-- The ids of the guide: PRE 4, SRC 2, EXP 2, IMP 3, VER 3, ROLLBACK.
function t.test_the_list_is_whole()
  local counts = {}
  for _, item in ipairs(playbook.guide) do
    local part = item.id:match "^DHCP%-(%u+)"
    counts[part] = (counts[part] or 0) + 1
  end
  lu.assertEquals(counts, { PRE = 4, SRC = 2, EXP = 2, IMP = 3, VER = 3, ROLLBACK = 1, FAILOVER = 8 })
end

return t
