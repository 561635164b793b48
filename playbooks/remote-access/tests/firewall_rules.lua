-- Rules of Windows Firewall that somebody made: carried with the interfaces of the map, or dropped by name.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local RULES = [[HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules]]
local IN = "v2.10|Action=Allow|Active=TRUE|Dir=In|"
local from, to = servers.guids.source, servers.guids.destination

-- rules: name to text; gives the plan, and what the destination has of them.
local function carried(rules, options)
  options = options or {}
  local lines = { [=[[CCS\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules]]=] }
  for name, text in pairs(rules) do lines[#lines + 1] = ('"%s"="%s"'):format(name, text) end
  local plan, _, destination = servers.plan(machine, run,
    { release = "2012", system = table.concat(lines, "\n") .. "\n" .. (options.system or ""), cards = options.cards,
      guids = options.guids }, nil, { parameters = options.parameters })
  lu.assertFalse(plan.blocked)
  local there = {}
  for name in pairs(rules) do there[name] = destination:read(RULES, name) end
  return there, plan
end

function t.test_own_rules_for_remote_access_are_carried_as_they_are()
  local rules = {
    gre = IN .. "Protocol=47|App=System|Name=GRE for branch|",
    pptp = IN .. "Protocol=6|LPort=1723|RA4=198.51.100.0/255.255.255.0|Name=PPTP|Desc=a=b|",
    range = IN .. "Protocol=17|LPort2_10=4000-5000|Name=NAT-T|",
    sstp = IN .. "Protocol=6|LPort=443|Name=SSTP|",
    service = "v2.10|Action=Block|Active=FALSE|Dir=Out|Svc=RasMan|Name=No calls|",
  }
  lu.assertEquals(carried(rules), rules)
end

function t.test_other_rules_stay()
  local rules = {
    ["RRAS-GRE-In"] = IN .. "Protocol=47|App=System|Name=@FirewallAPI.dll,-33769|EmbedCtxt=@FirewallAPI.dll,-33752|",
    ["shipped"] = IN .. "Protocol=47|Name=text|EmbedCtxt=@FirewallAPI.dll,-33752|",
    ["database"] = IN .. "Protocol=6|LPort=1433|Name=SQL|",
    ["near"] = IN .. "Protocol=6|LPort=17230|Name=near|",
    ["udp"] = IN .. "Protocol=17|LPort=1723|Name=not TCP|",
    ["torn"] = IN .. "Protocol=47|Name",
    ["no rule"] = "",
  }
  lu.assertEquals(carried(rules), {})
  lu.assertEquals(carried(rules, { parameters = { firewall_rules = "all-own" } }),
    { database = rules.database, near = rules.near, udp = rules.udp })
  lu.assertEquals(carried({ gre = IN .. "Protocol=47|Name=g|" }, { parameters = { firewall_rules = "leave" } }), {})
end

function t.test_interfaces_and_addresses_go_by_the_map()
  local text = IN .. "Protocol=47|IF=%s|IF=%s|Name=both|"
  lu.assertEquals(carried({ gre = text:format(from.Internet, from.Intranet) }).gre,
    text:format(to.Internet, to.Intranet))
  local address = '[CCS\\Services\\Tcpip\\Parameters\\Interfaces\\' .. from.Internet .. ']\n'
    .. '"IPAddress"=hex(7):31,00,30,00,2e,00,31,00,2e,00,31,00,2e,00,31,00,00,00,00,00\n'
  local _, plan = carried({ gre = IN .. "Protocol=47|LA4=10.1.1.1|Name=one address|" }, { system = address })
  lu.assertEquals(servers.has_manual(plan, "dropped-firewall-rules").details,
    { "'one address': it is for the address 10.1.1.1, and its card has none" })
end

function t.test_a_rule_whose_interface_has_no_place_is_dropped_by_name()
  local gone = "{33333333-0000-0000-0000-000000000003}"
  local there, plan = carried({ gre = IN .. "Protocol=47|IF=" .. gone .. "|Name=Old card|" })
  lu.assertEquals(there, {})
  lu.assertEquals(servers.verdict(plan, "FirewallRules", "gre").verdict, "dropped")
  lu.assertEquals(servers.has_manual(plan, "dropped-firewall-rules").details,
    { "'Old card': it is for the interface " .. gone .. ", which has none in its place" })
end

function t.test_ports_that_2003_lets_in_are_named_as_commands()
  local plan = servers.plan(machine, run, { release = "2003", system = [=[
[CCS\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\GloballyOpenPorts\List]
"8443:TCP"="8443:TCP:*:Enabled:Bob's SSTP"
"9999:UDP"="9999:UDP:LocalSubNet:Enabled:Probe"
"9998:UDP"="9998:UDP:*:Disabled:Off"
"139:TCP"="139:TCP:*:Enabled:@xpsp2res.dll,-22004"
]=] })
  local text = servers.has_manual(plan, "opened-ports").text
  lu.assertStrContains(text,
    "-DisplayName 'Bob''s SSTP' -Direction Inbound -Action Allow -Protocol TCP -LocalPort 8443")
  lu.assertStrContains(text, "-Protocol UDP -LocalPort 9999 -RemoteAddress LocalSubnet")
  lu.assertNotStrContains(text, "9998")
  lu.assertNotStrContains(text, "139")
end

return t
