-- What becomes of each user, group and member: decided once, from both servers and the parameters.
--
-- Users and groups of one server share their names, and none may be called as the server is.

local facts = require "facts"

local M = {}

local function index_names(accounts, computer_name)
  local taken = { [computer_name:lower()] = { kind = "computer" } }
  for _, user in ipairs(accounts.users) do taken[user.name:lower()] = { kind = "user", account = user } end
  for _, group in ipairs(accounts.groups) do taken[group.name:lower()] = { kind = "group", account = group } end
  return taken
end

-- NAME-2, NAME-3, ... cut to what fits.
local function free_name(name, taken, longest)
  for number = 2, 10000 do
    local suffix = "-" .. number
    local cut = utf8.offset(name, longest - #suffix + 1) or #name + 1
    local new = name:sub(1, math.max(cut - 1, 0)) .. suffix
    if not taken[new:lower()] then return new end
  end
end

-- A name that the destination has already: by the policy for that kind of account.
local function collide(decision, found, policy, taken, longest)
  local what = found.kind == "computer" and "the destination itself is called so"
    or ("the destination has a %s of that name"):format(found.kind)
  if policy == "rename" then
    decision.action, decision.name = "create", free_name(decision.account.name, taken, longest)
    decision.why = what .. ": created as " .. decision.name
  elseif policy == "reuse" and found.kind == decision.kind and not found.account.builtin
    and found.account.rid >= 1000 then
    decision.action, decision.twin, decision.why = "reuse", found.account, what .. ", which stands for this one"
  else
    decision.action, decision.twin = "leave", found.kind == decision.kind and found.account or nil
    decision.why = what
  end
end

local function decide(kind, account, policy, taken)
  local decision = { kind = kind, account = account, name = account.name, action = "create" }
  local problem = facts.name_problem(account.name, kind)
  local found = taken[account.name:lower()]
  if problem then
    decision.action, decision.why, decision.by_hand = "leave", problem, true
  elseif found then
    collide(decision, found, policy, taken, kind == "user" and 20 or 256)
  end
  if decision.action == "create" then taken[decision.name:lower()] = { kind = kind, account = account } end
  return decision
end

local function decide_user(ctx, user, taken)
  if facts.is_builtin(user) then
    return { kind = "user", account = user, action = "builtin", why = "every server has its own" }
  elseif not user.normal then
    return { kind = "user", account = user, action = "leave", why = "the account of a computer or of a domain" }
  elseif ctx.params.users == "enabled" and user.disabled then
    return { kind = "user", account = user, action = "leave", why = "it is disabled, and users=enabled" }
  elseif ctx.params.users == "disabled" and not user.disabled then
    return { kind = "user", account = user, action = "leave", why = "it is enabled, and users=disabled" }
  end
  return decide("user", user, ctx.params.collisions, taken)
end

local function decide_group(ctx, group, taken)
  if group.builtin then
    return { kind = "group", account = group, action = "builtin", why = "every server has it" }
  end
  return decide("group", group, ctx.params.group_collisions, taken)
end

-- Whose SID a member has on the destination: {sid} when that is known now, {name} or {rid} when the first start will
-- tell, or nothing and why not.
local function target(ctx, sid, users)
  local source, destination = facts.accounts(ctx, "source"), facts.accounts(ctx, "destination")
  local kind, rid = facts.kind_of_sid(sid, source.machine_sid)
  if kind == "well-known" then return { sid = sid } end
  if kind == "domain" then
    if facts.same_domain(ctx) then return { sid = sid, domain = true } end
    return nil, "an account of a domain that the destination is not in", true
  end
  local decision = users[rid]
  if not decision then return nil, "the source has no such user any more" end
  if decision.action == "builtin" then
    return { rid = rid, sid = destination.machine_sid ~= "" and destination.machine_sid .. "-" .. rid or nil }
  elseif decision.action == "create" then
    return { name = decision.name }
  elseif decision.action == "reuse" then
    return { sid = decision.twin.sid, name = decision.twin.name }
  end
  -- What stays away is not let in; if it is there already, so it stays.
  return { sid = decision.twin and decision.twin.sid, only_look = true }, decision.why
end

local function destination_members(ctx, group)
  local has = {}
  for _, other in ipairs(facts.accounts(ctx, "destination").groups) do
    if group.twin == other or group.action == "builtin" and other.sid == group.account.sid then
      for _, sid in ipairs(other.members) do has[sid] = true end
    end
  end
  return has
end

local function decide_members(ctx, group, users, out)
  local has = destination_members(ctx, group)
  for _, sid in ipairs(group.account.members) do
    local member, why, by_hand = target(ctx, sid, users)
    local decision = { group = group, sid = sid, member = member, why = why, by_hand = by_hand, action = "add" }
    if group.action == "leave" then
      decision.action, decision.why, decision.by_hand = "leave", "its group stays behind: " .. group.why, false
    elseif member and member.sid and has[member.sid] then
      decision.action, decision.why = "present", "it is a member already"
    elseif not member or member.only_look then
      decision.action = "leave"
    end
    out[#out + 1] = decision
  end
end

---@return table {users, groups, members} lists of decisions
function M.of(ctx)
  if ctx.state.decisions then return ctx.state.decisions end
  local source, destination = facts.accounts(ctx, "source"), facts.accounts(ctx, "destination")
  local taken = index_names(destination, ctx.destination:identity().computer_name)
  local made, by_rid = { users = {}, groups = {}, members = {} }, {}
  for index, user in ipairs(source.users) do
    made.users[index] = decide_user(ctx, user, taken)
    by_rid[user.rid] = made.users[index]
  end
  for index, group in ipairs(source.groups) do made.groups[index] = decide_group(ctx, group, taken) end
  for _, group in ipairs(made.groups) do decide_members(ctx, group, by_rid, made.members) end
  ctx.state.decisions = made
  return made
end

---What the first start is told of the decisions of a kind with an action: row(decision) each, where it gives one.
---@param kind "users"|"groups"|"members"
function M.rows(ctx, kind, action, row)
  local rows = {}
  for _, decision in ipairs(M.of(ctx)[kind]) do
    if decision.action == action then rows[#rows + 1] = row(decision) end
  end
  return rows
end

-- For tables of rules over decisions ------------------------------------------------------------

function M.each(kind)
  return function(_, ctx) return M.of(ctx)[kind] end
end

function M.name(decision) return decision.account.name end
function M.why(_, about) return about.item.why end
function M.is_by_hand(_, about) return about.item.by_hand end

function M.is(action)
  return function(_, about) return about.item.action == action end
end

---The rules for users and groups that are not created.
M.left = {
  keep "*" { when = M.is "reuse", why = M.why },
  by_hand "*" {
    when = M.is_by_hand, why = M.why, step = "names",
    detail = function(_, about)
      return ("%s %q: %s"):format(about.item.kind, about.item.account.name, about.item.why)
    end,
  },
  drop "*" { when = M.is "leave", why = M.why },
}

return M
