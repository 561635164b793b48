-- Which shares go, as what, and what is said of the others.

local facts = require "facts"
local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local function plan(...) return servers.plan(machine, run, ...) end

local function path_of(destination, name)
  for _, line in ipairs(destination:read(facts.keys.shares, name) or {}) do
    if line:match "^Path=" then return line:sub(6) end
  end
end

function t.test_a_share_goes_with_all_its_options()
  local made, to, from = plan(servers.share("Data", [[C:\Data]], { flags = 2096, remark = "ä = b",
                                                                   permissions = { { "S-1-1-0", "read" } } }))
  lu.assertEquals(to:get(facts.keys.shares, "Data").raw, from:get(facts.keys.shares, "Data").raw)
  lu.assertEquals(to:get(facts.keys.security, "Data").raw, from:get(facts.keys.security, "Data").raw)
  lu.assertEquals(servers.verdict(made, "Data").verdict, "migrated")
  lu.assertEquals(servers.verdict(made, "Data", true).verdict, "migrated")
  lu.assertEquals(unjudged_of(made), {})
end

function t.test_what_windows_shares_itself_stays()
  local text = ""
  for _, name in ipairs { "C$", "d$", "ADMIN$", "IPC$", "print$" } do text = text .. servers.share(name, [[C:\x]]) end
  local made, to = plan(text .. servers.share("special", [[C:\x]], { kind = 2147483648 }))
  lu.assertEquals(to:values(facts.keys.shares), {})
  for _, name in ipairs { "C$", "d$", "ADMIN$", "IPC$", "print$", "special" } do
    lu.assertEquals(servers.verdict(made, name).verdict, "dropped", name)
  end
  lu.assertEquals(made.deferred, {})
  lu.assertNil(servers.manual(made, "copy-data"))
end

function t.test_a_hidden_share_is_one()
  local _, to = plan(servers.share("Payroll$", [[C:\Payroll]]))
  lu.assertEquals(path_of(to, "Payroll$"), [[C:\Payroll]])
end

function t.test_printers_clusters_and_namespaces_are_told()
  local made, to = plan {
    system = servers.share("HP", "HP,LocalsplOnly", { kind = 1 })
      .. servers.share("Role", [[C:\Role]], { kind = 33554432 }) .. servers.share("Public", [[C:\DFSRoots\Public]])
      .. servers.share("Odd", "no folder") .. servers.share("Pipe", [[C:\x]], { kind = 2 }),
    software = "[SOFTWARE\\Microsoft\\Dfs\\Roots\\Standalone\\public]\n",
  }
  lu.assertEquals(to:values(facts.keys.shares), {})
  for name, step in pairs { HP = "printers", Role = "cluster", Public = "dfs-namespaces", Odd = "shares-by-hand",
                            Pipe = "shares-by-hand" } do
    lu.assertEquals(servers.verdict(made, name).verdict, "manual", name)
    local told = servers.manual(made, step)
    lu.assertStrContains(table.concat(told.details, ", "), name)
  end
end

function t.test_folders_move_by_the_longest_rule()
  local text = servers.share("Root", [[D:\]]) .. servers.share("Data", [[d:\Data\Team]])
    .. servers.share("Database", [[D:\Database]])
  local made, to = plan(text, servers.drives { "C", "E", "F" }, { folders = [[D:=E:;D:\data=F:\Files\]] })
  lu.assertEquals(path_of(to, "Root"), [[E:\]])
  lu.assertEquals(path_of(to, "Data"), [[F:\Files\Team]])
  lu.assertEquals(path_of(to, "Database"), [[E:\Database]])
  lu.assertEquals(servers.verdict(made, "Data").verdict, "transformed")
end

function t.test_a_rule_for_folders_that_is_none()
  for _, text in ipairs { "D:", "Data=E:", "D:=Data", "D:=E:;nonsense" } do
    local ok, err = pcall(plan, servers.share("A", [[D:\A]]), nil, { folders = text })
    lu.assertFalse(ok, text)
    lu.assertStrContains(err.message, "is not OLD=NEW with two folders")
  end
end

function t.test_continuous_availability_goes_and_branch_cache_is_told()
  local made, to = plan(servers.share("VMs", [[C:\VMs]], { flags = 0x4000 | 0x2000 | 0x30 }))
  lu.assertEquals(to:read(facts.keys.shares, "VMs")[1], "CSCFlags=" .. (0x2000 | 0x30))
  lu.assertEquals(servers.manual(made, "branch-cache").details, { "VMs" })
end

function t.test_2003_gets_the_name_among_its_lines()
  local made, to = plan { release = "2003", system = [=[
[CCS\Services\LanmanServer\Shares]
"Old"=hex(7):50,00,61,00,74,00,68,00,3d,00,43,00,3a,00,5c,00,78,00,00,00,00,00
]=] }
  lu.assertEquals(to:read(facts.keys.shares, "Old"), { [[Path=C:\x]], "ShareName=Old" })
  lu.assertEquals(servers.verdict(made, "Old").verdict, "transformed")
end

function t.test_data_are_copied_by_exact_commands()
  local made = servers.manual(plan(
    servers.share("Data", [[C:\Data]]) .. servers.share("Sub", [[C:\Data\Sub]]) .. servers.share("All", [[D:\]]),
    { system = servers.drives { "C", "D" }, files = { ["Data/here.txt"] = "" } }), "copy-data")
  lu.assertStrContains(made.text, [[robocopy "\\OLD\C$\Data" "C:\Data" /E /COPYALL /DCOPY:T /B /XJ]])
  lu.assertStrContains(made.text, [[robocopy "\\OLD\D$" D:\ /E /COPYALL]])
  lu.assertStrContains(made.text, [[/W:1 /XD "System Volume Information"]])
  lu.assertStrContains(made.text, [[Data, C:\Data: it is there.]])
  lu.assertStrContains(made.text, [[Sub, C:\Data\Sub: it is not there yet.]])
  lu.assertStrContains(made.text, [[It is copied with Data.]])
  lu.assertStrContains(made.text, [[All, D:\: whether it is there cannot be seen in an image.]])
end

function t.test_the_service_starts_again()
  local made = plan(servers.share("Data", [[C:\Data]]))
  lu.assertEquals(#made.deferred, 1)
  lu.assertStrContains(made.deferred[1].run, "Restart-AndWait 'LanmanServer'")
end

function t.test_twice_changes_nothing()
  local text = servers.share("Data", [[C:\Data]], { permissions = { { servers.own .. "-1001", "full" } } })
  local options = { folders = [[C:\Data=C:\New]], group_sids = servers.own .. "-1001=S-1-5-32-545" }
  local _, to, from = plan(text, nil, options)
  local before = to:get(facts.keys.security, "Data").raw
  local again = run { playbooks = { "file-shares" }, source = from, destination = to, parameters = options }
  lu.assertFalse(again.blocked)
  lu.assertEquals(to:get(facts.keys.security, "Data").raw, before)
  lu.assertEquals(path_of(to, "Data"), [[C:\New]])
end

function t.test_shares_of_windows_and_of_roles()
  local text = ""
  for _, name in ipairs { "SYSVOL", "NETLOGON", "CertEnroll", "WsusContent", "REMINST" } do
    text = text .. servers.share(name, [[C:\x]])
  end
  local made, to = plan(text .. servers.share("Data", [[C:\Data]]))
  lu.assertEquals(#to:values(facts.keys.shares), 1)
  lu.assertEquals(servers.verdict(made, "SYSVOL").verdict, "dropped")
  lu.assertEquals(servers.verdict(made, "REMINST").verdict, "manual")
  local step = servers.manual(made, "shares-of-roles")
  lu.assertEquals(step.details, { "CertEnroll: Certificate Services", "WsusContent: Windows Server Update Services",
                                  "REMINST: Windows Deployment Services" })
end

return t
