-- Binary records declared as lists of fields, read within bounds and written back byte for byte.
local bytes = {}

---What a parser gives instead of a result.
---@class FormatError
---@field code "format"
---@field object string what was read
---@field message string what is wrong with it
---@field hint? string what to do

---@param object string
---@param message string
---@param hint? string
---@return FormatError
function bytes.failure(object, message, hint)
  return { code = "format", object = object, message = message, hint = hint }
end

---@param data string
---@return string "0AFF"
function bytes.hex(data)
  return (data:gsub(".", function(sign) return ("%02X"):format(sign:byte()) end))
end

---@param text string pairs of digits
---@return string data
function bytes.from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

---@param data string
---@param offset integer from 0
---@param big? boolean big-endian
---@return integer? value nil when the data ends before
function bytes.u32(data, offset, big)
  if offset < 0 or offset > #data - 4 then
    return nil
  end
  return (string.unpack(big and ">I4" or "<I4", data, offset + 1))
end

---@param data string four bytes in network order
---@return string text such as "192.168.0.1"
function bytes.ipv4_text(data)
  return string.format("%d.%d.%d.%d", data:byte(1, 4))
end

---@param text string
---@return string? data four bytes in network order, nil when the text is no address
function bytes.ipv4_bytes(text)
  local parts = { text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  for index, part in ipairs(parts) do
    local number = #part <= 3 and tonumber(part, 10)
    if not number or number > 255 then
      return nil
    end
    parts[index] = number
  end
  return #parts == 4 and string.char(table.unpack(parts)) or nil
end

---@param data string sixteen bytes in network order
---@return string text as RFC 5952 writes it, always in hexadecimal groups
function bytes.ipv6_text(data)
  local groups = { string.unpack(">I2I2I2I2I2I2I2I2", data) }
  local best, best_len, start = nil, 1, nil
  for index = 1, 9 do
    if index <= 8 and groups[index] == 0 then
      start = start or index
    elseif start then
      if index - start > best_len then
        best, best_len = start, index - start
      end
      start = nil
    end
  end
  local function join(first, last)
    local text = {}
    for index = first, last do
      text[#text + 1] = string.format("%x", groups[index])
    end
    return table.concat(text, ":")
  end
  if not best then
    return join(1, 8)
  end
  return join(1, best - 1) .. "::" .. join(best + best_len, 8)
end

local function ipv6_groups(text)
  local groups = {}
  if text == "" then
    return groups
  end
  for part in (text .. ":"):gmatch "([^:]*):" do
    if #groups == 8 or not part:match "^%x%x?%x?%x?$" then
      return nil
    end
    groups[#groups + 1] = tonumber(part, 16)
  end
  return groups
end

---@param text string hexadecimal groups, "::" allowed once
---@return string? data sixteen bytes in network order, nil when the text is no address
function bytes.ipv6_bytes(text)
  local before, after = text:match "^(.-)::(.*)$"
  local head = ipv6_groups(before or text)
  local tail = ipv6_groups(after or "")
  if not head or not tail then
    return nil
  end
  local missing = 8 - #head - #tail
  if before and missing < 1 or not before and missing ~= 0 then
    return nil
  end
  for _ = 1, missing do
    head[#head + 1] = 0
  end
  for _, group in ipairs(tail) do
    head[#head + 1] = group
  end
  return string.pack(">I2I2I2I2I2I2I2I2", table.unpack(head))
end

local function integer_kind(size, format, low, high, always_big)
  return {
    size = size,
    decode = function(data, big)
      return (string.unpack(((big or always_big) and ">" or "<") .. format, data))
    end,
    encode = function(value, big)
      if math.type(value) ~= "integer" or value < low or value > high then
        return nil
      end
      return string.pack(((big or always_big) and ">" or "<") .. format, value)
    end,
  }
end

local function address_kind(size, decode, encode)
  return {
    size = size,
    decode = decode,
    encode = function(value)
      return type(value) == "string" and encode(value) or nil
    end,
  }
end

local kinds = {
  u8 = integer_kind(1, "I1", 0, 0xFF),
  u16 = integer_kind(2, "I2", 0, 0xFFFF),
  u32 = integer_kind(4, "I4", 0, 0xFFFFFFFF),
  i32 = integer_kind(4, "i4", -0x80000000, 0x7FFFFFFF),
  port = integer_kind(2, "I2", 0, 0xFFFF, true),
  ipv4 = address_kind(4, bytes.ipv4_text, bytes.ipv4_bytes),
  ipv6 = address_kind(16, bytes.ipv6_text, bytes.ipv6_bytes),
}

local function encode_field(values, field, object, big)
  local name, kind, len = field[1], field[2], field[3]
  local value = values[name]
  local data
  if kind == "pad" and value == nil then
    data = string.rep("\0", len)
  elseif kind == "pad" or kind == "raw" then
    data = type(value) == "string" and #value == len and value or nil
  else
    data = kinds[kind].encode(value, big)
  end
  if not data then
    -- The value itself is left out: a field may be a secret.
    error(string.format("%s: field %s does not hold a valid %s", object, name, kind), 0)
  end
  return data
end

---A fixed run of fields: { name, kind } or { name, "raw"|"pad", length }.
---Kinds: u8, u16, u32, i32, port (u16, network order), ipv4, ipv6, raw, and pad, which is shown only when not zero.
---@class Record
---@field size integer
---@field decode fun(data: string, offset: integer, big?: boolean): table the caller has checked the bounds
---@field encode fun(values: table, object: string, big?: boolean): string raises on a wrong value

---@param fields table[]
---@return Record
function bytes.record(fields)
  local record = { size = 0 }
  for _, field in ipairs(fields) do
    record.size = record.size + (field[3] or kinds[field[2]].size)
  end
  function record.decode(data, offset, big)
    local values, at = {}, offset
    for _, field in ipairs(fields) do
      local name, kind, len = field[1], field[2], field[3] or kinds[field[2]].size
      local part = data:sub(at + 1, at + len)
      if kind == "raw" or kind == "pad" then
        values[name] = (kind == "raw" or part:find "[^\0]") and part or nil
      else
        values[name] = kinds[kind].decode(part, big)
      end
      at = at + len
    end
    return values
  end
  function record.encode(values, object, big)
    local parts = {}
    for index, field in ipairs(fields) do
      parts[index] = encode_field(values, field, object, big)
    end
    return table.concat(parts)
  end
  return record
end

---One list that follows the head of a structure.
---@class ListSpec
---@field name string where the items go
---@field count string the head's field that counts them
---@field item Record
---@field plain? string the one field of the item, when the list holds bare values

---@class Structure
---@field size integer size without list items
---@field decode fun(data: string): table?, FormatError?
---@field salvage? fun(data: string): table?, FormatError? of damaged data what is there, and what is missing
---@field encode fun(values: table): string raises on a wrong value; counts come from the lists

---A head, counted lists after it, and what follows them, which is kept as `extra`.
---@param object string what errors call it
---@param head Record
---@param lists? ListSpec[]
---@param order? fun(data: string): boolean says that the data is big-endian; stored as `big_endian`
---@return Structure
function bytes.structure(object, head, lists, order)
  lists = lists or {}
  local structure = { size = head.size }

  function structure.salvage(data)
    if #data < head.size then
      return nil, bytes.failure(object, string.format("%d bytes where at least %d are needed", #data, head.size))
    end
    local big = order ~= nil and order(data)
    local values = head.decode(data, 0, big)
    local at, missing = head.size, nil
    for _, list in ipairs(lists) do
      local count, items = values[list.count], {}
      local room = missing and 0 or (#data - at) // list.item.size
      if count > room then
        missing = missing or bytes.failure(object,
          string.format("%s says %d, but the data ends after %d", list.count, count, room))
        count = room
      end
      for index = 1, count do
        local item = list.item.decode(data, at, big)
        items[index] = list.plain and item[list.plain] or item
        at = at + list.item.size
      end
      values[list.count] = nil
      values[list.name] = items
    end
    values.extra = not missing and at < #data and data:sub(at + 1) or nil
    values.big_endian = big or nil
    return values, missing
  end

  function structure.decode(data)
    local values, err = structure.salvage(data)
    return not err and values or nil, err
  end

  function structure.encode(values)
    local counted = setmetatable({}, { __index = values })
    for _, list in ipairs(lists) do
      counted[list.count] = #values[list.name]
    end
    local parts = { head.encode(counted, object, values.big_endian) }
    for _, list in ipairs(lists) do
      for _, item in ipairs(values[list.name]) do
        local fields = list.plain and { [list.plain] = item } or item
        parts[#parts + 1] = list.item.encode(fields, object, values.big_endian)
      end
    end
    parts[#parts + 1] = values.extra
    return table.concat(parts)
  end

  return structure
end

return bytes
