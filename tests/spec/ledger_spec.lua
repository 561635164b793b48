-- The ledger of verdicts: what the engine says of every setting in a playbook's scopes, on a playbook made here.
local lu = require "luaunit"

local t = {}

local KEY = [[HKLM\SYSTEM\CurrentControlSet\Services\Thing]]
local SECRET = "correct horse battery"

local function server(name, lines)
  return machine.from {
    registry = { SYSTEM = ([=[
Windows Registry Editor Version 5.00
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Thing]
@LINES@
]=]):gsub("@(%u+)@", { NAME = name, LINES = lines }) },
  }
end

local function made(steps)
  return playbook {
    id = "thing", title = "Thing", version = "1", reads = { registry = { KEY } }, writes = { registry = { KEY } },
    steps = steps,
  }
end

-- The plan of a playbook of these steps for a source of these lines; and the destination.
local function plan_of(lines, steps, options)
  local destination = server("NEW", options and options.destination or "")
  return run {
    playbooks = { made(steps) }, source = server("OLD", lines), destination = destination,
    excluded = options and options.excluded,
  }, destination
end

local function verdict(plan, name)
  for _, item in ipairs(plan.verdicts) do
    if item.name == name then return item end
  end
  lu.fail("no verdict for " .. name)
end

local rules = {
  settings "values" {
    guide = "RA-VER-05", key = KEY,
    migrate "Plain",
    migrate "Password" { secret = true },
    keep "Own*" { why = "the destination's" },
    drop "Old",
  },
}

function t.test_each_setting_has_one_verdict_and_the_sums_agree()
  local plan = plan_of('"Plain"=dword:00000001\n"Old"="x"\n[' .. KEY:gsub("HKLM", "HKEY_LOCAL_MACHINE")
    :gsub("CurrentControlSet", "ControlSet001") .. '\\Deep]\n"Unknown"="y"', rules)
  lu.assertEquals(plan.accounted, { settings = 3, verdicts = 3, unjudged = 1 })
  lu.assertEquals(unjudged_of(plan), { KEY .. [[\Deep\Unknown]] })
end

function t.test_data_that_no_rule_knows_is_not_shown()
  local plan = plan_of(('"Unknown"="%s"\n"OwnText"="%s"\n"OwnNumber"=dword:00000007'):format(SECRET, SECRET), rules)
  lu.assertEquals(verdict(plan, "Unknown").before, ("REG_SZ, %d bytes"):format(2 * #SECRET + 2))
  lu.assertEquals(verdict(plan, "OwnText").before, ("REG_SZ, %d bytes"):format(2 * #SECRET + 2))
  lu.assertEquals(verdict(plan, "OwnNumber").before, "REG_DWORD 0x7 (7)")
end

function t.test_a_verdict_names_rule_step_guide_and_destination()
  local plan = plan_of('"Plain"=dword:00000001\n"Old"="x"', rules)
  local plain = verdict(plan, "Plain")
  lu.assertEquals({ plain.rule, plain.step, plain.guide, plain.before, plain.after },
    { "settings values: migrate Plain", "thing/values", "RA-VER-05", "REG_DWORD 0x1 (1)", "REG_DWORD 0x1 (1)" })
  lu.assertEquals({ plain.to.path, plain.to.name }, { KEY, "Plain" })
  lu.assertNil(verdict(plan, "Old").to)
end

function t.test_secrets_are_told_apart_and_not_told()
  local twice = { settings "values" { guide = "RA-VER-05", key = KEY, migrate "*" { secret = true } } }
  local lines = '"A"="correct"\n"B"="correct"\n"C"="other"'
  local plan = plan_of(lines, twice)
  local a, b, c = verdict(plan, "A").before, verdict(plan, "B").before, verdict(plan, "C").before
  lu.assertEquals(a, b)
  lu.assertNotEquals(a, c)
  lu.assertStrMatches(a, "REG_SZ %(secret %x%x%x%x%x%x%x%x%)")
  lu.assertEquals(verdict(plan, "A").after, a)
  -- Other servers give other fingerprints: one plan's tell nothing in another.
  lu.assertNotEquals(verdict(plan_of(lines, twice, { destination = '"X"=dword:00000001' }), "A").before, a)
end

function t.test_names_that_are_no_unicode_can_be_told()
  local source = server("OLD", '"Plain"=dword:00000001')
  source:set(KEY, "half \xED\xA0\x80", "dword", 1)
  local plan = run { playbooks = { made(rules) }, source = source, destination = server("NEW", "") }
  lu.assertEquals(verdict(plan, [[half \xED\xA0\x80]]).verdict, "unjudged")
  lu.assertEquals(plan.accounted, { settings = 2, verdicts = 2, unjudged = 1 })
end

local function by_code(body)
  return { step "code" { guide = "RA-VER-05", run = body } }
end

function t.test_two_spellings_are_one_setting()
  local plan = plan_of('"Plain"=dword:00000001', by_code(function(ctx)
    ctx:verdict { path = [[hkey_local_machine\system\CONTROLSET001\services\thing]], name = "PLAIN", verdict = "kept" }
  end))
  lu.assertEquals(plan.accounted, { settings = 1, verdicts = 1, unjudged = 0 })
  lu.assertErrorMsgContains("has a verdict already", plan_of, '"Plain"=dword:00000001', by_code(function(ctx)
    ctx:verdict { path = KEY, name = "Plain", verdict = "kept" }
    ctx:verdict { path = KEY:gsub("CurrentControlSet", "ControlSet001"), name = "plain", verdict = "dropped" }
  end))
end

function t.test_a_verdict_on_nothing_is_a_mistake()
  lu.assertErrorMsgContains("which the source does not have", plan_of, '"Plain"=dword:00000001', by_code(function(ctx)
    ctx:verdict { path = KEY, name = "Plain", verdict = "kept" }
    ctx:verdict { path = KEY, name = "Palin", verdict = "kept" }
  end))
end

function t.test_an_excluded_value_is_not_written()
  local lines = '"Plain"=dword:00000001\n"Password"="secret"'
  local plan, destination = plan_of(lines, rules, { excluded = { KEY .. [[\plain]] } })
  lu.assertNil(destination:get(KEY, "Plain"))
  lu.assertNotNil(destination:get(KEY, "Password"))
  lu.assertEquals({ verdict(plan, "Plain").verdict, verdict(plan, "Plain").step }, { "excluded", "--exclude" })
  lu.assertEquals(plan.accounted, { settings = 2, verdicts = 2, unjudged = 0 })
end

function t.test_an_excluded_key_takes_all_below_it()
  local plan, destination = plan_of('"Plain"=dword:00000001\n"Unknown"="x"', rules,
    { excluded = { [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services]] } })
  lu.assertNil(destination:get(KEY, "Plain"))
  lu.assertEquals(plan.accounted, { settings = 2, verdicts = 2, unjudged = 0 })
  lu.assertEquals(unjudged_of(plan), {})
end

function t.test_excluding_nothing_is_a_mistake()
  local ok, problem = pcall(plan_of, '"Plain"=dword:00000001', rules, { excluded = { KEY .. [[\Palin]] } })
  lu.assertFalse(ok)
  lu.assertStrContains(problem.message, "--exclude")
end

function t.test_deferred_actions_keep_their_order_and_ask_for_the_script()
  local steps = {
    rules,
    deferred "second-in-the-alphabet" { guide = "RA-IMP-04", run = "One", undo = "Undo-One" },
    deferred "first-in-the-alphabet" { guide = "RA-IMP-05", run = function() return "Two" end, undo = "Undo-Two" },
    deferred "not-now" { guide = "RA-IMP-05", when = function() return false end, run = "No", undo = "No" },
    manual "later" { guide = "RA-POST-01", on = "people", phase = "after", text = "Later." },
    manual "earlier" { guide = "RA-POST-01", on = "people", phase = "before", text = "Earlier." },
  }
  local plan = plan_of('"Plain"=dword:00000001', steps)
  lu.assertEquals({ #plan.deferred, plan.deferred[1].run, plan.deferred[2].run, plan.deferred[2].undo },
    { 2, "One", "Two", "Undo-Two" })
  local ids = {}
  for index, item in ipairs(plan.manual) do ids[index] = item.id end
  lu.assertEquals(ids, { "thing/earlier", "rehome/first-start", "thing/later" })
end

return t
