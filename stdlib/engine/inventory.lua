-- What a machine is, which roles are on it, and which playbooks have something to move there.

local loader = require "engine.loader"
local roles = require "roles"
local windows = require "windows"

local M = {}

local function presence(playbook, machine)
  if not playbook.present then return true end
  local source = host.scoped(machine, {
    reads = { registry = playbook.reads.registry, files = playbook.reads.files,
              certificates = playbook.reads.certificates, accounts = playbook.reads.accounts },
    writes = {},
  }, playbook.id)
  local present, why = playbook.present(source)
  return present and true or false, why
end

---@param machine table
---@return table {release, system, roles, playbooks}
function M.run(machine)
  local identity = machine:identity()
  local release = windows.release(identity)
  local result = {
    release = release and release.key, system = windows.describe(identity),
    roles = roles.find(machine), playbooks = {},
  }
  for index, entry in ipairs(host.playbooks()) do
    local ok, playbook = pcall(loader.load, entry.id)
    local item = { id = entry.id, present = false }
    if ok then
      item.title = playbook.title
      local known, present, why = pcall(presence, playbook, machine)
      item.present = known and present
      if not known then why = loader.message(present) end
      item.why = type(why) == "string" and why or nil
    else
      item.why = loader.message(playbook)
    end
    result.playbooks[index] = item
  end
  return result
end

return M
