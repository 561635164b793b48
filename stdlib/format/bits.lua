-- Names the bits of a flag word.
local bits = {}

---A flag and what it is called, in the order in which names are listed.
---@alias BitName { [1]: integer, [2]: string }

---Lists the names of the bits that are set.
---@param value integer
---@param names BitName[]
---@return string[] set the names of the known bits
---@return integer unknown the bits that have no name here
function bits.names(value, names)
  local set, unknown = {}, value
  for _, pair in ipairs(names) do
    if value & pair[1] ~= 0 then
      set[#set + 1] = pair[2]
      unknown = unknown & ~pair[1]
    end
  end
  return set, unknown
end

---Writes the names of the bits as one text: "PAP, EAP, 0x4000", or "none".
---@param value integer
---@param names BitName[]
---@return string
function bits.describe(value, names)
  local set, unknown = bits.names(value, names)
  if unknown ~= 0 then
    set[#set + 1] = string.format("0x%X", unknown)
  end
  return #set > 0 and table.concat(set, ", ") or "none"
end

return bits
