-- The report on a plan or a run: what was found, decided, changed, and what people have to do.
--
-- Builds blocks of plain data, which html.lua and markdown.lua write. The same plan gives the same bytes.

local document = require "engine.tell.document"
local outcomes = require "engine.tell.outcomes"

local M = {}

local writers = { html = require "engine.tell.html", md = require "engine.tell.markdown" }

local function add(blocks, kind, block)
  block.kind = kind
  blocks[#blocks + 1] = block
end

local function heading(blocks, text, level)
  add(blocks, "heading", { level = level or 2, text = text })
end

local function colour(text, class)
  return { text = text, class = class }
end

local function count_of(number, what)
  return ("%d %s%s"):format(number, what, number == 1 and "" or "s")
end

local function summary(blocks, plan, run)
  local playbooks, parameters = {}, {}
  for index, playbook in ipairs(plan.playbooks) do
    playbooks[index] = ("%s %s (%s)"):format(playbook.id, playbook.version, playbook.sha256:sub(1, 16))
  end
  for id, values in pairs(plan.parameters) do
    for name, value in pairs(values) do parameters[#parameters + 1] = { id, name, tostring(value) } end
  end
  local rows = {
    { "Source", document.machine(plan.source) }, { "", colour(plan.request.source.location, "muted") },
    { "Destination", document.machine(plan.destination) }, { "", colour(plan.request.destination.location, "muted") },
    { "Playbooks", table.concat(playbooks, ", ") },
  }
  for _, playbook in ipairs(plan.playbooks) do
    if playbook.source == "folder" then
      rows[#rows + 1] = { "", colour(playbook.id .. (playbook.replaces and
        " is a playbook of the user's own, in place of the one that comes with rehome" or
        " is a playbook of the user's own"), playbook.replaces and "bad" or "muted") }
    end
  end
  rows[#rows + 1] = { "Plan", plan.id }
  for _, entry in ipairs(plan.request.beside) do
    local ids = {}
    for index, playbook in ipairs(entry.playbooks) do ids[index] = playbook.id end
    rows[#rows + 1] = { "Beside", ("%s to %s, by %s"):format(table.concat(ids, ", "), entry.destination, entry.file) }
  end
  for _, take in ipairs(plan.takes or {}) do
    rows[#rows + 1] = { "Takes over", ("the source's %s (%s)"):format(take.what, take.parameter or take.playbook) }
  end
  for _, path in ipairs(plan.request.excluded) do rows[#rows + 1] = { "Excluded", path } end
  for _, said in ipairs(document.said_of_unjudged(plan)) do rows[#rows + 1] = { said.title, said.path } end
  if run then
    rows[#rows + 1] = { "Run", run.folder }
    rows[#rows + 1] = { "State", colour(run.state, run.state == "applied" and "good" or "bad") }
    if run.without_source then rows[#rows + 1] = { "", colour("applied without planning again", "bad") } end
  else
    rows[#rows + 1] = { "State", "a plan; nothing in it has been carried out by this document" }
  end
  add(blocks, "facts", { rows = rows })
  if #parameters == 0 then return end
  add(blocks, "details", {
    summary = count_of(#parameters, "parameter"),
    blocks = { { kind = "table", columns = { "Playbook", "Parameter", "Value" }, rows = parameters } },
  })
end

local function map(blocks, plan)
  if #plan.map == 0 then return end
  local rows = {}
  for index, pair in ipairs(plan.map) do
    local to = pair.destination
    rows[index] = { pair.source.name, pair.source.guid, to and to.name or "(none)", to and to.guid or "", pair.reason }
  end
  heading(blocks, "Interfaces")
  add(blocks, "table", { columns = { "Source", "", "Destination", "", "Because of" }, rows = rows })
end

local function waived(blocks, plan)
  local rows = {}
  for _, item in ipairs(plan.waived or {}) do
    if item.used then rows[#rows + 1] = { colour(item.name, "bad"), item.what, item.consequence } end
  end
  if #rows == 0 then return end
  heading(blocks, "Waived")
  add(blocks, "table", { columns = { "Name", "Found", "What may come of it" }, rows = rows })
end

local function checks(blocks, plan)
  local rows, passed = {}, {}
  for _, check in ipairs(plan.checks) do
    if check.ok then
      passed[#passed + 1] = { document.guide(check), check.title }
    else
      rows[#rows + 1] = {
        colour(check.waived and "waived" or check.severity, check.severity == "info" and "muted" or "bad"),
        document.guide(check), check.title, check.message, check.hint,
      }
    end
  end
  heading(blocks, "Checks")
  if #rows > 0 then
    add(blocks, "table", { columns = { "", "Guide", "Check", "Found", "To do" }, rows = rows })
  end
  add(blocks, "details", {
    summary = ("%d of %s passed"):format(#passed, count_of(#plan.checks, "check")),
    blocks = { { kind = "table", columns = { "Guide", "Check" }, rows = passed } },
  })
end

local function steps(blocks, plan)
  local rows = {}
  for index, step in ipairs(plan.steps) do
    rows[index] = { document.guide(step), step.title, step.state == "planned" and (step.summary or "") or step.state,
                    step.id, step.place or "" }
  end
  heading(blocks, "Steps")
  add(blocks, "table", { columns = { "Guide", "Step", "Result", "Id", "Place" }, rows = rows })
end

local function value_text(before, after)
  if before == after then return before or "" end
  return (before or "(nothing)") .. (after and " -> " .. after or "")
end

local function verdict_rows(list)
  local rows = {}
  for index, verdict in ipairs(list) do
    rows[index] = {
      document.full(verdict.path, verdict.name), value_text(verdict.before, verdict.after), verdict.why,
      verdict.verdict, verdict.rule or verdict.step, verdict.guide,
    }
  end
  return rows
end

local function verdicts(blocks, plan)
  local sorted, sums = outcomes.sorted(plan.verdicts), plan.accounted
  heading(blocks, "What becomes of the source's settings")
  if sums then
    add(blocks, "text", {
      text = count_of(sums.settings, "setting") .. " in the scopes of the playbooks, each with a verdict.",
    })
  end
  for _, outcome in ipairs(outcomes.list) do
    local list = sorted[outcome.name]
    if #list > 0 then
      add(blocks, "details", {
        summary = ("%d %s: %s"):format(#list, outcome.name, outcome.meaning),
        blocks = { { kind = "table", columns = { "Setting", "Value", "Why", "Verdict", "Rule", "Guide" },
                     rows = verdict_rows(list) } },
      })
    end
  end
end

-- What stays behind because nobody knows it stands by itself, open: an apply waits for it.
local function unjudged(blocks, plan)
  local rows = {}
  for index, item in ipairs(outcomes.sorted(plan.verdicts).unjudged) do
    rows[index] = {
      document.full(item.path, item.name), item.before or "", item.after or "(nothing)", item.why or "",
    }
  end
  if #rows == 0 then return end
  heading(blocks, "Unjudged")
  add(blocks, "text", {
    text = "No rule says what becomes of these settings of the source, and the destination has something else."
      .. " --carry PATH carries one as it is, --leave PATH leaves it behind; nothing is applied until each is named by"
      .. " one of them.",
  })
  add(blocks, "table", { columns = { "Setting", "On the source", "On the destination", "" }, rows = rows })
end

local function changes(blocks, plan)
  local rows = {}
  for index, change in ipairs(document.changes(plan)) do
    rows[index] = { change.action, document.full(change.path, change.name), value_text(change.before, change.after),
                    change.step and change.step.id }
  end
  heading(blocks, "Changes to the destination")
  add(blocks, "details", {
    summary = count_of(#rows, "change"),
    blocks = { { kind = "table", columns = { "Change", "Where", "Value", "Step" }, rows = rows } },
  })
end

local function notes(blocks, plan)
  if #plan.notes == 0 then return end
  local items = {}
  for index, note in ipairs(plan.notes) do items[index] = note.text end
  heading(blocks, "To know")
  add(blocks, "list", { items = items })
end

local function evidence(item)
  local parts = {}
  for _, text in ipairs { document.guide(item), item.on, item.id, item.state } do
    if text ~= "" then parts[#parts + 1] = text end
  end
  if item.users then parts[#parts + 1] = "for " .. table.concat(item.users, " and ") end
  for _, name in ipairs { "by", "time", "note" } do
    local fact = item.evidence and item.evidence[name]
    if type(fact) == "string" and fact ~= "" then parts[#parts + 1] = fact end
  end
  return table.concat(parts, ", ")
end

local function manual(blocks, steps_by_hand, phase)
  local items = {}
  for _, item in ipairs(steps_by_hand) do
    if item.phase == phase then
      items[#items + 1] = {
        done = item.state == "done", title = item.title, remark = evidence(item), text = item.text,
        details = item.details or {},
      }
    end
  end
  if #items == 0 then return end
  heading(blocks, phase == "back" and "By hand on the way back, if it is needed"
    or ("To do by hand %s the apply"):format(phase))
  add(blocks, "checklist", { items = items })
end

local function deferred(blocks, plan)
  local list = plan.deferred or {}
  if #list == 0 then return end
  local rows = {}
  for index, action in ipairs(list) do
    rows[index] = { tostring(index), document.guide(action), action.title }
  end
  heading(blocks, "At the destination's first start")
  add(blocks, "text", {
    text = "In this order by first-start.ps1 in the run folder; first-start-undo.ps1 takes it back.",
  })
  add(blocks, "table", { columns = { "", "Guide", "Action" }, rows = rows })
  for index, action in ipairs(list) do
    add(blocks, "details", {
      summary = ("%d: %s"):format(index, action.title),
      blocks = { { kind = "code", text = action.run }, { kind = "text", text = "The way back:" },
                 { kind = "code", text = action.undo } },
    })
  end
end

local function events(blocks, run)
  if not run or #run.events == 0 then return end
  local rows = {}
  for index, event in ipairs(run.events) do rows[index] = { event.time, event.kind, event.what, event.where } end
  heading(blocks, "The run")
  add(blocks, "table", { columns = { "Time (UTC)", "Event", "", "" }, rows = rows })
end

-- A name that is no Unicode stands as its bytes.
local function text_of(name) return type(name) == "table" and "(hex) " .. name.wtf8 or name end

-- What became of what others changed since the run, of one that was rolled back.
local function rolled_back(blocks, run)
  local facts = run and run.rollback
  if not facts then return end
  local rows = {}
  for fate, list in pairs { kept = facts.kept, discarded = facts.discarded } do
    for _, item in ipairs(list) do rows[#rows + 1] = { fate, item.kind, text_of(item.path) } end
  end
  if #rows == 0 and #facts.theirs == 0 then return end
  table.sort(rows, function(a, b)
    return a[1] ~= b[1] and a[1] > b[1] or a[1] == b[1] and a[3] < b[3]
  end)
  heading(blocks, "Changed by others since the run")
  add(blocks, "text", { text = "The rollback put back what the run had changed, but for what is named here as kept." })
  add(blocks, "table", { columns = { "", "Since the run", "Where" }, rows = rows })
  for _, name in ipairs(facts.theirs) do
    add(blocks, "text", { text = "In the run folder, as others had made it: " .. text_of(name) })
  end
end

---@param options table {document, format = "html"|"md", run = {folder, state, events, manual, without_source,
---rollback}|nil, manual = table[]|nil}: the manual steps as they are now, of a run or of a plan
---@return string
function M.run(options)
  local plan, run, blocks = options.document, options.run, {}
  local title = ("Migration of %s to %s"):format(plan.source.identity["computer-name"] or "the source",
    plan.destination.identity["computer-name"] or "the destination")
  local steps_by_hand = run and run.manual or options.manual or plan.manual
  heading(blocks, title, 1)
  summary(blocks, plan, run)
  rolled_back(blocks, run)
  waived(blocks, plan)
  unjudged(blocks, plan)
  checks(blocks, plan)
  manual(blocks, steps_by_hand, "before")
  deferred(blocks, plan)
  manual(blocks, steps_by_hand, "after")
  manual(blocks, steps_by_hand, "back")
  notes(blocks, plan)
  map(blocks, plan)
  steps(blocks, plan)
  verdicts(blocks, plan)
  changes(blocks, plan)
  events(blocks, run)
  return writers[options.format].render(title, blocks)
end

---The manual steps alone, to take along.
---@param options table {destination, format = "html"|"md", manual}
---@return string
function M.checklist(options)
  local title, blocks = "By hand: " .. options.destination, {}
  heading(blocks, title, 1)
  manual(blocks, options.manual, "before")
  manual(blocks, options.manual, "after")
  manual(blocks, options.manual, "back")
  return writers[options.format].render(title, blocks)
end

return M
