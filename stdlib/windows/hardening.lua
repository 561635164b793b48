-- Which of two values of a switch that hardens a server is the stricter one.
--
-- `by` says it: "higher" or "lower" number; "on" or "off", where every number but 0 means the same; "bits", where each
-- bit asks for more; or a list of numbers, the strictest first, in which any other number is the loosest.

local releases = require "windows.releases"

local M = {}

local function is_number(value) return math.type(value) == "integer" end

local ranks = {
  higher = function(value) return value end,
  lower = function(value) return -value end,
  on = function(value) return value ~= 0 and 1 or 0 end,
  off = function(value) return value == 0 and 1 or 0 end,
}

local function rank(by, value)
  if ranks[by] then return ranks[by](value) end
  for index, listed in ipairs(by) do
    if listed == value then return -index end
  end
  return -#by - 1
end

---Why `by` or `absent` is none, or nil.
---@return string|nil
function M.problem(by, absent)
  if type(by) == "table" then
    for _, value in ipairs(by) do
      if not is_number(value) then return "'by' lists numbers, the strictest first" end
    end
    if #by == 0 then return "'by' lists no number" end
  elseif by ~= "bits" and not ranks[by] then
    return ("'by' is '%s'; it is higher, lower, on, off, bits or a list"):format(tostring(by))
  end
  for key, value in pairs(type(absent) == "table" and absent or {}) do
    for release in tostring(key):gmatch "[^,%s]+" do
      if release ~= "otherwise" and not releases.by_key[release] then
        return ("'absent': '%s' is no Windows release"):format(release)
      end
    end
    if not is_number(value) then return "'absent' has numbers" end
  end
  if type(absent) == "table" and not absent.otherwise then return "'absent' has no 'otherwise'" end
end

---What a release does without the value.
---@param absent integer|table by release: ["2003,2008"] = 1, otherwise = 0
---@param release string|nil
---@return integer
function M.without(absent, release)
  if is_number(absent) then return absent end
  for key, value in pairs(absent) do
    for listed in key:gmatch "[^,%s]+" do
      if listed == release then return value end
    end
  end
  return absent.otherwise
end

---What a machine does: its value, or what its release does without one.
---@param value any as machine:read gives it; what is no number counts as absent
function M.effective(value, absent, release)
  return is_number(value) and value or M.without(absent, release)
end

---Whether the first asks for less than the second.
function M.is_looser(by, value, than)
  if by == "bits" then return value | than ~= value end
  return rank(by, value) < rank(by, than)
end

---The stricter of both; of equal ones the second.
function M.stricter(by, value, other)
  if by == "bits" then return value | other end
  return M.is_looser(by, other, value) and value or other
end

return M
