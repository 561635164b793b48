-- Each cell of the table of releases, seen in what a migration does: the word is found out from a plan and its
-- destination, and has to be the one in the table.

local compat = require "compat"
local infoblock = require "format.infoblock"
local lu = require "luaunit"
local nat = require "format.nat"
local phonebook = require "format.phonebook"
local releases = require "windows.releases"
local routing = require "format.routing"
local servers = require "test_servers"
local certificates = require "test_certificates"

local SERVICES = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local PARAMETERS = SERVICES .. [[RemoteAccess\Parameters]]
local INTERFACES = SERVICES .. [[RemoteAccess\Interfaces]]
local NICS = [[HKLM\SYSTEM\CurrentControlSet\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}]]
local from, to = servers.guids.source, servers.guids.destination

local t = {}

-- Plans; gives the destination as it will be, and all that the plan says, as one text.
local function migrate_of(release, options)
  local plan, _, destination = servers.plan(machine, run, {
    release = release, system = options.source, software = options.source_software, phonebook = options.phonebook,
  }, {
    release = options.to or (releases.at_most(release, "2012") and "2012" or "2022"), system = options.destination,
    software = options.destination_software })
  lu.assertFalse(plan.blocked)
  local said = {}
  for _, item in ipairs(plan.verdicts) do said[#said + 1] = item.why or "" end
  for _, item in ipairs(plan.notes) do said[#said + 1] = item.text end
  return destination, table.concat(said, "\n"), plan
end

local function block_of(id, data)
  return infoblock.build { entries = { { type = id, item_size = #data, count = 1, data = data } } }
end

local function interface_with(block, transport)
  return ([=[
[RA\Interfaces\2]
"InterfaceName"="%s"
"Type"=dword:00000003
[RA\Interfaces\2\%s]
"InterfaceInfo"=hex:%s
]=]):format(from.Internet, transport or "Ip", servers.hex(block))
end

local function adapter(family, guid)
  return ('[RA\\Parameters\\%s]\n"NetworkAdapterGUID"="%s"\n'):format(family, guid)
end

local function adapter_word(family)
  return function(release)
    local destination = migrate_of(release,
      { source = adapter(family, from.Intranet), destination = adapter(family, to.Internet) })
    local guid = destination:read(PARAMETERS .. "\\" .. family, "NetworkAdapterGUID")
    return guid == to.Intranet and "as-is" or guid == nil and "default" or "neither"
  end
end

local function port_word(number)
  return function(release)
    local destination = migrate_of(release, {
      source = ('[NICS\\%s]\n"WanEndpoints"=dword:00000063\n"EnableForRas"=dword:00000000\n'):format(number),
    })
    local count = destination:read(NICS .. "\\" .. number, "WanEndpoints")
    local on = destination:read(NICS .. "\\" .. number, "EnableForRas") == 1
    return count == 99 and not on and "as-is" or count == 5 and on and "enable-default" or "neither"
  end
end

local branch = '[RA\\Interfaces\\5]\n"InterfaceName"="Branch"\n"Type"=dword:00000002\n'

local function phonebook_entry(release, lines)
  local destination, said = migrate_of(release, { source = branch, phonebook = "[Branch]\r\nType=2\r\n" .. lines })
  return phonebook.find(phonebook.parse(destination:read_file [[%SystemRoot%\System32\ras\router.pbk]]), "Branch"), said
end

-- All settings of IPv6 together: mode, flag, addresses, demand-dial, the router's interfaces.
local function ipv6_word(release)
  local status = block_of(infoblock.types.interface_status, routing.status.encode { status = 1 })
  local destination = migrate_of(release, {
    source = [=[
[RA\Parameters]
"RouterType"=dword:0000003f
"ServerFlags"=dword:08000000
[RA\Parameters\Ipv6]
"EnableIn"=dword:00000001
"AdvertiseDefaultRoute"=dword:00000000
]=] .. interface_with(status, "Ipv6"),
    destination = '[RA\\Parameters\\Ipv6]\n"AdvertiseDefaultRoute"=dword:00000001\n',
  })
  local entry = phonebook_entry(release, "ExcludedProtocols=0\r\n")
  local moved = {
    destination:read(PARAMETERS, "RouterType") & 0x38 == 0x38,
    destination:read(PARAMETERS, "ServerFlags") & 0x8000000 ~= 0,
    destination:read(PARAMETERS .. [[\Ipv6]], "EnableIn") == 1,
    destination:read(PARAMETERS .. [[\Ipv6]], "AdvertiseDefaultRoute") == 0,
    destination:get(INTERFACES .. [[\2\Ipv6]], "InterfaceInfo") ~= nil,
    phonebook.get(entry, "ExcludedProtocols") == "0",
  }
  local count = 0
  for _, yes in ipairs(moved) do count = count + (yes and 1 or 0) end
  return count == #moved and "as-is" or count == 0 and "disable" or "neither"
end

local function ipv6_assignment_word(release)
  local entry = phonebook_entry(release, "ExcludedProtocols=0\r\nIpv6Assign=2\r\n")
  if phonebook.get(entry, "Ipv6Assign") == "2" then return "as-is" end
  return phonebook.get(entry, "ExcludedProtocols") == "8" and "disable" or "default"
end

local function ikev2_word(release)
  local destination = migrate_of(release, { source = [=[
[RA\Parameters\IKEV2]
"idleTimeout"=dword:00000258
[RA\Parameters]
"ServerFlags"=dword:02000000
]=] })
  local time = destination:read(PARAMETERS .. [[\IKEV2]], "idleTimeout")
  local method = destination:read(PARAMETERS, "ServerFlags") & 0x2000000 ~= 0
  return time == 600 and method and "as-is" or time == 300 and not method and "default" or "neither"
end

local function sstp_word(release)
  local path = SERVICES .. [[SstpSvc\Parameters]]
  local destination = migrate_of(release, {
    source = ([=[
[CCS\Services\SstpSvc\Parameters]
"UseHttps"=dword:00000000
"isHashConfiguredByAdmin"=dword:00000001
"SHA256CertificateHash"=hex:%s
"SHA1CertificateHash"=hex:%s
]=]):format(servers.hex(servers.unhex(certificates.vpn.sha256)), servers.hex(servers.unhex(certificates.vpn.sha1))),
    source_software = servers.store("MY", { "vpn" }), destination_software = servers.store("MY", { "vpn" }),
  })
  local chosen = destination:get(path, "SHA1CertificateHash") ~= nil
  local http = destination:read(path, "UseHttps") == 0
  return chosen and http and "sstp" or not chosen and not http and "default" or "neither"
end

-- What belongs to NPS is told to whoever looks at its console.
local function policy_word(label)
  return function(release)
    local _, _, plan = migrate_of(release, {})
    local text = servers.has_manual(plan, "policies").text
    local line = text:match(label .. ": ([^\n]+)")
    return line:find("^as on the source") and "as-is" or line:find "^none" and "nothing" or line:find "^the default"
      and "default" or "neither"
  end
end

-- Releases that lack a component have nothing of it, so nothing is said; the others have it.
local function present(release, newest)
  for _, key in ipairs { "2003", "2008" } do
    if key == release then return true end
    if key == newest then return false end
  end
  return false
end

local function old_methods_word(release)
  local has = present(release, "2008")
  local entry, said = phonebook_entry(release, has and "AuthRestrictions=624\r\n" or "AuthRestrictions=544\r\n")
  local destination, told = migrate_of(release,
    { source = ('[RA\\Parameters]\n"ServerFlags"=dword:%08x\n'):format(has and 0x800142 or 0x800002) })
  lu.assertEquals(phonebook.get(entry, "AuthRestrictions"), "544")
  lu.assertEquals(destination:read(PARAMETERS, "ServerFlags"), 0x800002)
  local in_phonebook = said:find("RA-GAP-09", 1, true) ~= nil
  local in_server = told:find("SPAP (0x40) is cleared: no longer exists", 1, true) ~= nil
  return in_phonebook and in_server and "drop" or not in_phonebook and not in_server and "nothing" or "neither"
end

local function lan_tab_word(release)
  local _, _, plan = migrate_of(release, { source = ([=[
[CCS\Services\Tcpip\Parameters\Interfaces\%s]
"EnableDHCP"=dword:00000000
"IPAddress"=hex(7):31,00,30,00,2e,00,31,00,2e,00,31,00,2e,00,31,00,00,00,00,00
]=]):format(from.Internet) })
  local check = servers.failed(plan, "RA-GAP-10")
  if not check then return "nothing" end
  lu.assertEquals(check.severity, "info")
  lu.assertStrContains(check.message, "'Internet' has 10.1.1.1 on the source and ")
  return "drop"
end

local function firewall_word(release)
  local flags = present(release, "2003") and nat.flags.firewall or 0
  local data = block_of(infoblock.types.nat, nat.interface.encode { index = 0, flags = 3 | flags, settings = {} })
  local destination, said = migrate_of(release, { source = interface_with(data) })
  local moved = infoblock.parse(destination:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw)
  lu.assertEquals(nat.interface.decode(infoblock.find(moved, infoblock.types.nat).data).flags, 3)
  return said:find("RA-GAP-11", 1, true) and "drop" or "nothing"
end

local function weak_word(release)
  local destination, _, plan = migrate_of(release, { source = [=[
[CCS\Services\RasMan\Parameters]
"AllowPPTPWeakCrypto"=dword:00000001
"AllowL2TPWeakCrypto"=dword:00000001
]=] })
  local path = SERVICES .. [[RasMan\Parameters]]
  local one, other = destination:read(path, "AllowPPTPWeakCrypto"), destination:read(path, "AllowL2TPWeakCrypto")
  local verdict = servers.verdict(plan, [[RasMan\Parameters]], "AllowPPTPWeakCrypto")
  local asked = (verdict.why or ""):find("--param weak_encryption", 1, true) ~= nil
  return one == 1 and other == 1 and not asked and "as-is" or one == nil and other == nil and asked and "parameter"
    or "neither"
end

local function ospf_word(release)
  local status = { type = infoblock.types.interface_status, item_size = 4, count = 1,
                   data = routing.status.encode { status = 1 } }
  local ospf = { type = infoblock.types.ospf, item_size = 24, count = 1, data = ("\0"):rep(24) }
  local entries = present(release, "2003") and { status, ospf } or { status }
  local destination, said = migrate_of(release, { source = interface_with(infoblock.build { entries = entries }) })
  local moved = infoblock.parse(destination:get(INTERFACES .. [[\2\Ip]], "InterfaceInfo").raw)
  lu.assertNil(infoblock.find(moved, infoblock.types.ospf))
  return said:find("OSPF does not exist", 1, true) and "drop" or "nothing"
end

local by_source = {
  ["RA-GAP-01"] = adapter_word "Ip", ["RA-GAP-02"] = port_word "0022", ["RA-GAP-03a"] = ipv6_word,
  ["RA-GAP-03b"] = adapter_word "Ipv6", ["RA-GAP-04"] = policy_word "IP filters of the policies",
  ["RA-GAP-05"] = ipv6_assignment_word, ["RA-GAP-06a"] = port_word "0023", ["RA-GAP-06b"] = ikev2_word,
  ["RA-GAP-07"] = sstp_word, ["RA-GAP-08"] = policy_word "Action when accounting fails",
  ["RA-GAP-09"] = old_methods_word, ["RA-GAP-10"] = lan_tab_word, ["RA-GAP-11"] = firewall_word,
  ["RA-GAP-12"] = weak_word, ["RA-NEW-01"] = ospf_word,
  ["RA-NEW-05"] = function(release)
    local _, _, plan = migrate_of(release, { to = "2022" })
    return servers.has_manual(plan, "powershell-settings") and "manual" or "nothing"
  end,
}

-- The preferences of the source, where the destination has the longer form itself from 2012 R2 on.
local function preferences_word(release)
  local pairs_of = { protocols = { { protocol = 8, metric = 77 } } }
  local own_pairs = { protocols = { { protocol = 8, metric = 1 } } }
  local own = release == "2012"
    and block_of(infoblock.types.priority_info, routing.priority_info.encode(own_pairs))
    or block_of(infoblock.types.priority_info_ex, routing.priority_info_ex.encode(routing.extend_priority(own_pairs)))
  local function global(block) return '[RA\\RouterManagers\\Ip]\n"GlobalInfo"=hex:' .. servers.hex(block) .. "\n" end
  local destination = migrate_of("2008r2", { to = release, destination = global(own),
    source = global(block_of(infoblock.types.priority_info, routing.priority_info.encode(pairs_of))) })
  local moved = infoblock.parse(destination:get(SERVICES .. [[RemoteAccess\RouterManagers\Ip]], "GlobalInfo").raw)
  local plain, longer = infoblock.find(moved, infoblock.types.priority_info),
    infoblock.find(moved, infoblock.types.priority_info_ex)
  local entry = plain and routing.priority_info.decode(plain.data) or routing.priority_info_ex.decode(longer.data)
  lu.assertEquals(entry.protocols[1].metric, 77)
  return plain and "as-is" or "convert"
end

-- Settings that came with 2012 R2 are in the destination alone: there they stay.
local function newer_word(release)
  local path = PARAMETERS .. [[\IKEV2]]
  local own = release ~= "2012" and '[RA\\Parameters\\IKEV2]\n"NewerSetting"=dword:00000007\n' or nil
  local destination = migrate_of("2008r2",
    { to = release, source = '[RA\\Parameters\\IKEV2]\n"idleTimeout"=dword:00000258\n', destination = own })
  lu.assertEquals(destination:read(path, "idleTimeout"), 600)
  return destination:read(path, "NewerSetting") == 7 and "default" or "nothing"
end

local function old_tunnels_word(release)
  local destination, said = migrate_of("2008r2",
    { to = release, source = '[NICS\\0021]\n"EnableForRas"=dword:00000001\n' })
  lu.assertEquals(destination:read(NICS .. [[\0021]], "EnableForRas"), 1)
  return said:find("PPTP ports stay on", 1, true) and "tell" or "as-is"
end

local by_destination = {
  ["RA-NEW-02"] = preferences_word, ["RA-NEW-03"] = newer_word, ["RA-NEW-04"] = old_tunnels_word,
}

local function assert_cells(table_of_releases, words)
  for _, row in ipairs(table_of_releases.rows) do
    lu.assertNotNil(words[row.id], row.id .. " has no test")
    for column, release in ipairs(table_of_releases.columns) do
      lu.assertEquals(row.cells[column]:gsub("%*$", ""), words[row.id](release), row.id .. " " .. release)
    end
  end
end

for _, row in ipairs(compat.tables[1].rows) do
  t["test_" .. row.id:gsub("%-", "_"):lower()] = function()
    assert_cells({ columns = compat.tables[1].columns, rows = { row } }, by_source)
  end
end

for _, row in ipairs(compat.tables[2].rows) do
  t["test_" .. row.id:gsub("%-", "_"):lower()] = function()
    assert_cells({ columns = compat.tables[2].columns, rows = { row } }, by_destination)
  end
end

-- The table once more and by itself: what a cell says is a decision, not an accident.
-- What 2012 has, newer sources have.
local function since_2012(words) return words .. (" " .. words:match "%S+$"):rep(4) end

local guide = {
  ["RA-GAP-01"] = since_2012 "default as-is* as-is* as-is*",
  ["RA-GAP-02"] = since_2012 "enable-default as-is* as-is* as-is*",
  ["RA-GAP-03a"] = since_2012 "disable as-is* as-is* as-is*",
  ["RA-GAP-03b"] = since_2012 "default* default as-is as-is",
  ["RA-GAP-04"] = since_2012 "nothing nothing as-is* as-is*",
  ["RA-GAP-05"] = since_2012 "disable* default as-is* as-is*",
  ["RA-GAP-06a"] = since_2012 "enable-default enable-default as-is* as-is*",
  ["RA-GAP-06b"] = since_2012 "default default as-is* as-is*",
  ["RA-GAP-07"] = since_2012 "default default sstp sstp",
  ["RA-GAP-08"] = since_2012 "default* default as-is* as-is*",
  ["RA-GAP-09"] = since_2012 "drop drop* nothing nothing",
  ["RA-GAP-10"] = since_2012 "drop nothing nothing nothing",
  ["RA-GAP-11"] = since_2012 "drop nothing nothing nothing",
  ["RA-GAP-12"] = since_2012 "parameter as-is as-is as-is",
}

local beyond = {
  ["RA-NEW-01"] = since_2012 "drop nothing nothing nothing",
  ["RA-NEW-02"] = "as-is convert convert convert convert convert",
  ["RA-NEW-03"] = "nothing default default default default default",
  ["RA-NEW-04"] = "as-is as-is as-is as-is as-is tell",
  ["RA-NEW-05"] = "nothing nothing nothing nothing manual manual manual manual",
}

function t.test_the_table_is_the_guides_and_what_goes_beyond_it()
  local found, found_beyond = {}, {}
  for _, side in ipairs(compat.tables) do
    for _, row in ipairs(side.rows) do
      local into = row.id:match "^RA%-GAP" and found or found_beyond
      into[row.id] = table.concat(row.cells, " ")
    end
  end
  lu.assertEquals(found, guide)
  lu.assertEquals(found_beyond, beyond)
end

return t
