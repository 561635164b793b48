-- What a plan knows of one thing: a setting of the source or of the destination, a key, a file, a certificate, an
-- interface.

local document = require "engine.tell.document"
local fields = require "engine.declare.fields"

local M = {}

local canonical, full = document.canonical, document.full

-- Everything that has a place: {at, shown, kind, item}, at in canonical spelling.
local function places(plan, changes)
  local list = {}
  local function add(path, name, kind, item)
    local shown = full(path, name)
    list[#list + 1] = { at = canonical(shown), shown = shown, kind = kind, item = item }
  end
  for _, verdict in ipairs(plan.verdicts) do
    add(verdict.path, verdict.name, "verdict", verdict)
    if verdict.to then add(verdict.to.path, verdict.to.name, "destination", verdict) end
  end
  for _, change in ipairs(changes) do add(change.path, change.name, "change", change) end
  return list
end

local function arrow(before, after)
  if not before and not after then return nil end
  if before == after then return before end
  return (before or "(nothing)") .. " -> " .. (after or "(nothing)")
end

local say = {}

local function say_origin(lines, verdict)
  local value = arrow(verdict.before, verdict.after)
  lines[#lines + 1] = "  verdict   " .. verdict.verdict .. (verdict.why and ": " .. verdict.why or "")
  if value then lines[#lines + 1] = "  value     " .. value end
end

local function say_rule(lines, verdict)
  lines[#lines + 1] = "  by        " .. (verdict.rule or verdict.step)
  lines[#lines + 1] = "  step      " .. verdict.step .. (verdict.guide and "  (guide " .. verdict.guide .. ")" or "")
end

function say.verdict(lines, verdict)
  lines[#lines + 1] = "On the source: " .. full(verdict.path, verdict.name)
  say_origin(lines, verdict)
  if verdict.to then lines[#lines + 1] = "  goes to   " .. full(verdict.to.path, verdict.to.name) end
  if verdict.verdict == "unjudged" then
    lines[#lines + 1] = "  to do     --carry or --leave with its path; nothing is applied before"
  end
  say_rule(lines, verdict)
end

function say.destination(lines, verdict)
  lines[#lines + 1] = "On the destination, from the source's " .. full(verdict.path, verdict.name)
  say_origin(lines, verdict)
  say_rule(lines, verdict)
end

function say.change(lines, change)
  lines[#lines + 1] = ("Change of the destination: %s %s"):format(change.action, full(change.path, change.name))
  lines[#lines + 1] = "  value     " .. (arrow(change.before, change.after) or "")
  if change.step then
    local guide = document.guide(change.step)
    lines[#lines + 1] = "  step      " .. change.step.id .. (guide ~= "" and "  (guide " .. guide .. ")" or "")
  end
end

-- What lies below a key, by what became of it.
local function summary(lines, below)
  local counts, order = {}, {}
  local function count(heading)
    if not counts[heading] then order[#order + 1] = heading end
    counts[heading] = (counts[heading] or 0) + 1
  end
  for _, place in ipairs(below) do
    local item = place.item
    if place.kind == "verdict" then
      count(("%s by %s%s"):format(item.verdict, item.step, item.guide and " (" .. item.guide .. ")" or ""))
    elseif place.kind == "destination" then
      count("on the destination, by " .. item.step)
    else
      count("change: " .. item.action .. (item.step and " by " .. item.step.id or ""))
    end
  end
  for _, heading in ipairs(order) do lines[#lines + 1] = ("  %4d  %s"):format(counts[heading], heading) end
  return counts
end

-- The forms in which a thumbprint or a GUID may stand somewhere.
local function needles(text)
  local bare = text:gsub("[%s:]", "")
  local list = { text:upper() }
  if bare:find "^%x+$" and (#bare == 40 or #bare == 64) then list = { bare:upper() } end
  return list, (#bare == 40 or #bare == 64) and bare:find "^%x+$" and bare:lower() or nil
end

local function holds(list, ...)
  for _, text in ipairs { ... } do
    local upper = type(text) == "string" and text:upper():gsub("^%u[%u_]+ (%x%x .*)$", function(bytes)
      return (bytes:gsub(" ", ""))
    end)
    for _, needle in ipairs(list) do
      if upper and upper:find(needle, 1, true) then return true end
    end
  end
  return false
end

-- Verdicts, changes, notes and manual steps that name something.
local function mentions(plan, changes, list, hex)
  local lines, found = {}, {}
  local function add(kind, item, line)
    found[#found + 1] = { kind = kind, item = item }
    lines[#lines + 1] = "  " .. line
  end
  for _, verdict in ipairs(plan.verdicts) do
    if holds(list, verdict.path, verdict.name, verdict.before, verdict.after, verdict.why,
        verdict.to and full(verdict.to.path, verdict.to.name)) then
      add("verdict", verdict, ("%-11s %s%s"):format(verdict.verdict, full(verdict.path, verdict.name),
        verdict.why and ": " .. verdict.why or ""))
    end
  end
  for _, change in ipairs(changes) do
    local shown = { action = change.action, path = change.path, name = change.name, before = change.before,
                    after = change.after, step = change.step and change.step.id }
    if holds(list, change.path, change.name, change.before, change.after)
      or hex and change.data and change.data:find(hex, 1, true) then
      add("change", shown, ("%-11s %s"):format(change.action, full(change.path, change.name)))
    end
  end
  for _, note in ipairs(plan.notes) do
    if holds(list, note.text) then add("note", note, "note        " .. note.text) end
  end
  for _, item in ipairs(plan.waived or {}) do
    if item.used and holds(list, item.name, item.what) then
      add("waived", item, ("waived      %s: %s It means: %s"):format(item.name, item.what, item.consequence))
    end
  end
  for _, manual in ipairs(plan.manual) do
    if holds(list, manual.title, manual.text, table.unpack(manual.details or {})) then
      add("manual", manual, ("by hand     %s (%s)"):format(manual.title, document.guide(manual)))
    end
  end
  return lines, found
end

-- The lines of the map for an interface's name or GUID.
local function interfaces(plan, text)
  local list = {}
  local function is(side)
    if not side then return false end
    local guid = side.guid:upper()
    return side.name:upper() == text or guid == text or guid == "{" .. text .. "}"
  end
  for _, pair in ipairs(plan.map) do
    if is(pair.source) or is(pair.destination) then list[#list + 1] = pair end
  end
  return list
end

-- The longest known beginning of a path, and a name below it that is like the wanted one.
local function nearest(all, at)
  local parent, separator = at, at:find "^FILE:" and "/" or "\\"
  while true do
    local cut = parent:match("^(.+)" .. (separator == "\\" and "\\" or "/") .. "[^\\/]*$")
    if not cut or cut == "HKLM" or cut:find "^%u+:$" then return nil end
    local names, count, shown = {}, 0, nil
    for _, place in ipairs(all) do
      if place.at:sub(1, #cut + 1) == cut .. separator then
        count = count + 1
        local skipped = #place.shown - #place.at -- the spellings of a path may differ in length
        shown = shown or place.shown:sub(1, #cut + skipped):gsub("^file:", "")
        names[place.at:sub(#cut + 2):match "^[^\\/]+"] = place.shown:sub(#cut + 2 + skipped):match "^[^\\/]+"
      end
    end
    if count > 0 then
      local wanted = at:sub(#cut + 2):match "^[^\\/]+"
      local near = fields.nearest(wanted, names)
      return ("nearest is %s, with %d below it%s"):format(shown, count,
        near and ("; did you mean '%s' there?"):format(names[near]) or "")
    end
    parent = cut
  end
end

local function plain_change(item)
  local copy = {}
  for key, value in pairs(item) do copy[key] = value end
  copy.data, copy.step = nil, item.step and item.step.id
  return copy
end

---@param plan table the document
---@param path string as the user gave it
---@return table {known, lines, hint, exact, below, interfaces, mentions}
function M.run(plan, path)
  local changes = document.changes(plan)
  local all, at, lines = places(plan, changes), canonical(path), {}
  local result = { known = false, exact = {}, below = {}, interfaces = interfaces(plan, path:upper()), mentions = {} }
  local below, told = {}, {}
  local separator = at:find "^FILE:" and "/" or "\\"
  for _, place in ipairs(all) do
    if place.at == at then
      -- A setting that keeps its path is its own origin: once is enough.
      if not (place.kind == "destination" and told[place.item]) then
        say[place.kind](lines, place.item)
        result.exact[#result.exact + 1] = {
          kind = place.kind, item = place.kind == "change" and plain_change(place.item) or place.item,
        }
      end
      told[place.item] = true
    elseif place.at:sub(1, #at + 1) == at .. separator then
      below[#below + 1] = place
    end
  end
  if #below > 0 then
    lines[#lines + 1] = "Below " .. path .. ":"
    result.below = summary(lines, below)
  end
  local wanted, hex = needles(path)
  for _, pair in ipairs(result.interfaces) do
    local function name(side) return side and ("'%s' %s"):format(side.name, side.guid) or "nothing" end
    lines[#lines + 1] = ("Interface %s -> %s  (%s)"):format(name(pair.source), name(pair.destination), pair.reason)
    for _, side in pairs { pair.source, pair.destination } do wanted[#wanted + 1] = side.guid:upper() end
  end
  local is_waiver = path:find "^[%l%d%-]+/[%l%d%-]+$"
  local is_path = not is_waiver and (at:find "^HKLM\\" or path:find "[\\/]")
  if not is_path and #path > 2 then
    local mentioned, found = mentions(plan, changes, wanted, hex)
    if #mentioned > 0 then lines[#lines + 1] = "Where it is named:" end
    for index, line in ipairs(mentioned) do lines[#lines + 1], result.mentions[index] = line, found[index] end
  end
  result.known, result.lines = #lines > 0, lines
  if not result.known then
    result.hint = nearest(all, at)
      or "give a registry key or value (HKLM\\...), a file, a certificate's thumbprint or an interface"
  end
  return result
end

return M
