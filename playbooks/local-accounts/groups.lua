-- Groups and their members: one verdict each, and what the first start is told of them.

local decisions = require "decisions"
local facts = require "facts"

local M = {}

---The rows of groups to create.
function M.rows(ctx)
  local rows = {}
  for index, decision in ipairs(decisions.with_action(decisions.of(ctx).groups, "create")) do
    local comment = decision.account.comment
    rows[index] = { Name = decision.name, Description = comment ~= "" and comment or nil, Old = decision.account.sid }
  end
  return rows
end

---The rows of members to add: those of a domain, or the others.
---@param of_domain boolean
function M.member_rows(ctx, of_domain)
  local rows = {}
  for _, decision in ipairs(decisions.with_action(decisions.of(ctx).members, "add")) do
    if (decision.member.domain or false) == of_domain then
      local group, member = decision.group, decision.member
      rows[#rows + 1] = {
        Group = group.action == "builtin" and group.account.sid or nil,
        GroupName = group.action ~= "builtin" and (group.twin and group.twin.name or group.name) or nil,
        Member = member.sid, MemberName = not member.sid and member.name or nil,
        MemberRid = not member.sid and not member.name and member.rid or nil,
      }
    end
  end
  return rows
end

local verdicts = {
  builtin = function(decision) return "kept", decision.why end,
  reuse = function(decision) return "kept", decision.why end,
  leave = function(decision) return decision.by_hand and "manual" or "dropped", decision.why end,
  create = function(decision)
    return "transformed", (decision.why and decision.why .. "; " or "") .. "created at the first start"
  end,
}

-- Policies and permissions name groups by SID, and a created group has a new one.
local function tell_new_sids(ctx, decision)
  if decision.action == "create" then
    ctx:call_for("group-sids", ("%s: %s on the source"):format(decision.name, decision.account.sid))
  elseif decision.action == "reuse" then
    ctx:note(("The group %s of the source (%s) is %s on the destination. For policies of NPS: group_sids=%s=%s"):format(
      decision.name, decision.account.sid, decision.twin.sid, decision.account.sid, decision.twin.sid))
  end
end

local function member_name(ctx, decision)
  local hint = facts.name_hint(ctx, decision.sid)
  return hint and ("%s (%s?)"):format(decision.sid, hint) or decision.sid
end

local function account_for_member(ctx, decision)
  local verdict, why = "dropped", decision.why
  if decision.action == "add" then
    verdict, why = "transformed", "added at the first start"
  elseif decision.action == "present" then
    verdict = "kept"
  elseif decision.by_hand then
    verdict = "manual"
    ctx:call_for("domain-members", decision.group.account.name .. ": " .. member_name(ctx, decision))
  end
  ctx:verdict {
    path = "account:members", name = decision.group.account.name .. "\\" .. decision.sid, verdict = verdict, why = why,
  }
end

M.step = step "groups" {
  guide = { "CB-08", "CB-07" }, title = "Groups and their members",
  run = function(ctx)
    local made = decisions.of(ctx)
    for _, decision in ipairs(made.groups) do
      local verdict, why = verdicts[decision.action](decision)
      ctx:verdict { path = "account:groups", name = decision.account.name, verdict = verdict, why = why }
      tell_new_sids(ctx, decision)
      if decision.by_hand then
        ctx:call_for("names", ("group %q: %s"):format(decision.account.name, decision.why))
      end
    end
    for _, decision in ipairs(made.members) do account_for_member(ctx, decision) end
    return ("%d groups to create, %d members to add"):format(
      #decisions.with_action(made.groups, "create"), #decisions.with_action(made.members, "add"))
  end,
}

return M
