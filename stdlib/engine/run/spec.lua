-- Runs specs: tables of test functions in the manner of LuaUnit, on machines made for the purpose.

local graph = require "engine.order.graph"
local graph_view = require "engine.tell.graph_view"
local inventory = require "engine.run.inventory"
local loader = require "engine.declare.loader"
local full = require("engine.tell.document").full
local outcomes = require "engine.tell.outcomes"
local playbook_word = require "engine.declare.playbook_word"
local rule_words = require "engine.declare.rule_words"
local runner = require "engine.run.runner"
local words = require "engine.declare.words"

local M = {}

local function order(list)
  local playbooks = {}
  for index, one in ipairs(list) do playbooks[index] = playbook_word.taken(one) or loader.load(one) end
  return graph.build(playbooks)
end

-- What a spec has beside a playbook's words: machines from text, and playbooks run on them.
local function extras()
  return {
    machine = { from = host.new_machine },
    ---run { playbooks = { "id" }, source =, destination =, map =, parameters =, excluded =, carried =, left =,
    ---waived =, beside =, certificates =, time = } -> a plan's lists, and blocked. In place of an id stands a playbook
    ---as the spec made it.
    run = function(options)
      local request = {
        time = options.time or 1700000000, parameters = options.parameters or {}, excluded = options.excluded or {},
        waived = options.waived or {}, beside = options.beside or {}, certificates = options.certificates or {},
        answers = {}, carried = options.carried or {}, left = options.left or {},
      }
      local result = runner.plan(order(options.playbooks), {
        source = options.source, destination = options.destination, map = options.map or {}, request = request,
      })
      result.plan.blocked = result.blocked
      return result.plan
    end,
    ---unjudged_of(plan) -> the names of what no rule judged, each with its key before it.
    unjudged_of = function(plan)
      local names = {}
      for index, item in ipairs(outcomes.sorted(plan.verdicts).unjudged) do
        names[index] = full(item.path, item.name)
      end
      return names
    end,
    ---rules_of("id") -> the rules of a playbook as {step, action, names, options}; of columns each by itself.
    rules_of = function(id)
      local list = {}
      for _, item in ipairs(loader.load(id).steps) do
        for _, made in ipairs(item.rules or {}) do
          for _, action in ipairs(rule_words.actions(made)) do
            list[#list + 1] = { step = item.id, action = action.action, names = made.names, options = action.options }
          end
        end
      end
      return list
    end,
    ---inventory(machine) -> what `rehome inventory` tells of it.
    inventory = function(source) return inventory.run(source, 1700000000) end,
    ---language.sorts -> the entries of all words; language.problem(entry, sort) -> what one lacks, or nil.
    language = { problem = words.problem, sorts = words.sorts },
    ---graph { "id" } -> what `plan --graph` shows: { playbooks, items, text, dot }.
    graph = function(playbooks) return graph_view.show(order(playbooks)) end,
  }
end

local function describe(problem)
  if type(problem) ~= "table" then return tostring(problem) end
  return tostring(problem.msg or problem.message or problem)
end

---@param options table {playbook, name, text}
---@return table[] results {name, ok, message}
function M.run(options)
  local env = loader.environment(options.playbook, extras())
  local chunk, message = host.load(options.text, "@" .. options.name, env)
  if not chunk then return { { name = options.name, ok = false, message = message } } end
  local ok, tests = pcall(chunk)
  if not ok or type(tests) ~= "table" then
    return { { name = options.name, ok = false,
               message = ok and "a spec returns a table of test functions" or describe(tests) } }
  end
  local names, results = {}, {}
  for name, test in pairs(tests) do
    if type(name) == "string" and name:match("^test") and type(test) == "function" then names[#names + 1] = name end
  end
  table.sort(names)
  for index, name in ipairs(names) do
    local passed, problem = pcall(tests[name])
    results[index] = {
      name = options.name .. ": " .. name, ok = passed, message = not passed and describe(problem) or nil,
    }
  end
  if #results == 0 then
    results[1] = { name = options.name, ok = false, message = "it has no function whose name starts with test" }
  end
  return results
end

return M
