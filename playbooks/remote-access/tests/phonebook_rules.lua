-- Entries of phonebooks made to fit the destination, as the guide says.
local lu = require "luaunit"
local phonebook = require "format.phonebook"
local rules = require "phonebook_rules"

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
  opts.ipv6_defaults = opts.source_os == "2003" or opts.source_os == "2008"
  return rules.adapt(entry, opts)
end

local function find_report(report, key)
  for _, item in ipairs(report) do
    if item.key == key then
      return item
    end
  end
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
  lu.assertErrorMsgContains("source_os", rules.adapt, parse_entry "Type=2", { source_os = "nt4" })
end

function t.test_altered_entries_never_raise()
  local count = 0
  for at = 1, #VPN do
    for _, byte in ipairs { "", "\0", "\r", "\n", "[", "]", "=", "\xFF" } do
      local book = phonebook.parse(VPN:sub(1, at - 1) .. byte .. VPN:sub(at + 1))
      for _, entry in ipairs(book and book.entries or {}) do
        lu.assertNotNil(select(2, adapt(entry)))
        count = count + 1
      end
    end
  end
  lu.assertTrue(count > 1000)
end

return t
