-- Adapters as they are: teams with VLANs, cards that carry nothing, cards that are gone.

local lu = require "luaunit"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local take_over = { takes_over_name = true }
local NET = "{4D36E972-E325-11CE-BFC1-08002BE10318}"

local function guid(number) return ("{77777777-0000-0000-0000-%012d}"):format(number) end

-- An adapter beside the two cards: {number, name, device, values}.
local function adapter(number, name, device, values)
  return ([=[
[CCS\Control\Network\%s\%s\Connection]
"Name"="%s"
"PnpInstanceID"="%s"
[CCS\Control\Class\%s\%04d]
"NetCfgInstanceId"="%s"
[CCS\Services\Tcpip\Parameters\Interfaces\%s]
%s]=]):format(NET, guid(number), name, (device:gsub("\\", "\\\\")), NET, number, guid(number), guid(number),
    values or '"EnableDHCP"=dword:00000000\n')
end

local function fixed(address) return servers.fixed({ address .. "/255.255.255.0" }) end

local team = adapter(1, "NIC1", [[PCI\VEN_14E4\A]]) .. adapter(2, "NIC2", [[PCI\VEN_14E4\B]])
  .. adapter(3, "Front", [[COMPOSITEBUS\MS_IMPLAT_MP\1]], fixed "10.60.0.5")
  .. adapter(4, "Front - VLAN 20", [[COMPOSITEBUS\MS_IMPLAT_MP\2]], fixed "10.60.20.5")

-- The map by names; those in `to` go to a card of the destination, or nowhere on purpose (false).
local function map_of(source, destination, to)
  local map, there = {}, {}
  for _, own in ipairs(destination:interfaces()) do there[own.name] = { guid = own.guid, name = own.name } end
  for _, own in ipairs(source:interfaces()) do
    local wanted = to[own.name]
    if own.is_card or wanted ~= nil then
      local other = there[wanted or own.name]
      map[#map + 1] = {
        source = { guid = own.guid, name = own.name }, destination = wanted ~= false and other or nil,
        reason = wanted ~= nil and "given" or other and "name" or "none",
      }
    end
  end
  return map
end

local function plan_of(system, to, destination, parameters)
  local source = servers.server(machine, "source", { release = "2012r2", system = system })
  local there = servers.server(machine, "destination", destination or { release = "2022" })
  return run { playbooks = { "ip-configuration" }, source = source, destination = there,
               map = map_of(source, there, to or {}), parameters = parameters or take_over }, there
end

function t.test_members_need_no_counterpart_and_a_team_blocks_by_name()
  local plan = plan_of(team)
  lu.assertTrue(plan.blocked)
  local check = servers.failed(plan, "adapters-mapped")
  lu.assertStrContains(check.message, "'Front' (a team of adapters), 'Front - VLAN 20' (a VLAN)")
  lu.assertNil(check.message:find "NIC1")
  lu.assertNil(check.message:find("{", 1, true))
  lu.assertStrContains(check.hint, "New-NetLbfoTeam -Name 'Front' -TeamMembers 'NIC1', 'NIC2'")
end

function t.test_team_and_vlan_are_a_step_with_commands()
  local plan, there = plan_of(team, { Front = "LAN", ["Front - VLAN 20"] = "DMZ", LAN = false, DMZ = false })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(there:read(servers.key "LAN", "IPAddress"), { "10.60.0.5" })
  lu.assertEquals(there:read(servers.key "DMZ", "IPAddress"), { "10.60.20.5" })
  local text = servers.manual(plan, "teams").text
  for _, line in ipairs {
    "New-NetLbfoTeam -Name 'Front' -TeamMembers 'NIC1', 'NIC2'",
    "Add-NetLbfoTeamNic -Team 'Front' -VlanID 20 -Name 'Front - VLAN 20'",
    "New-VMSwitch -Name 'Front' -NetAdapterName 'NIC1', 'NIC2' -EnableEmbeddedTeaming $true -AllowManagementOS $true",
    "Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName 'Front - VLAN 20' -Access -VlanId 20",
  } do
    lu.assertStrContains(text, line)
  end
  lu.assertEquals(servers.verdict(plan, guid(1), "EnableDHCP").why, "'NIC1' is a member of a team: its settings are the"
    .. " team's")
  plan = plan_of(team, { Front = "LAN", ["Front - VLAN 20"] = "DMZ", LAN = false, DMZ = false }, { release = "2019" })
  lu.assertNil(servers.manual(plan, "teams").text:find "New%-VMSwitch")
  lu.assertNil(servers.manual(plan_of "", "teams"))
end

-- A name with a quote becomes no command of its own.
function t.test_names_in_commands_are_texts()
  local odd = adapter(1, "N'1", [[PCI\VEN_14E4\A]])
    .. adapter(3, "T'; calc; '", [[ROOT\CQ_CPQTEAMMP\0]], fixed "10.60.0.5")
  local text = servers.manual(plan_of(odd, { ["T'; calc; '"] = false }), "teams").text
  lu.assertStrContains(text, "New-NetLbfoTeam -Name 'T''; calc; ''' -TeamMembers 'N''1'")
  lu.assertStrContains(text, "a team by software of HP")
end

-- What is left of a member's own addresses means nothing while a team is bound to it.
function t.test_a_bound_member_with_an_old_address()
  local bound = adapter(1, "NIC1", [[PCI\VEN_14E4\A]], fixed "10.60.0.9")
    .. ([=[
[CCS\Control\Class\%s\0001\Linkage]
"UpperBind"=%s
]=]):format(NET, test_server.multi_sz { "NdisImPlatform" }) .. adapter(3, "Front", [[COMPOSITEBUS\MS_IMPLAT_MP\1]])
  lu.assertFalse(plan_of(bound).blocked)
end

function t.test_a_card_without_addresses_needs_nothing()
  local plan = plan_of(adapter(1, "Spare", [[PCI\VEN_14E4\A]]))
  lu.assertFalse(plan.blocked)
  lu.assertStrContains(servers.verdict(plan, guid(1), "EnableDHCP").why, "'Spare' has no address")
end

function t.test_software_with_a_fixed_address_blocks_by_name()
  local loopback = adapter(1, "Loopback 1", [[ROOT\NET\0000]], fixed "10.99.0.1")
    .. ('[CCS\\Control\\Class\\%s\\0001]\n"ComponentId"="*msloop"\n'):format(NET)
  lu.assertStrContains(servers.failed(plan_of(loopback), "adapters-mapped").message,
    "'Loopback 1' (an adapter made of software)")
  lu.assertFalse(plan_of(loopback, { ["Loopback 1"] = false }).blocked)
  local own = adapter(1, "Tunnel", [[ROOT\NET\0000]], fixed "169.254.1.1")
    .. ('[CCS\\Control\\Class\\%s\\0001]\n"ComponentId"="*msloop"\n'):format(NET)
  lu.assertFalse(plan_of(own).blocked)
end

function t.test_a_card_that_is_gone_is_told_and_its_live_twin_moves()
  local moved = adapter(7, "Card 7", [[PCI\VEN_8086\A]], fixed "10.60.0.5")
    .. adapter(8, "Card 8", [[PCI\VEN_15AD\B]], fixed "10.60.0.5")
  local plan, there = plan_of(moved, { ["Card 8"] = "LAN", LAN = false })
  lu.assertFalse(plan.blocked)
  local message = servers.failed(plan, "gone-adapters").message
  lu.assertStrContains(message, "'Card 7' (probably not there any more, " .. guid(7) .. ") has 10.60.0.5")
  lu.assertEquals(there:read(servers.key "LAN", "IPAddress"), { "10.60.0.5" })
  lu.assertStrContains(servers.verdict(plan, guid(7), "IPAddress").why, "'Card 7'")
  -- Who knows better names it in the map.
  plan = plan_of(moved, { ["Card 7"] = "LAN", ["Card 8"] = false, LAN = false })
  lu.assertFalse(plan.blocked)
  lu.assertNil(servers.failed(plan, "gone-adapters"))
end

-- Values that administrators set ----------------------------------------------------------------

local TCPIP = [[HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters]]
local NETBT = [[HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters]]

local function parameters(service, lines) return ("[CCS\\Services\\%s\\Parameters]\n%s\n"):format(service, lines) end

function t.test_tuning_is_carried()
  local plan, there = plan_of(parameters("Tcpip", '"KeepAliveTime"=dword:000493e0\n"ReservedPorts"='
    .. test_server.multi_sz { "1645-1646" } .. '\n"MaxUserPort"=dword:0000fffe\n"SynAttackProtect"=dword:00000001')
    .. adapter(1, "Far", [[PCI\VEN_8086\A]], fixed "10.60.0.5" .. '"MTU"=dword:00000578\n'),
    { Far = "LAN", LAN = false })
  lu.assertEquals(there:read(TCPIP, "KeepAliveTime"), 300000)
  lu.assertEquals(there:read(TCPIP, "ReservedPorts"), { "1645-1646" })
  lu.assertEquals(there:read(servers.key "LAN", "MTU"), 1400)
  lu.assertEquals(servers.verdict(plan, [[Tcpip\Parameters]], "SynAttackProtect").verdict, "dropped")
  lu.assertEquals(servers.manual(plan, "dynamic-ports").details,
    { "netsh int ipv4 set dynamicport tcp start=1025 num=64510" })
  lu.assertEquals(unjudged_of(plan), {})
end

-- {service, name, source, destination or nil, expected}
local switches = {
  { "Tcpip", "DisableIPSourceRouting", 2, nil, 2 }, { "Tcpip", "DisableIPSourceRouting", 0, nil, nil },
  { "Tcpip", "DisableIPSourceRouting", 1, 2, 2 }, { "Tcpip", "DisableIPSourceRouting", 2, 1, 2 },
  { "Tcpip", "EnableICMPRedirect", 0, nil, 0 }, { "Tcpip", "EnableICMPRedirect", 1, 0, 0 },
  { "Tcpip", "PerformRouterDiscovery", 0, nil, 0 }, { "Tcpip", "PerformRouterDiscovery", 1, 0, 0 },
  { "Tcpip6", "DisableIPSourceRouting", 2, 0, 2 }, { "Tcpip6", "DisableIPSourceRouting", 1, 2, 2 },
  { "NetBT", "NoNameReleaseOnDemand", 1, 0, 1 }, { "NetBT", "NoNameReleaseOnDemand", 0, 1, 1 },
}

function t.test_the_stricter_switch_holds()
  for _, case in ipairs(switches) do
    local service, name, from, own, expected = table.unpack(case, 1, 5)
    local function text(value) return parameters(service, ('"%s"=dword:%08x'):format(name, value)) end
    local _, there = plan_of(text(from), nil, { release = "2022", system = own and text(own) })
    local key = ([[HKLM\SYSTEM\CurrentControlSet\Services\%s\Parameters]]):format(service)
    lu.assertEquals(there:read(key, name), expected, ("%s %s %s"):format(name, from, tostring(own)))
  end
  local _, there = plan_of(parameters("NetBT", '"NoNameReleaseOnDemand"="yes"'))
  lu.assertNil(there:get(NETBT, "NoNameReleaseOnDemand"))
end

function t.test_disabled_components_with_all_bits()
  local plan, there = plan_of(parameters("Tcpip6", '"DisabledComponents"=dword:ffffffff'))
  lu.assertStrContains(servers.failed(plan, "ipv6-all-bits").message, "0xFF, which disables the same")
  lu.assertEquals(there:read([[HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters]], "DisabledComponents"), 0xFF)
  plan = plan_of(parameters("Tcpip6", '"DisabledComponents"=dword:000000ff'))
  lu.assertNil(servers.failed(plan, "ipv6-all-bits"))
end

return t
