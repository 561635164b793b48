-- What became of each source setting: one verdict each, the rule that gave it, and what has none.

local display = require "engine.display"

local M = {}

local verdicts = {
  migrated = true, transformed = true, defaulted = true, kept = true, dropped = true, manual = true,
  excluded = true,
}

local ledger = {}
ledger.__index = ledger

---@return table ledger
function M.new()
  return setmetatable({ items = {}, by_setting = {} }, ledger)
end

local function setting_key(path, name)
  return path:upper() .. "\0" .. (name or ""):upper()
end

---Records a verdict. The first one for a setting stands; a second one is refused as a mistake.
---@param entry table path (full registry path or "file:..."), name, verdict, why, guide, step, before, after, secret
function ledger:add(entry)
  if not verdicts[entry.verdict] then
    error(("verdict '%s' is not one of migrated, transformed, defaulted, kept, dropped, manual, excluded")
      :format(tostring(entry.verdict)), 3)
  end
  local key = setting_key(entry.path, entry.name)
  local earlier = self.by_setting[key]
  if earlier then
    error(("%s %s has a verdict already: %s by %s"):format(entry.path, entry.name or "", earlier.verdict,
      earlier.step), 3)
  end
  local item = {
    path = entry.path, name = entry.name, verdict = entry.verdict, why = entry.why,
    guide = entry.guide, step = entry.step,
    before = display.value(entry.before, entry.secret), after = display.value(entry.after, entry.secret),
  }
  self.by_setting[key] = item
  self.items[#self.items + 1] = item
end

function ledger:has(path, name)
  return self.by_setting[setting_key(path, name)] ~= nil
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

---The settings below the scopes that have no verdict.
---@param machine table sees these scopes and nothing else
---@param scopes table a playbook's reads
---@return table[] {path, name, before}
function ledger:unaccounted(machine, scopes)
  local missing, seen = {}, {}
  for _, scope in ipairs(scopes.registry) do
    M.each_value(machine, scope, function(path, _, value)
      local key = setting_key(path, value.name)
      if not seen[key] and not self.by_setting[key] then
        seen[key] = true
        missing[#missing + 1] = { path = path, name = value.name, before = display.value(value) }
      end
    end)
  end
  for _, scope in ipairs(scopes.files) do
    for _, file in ipairs(machine:files(folder_of(scope))) do
      local key = setting_key("file:" .. file, nil)
      if not seen[key] and not self.by_setting[key] then
        seen[key] = true
        missing[#missing + 1] = { path = "file:" .. file }
      end
    end
  end
  return missing
end

return M
