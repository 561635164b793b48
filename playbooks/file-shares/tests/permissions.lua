-- Accounts in permissions: what stays, what is replaced, what is told; nobody gets more than on the source.

local facts = require "facts"
local lu = require "luaunit"
local security = require "windows.security"
local servers = require "test_servers"

local t = {}

local function plan(permissions, parameters, destination, source)
  source = source or {}
  source.system = servers.share("Data", [[C:\Data]], { permissions = permissions }) .. (source.system or "")
  return servers.plan(machine, run, source, destination, parameters)
end

local function sids(destination)
  return security.sids(security.parse(destination:get(facts.keys.security, "Data").raw))
end

function t.test_well_known_accounts_stay()
  local made, to = plan { { "S-1-1-0", "read" }, { "S-1-5-32-544", "full" }, { "S-1-5-11", "change" } }
  lu.assertEquals(sids(to), { "S-1-5-32-544", "S-1-1-0", "S-1-5-11" })
  lu.assertNil(servers.failed(made, "known-accounts"))
  lu.assertNil(servers.manual(made, "share-permissions"))
end

function t.test_accounts_of_the_source_are_told()
  local made, to = plan { { servers.own .. "-1004", "change" } }
  lu.assertEquals(servers.failed(made, "known-accounts").severity, "warn")
  lu.assertEquals(servers.manual(made, "share-permissions").details, { "Data: " .. servers.own .. "-1004: change" })
  lu.assertEquals(sids(to)[2], servers.own .. "-1004")
end

function t.test_the_map_replaces_them()
  local made, to = plan({ { servers.own .. "-1004", "change" }, { servers.domain .. "-1105", "read" } },
    { group_sids = servers.own .. "-1004=S-1-5-32-545;" .. servers.domain .. "=" .. servers.domain })
  lu.assertEquals(sids(to), { "S-1-5-32-544", "S-1-5-32-545", servers.domain .. "-1105" })
  lu.assertEquals(servers.verdict(made, "Data", true).verdict, "transformed")
  lu.assertNil(servers.failed(made, "known-accounts"))
  lu.assertNil(servers.manual(made, "share-permissions"))
end

function t.test_a_domain_is_known_by_its_administrators()
  local admins, user = { servers.domain .. "-512", "full" }, { servers.domain .. "-1105", "read" }
  lu.assertNil(servers.failed(plan { admins, user }, "known-accounts"))
  lu.assertNotNil(servers.failed(plan { user }, "known-accounts"))
  local made = plan({ admins, user }, nil, { domain = "other.example" })
  lu.assertNotNil(servers.failed(made, "known-accounts"))
  lu.assertEquals(servers.failed(made, "domain").severity, "warn")
end

-- Without the entry, those whom it kept out would come in.
function t.test_a_share_that_is_denied_to_somebody_unknown_is_not_made()
  local made, to = plan { { "S-1-1-0", "full" }, { servers.own .. "-1004", "full", denied = true } }
  lu.assertNil(to:get(facts.keys.shares, "Data"))
  lu.assertEquals(servers.verdict(made, "Data").verdict, "manual")
  lu.assertStrContains(servers.manual(made, "shares-by-hand").details[1], "denied to " .. servers.own .. "-1004")
end

function t.test_permissions_that_cannot_be_read_make_no_open_share()
  for _, bytes in ipairs { "nonsense", servers.permissions({ { "S-1-1-0", "read" } }):sub(1, -2), ("\0"):rep(40) } do
    local made, to = plan(bytes)
    lu.assertNil(to:get(facts.keys.shares, "Data"))
    lu.assertEquals(servers.verdict(made, "Data", true).verdict, "manual")
    lu.assertNotNil(servers.manual(made, "shares-by-hand"))
  end
end

function t.test_no_list_at_all_is_told()
  local made = plan(string.pack("<I1I1I2I4I4I4I4", 1, 0, 0x8004, 0, 0, 0, 0))
  lu.assertTrue(servers.has_note(made, "everybody may do everything"))
end

function t.test_permissions_of_no_share_are_dropped()
  local made, to = plan({ { "S-1-1-0", "read" } }, nil, nil,
    { system = '[CCS\\Services\\LanmanServer\\Shares\\Security]\n"Gone"=hex:00\n' })
  lu.assertNil(to:get(facts.keys.security, "Gone"))
  lu.assertEquals(servers.verdict(made, "Gone", true).verdict, "dropped")
  lu.assertEquals(unjudged_of(made), {})
end

function t.test_a_map_that_is_none()
  for _, text in ipairs { "nonsense", servers.own .. "-1004=S-1--" } do
    local ok, err = pcall(plan, { { servers.own .. "-1004", "read" } }, { group_sids = text })
    lu.assertFalse(ok)
    lu.assertEquals(err.object, "group_sids")
  end
end

return t
