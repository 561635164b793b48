-- Demand-dial connections: an interface and a section of router.pbk, or neither.

local lu = require "luaunit"
local phonebook = require "format.phonebook"
local servers = require "test_servers"

local INTERFACES = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Interfaces]]
local BOOK = [[%SystemRoot%\System32\ras\router.pbk]]

local t = {}

local function interface(number, name, kind)
  return ('[RA\\Interfaces\\%d]\n"InterfaceName"="%s"\n"Type"=dword:%08x\n'):format(number, name, kind or 2)
end

local function plan_of(source, own_book, release)
  local plan, _, destination = servers.plan(machine, run,
    { release = release or "2008r2", system = source.system, phonebook = source.phonebook },
    { release = "2012", phonebook = own_book, system = source.destination })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(plan.unaccounted, {})
  return plan, destination
end

local function entry_of(destination, name)
  return phonebook.find(phonebook.parse(destination:read_file(BOOK)), name)
end

local branch = "[Branch]\r\nEncoding=1\r\nType=2\r\nGuid=AA\r\nDialParamsUID=7\r\nAuthRestrictions=512\r\n\r\n"
local branch_interface = interface(2, "Branch")

function t.test_the_phonebook_is_made_and_the_interface_appended()
  local plan, destination = plan_of { system = branch_interface, phonebook = branch }
  lu.assertEquals(destination:read_file(BOOK), branch)
  lu.assertEquals(destination:read(INTERFACES .. [[\2]], "InterfaceName"), "Branch")
  lu.assertEquals(destination:read(INTERFACES .. [[\2]], "Type"), 2)
  lu.assertEquals(servers.verdict(plan, "file:Windows/System32/ras/router.pbk").verdict, "migrated")
  lu.assertStrContains(servers.has_manual(plan, "demand-dial-secrets").details[1], "password of 'Branch'")
end

function t.test_other_sections_stay_and_one_of_the_same_name_is_replaced()
  local own = "[Other]\r\nType=2\r\nGuid=BB\r\n\r\n[branch]\r\nType=2\r\nGuid=CC\r\n\r\n"
  local _, destination = plan_of({ system = branch_interface, phonebook = branch }, own)
  lu.assertEquals(destination:read_file(BOOK), "[Other]\r\nType=2\r\nGuid=BB\r\n\r\n" .. branch)
end

function t.test_identifiers_stay_unique()
  local own = "[Other]\r\nType=2\r\nGuid=000000000000000000000000000000AA\r\nDialParamsUID=7\r\n\r\n"
  local book = branch:gsub("Guid=AA", "Guid=000000000000000000000000000000AA")
  local _, destination = plan_of({ system = branch_interface, phonebook = book }, own)
  local entry = entry_of(destination, "Branch")
  lu.assertEquals(phonebook.get(entry, "Guid"), "000000000000000000000000000000AB")
  lu.assertEquals(phonebook.get(entry, "DialParamsUID"), "8")
end

function t.test_dial_up_is_left_to_a_person()
  local plan, destination = plan_of { system = branch_interface, phonebook = "[Branch]\r\nType=1\r\n" }
  lu.assertFalse(destination:has_file(BOOK))
  lu.assertEquals(destination:keys(INTERFACES), { "0", "1" })
  lu.assertEquals(servers.has_manual(plan, "dial-up").details, { "Branch" })
  lu.assertStrContains(servers.verdict(plan, [[Interfaces\2]], "InterfaceName").why, "modems")
end

function t.test_an_interface_without_a_section_does_not_move()
  local plan, destination = plan_of { system = branch_interface }
  lu.assertEquals(destination:keys(INTERFACES), { "0", "1" })
  lu.assertStrContains(servers.verdict(plan, [[Interfaces\2]], "Type").why, "no section in router.pbk")
end

function t.test_a_section_without_an_interface_does_not_move()
  local plan, destination = plan_of { system = "", phonebook = branch }
  lu.assertFalse(destination:has_file(BOOK))
  lu.assertEquals(servers.verdict(plan, "file:Windows/System32/ras/router.pbk").verdict, "dropped")
end

function t.test_old_methods_of_2003_are_taken_out()
  local book = "[Branch]\r\nType=2\r\nAuthRestrictions=80\r\nExcludedProtocols=0\r\n"
  local plan, destination = plan_of({ system = branch_interface, phonebook = book }, nil, "2003")
  local entry = entry_of(destination, "Branch")
  lu.assertEquals(phonebook.get(entry, "AuthRestrictions"), "512")
  lu.assertEquals(phonebook.get(entry, "ExcludedProtocols"), "8")
  lu.assertTrue(servers.has_note(plan, "RA-GAP-09"))
end

function t.test_devices_get_the_destinations_name()
  local book = "[Branch]\r\nType=2\r\n\r\nMEDIA=rastapi\r\nPort=VPN2-0\r\nDevice=WAN Miniport (PPTP)\r\n"
  local _, destination = plan_of {
    system = branch_interface, phonebook = book,
    destination = '[NICS\\0021]\n"DriverDesc"="WAN-Miniport (PPTP)"\n',
  }
  local entry = entry_of(destination, "Branch")
  lu.assertEquals(phonebook.get(entry, "Device"), "WAN-Miniport (PPTP)")
  lu.assertEquals(phonebook.get(entry, "Port"), "VPN2-0")
end

return t
