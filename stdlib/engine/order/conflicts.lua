-- Steps of different playbooks that write one setting differently: an error when the second one is done.
--
-- What counts is what a step leaves: values, keys, files, and trees, which say of all that is not in them that it is
-- absent. Writing the same twice is no conflict.

local display = require "engine.tell.display"
local ledgers = require "engine.run.ledger"

local M = {}

local conflicts = {}
conflicts.__index = conflicts

---@param session table
---@param ledger table whose verdicts name the rules
---@return table
function M.new(session, ledger)
  host.touched(session.destination)
  return setmetatable({
    machine = session.destination, excluded = session.request.excluded, ledger = ledger, written = {}, trees = {},
    secrets = {},
  }, conflicts)
end

local function is_below(path, root)
  return path == root or path:sub(1, #root + 1) == root .. "\\"
end

-- What is there now: text to compare, and as people see it.
local function state_of(machine, kind, path, name)
  if kind == "key" then return machine:has_key(path) and "key" or nil end
  if kind == "file" then return machine:read_file(path) end
  local value = machine:get(path, name)
  return value and value.type .. "\0" .. value.raw, value
end

function conflicts:shown(writing)
  local secret = self.secrets[writing.at] and self.ledger.secret_key
  if not writing.state then return "removed" end
  if writing.kind == "key" then return "a key" end
  if writing.kind == "value" then return display.value(writing.value, secret) end
  if secret then return "a file " .. display.secret(secret, writing.state) end
  return ("a file of %d bytes, SHA-256 %s…"):format(#writing.state, host.sha256(writing.state):sub(1, 16))
end

-- The step with the rule that its verdict names, if one does.
function conflicts:who(writing)
  for _, list in ipairs { self.ledger.items, self.ledger.second } do
    for _, item in ipairs(list) do
      if item.step == writing.step.id and item.to and (item.to.name or ""):upper() == (writing.name or ""):upper()
        and self:resolved(item.to.path) == self:resolved(writing.path) then
        return ("%s (%s)"):format(writing.step.id, item.rule)
      end
    end
  end
  return writing.step.id
end

function conflicts:resolved(path)
  local ok, full = pcall(self.machine.resolve, self.machine, path)
  return (ok and full or path):upper()
end

function conflicts:is_excluded(writing)
  for _, path in ipairs(self.excluded) do
    if writing.kind == "file" then
      if host.file_path(self.machine, path) == host.file_path(self.machine, writing.path) then return true end
    else
      local full, root = self:resolved(writing.path), self:resolved(path)
      if is_below(full, root) or writing.name and full .. "\\" .. writing.name:upper() == root then return true end
    end
  end
  return false
end

function conflicts:raise(first, second)
  local setting = second.path .. (second.name and "\\" .. (second.name == "" and "@" or second.name) or "")
  error({ code = "script", object = setting,
          message = ("two playbooks write it differently: %s leaves it %s, %s leaves it %s"):format(self:who(first),
            self:shown(first), self:who(second), self:shown(second)),
          hint = ("take it out of one of them, leave a playbook out, or keep what the destination has: --exclude '%s'")
            :format(setting) }, 0)
end

-- What another playbook left there: its own writing, or a tree that it emptied or replaced.
function conflicts:earlier(writing)
  local found = self.written[writing.at]
  if found then return found end
  if writing.kind == "file" then return nil end
  for _, tree in ipairs(self.trees) do
    if tree.playbook ~= writing.playbook and is_below(writing.root, tree.root) then
      return { kind = writing.kind, at = writing.at, path = writing.path, name = writing.name, step = tree.step,
               playbook = tree.playbook }
    end
  end
end

function conflicts:write(writing)
  local earlier = self:earlier(writing)
  if earlier and earlier.playbook ~= writing.playbook and earlier.state ~= writing.state
    and not self:is_excluded(writing) then
    self:raise(earlier, writing)
  end
  if not earlier or earlier.playbook == writing.playbook then self.written[writing.at] = writing end
end

local function place(self, kind, path, name)
  if kind == "file" then
    local file = host.file_path(self.machine, path) or path
    return "file:" .. file:upper(), "file:" .. file
  end
  local root = self:resolved(path)
  return root .. "\0" .. kind .. "\0" .. (name or ""):upper(), root
end

function conflicts:note(step, kind, path, name)
  local at, root = place(self, kind, path, name)
  local state, value = state_of(self.machine, kind, path, name)
  self:write {
    kind = kind, at = at, root = root, path = path, name = name, state = state, value = value, step = step,
    playbook = step.playbook,
  }
end

-- A key that was emptied or replaced with all below it.
function conflicts:note_tree(step, path)
  local root, others = self:resolved(path), {}
  for _, writing in pairs(self.written) do
    if writing.kind ~= "file" and writing.playbook ~= step.playbook and is_below(writing.root, root) then
      others[#others + 1] = writing
    end
  end
  table.sort(others, function(a, b) return a.at < b.at end)
  for _, writing in ipairs(others) do self:note(step, writing.kind, writing.path, writing.name) end
  ledgers.each_value(self.machine, path, function(at, _, value) self:note(step, "value", at, value.name) end)
  self.trees[#self.trees + 1] = { root = root, step = step, playbook = step.playbook }
end

---Looks at what a step has written.
---@param step table its record: id, playbook
function conflicts:finish(step)
  local touched = host.touched(self.machine)
  for _, item in ipairs(touched) do
    if item.kind == "secret" then
      local at = place(self, item.name and "value" or "file", item.path, item.name)
      self.secrets[at] = true
    end
  end
  for _, item in ipairs(touched) do
    if item.kind == "tree" then
      self:note_tree(step, item.path)
    elseif item.kind ~= "secret" then
      self:note(step, item.kind, item.path, item.name)
    end
  end
end

return M
