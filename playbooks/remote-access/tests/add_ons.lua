-- What was added to Remote Access: carried as it is where the destination can use it.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local PROFILE = "Program Files/CMAK/Profiles/Vista and above/Work/"
local x86 = '[CCS\\Control\\Session Manager\\Environment]\n"PROCESSOR_ARCHITECTURE"="x86"\n'
local every_byte = {}
for byte = 0, 255 do every_byte[byte + 1] = string.char(byte) end
local files = { [PROFILE .. "work.exe"] = "MZ" .. table.concat(every_byte), [PROFILE .. "work.cms"] = "[Profile]\r\n" }

local function plan_of(options, destination)
  destination = destination or {}
  options.release, destination.release = options.release or "2008", "2012"
  local plan, _, to, again = servers.plan(machine, run, options, destination)
  return plan, to, again
end

function t.test_profiles_of_x64_are_carried_byte_for_byte()
  local plan, to, again = plan_of { files = files }
  for path, text in pairs(files) do
    lu.assertEquals(to:read_file(path), text)
    lu.assertEquals(servers.verdict(plan, "file:" .. path).verdict, "migrated")
  end
  lu.assertNil(servers.has_manual(plan, "old-profiles"))
  again()
  lu.assertEquals(to:read_file(PROFILE .. "work.exe"), files[PROFILE .. "work.exe"])
end

function t.test_profiles_of_another_processor_are_for_a_person()
  local plan, to = plan_of { system = x86, files = files }
  lu.assertFalse(to:has_file(PROFILE .. "work.exe"))
  lu.assertEquals(servers.verdict(plan, "file:" .. PROFILE .. "work.exe").verdict, "manual")
  lu.assertEquals(servers.has_manual(plan, "old-profiles").details, { [[Vista and above\Work]] })
end

local TRACING = [[HKLM\SOFTWARE\Microsoft\Tracing\]]

function t.test_the_debug_log_is_on_where_it_was()
  local software = '[SOFTWARE\\Microsoft\\Tracing\\%s]\n"EnableFileTracing"=dword:%08x\n"MaxFileSize"=dword:00100000\n'
  local _, to = plan_of({ software = software:format("RASMAN", 1) .. software:format("PPP", 0) },
    { software = software:format("PPP", 1):gsub("00100000", "00200000") })
  lu.assertEquals(to:read(TRACING .. "RASMAN", "EnableFileTracing"), 1)
  lu.assertNil(to:read(TRACING .. "RASMAN", "MaxFileSize"))
  lu.assertEquals(to:read(TRACING .. "PPP", "EnableFileTracing"), 1)
  lu.assertEquals(to:read(TRACING .. "PPP", "MaxFileSize"), 0x200000)
end

return t
