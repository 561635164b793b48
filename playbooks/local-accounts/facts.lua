-- The accounts of both servers, and what several steps ask of them.

local M = {}

M.profiles = [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList]]

-- What Windows does not take in the name of an account, and how long one may be (general knowledge).
local FORBIDDEN = '["/\\%[%]:;|=,+*?<>@]'
local USER_NAME, GROUP_NAME = 20, 256

---The accounts of one side, read once; without a SAM hive none, and `unknown`.
---@param side "source"|"destination"
---@return table {machine_sid, users, groups, problems, unknown}
function M.accounts(ctx, side)
  local key = "accounts of " .. side
  ctx.state[key] = ctx.state[key] or ctx[side]:accounts()
    or { machine_sid = "", users = {}, groups = {}, problems = {}, unknown = true }
  return ctx.state[key]
end

function M.is_builtin(user)
  return user.rid < 1000
end

---@param kind "user"|"group"
---@return string? problem
function M.name_problem(name, kind)
  local len = utf8.len(name)
  if not len or name:find "%c" or name:find(FORBIDDEN) or name:find "^[%s.]*$" or name:find "[%s.]$" then
    return "the name has signs that Windows does not take"
  end
  if len > (kind == "user" and USER_NAME or GROUP_NAME) then return "the name is too long" end
end

---What a SID is: "own" (rid follows), "domain", or "well-known".
---@return string kind
---@return integer? rid
function M.kind_of_sid(sid, machine_sid)
  local domain, rid = sid:match "^(S%-1%-5%-21%-%d+%-%d+%-%d+)%-(%d+)$"
  if not domain then return "well-known" end
  if domain == machine_sid then return "own", math.tointeger(tonumber(rid)) end
  return "domain"
end

---Who a domain's SID is likely to be: the folder of its profile on the source.
---@return string?
function M.name_hint(ctx, sid)
  local path = ctx.source:read(M.profiles .. "\\" .. sid, "ProfileImagePath")
  return type(path) == "string" and path:match "([^\\]+)$" or nil
end

function M.same_domain(ctx)
  local source, destination = ctx.source:identity().domain, ctx.destination:identity().domain
  return source ~= "" and source:lower() == destination:lower()
end

return M
