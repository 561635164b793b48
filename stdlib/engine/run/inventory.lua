-- What a machine is, which roles are on it, which playbooks fit, what would block them, and what none of them moves.

local context = require "engine.run.context"
local loader = require "engine.declare.loader"
local partners = require "engine.order.partners"
local roles = require "windows.roles"
local waivers = require "engine.order.waivers"
local windows = require "windows"

local M = {}

-- What a check asks for when it wants to see the destination: there is none yet.
local no_destination = {}
local of_destination = { destination = true, destination_os = true, map = true, interface = true }

local function presence(playbook, machine)
  if not playbook.present then return true end
  local source = host.scoped(machine, { reads = context.scopes_of(playbook), writes = {} }, playbook.id)
  local present, why = playbook.present(source)
  return present and true or false, why
end

-- A step's context that knows the source alone, and every parameter as nobody has answered it.
local function half_context(playbook, machine, fitting, time)
  local release, values = windows.release(machine:identity()), {}
  for name, parameter in pairs(playbook.params) do values[name] = parameter.default end
  local known = {
    source = host.scoped(machine, { reads = context.scopes_of(playbook), writes = {} }, playbook.id),
    params = values, state = {}, source_os = release and release.key, time = time,
    takes_part = function(_, id) return fitting.ids[id] or false end,
    moves_service = function(_, service) return fitting.services[service:lower()] end, playbook = playbook.id,
  }
  return setmetatable({}, {
    __index = function(_, name)
      if of_destination[name] then error(no_destination, 0) end
      return known[name]
    end,
    __newindex = known,
  })
end

-- "ok", "failed", "not needed", or "needs a destination"; what is in the way, and the remedy.
local function ask(playbook, item, ctx)
  local ok, message, hint = pcall(function()
    if not context.applies(item, ctx) then return false end
    return item.problem(ctx)
  end)
  if not ok and message == no_destination then return "needs a destination" end
  if not ok then return "failed", loader.message(message) end
  if message == false then return "not needed" end
  if not message then return "ok" end
  if item.waiver then
    hint = (hint and hint .. " " or "") .. waivers.advice(playbook.id .. "/" .. item.id, item.waiver)
  end
  return "failed", message, hint
end

local function run_checks(playbook, machine, fitting, time)
  local ctx, checks = half_context(playbook, machine, fitting, time), {}
  for _, item in ipairs(playbook.steps) do
    if item.kind == "check" then
      local state, message, hint = ask(playbook, item, ctx)
      checks[#checks + 1] = {
        id = item.id, guide = item.guide, severity = item.severity, title = item.title, state = state,
        message = message, hint = hint,
      }
    end
  end
  return checks
end

-- Partners: as if all playbooks that fit were named.
local function run_partners(playbooks, machine)
  local nothing = waivers.new({}, {}, {})
  return partners.checks(playbooks, {
    source = function(playbook)
      return host.scoped(machine, { reads = context.scopes_of(playbook), writes = {} }, playbook.id)
    end,
    waivers = nothing, elsewhere = {},
  })
end

-- What was raised, with the file that it is about.
local function told_of(raised)
  local object = type(raised) == "table" and rawget(raised, "object")
  return (type(object) == "string" and object .. ": " or "") .. loader.message(raised)
end

local function describe(id, machine)
  local ok, playbook = pcall(loader.load, id)
  local item = { id = id, present = false }
  if not ok then
    item.failed, item.why = true, told_of(playbook)
    return item
  end
  item.title = playbook.title
  local known, present, why = pcall(presence, playbook, machine)
  item.present, item.failed = known and present, not known or nil
  if not known then why = told_of(present) end
  item.why = type(why) == "string" and why or nil
  return item, playbook
end

-- Roles whose services no playbook moves, and programs of others that start with Windows.
local function unknown(machine, found, moved)
  local list = {}
  for _, role in ipairs(found) do
    if not role.common and role.start ~= 4 and not moved[role.service:lower()] then
      list[#list + 1] = { service = role.service, title = role.title, why = "a role that no playbook moves" }
    end
  end
  for _, service in ipairs(roles.programs(machine)) do
    if not moved[service.service:lower()] then list[#list + 1] = service end
  end
  local tasks = roles.tasks(machine)
  if #tasks > 0 then
    list[#list + 1] = {
      service = "Schedule", title = "Scheduled tasks", why = "no playbook moves them: " .. table.concat(tasks, ", "),
    }
  end
  return list
end

---@param machine table
---@param time integer what "valid now" means for certificates
---@return table {release, system, roles, playbooks, unknown, not_looked_for}
function M.run(machine, time)
  local identity = machine:identity()
  local release = windows.release(identity)
  local result = {
    release = release and release.key, system = windows.describe(identity), roles = roles.find(machine), playbooks = {},
  }
  local fitting, items, moved = { ids = {}, services = {} }, {}, {}
  for index, id in ipairs(host.playbooks()) do
    local item, playbook = describe(id, machine)
    result.playbooks[index] = item
    local fits = playbook and item.present
    for _, service in ipairs(playbook and playbook.services or {}) do
      moved[service:lower()], fitting.services[service:lower()] = id, fits and id or fitting.services[service:lower()]
    end
    if fits then fitting[#fitting + 1], items[playbook.id], fitting.ids[playbook.id] = playbook, item, true end
  end
  for _, playbook in ipairs(fitting) do
    items[playbook.id].checks = run_checks(playbook, machine, fitting, time)
  end
  for _, check in ipairs(run_partners(fitting, machine)) do
    check.state, check.ok, check.waived = "failed", nil, nil
    table.insert(items[check.playbook].checks, 1, check)
  end
  for _, role in ipairs(result.roles) do role.playbook = moved[role.service:lower()] end
  result.unknown = unknown(machine, result.roles, moved)
  result.not_looked_for = roles.not_looked_for
  return result
end

return M
