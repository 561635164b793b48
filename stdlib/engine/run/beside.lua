-- One source, several destinations: what the plans for the others (--beside) mean for this one.
--
-- An entry is {plan, file, destination, location, playbooks = {{id, title}}, takes = {{what, playbook, parameter}}}.

local loader = require "engine.declare.loader"

local M = {}

local function fail(object, message, hint)
  error({ code = "argument", object = object, message = message, hint = hint }, 0)
end

---What of the source its playbooks give to this destination, by their parameters.
---@return table[] takes {what, playbook, parameter}
function M.takes(playbooks, values)
  local list, seen = {}, {}
  local function add(whats, playbook, parameter)
    for _, what in ipairs(whats or {}) do
      if not seen[what] then list[#list + 1] = { what = what, playbook = playbook.id, parameter = parameter } end
      seen[what] = true
    end
  end
  for _, playbook in ipairs(playbooks) do
    add(playbook.takes, playbook)
    local names = {}
    for name, parameter in pairs(playbook.params) do
      if parameter.takes then names[#names + 1] = name end
    end
    table.sort(names)
    for _, name in ipairs(names) do
      local parameter, value = playbook.params[name], values[playbook.id][name]
      if value == true or parameter.type == "choice" and value ~= parameter.default then
        add(parameter.takes, playbook, name)
      end
    end
  end
  return list
end

local function by_whom(take)
  return take.parameter and ("%s (%s)"):format(take.playbook, take.parameter) or take.playbook
end

local function find_take(list, what)
  for _, take in ipairs(list) do
    if take.what == what then return take end
  end
end

-- Accounts or adapters may go to each server: what no role owns.
local function is_divisible(playbook)
  if playbook.is_playbook then return playbook.divisible end
  local known, loaded = pcall(loader.load, playbook.id)
  return known and loaded.divisible
end

-- No role may move twice, and a name or address has one place.
local function check_parts(parts)
  local moved, taken = {}, {}
  for _, part in ipairs(parts) do
    for _, playbook in ipairs(part.playbooks) do
      local other = moved[playbook.id]
      if other and not is_divisible(playbook) then
        fail(part.file, ("'%s' moves to %s by it, and to %s by %s"):format(playbook.id, part.destination,
          other.destination, other.file), "leave it out of one of them")
      end
      moved[playbook.id] = part
    end
    for _, take in ipairs(part.takes) do
      local other = taken[take.what]
      if other then
        fail(part.file, ("the source's %s can go to one destination only: %s gives it to %s, and %s to %s by %s")
          :format(take.what, by_whom(take), part.destination,
          by_whom(find_take(other.takes, take.what)), other.destination, other.file),
          "answer no in one of the plans")
      end
      taken[take.what] = taken[take.what] or part
    end
  end
end

---Checks the parts against each other. Raises for what cannot be.
---@param playbooks table[]
---@param values table their parameters
---@param session table
---@return table {elsewhere = {[playbook id] = entry}, takes}
function M.new(playbooks, values, session)
  local takes = M.takes(playbooks, values)
  local here = { file = "the plan being made", destination = session.destination:identity().computer_name,
                 playbooks = playbooks, takes = takes }
  local parts, elsewhere = { here }, {}
  for _, entry in ipairs(session.request.beside) do
    parts[#parts + 1] = entry
    for _, playbook in ipairs(entry.playbooks) do elsewhere[playbook.id] = { entry = entry, title = playbook.title } end
  end
  check_parts(parts)
  return { elsewhere = elsewhere, takes = takes, entries = session.request.beside, destination = here.destination }
end

-- Pointing the parts at each other --------------------------------------------------------------

local function add_step(result, step)
  step.state, step.phase, step.unattended, step.details = "open", "after", "defer", step.details or {}
  result.manual[#result.manual + 1] = step
end

-- The first relation of a playbook to another that says what to point, else the first that applies.
local function relation_to(playbook, id, source)
  local found
  for _, field in ipairs { "requires", "together", "after", "before" } do
    for _, relation in ipairs(playbook[field]) do
      if relation.id == id and (not relation.when or not source or relation.when(source)) then
        if relation.points then return relation end
        found = found or relation
      end
    end
  end
  return found
end

local function point(result, id, owner, relation, who, whom, server)
  add_step(result, {
    id = id, playbook = owner, guide = relation.guide, title = ("Point %s at %s"):format(who, whom),
    on = owner == "rehome" and "network" or "destination",
    text = (relation.points or ("%s and %s were on one server. Where %s names that server for %s, by its name, its"
      .. " address or as localhost, enter the new one."):format(who, whom, who, whom))
      .. (" %s is on %s now."):format(whom, server),
  })
end

local function point_roles(self, playbooks, source_of, result)
  for _, playbook in ipairs(playbooks) do
    for _, entry in ipairs(self.entries) do
      for _, other in ipairs(entry.playbooks) do
        local relation = relation_to(playbook, other.id, source_of(playbook))
        local known, theirs = pcall(loader.load, other.id)
        local back = known and relation_to(theirs, playbook.id)
        if relation then
          point(result, ("%s/points-at-%s"):format(playbook.id, other.id), playbook.id, relation, playbook.title,
            other.title, entry.destination)
        end
        if back and (back.points or not relation) then
          point(result, ("rehome/%s-points-at-%s"):format(other.id, playbook.id), "rehome", back,
            ("%s on %s"):format(other.title, entry.destination), playbook.title, self.destination)
        end
      end
    end
  end
end

local function pointers(title, playbook)
  return ("%s: %s"):format(title, playbook and playbook.points or "whoever asks for it by the source's name or address")
end

-- What looks for the source by its name finds the one who takes it over: all else is pointed at the others.
local function tell_who_has_the_name(self, playbooks, result)
  for _, entry in ipairs(self.entries) do
    local details, server, to = {}, nil, nil
    if find_take(entry.takes, "name") or find_take(entry.takes, "addresses") then
      server, to = entry.destination, self.destination
      for _, playbook in ipairs(playbooks) do details[#details + 1] = pointers(playbook.title, playbook) end
    elseif find_take(self.takes, "name") or find_take(self.takes, "addresses") then
      server, to = self.destination, entry.destination
      for _, other in ipairs(entry.playbooks) do
        local known, theirs = pcall(loader.load, other.id)
        details[#details + 1] = pointers(other.title, known and theirs or nil)
      end
    end
    if server then
      add_step(result, {
        id = "rehome/who-looks-for-" .. entry.plan:sub(1, 8), playbook = "rehome", guide = {}, on = "network",
        title = ("Point at %s what looked for the source"):format(to), details = details,
        text = ("The source's name or addresses go to %s. What follows is on %s, and who looked for it at the source"
          .. " has to be pointed there:"):format(server, to),
      })
    end
  end
end

---Adds what has to be pointed at another destination to the plan's manual steps, and notes.
---@param self table as M.new gives it
---@param playbooks table[]
---@param source_of fun(playbook): machine
---@param result table the runner's
function M.add_steps(self, playbooks, source_of, result)
  for _, entry in ipairs(self.entries) do
    local ids = {}
    for index, playbook in ipairs(entry.playbooks) do ids[index] = playbook.id end
    result.notes[#result.notes + 1] = { step = "--beside", text = ("%s of this source: to %s, by the plan %s."):format(
      table.concat(ids, ", "), entry.destination, entry.file) }
  end
  point_roles(self, playbooks, source_of, result)
  tell_who_has_the_name(self, playbooks, result)
end

return M
