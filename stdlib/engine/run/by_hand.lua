-- Manual steps and actions of the first start, in their order; a shared one once, for all that need it.

local context = require "engine.run.context"
local relations = require "engine.declare.relations"

local M = {}

-- Whether a user asks for it, and with which details: those of rules and steps, and those that it tells itself.
local function asked_for(item, ctx, called)
  local own = item.on_demand
  if type(own) == "function" then own = own(ctx) else own = not own end
  if type(own) ~= "table" then return called or own, called or {} end
  return called or own[1] ~= nil, context.merged(called or {}, own)
end

-- The users of a node that need it on these servers, with what they called for.
local function needed_by(node, contexts, result)
  local users, details, seen = {}, {}, {}
  for _, use in ipairs(node.uses) do
    local ctx, called = contexts[use.playbook.id], result.calls[use.playbook.id][use.item.id]
    local asked, told = asked_for(use.item, ctx, called)
    if asked and context.applies(use.item, ctx) then
      users[#users + 1] = { playbook = use.playbook, item = use.item, ctx = ctx }
      for _, detail in ipairs(told) do
        if not (node.shared and seen[detail]) then details[#details + 1] = detail end
        seen[detail] = true
      end
    end
  end
  return users, details
end
M.needed_by = needed_by

---The guide ids of all users, each once.
function M.guide_of(users)
  local guide, seen = {}, {}
  for _, user in ipairs(users) do
    for _, id in ipairs(user.item.guide) do
      if not seen[id] then guide[#guide + 1] = id end
      seen[id] = true
    end
  end
  return guide
end

---The ids of the playbooks that a shared item is for; nil for an item of one playbook alone.
function M.users_of(node, users)
  if not node.shared then return nil end
  local ids = {}
  for index, user in ipairs(users) do ids[index] = user.playbook.id end
  return ids
end

local function text_of(user, what)
  local given = user.item[what]
  if type(given) == "function" then given = given(user.ctx) end
  context.check_text(user.playbook, user.item, what, given)
  return given
end

---Asks the machine checks of one phase: `before` looks at the destination as it is, `after` as it will be.
---@return table<string, boolean> verified by node
function M.verify(graph, contexts, phase, verified)
  for _, entry in ipairs(graph.order) do
    local node = entry.node
    for _, use in ipairs(node.lane == phase and node.item.verify and node.uses or {}) do
      local ctx = contexts[use.playbook.id]
      if verified[node.id] ~= false and context.applies(use.item, ctx) then
        verified[node.id] = use.item.verify(ctx) and true or false
      end
    end
  end
  return verified
end

local function collect_manual(node, users, details, result, verified)
  local user, item = users[1], users[1].item
  local text = text_of(user, "text")
  if not text then return end
  result.manual[#result.manual + 1] = {
    id = node.id, playbook = user.playbook.id, users = M.users_of(node, users), guide = M.guide_of(users),
    title = item.title, on = item.on, phase = item.phase, text = text, details = details,
    unattended = item.unattended,
    state = verified[node.id] and "done" or item.phase == "back" and "if-needed" or "open",
    evidence = verified[node.id] and { by = "rehome", note = "checked by rehome" } or nil,
  }
end

-- The actions before this one that it requires.
local function needs_of(graph, users, result)
  local needed, ids = {}, {}
  for _, user in ipairs(users) do
    for _, name in ipairs(user.item.requires or {}) do
      local node = graph.by_name[table.concat({ relations.target(user.playbook.id, name) }, "/")]
      if node then needed[node.id] = true end
    end
  end
  for _, action in ipairs(result.deferred) do
    if needed[action.id] then ids[#ids + 1] = action.id end
  end
  return #ids > 0 and ids or nil
end

-- The manual steps of the plan that are done when the action is.
local function closed_by(graph, users, result)
  local ids = {}
  for _, user in ipairs(users) do
    local closes = user.item.closes or {}
    for _, name in ipairs(type(closes) == "string" and { closes } or closes) do
      local node = graph.by_name[user.playbook.id .. "/" .. name]
      if not node or node.kind ~= "manual" then
        error(("playbook '%s' has no manual step '%s', which its action '%s' closes"):format(user.playbook.id, name,
          user.item.id), 0)
      end
      ids[node.id] = true
    end
  end
  local list = {}
  for _, step in ipairs(result.manual) do
    if ids[step.id] then list[#list + 1] = step.id end
  end
  return #list > 0 and list or nil
end

local function asks(user)
  if type(user.item.asks) == "function" then return user.item.asks(user.ctx) or nil end
  return user.item.asks or nil
end

local function collect_deferred(graph, node, users, result)
  local user = users[1]
  local run = text_of(user, "run")
  if not run then return end
  local action = {
    id = node.id, playbook = user.playbook.id, users = M.users_of(node, users), guide = M.guide_of(users),
    title = user.item.title, run = run, undo = text_of(user, "undo") or "",
    requires = needs_of(graph, users, result), asks = asks(user),
  }
  result.deferred[#result.deferred + 1] = action
  return action
end

-- Calls are for manual steps of the playbook that calls.
local function check_calls(graph, result)
  for id, calls in pairs(result.calls) do
    for called in pairs(calls) do
      local node = graph.by_name[id .. "/" .. called]
      if not node or node.kind ~= "manual" then
        error(("playbook '%s' asks for the manual step '%s', which it does not have"):format(id, called), 0)
      end
    end
  end
end

---Fills `manual` and `deferred` of the result.
function M.collect(graph, contexts, result, verified)
  check_calls(graph, result)
  local users_of_action = {}
  for _, entry in ipairs(graph.order) do
    local node = entry.node
    if node.lane ~= "steps" then
      local users, details = needed_by(node, contexts, result)
      if #users > 0 and node.kind == "manual" then
        collect_manual(node, users, details, result, verified)
      elseif #users > 0 then
        local action = collect_deferred(graph, node, users, result)
        if action then users_of_action[action] = users end
      end
    end
  end
  for action, users in pairs(users_of_action) do action.closes = closed_by(graph, users, result) end
end

return M
