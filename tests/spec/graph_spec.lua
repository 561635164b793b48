-- The order of playbooks and steps: what they say of each other, what contradicts, and why each is where it is.
local lu = require "luaunit"

local t = {}

local function nothing() end

local function made(id, steps, extra)
  local declaration = { id = id, title = id, version = "1", steps = steps or { step("work") {
    guide = "XX-TEST-01", run = nothing } } }
  for name, value in pairs(extra or {}) do declaration[name] = value end
  return playbook(declaration)
end

-- "a1 a2:b1": steps by their names; what stands behind a colon is what it is after.
local function steps_of(names)
  local list = {}
  for name, after in names:gmatch "([%w%-]+):?([%w%-/,]*)" do
    local names_after = {}
    for other in after:gmatch "[^,]+" do names_after[#names_after + 1] = other end
    list[#list + 1] = step(name) { guide = "XX-TEST-01", run = nothing, after = names_after }
  end
  return list
end

local function ids(list)
  local found = {}
  for index, item in ipairs(list) do found[index] = item.id end
  return table.concat(found, " ")
end

local function refused(playbooks)
  local ok, problem = pcall(graph, playbooks)
  lu.assertFalse(ok)
  lu.assertEquals(type(problem), "table")
  return problem
end

function t.test_the_order_of_the_arguments_means_nothing()
  local a, b, c = made("a", nil, { after = { "c" } }), made "b", made("c", nil, { requires = { "b" } })
  for _, list in ipairs { { a, b, c }, { c, b, a }, { b, a, c }, { c, a, b } } do
    lu.assertEquals(ids(graph(list).playbooks), "b c a")
    lu.assertEquals(ids(graph(list).items), "b/work c/work a/work")
  end
end

function t.test_before_is_after_from_the_other_side()
  local shown = graph { made "a", made("z", nil, { before = { "a", "not-here" } }) }
  lu.assertEquals(ids(shown.playbooks), "z a")
  lu.assertEquals(shown.playbooks[2].place, "z is before a")
end

function t.test_a_cycle_is_told_as_a_chain_with_who_says_what()
  local problem = refused { made("a", nil, { after = { "b" } }), made("b", nil, { after = { "c" } }),
                            made("c", nil, { before = { "d" }, requires = { "a" } }), made "d" }
  lu.assertEquals(problem.message,
    "these wait for each other: a -> b (a is after b) -> c (b is after c) -> a (c requires a)")
  lu.assertNotNil(problem.hint)
end

function t.test_steps_interleave_only_where_they_say_so()
  local shown = graph { made("p", steps_of "a1 a2:q/b2 a3"), made("q", steps_of "b1 b2 b3"), made("r", steps_of "c1") }
  lu.assertEquals(ids(shown.items), "p/a1 q/b1 q/b2 p/a2 p/a3 q/b3 r/c1")
  lu.assertEquals(shown.items[4].place, "p/a2 is after q/b2")
  lu.assertEquals(shown.items[3].place, "comes forward: p/a2 waits for it")
  lu.assertEquals(shown.items[1].place, "as declared")
end

function t.test_a_step_brings_the_playbooks_before_its_own_with_it()
  local shown = graph { made("a", steps_of "a1 a2:c/c1"), made("b", steps_of "b1"),
                        made("c", steps_of "c1 c2", { after = { "b" } }) }
  lu.assertEquals(ids(shown.items), "a/a1 b/b1 c/c1 a/a2 c/c2")
end

function t.test_a_relation_within_a_playbook_goes_before_the_declared_order()
  lu.assertEquals(ids(graph({ made("p", steps_of "a:c b c") }).items), "p/c p/a p/b")
end

function t.test_a_step_that_contradicts_the_playbooks_is_a_cycle()
  local problem = refused { made("nps", steps_of "x:ra/y"), made("ra", steps_of "y", { after = { "nps" } }) }
  lu.assertStrContains(problem.message, "nps/x is after ra/y")
  lu.assertStrContains(problem.message, "ra is after nps")
end

function t.test_steps_that_wait_for_each_other()
  local problem = refused { made("p", steps_of "x:q/y"), made("q", steps_of "y:p/x") }
  lu.assertEquals(problem.message,
    "these wait for each other: p/x -> q/y (p/x is after q/y) -> p/x (q/y is after p/x)")
end

function t.test_an_unknown_step_is_an_error_of_a_playbook_that_takes_part_only()
  lu.assertEquals(ids(graph({ made("p", steps_of "x:absent/y") }).items), "p/x")
  local problem = refused { made("p", steps_of "x:q/wrok"), made "q" }
  lu.assertEquals(problem.object, "p/x")
  lu.assertStrContains(problem.message, "q has no such step")
  lu.assertEquals(problem.hint, "did you mean 'work'?")
end

function t.test_what_is_done_later_cannot_come_first()
  local late = manual "late" { guide = "XX-TEST-02", on = "people", phase = "after", text = "Late." }
  local problem = refused { made("p", { late, table.unpack(steps_of "x:late") }) }
  lu.assertStrContains(problem.message, "p/x is after p/late, but that cannot be")
end

function t.test_by_hand_and_first_start_have_an_order_too()
  local function by_hand(id, after)
    return manual(id) { guide = "XX-TEST-02", on = "people", phase = "after", text = "Do.", after = after }
  end
  local shown = graph { made("p", { by_hand("p1", "q/q2"), by_hand "p2" }), made("q", { by_hand "q1", by_hand "q2" }) }
  lu.assertEquals(ids(shown.items), "q/q1 q/q2 p/p1 p/p2")
end

function t.test_text_and_dot()
  local shown = graph { made("p", steps_of "x"), made("q", steps_of "y:p/x", { title = 'A "quoted" one',
    after = { { "p", why = "for its names" } } }) }
  lu.assertStrContains(shown.text, "q is after p")
  lu.assertStrContains(shown.dot, [["q" [label="A \"quoted\" one"]])
  lu.assertStrContains(shown.dot, [["p" -> "q" [label="after"]])
  lu.assertStrContains(shown.dot, [["p/x" -> "q/y"]])
end

-- Partners and waivers ------------------------------------------------------------------------

local function server(name)
  return machine.from { registry = { SYSTEM = ([=[
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
]=]):gsub("@NAME@", name) } }
end

local function plan_of(playbooks, waived)
  return run { playbooks = playbooks, source = server "OLD", destination = server "NEW", waived = waived }
end

local function only_check(plan)
  lu.assertEquals(#plan.checks, 1)
  return plan.checks[1]
end

function t.test_a_missing_requirement_blocks_and_says_the_remedy()
  local plan = plan_of { made("b", nil, { requires = { { "a", why = "b reads what a writes" } } }) }
  lu.assertTrue(plan.blocked)
  local check = only_check(plan)
  lu.assertEquals(check.message, "b needs the playbook 'a', which does not take part: b reads what a writes.")
  lu.assertEquals(check.hint,
    "Name 'a' on the command line too. Or waive it by name, --waive b/a: b goes without what 'a' does.")
  lu.assertEquals(plan.steps, {})
end

function t.test_a_requirement_may_depend_on_the_source()
  local function asks(name)
    return made("b", nil, { requires = { { "a", when = function(source)
      return source:identity().computer_name == name, "it is " .. name
    end } } })
  end
  lu.assertFalse(plan_of({ asks "OTHER" }).blocked)
  lu.assertStrContains(only_check(plan_of { asks "OLD" }).message, "it is OLD")
end

function t.test_a_step_may_require_one_of_another_playbook()
  local b = made("b", { step "x" { guide = "XX-TEST-01", run = nothing, requires = "a/work" } })
  lu.assertStrContains(only_check(plan_of { b }).message, "its step 'x' requires a/work")
  local plan = plan_of { b, made "a" }
  lu.assertEquals(ids(plan.steps), "a/work b/x")
  lu.assertEquals(plan.steps[2].place, "b/x requires a/work")
end

function t.test_half_of_a_set_and_both_of_a_conflict()
  local half = only_check(plan_of { made("a", nil, { together = { "b" } }) })
  lu.assertEquals(half.message, "a and b move together or not at all, and 'b' does not take part.")
  local both = only_check(plan_of { made("a", nil, { conflicts = { { "b", why = "both own port 67" } } }),
                                    made("b", nil, { conflicts = { "a" } }) })
  lu.assertEquals(both.message, "a and b exclude each other: both own port 67.")
  lu.assertStrContains(both.hint, "--waive a/b")
end

local function guarded(waiver)
  return made("p", {
    check "old" { guide = "XX-CHK-01", severity = "block", waiver = waiver,
                  problem = function() return "It is old.", "Get a newer one." end },
    table.unpack(steps_of "work"),
  })
end

function t.test_a_waiver_by_name_lets_a_check_pass_and_is_recorded()
  local p = guarded "things may break"
  local blocked = plan_of { p }
  lu.assertTrue(blocked.blocked)
  lu.assertEquals(only_check(blocked).hint, "Get a newer one. Or waive it by name, --waive p/old: things may break.")
  local plan = plan_of({ p }, { "p/old" })
  lu.assertFalse(plan.blocked)
  lu.assertTrue(only_check(plan).waived)
  lu.assertEquals(plan.waived, {
    { name = "p/old", used = true, what = "It is old.", consequence = "things may break" },
  })
  lu.assertEquals(ids(plan.steps), "p/work")
end

function t.test_a_missing_partner_can_be_waived()
  local plan = plan_of({ made("b", nil, { requires = { { "a", waiver = "nobody writes it" } } }) }, { "b/a" })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(plan.waived[1].consequence, "nobody writes it")
end

local function waiving(name, p)
  local ok, problem = pcall(plan_of, { p }, { name })
  lu.assertFalse(ok)
  return problem
end

function t.test_a_waiver_names_something()
  lu.assertEquals(waiving("p/odl", guarded "x").hint, "did you mean 'p/old'?")
  lu.assertStrContains(waiving("q/other", guarded "x").hint, "there are: p/old")
  local problem = waiving("p/old", guarded())
  lu.assertStrContains(problem.message, "cannot be waived")
end

function t.test_a_waiver_that_was_not_needed_is_a_note()
  local p = made("b", nil, { requires = { "a" } })
  local plan = plan_of({ p, made "a" }, { "b/a" })
  lu.assertEquals(plan.notes[1].text, "--waive b/a was not needed: nothing had to be waived.")
  lu.assertFalse(plan.waived[1].used)
end

function t.test_only_checks_that_block_have_a_waiver()
  lu.assertErrorMsgContains("'waiver' is for checks of severity 'block'", function()
    return check "x" { guide = "XX-CHK-01", severity = "warn", waiver = "y", problem = nothing }
  end)
end

return t
