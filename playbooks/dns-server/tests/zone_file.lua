-- The reader of zone files, on sound and on hostile text.

local lu = require "luaunit"
local zone_file = require "zone_file"

local t = {}

-- "LINE OWNER TYPE DATA..." of each record, and the state of the scan.
local function read(files, name, origin)
  local found = {}
  local state = zone_file.scan(function(file) return files[file] end, name or "z", origin or "example.com",
    function(record)
      found[#found + 1] = ("%s:%d %s %s %s"):format(record.file, record.line, record.owner, record.type,
        table.concat(record.data, " "))
    end)
  return found, state
end

function t.test_records_as_windows_writes_them()
  local lines = {
    ";  Database file example.com.dns",
    "@                       IN  SOA old.example.com. hostmaster.example.com. (",
    "                        \t\t12           ; serial number",
    "                        \t\t900 )        ; refresh",
    "@                       NS\told.example.com.",
    "old                     A\t192.0.2.10",
    "                        AAAA\t2001:db8::10",
    "pc7                     [AGE:3608448]\t1200\tA\t192.0.2.77",
    "www                     CNAME\told",
    "@                       0\tWINS\tL2 C5 ( 192.0.2.9 )",
  }
  local found = read { z = table.concat(lines, "\r\n") }
  lu.assertEquals(found, {
    "z:2 example.com SOA old.example.com. hostmaster.example.com. 12 900",
    "z:5 example.com NS old.example.com.",
    "z:6 old.example.com A 192.0.2.10",
    "z:7 old.example.com AAAA 2001:db8::10",
    "z:8 pc7.example.com A 192.0.2.77",
    "z:9 www.example.com CNAME old",
    "z:10 example.com WINS L2 C5 192.0.2.9",
  })
end

function t.test_origin_include_and_line_ends()
  local found, state = read({
    z = "$TTL 1d\r\n$ORIGIN sub\r\na 1h IN A 192.0.2.1\r\n$INCLUDE more host.example.net.\r\nb A 192.0.2.2\r\n",
    more = "@ A 192.0.2.3\nc A 192.0.2.4",
  })
  lu.assertEquals(found, {
    "z:3 a.sub.example.com A 192.0.2.1", "more:1 host.example.net A 192.0.2.3",
    "more:2 c.host.example.net A 192.0.2.4", "z:5 b.sub.example.com A 192.0.2.2",
  })
  lu.assertEquals(state.included, { "more" })
end

function t.test_names_of_the_root_zone()
  lu.assertEquals(read({ z = "@ NS a\na A 192.0.2.1\n" }, "z", "."), { "z:1  NS a", "z:2 a A 192.0.2.1" })
end

function t.test_signs_that_mean_something_else_in_quotes_or_behind_a_backslash()
  local found = read { z = 'a TXT "; no ( comment" b\\;c ; comment (\nb\\.c TXT "a\\"b" d\n' }
  lu.assertEquals(found, { 'z:1 a.example.com TXT ; no ( comment b\\;c', 'z:2 b\\.c.example.com TXT a\\"b d' })
end

function t.test_text_that_is_no_zone_file()
  local hostile = {
    "", "\0\0\0", "(", ")", '"', "\\", "$", "$ORIGIN", "$INCLUDE", "a", " ", "; only", "((((((\n)", '"\n\\\n"',
    ("("):rep(100000), ("a "):rep(100000), ("\\"):rep(99999), ('"'):rep(99999), ("x"):rep(1000000),
    ("$ORIGIN x\n"):rep(200), ("a A 1\n"):rep(1000) .. "(",
  }
  for _, text in ipairs(hostile) do read { z = text } end
  local _, state = read { z = "a A ( 192.0.2.1\nb A 192.0.2.2\n" }
  lu.assertEquals(state.problems, { "z:1: a parenthesis is not closed" })
end

function t.test_files_that_include_each_other()
  local found, state = read { z = "$INCLUDE y\n$INCLUDE gone\n", y = "$INCLUDE z\na A 192.0.2.1\n" }
  lu.assertEquals(found, { "y:2 a.example.com A 192.0.2.1" })
  lu.assertEquals(state.problems, { "gone: there is no such file in the folder" })
  -- Each time under another name: that ends, too.
  local _, deep = read { z = "$INCLUDE z x\n" .. "$INCLUDE z y\n" }
  lu.assertEquals(#deep.included, 64)
end

function t.test_boot_files()
  lu.assertEquals(zone_file.boot_files [[
; a boot file
directory c:\dns
cache . cache.dns
primary example.com example.com.dns
secondary example.net 192.0.2.1 192.0.2.2 example.net.dns
primary broken
]], { "cache.dns", "example.com.dns", "example.net.dns" })
end

return t
