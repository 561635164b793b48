-- The order of playbooks and their items for people, as text and as DOT (graphviz).

local items = require "engine.order.items"
local relations = require "engine.declare.relations"

local M = {}

local function users(node)
  local ids = {}
  for index, use in ipairs(node.uses) do ids[index] = use.playbook.id end
  return ids
end

local function needs(playbook)
  local lines = {}
  for _, field in ipairs { "requires", "together", "conflicts" } do
    for _, relation in ipairs(playbook[field]) do
      lines[#lines + 1] = ("%s %s%s%s"):format(field == "together" and "together with" or field, relation.id,
        relation.when and " on some sources" or "", relation.why and ": " .. relation.why or "")
    end
  end
  return lines
end

local function text_of(graph)
  local lines = { "Playbooks" }
  local function add(...) lines[#lines + 1] = (...):gsub("%s+$", "") end
  for index, entry in ipairs(graph.playbooks) do
    add(("  %2d. %-18s %s"):format(index, entry.playbook.id, entry.place))
    for _, need in ipairs(needs(entry.playbook)) do add("        " .. need) end
  end
  for _, lane in ipairs(items.lanes) do
    local number, width = 0, 0
    for _, entry in ipairs(graph.order) do
      if entry.node.lane == lane then width = math.max(width, #entry.node.id) end
    end
    for _, entry in ipairs(graph.order) do
      local node = entry.node
      if node.lane == lane then
        if number == 0 then
          add ""
          add(items.lane_titles[lane])
        end
        number = number + 1
        local whose = node.shared and "for " .. table.concat(users(node), ", ") .. "; " or ""
        add(("  %2d. %-" .. math.min(width, 60) .. "s  %s%s"):format(number, node.id, whose, entry.place))
      end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- Ids have letters, digits, dashes and slashes; titles may hold anything.
local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("%c", " ") .. '"'
end

local colours = { after = "black", before = "black", requires = "black", together = "blue", conflicts = "red" }

local function playbook_edges(graph, add)
  for _, entry in ipairs(graph.playbooks) do
    for _, field in ipairs(relations.of_playbooks) do
      for _, relation in ipairs(entry.playbook[field]) do
        if graph.by_id[relation.id] then
          local from, to = relation.id, entry.playbook.id
          if field == "before" then from, to = to, from end
          local loose = field == "together" or field == "conflicts"
          add(("  %s -> %s [label=%s, color=%s%s];"):format(quoted(from), quoted(to), quoted(field), colours[field],
            loose and ", dir=none, constraint=false" or ""))
        end
      end
    end
  end
end

-- Playbooks are boxes; items stand in a frame for each lane, joined in their order.
local function dot_of(graph)
  local lines = { "digraph rehome {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];' }
  local function add(line) lines[#lines + 1] = line end
  for _, entry in ipairs(graph.playbooks) do
    add(("  %s [label=%s, style=bold];"):format(quoted(entry.playbook.id), quoted(entry.playbook.title)))
  end
  playbook_edges(graph, add)
  for _, lane in ipairs(items.lanes) do
    local last
    add(("  subgraph \"cluster %s\" {"):format(lane))
    add(("    label=%s;"):format(quoted(items.lane_titles[lane])))
    for _, entry in ipairs(graph.order) do
      local node = entry.node
      if node.lane == lane then
        local whose = node.shared and " for " .. table.concat(users(node), ", ") or ""
        add(("    %s [label=%s];"):format(quoted(node.id), quoted(node.id .. whose)))
        if last then add(("    %s -> %s [color=gray];"):format(quoted(last), quoted(node.id))) end
        last = node.id
      end
    end
    add "  }"
  end
  for _, entry in ipairs(graph.order) do
    for _, edge in ipairs(graph.edges[entry.node.id] or {}) do
      if edge[2] then
        add(("  %s -> %s [label=%s, constraint=false];"):format(quoted(edge[1]), quoted(entry.node.id),
          quoted(edge[2])))
      end
    end
  end
  add "}"
  return table.concat(lines, "\n") .. "\n"
end

---@param graph table as graph.build gives it
---@return table {playbooks = {{id, place}}, items = {{id, lane, users, place}}, text, dot}
function M.show(graph)
  local result = { playbooks = {}, items = {}, text = text_of(graph), dot = dot_of(graph) }
  for index, entry in ipairs(graph.playbooks) do
    result.playbooks[index] = { id = entry.playbook.id, place = entry.place }
  end
  for index, entry in ipairs(graph.order) do
    local node = entry.node
    result.items[index] = { id = node.id, lane = node.lane, users = users(node), place = entry.place }
  end
  return result
end

return M
