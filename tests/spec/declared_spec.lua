-- What a playbook declares is what holds: nothing that it does later, and no metatable, makes its scopes others.

local lu = require "luaunit"

local KEY, OTHER = [[HKLM\SYSTEM\CurrentControlSet\Services\Mine]], [[HKLM\SYSTEM\CurrentControlSet\Services\Other]]

local function server(name)
  return machine.from { registry = { SYSTEM = ([=[
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="%s"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Mine]
"Own"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"Secret"=dword:00000002
]=]):format(name) } }
end

local function plan_of(made)
  return run { playbooks = { made }, source = server "OLD", destination = server "NEW" }
end

-- Reaches for what is not declared; `got` says whether it had it.
local got
local function reach(ctx)
  for _, side in ipairs { ctx.source, ctx.destination } do
    if pcall(side.get, side, OTHER, "Secret") then got = true end
  end
  if pcall(ctx.destination.set, ctx.destination, OTHER, "Secret", "dword", 3) then got = true end
end

local function declaration(run_step)
  return {
    id = "mine", title = "Mine", version = "1.0.0",
    reads = { registry = { KEY } }, writes = { registry = { KEY } },
    steps = { step "reach" { guide = "RA-VER-05", run = run_step or reach } },
  }
end

local t = {}

-- Refused while it is declared ----------------------------------------------------------------

local function lying(value) -- shows `value`, and has OTHER
  return { __pairs = function() return next, value end, __index = value, __len = function() return #value end }
end

local refused = {
  ["the declaration"] = function(d) setmetatable(d, lying {}) end,
  ["the declaration, its metatable hidden"] = function(d) setmetatable(d, { __metatable = false }) end,
  ["reads"] = function(d) d.reads = setmetatable({ registry = { OTHER } }, lying { registry = { KEY } }) end,
  ["writes"] = function(d) d.writes = setmetatable({ registry = { OTHER } }, lying { registry = { KEY } }) end,
  ["consults"] = function(d) d.consults = setmetatable({ registry = { OTHER } }, lying { registry = {} }) end,
  ["a list of keys"] = function(d) d.reads.registry = setmetatable({ OTHER }, lying { KEY }) end,
  ["a list of files"] = function(d) d.reads.files = setmetatable({ "%SystemRoot%\\**" }, lying {}) end,
  ["a list of certificates"] = function(d) d.reads.certificates = setmetatable({ "MY" }, lying {}) end,
  ["params"] = function(d) d.params = setmetatable({}, { __index = function() return { type = "string" } end }) end,
  ["a parameter"] = function(d) d.params = { one = setmetatable({ type = "string", help = "." }, lying {}) } end,
  ["requires"] = function(d) d.requires = setmetatable({}, { __index = { "nps" } }) end,
  ["steps"] = function(d) d.steps = setmetatable({}, { __index = d.steps }) end,
  ["services"] = function(d) d.services = setmetatable({}, { __index = { "RemoteAccess" } }) end,
  ["a table that holds itself"] = function(d) d.params = { one = {} } d.params.one.one = d.params end,
  ["a step"] = function(d)
    d.steps = { step "reach" (setmetatable({ guide = "RA-VER-05", run = reach }, { __metatable = "none" })) }
  end,
  ["a rule's options"] = function(d)
    d.steps = { settings "all" { guide = "RA-VER-05", key = KEY, migrate "*" (setmetatable({}, lying { why = "x" })) } }
  end,
  ["a table of settings"] = function(d)
    d.steps = { settings "all" (setmetatable({ guide = "RA-VER-05", key = KEY, keep "*" }, lying {})) }
  end,
  ["a column"] = function(d)
    d.steps = { settings "all" { guide = "RA-VER-05", key = KEY,
                                 by_release "*" { source = setmetatable({ otherwise = keep }, lying {}) } } }
  end,
}

for what, make in pairs(refused) do
  t["test_refused_" .. what:gsub("%W+", "_")] = function()
    local ok, message = pcall(function()
      local d = declaration()
      make(d)
      playbook(d)
    end)
    lu.assertFalse(ok, what)
    lu.assertNotNil(message:find "metatable" or message:find "deep", message)
  end
end

-- Changed behind the declaration: it stays what it was ------------------------------------------

local later = {
  ["the list of keys"] = function(d) d.reads.registry[2], d.writes.registry[2] = OTHER, OTHER end,
  ["reads and writes"] = function(d) d.reads, d.writes = { registry = { OTHER } }, { registry = { OTHER } } end,
  ["consults"] = function(d) d.consults = { registry = { OTHER } } end,
  ["steps"] = function(d) d.steps[2] = step "more" { guide = "RA-VER-05", run = function() got = true end } end,
  ["the step's code"] = function(d) d.steps[1].run = function() got = true end end,
  ["the step's id"] = function(d) d.steps[1].id = "other" end,
  ["the step's condition"] = function(d) d.steps[1].when = function() got = true end end,
}

local function steps_of(plan)
  local ids = {}
  for index, step in ipairs(plan.steps) do ids[index] = step.id end
  return ids
end

for what, change in pairs(later) do
  t["test_later_" .. what:gsub("%W+", "_")] = function()
    got = nil
    local d = declaration()
    local made = playbook(d)
    change(d)
    local plan = plan_of(made)
    lu.assertNil(got, what)
    lu.assertEquals(steps_of(plan), { "mine/reach", "mine/unjudged" })
  end
  t["test_later_in_the_step_" .. what:gsub("%W+", "_")] = function()
    got = nil
    local d
    d = declaration(function(ctx)
      change(d)
      reach(ctx)
    end)
    lu.assertEquals(steps_of(plan_of(playbook(d))), { "mine/reach", "mine/unjudged" })
    lu.assertNil(got, what)
  end
end

function t.test_what_the_word_gives_is_read_only()
  local made = playbook(declaration())
  lu.assertEquals(made.reads.registry[1], KEY)
  lu.assertFalse(pcall(function() made.reads = {} end))
  lu.assertFalse(pcall(function() made.reads.registry[1] = OTHER end))
  lu.assertFalse(pcall(function() made.steps[1].run = nil end))
  lu.assertFalse(pcall(setmetatable, made, nil))
end

-- Verdicts --------------------------------------------------------------------------------------

local function verdict_of(entry)
  return plan_of(playbook(declaration(function(ctx) ctx:verdict(entry) end)))
end

function t.test_a_verdict_is_about_what_the_playbook_reads()
  for _, path in ipairs { OTHER, KEY .. "2", "file:Windows/System32/ras/router.pbk", "certificate:MY",
                          "account:users", "account:members", "nonsense:x" } do
    lu.assertErrorMsgContains("is not among what mine reads", verdict_of,
      { path = path, name = "Secret", verdict = "kept" })
  end
  lu.assertEquals(verdict_of({ path = KEY:upper(), name = "OWN", verdict = "kept" }).accounted.verdicts, 1)
end

function t.test_a_verdict_says_the_same_each_time()
  local asked = 0
  local entry = setmetatable({ name = "Own", verdict = "kept" }, { __index = function(_, field)
    asked = asked + 1
    return field == "path" and (asked == 1 and KEY or OTHER) or nil
  end })
  lu.assertErrorMsgContains("metatable", verdict_of, entry)
end

function t.test_a_verdict_has_the_name_of_the_step_that_gave_it()
  local plan = plan_of(playbook(declaration(function(ctx)
    ctx.current = { full_id = "nps/import", guide = { "NPS-IMP-01" }, rule = "of another" }
    ctx.source = { has_file = function() return true end, resolve = function(_, path) return path end }
    ctx:verdict { path = KEY, name = "Own", verdict = "kept", step = "nps/import" }
  end)))
  lu.assertEquals(plan.verdicts[1].step, "mine/reach")
  lu.assertEquals(plan.verdicts[1].rule, "step reach")
end

return t
