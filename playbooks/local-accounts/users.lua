-- Users: one verdict each, and what the first start is told of them.

local decisions = require "decisions"
local dial_in = require "dial_in"
local facts = require "facts"

local M = {}

-- userFlags of ADSI (ADS_USER_FLAG_ENUM of the Windows SDK).
local NORMAL, DISABLED, CANNOT_CHANGE, NEVER_EXPIRES, SMART_CARD = 0x200, 0x2, 0x40, 0x10000, 0x40000

-- Limits that only a person can set again. An account without them would be worth more than on the source.
local function limits(user)
  local found = {}
  if user.logon_hours then found[#found + 1] = "logon hours" end
  if user.workstations ~= "" then found[#found + 1] = "logon at " .. user.workstations:gsub("%c", "?") end
  return found
end

local function lost(user)
  local found = {}
  if user.no_password then found[#found + 1] = "may be without a password" end
  if user.reversible then found[#found + 1] = "password kept reversibly" end
  if user.locked then found[#found + 1] = "locked out" end
  if user.user_comment ~= "" then found[#found + 1] = "the user's own comment" end
  return found
end

---The rows of the script, one for each user to create.
function M.rows(ctx)
  local rows = {}
  for index, decision in ipairs(decisions.with_action(decisions.of(ctx).users, "create")) do
    local user = decision.account
    local off = user.disabled or #limits(user) > 0
    local fixed = user.cannot_change_password or user.never_expires
    rows[index] = {
      Name = decision.name, FullName = user.full_name, Description = user.comment, Profile = user.profile,
      LoginScript = user.script, HomeDirectory = user.home_directory, HomeDirDrive = user.home_drive,
      Flags = NORMAL | (off and DISABLED or 0) | (user.cannot_change_password and CANNOT_CHANGE or 0)
        | (user.never_expires and NEVER_EXPIRES or 0) | (user.smart_card and SMART_CARD or 0),
      MustChange = ctx.params.must_change and not fixed, Disabled = off, Expires = user.expires,
    }
    for field, value in pairs(rows[index]) do
      if value == "" then rows[index][field] = nil end
    end
  end
  return rows
end

---The rows of dial-in rights, for users to create alone: one that was there keeps its own.
function M.dial_in_rows(ctx)
  local rows = {}
  for _, decision in ipairs(decisions.with_action(decisions.of(ctx).users, "create")) do
    local settings = decision.account.dial_in and dial_in.settings(decision.account.dial_in)
    if settings then
      settings.Name = decision.name
      rows[#rows + 1] = settings
    end
  end
  return rows
end

local function call_for_rest(ctx, decision)
  local user = decision.account
  local rest = user.dial_in and select(2, dial_in.settings(user.dial_in)) or {}
  if #rest > 0 then ctx:call_for("dial-in", decision.name .. ": " .. table.concat(rest, ", ")) end
  if #limits(user) > 0 then ctx:call_for("limits", decision.name .. ": " .. table.concat(limits(user), ", ")) end
  if user.reversible then ctx:call_for("reversible-passwords", decision.name) end
end

-- A built-in account stays the destination's own; what is different there is told.
local function builtin_differences(ctx, user)
  for _, other in ipairs(facts.accounts(ctx, "destination").users) do
    if other.rid == user.rid then
      local found = {}
      if other.name ~= user.name then found[1] = ("called %s there"):format(other.name) end
      if other.disabled ~= user.disabled then
        found[#found + 1] = other.disabled and "disabled there" or "enabled there"
      end
      return table.concat(found, ", ")
    end
  end
  return ""
end

local function verdict_of(ctx, decision)
  local user = decision.account
  if decision.action == "builtin" then
    local differs = builtin_differences(ctx, user)
    return "kept", decision.why .. (differs ~= "" and "; " .. differs or "")
  elseif decision.action == "reuse" then
    return "kept", decision.why
  elseif decision.action == "leave" then
    return decision.by_hand and "manual" or "dropped", decision.why
  end
  local without = lost(user)
  local why = "created at the first start, with a new password"
  if decision.why then why = decision.why .. "; " .. why end
  if #limits(user) > 0 then why = why .. "; disabled until its limits are set" end
  return "transformed", why .. (#without > 0 and "; not carried over: " .. table.concat(without, ", ") or "")
end

M.step = step "users" {
  guide = { "CB-08", "RA-MAN-15" }, title = "Users",
  run = function(ctx)
    local created = 0
    for _, decision in ipairs(decisions.of(ctx).users) do
      local verdict, why = verdict_of(ctx, decision)
      ctx:verdict { path = "account:users", name = decision.account.name, verdict = verdict, why = why }
      if decision.action == "create" then
        created = created + 1
        call_for_rest(ctx, decision)
      elseif decision.by_hand then
        ctx:call_for("names", ("user %q: %s"):format(decision.account.name, decision.why))
      end
    end
    return ("%d to create"):format(created)
  end,
}

return M
