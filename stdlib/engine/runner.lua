-- Runs the checks and the steps of loaded playbooks on a session and collects what came of them.

local deferred = require "engine.deferred"
local display = require "engine.display"
local exclude = require "engine.exclude"
local ledger = require "engine.ledger"
local params = require "engine.params"
local settings = require "engine.settings"
local windows = require "windows"

local M = {}

local function merged(a, b)
  local list = {}
  for _, part in ipairs { a, b } do
    for _, item in ipairs(part or {}) do list[#list + 1] = item end
  end
  return list
end

local function scopes_of(playbook)
  return {
    registry = merged(playbook.reads.registry, playbook.consults.registry),
    files = merged(playbook.reads.files, playbook.consults.files),
    certificates = merged(playbook.reads.certificates, playbook.consults.certificates),
  }
end
M.scopes_of = scopes_of

-- What a step sees: its machines within the playbook's scopes, facts, and where to record.
local function context(playbook, session, values, result)
  local scopes = scopes_of(playbook)
  local source_release = windows.release(session.source:identity())
  local destination_release = windows.release(session.destination:identity())
  local ctx = {
    source = host.scoped(session.source, { reads = scopes, writes = {} }, playbook.id),
    destination = host.scoped(session.destination, { reads = scopes, writes = playbook.writes }, playbook.id),
    params = values, map = host.freeze(session.map, "ctx.map"), time = session.time, state = {},
    source_os = source_release and source_release.key,
    destination_os = destination_release and destination_release.key,
  }

  ---The destination's interface for a source interface's GUID, or nil.
  function ctx:interface(guid)
    for _, pair in ipairs(self.map) do
      if pair.source.guid:upper() == tostring(guid):upper() then return pair.destination end
    end
  end

  function ctx:verdict(entry)
    local current = assert(self.current, "verdict: only inside a step")
    result.ledger:add {
      path = entry.path, name = entry.name, verdict = entry.verdict, why = entry.why,
      rule = entry.rule or current.rule, guide = entry.guide or current.guide[1], step = current.full_id,
      before = entry.before, after = entry.after, to = entry.to, to_name = entry.to_name,
      secret = entry.secret, by_shape = entry.by_shape,
    }
    current.verdicts = (current.verdicts or 0) + 1
  end

  ---A line for the report: something that an admin should know and need not do.
  function ctx:note(text)
    if type(text) ~= "string" then error("note: a text expected, got a " .. type(text), 2) end
    result.notes[#result.notes + 1] = { step = self.current.full_id, text = text }
  end

  ---Asks for an on-demand manual step, with a detail for its text (may be nil).
  function ctx.call_for(_, id, detail)
    local calls = result.calls[playbook.id]
    calls[id] = calls[id] or {}
    if detail then calls[id][#calls[id] + 1] = detail end
  end

  return ctx
end

local function applies(item, ctx)
  return item.when == nil or item.when(ctx)
end

-- What functions of a playbook give in place of a text is told here, where it can be named.
local function check_text(playbook, item, what, value)
  if value ~= nil and type(value) ~= "string" then
    error(("%s/%s: %s gives a %s; it must give a text, or nothing"):format(playbook.id, item.id, what, type(value)), 0)
  end
end

local function run_checks(playbooks, contexts, result)
  for _, playbook in ipairs(playbooks) do
    local ctx = contexts[playbook.id]
    for _, item in ipairs(playbook.steps) do
      if item.kind == "check" and applies(item, ctx) then
        local message, hint = item.problem(ctx)
        check_text(playbook, item, "problem", message)
        check_text(playbook, item, "the hint of problem", hint)
        result.checks[#result.checks + 1] = {
          id = item.id, playbook = playbook.id, guide = item.guide, severity = item.severity,
          title = item.title, ok = message == nil, message = message, hint = message and hint or nil,
        }
        if message and item.severity == "block" then result.blocked = true end
      end
    end
  end
end

local runners = {
  settings = settings.run,
  step = function(ctx, item) return item.run(ctx) end,
}

local function run_steps(playbook, ctx, session, result)
  for _, item in ipairs(playbook.steps) do
    local runner = runners[item.kind]
    if runner then
      local record = {
        id = playbook.id .. "/" .. item.id, playbook = playbook.id, kind = item.kind,
        guide = item.guide, title = item.title,
      }
      result.steps[#result.steps + 1] = record
      host.set_origin(session.destination, #result.steps)
      ctx.current = { full_id = record.id, guide = item.guide, rule = item.kind .. " " .. item.id }
      if applies(item, ctx) then
        local said = runner(ctx, item)
        record.state = "planned"
        record.summary = type(said) == "string" and said or nil
        record.verdicts = ctx.current.verdicts or 0
      else
        record.state = "not needed"
      end
      ctx.current = nil
    end
  end
end

-- Asks the machine checks of one phase: `before` looks at the destination as it is, `after` as it will be.
local function verify_manual(playbook, ctx, phase, verified)
  for _, item in ipairs(playbook.steps) do
    if item.kind == "manual" and item.verify and item.phase == phase and applies(item, ctx) then
      verified[item.id] = item.verify(ctx) and true or false
    end
  end
end

local function collect_manual(playbook, ctx, result, verified)
  local calls = result.calls[playbook.id]
  local known = {}
  for _, item in ipairs(playbook.steps) do
    if item.kind == "manual" then
      known[item.id] = true
      local called = calls[item.id]
      if (called or not item.on_demand) and applies(item, ctx) then
        local text = item.text
        if type(text) == "function" then text = text(ctx) end
        check_text(playbook, item, "text", text)
        if text then
          result.manual[#result.manual + 1] = {
            id = playbook.id .. "/" .. item.id, playbook = playbook.id, guide = item.guide,
            title = item.title, on = item.on, phase = item.phase, text = text,
            details = called or {}, unattended = item.unattended,
            state = verified[item.id] and "done" or "open",
            evidence = verified[item.id] and { by = "rehome", note = "checked by rehome" } or nil,
          }
        end
      end
    end
  end
  for id in pairs(calls) do
    if not known[id] then
      error(("playbook '%s' asks for the manual step '%s', which it does not have"):format(playbook.id, id), 0)
    end
  end
end

-- The scopes of all playbooks: what has to be accounted for, and that with what is only looked at.
local function all_scopes(playbooks)
  local reads, all = { registry = {}, files = {}, certificates = {} }, { registry = {}, files = {}, certificates = {} }
  for _, playbook in ipairs(playbooks) do
    local both = scopes_of(playbook)
    for kind in pairs(reads) do
      reads[kind], all[kind] = merged(reads[kind], playbook.reads[kind]), merged(all[kind], both[kind])
    end
  end
  return { reads = reads, all = all }
end

-- The key of secrets' fingerprints. Who knows the hives that it comes from knows the secrets in them anyway.
local function secret_key(session)
  session.source:identity()
  session.destination:identity()
  return host.sha256(host.fingerprint(session.source) .. host.fingerprint(session.destination))
end

local function start(playbooks, session)
  local result = {
    checks = {}, blocked = false, steps = {}, manual = {}, notes = {}, calls = {}, deferred = {},
    ledger = ledger.new(session.source, secret_key(session)), scopes = all_scopes(playbooks),
  }
  local values = params.resolve(playbooks, session.parameters or {})
  exclude.apply(session, result.scopes, result.ledger)
  local contexts = {}
  for _, playbook in ipairs(playbooks) do
    result.calls[playbook.id] = {}
    contexts[playbook.id] = context(playbook, session, values[playbook.id], result)
  end
  run_checks(playbooks, contexts, result)
  return result, contexts, values
end

---@return table {checks, blocked}
function M.check(playbooks, session)
  local result = start(playbooks, session)
  return { checks = result.checks, blocked = result.blocked }
end

---@return table plan lists as LUA and docs/plan-format.md name them
function M.plan(playbooks, session)
  local result, contexts, values = start(playbooks, session)
  local plan = {
    checks = result.checks, blocked = result.blocked, steps = {}, verdicts = {}, manual = {},
    notes = {}, unaccounted = {}, deferred = {}, excluded = session.excluded or {}, playbooks = {},
    parameters = values, map = session.map, time = session.time, secret_key = result.ledger.secret_key,
  }
  for index, playbook in ipairs(playbooks) do
    plan.playbooks[index] = {
      id = playbook.id, title = playbook.title, version = playbook.version, sha256 = playbook.sha256,
    }
  end
  if result.blocked then return display.storable(plan) end
  for _, playbook in ipairs(playbooks) do
    local ctx = contexts[playbook.id]
    local verified = {}
    verify_manual(playbook, ctx, "before", verified)
    run_steps(playbook, ctx, session, result)
    verify_manual(playbook, ctx, "after", verified)
    collect_manual(playbook, ctx, result, verified)
    deferred.collect(playbook, ctx, result)
    local owned = host.scoped(session.source, { reads = playbook.reads, writes = {} }, playbook.id)
    result.ledger:account(owned, playbook.reads, playbook.id)
  end
  plan.steps, plan.verdicts = result.steps, result.ledger.items
  plan.unaccounted, plan.accounted = result.ledger.unaccounted, result.ledger:sums(result.scopes.reads.registry)
  plan.deferred, plan.manual, plan.notes = result.deferred, deferred.with_manual_step(result), result.notes
  return display.storable(plan)
end

return M
