-- Extension DLLs, which may refuse what a policy grants: without them no policy may grant more than on the source.
--
-- The extension for Microsoft Entra (Azure) multifactor authentication is told by its DLLs [howto-mfa-nps-extension].

local disable = require "disable"
local facts = require "facts"
local nps = require "format.nps"

local M = {}

local names = { "ExtensionDLLs", "AuthorizationDLLs" }

local function listed(machine, name)
  local list, value = {}, machine:read(facts.keys.extensions, name)
  if type(value) == "string" then value = { value } end
  for _, path in ipairs(type(value) == "table" and value or {}) do
    if path ~= "" then list[#list + 1] = path end
  end
  return list
end

local function file_of(path) return path:match("[^\\/]*$"):lower() end

---Whether one of these DLLs is of the extension for a second factor.
---@param value any as machine:read gives it
---@return boolean
function M.has_second_factor(value)
  for _, path in ipairs(type(value) == "table" and value or {}) do
    local file = file_of(path)
    if file == "mfanpsauthzext.dll" or file == "mfanpsauthnext.dll" then return true end
  end
  return false
end

---The DLLs of the source that the destination has not registered in the same place: {path, second_factor}.
---@return table[]
function M.missing(ctx)
  local list = {}
  for _, name in ipairs(names) do
    local there = {}
    for _, path in ipairs(listed(ctx.destination, name)) do there[file_of(path)] = true end
    for _, path in ipairs(listed(ctx.source, name)) do
      if not there[file_of(path)] then
        list[#list + 1] = { path = path, second_factor = M.has_second_factor { path } }
      end
    end
  end
  return list
end

---The paths of missing DLLs, of one kind or the other.
function M.paths(ctx, second_factor)
  local list = {}
  for _, dll in ipairs(M.missing(ctx)) do
    if dll.second_factor == second_factor then list[#list + 1] = dll.path end
  end
  return list
end

-- Settings below AzureMfa that are documented and no secrets [howto-mfa-nps-extension-advanced].
local shown = {
  tenant_id = true, require_user_match = true, ip_whitelist = true, azure_mfa_hostname = true,
  azure_mfa_resource_hostname = true, sts_url = true, override_number_matching_with_otp = true,
  ldap_alternate_loginid_attribute = true, ldap_force_global_catalog = true, ldap_lookup_forests = true,
}

---"NAME = VALUE" of a setting below AzureMfa, the name alone of one that nobody knows.
function M.setting(_, about)
  if not shown[about.name:lower()] or type(about.value) ~= "string" then return about.name end
  return ("%s = %s"):format(about.name, about.value)
end

local function why(ctx)
  if #M.paths(ctx, true) > 0 then
    return "the source grants it only with a second factor, whose extension is not on the destination"
  end
  return "on the source an extension DLL may refuse it, which is not on the destination"
end

local function grants(policy)
  for _, profile in ipairs(policy.profiles) do
    if nps.get(profile, "msNPAllowDialin") ~= false then return true end
  end
  return #policy.profiles == 0
end

M.steps = {
  step "policies-behind-extensions" {
    guide = { "NPS-MAN-01", "NPS-VER-03b" }, title = "Policies that grant only behind an extension DLL",
    when = function(ctx) return facts.has_models(ctx) and #M.missing(ctx) > 0 end,
    run = function(ctx)
      local policies = nps.policies(facts.models(ctx), "NetworkPolicy")
      for _, policy in ipairs(policies) do
        if grants(policy) and nps.get(policy, "Policy_Enabled") ~= false then
          if ctx.params.extension_policies == "disable" then
            disable.policy(ctx, policies, policy, why(ctx))
          else
            ctx:note(("The policy '%s' stays enabled without the extension DLL that could refuse what it grants.")
              :format(policy.name))
          end
        end
      end
    end,
  },
}

return M
