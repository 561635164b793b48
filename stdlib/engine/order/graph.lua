-- The order in which playbooks, and their steps, run: who says what, and one order that fits it all.
--
-- Playbooks: `after`, `before` and `requires`; ties by id. Steps: their relations, then the order of the playbooks,
-- then the order in which a playbook declares them. A step that another waits for comes forward, with what its own
-- playbook declares before it. The arguments' order means nothing.

local fields = require "engine.declare.fields"
local items = require "engine.order.items"
local params = require "engine.declare.params"
local relations = require "engine.declare.relations"

local M = {}

-- Sorting -------------------------------------------------------------------------------------

-- edges[a] = { {b, why} }: a waits for b. Visits in the order of ids; raises for a cycle, told as a chain.
local function sort(ids, edges, is_shown)
  local ordered, state, trail = {}, {}, {}
  local function chain(from)
    local parts, open = {}, false
    for _, link in ipairs(trail) do
      open = open or link.id == from
      local id = link.id:gsub("/begin of .*", "")
      if open then parts[#parts + 1] = (#parts > 0 and link.why) and ("%s (%s)"):format(id, link.why) or id end
    end
    return table.concat(parts, " -> ")
  end
  local function visit(id, why, for_id)
    trail[#trail + 1] = { id = id, why = why }
    if state[id] == "open" then
      error({ code = "argument", object = id:match "^[^/]*", message = "these wait for each other: " .. chain(id),
              hint = "take one of these relations out of a playbook, or leave a playbook out" }, 0)
    end
    if not state[id] then
      state[id] = "open"
      for _, edge in ipairs(edges[id] or {}) do visit(edge[1], edge[2], id) end
      state[id] = "done"
      if not is_shown or is_shown(id) then ordered[#ordered + 1] = { id = id, asked_by = for_id } end
    end
    trail[#trail] = nil
  end
  for _, id in ipairs(ids) do visit(id) end
  return ordered
end

local function add(edges, from, to, why)
  edges[from] = edges[from] or {}
  table.insert(edges[from], { to, why })
end

-- Whether a waits for b, at once or through others.
local function waits(edges, a, b, seen)
  seen = seen or {}
  if a == b then return true end
  seen[a] = true
  for _, edge in ipairs(edges[a] or {}) do
    if not seen[edge[1]] and waits(edges, edge[1], b, seen) then return true end
  end
  return false
end

local words = { after = "is after", before = "is before", requires = "requires" }

-- Playbooks -----------------------------------------------------------------------------------

local function playbook_edges(playbooks, by_id)
  local edges = {}
  for _, playbook in ipairs(playbooks) do
    for _, field in ipairs(relations.of_steps) do
      for _, relation in ipairs(playbook[field]) do
        local why = ("%s %s %s"):format(playbook.id, words[field], relation.id)
        if by_id[relation.id] and field == "before" then
          add(edges, relation.id, playbook.id, why)
        elseif by_id[relation.id] then
          add(edges, playbook.id, relation.id, why)
        end
      end
    end
  end
  return edges
end

local function sort_playbooks(playbooks)
  local ids, by_id = {}, {}
  for index, playbook in ipairs(playbooks) do ids[index], by_id[playbook.id] = playbook.id, playbook end
  table.sort(ids)
  local sorted = {}
  for index, id in ipairs(ids) do sorted[index] = by_id[id] end
  local edges = playbook_edges(sorted, by_id)
  local ordered = {}
  for index, entry in ipairs(sort(ids, edges)) do
    local whys = {}
    for position, edge in ipairs(edges[entry.id] or {}) do whys[position] = edge[2] end
    ordered[index] = { playbook = by_id[entry.id], place = #whys > 0 and table.concat(whys, "; ") or
      "nothing says where: by its id" }
  end
  return ordered, edges, by_id
end

-- Steps ---------------------------------------------------------------------------------------

local lane_rank = {}
for rank, lane in ipairs(items.lanes) do lane_rank[lane] = rank end

-- The node that a step's relation names; nil where that playbook takes no part.
local function find(graph, use, field, name)
  local other, step = relations.target(use.playbook.id, name)
  local playbook = graph.by_id[other]
  if not playbook then return nil end
  local node = graph.by_name[other .. "/" .. step]
  if node then return node end
  local known = {}
  for _, item in ipairs(playbook.steps) do
    if graph.by_name[other .. "/" .. item.id] then known[item.id] = true end
  end
  local near = fields.nearest(step, known)
  error({ object = use.playbook.id .. "/" .. use.item.id,
          message = ("%s '%s', and %s has no such step"):format(words[field], name, other),
          hint = near and ("did you mean '%s'?"):format(near) or "checks have no place: they run before all steps" }, 0)
end

local function relate(graph, edges, node, use, field, other, name)
  if other == node then return end
  local waiting, first = node, other
  if field == "before" then waiting, first = other, node end
  local why = ("%s/%s %s %s"):format(use.playbook.id, use.item.id, words[field], other.shared and other.id or
    table.concat({ relations.target(use.playbook.id, name) }, "/"))
  if lane_rank[first.lane] > lane_rank[waiting.lane] then
    error({ object = use.playbook.id .. "/" .. use.item.id, message = ("%s, but that cannot be: %s comes under '%s', %s"
      .. " under '%s'"):format(why, first.id, items.lane_titles[first.lane], waiting.id,
      items.lane_titles[waiting.lane]) }, 0)
  end
  if first.lane == waiting.lane then
    add(edges, waiting.id, first.id, why)
    graph.said[waiting.id] = graph.said[waiting.id] or {}
    table.insert(graph.said[waiting.id], why)
  end
end

local function add_step_relations(graph, edges)
  for _, node in ipairs(graph.items) do
    for _, use in ipairs(node.uses) do
      for _, field in ipairs(relations.of_steps) do
        for _, name in ipairs(use.item[field] or {}) do
          local other = find(graph, use, field, name)
          if other then relate(graph, edges, node, use, field, other, name) end
        end
      end
    end
  end
end

-- The steps of a playbook that is after another one come after all steps of that one: a playbook has a beginning and
-- an end. What people do, and the first start, may mix; the order of the playbooks decides only ties there.
local function add_playbook_relations(graph, edges, playbook_edges_of)
  local function from(id) return id .. "/begin of its steps" end
  for _, node in ipairs(graph.items) do
    if node.lane == "steps" then
      local id = node.uses[1].playbook.id
      add(edges, node.id, from(id))
      add(edges, id, node.id)
    end
  end
  for id, list in pairs(playbook_edges_of) do
    for _, edge in ipairs(list) do add(edges, from(id), edge[1], edge[2]) end
  end
end

-- As each playbook declares them, as far as no relation says otherwise. A shared step runs for its first user.
local function add_declared_order(graph, edges)
  for _, entry in ipairs(graph.playbooks) do
    local last = {}
    for _, item in ipairs(entry.playbook.steps) do
      local node = graph.by_name[entry.playbook.id .. "/" .. item.id]
      if node and (node.lane ~= "steps" or node.uses[1].playbook == entry.playbook) then
        local before = last[node.lane]
        if before and not waits(edges, before, node.id) then add(edges, node.id, before) end
        last[node.lane] = node.id
      end
    end
  end
end

local function place_of(graph, node, asked_by, rank)
  local said = graph.said[node.id]
  if said then return table.concat(said, "; ") end
  if node.shared and #node.uses > 1 then return "for all its users" end
  if asked_by and rank[asked_by] and rank[node.id] > rank[asked_by] then
    return ("comes forward: %s waits for it"):format(asked_by)
  end
  return "as declared"
end

---The order of playbooks and of all their items.
---@param playbooks table[] loaded, in any order
---@return table graph {playbooks = {{playbook, place}}, order = {{node, place}}}
function M.build(playbooks)
  local graph = { said = {} }
  local edges_of_playbooks
  graph.playbooks, edges_of_playbooks, graph.by_id = sort_playbooks(playbooks)
  local sorted = {}
  for index, entry in ipairs(graph.playbooks) do sorted[index] = entry.playbook end
  params.check_shared(sorted)
  graph.items, graph.by_name = items.collect(sorted)
  local edges, ids, by_node_id, rank = {}, {}, {}, {}
  for _, lane in ipairs(items.lanes) do
    for _, node in ipairs(graph.items) do
      if node.lane == lane then
        ids[#ids + 1], by_node_id[node.id] = node.id, node
        rank[node.id] = #ids
      end
    end
  end
  add_step_relations(graph, edges)
  add_playbook_relations(graph, edges, edges_of_playbooks)
  add_declared_order(graph, edges)
  graph.order, graph.edges = {}, edges
  for index, entry in ipairs(sort(ids, edges, function(id) return by_node_id[id] end)) do
    local node = by_node_id[entry.id]
    graph.order[index] = { node = node, place = place_of(graph, node, entry.asked_by, rank) }
  end
  return graph
end

---The playbooks of a graph, in their order.
function M.playbooks(graph)
  local list = {}
  for index, entry in ipairs(graph.playbooks) do list[index] = entry.playbook end
  return list
end

return M
