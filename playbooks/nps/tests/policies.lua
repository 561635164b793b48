-- No policy grants more than it did on the source: groups, methods, order, and what stands behind a disabled one.

local lu = require "luaunit"
local nps = require "format.nps"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local function users(...)
  return { 'USERNTGROUPS("' .. table.concat({ ... }, ";") .. '")' }
end

local domain = '[CCS\\Services\\Tcpip\\Parameters]\n"Domain"="example.com"\n'

-- The policies of the plan's result as "name" or "name (off)", in their order.
local function policies(source, parameters, section, destination)
  local plan, to = servers.plan(machine, run, source, parameters, destination)
  lu.assertFalse(plan.blocked)
  local model = assert(nps.parse(to:read_file([[%SystemRoot%\System32\ias\ias.xml]])))
  local list = {}
  for index, policy in ipairs(nps.policies(model, section or "NetworkPolicy")) do
    list[index] = policy.name .. (nps.get(policy, "Policy_Enabled") and "" or " (off)")
  end
  return list, plan, model
end

function t.test_builtin_groups_stay()
  local list, plan, model = policies { policies = {
    servers.policy("A", { conditions = users("S-1-5-32-544", "S-1-1-0") }),
  } }
  lu.assertEquals(list, { "A" })
  lu.assertNil(servers.failed(plan, "NPS-IMP-03"))
  lu.assertEquals(nps.get(nps.policies(model, "NetworkPolicy")[1], "msNPConstraint"),
    'USERNTGROUPS("S-1-5-32-544;S-1-1-0")')
end

function t.test_local_groups_disable_the_policy_and_those_behind_it()
  local source = { policies = {
    servers.policy("First", { sequence = 1 }),
    servers.policy("Local", { sequence = 2, conditions = users("S-1-5-32-544", "S-1-5-21-1-2-3-1001") }),
    servers.policy("Deny", { sequence = 3, dialin = 0 }),
    servers.policy("Everybody", { sequence = 4 }),
  } }
  local list, plan = policies(source)
  lu.assertEquals(list, { "First", "Local (off)", "Deny", "Everybody (off)" })
  lu.assertStrContains(servers.failed(plan, "NPS-IMP-03").message, "S-1-5-21-1-2-3-1001")
  local details = servers.manual(plan, "disabled-policies").details
  lu.assertStrContains(details[1], "Local: nothing is known in the place of")
  lu.assertStrContains(details[2], "Everybody: it stands behind 'Local'")
  lu.assertEquals(#details, 2)
  lu.assertEquals(policies(source, { later_policies = "keep" }), { "First", "Local (off)", "Deny", "Everybody" })
end

-- Without the refusal, requests would go on to what grants.
function t.test_a_refusing_policy_with_local_groups_takes_the_granting_ones_along()
  lu.assertEquals(policies { policies = {
    servers.policy("Deny", { sequence = 1, dialin = 0, conditions = users "S-1-5-21-1-2-3-1001" }),
    servers.policy("Grant", { sequence = 2 }),
  } }, { "Deny (off)", "Grant (off)" })
end

function t.test_what_was_disabled_stays_so_and_takes_nothing_along()
  local off = servers.policy("Off", { sequence = 1, conditions = users "S-1-5-21-1-2-3-1001" })
  off.policy = off.policy:gsub('(<Policy_Enabled[^>]*>)1', "%10")
  lu.assertEquals(policies { policies = { off, servers.policy("On", { sequence = 2 }) } }, { "Off (off)", "On" })
end

function t.test_groups_that_the_user_names()
  local list, plan, model = policies({ policies = {
    servers.policy("A", { conditions = users("S-1-5-21-1-2-3-1001", "S-1-5-21-9-9-9-1104") }),
  } }, { group_sids = "S-1-5-21-1-2-3-1001=S-1-5-21-4-5-6-1007; S-1-5-21-9-9-9=S-1-5-21-9-9-9" })
  lu.assertEquals(list, { "A" })
  lu.assertNil(servers.failed(plan, "NPS-IMP-03"))
  lu.assertEquals(nps.get(nps.policies(model, "NetworkPolicy")[1], "msNPConstraint"),
    'USERNTGROUPS("S-1-5-21-4-5-6-1007;S-1-5-21-9-9-9-1104")')
  local ok, err = pcall(policies, { policies = {} }, { group_sids = "nonsense" })
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(type(err) == "table" and err.message or err), "nonsense")
end

-- Domain Admins (512) tell which SID is the domain's; the other one stays unknown.
-- What an extension DLL could refuse on the source, nothing refuses on the destination.
function t.test_no_policy_grants_what_an_extension_could_refuse()
  local function registered(path)
    return ("[CCS\\Services\\AuthSrv\\Parameters]\n\"AuthorizationDLLs\"=%s\n"):format(test_server.multi_sz { path })
  end
  local source = {
    policies = { servers.policy("Refuse", { sequence = 1, dialin = 0 }), servers.policy("Grant", { sequence = 2 }) },
    system = registered [[D:\Add-on\Second.dll]],
  }
  local list, plan = policies(source)
  lu.assertEquals(list, { "Refuse", "Grant (off)" })
  lu.assertStrContains(servers.manual(plan, "disabled-policies").details[1], "extension DLL")
  lu.assertEquals(policies(source, { extension_policies = "keep" }), { "Refuse", "Grant" })
  local there = { system = registered [[C:\Here\second.DLL]] }
  lu.assertEquals(policies(source, nil, nil, there), { "Refuse", "Grant" })
end

function t.test_groups_of_the_common_domain_stay()
  local source = { system = domain, policies = {
    servers.policy("Domain", { sequence = 1, conditions = users("S-1-5-21-7-7-7-1105", "S-1-5-21-7-7-7-512") }),
    servers.policy("Local", { sequence = 2, conditions = users "S-1-5-21-1-2-3-1001" }),
  } }
  lu.assertEquals(policies(source, nil, nil, { system = domain }), { "Domain", "Local (off)" })
  lu.assertEquals(policies(source), { "Domain (off)", "Local (off)" })
end

function t.test_connection_request_policies_count_as_granting()
  lu.assertEquals(policies({ requests = {
    servers.policy("A", { sequence = 1, conditions = users "S-1-5-21-1-2-3-1001" }),
    servers.policy("B", { sequence = 2, dialin = 0 }),
  } }, nil, "Proxy_Policies"), { "A (off)", "B (off)" })
end

local function methods(model)
  local profile = nps.policies(model, "NetworkPolicy")[1].profile
  local eap = {}
  for index, method in ipairs(nps.get_all(profile, "msNPAllowedEapType")) do eap[index] = method:byte(1) end
  return nps.get_all(profile, "msNPAuthenticationType2"), eap
end

function t.test_methods_that_are_gone()
  local list, _, model = policies { release = "2008", policies = {
    servers.policy("A", { types = { 3, 4, 5, 9, 10 }, eap = { "04", "19" } }),
  } }
  local types, eap = methods(model)
  lu.assertEquals(list, { "A" })
  lu.assertEquals(types, { 4, 5, 10 })
  lu.assertEquals(eap, { 25 })
  _, _, model = policies { release = "2008r2", policies = {
    servers.policy("A", { types = { 3, 5, 9 }, eap = { "04" } }),
  } }
  types, eap = methods(model)
  lu.assertEquals(types, { 3, 9 })
  lu.assertEquals(eap, {})
end

function t.test_a_policy_never_stays_without_a_method()
  local list, plan, model = policies { release = "2008", policies = {
    servers.policy("Old", { sequence = 1, types = { 3, 9 } }),
    servers.policy("MD5", { sequence = 2, types = { 5 }, eap = { "04" } }),
    servers.policy("Good", { sequence = 3 }),
  } }
  lu.assertEquals(list, { "Old (off)", "MD5 (off)", "Good (off)" })
  lu.assertEquals(methods(model), { 3, 9 })
  lu.assertEquals(#servers.manual(plan, "disabled-policies").details, 3)
end

function t.test_the_order_has_no_gaps()
  local list, plan, model = policies { policies = {
    servers.policy("Third", { sequence = 30 }), servers.policy("First", { sequence = 2 }),
    servers.policy("Twin", { sequence = 30 }), servers.policy("Last", { sequence = 999999 }),
  } }
  lu.assertEquals(list, { "First", "Third", "Twin", "Last" })
  local numbers = {}
  for index, policy in ipairs(nps.policies(model, "NetworkPolicy")) do numbers[index] = policy.sequence end
  lu.assertEquals(numbers, { 1, 2, 3, 999999 })
  lu.assertStrContains(plan.notes[1].text, "'Third' and 'Twin' had the same place")
end

function t.test_a_missing_profile_is_told()
  local lonely = servers.policy("Lonely", {})
  lonely.profile = ""
  local list, plan = policies { policies = { lonely } }
  lu.assertEquals(list, { "Lonely" })
  lu.assertStrContains(plan.notes[1].text, "names the profile 'Lonely', which the source does not have.")
end

-- Real files have policies whose reference is out of date: the profile of their own name counts too.
function t.test_a_profile_called_like_the_policy_counts()
  local function renamed(name, options)
    local policy = servers.policy(name, options)
    policy.policy = policy.policy:gsub("(<msNPAction[^>]*>)[^<]*", "%1Copy of it")
    return policy
  end
  local list, plan = policies { release = "2008", policies = {
    renamed("Old", { sequence = 1, types = { 3 } }), renamed("Deny", { sequence = 2, dialin = 0 }),
    renamed("Grant", { sequence = 3 }),
  } }
  lu.assertEquals(list, { "Old (off)", "Deny", "Grant (off)" })
  lu.assertStrContains(plan.notes[1].text, "there is one called like the policy")
end

return t
