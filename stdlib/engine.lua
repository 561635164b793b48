-- What the host calls: listing, loading, checking and planning playbooks.

local answers = require "engine.run.answers"
local context = require "engine.run.context"
local deferred = require "engine.run.deferred"
local display = require "engine.tell.display"
local explain = require "engine.tell.explain"
local loader = require "engine.declare.loader"
local graph = require "engine.order.graph"
local graph_view = require "engine.tell.graph_view"
local inventory = require "engine.run.inventory"
local relations = require "engine.declare.relations"
local report = require "engine.tell.report"
local rules = require "engine.declare.rules"
local runner = require "engine.run.runner"
local spec = require "engine.run.spec"
local words = require "engine.declare.words"

local M = {}

local loaded = {} -- in the order in which they run
local ordered = graph.build {}

---@return table[] {id, title, version, summary, source, folder, shadows, error}
function M.list()
  local list = {}
  for index, id in ipairs(host.playbooks()) do
    local ok, playbook = pcall(loader.load, id)
    local item = display.storable(loader.origin(id))
    item.id = id
    if ok then
      item.title, item.version, item.summary = playbook.title, playbook.version, playbook.summary
    else
      item.error = loader.message(playbook)
    end
    list[index] = item
  end
  return list
end

---@param options table {ids}
function M.load(options)
  local playbooks, seen = {}, {}
  for _, id in ipairs(options.ids) do
    if not seen[id] then playbooks[#playbooks + 1] = loader.load(id) end
    seen[id] = true
  end
  ordered = graph.build(playbooks)
  loaded = graph.playbooks(ordered)
end

---Loads the playbooks of a plan. Raises when they, or the engine, are not as the plan knows them.
---@param document table
function M.load_planned(document)
  rules.check(document)
  M.load { ids = document.request.playbooks }
  rules.check_loaded(document, loaded)
end

local function ids_of(list)
  local ids = {}
  for index, relation in ipairs(list) do ids[index] = relation.id end
  return ids
end

-- Every relation of a playbook as data: a condition is a function.
local function relations_of(playbook)
  local list = {}
  for _, field in ipairs(relations.of_playbooks) do
    for _, relation in ipairs(playbook[field]) do
      list[#list + 1] = { kind = field, id = relation.id, why = relation.why, points = relation.points,
                          sometimes = relation.when and true or nil }
    end
  end
  return list
end

---@return table[] the loaded playbooks as data
function M.describe()
  local list = {}
  for index, playbook in ipairs(loaded) do
    local steps, parameters, origin = {}, {}, display.storable(playbook.origin)
    for position, step in ipairs(playbook.steps) do
      steps[position] = { kind = step.kind, id = step.id, guide = step.guide, title = step.title }
      for _, field in ipairs(words.items[step.kind].tells or {}) do
        if type(step[field]) ~= "function" then steps[position][field] = step[field] end
      end
    end
    for name, parameter in pairs(playbook.params) do
      parameters[#parameters + 1] = { name = name, type = parameter.type, default = parameter.default,
                                      help = parameter.help, choices = parameter.choices }
    end
    table.sort(parameters, function(a, b) return a.name < b.name end)
    list[index] = {
      id = playbook.id, title = playbook.title, version = playbook.version, summary = playbook.summary,
      sha256 = playbook.sha256, modules = playbook.modules,
      source = origin.source, folder = origin.folder, shadows = origin.shadows,
      after = ids_of(playbook.after), before = ids_of(playbook.before),
      requires = ids_of(playbook.requires), together = ids_of(playbook.together),
      conflicts = ids_of(playbook.conflicts), relations = relations_of(playbook),
      services = playbook.services or {}, points = playbook.points, reads = playbook.reads,
      consults = playbook.consults,
      writes = playbook.writes, params = parameters, steps = steps, compat = playbook.compat,
      guide = playbook.guide,
    }
  end
  return list
end

---@return table {registry, files, certificates, accounts} what the loaded playbooks read, for an export
function M.scopes()
  local union = { registry = {}, files = {}, certificates = {}, accounts = {} }
  for kind, list in pairs(union) do
    local seen = {}
    for _, playbook in ipairs(loaded) do
      for _, scope in ipairs(context.scopes_of(playbook)[kind]) do
        if not seen[scope:upper()] then list[#list + 1] = scope end
        seen[scope:upper()] = true
      end
    end
    table.sort(list)
  end
  return union
end

---@param session table {source}
function M.inventory(session)
  return inventory.run(session.source, session.request.time)
end

---@param request table
---@return table {parameters, waived} where each comes from
function M.answers(request)
  return answers.explain(loaded, request)
end

function M.check(session)
  return runner.check(ordered, session)
end

function M.plan(session)
  return runner.plan(ordered, session)
end

---@return table {playbooks, items, text, dot} the order of playbooks and items, with reasons
function M.graph()
  return graph_view.show(ordered)
end

---@param options table {document, path}
---@return table {known, lines, hint, ...} what a plan knows of a setting, a file, a certificate or an interface
function M.explain(options)
  return explain.run(options.document, options.path)
end

---@param options table {document, format, run}
---@return table {text}
function M.report(options)
  return { text = report.run(options) }
end

---The manual steps alone.
---@param options table {destination, format, manual}
---@return table {text}
function M.checklist(options)
  return { text = report.checklist(options) }
end

---@param document table a plan
---@return table {run, undo} scripts for the destination's first start; empty when there is nothing to do
function M.first_start(document)
  return deferred.scripts(document)
end

function M.spec(options)
  return spec.run(options)
end

return M
