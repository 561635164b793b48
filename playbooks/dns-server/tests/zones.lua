-- Zones, their files, and the records in them that name the source.

local lu = require "luaunit"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local zones = [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\DNS Server\Zones\]]
local folder = [[%SystemRoot%\System32\dns\]]

local example = servers.zone("example.com", 1, [[
"DatabaseFile"="example.com.dns"
"AllowUpdate"=dword:00000001
"SecureSecondaries"=dword:00000002
"SecondaryServers"="192.0.2.53 192.0.2.10"
"Odd"="?"]])

local text = [[
@ IN SOA old.example.com. hostmaster 12 900 600 86400 3600
@ NS old.example.com.
old A 192.0.2.10
www CNAME old
mail A 192.0.2.25
]]

function t.test_a_zone_in_a_file_moves()
  local plan, destination = servers.plan(machine, run, {
    zones = example, files = { ["example.com.dns"] = text, ["dns.log"] = "log" },
  })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(destination:read(zones .. "example.com", "AllowUpdate"), 1)
  lu.assertEquals(destination:read(zones .. "example.com", "SecondaryServers"), "192.0.2.53 192.0.2.10")
  lu.assertNil(destination:read(zones .. "example.com", "Odd"))
  lu.assertEquals(destination:read_file(folder .. "example.com.dns"), text)
  lu.assertNil(destination:read_file(folder .. "dns.log"))
  lu.assertEquals(test_server.verdict(plan, "dns.log").verdict, "dropped")
  lu.assertEquals(test_server.verdict(plan, "cache.dns").verdict, "kept")
  lu.assertEquals(unjudged_of(plan), { zones .. [[example.com\Odd]] })
end

function t.test_records_and_lists_that_name_the_source_are_told()
  local plan = servers.plan(machine, run, { zones = example, files = { ["example.com.dns"] = text } })
  lu.assertEquals(test_server.entry(plan.manual, "dns-server/records").details, {
    "example.com.dns:1: example.com SOA old.example.com. hostmaster",
    "example.com.dns:2: example.com NS old.example.com.",
    "example.com.dns:3: old.example.com A 192.0.2.10",
    "example.com.dns:4: www.example.com CNAME old",
  })
  lu.assertEquals(test_server.entry(plan.manual, "dns-server/address-lists").details,
    { "SecondaryServers of zone example.com has 192.0.2.10" })
  lu.assertStrContains(test_server.entry(plan.manual, "dns-server/clients").text, "192.0.2.10 by 192.0.2.20")
  lu.assertStrContains(test_server.entry(plan.manual, "dns-server/verify").text,
    "nslookup -type=SOA example.com. 192.0.2.20")
end

function t.test_nothing_is_told_when_name_and_addresses_are_taken_over()
  local plan = servers.plan(machine, run, { zones = example, files = { ["example.com.dns"] = text } },
    { takes_over_name = true })
  for _, id in ipairs { "records", "address-lists", "clients" } do
    lu.assertNil(test_server.entry(plan.manual, "dns-server/" .. id), id)
  end
  lu.assertNotNil(test_server.entry(plan.manual, "shared/rename-computer"))
end

function t.test_many_records_are_summed_up()
  local plan = servers.plan(machine, run, {
    zones = example, files = { ["example.com.dns"] = ("a A 192.0.2.10\n"):rep(250) },
  })
  local details = test_server.entry(plan.manual, "dns-server/records").details
  lu.assertEquals({ #details, details[101] }, { 101, "example.com.dns: 150 more" })
end

function t.test_bytes_that_are_no_text_reach_the_plan_as_text()
  local plan, destination = servers.plan(machine, run, {
    zones = example, files = { ["example.com.dns"] = "\xFFx A 192.0.2.10\n" },
  })
  lu.assertEquals(#test_server.entry(plan.manual, "dns-server/records").details, 1)
  lu.assertEquals(destination:read_file(folder .. "example.com.dns"), "\xFFx A 192.0.2.10\n")
end

function t.test_zones_in_active_directory_stay()
  local plan, destination = servers.plan(machine, run, {
    zones = example .. servers.zone("ad.example.com", 1, '"DsIntegrated"=dword:00000001'),
    files = { ["example.com.dns"] = text }, product = "LanmanNT",
  }, { domain_controller = "file-zones" })
  lu.assertFalse(plan.blocked)
  lu.assertFalse(destination:has_key(zones .. "ad.example.com"))
  lu.assertTrue(destination:has_key(zones .. "example.com"))
  lu.assertEquals(test_server.verdict(plan, [[Zones\ad.example.com]], "Type").verdict, "dropped")
  lu.assertStrContains(test_server.failed(plan, "zones-in-directory").message, "ad.example.com")
  lu.assertStrContains(test_server.entry(plan.manual, "dns-server/directory-zones").text, "ad.example.com")
  lu.assertEquals(unjudged_of(plan), { zones .. [[example.com\Odd]] })
end

function t.test_secondary_stub_and_forwarded_zones()
  local plan, destination = servers.plan(machine, run, { zones = servers.zone("second.example", 2,
      '"DatabaseFile"="second.example.dns"\n"MasterServers"=' .. test_server.multi_sz { "192.0.2.1", "192.0.2.2" })
    .. servers.zone("stub.example", 3, '"MasterServers"="192.0.2.3"')
    .. servers.zone("partner.example", 4, '"MasterServers"="192.0.2.20"'),
    files = { ["Second.Example.dns"] = "@ NS elsewhere.\n" },
  })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(destination:read(zones .. "second.example", "MasterServers"), { "192.0.2.1", "192.0.2.2" })
  lu.assertNotNil(destination:read_file(folder .. "second.example.dns"))
  local allow = test_server.entry(plan.manual, "dns-server/allow-transfers").text
  lu.assertStrContains(allow, "second.example: 192.0.2.1, 192.0.2.2")
  lu.assertStrContains(allow, "stub.example: 192.0.2.3")
  lu.assertNotStrContains(allow, "partner")
  lu.assertStrContains(test_server.failed(plan, "own-masters").message, "partner.example")
  lu.assertNil(test_server.entry(plan.manual, "dns-server/freeze"))
end

function t.test_included_files_and_a_boot_file_move()
  local plan, destination = servers.plan(machine, run, {
    zones = example, system = "[CCS\\Services\\DNS\\Parameters]\n\"BootMethod\"=dword:00000001\n",
    files = {
      ["example.com.dns"] = "$INCLUDE hosts.inc\n$INCLUDE ..\\config\\SAM\n$INCLUDE C:\\x.dns\n",
      ["hosts.inc"] = "old A 192.0.2.10\n", ["boot"] = "primary other.example db.other\n", ["db.other"] = "@ NS a.\n",
    },
  })
  lu.assertFalse(plan.blocked)
  for _, name in ipairs { "hosts.inc", "boot", "db.other" } do
    lu.assertNotNil(destination:read_file(folder .. name), name)
  end
  local details = test_server.entry(plan.manual, "dns-server/records").details
  lu.assertEquals(details, { "hosts.inc:1: old.example.com A 192.0.2.10" })
  local notes = {}
  for index, note in ipairs(plan.notes) do notes[index] = note.text end
  lu.assertStrContains(table.concat(notes, "\n"), [[..\config\SAM: there is no such file in the folder]])
end

function t.test_a_root_zone_of_ones_own_moves()
  local plan, destination = servers.plan(machine, run, {
    zones = servers.zone(".", 1, '"DatabaseFile"="root.dns"'), files = { ["root.dns"] = "@ NS old.example.com.\n" },
  }, nil, { zones = servers.zone(".", 0, '"DatabaseFile"="cache.dns"') })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(destination:read(zones .. ".", "Type"), 1)
  lu.assertStrContains(test_server.entry(plan.manual, "dns-server/verify").text, "nslookup -type=SOA . 192.0.2.20")
  lu.assertEquals(#test_server.entry(plan.manual, "dns-server/records").details, 1)
end

function t.test_root_hints_of_ones_own_move()
  local own = ". NS root.corp.example.\nroot.corp.example. A 192.0.2.99\n"
  local plan, destination = servers.plan(machine, run, { files = { ["cache.dns"] = own } })
  lu.assertEquals(destination:read_file(folder .. "cache.dns"), own)
  lu.assertEquals(test_server.verdict(plan, "cache.dns").verdict, "migrated")
end

function t.test_signed_zones_and_policies_are_for_a_person()
  local plan = servers.plan(machine, run, {
    release = "2016", files = { ["example.com.dns"] = "@ DNSKEY 257 3 8 AwEA\n" },
    zones = example .. [=[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion\DNS Server\Zones\example.com\Policies\One]
"Action"=dword:00000001
[SOFTWARE\Microsoft\Windows NT\CurrentVersion\DNS Server\ClientSubnets\Hall]
"Subnet"="192.0.2.0/24"
]=],
  })
  lu.assertEquals(test_server.entry(plan.manual, "dns-server/signed-zones").details, { "example.com" })
  lu.assertEquals(test_server.entry(plan.manual, "dns-server/policies").details,
    { "Hall", "Policies of zone example.com" })
  lu.assertEquals(unjudged_of(plan), { zones .. [[example.com\Odd]] })
end

return t
