-- Loads playbooks: their chunks in a sandbox of their own, their `require`, the digest of all that they are made of.

local fields = require "engine.declare.fields"
local playbook_word = require "engine.declare.playbook_word"
local words = require "engine.declare.words"

local M = {}

-- A module of stdlib with all that it requires, by name, with the digests of their texts.
local function add_module(modules, name)
  local module = not modules[name] and host.module(name)
  if not module then return end -- there already, or no text but a part of the program
  modules[name] = module.sha256
  for _, other in ipairs(module.requires) do add_module(modules, other) end
end

-- The environment of one playbook: the sandbox, the words, and a require that finds its own files first. What was
-- required stands in `modules`: own files as "NAME.lua", modules of stdlib by their names. Once it is `closed`,
-- nothing new is required: what a playbook is made of is known when it is loaded.
local function environment(id, extra)
  local env, made = host.sandbox(), { modules = {}, closed = false }
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
    if made.closed then
      error(("require: '%s' is required too late: do it at the top of a file, not in a function"):format(name), 2)
    end
    local file = name .. ".lua"
    local text = id and host.read(id, file)
    if not text then
      local module = host.stdlib(name)
      if module == nil then
        error(("require: there is no '%s' in the playbook and no module '%s'"):format(file, name), 2)
      end
      add_module(made.modules, name)
      loaded[name] = module
      return module
    end
    made.modules[file] = host.sha256(text)
    loading[name] = true
    local chunk, message = host.load(text, ("@%s/%s"):format(id, file), frozen)
    if not chunk then error(message, 0) end
    local result = chunk()
    loading[name] = nil
    loaded[name] = result == nil and true or result
    return loaded[name]
  end
  return frozen, made
end
M.environment = environment

-- One digest of modules: of a line each, digest and name, sorted by name.
local function digest(modules)
  local parts = {}
  for index, name in ipairs(fields.sorted_keys(modules)) do parts[index] = ("%s %s\n"):format(modules[name], name) end
  return host.sha256(table.concat(parts))
end

---The digest of the engine: its modules, and those that they require.
---@return string sha256
function M.engine()
  local modules = {}
  add_module(modules, "engine")
  return digest(modules)
end

---The digest of a playbook's module as it is now.
---@param id string
---@param name string "NAME.lua" of its own folder, or a module of stdlib
---@return string|nil sha256
function M.module_digest(id, name)
  if not name:match "%.lua$" then
    local module = host.module(name)
    return module and module.sha256
  end
  local text = host.read(id, name)
  return text and host.sha256(text)
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

---@param id string
---@return boolean
function M.is_there(id)
  return host.read(id, "playbook.lua") ~= nil
end

---The text of a playbook's first file. Raises when there is no such playbook.
---@param id string
---@return string
function M.read(id)
  local text = host.read(id, "playbook.lua")
  if not text then
    error({ code = "not-found", object = id, message = "there is no such playbook",
            hint = "there are: " .. table.concat(host.playbooks(), ", ") ..
              "; --playbook-path adds a folder of your own" }, 0)
  end
  return text
end

---Loads one playbook. Raises what its chunks raise.
---@param id string
---@return table playbook
function M.load(id)
  local text = M.read(id)
  local env, made = environment(id)
  made.modules["playbook.lua"] = host.sha256(text)
  local chunk, message = host.load(text, ("@%s/playbook.lua"):format(id), env)
  if not chunk then error(message, 0) end
  local playbook = playbook_word.taken(chunk())
  made.closed = true
  if not playbook then
    error(("%s/playbook.lua: it must end with: return playbook { ... }"):format(id), 0)
  end
  if playbook.id ~= id then
    error(("%s/playbook.lua: its id is '%s', but its folder is called '%s'"):format(id, playbook.id, id), 0)
  end
  playbook.modules, playbook.sha256, playbook.origin = made.modules, digest(made.modules), M.origin(id)
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
