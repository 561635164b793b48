-- Settings tables: which rule decides over a value, what is written, and that the verdicts say just that.
local lu = require "luaunit"

local t = {}

local KEY = [[HKLM\SYSTEM\CurrentControlSet\Services\Thing]]

-- text: lines of .reg text, "[Sub\Deep]" for a key below KEY.
local function server(name, text)
  local root = [=[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Thing]=]
  local lines = text:gsub("%[([^%]]*)%]", function(below) return "[" .. root .. "\\" .. below .. "]" end)
  return machine.from { registry = { SYSTEM = ([=[
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="%s"
[%s]
%s
]=]):format(name, root, lines) } }
end

local function made(rules)
  local declaration = { guide = "XX-GAP-01", key = KEY }
  for index, rule in ipairs(rules) do declaration[index] = rule end
  return playbook {
    id = "thing", title = "Thing", version = "1", reads = { registry = { KEY } }, writes = { registry = { KEY } },
    steps = { settings "values" (declaration) },
  }
end

-- Every value at and below KEY, "Sub\Name" = number.
local function values_of(m, path, relative, out)
  path, relative, out = path or KEY, relative or "", out or {}
  for _, value in ipairs(m:values(path)) do out[relative .. value.name] = value.value end
  for _, name in ipairs(m:keys(path)) do values_of(m, path .. "\\" .. name, relative .. name .. "\\", out) end
  return out
end

-- The verdicts by "Sub\Name", and what the destination has then.
local function moved(source, destination, rules)
  local new = server("NEW", destination)
  local plan = run { playbooks = { made(rules) }, source = server("OLD", source), destination = new }
  local verdicts = {}
  for _, item in ipairs(plan.verdicts) do
    verdicts[(item.path .. "\\" .. item.name):sub(#KEY + 2)] = item.verdict
  end
  lu.assertEquals(plan.unaccounted, {})
  return verdicts, values_of(new), new
end

local source = [=[
[Pool\0]
"From"=dword:00000001
"To"=dword:00000002
]=]
local destination = [=[
[Pool\0]
"From"=dword:00000010
"Old"=dword:00000011
[Pool\1]
"From"=dword:00000012
[Pool\1\Deep]
"X"=dword:00000013
[Pool\Empty]
[Other]
"Y"=dword:00000014
]=]

function t.test_replace_leaves_what_the_source_has()
  local verdicts, left, new = moved(source, destination, { migrate [[Pool\**]] { replace = true } })
  lu.assertEquals(verdicts, { [ [[Pool\0\From]] ] = "migrated", [ [[Pool\0\To]] ] = "migrated" })
  lu.assertEquals(left, { [ [[Pool\0\From]] ] = 1, [ [[Pool\0\To]] ] = 2, [ [[Other\Y]] ] = 0x14 })
  lu.assertEquals(new:keys(KEY .. [[\Pool]]), { "0" })
end

function t.test_what_an_earlier_rule_keeps_is_kept()
  local verdicts, left, new = moved(source, destination, {
    keep [[Pool\**]], migrate [[Pool\**]] { replace = true },
  })
  lu.assertEquals(verdicts, { [ [[Pool\0\From]] ] = "kept", [ [[Pool\0\To]] ] = "kept" })
  lu.assertEquals(left, values_of(server("NEW", destination)))
  lu.assertEquals(new:keys(KEY .. [[\Pool]]), { "0", "1", "Empty" })
end

function t.test_replace_removes_only_what_its_rule_decides_over()
  local verdicts, left, new = moved(source, destination, {
    keep [[Pool\0\From]], drop [[Pool\1\Deep\*]], migrate [[Pool\0\Old]], migrate [[Pool\**]] { replace = true },
  })
  lu.assertEquals(verdicts, { [ [[Pool\0\From]] ] = "kept", [ [[Pool\0\To]] ] = "migrated" })
  lu.assertEquals(left, { [ [[Pool\0\From]] ] = 0x10, [ [[Pool\0\Old]] ] = 0x11, [ [[Pool\0\To]] ] = 2,
                          [ [[Pool\1\Deep\X]] ] = 0x13, [ [[Other\Y]] ] = 0x14 })
  lu.assertEquals(new:keys(KEY .. [[\Pool]]), { "0", "1" })
end

-- A key without values belongs to the rule that its default value would belong to.
function t.test_an_empty_key_that_a_rule_keeps()
  local _, _, new = moved(source, destination, { keep [[Pool\Empty\*]], migrate [[Pool\**]] { replace = true } })
  lu.assertEquals(new:keys(KEY .. [[\Pool]]), { "0", "Empty" })
end

function t.test_replace_changes_nothing_where_the_source_has_no_such_key()
  local _, left = moved('"A"=dword:00000001', destination, { migrate "*", migrate [[Pool\**]] { replace = true } })
  lu.assertEquals(left[ [[Pool\1\Deep\X]] ], 0x13)
end

function t.test_replace_in_a_column()
  local rules = function(releases)
    return {
      keep [[Pool\0\Old]],
      by_source_os { "Number", [[Pool\**]] } { [releases] = migrate { replace = true }, otherwise = keep },
    }
  end
  local _, left = moved(source, destination, rules "2003")
  lu.assertEquals(left[ [[Pool\1\From]] ], 0x12)
  local column = { by_source_os { "Number", [[Pool\**]] } { otherwise = migrate { replace = true } } }
  _, left = moved(source, destination .. '\n[Number]\n"Z"=dword:00000001', column)
  lu.assertEquals(left, { [ [[Pool\0\From]] ] = 1, [ [[Pool\0\To]] ] = 2, [ [[Other\Y]] ] = 0x14,
                          [ [[Number\Z]] ] = 1 })
end

function t.test_replace_needs_a_subtree()
  for _, name in ipairs { "Name", "*", "**", [[If*\Pool\**]], [[Pool\*]] } do
    lu.assertErrorMsgContains("'replace' is for a rule that names a subtree", made, {
      migrate(name) { replace = true },
    })
  end
  lu.assertErrorMsgContains("entry 1 (by_source_os): 'replace' is for", made, {
    by_source_os "Name" { otherwise = migrate { replace = true } },
  })
end

function t.test_set_writes_where_its_rule_decides()
  local verdicts, left = moved('"A"=dword:00000001\n"B"=dword:00000002', '"A"=dword:00000003', {
    keep "A", set { "A", "B", "C" } { value = dword(9) },
  })
  lu.assertEquals(verdicts, { A = "kept", B = "transformed" })
  lu.assertEquals(left, { A = 3, B = 9, C = 9 })
end

function t.test_set_that_computes_nothing_keeps_the_destinations_value()
  local verdicts, left = moved('"A"=dword:00000001', '"A"=dword:00000003', {
    set "A" { compute = function() return nil end },
  })
  lu.assertEquals({ verdicts, left }, { { A = "kept" }, { A = 3 } })
end

return t
