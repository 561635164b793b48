-- Servers for the tests: a source with shares and a bare destination. Keys are written [CCS\...] and [SOFTWARE\...].

local security = require "windows.security"
local test_server = require "test_server"

local M = { failed = test_server.failed }

local function hex(bytes)
  return (bytes:gsub(".", function(sign) return ("%02x,"):format(sign:byte()) end):gsub(",$", ""))
end

M.domain, M.own = "S-1-5-21-1-2-3", "S-1-5-21-7-8-9"

---Permissions: { "S-1-1-0", "read" }, { SID, "full", denied = true }.
function M.permissions(entries)
  local masks = { read = 0x1200A9, change = 0x1301BF, full = 0x1F01FF }
  local made = { control = 0x8004, resource_control = 0, owner = "S-1-5-32-544", dacl_revision = 2, dacl = {} }
  for index, entry in ipairs(entries) do
    made.dacl[index] = { type = entry.denied and 1 or 0, flags = 0, mask = masks[entry[2]], sid = entry[1], tail = "" }
  end
  return security.build(made)
end

---Lines for a share: its name, its folder, options {flags, kind, permissions, remark}.
function M.share(name, path, options)
  options = options or {}
  local lines = { "CSCFlags=" .. (options.flags or 0), "MaxUses=4294967295", "Path=" .. path, "Permissions=0",
                  "Remark=" .. (options.remark or ""), "ShareName=" .. name, "Type=" .. (options.kind or 0) }
  local text = ("[CCS\\Services\\LanmanServer\\Shares]\n\"%s\"=%s\n"):format(name, test_server.multi_sz(lines))
  if options.permissions then
    local bytes = type(options.permissions) == "string" and options.permissions or M.permissions(options.permissions)
    text = text .. ("[CCS\\Services\\LanmanServer\\Shares\\Security]\n\"%s\"=hex:%s\n"):format(name, hex(bytes))
  end
  return text
end

---The letters of fixed volumes that a server knows.
function M.drives(letters)
  local lines = { "[SYSTEM\\MountedDevices]" }
  for index, letter in ipairs(letters) do
    lines[index + 1] = ([["\\DosDevices\\%s:"=hex:3e,a0,be,5c,00,00,10,00,00,00,00,00]]):format(letter)
  end
  return table.concat(lines, "\n") .. "\n"
end

---@param options table {release, name, domain, system, software, files}
function M.server(machine, options)
  local made = { domain = "corp.example" }
  for key, value in pairs(options) do made[key] = value end
  return machine.from(test_server.text(made))
end

---Plans a move. `source`, `destination`: options of M.server; text stands for `system`.
---@return table plan, table destination, table source
function M.plan(machine, run, source, destination, parameters, waived)
  local function options(given, release, name)
    local made = { release = release, name = name }
    for key, value in pairs(type(given) == "string" and { system = given } or given or {}) do made[key] = value end
    return made
  end
  local from = M.server(machine, options(source, "2008r2", "OLD"))
  local to = M.server(machine, options(destination, "2012", "NEW"))
  local plan = run { playbooks = { "file-shares" }, source = from, destination = to, parameters = parameters,
                     waived = waived }
  return plan, to, from
end

function M.manual(plan, id)
  return test_server.entry(plan.manual, "file-shares/" .. id)
end

---The verdict on a share, or with a third argument on its permissions.
function M.verdict(plan, name, of_permissions)
  for _, item in ipairs(plan.verdicts) do
    if item.name == name and (item.path:match "Security$" ~= nil) == (of_permissions or false) then return item end
  end
end

function M.has_note(plan, text)
  for _, note in ipairs(plan.notes) do
    if note.text:find(text, 1, true) then return true end
  end
  return false
end

return M
