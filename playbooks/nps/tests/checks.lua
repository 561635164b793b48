-- The checks of guide section 3, on both sides of each border.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local function failed(guide, source, destination)
  local plan = servers.plan(machine, run, source, nil, destination)
  return servers.failed(plan, guide), plan
end

function t.test_supported_pairs()
  for _, pair in ipairs { { "2008", "2012" }, { "2008r2", "2012r2" }, { "2012", "2012" }, { "2012r2", "2012r2" } } do
    lu.assertNil(failed("NPS-CHK-01", { release = pair[1] }, { release = pair[2] }), pair[1])
  end
  for _, pair in ipairs { { "2012r2", "2012" }, { "2022", "2019" }, { "2008r2", "2008r2" }, { "2025", "2025" } } do
    lu.assertEquals(failed("NPS-CHK-01", { release = pair[1] }, { release = pair[2] }).severity, "block", pair[1])
  end
  for _, pair in ipairs { { "2012r2", "2016" }, { "2012r2", "2025" }, { "2016", "2022" }, { "2022", "2025" } } do
    local check, plan = failed("NPS-CHK-01", { release = pair[1] }, { release = pair[2] })
    lu.assertEquals(check.id, "beyond-the-guide")
    lu.assertStrContains(check.hint, "nps-manage-export")
    lu.assertFalse(plan.blocked)
  end
  local x86 = '[CCS\\Control\\Session Manager\\Environment]\n"PROCESSOR_ARCHITECTURE"="x86"\n'
  lu.assertNil(failed("NPS-CHK-01", { release = "2008", system = x86 }))
  lu.assertNotNil(failed("NPS-CHK-01", { release = "2008r2", system = x86 }))
end

-- On 2019 alone; the service keeps what it has elsewhere.
function t.test_requests_get_through_the_firewall_of_2019()
  local ias = [[HKLM\SYSTEM\CurrentControlSet\Services\IAS]]
  for _, release in ipairs { "2016", "2019", "2022" } do
    local plan, to = servers.plan(machine, run, { release = "2012r2" }, nil, { release = release })
    lu.assertEquals(to:read(ias, "ServiceSidType"), release == "2019" and 1 or nil)
    lu.assertEquals(servers.manual(plan, "firewall-2019") ~= nil, release == "2019")
    lu.assertStrContains(servers.manual(plan, "message-authenticator").text, "limitproxystate")
    lu.assertEquals(unjudged_of(plan), {})
  end
end

function t.test_what_newer_releases_lack()
  local leaf = '<msQuarantineState xmlns:dt="urn:schemas-microsoft-com:datatypes" dt:dt="int">1</msQuarantineState>'
  local source = { release = "2012r2", policies = { servers.policy("Staff", { eap = { "19" }, more = leaf }) } }
  local function found(id, release)
    local plan = servers.plan(machine, run, source, nil, { release = release })
    for _, check in ipairs(plan.checks) do
      if check.id == id and not check.ok then return check end
    end
  end
  lu.assertNil(found("health", "2012r2"))
  lu.assertStrContains(found("health", "2016").message, "Staff")
  for _, id in ipairs { "ntlm1", "old-tls" } do
    lu.assertNil(found(id, "2022"))
    lu.assertStrContains(found(id, "2025").message, "Staff")
    lu.assertEquals(found(id, "2025").severity, "warn")
  end
end

function t.test_server_core()
  local core = '[SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n"InstallationType"="Server Core"\n'
  lu.assertStrContains(failed("NPS-CHK-02", {}, { software = core }).message, "destination")
  lu.assertStrContains(failed("NPS-CHK-02", { software = core }).message, "source")
  lu.assertNil(failed("NPS-CHK-02", {}))
end

function t.test_language()
  local german = '[CCS\\Control\\Nls\\Language]\n"InstallLanguage"="0407"\n'
  lu.assertEquals(failed("NPS-CHK-05", { system = german }).message,
    "The source was installed in German, the destination in English.")
  lu.assertNil(failed("NPS-CHK-05", { system = german }, { system = german }))
end

function t.test_same_machine()
  lu.assertNil(failed("NPS-CHK-03", {}))
  local clone = [=[
[CCS\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\{11111111-0000-0000-0000-000000000001}\Connection]
"Name"="LAN"
"PnpInstanceID"="PCI\\VEN_8086\\1"
]=]
  lu.assertEquals(failed("NPS-CHK-03", {}, { system = clone }).severity, "block")
end

function t.test_other_roles()
  local function dhcp(start) return { system = '[CCS\\Services\\DHCPServer]\n"Start"=dword:' .. start .. "\n" } end
  lu.assertStrContains(failed("NPS-CHK-04", dhcp(2)).message, "DHCP")
  lu.assertNil(failed("NPS-CHK-04", dhcp(4)))
end

function t.test_the_role_has_to_be_installed()
  lu.assertEquals(failed("NPS-PRE-06", {}, { system = '[CCS\\Services\\IAS]\n"Start"=dword:4\n' }).severity, "block")
  lu.assertNil(failed("NPS-PRE-06", {}))
end

-- The first failed check of NPS-IMP-03 is the one about reading.
function t.test_unreadable_configurations_block()
  for text, message in pairs {
    ["<Root>"] = "elements end too early",
    ["<Root/>"] = "is no configuration of NPS",
    ["<!DOCTYPE Root><Root/>"] = "document type",
    ['<Root xmlns:dt="urn:other"><Children dt:dt="x"/></Root>'] = "namespace",
    ['<Root xmlns="urn:other"/>'] = "namespace",
    [servers.configuration { clients = { servers.client("A", "1", "s"), servers.client("a", "2", "s") } }] =
      "two objects of Clients are called 'a'",
    [(servers.configuration {}):gsub('name="Clients"', 'name="Clientele"')] = "no list of RADIUS clients",
    [(servers.configuration {}):gsub('name="NetworkPolicy"', 'name="Policies"')] = "no section NetworkPolicy",
  } do
    local check, plan = failed("NPS-IMP-03", { text = text })
    lu.assertStrContains(check.message, message)
    lu.assertTrue(plan.blocked)
    check = failed("NPS-IMP-03", {}, { text = text })
    lu.assertStrContains(check.message, message)
    lu.assertStrContains(check.message, "destination")
  end
end

function t.test_clients_of_the_destination_are_named()
  local target = servers.configuration { clients = { servers.client("Mine", "10.0.0.1", "s") } }
  lu.assertStrContains(failed("NPS-PRE-10", {}, { text = target }).message, "Mine")
  lu.assertNil(failed("NPS-PRE-10", { clients = { servers.client("mine", "10.0.0.1", "s") } }, { text = target }))
end

function t.test_methods_of_other_vendors()
  local function with(kind) return { policies = { servers.policy("P", { types = { 5 }, eap = { kind } }) } } end
  lu.assertStrContains(failed("NPS-CHK-08", with "2b").message, "EAP type 43 (P)")
  lu.assertNil(failed("NPS-CHK-08", with "19"))
end

function t.test_other_sections()
  lu.assertStrContains(failed("NPS-CHK-09", { sections = '<Nap name="Health"/>' }).message, "Health")
  lu.assertNil(failed("NPS-CHK-09", {}))
end

function t.test_templates()
  local check, plan = failed("NPS-CHK-10", { files = { ["Windows/System32/ias/iastemplates.xml"] = "<x/>" } })
  lu.assertNotNil(check)
  lu.assertNotNil(servers.manual(plan, "templates"))
  lu.assertEquals(unjudged_of(plan), {})
end

function t.test_station_patterns()
  local function with(text) return { policies = { servers.policy("P", { conditions = { text } }) } } end
  lu.assertStrContains(failed("NPS-CHK-12", with 'MATCH("Calling-Station-Id=5551234*")').message, "5551234*")
  for sign in (".*+?()[]^$|\\"):gmatch "." do
    lu.assertNotNil(failed("NPS-CHK-12", with('MATCH("Called-Station-Id=1' .. sign .. '")')), sign)
  end
  lu.assertNil(failed("NPS-CHK-12", with 'MATCH("Called-Station-Id=00-11-22-33-44-55:SSID")'))
  lu.assertNil(failed("NPS-CHK-12", with 'MATCH("NAS-Port-Type=^19$")'))
end

function t.test_a_certificate_for_eap()
  local function with(kind) return { policies = { servers.policy("P", { types = { 5 }, eap = { kind } }) } } end
  local check, plan = failed("NPS-CHK-14", with "19")
  lu.assertStrContains(check.message, "P")
  lu.assertStrContains(servers.manual(plan, "eap-certificates").text, "P")
  lu.assertNotNil(failed("NPS-CHK-14", with "0d"))
  check, plan = failed("NPS-CHK-14", with "1a")
  lu.assertNil(check)
  lu.assertNil(servers.manual(plan, "eap-certificates"))
end

return t
