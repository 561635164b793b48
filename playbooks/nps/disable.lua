-- Turns off what cannot be moved as it is, so that no policy grants more than it did on the source.

local facts = require "facts"
local nps = require "format.nps"

local M = {}

local function is_enabled(ctx, policy)
  return nps.get(policy, "Policy_Enabled") ~= false and not ctx.state.disabled[policy.node]
end

-- A connection request policy always lets requests through, to Windows or to another server.
local function grants(policy)
  local granting = policy.section == "Proxy_Policies" or #policy.profiles == 0
  for _, profile in ipairs(policy.profiles) do
    granting = granting or nps.get(profile, "msNPAllowDialin") ~= false
  end
  return granting
end

local function turn_off(ctx, policy, why)
  ctx.state.disabled[policy.node] = true
  facts.change(ctx, policy.section, policy, "Policy_Enabled", false, why, "boolean")
  ctx:call_for("disabled-policies", ("%s: %s"):format(policy.name, why))
end

---Turns a policy off. Requests that it decided now reach later policies, which did not decide them on the source:
---those that grant access are turned off as well, unless the user keeps them.
---@param policies NpsObject[] all of its section, in their order
---@param policy NpsObject
---@param why string
function M.policy(ctx, policies, policy, why)
  ctx.state.disabled = ctx.state.disabled or {}
  if not is_enabled(ctx, policy) then return end
  turn_off(ctx, policy, why)
  local is_behind = false
  for _, other in ipairs(policies) do
    if is_behind and is_enabled(ctx, other) and grants(other) then
      if ctx.params.later_policies == "disable" then
        turn_off(ctx, other, ("it stands behind '%s', which is disabled, and would grant what that decided"):format(
          policy.name))
      else
        ctx:note(("The policy '%s' stays enabled behind '%s', which is disabled: it now decides requests that reached"
          .. " the other."):format(other.name, policy.name))
      end
    end
    is_behind = is_behind or other.node == policy.node
  end
end

return M
