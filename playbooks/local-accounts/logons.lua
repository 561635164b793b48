-- Services and scheduled tasks that log on as a local account: the account gets a new password and a new SID, so they
-- have to be told. Where tasks are kept: [MS-TSCH] 2.4; a service's account: Microsoft, "CreateServiceW".

local facts = require "facts"
local windows = require "windows"
local xml = require "format.xml"

local M = {}

local tasks = [[%SystemRoot%\System32\Tasks]]

---What is consulted for it.
M.scope = tasks .. [[\**]]

-- The name behind ".\NAME" and "COMPUTER\NAME"; nil for accounts of Windows and of a domain.
local function local_name(account, computer)
  local authority, name = account:match "^([^\\]*)\\(.+)$"
  if authority == "." or windows.same_name(authority, computer) then return name end
end

local function user_by(accounts, field, value)
  for _, user in ipairs(accounts.users) do
    if windows.same_name(user[field], value) then return user.name end
  end
end

-- Who a task runs as, where that is a user of this computer: a SID, or a name with or without the computer's.
local function user_of_task(ctx, path)
  local document = xml.parse(ctx.source:read_file(path) or "")
  local principals = document and xml.child(document.root, "Principals")
  local principal = principals and xml.child(principals, "Principal")
  local id = principal and xml.child(principal, "UserId")
  local account = id and id.text or ""
  local accounts = facts.accounts(ctx, "source")
  return user_by(accounts, "sid", account)
    or user_by(accounts, "name", local_name(account, ctx.source:identity().computer_name) or account)
end

---Each service and task of the source that logs on as a local user, as a line.
---@return string[]
function M.lines(ctx)
  local lines, computer = {}, ctx.source:identity().computer_name
  for _, service in ipairs(ctx.source:services()) do
    local name = local_name(service.account, computer)
    if name then
      lines[#lines + 1] = ("the service %s (%s) as %s: services.msc, tab Log On"):format(service.name,
        service.title ~= "" and service.title or service.program, name)
    end
  end
  for _, path in ipairs(ctx.source:files(tasks)) do
    local name = user_of_task(ctx, path)
    if name then
      local task = path:match "[Tt]asks/(.+)$":gsub("/", "\\")
      lines[#lines + 1] = ("the task %s as %s: schtasks /Change /TN \"\\%s\" /RU %s /RP *"):format(task, name, task,
        name)
    end
  end
  return lines
end

return M
