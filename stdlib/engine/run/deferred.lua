-- What a destination that is switched off cannot do yet, written as scripts for its first start.

local first_start = require "engine.run.first_start"
local import_action = require("engine.run.certificate_files").import_action
local run_once = require "engine.run.run_once"

local M = {}

-- One line without signs that would end a comment or a quoted text. PowerShell takes typographic quotes for quotes, so
-- all general punctuation of Unicode goes (U+2000 to U+207F, which also turns the direction of text and breaks lines).
local function plain(text)
  return (text:gsub("[%c'\"`$]", " "):gsub("\xC2\x85", " "):gsub("\xE2[\x80\x81][\x80-\xBF]", " "))
end

---Adds the import of the given certificates: first of all, because what the roles do needs them.
---@param certificates table[] as playbooks see them
---@param result table the runner's; `deferred` grows
function M.collect_imports(certificates, result)
  for _, certificate in ipairs(certificates) do
    result.deferred[#result.deferred + 1] = import_action(certificate, plain)
  end
end

local by_hand = "Read first-start.ps1 in the run folder, copy it to the destination, start the destination and"
  .. " run the script there as an administrator: powershell -ExecutionPolicy Bypass -File first-start.ps1\nIt"
  .. " may be run again; first-start-undo.ps1 takes back what it did."

local by_itself = "Read first-start.ps1 in the run folder: the destination runs it by itself when an administrator"
  .. " first signs in, and again at the next sign-ins until all of it is done, five times at most. It logs into"
  .. " first-start.log; first-start-undo.ps1 takes back what it did."

---The manual steps of a plan, with one in front of those "after" that is about the script.
---@param result table the runner's
---@param request table
---@return table[]
function M.with_manual_step(result, request)
  if #result.deferred == 0 then return result.manual end
  local titles, guide = {}, {}
  for index, action in ipairs(result.deferred) do
    titles[index] = action.title .. (action.asks and " (asks for a password: stay with it)" or "")
    for _, id in ipairs(action.guide) do guide[#guide + 1] = id end
  end
  local list, once = {}, run_once.is_asked(request)
  local step = {
    id = "rehome/first-start", playbook = "rehome", guide = guide, on = "destination", phase = "after",
    title = once and "See what the script of the first start did" or "Run the script of the first start",
    state = "open", unattended = "defer", details = titles,
    text = (once and by_itself or by_hand) .. " With its first-start.json, from"
      .. " ProgramData\\rehome on the destination, rehome verify --first-start closes this step. It does:",
  }
  for _, manual in ipairs(result.manual) do
    if step and manual.phase == "after" then
      list[#list + 1], step = step, nil
    end
    list[#list + 1] = manual
  end
  list[#list + 1] = step
  return list
end

local function quoted(texts)
  local parts = {}
  for index, text in ipairs(texts) do parts[index] = "'" .. text .. "'" end
  return "@(" .. table.concat(parts, ", ") .. ")"
end

local function action_text(action, needs, lines)
  -- As they are: the end of a here-string stands at the beginning of its line.
  return ("\n# %s\nAdd-Action '%s' %s '%s' {\n%s\n}\n"):format(table.concat(action.guide, ", "), action.id,
    quoted(needs), plain(action.title), (lines:gsub("\r", ""):gsub("\n+$", "")))
end

-- The way back: an action is undone before those that it needs.
local function needed_by(list, id)
  local ids = {}
  for _, action in ipairs(list) do
    for _, needed in ipairs(action.requires or {}) do
      if needed == id then ids[#ids + 1] = action.id end
    end
  end
  return ids
end

-- What tells one plan's actions from another's: a folder on the destination, and the result that comes back. Not the
-- plan's id, since a plan may hold the script.
local function key_of(document)
  local parts = { tostring(document.request.time), document.destination.identity["computer-name"] or "" }
  for _, action in ipairs(document.deferred) do
    table.move({ action.id, action.run, action.undo }, 1, 3, #parts + 1, parts)
  end
  return host.sha256(table.concat(parts, "\0"))
end

local ways = {
  run = { file = "first-start.ps1", once = first_start.run_once,
          what = "The first start: what could not be done while the server was switched off." },
  undo = { file = "first-start-undo.ps1", once = first_start.undo_once,
           what = "The way back from first-start.ps1, in the opposite order." },
}

local function script(document, made, way, body)
  local names = ways[way]
  local place = run_once.is_asked(document.request) and run_once.place(document) or nil
  local fields = {
    WHAT = names.what, FILE = names.file, LOG = names.file:gsub("ps1$", "log"),
    RESULT = names.file:gsub("ps1$", "json"),
    KEY = made.key, SHORT = made.key:sub(1, 16), TIME = ("%d"):format(made.time),
    COMPUTER = plain(document.destination.identity["computer-name"] or ""),
    BEFORE = place and names.once.BEFORE or "", AFTER = place and names.once.AFTER or "",
    ONCE = place and place.name, COMMAND = place and place.command,
  }
  local function fill(text) return (text:gsub("@(%u+)@", fields)) end
  local once = place and fill(first_start.once) or ""
  body = table.concat(body)
  local text = fill(first_start.head) .. first_start[way] .. once
    .. fill(first_start.foot):gsub("\nInvoke%-All\n$", "") .. first_start.called(once .. body) .. body
    .. "\nInvoke-All\n"
  -- A mark at the beginning and CR LF: without them old PowerShell and Notepad misread the file.
  return "\u{FEFF}" .. text:gsub("\n", "\r\n")
end

---The scripts of a plan.
---@param document table the plan
---@param made? table key, time: of scripts that were made before
---@return table {key, run, undo, once} texts, and where the script is registered; empty without deferred actions
function M.scripts(document, made)
  local list, run, undo = document.deferred or {}, {}, {}
  if #list == 0 then return {} end
  for index, action in ipairs(list) do
    run[index] = action_text(action, action.requires or {}, action.run)
    undo[#list - index + 1] = action_text(action, needed_by(list, action.id), action.undo)
  end
  made = made or { key = key_of(document), time = document.request.time }
  return {
    key = made.key, run = script(document, made, "run", run), undo = script(document, made, "undo", undo),
    once = run_once.is_asked(document.request) and run_once.place(document).name or nil,
  }
end

return M
