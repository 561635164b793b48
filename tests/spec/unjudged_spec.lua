-- What no rule judges: found by the engine, settled by the user; and that no rule of a playbook is a catch-all.
local lu = require "luaunit"

local t = {}

local SERVICES = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local KEY, MOVED, OTHER = SERVICES .. "Thing", SERVICES .. "Moved", SERVICES .. "Other"

local function server(name, lines, files)
  return machine.from {
    files = files,
    registry = { SYSTEM = ([=[
Windows Registry Editor Version 5.00
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
@LINES@
]=]):gsub("@(%u+)@", {
      NAME = name, LINES = lines:gsub("%[(%u%l+)", [[[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\%1]]),
    }) },
  }
end

-- The plan of these rules for KEY, which go to MOVED; the verdicts by name; the destination.
local function plan_of(from, there, rules, options)
  options = options or {}
  rules.guide, rules.key, rules.to = "XX-GAP-01", KEY, options.to
  local destination = server("NEW", there, options.files_there)
  local plan = run {
    playbooks = { playbook {
      id = "thing", title = "Thing", version = "1",
      reads = { registry = { KEY, OTHER }, files = { [[%SystemRoot%\System32\thing.ini]] } },
      writes = { registry = { KEY, MOVED }, files = { [[%SystemRoot%\System32\thing.ini]] } },
      steps = { settings "values" (rules) },
    } },
    source = server("OLD", from, options.files), destination = destination,
    carried = options.carried, left = options.left, excluded = options.excluded, map = options.map,
  }
  local verdicts = {}
  for _, item in ipairs(plan.verdicts) do
    verdicts[item.name or item.path] = item.verdict .. (item.why and ": " .. item.why or "")
  end
  return verdicts, destination, plan
end

function t.test_a_catch_all_answers_for_nothing()
  local lines = '[Thing]\n"Own"=dword:00000001\n"New"=dword:00000002\n[Thing\\Deep]\n"Same"="x"\n"Else"="y"'
  local there = '[Thing\\Deep]\n"Same"="x"\n"Else"="z"'
  for _, word in ipairs { keep, drop } do
    local verdicts = plan_of(lines, there, { word "Own" { why = "mine" }, word "**" { why = "whatever" } })
    lu.assertStrContains(verdicts.Own, ": mine")
    verdicts.Own = nil
    lu.assertEquals(verdicts, { New = "unjudged", Same = "kept: the destination has the same", Else = "unjudged" })
  end
  local judged = plan_of(lines, there, { keep "**" { when = function() return true end, why = "looked at" } })
  lu.assertEquals(judged.New, "kept: looked at")
  judged = plan_of(lines, there, { keep [[Deep\**]] { why = "a subtree" } })
  lu.assertEquals({ judged.Else, judged.New }, { "kept: a subtree", "unjudged" })
end

function t.test_another_type_is_another_value()
  local verdicts = plan_of('[Thing]\n"A"=dword:00000001\n"B"="1"', '[Thing]\n"A"=hex:01,00,00,00\n"B"="1"',
    { keep "X" })
  lu.assertEquals(verdicts, { A = "unjudged", B = "kept: the destination has the same" })
end

function t.test_what_only_the_destination_has_is_not_told()
  lu.assertEquals(plan_of("", '[Thing]\n"A"=dword:00000001', { keep "*" }), {})
end

function t.test_what_windows_ships_names_its_source()
  local rules = { shipped "A" { value = dword(3), from = "a hive" }, migrate "A" }
  lu.assertEquals(plan_of('[Thing]\n"A"=dword:00000003', '[Thing]\n"A"=dword:00000005', rules).A,
    "kept: what Windows comes with (a hive)")
  local verdicts, destination = plan_of('[Thing]\n"A"=dword:00000004', "", { rules[1], rules[2] })
  lu.assertEquals(verdicts.A, "migrated")
  lu.assertEquals(destination:read(KEY, "A"), 4)
  lu.assertErrorMsgContains("'from' is missing", shipped "A", { value = dword(1) })
end

function t.test_a_rule_may_leave_it_to_the_user()
  local rules = { unjudged "A" { why = "loosens a check" }, migrate "*" }
  local verdicts, destination = plan_of('[Thing]\n"A"=dword:00000003', "", rules)
  lu.assertEquals(verdicts.A, "unjudged: loosens a check")
  lu.assertNil(destination:get(KEY, "A"))
end

function t.test_the_longer_path_counts()
  local lines = '[Thing]\n"A"=dword:00000001\n"B"="text"\n[Thing\\Deep]\n"C"=hex(1234):01,02,03'
  local verdicts, destination = plan_of(lines, "", { keep "X" }, {
    to = MOVED, carried = { KEY, KEY .. [[\Deep\C]] },
    left = { KEY .. [[\Deep]], [[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Thing\a]] },
  })
  lu.assertEquals(verdicts, {
    A = "excluded: left behind by the user", B = "migrated: carried as it is by the user",
    C = "migrated: carried as it is by the user",
  })
  -- Where the table puts the key, with type and bytes.
  lu.assertNil(destination:get(MOVED, "A"))
  lu.assertEquals(destination:read(MOVED, "B"), "text")
  local carried = destination:get(MOVED .. [[\Deep]], "C")
  lu.assertEquals(carried.raw, "\1\2\3")
end

-- The message of the error that a plan ends with.
local function refused(lines, options)
  local ok, problem = pcall(plan_of, lines, "", { keep "A" { why = "mine" } }, options)
  lu.assertFalse(ok)
  return problem.message
end

function t.test_what_meets_nothing_is_a_mistake()
  local lines = '[Thing]\n"A"=dword:00000001\n"B"=dword:00000001\n[Other]\n"C"=dword:00000001'
  local function carry(path) return refused(lines, { carried = { path } }) end
  lu.assertStrContains(carry(KEY .. [[\Nothing]]), "no playbook reads such a setting")
  lu.assertStrContains(carry(KEY .. [[\A]]), "it has been judged: kept by settings values: keep A (mine)")
  lu.assertStrContains(carry(OTHER .. [[\C]]), "thing does not write there")
  lu.assertStrContains(refused(lines, { carried = { KEY .. [[\B]] }, left = { KEY .. [[\b]] } }), "both given")
end

function t.test_what_belongs_to_an_installation_stays()
  local guid = "{11111111-0000-0000-0000-000000000001}"
  local lines = '[Thing\\Sub]\n"ServiceDll"="x.dll"\n[Thing\\' .. guid .. ']\n"MTU"=dword:00000001'
  local verdicts, destination = plan_of(lines, "", { keep "X" }, {
    carried = { KEY }, map = { { source = { name = "LAN", guid = guid }, reason = "name" } },
  })
  lu.assertStrContains(verdicts.ServiceDll, "unjudged: it cannot be carried: it names a program")
  lu.assertStrContains(verdicts.MTU, "unjudged: it cannot be carried: it belongs to the source's adapter 'LAN'")
  lu.assertFalse(destination:has_key(KEY))
end

function t.test_a_file_that_nobody_looks_at()
  local file = { ["Windows/System32/thing.ini"] = "text" }
  local path = "file:Windows/System32/thing.ini"
  local verdicts = plan_of("", "", { keep "X" }, { files = file })
  lu.assertEquals(verdicts[path], "unjudged")
  verdicts = plan_of("", "", { keep "X" }, { files = file, files_there = file })
  lu.assertEquals(verdicts[path], "kept: the destination has the same")
  local destination
  verdicts, destination = plan_of("", "", { keep "X" }, {
    files = file, carried = { [[C:\Windows\System32\thing.ini]] },
  })
  lu.assertEquals(verdicts[path], "migrated: carried as it is by the user")
  lu.assertEquals(destination:read_file [[%SystemRoot%\System32\thing.ini]], "text")
end

function t.test_summaries_add_up()
  local _, _, plan = plan_of('[Thing]\n"A"=dword:00000001\n"B"=dword:00000001\n"C"=dword:00000001', "",
    { migrate "A", drop "B" })
  local told = {}
  for index, outcome in ipairs(plan.summary) do told[index] = outcome.name .. " " .. outcome.count end
  lu.assertEquals(told, { "unjudged 1", "left out 1", "carried 1" })
  lu.assertEquals(plan.accounted, { settings = 3, verdicts = 3, unjudged = 1 })
end

local ids = { "remote-access", "nps", "dhcp-server", "dns-server", "file-shares", "ip-configuration", "local-accounts",
              "certificates" }

-- A rule that leaves things behind by wildcards says why, and by wildcards alone only where it looks at each.
function t.test_no_rule_that_leaves_something_is_a_catch_all()
  local groups = 0
  for _, id in ipairs(ids) do
    for _, rule in ipairs(rules_of(id)) do
      for _, name in ipairs((rule.action == "keep" or rule.action == "drop") and rule.names or {}) do
        local where = ("%s/%s: %s %s"):format(id, rule.step, rule.action, name)
        if name:find("*", 1, true) then lu.assertNotNil(rule.options.why, where .. ": without a reason") end
        if name:find "^[*\\]+$" then
          lu.assertTrue(rule.options.when ~= nil or type(rule.options.why) == "function", where .. ": a catch-all")
        elseif name:find "%*%*$" then
          groups = groups + 1
        end
      end
    end
  end
  -- Subtrees of which all is one thing. Each was looked at: one more is one that its author knows.
  lu.assertEquals(groups, 47)
end

return t
