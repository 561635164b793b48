-- What the user gives: answers files, of which a later one goes before an earlier one, and the command line before all.
--
-- An answers file may serve the plans of several servers: what it says to a playbook that takes no part in this one is
-- left aside, with a note. What no playbook knows stays, and is refused with what the command line gives.

local fields = require "engine.declare.fields"
local loader = require "engine.declare.loader"
local params = require "engine.declare.params"
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
local function notes_of(aside, count)
  local notes = {}
  for _, id in ipairs(fields.sorted_keys(aside)) do
    notes[#notes + 1] = {
      step = "--answers",
      text = ("Left aside of the answers file%s, because %s takes no part here: %s."):format(
        count == 1 and "" or "s", id, table.concat(aside[id], ", ")),
    }
  end
  return notes
end

-- Everything by name, as {value, givers}: who gave it, {from, file}, the last one counts. Waivers add up, in the order
-- in which they are named first.
local function merge(request)
  local parameters, waived, waivers_in_order = {}, {}, {}
  local function give(map, name, value, giver)
    map[name] = map[name] or { givers = {} }
    map[name].value = value
    table.insert(map[name].givers, giver)
  end
  local function waive(names, giver)
    for _, name in ipairs(names) do
      if not waived[name] then waivers_in_order[#waivers_in_order + 1] = name end
      give(waived, name, true, giver)
    end
  end
  waive(request.waived, { from = "waive" })
  for _, file in ipairs(request.answers) do
    local giver = { from = "answers", file = file.file }
    for name, value in pairs(file.parameters) do give(parameters, name, value, giver) end
    waive(file.waive, giver)
  end
  for name, value in pairs(request.parameters) do give(parameters, name, value, { from = "param" }) end
  return parameters, waived, waivers_in_order
end

local function is_by_command_line(item)
  for _, giver in ipairs(item.givers) do
    if giver.from ~= "answers" then return true end
  end
end

-- What of it is for the playbooks that take part: {parameters, waived, in_order}; and notes on the rest.
local function sort_out(playbooks, request)
  local parameters, waived, in_order = merge(request)
  local ours, aside, loaded = { parameters = {}, waived = {}, in_order = {} }, {}, nil
  local function others()
    loaded = loaded or others_than(playbooks)
    return loaded
  end
  local function is_ours(item, name, knows, shown)
    local other = not is_by_command_line(item) and owner(playbooks, others, name, knows)
    if not other then return true end
    aside[other.id] = aside[other.id] or {}
    table.insert(aside[other.id], shown)
  end
  for _, name in ipairs(fields.sorted_keys(parameters)) do
    if is_ours(parameters[name], name, has_parameter, name) then ours.parameters[name] = parameters[name] end
  end
  for _, name in ipairs(in_order) do
    if is_ours(waived[name], name, has_waiver, "waive " .. name) then
      ours.waived[name] = waived[name]
      table.insert(ours.in_order, name)
    end
  end
  return ours, notes_of(aside, #request.answers)
end

local function values_of(parameters)
  local values, givers = {}, {}
  for name, item in pairs(parameters) do
    values[name], givers[name] = item.value, item.givers[#item.givers]
  end
  return values, givers
end

---What is asked with the answers, before which goes what the command line gives.
---@param playbooks table[] that take part
---@param request table parameters, waived, and answers: {file, parameters, waive} each
---@return table {parameters, givers, waived, waiver_files}: `givers` says of each parameter who gave it, `waiver_files`
---of waivers that are in no option in which file they are
---@return table[] notes
function M.take(playbooks, request)
  local ours, notes = sort_out(playbooks, request)
  local taken = { waived = ours.in_order, waiver_files = {} }
  taken.parameters, taken.givers = values_of(ours.parameters)
  for name, item in pairs(ours.waived) do taken.waiver_files[name] = item.givers[1].file end
  return taken, notes
end

---Where the value of each parameter comes from, and who waives what. Raises for what the playbooks do not take.
---@param playbooks table[] that take part
---@param request table parameters, answers, waived
---@return table {parameters = {{name, value, playbooks, from, file, over}}, waived = {{name, by}}}
function M.explain(playbooks, request)
  local ours = sort_out(playbooks, request)
  local given, givers = values_of(ours.parameters)
  local resolved, by_name, result = params.resolve(playbooks, given, givers), {}, { parameters = {}, waived = {} }
  for _, playbook in ipairs(playbooks) do
    for name in pairs(playbook.params) do
      local item = ours.parameters[name] or { givers = { { from = "default" } } }
      local last = item.givers[#item.givers]
      by_name[name] = by_name[name] or {
        name = name, value = resolved[playbook.id][name], playbooks = {}, from = last.from, file = last.file,
        over = table.move(item.givers, 1, #item.givers - 1, 1, {}),
      }
      table.insert(by_name[name].playbooks, playbook.id)
    end
  end
  for index, name in ipairs(fields.sorted_keys(by_name)) do result.parameters[index] = by_name[name] end
  for index, name in ipairs(ours.in_order) do
    result.waived[index] = { name = name, by = ours.waived[name].givers }
  end
  return result
end

return M
