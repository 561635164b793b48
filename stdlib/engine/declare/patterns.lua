-- How rules name values: "Name" and "*" of the key itself, "Sub\Name" and "Sub\*" of a subkey, "Sub\**" and "**" at any
-- depth.
--
-- A backslash parts keys. The name of a value may hold some, a key's may not; in a rule such a one is written twice:
-- "C:\\Temp" is a value of the key itself, "C:\Temp" the value Temp of the subkey C:. Of an odd number in a row the
-- first parts, and the name begins with the rest.

local M = {}

-- What is compared has the backslashes of names as "\0\1", so that only those that part keys are left, and NUL, which
-- both kinds of names may hold, as "\0\0".
local codes = { ["\0"] = "\0\0", ["\\"] = "\0\1" }

local function coded(pattern)
  return (pattern:gsub("\0", "\0\0"):gsub("\\+", function(run)
    return ("\\"):rep(#run % 2) .. codes["\\"]:rep(#run // 2)
  end))
end

-- A Lua pattern for texts of M.text.
local function compile(pattern)
  local source = coded(pattern):upper():gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
  source = source:gsub("%*+", function(stars) return #stars > 1 and ".*" or "[^\\]*" end)
  return "^" .. source .. "$"
end

---A value as patterns are compared with it.
---@param relative string the keys above it, "" for the key itself, "Sub\Deep\" for one below
---@param name string the value's name
---@return string
function M.text(relative, name)
  return (relative:gsub("\0", codes) .. name:gsub("[\0\\]", codes)):upper()
end

---The first of a rule's names that means the value, or nil.
---@param rule table with `names`; keeps what is made of them
---@param text string what M.text gives
---@return string|nil pattern
function M.find(rule, text)
  rule.patterns = rule.patterns or {}
  for index, pattern in ipairs(rule.names) do
    rule.patterns[index] = rule.patterns[index] or compile(pattern)
    if text:match(rule.patterns[index]) then return pattern end
  end
end

---Whether it means values of other keys than the table's own.
function M.is_deep(pattern)
  local text = coded(pattern)
  return text:find("\\", 1, true) ~= nil or text:find("**", 1, true) ~= nil
end

---"Sub" of "Sub\**"; nil for what names no subtree of a known key.
function M.subtree(pattern)
  return coded(pattern):match "^([^*]+)\\%*%*$"
end

---The one value that a pattern without wildcards means.
---@return string|nil relative as M.text takes it; nil for a pattern with wildcards
---@return string|nil name
function M.exact(pattern)
  if pattern:find("*", 1, true) then return nil end
  local relative, name = coded(pattern):match "^(.-)([^\\]*)$"
  return relative, (name:gsub("\0(.)", { ["\0"] = "\0", ["\1"] = "\\" }))
end

---What is wrong with a pattern, or nil.
---@return string|nil
function M.problem(pattern)
  if coded(pattern):find("\0\1.*\\") then
    return ("'%s' has a backslash in the name of a key: two in a row are one in the name of a value"):format(pattern)
  end
end

return M
