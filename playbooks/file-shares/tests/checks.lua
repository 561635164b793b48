-- The checks, on both sides of each border, and the settings of the server.

local facts = require "facts"
local lu = require "luaunit"
local playbook = require "playbook"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local function plan(...) return servers.plan(machine, run, ...) end
local share = servers.share("Data", [[D:\Data]])

function t.test_pairs_of_releases()
  for _, pair in ipairs { { "2003", "2012" }, { "2012", "2012" }, { "2008r2", "2019" } } do
    lu.assertNil(servers.failed(plan({ release = pair[1] }, { release = pair[2] }), "supported-pair"), pair[1])
  end
  for _, pair in ipairs { { "2019", "2012" }, { "2003", "2008r2" } } do
    lu.assertTrue(plan({ release = pair[1] }, { release = pair[2] }).blocked, pair[1])
  end
end

function t.test_a_missing_drive_blocks_until_somebody_decides()
  local made = plan(share, servers.drives { "C", "E" })
  lu.assertStrContains(servers.failed(made, "drive-letters").message, "D: (Data)")
  lu.assertTrue(made.blocked)
  lu.assertNil(servers.failed(plan(share, servers.drives { "C", "D" }), "drive-letters"))
  lu.assertNil(servers.failed(plan(share, servers.drives { "C", "E" }, { folders = "D:=E:" }), "drive-letters"))
  made = plan(share, servers.drives { "C", "E" }, { missing_drives = "by-hand" })
  lu.assertFalse(made.blocked)
  lu.assertStrContains(servers.manual(made, "missing-drives").text, "D: for Data")
  lu.assertNil(servers.manual(plan(share, servers.drives { "C", "D" }), "missing-drives"))
end

function t.test_a_destination_that_does_not_tell_its_drives()
  lu.assertFalse(plan(share).blocked)
end

function t.test_another_share_of_the_same_name_blocks()
  lu.assertStrContains(servers.failed(plan(share, servers.share("data", [[C:\Other]])), "same-names").message,
    [[C:\Other]])
  lu.assertNil(servers.failed(plan(share, servers.share("data", [[d:\data]])), "same-names"))
  local made, to = plan(share, servers.share("data", [[C:\Other]]), nil, { "file-shares/same-names" })
  lu.assertFalse(made.blocked)
  lu.assertEquals(to:read(facts.keys.shares, "Data")[3], [[Path=D:\Data]])
end

function t.test_other_file_services()
  local function service(name, start)
    return ("[CCS\\Services\\%s]\n\"Start\"=dword:0000000%d\n"):format(name, start)
  end
  local made = plan(share .. service("NfsService", 2) .. service("srmsvc", 2) .. service("DFSR", 4))
  lu.assertEquals(servers.failed(made, "other-file-services").message,
    "The source also has File Server Resource Manager, Server for NFS.")
  lu.assertNotNil(servers.manual(made, "nfs"))
  lu.assertNotNil(servers.manual(made, "resource-manager"))
  lu.assertNil(servers.manual(made, "dfs-replication"))
  made = plan({ release = "2003", system = share .. service("Dfs", 2) })
  lu.assertNil(servers.manual(made, "dfs-namespaces"))
end

-- 2003 speaks nothing but SMB 1; later it is a value, and from 2019 on none is there.
function t.test_clients_that_speak_smb1_alone()
  local function found(release, to, more)
    return servers.failed(plan({ release = release, system = share .. (more or "") }, { release = to }), "old-clients")
  end
  lu.assertStrContains(found("2003", "2019").message, "speaks SMB 1 alone with all clients of Data")
  lu.assertStrContains(found("2003", "2019").hint, "scanners")
  lu.assertNil(found("2003", "2016"))
  local off = '[CCS\\Services\\LanmanServer\\Parameters]\n"SMB1"=dword:00000000\n'
  lu.assertNotNil(found("2012r2", "2022"))
  lu.assertNil(found("2012r2", "2022", off))
  lu.assertNotNil(found("2003", "2022", off))
  lu.assertNil(found("2019", "2022"))
end

local function parameters(lines) return "[CCS\\Services\\LanmanServer\\Parameters]\n" .. lines end

function t.test_nothing_gets_weaker()
  local made, to = plan(parameters '"requiresecuritysignature"=dword:0\n"restrictnullsessaccess"=dword:0\n',
    parameters '"requiresecuritysignature"=dword:1\n"restrictnullsessaccess"=dword:1\n')
  lu.assertEquals(to:read(facts.keys.parameters, "RequireSecuritySignature"), 1)
  lu.assertEquals(to:read(facts.keys.parameters, "RestrictNullSessAccess"), 1)
  lu.assertEquals(unjudged_of(made), {})
  made, to = plan(parameters '"requiresecuritysignature"=dword:1\n', parameters '"requiresecuritysignature"=dword:0\n')
  lu.assertEquals(to:read(facts.keys.parameters, "RequireSecuritySignature"), 1)
  lu.assertFalse(made.blocked)
end

function t.test_a_destination_that_was_loosened_does_as_the_source()
  local made, to = plan("", parameters '"RejectUnencryptedAccess"=dword:0\n"SMB2"=dword:0\n')
  lu.assertEquals(to:read(facts.keys.parameters, "RejectUnencryptedAccess"), 1)
  lu.assertEquals(to:read(facts.keys.parameters, "SMB2"), 1)
  lu.assertTrue(servers.has_note(made, "RejectUnencryptedAccess: 0 on the destination"))
end

function t.test_other_names_go_along_and_are_listed()
  local names = test_server.multi_sz { "archive" }
  local made, to = plan(parameters('"OptionalNames"=' .. names .. "\n")
    .. "[CCS\\Control\\Lsa\\MSV1_0]\n\"BackConnectionHostNames\"=" .. names .. "\n")
  lu.assertEquals(to:read(facts.keys.parameters, "OptionalNames"), { "archive" })
  lu.assertEquals(to:read(facts.keys.ntlm, "BackConnectionHostNames"), { "archive" })
  lu.assertStrContains(servers.manual(made, "other-names").text, "OptionalNames: archive")
  lu.assertNil(servers.manual(plan "", "other-names"))
end

function t.test_anonymous_shares_are_those_that_move()
  -- Data, DFS$
  local text = parameters(
    '"NullSessionShares"=hex(7):44,00,61,00,74,00,61,00,00,00,44,00,46,00,53,00,24,00,00,00,00,00\n')
  local made, to = plan(share .. text)
  lu.assertEquals(to:read(facts.keys.parameters, "NullSessionShares"), { "Data" })
  lu.assertTrue(servers.has_note(made, "Anonymous users may open these shares"))
  made, to = plan(text)
  lu.assertNil(to:get(facts.keys.parameters, "NullSessionShares"))
  lu.assertFalse(servers.has_note(made, "Anonymous"))
end

function t.test_presence()
  lu.assertFalse((playbook.present(servers.server(machine, { release = "2012", name = "A" }))))
  lu.assertTrue((playbook.present(servers.server(machine, { release = "2012", name = "A", system = share }))))
  local only = servers.share("C$", [[C:\]])
  lu.assertFalse((playbook.present(servers.server(machine, { release = "2012", name = "A", system = only }))))
end

return t
