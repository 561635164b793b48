-- What paths, addresses and names of a source become.

local lu = require "luaunit"
local relocate = require "relocate"
local test_server = require "test_server"

local t = {}

local from = {
  { guid = "{11111111-0000-0000-0000-000000000001}", name = "A", addresses = { "192.0.2.1", "192.0.2.2" } },
  { guid = "{11111111-0000-0000-0000-000000000002}", name = "B", addresses = { "192.0.2.3" } },
}
local to = { { guid = "{22222222-0000-0000-0000-000000000001}", name = "A", addresses = { "192.0.2.9", "192.0.2.2" } } }

-- A context as steps have it, on servers with these names.
local function context(destination_name)
  local source = machine.from(test_server.text {
    release = "2003", name = "OLD", domain = "Example.COM", cards = from,
    software = "[SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n\"SystemRoot\"=\"D:\\\\WINNT\"\n",
  })
  local destination = machine.from(test_server.text {
    release = "2016", name = destination_name or "NEW", domain = "example.com", cards = to, system = [=[
[SYSTEM\MountedDevices]
"\\DosDevices\\E:"=hex:78,56,34,12,00,00,10,00,00,00,00,00
"\\DosDevices\\F:"=hex:44,4d,49,4f,3a,49,44,3a,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10
"\\DosDevices\\R:"=hex:5c,00,3f,00,3f,00,5c,00,53,00,43,00,53,00,49,00,23,00,43,00,64,00,52,00
]=] })
  local map = test_server.map(from, to)
  return {
    source = source, destination = destination,
    interface = function(_, guid)
      for _, pair in ipairs(map) do
        if pair.source.guid == guid:upper() then return pair.destination end
      end
    end,
  }
end

function t.test_paths()
  local ctx = context()
  local cases = {
    [ [[D:\WINNT\system32\dns\dns.log]] ] = [[C:\Windows\system32\dns\dns.log]],
    [ [[d:\winnt]] ] = [[C:\Windows]],
    [ [[D:\WINNT.old\x]] ] = [[C:\WINNT.old\x]],
    [ [[D:\logs]] ] = [[C:\logs]],
    [ [[%SystemRoot%\x]] ] = [[%SystemRoot%\x]],
  }
  for path, wanted in pairs(cases) do lu.assertEquals(relocate.path(ctx, path), wanted, path) end
  for _, path in ipairs { [[E:\x]], [[\\server\share]], [[%TEMP%\x]], "", "x" } do
    lu.assertNil(relocate.path(ctx, path), path)
  end
end

function t.test_drives()
  local destination = context().destination
  lu.assertTrue(relocate.has_drive(destination, [[E:\x]]))
  lu.assertTrue(relocate.has_drive(destination, [[f:\x]]))
  for _, path in ipairs { [[R:\x]], [[G:\x]], [[\\server\share]], "", "E:" } do
    lu.assertFalse(relocate.has_drive(destination, path), path)
  end
end

function t.test_addresses_and_names()
  local names = relocate.source_names(context())
  lu.assertEquals(names.addresses, { ["192.0.2.1"] = "192.0.2.9", ["192.0.2.2"] = "192.0.2.2", ["192.0.2.3"] = false })
  lu.assertEquals(names.names, { old = true, ["old.example.com"] = true })
  lu.assertEquals(relocate.address(names, "192.0.2.1"), "192.0.2.9")
  lu.assertNil(relocate.address(names, "192.0.2.2"))
  lu.assertStrContains(select(2, relocate.address(names, "192.0.2.3")), "has none on the destination")
  lu.assertStrContains(select(2, relocate.address(names, "OLD.example.com")), "the source's name")
  lu.assertNil(select(2, relocate.address(names, "192.0.2.77")))
  lu.assertNil(select(2, relocate.address(relocate.source_names(context "old"), "old")))
end

return t
