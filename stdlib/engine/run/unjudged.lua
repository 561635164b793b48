-- What no rule judges: carried or left where the user says so (--carry, --leave), else told as unjudged.
--
-- A step says where its table puts a key (`place`), and what it met without a rule (`found`). When all steps are done,
-- what is in a playbook's reads and has no verdict is settled in a step of its own. What the destination has too needs
-- no judgement.

local current = require "engine.run.current"
local document = require "engine.tell.document"
local ledger = require "engine.run.ledger"
local services = require "windows.services"

local M = {}

local canonical = document.canonical

local NO_RULE, CARRIED, LEFT = "no rule", "carried as it is by the user", "left behind by the user"

---Told by a step: what is below a key of the source goes below one of the destination.
function M.place(ctx, from, to)
  local step = current.step_of(ctx)
  step.places = step.places or {}
  table.insert(step.places, { at = canonical(from), to = to })
end

---Told by a step: a setting that no rule judges.
---@param ctx table
---@param item table path, name, value; to, why, rule, secret; `loosens`: only its exact path carries it
function M.found(ctx, item)
  local step = current.step_of(ctx)
  step.found = step.found or {}
  table.insert(step.found, item)
end

-- What the user said, the longest path first: {word, path, at, file, used}.
local function given_by(request)
  local list, seen = {}, {}
  local function add(word, paths, file)
    for _, path in ipairs(paths) do
      local at = canonical(path)
      if seen[at] and seen[at] ~= word then
        error({ code = "argument", object = path, message = "--carry and --leave are both given for it",
                hint = "say one of them" }, 0)
      end
      if not seen[at] then list[#list + 1] = { word = word, path = path, at = at, file = file } end
      seen[at] = word
    end
  end
  add("carry", request.carried)
  add("leave", request.left)
  for _, file in ipairs(request.answers) do
    add("carry", file.carry or {}, file.file)
    add("leave", file.leave or {}, file.file)
  end
  table.sort(list, function(a, b)
    if #a.at ~= #b.at then return #a.at > #b.at end
    return a.at < b.at
  end)
  return list
end

---@param session table
---@return table settler
function M.new(session)
  return { session = session, given = given_by(session.request), places = {}, found = {}, loosened = {} }
end

---Takes what a step said.
function M.collect(self, id, step)
  for _, field in ipairs { "places", "found" } do
    local list = self[field][id] or {}
    self[field][id] = list
    table.move(step[field] or {}, 1, #(step[field] or {}), #list + 1, list)
  end
end

local function is_below(at, root)
  return at == root or at:sub(1, #root) == root and at:find("^[\\/]", #root + 1) ~= nil
end

-- The key of the destination for one of the source: by the table that stands for the nearest key above.
local function place_of(places, path)
  local at, nearest = canonical(path), nil
  for _, place in ipairs(places) do
    if is_below(at, place.at) and (not nearest or #place.at >= #nearest.at) then nearest = place end
  end
  if not nearest then return path end
  return nearest.to .. path:sub(#path - (#at - #nearest.at) + 1)
end

-- Why a value cannot be carried: nothing of what belongs to the destination's installation may come from elsewhere.
local function obstacle(self, playbook, ctx, item)
  local file = item.path:match "^file:(.*)$"
  if file then
    local allowed = pcall(ctx.destination.write_file, ctx.destination, file, ctx.source:read_file(file))
    return not allowed and ("%s does not write this file"):format(playbook.id) or nil
  elseif not item.value then
    return "it is not a setting of the registry"
  elseif services.names_code(item.name) then
    return "it names a program of the operating system, which belongs to the destination's installation"
  end
  for _, pair in ipairs(self.session.map) do
    local own = canonical(item.to):find(pair.source.guid:upper(), 1, true)
    if own and not (pair.destination and pair.destination.guid:upper() == pair.source.guid:upper()) then
      return ("it belongs to the source's adapter '%s'"):format(pair.source.name)
    end
  end
  if not ledger.is_within(ctx.destination, item.to, playbook.writes.registry or {}) then
    return ("it belongs to the destination: %s does not write there"):format(playbook.id)
  end
end

local function carry(ctx, item)
  if not item.value then return end -- a file: written when it was asked whether it may be
  ctx.destination:set(item.to, item.name, item.value)
  if math.type(item.value.value) ~= "integer" then ctx.destination:mark_secret(item.to, item.name) end
end

local function has_same(ctx, item)
  local kind, rest = item.path:match "^(%l+):(.*)$"
  if kind == "file" then
    return ctx.destination:has_file(rest) and ctx.destination:read_file(rest) == ctx.source:read_file(rest)
  elseif kind == "certificate" then
    for _, certificate in ipairs(ctx.destination:certificates(rest)) do
      if certificate.thumbprint == item.name then return true end
    end
  end
  local there = item.value and ctx.destination:get(item.to, item.name)
  return there ~= nil and there.type == item.value.type and there.raw == item.value.raw
end

-- What the user says of a setting, and all that meets it counts as used.
local function asked_for(self, item)
  local at, said = canonical(document.full(item.path, item.name)), nil
  for _, given in ipairs(self.given) do
    if is_below(at, given.at) then
      given.used, said = true, said or given
    end
  end
  return said, said and said.at == at
end

---Told to a step: whether the user carries a setting by its exact path.
function M.is_carried(ctx, path, name)
  local at = canonical(document.full(path, name))
  for _, given in ipairs(current.step_of(ctx).settler.given) do
    if given.at == at then return given.word == "carry" end
  end
  return false
end

local function option(said) return ("--%s %s"):format(said.word, said.path) end

-- The verdict on one setting, its reason and the rule that gave it.
local function settle(self, playbook, ctx, item)
  local said, exact = asked_for(self, item)
  local rule = item.rule or NO_RULE
  if has_same(ctx, item) then return "kept", "the destination has the same", rule end
  if not said then return "unjudged", item.why, rule end
  if said.word == "leave" then return "excluded", LEFT, option(said) end
  if item.loosens and not exact then return "unjudged", item.why .. ": only its own path carries it", rule end
  local problem = obstacle(self, playbook, ctx, item)
  if not problem then
    carry(ctx, item)
    if item.loosens then table.insert(self.loosened, item) end
    return "migrated", CARRIED, option(said)
  elseif exact then
    error({ code = "argument", object = said.path, message = "--carry: " .. problem,
            hint = "leave it behind: --leave " .. said.path }, 0)
  end
  return "unjudged", "it cannot be carried: " .. problem, rule
end

local function add_verdict(self, playbook, ctx, book, item, record)
  local verdict, why, rule = settle(self, playbook, ctx, item)
  book:add {
    path = item.path, name = item.name, verdict = verdict, why = why, rule = rule, step = record.id,
    before = item.value, after = item.value and ctx.destination:get(item.to, item.name), to = item.to,
    by_shape = true, secret = item.secret,
  }
  return verdict
end

---Settles a part of a file.
---@param ctx table
---@param item table path, name, why; `same`: whether the destination has it; `carry`, which writes it
---@return string|nil verdict nil: it needs none
---@return string|nil why
---@return string|nil rule
function M.settle_part(ctx, item)
  local said = asked_for(current.step_of(ctx).settler, item)
  if item.same then return nil end
  if not said then return "unjudged", item.why, NO_RULE end
  if said.word == "leave" then return "excluded", LEFT, option(said) end
  item.carry()
  return "migrated", CARRIED, option(said)
end

-- What the playbook's steps found, by setting, and what else of its reads has no verdict.
local function left_by_rules(self, playbook, book)
  local list, seen = {}, {}
  for _, item in ipairs(self.found[playbook.id] or {}) do
    if not book:has(item.path, item.name) then
      list[#list + 1], seen[book:key_of(item.path, item.name)] = item, true
    end
  end
  local owned = host.scoped(self.session.source, { reads = playbook.reads, writes = {} }, playbook.id)
  book:account(owned, playbook.reads, function(path, name, value)
    if seen[book:key_of(path, name)] then return end
    list[#list + 1] = {
      path = path, name = name, value = value, to = value and place_of(self.places[playbook.id] or {}, path),
    }
  end)
  return list
end

---Settles what no rule of a playbook judged.
---@param self table as M.new gives it
---@param playbook table
---@param ctx table
---@param book table the ledger
---@param record table of the step that it is: gets `state`, `summary`, `verdicts`
function M.settle(self, playbook, ctx, book, record)
  local counts = { excluded = 0, kept = 0, migrated = 0, unjudged = 0 }
  local list = left_by_rules(self, playbook, book)
  for _, item in ipairs(list) do
    local verdict = add_verdict(self, playbook, ctx, book, item, record)
    counts[verdict] = counts[verdict] + 1
  end
  record.verdicts, record.state = #list, counts.kept < #list and "planned" or "not needed"
  record.summary = record.state == "planned" and ("%d carried and %d left by the user, %d unjudged"):format(
    counts.migrated, counts.excluded, counts.unjudged) or nil
end

-- What was judged otherwise, at or below a path.
local function judged(book, at)
  for _, item in ipairs(book.items) do
    if is_below(canonical(document.full(item.path, item.name)), at) then return item end
  end
end

---Raises for what the user said and nothing met. What is in an answers file may be for another server.
---@param self table as M.new gives it
---@param book table the ledger
---@param notes table[] gets lines of what is in answers files
function M.check(self, book, notes)
  for _, given in ipairs(self.given) do
    local item = not given.used and judged(book, given.at)
    if item then
      error({ code = "argument", object = given.path,
              message = ("--%s: it has been judged: %s by %s%s"):format(given.word, item.verdict, item.rule,
                item.why and " (" .. item.why .. ")" or ""),
              hint = "only what is unjudged is carried or left; --exclude takes out what a rule decides over",
      }, 0)
    elseif not given.used and given.file then
      notes[#notes + 1] = { step = "--answers", text = ("Nothing unjudged is met by what %s says: %s %s."):format(
        given.file, given.word, given.path) }
    elseif not given.used then
      error({ code = "argument", object = given.path,
              message = ("--%s: no playbook reads such a setting of the source"):format(given.word),
              hint = "give a registry key, a key with a value's name, or a file, as 'rehome plan' lists them",
      }, 0)
    end
  end
end

return M
