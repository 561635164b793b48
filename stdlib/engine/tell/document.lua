-- Reads a plan's document: paths in one spelling, changes as people see them, steps and their rules.

local display = require "engine.tell.display"

local M = {}

---The spelling in which paths are compared: "HKLM\SYSTEM\CURRENTCONTROLSET\...", "FILE:WINDOWS/...",
---"CERTIFICATE:MY". ControlSet001 and its like count as the current one.
---@param path string
---@return string
function M.canonical(path)
  local text = path:gsub("[\\/]+$", ""):upper()
  text = text:gsub("^HKEY_LOCAL_MACHINE\\", "HKLM\\"):gsub("^REGISTRY::", "")
  text = text:gsub("^HKLM\\SYSTEM\\CONTROLSET%d%d%d%f[\\\0]", "HKLM\\SYSTEM\\CURRENTCONTROLSET")
  if text:find "^HKLM\\" or text:find "^CERTIFICATE:" then return text end
  local file = text:gsub("^FILE:", "")
  file = file:gsub("^%a:[\\/]", ""):gsub("^%%SYSTEMROOT%%", "WINDOWS"):gsub("^%%WINDIR%%", "WINDOWS")
    :gsub("^%%PROGRAMFILES%%", "PROGRAM FILES"):gsub("^%%PROGRAMDATA%%", "PROGRAMDATA"):gsub("\\", "/")
  return "FILE:" .. file
end

---A setting's path with its name; a default value is called "@".
---@param path string
---@param name string|nil nil for a file and for a key
---@return string
function M.full(path, name)
  if not name then return path end
  return path .. "\\" .. (name == "" and "@" or name)
end

local function text_of(name)
  return type(name) == "table" and "(name that is not valid Unicode)" or name
end

-- The bytes of one side of a change.
local function bytes_of(side)
  return ((side.data or ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function side_text(change, side, key)
  if not side.present then return nil end
  local data = bytes_of(side)
  if change.action == "create-key" or change.action == "delete-key" then return "key" end
  if change.action == "set-details" then return "class and permissions" end
  if not side.data then return "(not kept)" end -- the run was closed
  if not change.hive and change.secret then return "file " .. display.secret(key, data) end
  if not change.hive then return ("file, %d bytes"):format(#data) end
  return display.value(host.value(side.type, data), change.secret and key or nil)
end

---The changes of a plan: {action, path, name, before, after, step, secret, data}, texts for people; data is the hex
---of what is left, nil for a secret.
---@param document table
---@return table[]
function M.changes(document)
  local list = {}
  for index, change in ipairs(document.changes or {}) do
    local path, key = text_of(change.path), document.secret_key or ""
    list[index] = {
      action = change.action, path = change.hive and "HKLM\\" .. change.hive .. path or "file:" .. path,
      name = change.name and text_of(change.name), before = side_text(change, change.before, key),
      after = side_text(change, change.after, key), step = document.steps[change.origin],
      data = not change.secret and change.after.data or nil, secret = change.secret or nil,
    }
  end
  return list
end

---What the user said of settings that no rule knows, by option or in an answers file.
---@return table[] {title, path}
function M.said_of_unjudged(document)
  local list = {}
  local function add(title, paths)
    for _, path in ipairs(paths or {}) do list[#list + 1] = { title = title, path = path } end
  end
  local request = document.request
  add("Carried", request.carried)
  add("Left", request.left)
  for _, file in ipairs(request.answers or {}) do
    add("Carried", file.carry)
    add("Left", file.leave)
  end
  return list
end

---"RA-VER-05, RA-GAP-01", or "" without guide ids.
function M.guide(item)
  local guide = item and item.guide or {}
  return type(guide) == "table" and table.concat(guide, ", ") or guide
end

---Source and destination of a plan in a line each.
---@param side table
---@return string
function M.machine(side)
  local identity = side.identity or {}
  local system = identity["os-name"] or ""
  return ("%s%s%s"):format(identity["computer-name"] or "", system ~= "" and ", " .. system or "",
    identity.build and identity.build ~= "" and " (build " .. identity.build .. ")" or "")
end

return M
