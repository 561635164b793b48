-- Groups and members: built-in ones by SID, domain members, new SIDs, what is there already.

local lu = require "luaunit"
local accounts = require "test_accounts"

local t = {}

local own, there = accounts.sids.source, accounts.sids.destination
local ras1 = { rid = 1001, name = "ras1" }

local function admins(...)
  return { rid = 544, name = "Administrators", members = { ... } }
end

local function plan(source, destination, parameters)
  source.users = source.users or { ras1 }
  return accounts.plan(machine, run, source, destination, parameters)
end

local function member(made, name)
  return accounts.verdict(made, "members", name)
end

function t.test_builtin_groups_are_found_by_sid()
  local made = plan({ builtin = { admins(own .. "-500", own .. "-1001", "S-1-5-4") } },
    { builtin = { { rid = 544, name = "Administratoren", members = { there .. "-500" } } } })
  lu.assertNil(accounts.script(made, "create-groups"))
  local script = accounts.script(made, "add-members")
  lu.assertStrContains(script, "@{ Group = 'S-1-5-32-544'; MemberName = 'ras1' }")
  lu.assertStrContains(script, "@{ Group = 'S-1-5-32-544'; Member = 'S-1-5-4' }")
  lu.assertFalse(script:find "'Administrato" ~= nil)
  lu.assertEquals(member(made, "Administrators\\" .. own .. "-500").verdict, "kept")
  lu.assertEquals(made.accounted.unjudged, 0)
end

function t.test_the_builtin_user_of_an_unknown_destination()
  local made = plan({ groups = { { rid = 1002, name = "VPN", members = { own .. "-500" } } } }, { no_sam = true })
  lu.assertStrContains(accounts.script(made, "add-members"), "@{ GroupName = 'VPN'; MemberRid = 500 }")
  lu.assertNotNil(accounts.failed(made, "destination-accounts"))
end

-- Where the destination's SID is damaged, what is there already is found by its name.
function t.test_a_user_of_a_destination_without_a_sid()
  local made = plan({ groups = { { rid = 1002, name = "VPN", members = { own .. "-1001" } } } },
    { users = { ras1 }, no_machine_sid = true }, { collisions = "reuse" })
  lu.assertStrContains(accounts.script(made, "add-members"), "@{ GroupName = 'VPN'; MemberName = 'ras1' }")
end

function t.test_a_created_group_has_a_new_sid()
  local made = plan { groups = { { rid = 1002, name = "VPN", comment = "may dial in", members = { own .. "-1001" } } } }
  lu.assertStrContains(accounts.script(made, "create-groups"),
    "@{ Name = 'VPN'; Description = 'may dial in'; Old = '" .. own .. "-1002' }")
  lu.assertStrContains(accounts.script(made, "add-members"), "@{ GroupName = 'VPN'; MemberName = 'ras1' }")
  lu.assertEquals(accounts.manual(made, "group-sids").details, { "VPN: " .. own .. "-1002 on the source" })
end

function t.test_a_group_that_is_there_takes_the_members()
  local source = { groups = { { rid = 1002, name = "VPN", members = { own .. "-1001" } } } }
  local destination = { groups = { { rid = 1009, name = "vpn" } } }
  local made = plan(source, destination)
  lu.assertNil(accounts.script(made, "create-groups"))
  lu.assertStrContains(accounts.script(made, "add-members"), "@{ GroupName = 'vpn'; MemberName = 'ras1' }")
  lu.assertStrContains(made.notes[1].text, "group_sids=" .. own .. "-1002=" .. there .. "-1009")
  made = plan(source, destination, { group_collisions = "skip" })
  lu.assertNil(accounts.script(made, "add-members"))
  lu.assertStrContains(member(made, "VPN\\" .. own .. "-1001").why, "its group stays behind")
  made = plan(source, destination, { group_collisions = "rename" })
  lu.assertStrContains(accounts.script(made, "create-groups"), "Name = 'VPN-2'")
end

-- A user that only has the name of the source's gets none of its rights.
function t.test_a_skipped_user_is_let_in_nowhere()
  local source = { builtin = { admins(own .. "-1001") } }
  local made = plan(source, { users = { ras1 }, builtin = { admins() } })
  lu.assertNil(accounts.script(made, "add-members"))
  lu.assertEquals(member(made, "Administrators\\" .. own .. "-1001").verdict, "dropped")
  made = plan(source, { users = { ras1 }, builtin = { admins() } }, { collisions = "reuse" })
  lu.assertStrContains(accounts.script(made, "add-members"), "Member = '" .. there .. "-1001'")
end

-- After the first start the destination has all: nothing is left to do.
function t.test_a_second_plan_has_nothing_to_do()
  local source = {
    groups = { { rid = 1002, name = "VPN", members = { own .. "-1001" } } }, builtin = { admins(own .. "-1001") },
  }
  local made = plan(source, {
    users = { ras1 }, groups = { { rid = 1003, name = "VPN", members = { there .. "-1001" } } },
    builtin = { admins(there .. "-1001") },
  })
  lu.assertEquals(made.deferred, {})
end

function t.test_members_of_a_domain()
  local sid = "S-1-5-21-9-9-9-1104"
  local profiles = [[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\]]
  local source = {
    domain = "corp.example", builtin = { admins(sid) },
    software = "[" .. profiles .. sid .. "]\n\"ProfileImagePath\"=\"C:\\\\Users\\\\jane\"\n",
  }
  local made = plan(source, { domain = "CORP.example" })
  lu.assertStrContains(accounts.script(made, "add-domain-members"), "Member = '" .. sid .. "'")
  lu.assertNil(accounts.script(made, "add-members"))
  made = plan(source, {})
  lu.assertNil(accounts.script(made, "add-domain-members"))
  lu.assertEquals(accounts.manual(made, "domain-members").details, { "Administrators: " .. sid .. " (jane?)" })
  lu.assertEquals(member(made, "Administrators\\" .. sid).verdict, "manual")
  lu.assertStrContains(accounts.failed(made, "members-of-domains").hint, "join it first")
end

function t.test_a_member_that_is_gone()
  local made = plan { builtin = { admins(own .. "-1077") } }
  lu.assertEquals(member(made, "Administrators\\" .. own .. "-1077").verdict, "dropped")
end

-- Groups that name each other: not followed.
function t.test_groups_in_a_circle()
  local made = plan {
    groups = {
      { rid = 1002, name = "A", members = { own .. "-1003" } },
      { rid = 1003, name = "B", members = { own .. "-1002" } },
    },
  }
  lu.assertNil(accounts.script(made, "add-members"))
  lu.assertEquals(member(made, "A\\" .. own .. "-1003").verdict, "dropped")
end

function t.test_undo_takes_away_what_was_made()
  local made = plan { groups = { { rid = 1002, name = "VPN", members = { own .. "-1001" } } } }
  for id, lists in pairs {
    ["create-users"] = { "Get-Own 'user'", "'users.begun'" },
    ["create-groups"] = { "Get-Own 'group'", "'groups.begun'" },
    ["add-members"] = { "Add-Line 'members.added'", "Get-Lines 'members.added'" },
  } do
    local run_text, undo = accounts.script(made, id)
    lu.assertStrContains(run_text, lists[1])
    lu.assertStrContains(undo, lists[2])
  end
end

return t
