-- What a person has to do: each step appears when it applies, and not otherwise.

local lu = require "luaunit"
local playbook = require "playbook"
local servers = require "test_servers"

local t = {}

local radius = [=[
[RA\Authentication\Providers]
"ActiveProvider"="{1AA7F83F-C7F5-11D0-A376-00C04FC9DA04}"
]=]
local modem = [=[
[CCS\Control\Class\{4D36E96D-E325-11CE-BFC1-08002BE10318}\0000]
"FriendlyName"="Modem"
]=]
local direct_access = [=[
[SOFTWARE\Policies\Microsoft\Windows\RemoteAccess\Config]
"AuthenticationType"=dword:00000001
]=]
local by_hand = { parameters = { direct_access = "by-hand" } }
local branch = '[RA\\Interfaces\\2]\n"InterfaceName"="Branch"\n"Type"=dword:00000002\n'

local function flags(value) return { system = ('[RA\\Parameters]\n"ServerFlags"=dword:%08x\n'):format(value) } end
local function phonebook(lines) return { system = branch, phonebook = "[Branch]\r\n" .. lines } end

-- By step: a source with which it is there; `without`: one with which it is not, when that is not the plain 2012 one;
-- false: it is always there.
local when = {
  ["certificates"] = { software = servers.store("MY", { "vpn" }) },
  ["reversible-passwords"] = {
    system = flags(0x20000).system, options = { parameters = { reversible_passwords = "yes" } },
  },
  ["dial-up"] = phonebook "Type=1\r\n",
  ["sstp-binding"] = { without = { system = '[RA\\Parameters]\n"RouterType"=dword:00000002\n' } },
  ["policies"] = { without = { system = radius } },
  ["nps"] = { system = radius },
  ["eap-certificates"] = { system = radius },
  ["powershell-settings"] = { release = "2016" },
  ["forwarded-fragments"] = {
    system = '[NICS\\0021]\n"ComponentId"="ms_l2tpminiport"\n"EnableForRas"=dword:00000001\n',
  },
  ["add-on-dlls"] = { software = '[SOFTWARE\\Microsoft\\RAS\\AdminDll]\n"DLLPath"="C:\\\\x.dll"\n' },
  ["custom-dialing"] = phonebook "Type=2\r\nCustomDialDll=C:\\dial.dll\r\n",
  ["ipv6-adapter"] = { release = "2008" },
  ["local-accounts"] = { without = { system = radius } },
  ["l2tp-preshared-key"] = flags(0x10000000),
  ["demand-dial-secrets"] = phonebook "Type=2\r\n",
  ["interface-certificates"] = {
    system = branch .. '"MachineCertificateName"=hex:30,00\n', phonebook = "[Branch]\r\nType=2\r\n",
  },
  ["first-start"] = false, ["verify"] = false, ["go-back"] = false, ["declare-complete"] = false,
  ["other-firewalls"] = false, ["retire-source"] = false, ["remove-store"] = false,
  ["live-test"] = { without = { system = '[RA\\Parameters]\n"RouterType"=dword:00000002\n' } },
  ["dial-in-test"] = { system = modem },
  ["routing-test"] = { without = { system = '[RA\\Parameters]\n"RouterType"=dword:00000001\n' } },
  ["firewall-rules"] = { system = '[NICS\\0021]\n"EnableForRas"=dword:00000001\n' },
  ["direct-access-record"] = { software = direct_access, options = by_hand },
  ["direct-access-policies"] = { software = direct_access, options = by_hand },
  ["direct-access-prerequisites"] = { software = direct_access, options = by_hand },
  ["direct-access-move"] = { software = direct_access, options = by_hand },
  ["direct-access-verify"] = { software = direct_access, options = by_hand },
  ["direct-access-firewalls"] = { software = direct_access, options = by_hand },
}

-- Steps of other conditions than the source alone; they have tests below or in other files.
local elsewhere = {
  ["old-profiles"] = true, ["dropped-firewall-rules"] = true, ["opened-ports"] = true, ["nat-addresses"] = true,
  ["old-name"] = true, ["dns"] = true,
  ["lost-routing"] = true, ["bgp"] = true,
  ["old-addresses"] = true,
  ["client-profiles"] = true, ["perimeter-firewall"] = true,
}

local function plan_of(source)
  source.release = source.release or "2012"
  local destination = source.release == "2016" and { release = "2022" } or nil
  local plan = servers.plan(machine, run, source, destination, source.options)
  lu.assertFalse(plan.blocked)
  return plan
end

function t.test_each_step_has_its_condition()
  for _, step in ipairs(playbook.steps) do
    if step.kind == "manual" and not elsewhere[step.id] then
      local with = when[step.id]
      lu.assertNotNil(with, step.id .. " has no test")
      local id = step.shared or step.id
      lu.assertNotNil(servers.has_manual(plan_of(with or {}), id), step.id .. " is missing")
      if with then lu.assertNil(servers.has_manual(plan_of(with.without or {}), id), step.id .. " is too much") end
    end
  end
end

local function address(guid, text)
  local bytes = text:gsub(".", function(sign) return ("%02x,00,"):format(sign:byte()) end)
  return ('[CCS\\Services\\Tcpip\\Parameters\\Interfaces\\%s]\n"IPAddress"=hex(7):%s00,00,00,00\n'):format(guid, bytes)
end

local function with_destination(name, own_address, parameters)
  return servers.plan(machine, run,
    { release = "2012", system = address(servers.guids.source.Internet, "203.0.113.10") },
    { release = "2012", system = ('[CCS\\Control\\ComputerName\\ComputerName]\n"ComputerName"="%s"\n'):format(name)
      .. address(servers.guids.destination.Internet, own_address) }, { parameters = parameters })
end

function t.test_names_and_addresses_that_change()
  local same = with_destination("OLD", "203.0.113.10")
  local renamed, moved = with_destination("NEW", "203.0.113.10"), with_destination("OLD", "203.0.113.11")
  for _, id in ipairs { "rename-computer", "dns", "client-profiles", "perimeter-firewall" } do
    lu.assertNil(servers.has_manual(same, id), id)
  end
  lu.assertNotNil(servers.has_manual(renamed, "rename-computer"))
  lu.assertNotNil(servers.has_manual(renamed, "dns"))
  lu.assertNil(servers.has_manual(renamed, "perimeter-firewall"))
  lu.assertNil(servers.has_manual(moved, "rename-computer"))
  lu.assertNotNil(servers.has_manual(moved, "client-profiles"))
  lu.assertNotNil(servers.has_manual(moved, "perimeter-firewall"))
end

function t.test_custom_dialers_are_named()
  local plan = plan_of { system = branch .. '[CCS\\Services\\RasMan\\Parameters]\n'
    .. '"CustomDLL"=hex(7):78,00,2e,00,64,00,6c,00,6c,00,00,00,00,00\n',
    phonebook = "[Branch]\r\nType=2\r\nCustomDialDll=C:\\dial.dll\r\n" }
  lu.assertEquals(servers.has_manual(plan, "custom-dialing").details, { "x.dll", "C:\\dial.dll of 'Branch'" })
end

function t.test_add_on_dlls_by_the_bitness_of_the_source()
  local software = '[SOFTWARE\\Microsoft\\RAS\\SecurityHost]\n"DLLPath"="C:\\\\x.dll"\n'
  local plan = plan_of { release = "2008", software = software }
  lu.assertStrContains(servers.has_manual(plan, "add-on-dlls").text, "Copy")
  local x86 = '[CCS\\Control\\Session Manager\\Environment]\n"PROCESSOR_ARCHITECTURE"="x86"\n'
  plan = plan_of { release = "2008", system = x86, software = software }
  lu.assertStrContains(servers.has_manual(plan, "add-on-dlls").text, "64-bit versions")
end

function t.test_a_name_that_is_taken_over_changes_nothing_for_others()
  local plan = with_destination("NEW", "203.0.113.11", { takes_over_name = "yes" })
  for _, id in ipairs { "dns", "client-profiles", "perimeter-firewall" } do
    lu.assertNil(servers.has_manual(plan, id), id)
  end
  lu.assertStrContains(servers.has_manual(plan, "rename-computer").text, "Rename the destination to OLD")
  lu.assertStrContains(servers.has_manual(plan, "take-over-addresses").text, "203.0.113.10")
end

-- What the destination has already is done, as far as its image tells.
local function state_of(id, source, destination)
  destination.release = "2012"
  return servers.has_manual(servers.plan(machine, run, source, destination), id).state
end

function t.test_firewall_rules_that_are_on()
  local pptp = { release = "2012", system = '[NICS\\0021]\n"EnableForRas"=dword:00000001\n' }
  local function rules(gre)
    return { system = ([=[
[CCS\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules]
"RRAS-PPTP-In-TCP"="v2.20|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=1723|App=System|"
"RRAS-GRE-In"="v2.20|Action=Allow|Active=%s|Dir=In|Protocol=47|App=System|"
]=]):format(gre) }
  end
  lu.assertEquals(state_of("firewall-rules", pptp, rules "FALSE"), "open")
  lu.assertEquals(state_of("firewall-rules", pptp, rules "TRUE"), "done")
end

return t
