-- Network policies and connection request policies with their profiles: groups, methods, order.

local disable = require "disable"
local facts = require "facts"
local sids = require "windows.sids"
local nps = require "format.nps"

local M = {}

-- Authentication types (msNPAuthenticationType2) that are not carried over from a release and older ones:
-- MS-CHAP and its password change are gone since 2008 R2.
local types_removed = {
  { types = { [3] = "MS-CHAP", [9] = "MS-CHAP with password change" }, sources = { ["2008"] = true } },
}
local EAP = 5
local EAP_MD5 = 4

local function removed_types(ctx)
  local removed = {}
  for _, row in ipairs(types_removed) do
    if row.sources[ctx.source_os] then
      for number, name in pairs(row.types) do removed[number] = name end
    end
  end
  return removed
end

local function listed(names)
  table.sort(names)
  return table.concat(names, ", ")
end

---Takes the methods that the destination lacks out of a profile.
---@return string[] removed names
---@return boolean is_left whether a method is left
local function remove_methods(profile, removed)
  local gone, left, eap_left, has_eap = {}, 0, 0, false
  local methods = nps.get_all(profile, "msNPAllowedEapType")
  for _, method in ipairs(methods) do
    has_eap = true
    if method:byte(1) ~= EAP_MD5 then eap_left = eap_left + 1 end
  end
  local types = nps.get_all(profile, "msNPAuthenticationType2")
  for _, kind in ipairs(types) do
    local dead_eap = kind == EAP and has_eap and eap_left == 0
    if not removed[kind] and not dead_eap then left = left + 1 end
  end
  if #types > 0 and left == 0 then return gone, false end
  nps.each(profile, "msNPAllowedEapType", function(method)
    if method:byte(1) ~= EAP_MD5 then return method end
    gone[#gone + 1] = "EAP-MD5"
  end)
  nps.each(profile, "msNPAuthenticationType2", function(kind)
    if kind == EAP and has_eap and eap_left == 0 then return nil end
    if not removed[kind] then return kind end
    gone[#gone + 1] = removed[kind]
  end)
  return gone, true
end

local function methods_of_section(ctx, source, section)
  local policies, removed, done = nps.policies(source, section), removed_types(ctx), {}
  for _, policy in ipairs(policies) do
    for _, profile in ipairs(policy.profiles) do
      if not done[profile.node] then
        local gone, is_left = remove_methods(profile, removed)
        done[profile.node] = { is_left = is_left }
        if #gone > 0 then
          facts.said(ctx, nps.profiles_of[section] .. "\\" .. profile.name .. "\\methods", "dropped",
            "the destination does not have " .. listed(gone))
        end
      end
      if not done[profile.node].is_left then
        disable.policy(ctx, policies, policy, "the destination has none of its authentication methods")
      end
    end
  end
end

local function groups_of_section(ctx, source, section, translate)
  local policies = nps.policies(source, section)
  for _, policy in ipairs(policies) do
    local missing = {}
    nps.each(policy, "msNPConstraint", function(text)
      local translated, unknown = translate(text)
      for _, sid in ipairs(unknown) do missing[#missing + 1] = sid end
      if translated ~= text then
        ctx:note(("The policy '%s' names other groups on the destination: %s"):format(policy.name, translated))
      end
      return translated
    end)
    local address = facts.names_own_address(ctx, nps.get_all(policy, "msNPConstraint"))
    if address then
      ctx:call_for("own-addresses", ("a condition of the policy '%s': %s"):format(policy.name, address))
    end
    if #missing > 0 then
      disable.policy(ctx, policies, policy, "nothing is known in the place of the source's group "
        .. table.concat(missing, ", "))
    end
  end
end

-- Numbers from 1 on, in the same order; those that come last by default stay there.
local function renumber(ctx, source, section)
  local policies, number, seen = nps.policies(source, section), 0, {}
  for _, policy in ipairs(policies) do
    local sequence = policy.sequence
    if not sequence then
      ctx:note(("The policy '%s' has no place in the order."):format(policy.name))
    elseif sequence < nps.LAST then
      if seen[sequence] then
        ctx:note(("The policies '%s' and '%s' had the same place in the order."):format(seen[sequence], policy.name))
      end
      seen[sequence] = policy.name
      number = number + 1
      if sequence ~= number then
        facts.change(ctx, section, policy, "msNPSequence", number, "the order has no gaps")
      end
    end
  end
  return #policies
end

-- A policy whose profile is missing is as it was; somebody should know.
local function note_missing_profiles(ctx, source, section)
  for _, policy in ipairs(nps.policies(source, section)) do
    if not policy.profile then
      ctx:note(("The policy '%s' names the profile '%s', which the source does not have%s."):format(policy.name,
        tostring(nps.get(policy, "msNPAction")),
        #policy.profiles > 0 and "; there is one called like the policy" or ""))
    end
  end
end

local sections = { "NetworkPolicy", "Proxy_Policies" }

---All conditions of a configuration.
function M.conditions(model)
  local texts = {}
  for _, section in ipairs(sections) do
    for _, policy in ipairs(nps.objects(model, section)) do
      for _, text in ipairs(nps.get_all(policy, "msNPConstraint")) do texts[#texts + 1] = text end
    end
  end
  return texts
end

M.sections = sections

M.steps = {
  step "policy-groups" {
    guide = { "NPS-IMP-03", "NPS-VER-03b" }, title = "Groups in the conditions of policies", when = facts.has_models,
    run = function(ctx)
      local source = facts.models(ctx)
      local translate = sids.translator(ctx, M.conditions(source))
      for _, section in ipairs(sections) do groups_of_section(ctx, source, section, translate) end
    end,
  },

  step "policy-methods" {
    guide = { "NPS-IMP-03", "NPS-VER-04" }, title = "Authentication methods", when = facts.has_models,
    run = function(ctx)
      local source = facts.models(ctx)
      for _, section in ipairs(sections) do methods_of_section(ctx, source, section) end
    end,
  },

  step "policy-order" {
    guide = { "NPS-IMP-03", "NPS-VER-03b" }, title = "Order of policies", when = facts.has_models,
    run = function(ctx)
      local source, counts = facts.models(ctx), {}
      for index, section in ipairs(sections) do
        note_missing_profiles(ctx, source, section)
        counts[index] = renumber(ctx, source, section)
      end
      return ("%d network policies, %d connection request policies"):format(counts[1], counts[2])
    end,
  },
}

return M
