-- Users: what is read of them, what the first start is told, and what stays.

local lu = require "luaunit"
local accounts = require "test_accounts"

local t = {}

local function plan_users(users, destination, parameters)
  return accounts.plan(machine, run, { users = users }, destination, parameters)
end

local function row(plan, name)
  return (accounts.script(plan, "create-users") or ""):match("@{ Name = '" .. name .. "'[^\n]*")
end

function t.test_what_is_read()
  local _, source = plan_users {
    { rid = 1001, name = "jörg", full_name = "Jörg", comment = "c", home = [[\\OLD\h]], drive = "H:", script = "l.cmd",
      profile = [[\\OLD\p]], workstations = "PC1", flags = 0x11, cannot_change = true, hours = ("\1"):rep(21),
      expires = 116444736000000000 + 86400 * 10000000,
      parameters = accounts.dial_in(10, "555", { { "msNPAllowDialin", "\1" }, { "CtxCfgPresent", "\1" } }) },
  }
  local all = source:accounts()
  local user = all.users[3]
  lu.assertEquals(all.machine_sid, accounts.sids.source)
  lu.assertEquals(user.sid, accounts.sids.source .. "-1001")
  lu.assertEquals({ user.name, user.full_name, user.comment, user.home_directory, user.home_drive, user.script,
                    user.profile, user.workstations }, { "jörg", "Jörg", "c", [[\\OLD\h]], "H:", "l.cmd", [[\\OLD\p]],
                    "PC1" })
  lu.assertTrue(user.disabled and user.cannot_change_password and not user.never_expires)
  lu.assertEquals(user.expires, 86400)
  lu.assertEquals(#user.logon_hours, 21)
  lu.assertEquals(user.dial_in.privilege, 10)
  lu.assertEquals(user.dial_in.properties.msNPAllowDialin, "\1")
  lu.assertEquals(user.dial_in.other, { "CtxCfgPresent" })
  lu.assertTrue(all.users[2].cannot_change_password)
end

function t.test_a_user_is_created_with_its_flags()
  local plan = plan_users {
    { rid = 1001, name = "ras1", full_name = "Remote One", comment = "VPN", flags = 0x210 },
    { rid = 1002, name = "svc", flags = 0x210 | 0x200, cannot_change = true },
    { rid = 1003, name = "gone", flags = 0x211 },
  }
  lu.assertStrContains(row(plan, "ras1"),
    "FullName = 'Remote One'; Description = 'VPN'; Flags = 66048; MustChange = $false; Disabled = $false")
  lu.assertStrContains(row(plan, "svc"), "Flags = 66112; MustChange = $false; Disabled = $false")
  lu.assertStrContains(row(plan, "gone"), "Disabled = $true")
  lu.assertEquals(accounts.verdict(plan, "users", "ras1").verdict, "transformed")
  lu.assertEquals(plan.accounted.unjudged, 0)
end

function t.test_the_new_password_is_to_be_changed_where_it_can_be()
  local plan = plan_users { { rid = 1001, name = "u", flags = 0x10 } }
  lu.assertStrContains(row(plan, "u"), "Flags = 512; MustChange = $true")
  local kept = plan_users({ { rid = 1001, name = "u", flags = 0x10 } }, {}, { must_change = false })
  lu.assertStrContains(row(kept, "u"), "MustChange = $false")
end

function t.test_builtin_users_are_never_created()
  local plan = accounts.plan(machine, run, {
    administrator = "Boss", users = { { rid = 503, name = "DefaultAccount" } },
  })
  lu.assertNil(accounts.script(plan, "create-users"))
  lu.assertStrContains(accounts.verdict(plan, "users", "Boss").why, "called Administrator there")
  lu.assertEquals(accounts.verdict(plan, "users", "DefaultAccount").verdict, "kept")
end

function t.test_passwords_are_asked_for_or_made_and_never_in_the_plan()
  local users = { { rid = 1001, name = "ras1", flags = 0x10 } }
  local made = accounts.script(plan_users(users), "create-users")
  lu.assertStrContains(made, "RNGCryptoServiceProvider")
  lu.assertStrContains(made, "New-OwnFile $passwords")
  lu.assertFalse(made:find("Read-Host", 1, true) ~= nil)
  local asked = accounts.script(plan_users(users, {}, { passwords = "ask" }), "create-users")
  lu.assertStrContains(asked, "-AsSecureString")
  lu.assertFalse(asked:find("New-OwnFile", 1, true) ~= nil)
end

function t.test_names_in_use()
  local users = { { rid = 1001, name = "Ann" }, { rid = 1002, name = "new" }, { rid = 1003, name = "VPN" } }
  local there = { users = { { rid = 1050, name = "ANN" } }, groups = { { rid = 1051, name = "vpn" } } }
  local plan = plan_users(users, there)
  for _, name in ipairs { "Ann", "new", "VPN" } do
    lu.assertEquals(accounts.verdict(plan, "users", name).verdict, "dropped", name)
  end
  lu.assertStrContains(accounts.verdict(plan, "users", "new").why, "the destination itself")
  lu.assertStrContains(accounts.failed(plan, "names-in-use").message, "Ann")
  lu.assertNil(accounts.script(plan, "create-users"))

  plan = plan_users(users, there, { collisions = "rename" })
  lu.assertNotNil(row(plan, "Ann%-2") and row(plan, "new%-2") and row(plan, "VPN%-2"))

  plan = plan_users(users, there, { collisions = "reuse" })
  lu.assertEquals(accounts.verdict(plan, "users", "Ann").verdict, "kept")
  lu.assertEquals(accounts.verdict(plan, "users", "VPN").verdict, "dropped")
end

function t.test_a_new_name_fits_and_is_free()
  local long = ("x"):rep(20)
  local plan = plan_users({ { rid = 1001, name = long } }, {
    users = { { rid = 1001, name = long }, { rid = 1002, name = ("x"):rep(18) .. "-2" } },
  }, { collisions = "rename" })
  lu.assertNotNil(row(plan, ("x"):rep(18) .. "%-3"))
end

function t.test_names_that_cannot_be()
  local bad = { "a/b", "a,b", "a[b", "a\"b", "...", "a\tb", ("n"):rep(21), "a@b" }
  local users = {}
  for index, name in ipairs(bad) do users[index] = { rid = 1000 + index, name = name } end
  local plan = plan_users(users)
  for _, name in ipairs(bad) do lu.assertEquals(accounts.verdict(plan, "users", name).verdict, "manual", name) end
  lu.assertEquals(#accounts.manual(plan, "names").details, #bad)
  lu.assertNil(accounts.script(plan, "create-users"))
end

-- PowerShell ends a text at any of these quotes unless they are doubled, and expands nothing in it.
function t.test_hostile_texts_stay_texts()
  local plan = plan_users {
    { rid = 1001, name = "o'x $(calc) `$x", flags = 0x10, full_name = "'; calc; '", comment = "a\n'; calc #" },
    { rid = 1002, name = "t\u{2019} calc", flags = 0x10, comment = "@USERS@ %1 @PASSWORDS@" },
  }
  local script = accounts.script(plan, "create-users")
  lu.assertStrContains(script,
    "Name = 'o''x $(calc) `$x'; FullName = '''; calc; '''; Description = (-join [char[]](97,10,39")
  lu.assertStrContains(script,
    "Name = (-join [char[]](116,8217,32,99,97,108,99)); Description = '@USERS@ %1 @PASSWORDS@'")
end

function t.test_limits_make_a_disabled_user()
  local plan = plan_users {
    { rid = 1001, name = "night", flags = 0x10, hours = ("\1"):rep(21) },
    { rid = 1002, name = "desk", flags = 0x10, workstations = "PC1" },
    { rid = 1003, name = "free", flags = 0x10, hours = ("\255"):rep(21) },
  }
  lu.assertStrContains(row(plan, "night"), "Disabled = $true")
  lu.assertStrContains(row(plan, "desk"), "Flags = 514")
  lu.assertStrContains(row(plan, "free"), "Disabled = $false")
  lu.assertEquals(accounts.manual(plan, "limits").details, { "night: logon hours", "desk: logon at PC1" })
end

function t.test_dial_in_rights()
  local plan = plan_users {
    { rid = 1001, name = "back", parameters = accounts.dial_in(10, "+49 30 5") },
    { rid = 1002, name = "no", parameters = accounts.dial_in(1) },
    { rid = 1003, name = "over", parameters = accounts.dial_in(9, nil, { { "msNPAllowDialin", "\0" } }) },
    { rid = 1004, name = "fixed", parameters = accounts.dial_in(9, nil,
      { { "msRADIUSFramedIPAddress", "\4\3\2\1" }, { "NWPassword", "\1\2\3" } }) },
    { rid = 1005, name = "odd", parameters = accounts.dial_in(10, "5;x") },
    { rid = 1006, name = "none" },
  }
  local script = accounts.script(plan, "set-dial-in")
  -- The number lies there up to its first blank.
  lu.assertStrContains(script, "Name = 'back'; Dialin = 'permit'; Policy = 'admin'; Number = '+49'")
  lu.assertStrContains(script, "Name = 'no'; Dialin = 'deny'; Policy = 'none'")
  lu.assertStrContains(script, "Name = 'over'; Dialin = 'deny'")
  lu.assertStrContains(script, "Name = 'odd'; Dialin = 'permit' }")
  lu.assertFalse(script:find("Name = 'none'", 1, true) ~= nil)
  lu.assertEquals(accounts.manual(plan, "dial-in").details, {
    "fixed: static address 1.2.3.4, its setting NWPassword (not read)", "odd: its callback number could not be read",
  })
end

function t.test_reversible_passwords()
  local plan = plan_users { { rid = 1001, name = "chap", flags = 0x810 } }
  lu.assertNotNil(accounts.failed(plan, "passwords-for-chap"))
  lu.assertEquals(accounts.manual(plan, "reversible-passwords").details, { "chap" })
end

function t.test_which_users()
  local users = { { rid = 1001, name = "on" }, { rid = 1002, name = "off", flags = 0x211 } }
  lu.assertNil(row(plan_users(users, {}, { users = "enabled" }), "off"))
  lu.assertNil(row(plan_users(users, {}, { users = "disabled" }), "on"))
  lu.assertNotNil(row(plan_users(users, {}, { users = "disabled" }), "off"))
end

function t.test_accounts_of_computers_stay()
  local plan = plan_users { { rid = 1001, name = "PC$", flags = 0x80 } }
  lu.assertEquals(accounts.verdict(plan, "users", "PC$").verdict, "dropped")
end

-- A task as Windows keeps it: UTF-16 with a mark, and whom it runs as.
local function task(user)
  local text = '<?xml version="1.0" encoding="UTF-16"?>\n<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/'
    .. 'task"><Principals><Principal id="Author"><UserId>' .. user .. "</UserId></Principal></Principals></Task>"
  return "\xFF\xFE" .. text:gsub(".", "%0\0")
end

function t.test_services_and_tasks_of_local_users_are_named()
  local plan = accounts.plan(machine, run, {
    users = { { rid = 1001, name = "anna" } },
    system = [=[
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\BackupAgent]
"Start"=dword:00000002
"ObjectName"=".\\anna"
"DisplayName"="Backup Agent"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Sync]
"Start"=dword:00000002
"ObjectName"="old\\anna"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Domain]
"Start"=dword:00000002
"ObjectName"="CORP\\anna"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Own]
"Start"=dword:00000002
"ObjectName"="NT AUTHORITY\\LocalService"
]=],
    files = {
      ["Windows/System32/Tasks/Nightly"] = task(accounts.sids.source .. "-1001"),
      ["Windows/System32/Tasks/Vendor/Check"] = task [[OLD\anna]],
      ["Windows/System32/Tasks/System"] = task "S-1-5-18",
      ["Windows/System32/Tasks/Broken"] = "<Task",
    },
  })
  local text = accounts.manual(plan, "logons").text
  for _, line in ipairs {
    "the service BackupAgent (Backup Agent) as anna", "the service Sync () as anna",
    [[the task Nightly as anna: schtasks /Change /TN "\Nightly" /RU anna /RP *]], [[the task Vendor\Check as anna]],
  } do lu.assertStrContains(text, line) end
  for _, name in ipairs { "Domain", "Own", "System", "Broken" } do
    lu.assertNotStrContains(text, "service " .. name)
    lu.assertNotStrContains(text, "task " .. name)
  end
  lu.assertNil(accounts.manual(plan_users {}, "logons"))
end

return t
