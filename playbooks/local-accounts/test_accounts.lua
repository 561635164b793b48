-- For the tests: servers as text, their SAM hives made field by field. The places of the fields are told in
-- host/account/account.h. There are no hashes in them.

local M = {}

local ACCOUNT = [[HKEY_LOCAL_MACHINE\SAM\SAM\Domains\Account]]
local BUILTIN = [[HKEY_LOCAL_MACHINE\SAM\SAM\Domains\Builtin]]

M.sids = { source = "S-1-5-21-1-1-1", destination = "S-1-5-21-2-2-2" }

local function utf16(text)
  local units = {}
  for _, code in utf8.codes(text) do units[#units + 1] = string.pack("<I2", code) end
  return table.concat(units)
end

local function hex(data)
  local digits = {}
  for index = 1, #data do digits[index] = ("%02x"):format(data:byte(index)) end
  return table.concat(digits, ",")
end

local function sid_bytes(sid)
  local numbers = {}
  for number in sid:sub(7):gmatch "%d+" do numbers[#numbers + 1] = string.pack("<I4", tonumber(number)) end
  return string.pack("BB>I2>I4", 1, #numbers, 0, tonumber(sid:match "^S%-1%-(%d+)")) .. table.concat(numbers)
end

-- {offset, length, 0} for each field, then the fields.
local function record(count, fields)
  local head, body = {}, ""
  for index = 0, count - 1 do
    local data = fields[index] or ""
    head[#head + 1] = string.pack("<I4I4I4", #body, #data, 0)
    body = body .. data
  end
  return table.concat(head) .. body
end

-- A descriptor that lets everybody change the password, or nobody.
local function descriptor(cannot_change)
  return string.pack("<I1I1I2I4I4I4I4", 1, 0, 0x8004, 0, 0, 0, 20) .. string.pack("<I1I1I2I2I2", 2, 0, 28, 1, 0)
    .. string.pack("<I1I1I2I4", 0, 0, 20, cannot_change and 0x2031B or 0x2035B) .. sid_bytes "S-1-1-0"
end

---userParameters: dial-in rights and properties {name, bytes}.
function M.dial_in(privilege, number, properties)
  local area = utf16((" "):rep(22) .. "d") .. string.pack("<I2", privilege) .. utf16(number or "")
  area = area .. ("\0"):rep(96 - #area)
  if not properties then return area end
  local parts = { area, utf16 "P", string.pack("<I2", #properties) }
  for _, property in ipairs(properties) do
    local name, value = utf16(property[1]), hex(property[2]):gsub(",", "")
    parts[#parts + 1] = string.pack("<I2I2I2", #name, #value, 1) .. name .. value
  end
  return table.concat(parts)
end

local function user_text(user)
  local fields = {
    [0] = descriptor(user.cannot_change), utf16(user.name), utf16(user.full_name or ""), utf16(user.comment or ""),
    utf16(user.user_comment or ""), user.parameters or "", utf16(user.home or ""), utf16(user.drive or ""),
    utf16(user.script or ""), utf16(user.profile or ""), utf16(user.workstations or ""), user.hours or "",
  }
  local f = ("\0"):rep(32) .. string.pack("<i8", user.expires or math.maxinteger) .. ("\0"):rep(8)
    .. string.pack("<I4I4I2", user.f_rid or user.rid, 513, user.flags or 0x210) .. ("\0"):rep(22)
  return ("[%s\\Users\\%08X]\n\"F\"=hex:%s\n\"V\"=hex:%s\n"):format(ACCOUNT, user.rid, hex(f), hex(record(17, fields)))
end

local function group_text(domain, group)
  local members = {}
  for index, sid in ipairs(group.members or {}) do members[index] = sid_bytes(sid) end
  local name, comment, list = utf16(group.name), utf16(group.comment or ""), table.concat(members)
  local c = string.pack("<I4I4I4I4", group.rid, 0, 0, 0) .. string.pack("<I4I4I4", 0, #name, 0)
    .. string.pack("<I4I4I4", #name, #comment, 0) .. string.pack("<I4I4I4", #name + #comment, #list, #members)
  return ("[%s\\Aliases\\%08X]\n\"C\"=hex:%s\n"):format(domain, group.rid, hex(c .. name .. comment .. list))
end

---A SAM hive as text. `options`: users {rid, name, flags, ...}, groups, builtin: lists; no_machine_sid.
function M.sam(side, options)
  local sid = options.no_machine_sid and "" or hex(sid_bytes(M.sids[side]))
  local parts = { ("[%s]\n\"V\"=hex:%s\n"):format(ACCOUNT, sid) }
  parts[2] = user_text { rid = 500, name = options.administrator or "Administrator" }
  parts[3] = user_text { rid = 501, name = "Guest", flags = 0x215, cannot_change = true }
  for _, user in ipairs(options.users or {}) do parts[#parts + 1] = user_text(user) end
  for _, group in ipairs(options.groups or {}) do parts[#parts + 1] = group_text(ACCOUNT, group) end
  for _, group in ipairs(options.builtin or {}) do parts[#parts + 1] = group_text(BUILTIN, group) end
  return table.concat(parts, "\n")
end

local system = [=[
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName]
"ComputerName"="@NAME@"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ProductOptions]
"ProductType"="@PRODUCT@"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters]
"Domain"="@DOMAIN@"
]=]

---@param options table as M.sam, and product, domain, system and software (text), files, no_sam
function M.server(machine, side, options)
  local fields = {
    NAME = side == "source" and "OLD" or "NEW", PRODUCT = options.product or "ServerNT", DOMAIN = options.domain or "",
  }
  return machine.from {
    registry = {
      SYSTEM = system:gsub("@(%u+)@", fields) .. (options.system or ""), SOFTWARE = options.software or "",
      SAM = not options.no_sam and M.sam(side, options) or nil,
    },
    files = options.files,
  }
end

---Makes both servers and plans.
---@return table plan, table source, table destination
function M.plan(machine, run, source, destination, parameters)
  local from, to = M.server(machine, "source", source), M.server(machine, "destination", destination or {})
  local plan = run { playbooks = { "local-accounts" }, source = from, destination = to, parameters = parameters }
  return plan, from, to
end

---The verdict on one user, group or member ("users", "groups", "members").
function M.verdict(plan, kind, name)
  for _, verdict in ipairs(plan.verdicts) do
    if verdict.path == "account:" .. kind and verdict.name == name then return verdict end
  end
end

---The script of a deferred action, or nil.
function M.script(plan, id)
  for _, action in ipairs(plan.deferred) do
    if action.id == "local-accounts/" .. id then return action.run, action.undo end
  end
end

function M.manual(plan, id)
  for _, item in ipairs(plan.manual) do
    if item.id == "local-accounts/" .. id then return item end
  end
end

function M.failed(plan, id)
  for _, check in ipairs(plan.checks) do
    if check.id == id and not check.ok then return check end
  end
end

return M
