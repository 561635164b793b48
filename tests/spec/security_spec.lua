-- Security descriptors: bytes laid out by hand as [MS-DTYP] 2.4 says, and damaged ones.

local lu = require "luaunit"
local security = require "windows.security"

local function unhex(text)
  return (text:gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local everyone = "01 01 00 00 00 00 00 01 00 00 00 00"
local administrators = "01 02 00 00 00 00 00 05 20 00 00 00 20 02 00 00"
local account = "01 05 00 00 00 00 00 05 15 00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 ec 03 00 00"

-- Everyone may read; S-1-5-21-1-2-3-1004 is denied all; an object entry of another kind; owner: Administrators.
local sound = unhex("01 00 04 80 68 00 00 00 00 00 00 00 00 00 00 00 14 00 00 00"
  .. "02 00 54 00 03 00 00 00"
  .. "00 00 14 00 a9 00 12 00" .. everyone
  .. "01 03 24 00 ff 01 1f 00" .. account
  .. "05 00 14 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00"
  .. administrators)

local t = {}

function t.test_a_sid_is_read_and_written()
  for text, bytes in pairs {
    ["S-1-1-0"] = everyone, ["S-1-5-32-544"] = administrators, ["S-1-5-21-1-2-3-1004"] = account,
    ["S-1-0xFFFFFFFFFFFF-4294967295"] = "01 01 ff ff ff ff ff ff ff ff ff ff",
  } do
    lu.assertEquals(security.sid_text(unhex(bytes)), text)
    lu.assertEquals(security.sid_bytes(text), unhex(bytes))
  end
  lu.assertEquals(security.sid_bytes "s-1-5-18", unhex "01 01 00 00 00 00 00 05 12 00 00 00")
end

function t.test_what_is_no_sid()
  for _, text in ipairs { "", "S-1", "S-1--", "S-1-5-", "S-1-5--1", "S-1-5-4294967296", "S-2-5-18", "S-1-5-1-x",
                          "S-1-0x1000000000000-1", "S-1-5" .. ("-1"):rep(16) } do
    lu.assertNil(security.sid_bytes(text), text)
  end
  lu.assertNil(security.sid_text(unhex "02 00 00 00 00 00 00 01"))
  lu.assertNil(security.sid_text(unhex "01 10 00 00 00 00 00 01" .. ("\0"):rep(64)))
  lu.assertNil(security.sid_text(unhex(everyone), 5))
  lu.assertNil(security.sid_text(unhex(everyone), -1))
end

function t.test_a_descriptor_is_read()
  local made = security.parse(sound)
  lu.assertEquals(made.owner, "S-1-5-32-544")
  lu.assertNil(made.group)
  lu.assertEquals(#made.dacl, 3)
  lu.assertEquals({ made.dacl[1].sid, made.dacl[1].mask, made.dacl[1].denies }, { "S-1-1-0", 0x1200A9, false })
  lu.assertEquals({ made.dacl[2].sid, made.dacl[2].flags, made.dacl[2].denies }, { "S-1-5-21-1-2-3-1004", 3, true })
  lu.assertNil(made.dacl[3].sid)
  lu.assertEquals(security.sids(made), { "S-1-5-32-544", "S-1-1-0", "S-1-5-21-1-2-3-1004" })
end

function t.test_it_is_written_as_it_was()
  lu.assertEquals(security.build(security.parse(sound)), sound)
end

function t.test_another_sid_takes_its_place()
  local made = security.parse(sound)
  made.dacl[2].sid = "S-1-5-32-545"
  local again = security.parse(security.build(made))
  lu.assertEquals(again.dacl[2].sid, "S-1-5-32-545")
  lu.assertEquals(again.dacl[2].mask, 0x1F01FF)
  lu.assertEquals(again.dacl[3].tail, made.dacl[3].tail)
  lu.assertEquals(again.owner, "S-1-5-32-544")
  lu.assertEquals(#security.build(made), #sound - 12)
end

function t.test_no_list_and_an_empty_one_are_not_the_same()
  lu.assertNil(security.parse(unhex "01 00 04 80 00000000 00000000 00000000 00000000").dacl)
  lu.assertNil(security.parse(unhex "01 00 00 80 00000000 00000000 00000000 14000000").dacl)
  lu.assertEquals(security.parse(unhex "01 00 04 80 00000000 00000000 00000000 14000000 0200080000000000").dacl, {})
end

-- Cut anywhere, it is refused, and named.
function t.test_truncated()
  for len = 0, #sound - 1 do
    local made, err = security.parse(sound:sub(1, len))
    lu.assertNil(made, "cut to " .. len)
    lu.assertStrContains(err.message, " ")
  end
end

-- Any byte replaced: it is read or refused, and what is read can be written and read again.
function t.test_damaged()
  for at = 1, #sound do
    for _, byte in ipairs { 0x00, 0x01, 0x7F, 0x80, 0xFF } do
      local made = security.parse(sound:sub(1, at - 1) .. string.char(byte) .. sound:sub(at + 1))
      if made then
        local again = security.parse(security.build(made))
        lu.assertEquals(security.sids(again), security.sids(made))
      end
    end
  end
end

function t.test_offsets_that_lie()
  local function patched(at, number) return sound:sub(1, at) .. string.pack("<I4", number) .. sound:sub(at + 5) end
  for _, number in ipairs { 1, 19, #sound, #sound - 1, 0x7FFFFFFF, 0xFFFFFFFF } do
    lu.assertNil(security.parse(patched(4, number)), "owner at " .. number)
    lu.assertNil(security.parse(patched(16, number)), "list at " .. number)
  end
end

function t.test_rights_of_shares()
  lu.assertEquals(security.rights(0x1F01FF), "full control")
  lu.assertEquals(security.rights(0x1301BF), "change")
  lu.assertEquals(security.rights(0x1200A9), "read")
  lu.assertEquals(security.rights(0x10), "rights 0x10")
end

return t
