-- The script of the first start, registered so that Windows runs it by itself when an administrator first signs in.
--
-- Script and registration are changes of the plan like all others.

local M = {}

local KEY = [[HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce]]
local POLICY = [[HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell]]

-- What is below the folder of Windows inherits that users may read it and administrators alone change it (general
-- knowledge of its default permissions).
local FOLDER = "Windows/rehome"

function M.is_asked(request) return request.first_start == "run-once" end

-- What tells a plan that is made again from another one. Not its actions: they may differ once it has been applied.
local function id_of(document)
  local request, parts = document.request, {}
  for name, value in pairs(request.parameters) do parts[#parts + 1] = name .. "=" .. tostring(value) end
  table.sort(parts)
  table.move(request.playbooks, 1, #request.playbooks, #parts + 1, parts)
  parts[#parts + 1] = ("%d"):format(request.time)
  return host.sha256(table.concat(parts, "\0")):sub(1, 16)
end

---Where a plan's script is registered.
---@param document table request, destination.identity
---@return table {name, command, file} the value of RunOnce and its data, which may have 260 characters; the script
function M.place(document)
  local id, root = id_of(document), document.destination.identity["system-root"]
  root = type(root) == "string" and root:match "^%a:\\%w+$" or [[C:\Windows]]
  return {
    name = "!rehome-" .. id, file = ("%s/first-start-%s.ps1"):format(FOLDER, id),
    command = ([[%s\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile -NonInteractive]]
      .. [[ -ExecutionPolicy Bypass -File %s\rehome\first-start-%s.ps1]]):format(root, root, id),
  }
end

local function blocking(id, title, message, hint)
  return { id = id, playbook = "rehome", guide = {}, severity = "block", title = title, ok = message == nil,
           message = message, hint = message and hint }
end

---Whether the script can run by itself: checks, none when nobody asked for it.
---@param session table
---@param actions table[] the deferred ones
---@return table[]
function M.checks(session, actions)
  if not M.is_asked(session.request) or #actions == 0 then return {} end
  local asking, destination = {}, session.destination
  for _, action in ipairs(actions) do
    if action.asks then asking[#asking + 1] = action.id end
  end
  local policy = destination:read(POLICY, "EnableScripts") == 0 and "Restricted"
    or destination:read(POLICY, "ExecutionPolicy")
  local forbids = policy == "Restricted" or policy == "AllSigned"
  return {
    blocking("run-once-asks", "Nothing of the first start asks for a secret",
      #asking > 0 and ("--first-start run-once: nobody is there to answer what is asked by %s"):format(
        table.concat(asking, ", ")) or nil,
      "Leave the option out and run first-start.ps1 by hand, or have nothing ask for a password."),
    blocking("run-once-policy", "Group Policy lets the script of the first start run",
      forbids and ("--first-start run-once: Group Policy of the destination lets no script run that is not signed (%s)")
        :format(policy) or nil,
      "Have the policy changed, or leave the option out, sign first-start.ps1 and run it by hand."),
  }
end

-- Whether this plan, or an earlier one, has put the script there already; it may have run since.
local function is_there(document, destination, place, scripts)
  if destination:has_file(place.file) then return true end
  for _, file in ipairs(destination:files(FOLDER)) do
    local text = destination:read_file(file)
    local key, time = text:match "\n%$key = '(%x+)'\r\n%$made = (%d+)\r\n"
    local other = file:match "first%-start%-(%x+)%.ps1$"
    if key and other then
      local script = scripts(document, { key = key, time = math.tointeger(time) }).run
      if script:gsub(place.name:match "%x+$", other) == text then return true end
    end
  end
  return false
end

---Writes script and registration.
---@param session table
---@param result table the runner's; `steps` grows
---@param scripts function of engine.run.deferred
function M.register(session, result, scripts)
  if not M.is_asked(session.request) or #result.deferred == 0 then return end
  local identity = session.destination:identity()
  local document = {
    request = session.request, deferred = result.deferred,
    destination = { identity = { ["computer-name"] = identity.computer_name, ["system-root"] = identity.system_root } },
  }
  local place, step = M.place(document), {
    id = "rehome/run-once", playbook = "rehome", guide = {}, kind = "step", state = "not needed",
    title = "Have the script of the first start run by itself",
  }
  result.steps[#result.steps + 1] = step
  if is_there(document, session.destination, place, scripts) then return end
  host.set_origin(session.destination, #result.steps)
  session.destination:write_file(place.file, scripts(document).run)
  session.destination:set(KEY, place.name, "sz", place.command)
  step.state, step.summary = "planned", place.file .. ", " .. place.name .. " in RunOnce"
end

return M
