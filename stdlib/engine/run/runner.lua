-- Runs the checks and the steps of loaded playbooks on a session and collects what came of them.

local answers = require "engine.run.answers"
local beside = require "engine.run.beside"
local by_hand = require "engine.run.by_hand"
local conflicts = require "engine.order.conflicts"
local context = require "engine.run.context"
local current = require "engine.run.current"
local deferred = require "engine.run.deferred"
local display = require "engine.tell.display"
local exclude = require "engine.run.exclude"
local certificate_files = require "engine.run.certificate_files"
local graphs = require "engine.order.graph"
local ledger = require "engine.run.ledger"
local loader = require "engine.declare.loader"
local params = require "engine.declare.params"
local outcomes = require "engine.tell.outcomes"
local partners = require "engine.order.partners"
local run_once = require "engine.run.run_once"
local stricter = require "engine.run.stricter"
local unjudged = require "engine.run.unjudged"
local waivers = require "engine.order.waivers"
local words = require "engine.declare.words"

local M = {}

local merged = context.merged

local function blocks(check)
  return not check.ok and check.severity == "block" and not check.waived
end

local function run_check(playbook, item, ctx, waived)
  local message, hint = item.problem(ctx)
  context.check_text(playbook, item, "problem", message)
  context.check_text(playbook, item, "the hint of problem", hint)
  local name = playbook.id .. "/" .. item.id
  local check = {
    id = item.id, playbook = playbook.id, guide = item.guide, severity = item.severity, title = item.title,
    ok = message == nil, message = message, hint = message and hint or nil,
  }
  if message and item.waiver then
    check.hint = (hint and hint .. " " or "") .. waivers.advice(name, item.waiver)
    check.waived = waived:takes(name, message, item.waiver) or nil
  end
  return check
end

local function find_block(result)
  for _, check in ipairs(result.checks) do result.blocked = result.blocked or blocks(check) end
end

local function run_checks(playbooks, contexts, session, result)
  result.checks = partners.checks(playbooks, {
    source = function(playbook) return contexts[playbook.id].source end, waivers = result.waivers,
    elsewhere = result.beside.elsewhere,
  })
  for _, check in ipairs(certificate_files.checks(result.given, session.destination:identity())) do
    result.checks[#result.checks + 1] = check
  end
  for _, playbook in ipairs(playbooks) do
    local ctx = contexts[playbook.id]
    for _, item in ipairs(playbook.steps) do
      if item.kind == "check" and context.applies(item, ctx) then
        result.checks[#result.checks + 1] = run_check(playbook, item, ctx, result.waivers)
      end
    end
  end
  find_block(result)
  if not result.blocked then
    for _, note in ipairs(result.waivers:notes()) do result.notes[#result.notes + 1] = note end
    for _, ctx in pairs(contexts) do context.use_twin(ctx) end
  end
end

local function run_step(entry, contexts, session, result)
  local node = entry.node
  local users = by_hand.needed_by(node, contexts, result)
  local first = users[1] or { playbook = node.uses[1].playbook, item = node.item }
  local record = {
    id = node.id, playbook = first.playbook.id, users = by_hand.users_of(node, users), kind = node.kind,
    guide = #users > 0 and by_hand.guide_of(users) or first.item.guide, title = node.item.title,
    place = entry.place ~= "as declared" and entry.place or nil, state = "not needed",
  }
  result.steps[#result.steps + 1] = record
  host.set_origin(session.destination, #result.steps)
  if #users == 0 then return end
  local ctx = first.ctx
  local step = { full_id = record.id, guide = first.item.guide, rule = node.kind .. " " .. first.item.id,
                 settler = result.unjudged }
  current.enter(ctx, step)
  local said = words.items[node.kind].run(ctx, first.item)
  record.state = "planned"
  record.summary = type(said) == "string" and said or nil
  record.verdicts = step.verdicts or 0
  current.enter(ctx, nil)
  unjudged.collect(result.unjudged, first.playbook.id, step)
  if result.conflicts then result.conflicts:finish(record) end
end

-- The scopes of all playbooks: what has to be accounted for, and that with what is only looked at.
local function all_scopes(playbooks)
  local reads = { registry = {}, files = {}, certificates = {}, accounts = {} }
  local all = { registry = {}, files = {}, certificates = {}, accounts = {} }
  for _, playbook in ipairs(playbooks) do
    local both = context.scopes_of(playbook)
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
  local request = session.request
  local given, notes = answers.take(playbooks, request)
  local result = {
    checks = {}, blocked = false, steps = {}, manual = {}, notes = notes, calls = {}, deferred = {}, taking_part = {},
    ledger = ledger.new(session.source, secret_key(session)), scopes = all_scopes(playbooks),
    waivers = waivers.new(playbooks, partners.names(playbooks), given.waived, given.waiver_files),
  }
  result.unjudged = unjudged.new(session)
  result.given, result.given_machine = certificate_files.open(request.certificates)
  deferred.collect_imports(result.given, result)
  local values = params.resolve(playbooks, given.parameters, given.givers)
  result.beside = beside.new(playbooks, values, session)
  for id in pairs(result.beside.elsewhere) do result.taking_part[id] = true end
  exclude.apply(session, result.scopes, result.ledger)
  local contexts = {}
  for _, playbook in ipairs(playbooks) do
    result.calls[playbook.id], result.taking_part[playbook.id] = {}, true
    contexts[playbook.id] = context.new(playbook, session, values[playbook.id], result)
  end
  run_checks(playbooks, contexts, session, result)
  return result, contexts, values
end

-- The playbooks as a plan names them. Where a folder of the user's is has no place in it: it says nothing of the rules.
local function named(graph)
  local list = {}
  for index, entry in ipairs(graph.playbooks) do
    local playbook = entry.playbook
    local origin = playbook.origin or { shadows = {} } -- made in a spec
    local shadowed = origin.shadows[#origin.shadows]
    list[index] = {
      id = playbook.id, title = playbook.title, version = playbook.version, sha256 = playbook.sha256,
      modules = playbook.modules, source = origin.source, place = entry.place,
      replaces = shadowed and shadowed.source == "embedded" and "embedded" or nil,
    }
  end
  return list
end

---@param graph table as graph.build gives it
---@return table {checks, blocked, waived, notes, playbooks}
function M.check(graph, session)
  local result = start(graphs.playbooks(graph), session)
  return { checks = result.checks, blocked = result.blocked, waived = result.waivers.items,
           notes = result.notes, playbooks = named(graph) }
end

-- What no rule judges is told, or carried as the user says, in a step behind those of its playbook.
local function run_unjudged(playbook, ctx, session, result)
  local record = {
    id = playbook.id .. "/unjudged", playbook = playbook.id, kind = "settings", guide = {},
    title = "Settings that no rule judges",
  }
  host.set_origin(session.destination, #result.steps + 1)
  unjudged.settle(result.unjudged, playbook, ctx, result.ledger, record)
  if record.verdicts > 0 then result.steps[#result.steps + 1] = record end
  if result.conflicts then result.conflicts:finish(record) end
end

local function run_all(graph, contexts, session, result)
  local verified = by_hand.verify(graph, contexts, "before", {})
  if #graph.playbooks > 1 then result.conflicts = conflicts.new(session, result.ledger) end
  for _, entry in ipairs(graph.order) do
    if entry.node.lane == "steps" then run_step(entry, contexts, session, result) end
  end
  for _, playbook in ipairs(graphs.playbooks(graph)) do
    run_unjudged(playbook, contexts[playbook.id], session, result)
  end
  unjudged.check(result.unjudged, result.ledger, result.notes)
  local first = graphs.playbooks(graph)[1]
  result.checks[#result.checks + 1] = first and stricter.check(result.unjudged, result.ledger, first.id)
  by_hand.verify(graph, contexts, "after", verified)
  by_hand.collect(graph, contexts, result, verified)
  beside.add_steps(result.beside, graphs.playbooks(graph), function(playbook)
    return contexts[playbook.id].source
  end, result)
end

---@param graph table as graph.build gives it
---@param session table {source, destination, map, request}: the map as it was built, the request as
---docs/plan.schema.json describes it
---@return table {plan, blocked}: the keys of a plan, all that the engine decides of it
function M.plan(graph, session)
  local playbooks = graphs.playbooks(graph)
  local result, contexts, values = start(playbooks, session)
  local plan = {
    checks = result.checks, steps = {}, verdicts = {}, manual = {}, notes = result.notes, summary = {}, deferred = {},
    engine = loader.engine(), playbooks = named(graph), parameters = values, map = session.map,
    secret_key = result.ledger.secret_key, waived = result.waivers.items, takes = result.beside.takes,
  }
  if not result.blocked then
    run_all(graph, contexts, session, result)
    table.move(run_once.checks(session, result.deferred), 1, 2, #result.checks + 1, result.checks)
    find_block(result)
  end
  if not result.blocked then
    run_once.register(session, result, deferred.scripts)
    plan.steps, plan.verdicts = result.steps, result.ledger.items
    plan.accounted, plan.summary = result.ledger:sums(result.scopes.reads.registry), outcomes.summary(plan.verdicts)
    plan.deferred, plan.manual = result.deferred, deferred.with_manual_step(result, session.request)
  end
  return { plan = display.storable(plan), blocked = result.blocked }
end

return M
