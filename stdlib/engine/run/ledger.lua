-- What became of each source setting: one verdict each, the rule that gave it, and what has none.
--
-- A setting is a registry value, a file ("file:" and its path), a certificate ("certificate:STORE" and its
-- thumbprint), or one of local accounts ("account:users", "account:groups", "account:members" and NAME, GROUP or
-- GROUP\SID).

local display = require "engine.tell.display"

local M = {}

local verdicts = {
  migrated = true, transformed = true, defaulted = true, kept = true, dropped = true, manual = true,
  excluded = true, unjudged = true,
}
local written = { migrated = true, transformed = true, defaulted = true }

local ledger = {}
ledger.__index = ledger

---@param machine table the source; tells what a path stands for
---@param secret_key string
---@return table ledger
function M.new(machine, secret_key)
  return setmetatable({
    machine = machine, secret_key = secret_key, items = {}, by_setting = {}, counted = {}, count = 0, second = {},
  }, ledger)
end

-- The same for all spellings of a registry path. What is no path (of a machine's hives) stays as it is.
local function resolved(machine, path)
  local ok, full = pcall(machine.resolve, machine, path)
  return (ok and full or path):upper()
end

local function is_registry(path)
  return not path:find("^%l+:")
end

function ledger:key_of(path, name)
  return (is_registry(path) and resolved(self.machine, path) or path:upper()) .. "\0" .. (name or ""):upper()
end

local function shown(self, entry, value)
  if entry.secret then return display.value(value, self.secret_key) end
  if entry.by_shape then return display.shape(value) end
  return display.value(value)
end

-- `to`: where on the destination; told when something is there because of this verdict.
local function destination_of(entry)
  if entry.to and written[entry.verdict] and (entry.after or entry.verdict ~= "defaulted") then
    return { path = entry.to, name = entry.to_name or entry.name }
  end
end

-- What verify compares later on, also where nothing had to be changed. No digest of a secret stands in a plan.
local function add_digest(to, entry)
  local kind = entry.after and display.names[entry.after.type]
  if kind and entry.after.raw and not entry.secret and not entry.by_shape then
    to.type, to.sha256 = kind, host.sha256(entry.after.raw)
  end
end

local function playbook_of(item)
  return item.step:match "^[^/]*"
end

-- Of two playbooks that give one setting a verdict, that which writes counts, else the first; the other is kept beside.
local function take_second(self, key, earlier, item)
  if written[item.verdict] and not written[earlier.verdict] then
    for index, listed in ipairs(self.items) do
      if listed == earlier then self.items[index] = item end
    end
    self.by_setting[key], item = item, earlier
  end
  self.second[#self.second + 1] = item
end

---Records a verdict. A second one of the same playbook is refused as a mistake; what the user excluded stays so.
---@param entry table path, name, verdict, why, rule, guide, step, before, after, to, to_name, secret, by_shape
function ledger:add(entry)
  if not verdicts[entry.verdict] then
    error(("verdict '%s' is not one of migrated, transformed, defaulted, kept, dropped, manual, excluded, unjudged")
      :format(tostring(entry.verdict)), 3)
  end
  local key = self:key_of(entry.path, entry.name)
  local earlier = self.by_setting[key]
  if earlier and earlier.verdict == "excluded" then return end
  if earlier and playbook_of(earlier) == playbook_of(entry) then
    error(("%s %s has a verdict already: %s by %s"):format(entry.path, entry.name or "", earlier.verdict,
      earlier.step), 3)
  end
  local item = {
    path = entry.path, name = entry.name, verdict = entry.verdict, why = entry.why, rule = entry.rule,
    guide = entry.guide, step = entry.step, to = destination_of(entry),
    before = shown(self, entry, entry.before), after = shown(self, entry, entry.after),
  }
  if item.to then add_digest(item.to, entry) end
  if earlier then return take_second(self, key, earlier, item) end
  self.by_setting[key] = item
  self.items[#self.items + 1] = item
end

function ledger:has(path, name)
  return self.by_setting[self:key_of(path, name)] ~= nil
end

---Calls fn(path, relative, value) for every value at and below a key of a machine.
function M.each_value(machine, path, fn, relative)
  relative = relative or ""
  for _, value in ipairs(machine:values(path)) do fn(path, relative, value) end
  for _, name in ipairs(machine:keys(path)) do
    M.each_value(machine, path .. "\\" .. name, fn, relative .. name .. "\\")
  end
end

-- "%SystemRoot%\System32\ras\*.pbk": the folder that its first wildcard, or its file, is in.
local function folder_of(scope)
  return scope:match("^[^*?]*"):match("^(.*)[\\/]") or ""
end

---Calls fn(path, name, value, is_certificate) for every setting in scopes; a registry value alone has a value.
---@param machine table sees these scopes and nothing else
---@param scopes table registry, files, certificates, accounts
function M.each_setting(machine, scopes, fn)
  for _, scope in ipairs(scopes.registry) do
    M.each_value(machine, scope, function(path, _, value) fn(path, value.name, value) end)
  end
  for _, scope in ipairs(scopes.files) do
    for _, file in ipairs(machine:files(folder_of(scope))) do fn("file:" .. file) end
  end
  for _, store in ipairs(scopes.certificates) do
    for _, certificate in ipairs(machine:certificates(store)) do
      fn("certificate:" .. store, certificate.thumbprint)
    end
  end
  local accounts = #scopes.accounts > 0 and machine:accounts() or {}
  for _, user in ipairs(accounts.users or {}) do fn("account:users", user.name) end
  for _, group in ipairs(accounts.groups or {}) do
    fn("account:groups", group.name)
    for _, member in ipairs(group.members) do fn("account:members", group.name .. "\\" .. member) end
  end
end

---Counts a setting as part of the inventory; false when it was counted before.
function ledger:take(path, name)
  local key = self:key_of(path, name)
  if self.counted[key] then return false end
  self.counted[key] = true
  self.count = self.count + 1
  return true
end

---Adds a playbook's settings to the inventory. Calls fn(path, name, value) for those without a verdict.
---@param machine table sees these scopes and nothing else
---@param scopes table a playbook's reads
---@param fn function
function ledger:account(machine, scopes, fn)
  M.each_setting(machine, scopes, function(path, name, value)
    if self:take(path, name) and not self:has(path, name) then fn(path, name, value) end
  end)
end

---Whether a registry path is in or below one of the scopes.
function M.is_within(machine, path, scopes)
  local full = resolved(machine, path)
  for _, scope in ipairs(scopes) do
    local root = resolved(machine, scope)
    if full == root or full:sub(1, #root + 1) == root .. "\\" then return true end
  end
  return false
end

---The sums. Raises when they do not add up: a verdict in the scopes for what the source does not have.
---@param scopes string[] the registry scopes of all playbooks
---@return table {settings, verdicts, unjudged}: how many, how many of them have a verdict, and which one that is none
function ledger:sums(scopes)
  local given, unjudged = 0, 0
  for _, item in ipairs(self.items) do
    if self.counted[self:key_of(item.path, item.name)] then
      given = given + 1
      if item.verdict == "unjudged" then unjudged = unjudged + 1 end
    elseif is_registry(item.path) and M.is_within(self.machine, item.path, scopes) then
      error(("%s gives a verdict on '%s' '%s', which the source does not have"):format(item.step, item.path,
        item.name or ""), 0)
    end
  end
  assert(given == self.count, "the verdicts do not add up to the source's settings")
  return { settings = self.count, verdicts = given, unjudged = unjudged }
end

return M
