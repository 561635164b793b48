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
  lu.assertEquals(unjudged_of(plan), {})
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

local function notes_of(plan)
  local list = {}
  for _, note in ipairs(plan.notes) do list[#list + 1] = note.text end
  return table.concat(list, "\n")
end

function t.test_the_first_of_two_sections_goes()
  local plan, destination = plan_of {
    system = branch_interface, phonebook = branch .. branch:gsub("Guid=AA", "Guid=BB"),
  }
  lu.assertEquals(destination:read_file(BOOK), branch)
  lu.assertStrContains(notes_of(plan), "two entries are called 'Branch'; the first is used")
  lu.assertStrContains(notes_of(plan), "second 'Branch', which does not count")
end

local acp = '[CCS\\Control\\Nls\\CodePage]\n"ACP"="%d"\n'

function t.test_a_section_in_the_code_page_of_the_source_keeps_its_interface()
  local book = "[\xC1\xFE\xF0\xEE]\r\nType=2\r\nGuid=AA\r\nDialParamsUID=7\r\n\r\n"
  local plan, destination = plan_of { system = interface(2, "бюро") .. acp:format(1251), phonebook = book }
  lu.assertEquals(destination:read(INTERFACES .. [[\2]], "InterfaceName"), "бюро")
  local entry = entry_of(destination, "Бюро")
  lu.assertEquals({ entry.name, phonebook.get(entry, "Encoding") }, { "Бюро", "1" })
  lu.assertStrContains(notes_of(plan), "its text was in code page 1251; it is UTF-8 on the destination")
end

function t.test_a_section_in_other_letter_case_keeps_its_interface()
  local book = branch:gsub("Branch", "BÜRO")
  local _, destination = plan_of { system = interface(2, "Büro"), phonebook = book }
  lu.assertEquals(destination:read(INTERFACES .. [[\2]], "InterfaceName"), "Büro")
  lu.assertEquals(destination:read_file(BOOK), book)
end

function t.test_a_book_in_utf16_is_refused_by_that_word()
  local ok, err = pcall(servers.plan, machine, run, {
    release = "2008r2", system = branch_interface, phonebook = "\xFF\xFE[\0a\0]\0",
  }, { release = "2012" })
  lu.assertFalse(ok)
  lu.assertEquals(err.object, BOOK)
  lu.assertStrContains(err.message, "UTF-16")
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
