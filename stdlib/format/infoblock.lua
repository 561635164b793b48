-- The RRAS info block (RTR_INFO_BLOCK_HEADER): a table of contents and typed entries.
-- Format: MS-RRASM 2.2.1.2.4 and real blocks of Windows 7; all header fields are little-endian there.
local bytes = require "format.bytes"

local infoblock = {}

local HEADER_SIZE, TOC_SIZE = 12, 16

---Type ids by name [MS-RRASM 2.2.1.2.4]. Global and interface blocks share the protocol ids.
infoblock.types = {
  in_filter = 0xFFFF0001,
  out_filter = 0xFFFF0002,
  global_info = 0xFFFF0003,
  interface_status = 0xFFFF0004,
  static_routes = 0xFFFF0005,
  priority_info = 0xFFFF0006,
  router_discovery = 0xFFFF0007,
  demand_dial_filter = 0xFFFF0009,
  multicast_heartbeat = 0xFFFF000A,
  multicast_boundary = 0xFFFF000B,
  ip_in_ip_tunnel = 0xFFFF000C,
  fragment_check = 0xFFFF000D,
  multicast_limit = 0xFFFF000E,
  ipv6_global_info = 0xFFFF000F,
  ipv6_in_filter = 0xFFFF0011,
  ipv6_out_filter = 0xFFFF0012,
  ipv6_demand_dial_filter = 0xFFFF0013,
  ipv6_fragment_check = 0xFFFF0014,
  filter_enable = 0xFFFF0015,
  ipv6_filter_enable = 0xFFFF0016,
  priority_info_ex = 0xFFFF0017,
  rip = 0x00000008,
  ospf = 0x0000000D,
  dhcp_relay = 0x0000270F,
  dhcpv6_relay = 0x000003E7,
  igmp = 0x4137000A,
  bgp = 0x0137000E,
  dns_proxy = 0x81372713,
  dhcp_allocator = 0x81372714,
  nat = 0x81372715,
}

local names = {}
for name, id in pairs(infoblock.types) do
  names[id] = name
end

---One entry: `count` items of `item_size` bytes each. Count may be 0 with an item size.
---@class InfoEntry
---@field type integer
---@field item_size integer
---@field count integer
---@field data string

---@class InfoBlock
---@field entries InfoEntry[] in the order of the table of contents
---@field warnings? string[] what is odd but readable; without any, building gives the same bytes
---@field slack? integer unused bytes after the last item; without it the size is rounded up to 8
---@field big_endian? boolean header fields are in network order (seen in prose for NPS values only)
---@field tail? string bytes after the declared size, which building leaves out

---@param id integer
---@return string name such as "static_routes", or "0x0000ABCD"
function infoblock.type_name(id)
  return names[id] or string.format("0x%08X", id)
end

---Finds an entry by type; of repeated ones the last, which is the one that RRAS uses.
---@param block InfoBlock
---@param id integer
---@return InfoEntry? entry
---@return integer? index
function infoblock.find(block, id)
  for index = #block.entries, 1, -1 do
    if block.entries[index].type == id then
      return block.entries[index], index
    end
  end
end

local function align(offset)
  return (offset + 7) // 8 * 8
end

local function read_header(data, opts)
  local object = opts.object or "info block"
  if #data < HEADER_SIZE then
    return nil, bytes.failure(object, string.format("%d bytes are too few for a header", #data))
  end
  local big = opts.either_order and bytes.u32(data, 0, true) == 1
  local version, size, count = bytes.u32(data, 0, big), bytes.u32(data, 4, big), bytes.u32(data, 8, big)
  if version ~= 1 then
    return nil, bytes.failure(object, string.format("version %d is not 1", version), "Only version 1 is known.")
  end
  if size < HEADER_SIZE or size > #data then
    return nil, bytes.failure(object, string.format("declared size %d does not fit %d bytes", size, #data))
  end
  if count > (size - HEADER_SIZE) // TOC_SIZE then
    return nil, bytes.failure(object, string.format("%d entries do not fit %d bytes", count, size))
  end
  return { object = object, big = big, size = size, count = count }
end

local function read_entry(data, header, index)
  local at = HEADER_SIZE + (index - 1) * TOC_SIZE
  local function field(number)
    return bytes.u32(data, at + number * 4, header.big)
  end
  local entry = { type = field(0), item_size = field(1), count = field(2), data = "" }
  local offset = field(3)
  if entry.count == 0 or entry.item_size == 0 then
    return entry
  end
  local first = HEADER_SIZE + header.count * TOC_SIZE
  -- Dividing instead of multiplying keeps item_size * count from wrapping.
  if offset < first or offset > header.size or entry.count > (header.size - offset) // entry.item_size then
    local object = string.format("%s, entry %d (%s)", header.object, index, infoblock.type_name(entry.type))
    return nil, bytes.failure(object, "its data lies outside the block")
  end
  local len = entry.item_size * entry.count
  entry.data = data:sub(offset + 1, offset + len)
  return entry, { first = offset, last = offset + len }
end

-- Checks that no two items share bytes, and gives the end of the last one.
local function check_layout(data, header, spans, warnings)
  table.sort(spans, function(a, b)
    return a.first < b.first
  end)
  local at, unaligned, filled = HEADER_SIZE + header.count * TOC_SIZE, false, false
  for _, span in ipairs(spans) do
    if span.first < at then
      return nil, bytes.failure(header.object, string.format("entries overlap at offset %d", span.first))
    end
    unaligned = unaligned or span.first % 8 ~= 0
    filled = filled or data:sub(at + 1, span.first):find "[^\0]" ~= nil
    at = span.last
  end
  if unaligned then
    warnings[#warnings + 1] = "the data of an entry does not start on a multiple of 8"
  end
  if filled or data:sub(at + 1, header.size):find "[^\0]" then
    warnings[#warnings + 1] = "bytes that belong to no entry are not zero; they are not kept"
  end
  return at
end

---@class InfoBlockOptions
---@field object? string what errors call the block
---@field either_order? boolean accept a block in network order as well

---Reads a block. Bad bytes never raise.
---@param data string
---@param opts? InfoBlockOptions
---@return InfoBlock? block
---@return FormatError? err
function infoblock.parse(data, opts)
  local header, err = read_header(data, opts or {})
  if not header then
    return nil, err
  end
  local block = { entries = {}, warnings = {}, big_endian = header.big or nil }
  local spans, seen = {}, {}
  for index = 1, header.count do
    local entry, span = read_entry(data, header, index)
    if not entry then
      return nil, span
    end
    block.entries[index] = entry
    spans[#spans + 1] = span
    if seen[entry.type] == 1 then
      block.warnings[#block.warnings + 1] = infoblock.type_name(entry.type) .. " is there more than once"
    end
    seen[entry.type] = (seen[entry.type] or 0) + 1
  end
  local last
  last, err = check_layout(data, header, spans, block.warnings)
  if not last then
    return nil, err
  end
  block.slack = header.size - last
  if header.size < #data then
    block.tail = data:sub(header.size + 1)
    block.warnings[#block.warnings + 1] = "bytes follow the declared size; they are not kept"
  end
  if header.count == 0 then
    block.warnings[#block.warnings + 1] = "the block has no entries"
  end
  if #block.warnings == 0 and infoblock.build(block) ~= data then
    block.warnings[1] = "entries lie in another order, or further apart, than they are written"
  end
  return block
end

---Writes a block: entries in order, each on a multiple of 8, zeros between.
---Raises when an entry's data is not item_size * count bytes.
---@param block InfoBlock
---@return string
function infoblock.build(block)
  local format = (block.big_endian and ">" or "<") .. "I4I4I4I4"
  local head = HEADER_SIZE + #block.entries * TOC_SIZE
  local toc, parts, at = {}, {}, head
  for index, entry in ipairs(block.entries) do
    local len = #entry.data
    if entry.item_size * entry.count ~= len then
      error(infoblock.type_name(entry.type) .. ": item_size times count is not the length of data", 2)
    end
    -- An all-zero slot says "no data" in NAT blocks and points nowhere.
    local unused = entry.type == 0 and entry.item_size == 0 and entry.count == 0
    local start = unused and 0 or align(at)
    toc[index] = string.pack(format, entry.type, entry.item_size, entry.count, start)
    if len > 0 then
      parts[#parts + 1] = string.rep("\0", start - at) .. entry.data
      at = start + len
    end
  end
  local size = block.slack and at + block.slack or #toc > 0 and align(at) or at
  parts[#parts + 1] = string.rep("\0", size - at)
  local header = string.pack(format:sub(1, 7), 1, size, #toc)
  return header .. table.concat(toc) .. table.concat(parts)
end

return infoblock
