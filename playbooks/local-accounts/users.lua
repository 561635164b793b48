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

local function without_empty(row)
  for field, value in pairs(row) do
    if value == "" then row[field] = nil end
  end
  return row
end

---The rows of the script, one for each user to create.
function M.rows(ctx)
  return decisions.rows(ctx, "users", "create", function(decision)
    local user = decision.account
    local off = user.disabled or #limits(user) > 0
    local fixed = user.cannot_change_password or user.never_expires
    return without_empty {
      Name = decision.name, FullName = user.full_name, Description = user.comment, Profile = user.profile,
      LoginScript = user.script, HomeDirectory = user.home_directory, HomeDirDrive = user.home_drive,
      Flags = NORMAL | (off and DISABLED or 0) | (user.cannot_change_password and CANNOT_CHANGE or 0)
        | (user.never_expires and NEVER_EXPIRES or 0) | (user.smart_card and SMART_CARD or 0),
      MustChange = ctx.params.must_change and not fixed, Disabled = off, Expires = user.expires,
    }
  end)
end

---The rows of dial-in rights, for users to create alone: one that was there keeps its own.
function M.dial_in_rows(ctx)
  return decisions.rows(ctx, "users", "create", function(decision)
    local settings = decision.account.dial_in and dial_in.settings(decision.account.dial_in)
    if settings then settings.Name = decision.name end
    return settings
  end)
end

local function call_for_rest(ctx, decision)
  local user = decision.account
  local rest = user.dial_in and select(2, dial_in.settings(user.dial_in)) or {}
  if #rest > 0 then ctx:call_for("dial-in", decision.name .. ": " .. table.concat(rest, ", ")) end
  if #limits(user) > 0 then ctx:call_for("limits", decision.name .. ": " .. table.concat(limits(user), ", ")) end
  if user.reversible then ctx:call_for("reversible-passwords", decision.name) end
end

-- A built-in account stays the destination's own; what is different there is told.
local function builtin_differences(ctx, about)
  local user, told = about.item.account, about.item.why
  for _, other in ipairs(facts.accounts(ctx, "destination").users) do
    if other.rid == user.rid then
      if other.name ~= user.name then told = ("%s; called %s there"):format(told, other.name) end
      if other.disabled ~= user.disabled then
        told = told .. (other.name ~= user.name and ", " or "; ")
          .. (other.disabled and "disabled there" or "enabled there")
      end
    end
  end
  return told
end

-- What becomes of a user is a row of the script; nothing is written now.
local function create(decision, ctx)
  local user, without = decision.account, lost(decision.account)
  call_for_rest(ctx, decision)
  return decision.name, (decision.why and decision.why .. "; " or "")
    .. "created at the first start, with a new password"
    .. (#limits(user) > 0 and "; disabled until its limits are set" or "")
    .. (#without > 0 and "; not carried over: " .. table.concat(without, ", ") or "")
end

M.steps = {
  account "users" {
    guide = { "CB-08", "RA-MAN-15" }, title = "Users", accounts = "users", each = decisions.each "users",
    name = decisions.name,
    keep "*" { when = decisions.is "builtin", why = builtin_differences },
    decisions.left,
    migrate "*" { through = create },
  },
}

return M
