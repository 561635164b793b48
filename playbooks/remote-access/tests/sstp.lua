-- Which certificate SSTP gets (guide section 8), branch by branch.

local certificates = require "test_certificates"
local lu = require "luaunit"
local servers = require "test_servers"

local SSTP = [[HKLM\SYSTEM\CurrentControlSet\Services\SstpSvc\Parameters]]

local t = {}

local function chosen(name)
  local certificate = certificates[name]
  return ([=[
[CCS\Services\SstpSvc\Parameters]
"isHashConfiguredByAdmin"=dword:00000001
"SHA256CertificateHash"=hex:%s
"SHA1CertificateHash"=hex:%s
]=]):format(servers.hex(servers.unhex(certificate.sha256)), servers.hex(servers.unhex(certificate.sha1)))
end

-- A source that uses `name`, a destination with these certificates, both trusting the root.
local function sstp_of(release, name, own, options)
  options = options or {}
  local root = servers.store("ROOT", { "root", "authority" })
  local plan, _, destination = servers.plan(machine, run, {
    release = release, system = chosen(name) .. (options.system or ""),
    software = root .. servers.store("MY", { name }) .. (options.source_software or ""),
  }, {
    release = "2012", system = options.destination or chosen "client",
    software = root .. servers.store("MY", own, options) .. (options.software or ""),
  }, { time = options.time, given = options.given and servers.given(options.given) })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(unjudged_of(plan), {})
  return destination, plan
end

local function assert_uses(destination, name)
  lu.assertEquals(destination:read(SSTP, "isHashConfiguredByAdmin"), 1)
  lu.assertEquals(destination:get(SSTP, "SHA256CertificateHash").raw, servers.unhex(certificates[name].sha256))
  lu.assertEquals(destination:get(SSTP, "SHA1CertificateHash").raw, servers.unhex(certificates[name].sha1))
end

local function assert_default(destination)
  for _, name in ipairs { "isHashConfiguredByAdmin", "SHA256CertificateHash", "SHA1CertificateHash" } do
    lu.assertNil(destination:get(SSTP, name), name)
  end
end

function t.test_the_same_certificate()
  local destination, plan = sstp_of("2008r2", "vpn", { "mail", "vpn", "renewed" })
  assert_uses(destination, "vpn")
  lu.assertTrue(servers.has_note(plan, "the same certificate is on the destination: " .. certificates.vpn.sha1))
  lu.assertNil(servers.has_manual(plan, "import-certificates"))
  lu.assertNotNil(servers.has_manual(plan, "sstp-binding"))
end

function t.test_the_same_certificate_without_its_key_is_asked_for()
  local destination, plan = sstp_of("2008r2", "vpn", { "vpn" }, { without_keys = true })
  assert_default(destination)
  local step = servers.has_manual(plan, "import-certificates")
  lu.assertEquals(step.guide[1], "RA-MAN-03")
  lu.assertStrContains(step.details[1], certificates.vpn.sha1)
  lu.assertStrContains(step.details[1], "vpn.example.com")
  lu.assertStrContains(step.details[1], "valid until 2048-")
end

function t.test_another_of_the_same_root_prefers_the_name_to_the_later_expiry()
  local destination, plan = sstp_of("2008r2", "vpn", { "client", "mail", "renewed" })
  assert_uses(destination, "renewed")
  lu.assertTrue(servers.has_note(plan, "a certificate of the same root"))
end

function t.test_another_name_of_the_same_root_is_told()
  local destination, plan = sstp_of("2008r2", "vpn", { "client", "mail" })
  assert_uses(destination, "mail")
  lu.assertTrue(servers.has_note(plan, "its name is not that of the source's"))
end

function t.test_a_root_of_the_same_name_is_another_root()
  local destination = sstp_of("2008r2", "vpn", { "foreign" }, { software = servers.store("ROOT", { "stranger" }) })
  assert_default(destination)
end

function t.test_a_certificate_for_clients_does_not_serve()
  assert_default((sstp_of("2008r2", "vpn", { "client" })))
end

function t.test_a_banned_certificate_does_not_serve()
  assert_default((sstp_of("2008r2", "vpn", { "vpn" }, { software = servers.store("Disallowed", { "vpn" }) })))
end

local IN_2049, IN_2017 = 2499000000, 1500000000

function t.test_an_expired_certificate_gives_way_to_its_successor()
  assert_uses(sstp_of("2008r2", "vpn", { "vpn", "renewed" }, { time = IN_2049 }), "renewed")
  assert_default((sstp_of("2008r2", "vpn", { "vpn" }, { time = IN_2049 })))
end

function t.test_a_certificate_that_is_not_valid_yet_does_not_serve()
  assert_default((sstp_of("2008r2", "vpn", { "vpn", "renewed" }, { time = IN_2017 })))
end

function t.test_an_archived_certificate_does_not_serve()
  assert_default((sstp_of("2008r2", "vpn", { "vpn", "renewed" }, { archived = true })))
end

function t.test_a_chain_through_an_intermediate_ends_in_the_same_root()
  local with_issuing = { software = servers.store("CA", { "issuing" }) }
  local destination, plan = sstp_of("2008r2", "flat", { "deep" }, with_issuing)
  assert_uses(destination, "deep")
  lu.assertTrue(servers.has_note(plan, "a certificate of the same root"))
  assert_default((sstp_of("2008r2", "flat", { "deep" })))
end

function t.test_the_sources_chain_may_be_built_with_what_the_destination_has()
  assert_uses(sstp_of("2008r2", "deep", { "flat" }, { software = servers.store("CA", { "issuing" }) }), "flat")
  assert_uses(sstp_of("2008r2", "deep", { "flat" }, { source_software = servers.store("CA", { "issuing" }) }), "flat")
  assert_default((sstp_of("2008r2", "deep", { "flat" })))
end

function t.test_another_authority_does_not_serve()
  assert_default((sstp_of("2008r2", "vpn", { "flat" })))
end

function t.test_use_http_with_the_certificate_at_hand_uses_it()
  local system = '[CCS\\Services\\SstpSvc\\Parameters]\n"UseHttps"=dword:00000000\n'
  local destination, plan = sstp_of("2012", "vpn", { "vpn" }, { system = system })
  assert_uses(destination, "vpn")
  lu.assertEquals(destination:read(SSTP, "UseHttps"), 0)
  lu.assertNil(servers.has_manual(plan, "sstp-binding"))
end

function t.test_another_of_the_same_root_needs_its_key()
  assert_default((sstp_of("2008r2", "vpn", { "renewed" }, { without_keys = true })))
end

function t.test_a_banned_certificate_of_the_same_root_does_not_serve()
  local ban = { software = servers.store("Disallowed", { "renewed" }) }
  assert_uses(sstp_of("2008r2", "vpn", { "renewed", "mail" }, ban), "mail")
end

function t.test_a_chain_over_a_banned_intermediate_does_not_serve()
  local software = servers.store("CA", { "issuing" }) .. servers.store("Disallowed", { "issuing" })
  assert_default((sstp_of("2008r2", "flat", { "deep" }, { software = software })))
end

local function has_deferred(plan, id)
  for _, action in ipairs(plan.deferred) do
    if action.id == id then return action end
  end
end

function t.test_a_given_file_counts_as_there_and_is_imported_first()
  local destination, plan = sstp_of("2008r2", "vpn", {}, { given = { ["vpn.pfx"] = { "vpn" } } })
  assert_uses(destination, "vpn")
  lu.assertTrue(servers.has_note(plan, "the same certificate is given in the file vpn.pfx: " .. certificates.vpn.sha1))
  lu.assertNil(servers.has_manual(plan, "certificates"))
  local action = plan.deferred[1]
  lu.assertEquals(action.id, "rehome/import-" .. certificates.vpn.sha1:lower())
  for _, text in ipairs { certificates.vpn.sha1, ("5E"):rep(32), "HasPrivateKey", "Read-Host -AsSecureString" } do
    lu.assertStrContains(action.run, text)
  end
  lu.assertStrContains(action.undo, "-DeleteKey")
  lu.assertStrContains(has_deferred(plan, "remote-access/bind-sstp-certificate").run, certificates.vpn.sha1)
  lu.assertEquals(#destination:certificates "MY", 0)
  local verdict = servers.verdict(plan, "certificate:MY", certificates.vpn.sha1)
  lu.assertEquals(verdict.verdict, "manual")
  lu.assertStrContains(verdict.why, "vpn.pfx")
end

function t.test_a_given_file_stands_in_for_the_certificate_without_its_key()
  local given = { given = { ["vpn.pfx"] = { "vpn" } }, without_keys = true }
  assert_uses(sstp_of("2008r2", "vpn", { "vpn" }, given), "vpn")
end

function t.test_a_given_file_brings_its_intermediates_and_no_trust()
  assert_uses(sstp_of("2008r2", "flat", {}, { given = { ["deep.pfx"] = { "deep", "issuing" } } }), "deep")
  assert_default((sstp_of("2008r2", "flat", {}, { given = { ["deep.pfx"] = { "deep" } } })))
  assert_default((sstp_of("2008r2", "vpn", {}, { given = { ["foreign.pfx"] = { "foreign", "stranger" } } })))
end

function t.test_a_given_file_is_judged_like_any_other()
  local given = { ["file.pfx"] = { "client" } }
  assert_default((sstp_of("2008r2", "vpn", {}, { given = given })))
  assert_default((sstp_of("2008r2", "vpn", {}, { given = { ["vpn.pfx"] = { "vpn" } }, time = IN_2049 })))
  local ban = { given = { ["vpn.pfx"] = { "vpn" } }, software = servers.store("Disallowed", { "vpn" }) }
  assert_default((sstp_of("2008r2", "vpn", {}, ban)))
end

local function record(place, app, name)
  return ("[CCS\\Services\\HTTP\\Parameters\\SslBindingInfo\\%s]\n\"AppId\"=\"%s\"\n\"SslCertHash\"=hex:%s\n"):format(
    place, app, servers.hex(servers.unhex(certificates[name].sha1)))
end
local SSTP_APP, OTHER_APP = "{ba195980-cd49-458b-9e23-c84ee0adcd75}", "{4dc3e181-e14b-4a21-b022-59fc669b0914}"

-- Where the certificate is bound at the first start, and what the manual step says of each place.
local function binding_of(options)
  local _, plan = sstp_of("2008r2", "vpn", options.own or { "vpn" }, options)
  local action = has_deferred(plan, "remote-access/bind-sstp-certificate")
  local step = servers.has_manual(plan, "sstp-binding")
  return action and action.run:match("foreach %(%$place in (.-)%) {"), step and step.text
end

function t.test_the_certificate_is_bound_where_the_source_had_it()
  local places, text = binding_of { system = record("0.0.0.0:443", SSTP_APP, "vpn") }
  lu.assertEquals(places, "'0.0.0.0:443'")
  lu.assertStrContains(text, "0.0.0.0:443: bound at the first start")
  lu.assertEquals(binding_of { system = record("[::]:443", SSTP_APP, "vpn") }, "'[::]:443'")
end

function t.test_without_a_record_it_is_bound_to_all_addresses_and_the_listeners_port()
  lu.assertEquals(binding_of {}, "'0.0.0.0:443', '[::]:443'")
  local port = '[CCS\\Services\\SstpSvc\\Parameters]\n"ListenerPort"=dword:000020fb\n'
  lu.assertEquals(binding_of { system = port }, "'0.0.0.0:8443', '[::]:8443'")
end

function t.test_a_binding_for_one_address_of_the_source_is_told()
  local places, text = binding_of { system = record("192.0.2.1:443", SSTP_APP, "vpn") }
  lu.assertEquals(places, "'0.0.0.0:443', '[::]:443'")
  lu.assertStrContains(text, "192.0.2.1:443: was bound for one address of the source")
end

function t.test_another_programs_record_is_left_alone()
  local places, text = binding_of { destination = record("0.0.0.0:443", OTHER_APP, "mail") }
  lu.assertEquals(places, "'[::]:443'")
  lu.assertStrContains(text, "0.0.0.0:443: another program has bound its certificate there")
  lu.assertEquals(binding_of { destination = record("0.0.0.0:443", OTHER_APP, "vpn") }, "'[::]:443'")
end

function t.test_an_own_record_is_kept_or_replaced()
  lu.assertEquals(binding_of { destination = record("0.0.0.0:443", SSTP_APP, "vpn") }, "'[::]:443'")
  local places, text = binding_of { destination = record("0.0.0.0:443", SSTP_APP, "mail") }
  lu.assertEquals(places, "'0.0.0.0:443', '[::]:443'")
  lu.assertStrContains(text, "in place of SSTP's own record for " .. certificates.mail.sha1)
end

function t.test_nothing_is_bound_without_a_choice_or_with_use_http()
  local places, text = binding_of { own = { "client" } }
  lu.assertNil(places)
  lu.assertStrContains(text, "SSTP binds one by itself")
  places, text = binding_of { system = '[CCS\\Services\\SstpSvc\\Parameters]\n"UseHttps"=dword:00000000\n' }
  lu.assertNil(places)
  lu.assertNil(text)
end

function t.test_every_branch_says_why_in_its_verdicts()
  for own, why in pairs {
    vpn = "the same certificate", renewed = "of the same root", client = "nor one of its root",
  } do
    local _, plan = sstp_of("2008r2", "vpn", { own })
    lu.assertStrContains(servers.verdict(plan, [[SstpSvc\Parameters]], "SHA1CertificateHash").why, why)
  end
end

function t.test_a_self_signed_one_is_made_anew()
  local destination, plan = sstp_of("2012", "own", { "mail" })
  assert_default(destination)
  lu.assertTrue(servers.has_note(plan, "self-signed"))
end

function t.test_sources_without_a_choice_end_in_the_default()
  assert_default((sstp_of("2008", "vpn", { "vpn" })))
  assert_default((sstp_of("2003", "vpn", { "vpn" })))
end

function t.test_where_tls_ends_elsewhere_the_hashes_move()
  local destination = sstp_of("2008r2", "foreign", {}, {
    system = '[CCS\\Services\\SstpSvc\\Parameters]\n"UseHttps"=dword:00000000\n',
  })
  assert_uses(destination, "foreign")
  lu.assertEquals(destination:read(SSTP, "UseHttps"), 0)
end

function t.test_without_a_choice_the_bound_certificate_counts()
  local destination = sstp_of("2008r2", "vpn", { "vpn" }, { system = ([=[
[CCS\Services\SstpSvc\Parameters]
"isHashConfiguredByAdmin"=dword:00000000
[CCS\Services\HTTP\Parameters\SslBindingInfo\0.0.0.0:443]
"AppId"=hex:80,59,19,ba,49,cd,8b,45,9e,23,c8,4e,e0,ad,cd,75
"SslCertHash"=hex:%s
]=]):format(servers.hex(servers.unhex(certificates.vpn.sha1))) })
  assert_uses(destination, "vpn")
end

function t.test_a_port_that_another_program_has_bound_is_told()
  local _, plan = sstp_of("2008r2", "vpn", { "vpn" }, { destination = [=[
[CCS\Services\HTTP\Parameters\SslBindingInfo\0.0.0.0:443]
"AppId"="{4dc3e181-e14b-4a21-b022-59fc669b0914}"
"SslCertHash"=hex:00,01
]=] })
  lu.assertTrue(servers.has_note(plan, "Another program has bound a certificate to 0.0.0.0:443"))
end

return t
