-- Groups and their members: one verdict each, and what the first start is told of them.

local decisions = require "decisions"
local facts = require "facts"

local M = {}

local function group_row(decision)
  local comment = decision.account.comment
  return { Name = decision.name, Description = comment ~= "" and comment or nil, Old = decision.account.sid }
end

---The rows of groups to create.
function M.rows(ctx)
  return decisions.rows(ctx, "groups", "create", group_row)
end

local function member_row(decision)
  local group, member = decision.group, decision.member
  return {
    Group = group.action == "builtin" and group.account.sid or nil,
    GroupName = group.action ~= "builtin" and (group.twin and group.twin.name or group.name) or nil,
    Member = member.sid, MemberName = not member.sid and member.name or nil,
    MemberRid = not member.sid and not member.name and member.rid or nil,
  }
end

---The rows of members to add: those of a domain, or the others.
---@param of_domain boolean
function M.member_rows(ctx, of_domain)
  return decisions.rows(ctx, "members", "add", function(decision)
    return (decision.member.domain or false) == of_domain and member_row(decision) or nil
  end)
end

-- Policies and permissions name groups by SID, and a created group has a new one.
local function create(decision, ctx)
  ctx:call_for("group-sids", ("%s: %s on the source"):format(decision.name, decision.account.sid))
  return group_row(decision), (decision.why and decision.why .. "; " or "") .. "created at the first start"
end

local function other_sid(_, about)
  local old, new = about.item.account.sid, about.item.twin.sid
  return ("The group %s of the source (%s) is %s on the destination. For policies of NPS: group_sids=%s=%s"):format(
    about.item.account.name, old, new, old, new)
end

local function called(ctx, about)
  local sid, hint = about.item.sid, facts.name_hint(ctx, about.item.sid)
  return ("%s: %s"):format(about.item.group.account.name, hint and ("%s (%s?)"):format(sid, hint) or sid)
end

local function add(decision)
  return member_row(decision), "added at the first start"
end

M.steps = {
  account "groups" {
    guide = "CB-08", title = "Groups", accounts = "groups", each = decisions.each "groups", name = decisions.name,
    keep "*" { when = decisions.is "builtin", why = decisions.why },
    keep "*" { when = decisions.is "reuse", why = decisions.why, note = other_sid },
    decisions.left,
    migrate "*" { through = create },
  },

  account "members" {
    guide = { "CB-08", "CB-07" }, title = "Members of groups", accounts = "members",
    each = decisions.each "members",
    name = function(decision) return decision.group.account.name .. "\\" .. decision.sid end,
    migrate "*" { when = decisions.is "add", through = add },
    keep "*" { when = decisions.is "present", why = decisions.why },
    by_hand "*" { when = decisions.is_by_hand, why = decisions.why, step = "domain-members", detail = called },
    drop "*" { why = decisions.why },
  },
}

return M
