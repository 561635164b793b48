-- What a step sees: its machines within the playbook's scopes, facts, and where to record.

local current = require "engine.run.current"
local ledger = require "engine.run.ledger"
local loader = require "engine.declare.loader"
local windows = require "windows"

local M = {}

function M.merged(a, b)
  local list = {}
  for _, part in ipairs { a, b } do
    for _, item in ipairs(part or {}) do list[#list + 1] = item end
  end
  return list
end

---What a playbook may read: what it accounts for, and what it only looks at.
function M.scopes_of(playbook)
  return {
    registry = M.merged(playbook.reads.registry, playbook.consults.registry),
    files = M.merged(playbook.reads.files, playbook.consults.files),
    certificates = M.merged(playbook.reads.certificates, playbook.consults.certificates),
    accounts = M.merged(playbook.reads.accounts, playbook.consults.accounts),
  }
end

-- The services that a plan for another destination moves: what its playbooks say.
local function services_elsewhere(result)
  local services = {}
  for id in pairs(result.beside.elsewhere) do
    local known, playbook = pcall(loader.load, id)
    for _, service in ipairs(known and playbook.services or {}) do services[service:lower()] = id end
  end
  return services
end

local lists = { certificate = "certificates", account = "accounts" }

-- Whether a setting is among what the playbook reads.
local function is_read(source, scopes, path)
  local kind, rest = path:match "^(%l+):(.*)$"
  if not kind then return ledger.is_within(source, path, scopes.registry) end
  if kind == "file" then return pcall(source.has_file, source, rest) end
  local wanted = kind == "account" and rest == "members" and "groups" or rest
  for _, allowed in ipairs(scopes[lists[kind]] or {}) do
    if allowed:upper() == wanted:upper() then return true end
  end
  return false
end

---@param playbook table
---@param session table
---@param values table the playbook's parameters
---@param result table the runner's: ledger, notes, calls, taking_part
---@return table ctx
function M.new(playbook, session, values, result)
  local scopes = M.scopes_of(playbook)
  result.services = result.services or services_elsewhere(result)
  for _, service in ipairs(playbook.services or {}) do result.services[service:lower()] = playbook.id end
  local stores = { registry = { [[HKLM\SOFTWARE\Microsoft\SystemCertificates]] }, certificates = { "MY", "CA" } }
  local source_release = windows.release(session.source:identity())
  local destination_release = windows.release(session.destination:identity())
  local ctx = {
    playbook = playbook.id,
    source = host.scoped(session.source, { reads = scopes, writes = {} }, playbook.id),
    destination = host.scoped(session.destination, { reads = scopes, writes = playbook.writes }, playbook.id),
    params = values, map = host.freeze(session.map, "ctx.map"), time = session.request.time, state = {},
    given_certificates = host.freeze(result.given, "ctx.given_certificates"),
    given = result.given_machine and host.scoped(result.given_machine, { reads = stores, writes = {} }, playbook.id),
    source_os = source_release and source_release.key,
    destination_os = destination_release and destination_release.key,
  }

  local noted, called, source = {}, {}, ctx.source

  ---The destination's interface for a source interface's GUID, or nil.
  function ctx:interface(guid)
    for _, pair in ipairs(self.map) do
      if pair.source.guid:upper() == tostring(guid):upper() then return pair.destination end
    end
  end

  ---Whether a playbook takes part: in this plan ("here"), or also in one for another destination.
  function ctx.takes_part(_, id, where)
    if where == "here" then return result.calls[id] ~= nil end
    return result.taking_part[id] or false
  end

  ---The playbook that moves a service and takes part, in this plan or in one for another destination; or nil.
  function ctx.moves_service(_, service)
    return result.services[service:lower()]
  end

  function ctx:verdict(entry)
    local step = current.step_of(self) or error("verdict: only inside a step", 2)
    entry = host.plain(entry, "verdict", {})
    if type(entry.path) ~= "string" or not is_read(source, scopes, entry.path) then
      error(("verdict: '%s' is not among what %s reads"):format(tostring(entry.path), playbook.id), 2)
    end
    result.ledger:add {
      path = entry.path, name = entry.name, verdict = entry.verdict, why = entry.why,
      rule = entry.rule or step.rule, guide = entry.guide or step.guide[1], step = step.full_id,
      before = entry.before, after = entry.after, to = entry.to, to_name = entry.to_name,
      secret = entry.secret, by_shape = entry.by_shape,
    }
    step.verdicts = (step.verdicts or 0) + 1
  end

  ---Accounts for a value of the source: what was left there is told by type and size alone.
  ---@param path string its key
  ---@param value table as machine:get gives it
  ---@param verdict string
  ---@param why string|nil
  ---@param to string|nil the key that it is written to
  ---@param secret boolean|nil
  function ctx:account(path, value, verdict, why, to, secret)
    self:verdict {
      path = path, name = value.name, verdict = verdict, why = why, before = value, to = to, secret = secret,
      after = to and self.destination:get(to, value.name),
      by_shape = verdict == "kept" or verdict == "dropped" or verdict == "manual",
    }
  end

  ---Gives every value at and below a key of the source the same verdict.
  ---@param path string
  ---@param verdict string
  ---@param why string|nil
  function ctx:account_all(path, verdict, why)
    ledger.each_value(self.source, path, function(at, _, value) self:account(at, value, verdict, why) end)
  end

  ---A line for the report: something that an admin should know and need not do. The same is told once a step.
  function ctx:note(text)
    if type(text) ~= "string" then error("note: a text expected, got a " .. type(text), 2) end
    local step = current.step_of(self) or error("note: only inside a step", 2)
    local mark = step.full_id .. "\0" .. text
    if noted[mark] then return end
    noted[mark] = true
    result.notes[#result.notes + 1] = { step = step.full_id, text = text }
  end

  ---Stops because of what the user gave for a parameter of this playbook: that is wrong usage, and the only error of a
  ---playbook that is.
  function ctx.refuse(_, parameter, message, hint)
    if not (playbook.params or {})[parameter] then
      error(("refuse: %s has no parameter '%s'"):format(playbook.id, tostring(parameter)), 2)
    end
    error({ code = "argument", object = parameter, message = tostring(message), hint = hint and tostring(hint) }, 0)
  end

  ---Asks for an on-demand manual step, with a detail for its text (may be nil), told once.
  function ctx.call_for(_, id, detail)
    local calls = result.calls[playbook.id]
    calls[id] = calls[id] or {}
    local mark = id .. "\0" .. (detail or "")
    if detail and not called[mark] then calls[id][#calls[id] + 1] = detail end
    called[mark] = true
  end

  return ctx
end

---What is no release of the table is moved as the one that is nearest to it, once its check was waived.
function M.use_twin(ctx)
  local twin = not ctx.source_os and windows.twin(ctx.source:identity())
  if twin then ctx.source_os = twin.key end
end

function M.applies(item, ctx)
  return item.when == nil or item.when(ctx)
end

---What functions of a playbook give in place of a text is told here, where it can be named.
function M.check_text(playbook, item, what, value)
  if value ~= nil and type(value) ~= "string" then
    error(("%s/%s: %s gives a %s; it must give a text, or nothing"):format(playbook.id, item.id, what, type(value)), 0)
  end
end

return M
