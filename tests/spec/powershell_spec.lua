-- Texts as PowerShell reads them: nothing in them ends the text or is expanded.

local lu = require "luaunit"
local powershell = require "windows.powershell"

local t = {}

function t.test_plain_texts()
  lu.assertEquals(powershell.text "", "''")
  lu.assertEquals(powershell.text "a b", "'a b'")
  lu.assertEquals(powershell.text "Jörg", "'Jörg'")
  lu.assertEquals(powershell.text "$(calc) `$x \"q\" @{}", "'$(calc) `$x \"q\" @{}'")
  lu.assertEquals(powershell.text "it's '", "'it''s '''")
end

function t.test_lists()
  lu.assertEquals(powershell.list {}, "")
  lu.assertEquals(powershell.list { "a b", "it's", "x\n" }, "'a b', 'it''s', (-join [char[]](120,10))")
end

-- U+2018 to U+201B end a text as ' does; the rest would break lines or turn the direction of reading.
function t.test_signs_that_end_a_text_or_a_line()
  for _, code in ipairs { 0x0A, 0x0D, 0x00, 0x7F, 0x85, 0x2018, 0x2019, 0x201A, 0x201B, 0x2028, 0x202E, 0xFEFF } do
    lu.assertEquals(powershell.text("a" .. utf8.char(code)), ("(-join [char[]](97,%d))"):format(code))
  end
end

function t.test_characters_beyond_sixteen_bits()
  lu.assertEquals(powershell.text "\u{1F600}\n", "(-join [char[]](55357,56832,10))")
  lu.assertEquals(powershell.text "\u{1F600}", "'\u{1F600}'")
  -- Half a pair, as Windows allows in names.
  lu.assertEquals(powershell.text "\xED\xA0\xBD", "(-join [char[]](55357))")
end

function t.test_rows()
  lu.assertEquals(powershell.rows({ { B = 1, A = "x" }, { A = "'", C = true, D = "left out" } }, { "A", "B", "C" }),
    "@(\n  @{ A = 'x'; B = 1 }\n  @{ A = ''''; C = $true }\n)")
  lu.assertEquals(powershell.rows({}, { "A" }), "@(\n)")
end

return t
