-- Two playbooks that write one setting: the same is fine, anything else is an error that names both.
local lu = require "luaunit"

local t = {}

local KEY = [[HKLM\SYSTEM\CurrentControlSet\Services\Thing]]
local FILE = [[%SystemRoot%\System32\thing.txt]]

local function server(name, lines)
  return machine.from { registry = { SYSTEM = ([=[
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Thing]
@LINES@
]=]):gsub("@(%u+)@", { NAME = name, LINES = lines or "" }) } }
end

local function made(id, steps)
  local scopes = { registry = { KEY }, files = { FILE } }
  return playbook { id = id, title = id, version = "1", consults = scopes, writes = scopes, steps = steps }
end

local function writes(id, body)
  return made(id, { step "write" { guide = "XX-IMP-01", run = function(ctx) body(ctx.destination) end } })
end

local function plan_of(a, b, options)
  return run { playbooks = { a, b }, source = server("OLD", options and options.source),
               destination = server("NEW", options and options.destination), excluded = options and options.excluded }
end

local function refused(a, b, options)
  local ok, problem = pcall(plan_of, a, b, options)
  lu.assertFalse(ok)
  lu.assertEquals(type(problem), "table", tostring(problem))
  return problem
end

local function set(name, number)
  return function(m) m:set(KEY, name, "dword", number) end
end

function t.test_two_values()
  local problem = refused(writes("b", set("X", 2)), writes("a", set("X", 1)))
  lu.assertEquals(problem.object, KEY .. [[\X]])
  lu.assertEquals(problem.message, "two playbooks write it differently: a/write leaves it REG_DWORD 0x1 (1), b/write"
    .. " leaves it REG_DWORD 0x2 (2)")
  lu.assertStrContains(problem.hint, "--exclude '" .. KEY .. [[\X']])
end

function t.test_the_same_twice_in_any_spelling_and_other_names()
  plan_of(writes("a", set("X", 1)), writes("b", function(m)
    m:set(KEY:upper(), "x", "dword", 1)
    m:set(KEY, "Y", "dword", 2)
  end))
end

-- What the destination had before hides nothing: the first step writes what is there already.
function t.test_a_value_that_was_there_before()
  local problem = refused(writes("a", set("X", 1)), writes("b", set("X", 2)),
    { destination = '"X"=dword:00000001' })
  lu.assertStrContains(problem.message, "a/write leaves it REG_DWORD 0x1 (1)")
end

function t.test_one_playbook_may_change_its_mind()
  local twice = made("a", {
    step "one" { guide = "XX-IMP-01", run = function(ctx) ctx.destination:set(KEY, "X", "dword", 1) end },
    step "two" { guide = "XX-IMP-01", run = function(ctx) ctx.destination:set(KEY, "X", "dword", 2) end },
  })
  plan_of(twice, writes("b", set("X", 2)))
  lu.assertStrContains(refused(twice, writes("b", set("X", 1))).message, "a/two leaves it REG_DWORD 0x2 (2)")
end

function t.test_removing_against_setting()
  local function remove(m) m:delete_value(KEY, "X") end
  lu.assertStrContains(refused(writes("a", set("X", 1)), writes("b", remove)).message, "b/write leaves it removed")
  lu.assertStrContains(refused(writes("a", remove), writes("b", set("X", 1))).message, "a/write leaves it removed")
  plan_of(writes("a", remove), writes("b", remove))
end

function t.test_a_tree_over_what_another_wrote()
  local function clear(m) m:delete_key(KEY .. [[\Sub]]) end
  local function inside(m) m:set(KEY .. [[\Sub\Deep]], "X", "dword", 1) end
  lu.assertStrContains(refused(writes("a", inside), writes("b", clear)).message, "b/write leaves it removed")
  local problem = refused(writes("a", clear), writes("b", inside))
  lu.assertStrContains(problem.message, "a/write leaves it removed, b/write leaves it REG_DWORD 0x1 (1)")
  plan_of(writes("a", inside), writes("b", function(m)
    clear(m)
    inside(m)
  end))
end

function t.test_a_copy_over_what_another_wrote()
  local copies = made("b", { step "copy" { guide = "XX-IMP-01", run = function(ctx)
    ctx.destination:copy_key(KEY .. [[\Copy]], ctx.source, KEY)
  end } })
  local source = { source = '"X"=dword:00000007' }
  local function inside(number) return function(m) m:set(KEY .. [[\Copy]], "X", "dword", number) end end
  plan_of(writes("a", inside(7)), copies, source)
  lu.assertStrContains(refused(writes("a", inside(1)), copies, source).message, "b/copy leaves it REG_DWORD 0x7 (7)")
  lu.assertStrContains(refused(copies, writes("c", inside(1)), source).message, "c/write leaves it REG_DWORD 0x1 (1)")
  plan_of(copies, writes("c", inside(7)), source)
end

function t.test_a_key_that_another_removes()
  local problem = refused(writes("a", function(m) m:create_key(KEY .. [[\Sub]]) end),
    writes("b", function(m) m:delete_key(KEY .. [[\Sub]]) end))
  lu.assertStrContains(problem.message, "a/write leaves it a key, b/write leaves it removed")
end

function t.test_files()
  local function writer(text) return function(m) m:write_file(FILE, text) end end
  plan_of(writes("a", writer "one"), writes("b", writer "one"))
  local problem = refused(writes("a", writer "one"), writes("b", writer "other"))
  lu.assertStrContains(problem.message, "a/write leaves it a file of 3 bytes, SHA-256 ")
  problem = refused(writes("a", writer "one"), writes("b", function(m) m:delete_file(FILE) end))
  lu.assertStrContains(problem.message, "b/write leaves it removed")
end

function t.test_rules_are_named()
  local function moves(id, rule)
    return made(id, { settings "values" { guide = "XX-GAP-01", key = KEY, rule } })
  end
  local source = { source = '"X"=dword:00000001' }
  local five = migrate "X" { through = function() return 5 end }
  local problem = refused(moves("a", migrate "X"), moves("b", five), source)
  lu.assertStrContains(problem.message, "a/values (settings values: migrate X) leaves it REG_DWORD 0x1 (1)")
  lu.assertStrContains(problem.message, "b/values (settings values: migrate X) leaves it REG_DWORD 0x5 (5)")
end

function t.test_the_verdict_that_writes_counts()
  local function moves(id, rule)
    return made(id, { settings "values" { guide = "XX-GAP-01", key = KEY, rule } })
  end
  local source = { source = '"X"=dword:00000001' }
  for _, pair in ipairs { { keep "*", migrate "X" }, { migrate "X", keep "*" }, { migrate "X", migrate "X" } } do
    local plan = plan_of(moves("a", pair[1]), moves("b", pair[2]), source)
    lu.assertEquals(#plan.verdicts, 1)
    lu.assertEquals(plan.verdicts[1].verdict, "migrated")
  end
end

function t.test_secrets_are_told_by_fingerprint()
  local function secret(text)
    return function(m)
      m:set(KEY, "Password", "sz", text)
      m:mark_secret(KEY, "Password")
    end
  end
  local message = refused(writes("a", secret "correct horse"), writes("b", set("Password", 1))).message
  lu.assertNil(message:find "horse")
  lu.assertStrContains(message, "REG_SZ (secret ")
  lu.assertStrContains(message, "REG_DWORD (secret ")
  message = refused(writes("a", function(m) m:write_file(FILE, "correct horse") end), writes("b", function(m)
    m:write_file(FILE, "battery staple")
    m:mark_secret_file(FILE)
  end)).message
  lu.assertStrContains(message, "a file (secret ")
end

function t.test_what_is_excluded_stays_as_the_destination_has_it()
  local extra = { source = '"X"=dword:00000001' }
  lu.assertEquals(type(refused(writes("a", set("X", 1)), writes("b", set("X", 2)), extra)), "table")
  extra.excluded = { KEY .. [[\x]] }
  plan_of(writes("a", set("X", 1)), writes("b", set("X", 2)), extra)
end

return t
