-- Loads playbooks: their chunks in a sandbox of their own, their `require`, their digest.

local words = require "engine.declare.words"

local M = {}

-- The environment of one playbook: the sandbox, the words, and a require that finds its own files first.
local function environment(id, extra)
  local env = host.sandbox()
  local frozen = host.freeze(env, "the set of global variables")
  for name, word in pairs(words.env) do env[name] = word end
  for name, value in pairs(extra or {}) do env[name] = value end
  local loaded, loading = {}, {}
  function env.require(name)
    if type(name) ~= "string" or not name:match("^[%w_%-][%w_%-%.]*$") then
      error(("require: '%s' is no module name"):format(tostring(name)), 2)
    end
    if loaded[name] ~= nil then return loaded[name] end
    if loading[name] then error(("require: '%s' requires itself"):format(name), 2) end
    local text = id and host.read(id, name .. ".lua")
    if not text then
      local module = host.stdlib(name)
      if module == nil then
        error(("require: there is no '%s.lua' in the playbook and no module '%s'"):format(name, name), 2)
      end
      loaded[name] = module
      return module
    end
    loading[name] = true
    local chunk, message = host.load(text, ("@%s/%s.lua"):format(id, name), frozen)
    if not chunk then error(message, 0) end
    local result = chunk()
    loading[name] = nil
    loaded[name] = result == nil and true or result
    return loaded[name]
  end
  return frozen
end
M.environment = environment

local function digest(id)
  local parts = {}
  for _, file in ipairs(host.files(id)) do
    parts[#parts + 1] = ("%s %s\n"):format(host.sha256(host.read(id, file)), file)
  end
  return host.sha256(table.concat(parts))
end

---Where a playbook comes from, and what of the same id it stands in place of.
---@param id string
---@return table {source = "embedded"|"folder", folder = string|nil, shadows = {{source, folder}, ...}}
function M.origin(id)
  local places, all = host.places(id), {}
  for _, folder in ipairs(places.folders) do all[#all + 1] = { source = "folder", folder = folder } end
  if places.embedded then all[#all + 1] = { source = "embedded" } end
  local used = table.remove(all, 1)
  return { source = used.source, folder = used.folder, shadows = all }
end

---Loads one playbook. Raises what its chunks raise.
---@param id string
---@return table playbook
function M.load(id)
  local text = host.read(id, "playbook.lua")
  if not text then
    error({ code = "not-found", object = id, message = "there is no such playbook",
            hint = "there are: " .. table.concat(host.playbooks(), ", ") ..
              "; --playbook-path adds a folder of your own" }, 0)
  end
  local chunk, message = host.load(text, ("@%s/playbook.lua"):format(id), environment(id))
  if not chunk then error(message, 0) end
  local playbook = chunk()
  if type(playbook) ~= "table" or not playbook.is_playbook then
    error(("%s/playbook.lua: it must end with: return playbook { ... }"):format(id), 0)
  end
  if playbook.id ~= id then
    error(("%s/playbook.lua: its id is '%s', but its folder is called '%s'"):format(id, playbook.id, id), 0)
  end
  playbook.sha256, playbook.origin = digest(id), M.origin(id)
  return playbook
end

---What a playbook raised, as a text: it may be anything, and is not called.
---@param raised any
---@return string
function M.message(raised)
  if type(raised) == "table" then raised = rawget(raised, "message") end
  return type(raised) == "string" and raised or "an error without a message"
end

return M
