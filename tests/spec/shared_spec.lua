-- Items and parameters that several playbooks share: one of each, for all that need it.
local lu = require "luaunit"
local certificate_of = require "certificate"
local shared = require "shared"

local t = {}

local function server(name)
  return machine.from { registry = { SYSTEM = ([=[
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
]=]):gsub("@NAME@", name) } }
end

local function made(id, steps, extra)
  local declaration = { id = id, title = id, version = "1", steps = steps }
  for name, value in pairs(extra or {}) do declaration[name] = value end
  return playbook(declaration)
end

local function plan_of(playbooks, parameters)
  return run { playbooks = playbooks, source = server "OLD", destination = server "NEW", parameters = parameters }
end

local function ids(list)
  local found = {}
  for index, item in ipairs(list) do found[index] = item.id end
  return table.concat(found, " ")
end

local function by_hand(id, extra)
  local declaration = { guide = "XX-POST-09", on = "people", phase = "after", text = "Do." }
  for name, value in pairs(extra or {}) do declaration[name] = value end
  return manual(id)(declaration)
end

local function refused(playbooks)
  local ok, problem = pcall(graph, playbooks)
  lu.assertFalse(ok)
  return problem
end

function t.test_a_shared_step_by_hand_is_there_once_for_all_its_users()
  local a = made("a", { by_hand "test", manual "name" (shared.rename { guide = "XX-POST-01" }), by_hand "retire" })
  local b = made("b", { by_hand "test", manual "old-name" (shared.rename { guide = { "XX-POST-01", "XX-POST-02" } }),
                        by_hand "dns" })
  local plan = plan_of { b, a }
  lu.assertEquals(ids(plan.manual), "a/test b/test shared/rename-computer a/retire b/dns")
  local step = plan.manual[3]
  lu.assertEquals(step.users, { "a", "b" })
  lu.assertEquals(step.guide, { "XX-POST-01", "XX-POST-02" })
  lu.assertStrContains(step.text, "OLD")
end

function t.test_only_those_who_need_it_are_its_users()
  local function never() return false end
  local a = made("a", { manual "name" (shared.rename { guide = "XX-POST-01", when = never }) })
  local b = made("b", { manual "name" (shared.rename { guide = "XX-POST-02" }) })
  lu.assertEquals(plan_of({ a, b }).manual[1].users, { "b" })
  lu.assertEquals(plan_of({ a }).manual, {})
end

function t.test_details_are_told_once()
  local certificate = { thumbprint = "AB", subject = "CN=vpn", not_after = 0 }
  local function asks(id)
    return made(id, {
      step "look" { guide = "XX-MAN-01", run = function(ctx)
        ctx:call_for("certificates", certificate_of.to_export(ctx, certificate))
        ctx:call_for("certificates", id)
      end },
      manual "certificates" (shared.import_certificates { guide = "XX-MAN-01" }),
    })
  end
  local plan = plan_of { asks "a", asks "b" }
  lu.assertEquals(#plan.manual, 1)
  lu.assertEquals(plan.manual[1].details, { certificate_of.to_export({}, certificate), "a", "b" })
end

function t.test_an_action_of_the_first_start_comes_after_all_its_users_did()
  local function restarts(id)
    return made(id, {
      deferred("configure-" .. id) { guide = "XX-IMP-01", run = "run", undo = "undo" },
      deferred "restart" (shared.restart("Spooler", { guide = "XX-IMP-02" })),
    })
  end
  local plan = plan_of { restarts "b", restarts "a" }
  lu.assertEquals(ids(plan.deferred), "a/configure-a b/configure-b shared/restart-spooler")
  lu.assertEquals(plan.deferred[3].users, { "a", "b" })
end

function t.test_a_shared_step_runs_once_and_at_its_first_user()
  local count = 0
  local declaration = { guide = "XX-IMP-01", shared = "count", run = function() count = count + 1 end }
  local function work(id) return step(id) { guide = "XX-IMP-02", run = function() end } end
  local plan = plan_of { made("a", { work "a1", step "count" (declaration), work "a2" }),
                         made("b", { work "b1", step "again" (declaration) }, { after = { "a" } }) }
  lu.assertEquals(count, 1)
  lu.assertEquals(ids(plan.steps), "a/a1 shared/count a/a2 b/b1")
  lu.assertEquals(plan.steps[2].users, { "a", "b" })
end

function t.test_a_later_place_that_one_user_asks_for()
  local declaration = { guide = "XX-IMP-01", shared = "count", run = function() end }
  local late = { guide = "XX-IMP-01", shared = "count", run = declaration.run, after = "work" }
  local shown = graph { made("a", { step "count" (declaration) }),
                        made("b", { step "work" { guide = "XX-IMP-02", run = function() end }, step "again" (late) }) }
  lu.assertEquals(ids(shown.items), "b/work shared/count")
end

function t.test_shared_items_in_another_order_do_not_wait_for_each_other()
  local function one(id) return by_hand(id, { shared = id }) end
  local shown = graph { made("a", { one "x", one "y" }), made("b", { one "y", one "x" }) }
  lu.assertEquals(ids(shown.items), "shared/x shared/y")
end

function t.test_two_declarations_of_one_shared_name()
  local problem = refused { made("a", { by_hand("x", { shared = "s" }) }),
                            made("b", { by_hand("y", { shared = "s", text = "Else." }) }) }
  lu.assertStrContains(problem.message, "a/x and b/y declare the shared item 's' differently: text")
  problem = refused { made("a", { by_hand("x", { shared = "s" }), by_hand("y", { shared = "s" }) }) }
  lu.assertStrContains(problem.message, "a has the shared item 's' twice: x and y")
end

function t.test_a_parameter_of_one_name_is_one_question()
  local function asks(id, parameter)
    return made(id, { step "work" { guide = "XX-IMP-01", run = function(ctx) return tostring(ctx.params.p) end } },
      { params = { p = parameter } })
  end
  local yes = { type = "boolean", default = false, help = "a" }
  local plan = plan_of({ asks("a", yes), asks("b", { type = "boolean", default = false, help = "b" }) }, { p = "yes" })
  lu.assertEquals({ plan.steps[1].summary, plan.steps[2].summary }, { "true", "true" })
  local problem = refused { asks("a", yes), asks("b", { type = "string", default = "", help = "b" }) }
  lu.assertEquals(problem.message, "a and b both have a parameter 'p', and declare it differently")
end

return t
