-- An answers file may serve the plans of several servers: what it says to a playbook that takes no part in this one is
-- left aside, with a note. What no playbook knows stays, and is refused with what the command line gives.

local fields = require "engine.declare.fields"
local loader = require "engine.declare.loader"
local partners = require "engine.order.partners"
local waivers = require "engine.order.waivers"

local M = {}

-- The playbooks that there are and that take no part. A broken one has no names to offer.
local function others_than(playbooks)
  local taking_part, others = {}, {}
  for _, playbook in ipairs(playbooks) do taking_part[playbook.id] = true end
  for _, id in ipairs(host.playbooks()) do
    local whole, playbook = pcall(loader.load, id)
    if whole and not taking_part[id] then others[#others + 1] = playbook end
  end
  return others
end

local function has_parameter(playbook, name) return playbook.params[name] ~= nil end
local function has_waiver(playbook, name) return waivers.knows({ playbook }, partners.names { playbook }, name) end

-- The first of the others that knows a name which none of the playbooks knows.
local function owner(playbooks, others, name, knows)
  for _, playbook in ipairs(playbooks) do
    if knows(playbook, name) then return nil end
  end
  for _, playbook in ipairs(others()) do
    if knows(playbook, name) then return playbook end
  end
end

-- One note for each playbook that some answers are for.
local function notes_of(aside)
  local notes = {}
  for _, id in ipairs(fields.sorted_keys(aside)) do
    notes[#notes + 1] = {
      step = "--answers",
      text = ("Left aside of the answers file, because %s takes no part here: %s."):format(
        id, table.concat(aside[id], ", ")),
    }
  end
  return notes
end

---Adds the answers to what the command line gives, which goes before them.
---@param playbooks table[] that take part
---@param session table its `answers`, {parameters, waive}, go into `parameters` and `waived`
---@return table[] notes
function M.take(playbooks, session)
  local given = session.answers or {}
  local parameters, waived, aside = {}, { table.unpack(session.waived or {}) }, {}
  local loaded
  local function others()
    loaded = loaded or others_than(playbooks)
    return loaded
  end
  local function is_ours(name, knows, shown)
    local other = owner(playbooks, others, name, knows)
    if not other then return true end
    aside[other.id] = aside[other.id] or {}
    table.insert(aside[other.id], shown)
  end
  for name, value in pairs(session.parameters or {}) do parameters[name] = value end
  for _, name in ipairs(fields.sorted_keys(given.parameters or {})) do
    if parameters[name] == nil and is_ours(name, has_parameter, name) then parameters[name] = given.parameters[name] end
  end
  for _, name in ipairs(given.waive or {}) do
    if is_ours(name, has_waiver, "waive " .. name) then waived[#waived + 1] = name end
  end
  session.parameters, session.waived = parameters, waived
  return notes_of(aside)
end

return M
