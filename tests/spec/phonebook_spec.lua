-- Phonebooks: every byte survives reading and writing, and entries are adapted as the guide says.
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

local function adapt(entry, opts)
  opts = opts or {}
  opts.source_os = opts.source_os or "2003"
  return phonebook.adapt(entry, opts)
end

local function find_report(report, key)
  for _, item in ipairs(report) do
    if item.key == key then
      return item
    end
  end
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
      for _, entry in ipairs(book.entries) do
        adapt(entry)
      end
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

function t.test_a_modern_vpn_entry_stays_as_it_is()
  local entry = assert(phonebook.parse(VPN)).entries[1]
  local adapted, report = adapt(entry, { source_os = "2008r2" })
  lu.assertEquals(adapted, entry)
  lu.assertFalse(rawequal(adapted, entry))
  lu.assertEquals(report, {})
end

function t.test_dial_up_is_not_migrated()
  local adapted, report = adapt(parse_entry "Type=1")
  lu.assertNil(adapted)
  lu.assertEquals({ report[1].action, report[1].guide }, { "dropped", "RA-MAN-02" })
end

function t.test_removed_authentication_methods()
  -- Before and after, by source.
  for _, case in ipairs {
    { "2003", 632, 552 },
    { "2003", 608, 544 },
    { "2003", 0x450, 512 },
    { "2008r2", 0x10, 512 },
    { "2008r2", 0x1A00, 0x200 },
    { "2012", 0x1A00, 0x1A00 },
    { "2008", 552, 552 },
    { "2003", 0, 0 },
  } do
    local adapted, report = adapt(parse_entry("AuthRestrictions=" .. case[2]), { source_os = case[1] })
    lu.assertEquals(phonebook.get(adapted, "AuthRestrictions"), tostring(case[3]))
    lu.assertEquals(find_report(report, "AuthRestrictions") ~= nil, case[2] ~= case[3])
  end
  local _, report = adapt(parse_entry "AuthRestrictions=80")
  local item = find_report(report, "AuthRestrictions")
  lu.assertEquals({ item.before, item.after, item.guide }, { "80", "512", "RA-GAP-09" })
  lu.assertStrContains(item.reason, "SPAP, MS-CHAP; MS-CHAP v2")
end

function t.test_eap_md5_goes_with_its_data()
  local adapted, report = adapt(parse_entry("CustomAuthKey=4", "CustomAuthData=5345435245", "AuthRestrictions=128"))
  lu.assertEquals(phonebook.get(adapted, "CustomAuthKey"), "0")
  lu.assertNil(phonebook.get(adapted, "CustomAuthData"))
  lu.assertEquals(phonebook.get(adapted, "AuthRestrictions"), "512")
  lu.assertEquals(find_report(report, "CustomAuthData").action, "removed")
  lu.assertNotStrContains(lu.prettystr(report), "5345435245")
  adapted = adapt(parse_entry("CustomAuthKey=26", "CustomAuthData=00", "AuthRestrictions=128"))
  lu.assertEquals(phonebook.get(adapted, "CustomAuthData"), "00")
end

function t.test_authentication_that_cannot_be_read_is_left_to_a_human()
  local adapted, report = adapt(parse_entry "AuthRestrictions=many")
  lu.assertEquals(phonebook.get(adapted, "AuthRestrictions"), "many")
  lu.assertEquals(find_report(report, "AuthRestrictions").action, "manual")
end

function t.test_ipv6_is_excluded_for_2003_only()
  local function excluded(opts, ...)
    return phonebook.get(adapt(parse_entry(...), opts), "ExcludedProtocols")
  end
  lu.assertEquals(excluded({}, "ExcludedProtocols=3"), "11")
  lu.assertEquals(excluded({}, "Type=2"), "8")
  lu.assertEquals(excluded({}, "ExcludedProtocols=8"), "8")
  lu.assertEquals(excluded({ ipv6 = true }, "ExcludedProtocols=3"), "3")
  lu.assertEquals(excluded({ source_os = "2008" }, "ExcludedProtocols=3"), "3")
end

function t.test_ipv6_assignment_before_2008_r2()
  local lines = { "Ipv6Assign=2", "Ipv6PrefixLength=64", "Ipv6Prefix=20010DB800000000", "Ipv6Address=::" }
  local adapted, report = adapt(parse_entry(table.unpack(lines)), { source_os = "2008" })
  lu.assertEquals(phonebook.get(adapted, "Ipv6Assign"), "1")
  lu.assertEquals(phonebook.get(adapted, "Ipv6Prefix"), "0000000000000000")
  lu.assertNil(phonebook.get(adapted, "Ipv6InterfaceId"))
  lu.assertEquals({ #report, report[1].guide }, { 3, "RA-GAP-05" })
  adapted, report = adapt(parse_entry(table.unpack(lines)), { source_os = "2008r2" })
  lu.assertEquals({ phonebook.get(adapted, "Ipv6Assign"), #report }, { "2", 0 })
end

function t.test_dialling_of_2003_and_custom_dlls()
  local adapted, report = adapt(parse_entry("DialMode=2", "DialPercent=75", "X25Address=1", "Pad=x",
    "CustomDialDll=c:\\dial.dll", "CustomDialFunc=", "CustomRasDialDll=c:\\ras.dll", "PadLock=kept"), { ipv6 = true })
  lu.assertEquals(phonebook.get(adapted, "DialMode"), "1")
  lu.assertNil(phonebook.get(adapted, "DialPercent"))
  lu.assertNil(phonebook.get(adapted, "X25Address"))
  lu.assertNil(phonebook.get(adapted, "Pad"))
  lu.assertEquals(phonebook.get(adapted, "PadLock"), "kept")
  lu.assertEquals(phonebook.get_all(adapted, "CustomDialDll"), { "" })
  lu.assertEquals(phonebook.get(adapted, "CustomRasDialDll"), "")
  lu.assertEquals(find_report(report, "CustomDialDll").before, "c:\\dial.dll")
  lu.assertEquals(find_report(report, "CustomDialDll").guide, "RA-MAN-12")
  lu.assertEquals(#report, 6)
end

function t.test_devices_are_rewritten_with_their_ports()
  local asked = {}
  local adapted, report = adapt(assert(phonebook.parse(VPN)).entries[1], {
    source_os = "2012",
    device = function(device, port)
      asked[#asked + 1] = device .. "/" .. port
      return "WAN Miniport (SSTP)", "VPN9-0"
    end,
  })
  lu.assertEquals(asked, { "WAN Miniport (IKEv2)/VPN1-0", "WAN Miniport (IKEv2)/VPN1-0" })
  for _, key in ipairs { "PreferredDevice", "Device" } do
    lu.assertEquals(phonebook.get(adapted, key), "WAN Miniport (SSTP)")
  end
  for _, key in ipairs { "PreferredPort", "Port" } do
    lu.assertEquals(phonebook.get(adapted, key), "VPN9-0")
  end
  lu.assertEquals(phonebook.get(adapted, "DEVICE"), "vpn")
  lu.assertEquals(#report, 4)
end

function t.test_each_media_block_has_its_own_device()
  local entry = parse_entry("MEDIA=rastapi", "Port=A-0", "Device=A", "DEVICE=vpn",
    "MEDIA=rastapi", "Device=B", "Port=B-0")
  local adapted, report = adapt(entry, {
    source_os = "2012",
    device = function(device, port)
      if device == "B" then
        return "C", port:gsub("B", "C")
      end
    end,
  })
  lu.assertEquals(phonebook.get_all(adapted, "Device"), { "A", "C" })
  lu.assertEquals(phonebook.get_all(adapted, "Port"), { "A-0", "C-0" })
  lu.assertEquals({ report[1].action, report[1].before }, { "manual", "A" })
end

function t.test_identity_and_notes()
  local entry = parse_entry("Guid=1", "DialParamsUID=2", "VpnStrategy=0", "IpSecFlags=1", "PreSharedKey=sesame",
    "DEVICE=vpn", "PhoneNumber=vpn.example.com", "DEVICE=switch", "Name=c:\\login.scp")
  local adapted, report = adapt(entry, {
    ipv6 = true,
    guid = function(guid)
      return guid
    end,
    dial_params_uid = function()
      return "77"
    end,
    is_source = function(peer)
      return peer == "vpn.example.com"
    end,
  })
  lu.assertEquals({ phonebook.get(adapted, "Guid"), phonebook.get(adapted, "DialParamsUID") }, { "1", "77" })
  local actions = {}
  for index, item in ipairs(report) do
    actions[index] = item.action .. " " .. item.key
  end
  lu.assertEquals(actions,
    { "changed DialParamsUID", "manual IpSecFlags", "noted VpnStrategy", "noted Name", "noted PhoneNumber" })
  lu.assertNotStrContains(lu.prettystr(report), "sesame")
end

function t.test_an_unknown_source_system_is_a_mistake_of_the_playbook()
  lu.assertErrorMsgContains("source_os", phonebook.adapt, parse_entry "Type=2", { source_os = "nt4" })
end

return t
