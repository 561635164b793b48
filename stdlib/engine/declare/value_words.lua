-- The words for values of the registry, and for the keys that a table stands for.

local M = { entries = {} }

local types = {
  { "dword", "a number of 32 bits" }, { "qword", "a number of 64 bits" }, { "sz", "a text" },
  { "expand_sz", "a text with %variables%" }, { "multi_sz", "a list of texts" }, { "binary", "bytes" },
}

for index, kind in ipairs(types) do
  M.entries[index] = {
    name = kind[1], doc = kind[2] .. ", for `value` and m:set",
    word = function(value) return { type = kind[1], value = value } end,
  }
end

-- Adds the keys that the rest of a pattern means below a path, with the name that stands for the last `*`.
local function expand(machine, path, rest, name, out)
  local fixed, behind = rest:match "^(.-)%*(.*)$"
  if not fixed then
    if machine:has_key(path .. rest) then out[#out + 1] = { name = name, path = path .. rest } end
    return
  end
  for _, key in ipairs(machine:keys(path .. fixed:sub(1, -2))) do
    expand(machine, path .. fixed .. key, behind, key, out)
  end
end

M.entries[#M.entries + 1] = {
  name = "subkeys", doc = "for `each`: the keys of the source that a path with `*` in place of names means, as"
    .. " { name, path }; name is what stands for the last `*`",
  word = function(pattern)
    if type(pattern) ~= "string" or not ("\\" .. pattern .. "\\"):find("\\*\\", 1, true) or pattern:find "[^\\]%*"
      or pattern:find "%*[^\\]" then
      error("subkeys: a path with * in place of names of keys must follow, such as [[HKLM\\...\\Zones\\*]]", 2)
    end
    return function(source)
      local out = {}
      expand(source, "", pattern, nil, out)
      return out
    end
  end,
}

return M
