-- Windows Server 2003: without ias.txt nothing moves; with it, the known fault is repaired and nothing else touched.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local RULE = ("="):rep(49)

local function file(value, eol)
  return table.concat({ "head", RULE, "SystemInfo", RULE, value, "16", "515", RULE, "Objects", "0", "16", "" }, eol)
end

local function plan(text, name)
  return servers.plan(machine, run, {
    release = "2003", files = text and { [name or "Windows/System32/ias/ias.txt"] = text } or {},
  })
end

local THERE, ORIGINAL = [[%SystemRoot%\System32\ias\ias.txt]], [[%SystemRoot%\System32\ias\ias.txt.original]]

function t.test_nothing_to_read()
  local result, to = plan(nil)
  lu.assertFalse(result.blocked)
  lu.assertEquals(servers.manual(result, "iasmigreader").phase, "before")
  lu.assertNil(servers.manual(result, "import-ias-txt"))
  lu.assertEquals(to:read_file([[%SystemRoot%\System32\ias\ias.xml]]), servers.fresh())
end

function t.test_the_fault_is_repaired()
  for _, eol in ipairs { "\r\n", "\n" } do
    for _, name in ipairs { "Windows/System32/ias/ias.txt", "Windows/SysWOW64/ias/ias.txt" } do
      local result, to = plan(file("0", eol), name)
      lu.assertEquals(to:read_file(THERE), file("0000000009", eol))
      lu.assertEquals(to:read_file(ORIGINAL), file("0", eol))
      lu.assertNotNil(servers.failed(result, "NPS-CHK-15"))
      lu.assertFalse(result.blocked)
      lu.assertNotNil(servers.manual(result, "import-ias-txt"))
      lu.assertNil(servers.manual(result, "iasmigreader"))
      lu.assertEquals(unjudged_of(result), {})
    end
  end
end

function t.test_sixteen_bit_text()
  local function wide(text) return "\xFF\xFE" .. text:gsub(".", "%0\0") end
  local _, to = plan(wide(file("0", "\r\n")))
  lu.assertEquals(to:read_file(THERE), wide(file("0000000009", "\r\n")))
end

function t.test_a_good_file_stays_as_it_is()
  local result, to = plan(file("0000000009", "\r\n"))
  lu.assertEquals(to:read_file(THERE), file("0000000009", "\r\n"))
  lu.assertNil(to:read_file(ORIGINAL))
  lu.assertNil(servers.failed(result, "NPS-CHK-15"))
end

function t.test_anything_else_stops()
  for _, text in ipairs { "nonsense", file("1", "\r\n"), file("0", "\r\n") .. file("0", "\r\n"), "" } do
    local result, to = plan(text)
    lu.assertTrue(result.blocked)
    lu.assertNil(to:read_file(THERE))
  end
end

return t
