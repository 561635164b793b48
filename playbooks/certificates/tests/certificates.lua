-- What is needed, how it moves, and which roots, intermediates and bans the destination gets.

local certificates = require "test_certificates"
local lu = require "luaunit"

local ROOT = [[HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT\Certificates\]]
local CA = [[HKLM\SOFTWARE\Microsoft\SystemCertificates\CA\Certificates\]]
local DISALLOWED = [[HKLM\SOFTWARE\Microsoft\SystemCertificates\Disallowed\Certificates\]]
local IN_2030, DAY = 1893456000, 86400
local ENDS = 2572964924 -- the validity of vpn

local t = {}

local function unhex(text)
  return (text:gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function hex(bytes)
  return (bytes:gsub(".", function(sign) return ("%02x,"):format(sign:byte()) end):gsub(",$", ""))
end

-- A store with these certificates; those in MY are linked to a key, unless told otherwise.
local function store(name, list, without_keys)
  local lines = {}
  for _, id in ipairs(list) do
    local data = unhex(certificates[id].der)
    local blob = string.pack("<I4I4I4", 32, 1, #data) .. data
    if name == "MY" and not without_keys then
      blob = string.pack("<I4I4I4I4I4I4I4I4I4I4", 2, 1, 32, 28, 30, 12, 0x20, 0, 0, 1) .. "\0\0\0\0" .. blob
    end
    lines[#lines + 1] = ([=[[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\SystemCertificates\%s\Certificates\%s]
"Blob"=hex:%s
]=]):format(name, certificates[id].sha1, hex(blob))
  end
  return table.concat(lines)
end

local function server(release, software, system, files)
  local builds = { ["2008r2"] = "7601", ["2012"] = "9200", ["2019"] = "17763", ["2022"] = "20348" }
  return machine.from {
    registry = {
      SYSTEM = "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\ProductOptions]\n\"ProductType\"=\"ServerNT\"\n"
        .. (system or ""),
      SOFTWARE = ([=[[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"CurrentBuildNumber"="%s"
]=]):format(builds[release]) .. software,
    },
    files = files,
  }
end

local function given(files)
  local list = {}
  local function one(id) return { thumbprint = certificates[id].sha1, der = (certificates[id].der:gsub("%s", "")) } end
  for name, ids in pairs(files) do
    local chain = {}
    for index = 2, #ids do chain[index - 1] = one(ids[index]) end
    list[#list + 1] = { path = "/files/" .. name, sha256 = ("ab"):rep(32), certificate = one(ids[1]), chain = chain }
  end
  return list
end

-- options: source, destination (.reg text), system, files, release, to, parameters, given, time.
local function plan_of(options)
  local source = server(options.release or "2008r2", options.source, options.system, options.files)
  local destination = server(options.to or "2012", options.destination or "")
  local plan = run {
    playbooks = { "certificates" }, source = source, destination = destination, time = options.time or IN_2030,
    parameters = options.parameters, certificates = options.given and given(options.given),
  }
  lu.assertFalse(plan.blocked)
  lu.assertEquals(unjudged_of(plan), {})
  return plan, destination
end

local function find(list, id)
  for _, item in ipairs(list) do
    if item.id == id then return item end
  end
end

local function verdict(plan, name, id)
  for _, item in ipairs(plan.verdicts) do
    if item.path == "certificate:" .. name and item.name == certificates[id].sha1 then return item end
  end
end

local function has_note(plan, ...)
  for _, note in ipairs(plan.notes) do
    local all = true
    for _, text in ipairs { ... } do all = all and note.text:find(text, 1, true) ~= nil end
    if all then return true end
  end
  return false
end

local function services(text)
  return "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\" .. text
end

function t.test_the_inventory_says_who_uses_which()
  local sha1 = hex(unhex(certificates.vpn.sha1))
  local plan = plan_of {
    source = store("MY", { "vpn", "client" }) .. store("CA", { "issuing" }) .. store("ROOT", { "root" }),
    system = services 'Services\\SstpSvc\\Parameters]\n"SHA1CertificateHash"=hex:' .. sha1 .. "\n"
      .. services 'Services\\HTTP\\Parameters\\SslBindingInfo\\0.0.0.0:8443]\n'
      .. '"AppId"="{4dc3e181-e14b-4a21-b022-59fc669b0914}"\n"SslCertHash"=hex:' .. sha1 .. "\n"
      .. services 'Services\\HTTP\\Parameters\\SslBindingInfo\\[::]:443]\n'
      .. '"AppId"=hex:80,59,19,ba,49,cd,8b,45,9e,23,c8,4e,e0,ad,cd,75\n"SslCertHash"=hex:' .. sha1 .. "\n"
      .. services 'Control\\Terminal Server\\WinStations\\RDP-Tcp]\n"SSLCertificateSHA1Hash"=hex:'
      .. hex(unhex(certificates.client.sha1)) .. "\n",
  }
  lu.assertTrue(has_note(plan, certificates.vpn.sha1, "valid until 2051-", "chain trusted", "SSTP, IIS on 0.0.0.0:8443",
    "SSTP on [::]:443", "not on the destination"))
  lu.assertTrue(has_note(plan, certificates.client.sha1, "Remote Desktop"))
end

function t.test_ikev2_names_a_subject_and_nps_a_hash()
  local subject = "301a3118301606035504030c0f76706e2e6578616d706c652e636f6d"
  local plan = plan_of {
    source = store("MY", { "vpn" }),
    system = services 'Services\\RemoteAccess\\Parameters\\IKEV2]\n"MachineCertificateName"=hex:'
      .. hex(unhex(subject)) .. "\n",
    files = { ["Windows/System32/ias/ias.xml"] = "<x>0d00" .. certificates.vpn.sha1:lower() .. "00</x>" },
  }
  lu.assertTrue(has_note(plan, certificates.vpn.sha1, "IKEv2, a method of NPS"))
end

local EXPORT = "shared/import-certificates"

function t.test_a_missing_one_is_exported_as_the_source_can()
  local function details(options)
    return table.concat(find(plan_of(options).manual, EXPORT).details, "\n")
  end
  local options = { source = store("MY", { "vpn", "client" }) }
  lu.assertStrContains(details(options), "certutil -exportPFX My " .. certificates.vpn.sha1)
  lu.assertNotStrContains(details(options), certificates.client.sha1) -- for clients, and no role names it
  options.release = "2019"
  lu.assertNotStrContains(details(options), "AES256")
  options.to = "2022"
  lu.assertStrContains(details(options), "AES256_SHA256")
end

function t.test_with_its_key_on_the_destination_or_given_nothing_is_exported()
  local source = store("MY", { "vpn" })
  local plan = plan_of { source = source, destination = store("MY", { "vpn" }) }
  lu.assertNil(find(plan.manual, EXPORT))
  plan = plan_of { source = source, destination = store("MY", { "vpn" }, true) }
  lu.assertNotNil(find(plan.manual, EXPORT))
  plan = plan_of { source = source, given = { ["vpn.pfx"] = { "vpn" } } }
  lu.assertNil(find(plan.manual, EXPORT))
  lu.assertStrContains(plan.deferred[1].run, certificates.vpn.sha1)
  lu.assertTrue(has_note(plan, "given in vpn.pfx"))
  plan = plan_of { source = source, given = { ["client.pfx"] = { "client" } } }
  lu.assertTrue(has_note(plan, "client.pfx has a certificate that the source does not have"))
end

function t.test_what_a_given_file_carries_is_placed_only_when_asked()
  local files = { ["vpn.pfx"] = { "vpn", "issuing", "root" } }
  local plan, destination = plan_of { source = store("MY", { "vpn" }), given = files }
  lu.assertFalse(destination:has_key(ROOT .. certificates.root.sha1))
  lu.assertFalse(destination:has_key(CA .. certificates.issuing.sha1))
  lu.assertEquals(#find(plan.manual, "certificates/import-chain").details, 2)
  plan, destination = plan_of { source = store("MY", { "vpn" }), given = files, parameters = { given_chain = "yes" } }
  lu.assertTrue(destination:has_key(ROOT .. certificates.root.sha1))
  lu.assertTrue(destination:has_key(CA .. certificates.issuing.sha1))
  lu.assertNil(find(plan.manual, "certificates/import-chain"))
  plan = plan_of { source = store("MY", { "vpn" }), given = files,
                   destination = store("ROOT", { "root" }) .. store("CA", { "issuing" }) }
  lu.assertNil(find(plan.manual, "certificates/import-chain"))
end

function t.test_roots_move_when_a_certificate_ends_in_them()
  local source = store("MY", { "vpn" }) .. store("CA", { "issuing" }) .. store("ROOT", { "root", "other", "windows" })
  local plan, destination = plan_of { source = source }
  lu.assertEquals(verdict(plan, "ROOT", "root").verdict, "migrated")
  lu.assertTrue(destination:has_key(ROOT .. certificates.root.sha1))
  lu.assertEquals(verdict(plan, "ROOT", "other").verdict, "dropped")
  lu.assertFalse(destination:has_key(ROOT .. certificates.other.sha1))
  lu.assertTrue(has_note(plan, certificates.other.sha1, "move_roots=all"))
  lu.assertStrContains(verdict(plan, "ROOT", "windows").why, "Windows brings its own")
  lu.assertFalse(destination:has_key(ROOT .. certificates.windows.sha1))
  lu.assertEquals(destination:certificates("ROOT")[1].thumbprint, certificates.root.sha1)
end

function t.test_roots_by_choice()
  local source = store("MY", { "vpn" }) .. store("CA", { "issuing" }) .. store("ROOT", { "root", "other", "windows" })
  local plan = plan_of { source = source, parameters = { move_roots = "all" } }
  lu.assertEquals(verdict(plan, "ROOT", "other").verdict, "migrated")
  lu.assertEquals(verdict(plan, "ROOT", "windows").verdict, "dropped")
  plan = plan_of { source = source, parameters = { move_roots = "none" } }
  lu.assertEquals(verdict(plan, "ROOT", "root").verdict, "dropped")
end

function t.test_a_root_that_ikev2_accepts_is_needed()
  local subject = "30153113301106035504030c0a4f7468657220526f6f74"
  local plan = plan_of {
    source = store("ROOT", { "other" }),
    system = services 'Services\\RemoteAccess\\Parameters\\IKEV2\\AllowedTrustedRootCerts\\0000]\n'
      .. '"TrustedRootCert"=hex:' .. hex(unhex(subject)) .. "\n",
  }
  lu.assertEquals(verdict(plan, "ROOT", "other").verdict, "migrated")
end

function t.test_what_the_destination_has_bans_or_what_has_expired_does_not_move()
  local source = store("MY", { "vpn" }) .. store("CA", { "issuing" }) .. store("ROOT", { "root" })
  local function of(options)
    options.source = source
    return verdict(plan_of(options), "ROOT", "root")
  end
  lu.assertEquals(of { destination = store("ROOT", { "root" }) }.verdict, "kept")
  lu.assertEquals(of { destination = store("AuthRoot", { "root" }) }.verdict, "kept")
  lu.assertStrContains(of { destination = store("Disallowed", { "root" }) }.why, "not to be trusted")
  lu.assertStrContains(of { time = ENDS + 30 * DAY }.why, "expired")
end

function t.test_intermediates_and_bans_move()
  local source = store("CA", { "issuing" }) .. store("Disallowed", { "other" })
  local plan, destination = plan_of { source = source }
  lu.assertEquals(verdict(plan, "CA", "issuing").verdict, "migrated")
  lu.assertTrue(destination:has_key(CA .. certificates.issuing.sha1))
  lu.assertEquals(verdict(plan, "Disallowed", "other").verdict, "migrated")
  lu.assertTrue(destination:has_key(DISALLOWED .. certificates.other.sha1))
end

function t.test_the_ends_of_certificates_and_choices_that_lead_nowhere()
  local source = store("MY", { "vpn" })
  local plan = plan_of { source = source }
  lu.assertTrue(find(plan.checks, "expired").ok)
  lu.assertTrue(find(plan.checks, "expiring").ok)
  local soon = plan_of { source = source, time = ENDS - 29 * DAY }
  lu.assertTrue(find(soon.checks, "expired").ok)
  lu.assertStrContains(find(soon.checks, "expiring").message, certificates.vpn.sha1)
  lu.assertTrue(find(plan_of { source = source, time = ENDS - 31 * DAY }.checks, "expiring").ok)
  local expired = plan_of { source = source, time = ENDS + 30 * DAY }
  lu.assertFalse(find(expired.checks, "expired").ok)
  lu.assertStrContains(find(expired.checks, "expired").message, certificates.vpn.sha1)
  local lost = plan_of {
    source = source,
    system = services 'Services\\SstpSvc\\Parameters]\n"SHA1CertificateHash"=hex:'
      .. hex(unhex(certificates.client.sha1)) .. "\n",
  }
  lu.assertStrContains(find(lost.checks, "lost").message, certificates.client.sha1 .. " (SSTP)")
end

function t.test_lists_are_told()
  local plan = plan_of {
    source = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\CA\\CRLs\\00]\n\"Blob\"=hex:00\n",
  }
  lu.assertStrContains(find(plan.checks, "lists").message, [[1 CRLs in HKLM\SOFTWARE\Microsoft\SystemCertificates\CA]])
end

return t
