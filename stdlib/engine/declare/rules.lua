-- Whether the rules are those that a plan was made with: the engine, and the modules of its playbooks.

local fields = require "engine.declare.fields"
local loader = require "engine.declare.loader"

local M = {}

local NAMED = 3 -- that a message names

local function stale(object, message, hint)
  error({ code = "stale", object = object, message = message, hint = hint or "make a new plan" }, 0)
end

-- One of a folder that is not given again is another playbook, and not a changed one. Where the folder is does not
-- stand in a plan: a plan names no code to be loaded.
local function check_origin(planned)
  if planned.source == "folder" and not loader.is_there(planned.id) then
    error({ code = "not-found", object = planned.id,
            message = "the plan was made with a playbook of your own, and it is not there",
            hint = "give its folder again with --playbook-path" }, 0)
  end
  loader.read(planned.id)
  local source = loader.origin(planned.id).source
  if source == planned.source then return end
  if source == "embedded" then
    stale(planned.id, "the plan was made with a playbook of your own, and this one comes with rehome",
      "give its folder with --playbook-path, or make a new plan")
  end
  stale(planned.id, "the plan was made with the playbook that comes with rehome, and this one is of a folder",
    "leave that --playbook-path out, or make a new plan")
end

local function name_of(module, playbook)
  return ("the module %s of playbook %s"):format(module, playbook.id)
end

local function refuse(changed)
  if #changed == 0 then return end
  local names = table.concat(changed, ", ", 1, math.min(#changed, NAMED))
  if #changed > NAMED then names = ("%s and %d more"):format(names, #changed - NAMED) end
  stale(names, "changed after the plan was made")
end

---Raises, naming what it is, when something is not as the plan knows it. Nothing of a playbook is run.
---@param document table a plan
function M.check(document)
  local changed = {}
  if document.engine ~= loader.engine() then changed[1] = "the engine" end
  for _, planned in ipairs(document.playbooks) do
    check_origin(planned)
    for _, name in ipairs(fields.sorted_keys(planned.modules)) do
      if loader.module_digest(planned.id, name) ~= planned.modules[name] then
        changed[#changed + 1] = name_of(name, planned)
      end
    end
  end
  refuse(changed)
end

---Raises when loaded playbooks are made of more than the plan knows: a file that hides a module, say.
---@param document table a plan
---@param playbooks table[]
function M.check_loaded(document, playbooks)
  local planned, changed = {}, {}
  for _, playbook in ipairs(document.playbooks) do planned[playbook.id] = playbook end
  for _, playbook in ipairs(playbooks) do
    for _, name in ipairs(fields.sorted_keys(playbook.modules)) do
      if not planned[playbook.id].modules[name] then changed[#changed + 1] = name_of(name, playbook) end
    end
  end
  refuse(changed)
end

return M
