-- Phonebooks: every byte survives reading and writing.
local lu = require "luaunit"
local phonebook = require "format.phonebook"

local t = {}

local VPN = table.concat({
  "[Branch office]",
  "Encoding=1",
  "Type=2",
  "DialParamsUID=6200134",
  "Guid=606BFC65C7F38D4086F3A49272C2AA21",
  "VpnStrategy=0",
  "ExcludedProtocols=0",
  "DialMode=0",
  "CustomDialDll=",
  "PreferredPort=VPN1-0",
  "PreferredDevice=WAN Miniport (IKEv2)",
  "CustomAuthKey=26",
  "AuthRestrictions=128",
  "Ipv6Assign=1",
  "",
  "NETCOMPONENTS=",
  "ms_msclient=1",
  "",
  "MEDIA=rastapi",
  "Port=VPN1-0",
  "Device=WAN Miniport (IKEv2)",
  "",
  "DEVICE=vpn",
  "PhoneNumber=192.0.2.1",
  "FriendlyName=",
  "",
  "",
}, "\r\n")

local function parse_entry(...)
  return assert(phonebook.parse("[x]\r\n" .. table.concat({ ... }, "\r\n") .. "\r\n")).entries[1]
end

function t.test_every_byte_comes_back()
  for _, text in ipairs {
    "",
    VPN,
    VPN:gsub("\r\n", "\n"),
    VPN .. VPN:gsub("Branch", "Other"),
    "\xEF\xBB\xBF[a]\nType=2\n",
    "; words before\n\n[a] \t\n=odd\n  \nno equals\nkey=\nkey=1\nkey=2=3\n",
    "[a]\r\nType=2\nMixed=1\r\n\n",
    "[a]\r\nType=2",
    "[a]",
    "\n",
    "[\xB0\xA1\xBF]\r\nDevice=\xFC\r\n",
  } do
    local book = assert(phonebook.parse(text))
    lu.assertTrue(phonebook.build(book) == text, text)
  end
end

function t.test_lines_and_entries()
  local book = assert(phonebook.parse(VPN))
  lu.assertEquals(#book.entries, 1)
  local entry = book.entries[1]
  lu.assertEquals(entry.name, "Branch office")
  lu.assertEquals(#entry.lines, 25)
  lu.assertEquals(entry.lines[2], { key = "Type", value = "2" })
  lu.assertEquals(entry.lines[14], { blank = true })
  lu.assertEquals({ book.eol, book.warnings }, { "\r\n", {} })
  lu.assertEquals({ phonebook.encoding(entry), phonebook.encoding(parse_entry "Type=2") }, { "utf-8", "ansi" })
end

-- "Büro Süd": 0xFC in code page 1252, C3 BC in UTF-8; a Cyrillic capital and small letter Be in 1251.
function t.test_names_are_read_in_their_encoding_and_found_in_any_case()
  local ansi = assert(phonebook.parse("[B\xFCro S\xFCd]\r\nType=2\r\nPhoneNumber=\xE4\r\n", 1252))
  lu.assertEquals(ansi.entries[1].called, "Büro Süd")
  lu.assertEquals(phonebook.find(ansi, "BÜRO SÜD"), ansi.entries[1])
  local utf8_book = assert(phonebook.parse("[BÜRO SÜD]\r\nEncoding=1\r\n", 1252))
  lu.assertNotNil(phonebook.find(utf8_book, "Büro Süd"))
  lu.assertNotNil(phonebook.find(assert(phonebook.parse("[\xC1]\nType=2\n", 1251)), "б"))
  lu.assertEquals({ #ansi.warnings, #utf8_book.warnings }, { 0, 0 })
  local unknown = assert(phonebook.parse("[\x93\xFA]\nType=2\n", 932))
  lu.assertEquals(unknown.warnings, { "'\x93\xFA' is text in code page 932, which is not known" })
  lu.assertTrue(phonebook.to_utf8(ansi.entries[1], 1252))
  lu.assertEquals(phonebook.build(ansi), "[Büro Süd]\r\nEncoding=1\r\nType=2\r\nPhoneNumber=ä\r\n")
  lu.assertFalse(phonebook.to_utf8(ansi.entries[1], 1252))
  lu.assertFalse(phonebook.to_utf8(assert(phonebook.parse "[a]\nType=2\n").entries[1], 1252))
end

function t.test_the_first_of_two_entries_counts()
  local book = assert(phonebook.parse("[B\xFCro]\nType=2\n[BÜRO]\nEncoding=1\n[other]\n", 1252))
  lu.assertEquals({ book.entries[1].repeated, book.entries[2].repeated, book.entries[3].repeated }, { nil, true })
  lu.assertEquals(#book.warnings, 1)
end

function t.test_utf16_is_refused_by_its_name()
  for _, text in ipairs { "\xFF\xFE[\0a\0]\0", "\xFE\xFF\0[\0a\0]", "[\0a\0]\0", "\0[\0a\0]" } do
    local book, err = phonebook.parse(text)
    lu.assertNil(book)
    lu.assertStrContains(err.message, "UTF-16")
  end
end

function t.test_keys_compare_without_case_except_media_and_device()
  local entry = parse_entry("type=2", "Media=no", "MEDIA=rastapi", "Device=modem", "DEVICE=vpn", "Name=", "Name=b")
  lu.assertEquals(phonebook.get(entry, "Type"), "2")
  lu.assertEquals(phonebook.get(entry, "MEDIA"), "rastapi")
  lu.assertEquals(phonebook.get(entry, "DEVICE"), "vpn")
  lu.assertEquals(phonebook.get_all(entry, "name"), { "", "b" })
  lu.assertNil(phonebook.get(entry, "Port"))
end

function t.test_set_changes_the_first_and_adds_before_the_blocks()
  local book = assert(phonebook.parse(VPN))
  local entry = book.entries[1]
  phonebook.set(entry, "Type", 5)
  phonebook.set(entry, "NewKey", "a=b")
  local text = phonebook.build(book)
  lu.assertTrue(text == VPN:gsub("Type=2", "Type=5"):gsub("Ipv6Assign=1", "Ipv6Assign=1\r\nNewKey=a=b"))
  lu.assertEquals(phonebook.unset(entry, "newkey"), 1)
  lu.assertNil(phonebook.get(entry, "NewKey"))
end

function t.test_set_refuses_what_would_break_the_line()
  local entry = parse_entry "Type=2"
  for _, pair in ipairs { { "a", "x\r\nType=1" }, { "a", "x\0" }, { "a=b", "x" }, { "[a", "x" }, { "", "x" } } do
    lu.assertErrorMsgContains("does not fit", phonebook.set, entry, pair[1], pair[2])
  end
end

function t.test_find_add_and_remove()
  local book = assert(phonebook.parse(VPN))
  local entry, index = phonebook.find(book, "BRANCH OFFICE")
  lu.assertEquals({ entry.name, index }, { "Branch office", 1 })
  lu.assertNil(phonebook.find(book, "Branch"))
  lu.assertErrorMsgContains("there is an entry", phonebook.add, book, phonebook.copy(entry))
  lu.assertErrorMsgContains("control character", phonebook.add, book, { name = "a]b", lines = {} })
  phonebook.add(book, { name = "New", lines = { { key = "Type", value = "2" } } })
  lu.assertTrue(phonebook.build(book) == VPN .. "[New]\r\nType=2\r\n")
  lu.assertEquals(phonebook.remove(book, "new").name, "New")
  lu.assertNil(phonebook.remove(book, "new"))
  lu.assertTrue(phonebook.build(book) == VPN)
end

function t.test_an_entry_added_after_a_line_without_end()
  local book = assert(phonebook.parse "[a]\nType=2")
  phonebook.add(book, { name = "b", lines = {} })
  lu.assertEquals(phonebook.build(book), "[a]\nType=2\n[b]\n")
end

function t.test_untrusted_text_is_refused()
  for text, part in pairs {
    ["[a\1b]\n"] = "control character",
    ["[a]b]\n"] = "control character or ]",
    ["[]\n"] = "no name",
    ["[a\n"] = "does not end",
    ["[a]\nkey=a\0b\n"] = "NUL",
    ["[a]\nkey=a\rType=1\n"] = "lone carriage return",
    ["[a]\n [b]\n"] = "blanks",
    ["[" .. ("n"):rep(1537) .. "]\n"] = "limit is 1536",
    ["[a]\nkey=" .. ("v"):rep(65536) .. "\n"] = "longer than",
    [("\n"):rep(200001)] = "more than 200000 lines",
    [("[a]\n"):rep(10001)] = "more than 10000 entries",
  } do
    local book, err = phonebook.parse(text)
    lu.assertNil(book)
    lu.assertEquals(err.code, "format")
    lu.assertStrContains(err.message, part)
  end
  lu.assertNotNil(phonebook.parse("[" .. ("n"):rep(1536) .. "]\n"))
end

function t.test_odd_books_are_noted()
  lu.assertStrContains(phonebook.parse("[a]\n[A]\n").warnings[1], "the first is used")
  lu.assertStrContains(phonebook.parse("[a]\nEncoding=1\nDevice=\xFC\n").warnings[1], "UTF-8")
  lu.assertEquals(phonebook.parse("[a]\nEncoding=0\nDevice=\xFC\n").warnings, {})
end

function t.test_truncated_and_altered_text_never_raises()
  local parsed, refused = 0, 0
  local function try(text)
    local book, err = phonebook.parse(text)
    if book then
      parsed = parsed + 1
      lu.assertTrue(phonebook.build(book) == text)
    else
      refused = refused + 1
      lu.assertEquals(err.code, "format")
    end
  end
  for at = 1, #VPN do
    try(VPN:sub(1, at - 1))
    for _, byte in ipairs { "\0", "\r", "\n", "[", "]", "=", "\xFF" } do
      try(VPN:sub(1, at - 1) .. byte .. VPN:sub(at + 1))
    end
  end
  lu.assertTrue(parsed > 1000)
  lu.assertTrue(refused > 500)
end

return t
