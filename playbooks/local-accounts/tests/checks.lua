-- What keeps accounts from being moved, and what a playbook may read.

local lu = require "luaunit"
local accounts = require "test_accounts"

local t = {}

local function plan(source, destination)
  return accounts.plan(machine, run, source, destination)
end

function t.test_domain_controllers_are_refused()
  lu.assertTrue(plan({ product = "LanmanNT" }).blocked)
  lu.assertStrContains(accounts.failed(plan({ product = "LanmanNT" }), "domain-controller").message, "source")
  lu.assertStrContains(accounts.failed(plan({}, { product = "LanmanNT" }), "domain-controller").message, "destination")
  lu.assertFalse(plan({}).blocked)
end

function t.test_a_source_without_a_hive()
  lu.assertTrue(plan({ no_sam = true }).blocked)
end

function t.test_tampered_accounts_are_told()
  local made = plan { users = { { rid = 1001, name = "evil", f_rid = 500 } } }
  lu.assertStrContains(accounts.failed(made, "damaged-accounts").message, "tampered")
  lu.assertNil(accounts.verdict(made, "users", "evil"))
end

function t.test_accounts_that_stand_there_twice()
  lu.assertTrue(plan({ users = { { rid = 1001, name = "a" }, { rid = 1002, name = "A" } } }).blocked)
  lu.assertTrue(plan({ groups = { { rid = 1001, name = "g", members = { "S-1-5-4", "S-1-5-4" } } } }).blocked)
end

local function reading(reads, body)
  return playbook {
    id = "other", title = "Other", version = "1", reads = reads,
    steps = { step "look" { guide = "CB-08", run = body } },
  }
end

local function try(reads, body)
  local source, destination = accounts.server(machine, "source", {}), accounts.server(machine, "destination", {})
  return pcall(run, { playbooks = { reading(reads, body) }, source = source, destination = destination })
end

-- The hives of password hashes are out of reach, whatever a playbook declares.
function t.test_raw_reading_is_refused()
  for _, path in ipairs { [[HKLM\SAM]], [[HKLM\sam\SAM\Domains]], [[HKEY_LOCAL_MACHINE\SECURITY\Policy]],
                          [[HKLM\SAM\]] } do
    local ok, problem = pcall(reading, { registry = { path } }, function() end)
    lu.assertFalse(ok)
    lu.assertStrContains(problem, "holds password hashes")
  end
  for _, look in ipairs {
    function(ctx) ctx.source:get([[HKLM\SAM\SAM\Domains\Account]], "V") end,
    function(ctx) ctx.source:keys [[hklm\security]] end,
    function(ctx) ctx.destination:set([[HKLM\SAM\SAM]], "x", "dword", 1) end,
    function(ctx) ctx.source:read_file [[%SystemRoot%\System32\config\SAM]] end,
    function(ctx) ctx.source:read_file [[C:\WINDOWS\repair\sam]] end,
  } do
    local ok, problem = try({ files = { "**" } }, look)
    lu.assertFalse(ok)
    lu.assertEquals(type(problem) == "table" and problem.code, "access")
    lu.assertStrContains(problem.message, "holds password hashes")
  end
end

function t.test_accounts_need_a_scope()
  local ok, problem = try({}, function(ctx) ctx.source:accounts() end)
  lu.assertFalse(ok)
  lu.assertEquals(problem.code, "scope")
  lu.assertStrContains(problem.hint, "reads.accounts")
  ok, problem = pcall(reading, { accounts = { "hashes" } }, function() end)
  lu.assertFalse(ok)
  lu.assertStrContains(problem, '"users" and "groups"')
  try({ accounts = { "groups" } }, function(ctx)
    lu.assertEquals(#ctx.source:accounts().users, 0)
  end)
end

return t
