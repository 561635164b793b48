-- What of the source's configuration ends in the destination's file, and what of the destination's stays.

local lu = require "luaunit"
local nps = require "format.nps"
local servers = require "test_servers"

local t = {}

local FILE = [[%SystemRoot%\System32\ias\ias.xml]]

local function moved(source, parameters, destination)
  local plan, to, from = servers.plan(machine, run, source, parameters, destination)
  for _, check in ipairs(plan.checks) do
    lu.assertTrue(check.ok or check.severity ~= "block", tostring(check.message))
  end
  lu.assertEquals(unjudged_of(plan), {})
  return assert(nps.parse(to:read_file(FILE))), plan, to, from
end

function t.test_objects_come_and_the_schema_stays()
  local model, _, to = moved {
    release = "2008r2", schema = "<Old/>", component = 1, description = "RADIUS of the house",
    clients = { servers.client("Switch 1", "10.0.0.1", "s1"), servers.client("Funk-AP", "10.0.0.0/24", "s2") },
    policies = { servers.policy("VPN", { sequence = 1 }) },
    requests = { servers.policy("All", { sequence = 1 }) },
    groups = servers.object("Proxy group", {}):gsub("</Proxy_group>", "<Children>" .. servers.object("r1", {
      servers.leaf("Address", "string", "10.9.9.9"), servers.leaf("Authentication_Secret", "string", "x"),
    }) .. "</Children></Proxy_group>"),
  }
  local names = {}
  for index, client in ipairs(nps.clients(model)) do names[index] = client.name end
  lu.assertEquals(names, { "Switch 1", "Funk-AP" })
  lu.assertEquals(nps.servers(model)[1].group, "Proxy group")
  lu.assertEquals(nps.get(nps.servers(model)[1], "Address"), "10.9.9.9")
  lu.assertEquals(#nps.policies(model, "NetworkPolicy"), 1)
  lu.assertEquals(nps.policies(model, "Proxy_Policies")[1].profile.name, "All")
  lu.assertEquals(nps.get(nps.find(model), "Description"), "RADIUS of the house")
  lu.assertEquals(nps.get(nps.radius(model), "Component_Id"), 7)
  local text = to:read_file(FILE)
  lu.assertStrContains(text, "<Own/>")
  lu.assertNotStrContains(text, "<Old/>")
  lu.assertNotStrContains(text, "Use Windows authentication")
end

function t.test_secrets_keep_every_character_and_are_not_told()
  local secret = "a&b<c>\"d'e ]]x ä€\u{1F600}"
  local written = secret:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })
  local model, plan = moved { clients = { servers.client("AP", "10.0.0.1", written) } }
  lu.assertEquals(nps.get(nps.clients(model)[1], "Shared_Secret"), secret)
  for _, list in ipairs { plan.verdicts, plan.manual, plan.notes, plan.checks, plan.steps } do
    for _, item in ipairs(list) do
      for _, text in pairs(item) do lu.assertNotStrContains(tostring(text), "a&") end
    end
  end
end

function t.test_untouched_objects_keep_their_bytes()
  local odd = '<Odd_Client  name="Odd Client" ><!-- note --><Properties>\r\n\t<IP_Address\txmlns:dt='
    .. '"urn:schemas-microsoft-com:datatypes" dt:dt = \'string\' >10.1.1.1</IP_Address ><Unknown  a="1"/>'
    .. servers.leaf("Shared_Secret", "string", "&#x41;b") .. "</Properties></Odd_Client>"
  local _, _, to = moved { clients = { odd } }
  lu.assertStrContains(to:read_file(FILE), odd)
end

function t.test_a_second_run_changes_nothing()
  local source = {
    clients = { servers.client("AP", servers.addresses.source, "") },
    policies = { servers.policy("A", { sequence = 7, conditions = { 'USERNTGROUPS("S-1-5-21-1-2-3-1001")' } }) },
    vendors = servers.object("Acme", { servers.leaf("NAS_Vendor_Id", "int", 99) }),
  }
  local _, _, to = moved(source)
  local first = to:read_file(FILE)
  local _, _, again = moved(source, nil, { text = first })
  lu.assertEquals(again:read_file(FILE), first)
end

function t.test_utf_16_sources()
  local text = servers.configuration { clients = { servers.client("AP", "10.0.0.1", "s") } }
  local wide = "\xFF\xFE" .. text:gsub("\n", "\r\n"):gsub(".", "%0\0")
  local model = moved { text = wide }
  lu.assertEquals(nps.get(nps.clients(model)[1], "Shared_Secret"), "s")
end

function t.test_clients_without_a_secret_are_disabled()
  local model, plan = moved { clients = { servers.client("AP", "10.0.0.1", ""), servers.client("B", "10.0.0.2", "s") } }
  lu.assertEquals(nps.get(nps.clients(model)[1], "Radius_Client_Enabled"), false)
  lu.assertEquals(nps.get(nps.clients(model)[2], "Radius_Client_Enabled"), true)
  lu.assertEquals(servers.manual(plan, "client-secrets").details, { "AP" })
end

function t.test_own_addresses_become_the_destinations()
  local source = {
    clients = {
      servers.client("Own", servers.addresses.source, "s"), servers.client("Loop", "127.0.0.1", "s"),
      servers.client("Other", "192.0.2.1", "s"), servers.client("Name", "old", "s"),
    },
    ports = { "192.0.2.10:1812,1645;192.0.2.1:1812", "1813,1646" },
    policies = { servers.policy("A", { conditions = { [[MATCH("NAS-IP-Address=^192\.0\.2\.10$")]] } }) },
  }
  local model, plan = moved(source)
  local addresses = {}
  for index, client in ipairs(nps.clients(model)) do addresses[index] = nps.get(client, "IP_Address") end
  lu.assertEquals(addresses, { servers.addresses.destination, "127.0.0.1", "192.0.2.1", "old" })
  lu.assertEquals(nps.get(nps.radius(model), "Authentication_Port"), "192.0.2.20:1812,1645;192.0.2.1:1812")
  lu.assertEquals(nps.get(nps.radius(model), "Accounting_Port"), "1813,1646")
  local details = table.concat(servers.manual(plan, "own-addresses").details, "\n")
  lu.assertStrContains(details, "'Name': old is the source's name")
  lu.assertStrContains(details, "a condition of the policy 'A': 192.0.2.10")
  model, plan = moved(source, { takes_over_name = true })
  lu.assertEquals(nps.get(nps.clients(model)[1], "IP_Address"), servers.addresses.source)
  lu.assertEquals(nps.get(nps.radius(model), "Authentication_Port"), "192.0.2.10:1812,1645;192.0.2.1:1812")
  lu.assertNil(servers.manual(plan, "own-addresses"))
  lu.assertNotNil(servers.manual(plan, "rename-computer"))
end

function t.test_only_unknown_vendors_are_added()
  local function vendor(name, id) return servers.object(name, { servers.leaf("NAS_Vendor_Id", "int", id) }) end
  local target = servers.configuration { vendors = vendor("Known", 9) }
  local model = moved({ vendors = vendor("Known elsewhere", 9) .. vendor("Acme", 99) .. vendor("Acme again", 99) }, nil,
    { text = target })
  local names = {}
  for _, object in ipairs(nps.inside(nps.find(model, "Protocols", "Microsoft Radius Protocol", "Vendors"))) do
    names[#names + 1] = object.name
  end
  lu.assertEquals(names, { "Known", "Acme" })
end

local function accounting(model, name)
  return nps.get(nps.find(model, "RequestHandlers", "Microsoft Accounting"), name)
end

function t.test_accounting_by_release()
  local leaves = {
    servers.leaf("Log_Format", "int", 65535), servers.leaf("Delete_If_Full", "boolean", 0),
    servers.leaf("Discard_On_Failure", "boolean", 0), servers.leaf("Log_File_Is_Backup", "boolean", 1),
  }
  local model = moved { release = "2008r2", accounting = leaves }
  lu.assertEquals(accounting(model, "Log_Format"), 65535)
  lu.assertEquals(accounting(model, "Delete_If_Full"), false)
  lu.assertEquals(accounting(model, "Discard_On_Failure"), false)
  lu.assertEquals(accounting(model, "Log_File_Is_Backup"), true)
  model = moved { release = "2008", accounting = leaves }
  lu.assertEquals(accounting(model, "Log_Format"), 65535)
  lu.assertEquals(accounting(model, "Discard_On_Failure"), true)
  lu.assertEquals(accounting(model, "Log_File_Is_Backup"), false)
end

function t.test_lan_manager_is_off()
  local model = moved {}
  lu.assertEquals(nps.get(nps.find(model, "RequestHandlers", "Microsoft NT SAM Authentication"),
    "Allow_LM_Authentication"), false)
end

function t.test_the_folder_of_the_logs()
  local function directory(path)
    local model, plan = moved { accounting = { servers.leaf("Log_File_Directory", "string", path) } }
    return accounting(model, "Log_File_Directory"), servers.manual(plan, "log-directory")
  end
  lu.assertEquals(directory [[C:\Windows\Logs]], [[C:\Windows\Logs]])
  lu.assertEquals(directory [[c:\RadiusLogs]], [[C:\RadiusLogs]])
  lu.assertEquals(directory [[%windir%\Logs]], [[%windir%\Logs]])
  local there, manual = directory [[D:\Logs]]
  lu.assertEquals(there, [[C:\Windows\system32\LogFiles]])
  lu.assertStrContains(manual.details[1], [[D:\Logs on the source]])
end

function t.test_dangling_templates_do_not_survive()
  local guid, known = "{12345678-1234-1234-1234-123456789012}", "{ABCDEFAB-1234-1234-1234-123456789012}"
  local function template(value) return servers.leaf("Client_Secret_Template_Guid", "string", value) end
  local model, plan = moved({ clients = {
    servers.client("Lost", "10.0.0.1", "s", template(guid)), servers.client("Kept", "10.0.0.2", "s", template(known)),
    servers.client("None", "10.0.0.3", "s", template(nps.NO_TEMPLATE)),
  } }, nil, { files = { ["Windows/System32/ias/iastemplates.xml"] = "<x>" .. known:lower() .. "</x>" } })
  local found = {}
  for index, client in ipairs(nps.clients(model)) do found[index] = nps.get(client, "Client_Secret_Template_Guid") end
  lu.assertEquals(found, { nps.NO_TEMPLATE, known, nps.NO_TEMPLATE })
  lu.assertEquals(servers.manual(plan, "templates").details, { "Lost" })
end

function t.test_a_policy_whose_filter_was_in_a_template_is_disabled()
  local function filter(more)
    return servers.leaf("IP_Filter_Template_Guid", "string", "{12345678-1234-1234-1234-123456789012}") .. (more or "")
  end
  local model = moved { policies = {
    servers.policy("Inline", { sequence = 1, more = filter(servers.leaf("msRASFilter", "bin.hex", "01")) }),
    servers.policy("Template", { sequence = 2, more = filter() }),
  } }
  local list = nps.policies(model, "NetworkPolicy")
  lu.assertEquals(nps.get(list[1], "Policy_Enabled"), true)
  lu.assertEquals(nps.get(list[2], "Policy_Enabled"), false)
end

function t.test_it_is_present_where_the_service_is()
  local facts = require "facts"
  for text, expected in pairs {
    [""] = true, ['[CCS\\Services\\IAS]\n"Start"=dword:4\n'] = false, ['[-CCS\\Services\\IAS]\n'] = false,
  } do
    local server = servers.server(machine, "source", { release = "2012", system = text })
    lu.assertEquals(facts.present(server), expected, text)
  end
end

function t.test_registry()
  local extensions = [=[
[CCS\Services\AuthSrv\Parameters]
"ExtensionDLLs"=hex(7):43,00,3a,00,5c,00,61,00,2e,00,64,00,6c,00,6c,00,00,00,00,00
[CCS\Services\IAS\Parameters]
"Allow SNMP Set"=dword:00000001
"ServiceDll"="x"
]=]
  local _, plan, to = moved { system = extensions }
  lu.assertEquals(to:read([[HKLM\SYSTEM\CurrentControlSet\Services\IAS\Parameters]], "Allow SNMP Set"), 1)
  lu.assertNil(to:read([[HKLM\SYSTEM\CurrentControlSet\Services\IAS\Parameters]], "ServiceDll"))
  lu.assertFalse(to:has_key [[HKLM\SYSTEM\CurrentControlSet\Services\AuthSrv]])
  lu.assertStrContains(servers.failed(plan, "NPS-CHK-07").message, [[C:\a.dll]])
  lu.assertNotNil(servers.manual(plan, "extension-dlls"))
end

return t
