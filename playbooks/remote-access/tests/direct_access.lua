-- DirectAccess of 2012: refused, or moved by a person along with the rest.

local certificates = require "test_certificates"
local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

local policy = [=[
[SOFTWARE\Policies\Microsoft\Windows\RemoteAccess\Config]
"AuthenticationType"=dword:00000001
]=]
local by_hand = { parameters = { direct_access = "by-hand" } }

local function plan_of(source, destination, options)
  source.release, source.software = "2012", policy .. (source.software or "")
  destination = destination or {}
  destination.release = "2012"
  return servers.plan(machine, run, source, destination, options)
end

local function address(guid, text)
  local bytes = text:gsub(".", function(sign) return ("%02x,00,"):format(sign:byte()) end)
  return ([=[
[CCS\Services\Tcpip\Parameters\Interfaces\%s]
"EnableDHCP"=dword:00000000
"IPAddress"=hex(7):%s00,00,00,00
]=]):format(guid, bytes)
end

function t.test_it_is_refused_unless_a_person_moves_it()
  local check = servers.failed(plan_of {}, "RA-CHK-11")
  lu.assertEquals(check.severity, "block")
  lu.assertStrContains(check.hint, "direct_access=by-hand")
  local plan = plan_of({}, nil, by_hand)
  lu.assertFalse(plan.blocked)
  lu.assertEquals(unjudged_of(plan), {})
  for _, id in ipairs { "record", "policies", "prerequisites", "move", "verify", "firewalls" } do
    lu.assertNotNil(servers.has_manual(plan, "direct-access-" .. id), id)
  end
end

function t.test_without_it_no_step_speaks_of_it()
  local plan = servers.plan(machine, run, { release = "2012" }, nil, by_hand)
  for _, item in ipairs(plan.manual) do lu.assertNil(item.id:match "direct%-access", item.id) end
end

function t.test_a_destination_that_has_it_is_refused()
  local plan = servers.plan(machine, run, { release = "2008r2" }, { release = "2012", software = policy })
  lu.assertEquals(servers.failed(plan, "RA-CHK-09").severity, "block")
end

function t.test_addresses_must_be_the_same()
  local from, to = servers.guids.source.Internet, servers.guids.destination.Internet
  local plan = plan_of({ system = address(from, "203.0.113.10") }, { system = address(to, "203.0.113.11") }, by_hand)
  local check = servers.failed(plan, "RA-CHK-16")
  lu.assertEquals(check.severity, "block")
  lu.assertStrContains(check.message, "203.0.113.11 on the destination")
  plan = plan_of({ system = address(from, "203.0.113.10") }, { system = address(to, "203.0.113.10") }, by_hand)
  lu.assertNil(servers.failed(plan, "RA-CHK-16"))
end

function t.test_names_must_be_the_same()
  local from, to = servers.guids.source, servers.guids.destination
  by_hand.map = {
    { source = { guid = from.Internet, name = "Internet" }, destination = { guid = to.Intranet, name = "Intranet" },
      reason = "given" },
    { source = { guid = from.Intranet, name = "Intranet" }, destination = { guid = to.Internet, name = "Internet" },
      reason = "given" },
  }
  local check = servers.failed(plan_of({}, nil, by_hand), "RA-CHK-16")
  by_hand.map = nil
  lu.assertStrContains(check.message, "'Internet' is called 'Intranet'")
end

function t.test_its_certificates_must_be_there()
  local source = {
    software = servers.store("MY", { "vpn" }),
    system = ([=[
[CCS\Services\HTTP\Parameters\SslBindingInfo\0.0.0.0:443]
"AppId"="{5d8e2743-ef20-4d38-8751-7e400f200e65}"
"SslCertHash"=hex:%s
]=]):format(servers.hex(servers.unhex(certificates.vpn.sha1))),
  }
  local check = servers.failed(plan_of(source, nil, by_hand), "RA-CHK-31")
  lu.assertEquals(check.severity, "block")
  lu.assertStrContains(check.message, certificates.vpn.sha1)
  source.software = servers.store("MY", { "vpn" })
  local plan = plan_of(source, { software = servers.store("MY", { "vpn" }) }, by_hand)
  lu.assertNil(servers.failed(plan, "RA-CHK-31"))
end

function t.test_it_moves_to_2012_only()
  local plan = servers.plan(machine, run, { release = "2012", software = policy }, { release = "2016" }, by_hand)
  local check = servers.failed(plan, "RA-DA-01")
  lu.assertEquals(check.severity, "block")
  lu.assertStrContains(check.message, "the destination is Windows Server 2016")
  lu.assertNil(servers.failed(plan_of({}, nil, by_hand), "RA-DA-01"))
end

local console = [=[
[SOFTWARE\Microsoft\ServerManager\ServicingStorage\ServerComponentCache\DAMC]
"InstallState"=dword:00000001
]=]

function t.test_that_of_2008_r2_is_refused_and_the_rest_migrates()
  local plan = servers.plan(machine, run, { release = "2008r2", software = console })
  local check = servers.failed(plan, "RA-CHK-10")
  lu.assertEquals(check.severity, "warn")
  lu.assertStrContains(check.message, "cannot be migrated; VPN and routing can")
  lu.assertFalse(plan.blocked)
  for _, item in ipairs(plan.manual) do lu.assertNil(item.id:match "direct%-access", item.id) end
  lu.assertNil(servers.failed(servers.plan(machine, run, { release = "2008r2" }), "RA-CHK-10"))
end

-- What both servers have is filled in; the rest are words to replace.
function t.test_the_commands_name_the_adapters()
  local guid = servers.guids.destination.Internet
  local gateway = ([=[
[CCS\Services\Tcpip\Parameters\Interfaces\%s]
"DefaultGateway"=hex(7):31,00,30,00,2e,00,31,00,2e,00,31,00,2e,00,31,00,00,00,00,00
]=]):format(guid)
  local text = servers.has_manual(plan_of({}, { system = gateway }, by_hand), "direct-access-move").text
  lu.assertStrContains(text, "-InternetInterface 'Internet' `\n  -InternalInterface 'Intranet'")
  text = servers.has_manual(plan_of({}, nil, by_hand), "direct-access-move").text
  lu.assertStrContains(text, "-InternetInterface INTERNET-ADAPTER")
end

function t.test_answers_about_it_block()
  local options = { parameters = { direct_access = "by-hand", multisite = "yes" } }
  lu.assertEquals(servers.failed(plan_of({}, nil, options), "RA-CHK-07").severity, "block")
  options.parameters = { direct_access = "by-hand", direct_access_ready = "no" }
  lu.assertEquals(servers.failed(plan_of({}, nil, options), "RA-CHK-32").severity, "block")
end

return t
