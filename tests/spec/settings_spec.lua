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
  declaration.to = rules.to
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

-- The verdicts by "Sub\Name", what the destination has then, its machine and the plan.
local function moved(source, destination, rules)
  local new = server("NEW", destination)
  local plan = run { playbooks = { made(rules) }, source = server("OLD", source), destination = new }
  local verdicts = {}
  for _, item in ipairs(plan.verdicts) do
    verdicts[(item.path .. "\\" .. item.name):sub(#KEY + 2)] = item.verdict
  end
  return verdicts, values_of(new), new, plan
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
      by_release { "Number", [[Pool\**]] } { source = { [releases] = migrate { replace = true }, otherwise = keep } },
    }
  end
  local _, left = moved(source, destination, rules "2003")
  lu.assertEquals(left[ [[Pool\1\From]] ], 0x12)
  local column = { by_release { "Number", [[Pool\**]] } { source = { otherwise = migrate { replace = true } } } }
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
  lu.assertErrorMsgContains("entry 1 (by_release): 'replace' is for", made, {
    by_release "Name" { source = { otherwise = migrate { replace = true } } },
  })
end

function t.test_a_wildcard_removes_always_what_its_rule_decides_over()
  local function is_route(_, about) return about.name:find "^10" ~= nil and about.value == nil end
  local there = '"10.1"=dword:00000002\n"10.2"=dword:00000003\n"10.3"=dword:00000003\n"X"=dword:00000004'
  local rules = { keep "10.3", remove "*" { when = is_route, always = true }, keep "10.*" }
  local verdicts, left = moved('"10.2"=dword:00000001', there, rules)
  lu.assertEquals(verdicts, { ["10.2"] = "kept" })
  lu.assertEquals(left, { ["10.2"] = 3, ["10.3"] = 3, X = 4 })
  for _, name in ipairs { "**", [[Sub\**]], [[Sub\*]] } do
    lu.assertErrorMsgContains("'always' is for names of values", made, { remove(name) { always = true } })
  end
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

function t.test_a_computed_value_may_be_the_sources_own()
  local verdicts, left = moved('"A"=dword:00000001\n"B"=dword:00000002', "", {
    set { "A", "B", "C" } {
      compute = function(_, about) return dword(about.value and 1 or 7) end, note = "computed",
    },
  })
  lu.assertEquals(verdicts, { A = "migrated", B = "transformed" })
  lu.assertEquals(left, { A = 1, B = 1, C = 7 })
end

function t.test_remove_always_needs_no_value_of_the_source()
  local own = '"A"=dword:00000002\n"B"=dword:00000003\n"C"=dword:00000004'
  local verdicts, left, _, plan = moved('"A"=dword:00000001', own, {
    keep "C", remove { "A", "B", "C" } { always = true, note = { "the first", "the second" } },
  })
  lu.assertEquals({ verdicts, left }, { { A = "defaulted" }, { C = 4 } })
  lu.assertEquals({ #plan.notes, plan.notes[1].text, plan.notes[2].text }, { 2, "the first", "the second" })
  _, left = moved('"A"=dword:00000001', '"A"=dword:00000002\n"B"=dword:00000003', { remove { "A", "B" } })
  lu.assertEquals(left, { B = 3 })
end

function t.test_whether_data_are_secret_may_depend_on_them()
  local _, left, _, plan = moved('"A"=dword:00000001\n"B"=dword:00000002', "", {
    migrate "*" { secret = function(_, about) return about.value == 2 end },
  })
  lu.assertEquals(left, { A = 1, B = 2 })
  lu.assertStrContains(plan.verdicts[1].before, "1")
  lu.assertStrContains(plan.verdicts[2].before, "(secret ")
  lu.assertStrContains(plan.verdicts[2].after, "(secret ")
end

-- Values whose names have backslashes, and values of subkeys that are spelt alike. In .reg text a name's are doubled.
local alike = [=[
"A"=dword:00000001
"A\\B"=dword:00000002
"A\\B\\C"=dword:00000003
"\\\\server\\share"=dword:00000004
"A\\"=dword:00000005
[A]
@=dword:00000015
"B"=dword:00000012
"B\\C"=dword:00000013
"\\\\server"=dword:00000014
[A\B]
"C"=dword:00000023
]=]

-- Which values a rule of this name decides over: their numbers, as the destination has them then.
local function met(name)
  local _, _, new, plan = moved(alike, "", { migrate(name) })
  local numbers = {}
  local function collect(path)
    for _, value in ipairs(new:values(path)) do numbers[#numbers + 1] = ("%02x"):format(value.value) end
    for _, key in ipairs(new:keys(path)) do collect(path .. "\\" .. key) end
  end
  collect(KEY)
  table.sort(numbers)
  lu.assertEquals(#unjudged_of(plan), 10 - #numbers)
  return table.concat(numbers, " ")
end

function t.test_a_wildcard_meets_names_with_backslashes()
  lu.assertEquals(met "*", "01 02 03 04 05")
  lu.assertEquals(met [[A\*]], "12 13 14 15")
  lu.assertEquals(met [[*\*]], "12 13 14 15")
  lu.assertEquals(met [[A\B\*]], "23")
  lu.assertEquals(met [[A\**]], "12 13 14 15 23")
  lu.assertEquals(met "**", "01 02 03 04 05 12 13 14 15 23")
  lu.assertEquals(met "A*", "01 02 03 05")
  lu.assertEquals(met [[*\\*]], "02 03 04 05")
  lu.assertEquals(met [[A\*\\*]], "13 14")
end

function t.test_exact_names_with_backslashes()
  lu.assertEquals(met [[A\\B]], "02")
  lu.assertEquals(met [[A\B]], "12")
  lu.assertEquals(met [[a\\b\\c]], "03")
  lu.assertEquals(met [[A\B\\C]], "13")
  lu.assertEquals(met [[A\B\C]], "23")
  lu.assertEquals(met [[\\\\server\\share]], "04")
  lu.assertEquals(met [[A\\\\\server]], "14")
  lu.assertEquals(met [[A\\]], "05")
  lu.assertEquals(met [[A\]], "15")
end

function t.test_values_that_are_spelt_alike_keep_their_verdicts_apart()
  local _, left, new, plan = moved(alike, alike:gsub("dword:000000", "dword:000001"), {
    keep [[A\B]], drop [[A\\B]], migrate "**",
  })
  local verdicts = {}
  for _, item in ipairs(plan.verdicts) do
    verdicts[#verdicts + 1] = item.path:sub(#KEY + 1) .. " " .. item.name .. " " .. item.verdict
  end
  table.sort(verdicts)
  lu.assertItemsEquals(verdicts, {
    " A migrated", [[ A\ migrated]], [[ A\B dropped]], [[ A\B\C migrated]], [[ \\server\share migrated]],
    [[\A  migrated]], [[\A B kept]], [[\A B\C migrated]], [[\A \\server migrated]], [[\A\B C migrated]],
  })
  lu.assertEquals(new:read(KEY .. [[\A]], "B"), 0x112)
  lu.assertEquals(new:read(KEY, [[A\B]]), 0x102)
  lu.assertEquals(new:read(KEY .. [[\A\B]], "C"), 0x23)
  lu.assertEquals(left[ [[\\server\share]] ], 4)
  lu.assertEquals(plan.accounted, { settings = 10, verdicts = 10, unjudged = 0 })
end

function t.test_replace_of_a_subkey_leaves_names_that_are_spelt_like_it()
  local _, _, new = moved('[A]\n"New"=dword:00000099', alike, { keep [[A\B\\C]], migrate [[A\**]] { replace = true } })
  lu.assertEquals(new:read(KEY, [[A\B\C]]), 3)
  lu.assertEquals(new:read(KEY, [[A\]]), 5)
  lu.assertEquals(values_of(new, KEY .. [[\A]]), { [ [[B\C]] ] = 0x13, New = 0x99 })
  lu.assertEquals(new:keys(KEY .. [[\A]]), {})
end

function t.test_set_reaches_subkeys_and_names_with_backslashes()
  local verdicts, _, new = moved('[Sub]\n"Name"=dword:00000001', "", {
    set { [[Sub\Name]], [[Sub\\Name]], [[New\Deep\Name]] } { value = dword(7) },
  })
  lu.assertEquals(verdicts, { [ [[Sub\Name]] ] = "transformed" })
  lu.assertEquals(new:read(KEY .. [[\Sub]], "Name"), 7)
  lu.assertEquals(new:read(KEY, [[Sub\Name]]), 7)
  lu.assertEquals(new:read(KEY .. [[\New\Deep]], "Name"), 7)
  lu.assertErrorMsgContains("without wildcards", made, { set "A*" { value = dword(7) } })
end

function t.test_another_key_to_write_to()
  local elsewhere = KEY .. [[\Elsewhere]]
  local _, _, new = moved(alike, "", { to = elsewhere, migrate { [[A\\B]], [[A\B]] } })
  lu.assertEquals({ #new:values(elsewhere), new:read(elsewhere, [[A\B]]) }, { 1, 2 })
  lu.assertEquals({ #new:values(elsewhere .. [[\A]]), new:read(elsewhere .. [[\A]], "B") }, { 1, 0x12 })
end

function t.test_a_key_has_no_backslash_in_its_name()
  lu.assertErrorMsgContains([[entry 1 (keep): 'A\\B\C' has a backslash in the name of a key]], made, {
    keep [[A\\B\C]],
  })
end

return t
