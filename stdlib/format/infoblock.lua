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
---@field lost? string what of it is missing; the rest, which lies in the block, is here

---Something that a damaged block does not give.
---@class InfoLoss
---@field type? integer nil where nothing says what it was
---@field any? boolean it may have been entries of any type
---@field reason string

---@class InfoBlock
---@field entries InfoEntry[] in the order of the table of contents
---@field losses InfoLoss[] what is damaged beyond use; with none, and no entry that lost something, nothing is damaged
---@field odd_size? string what is wrong with the declared size
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

-- A slot of the table of contents, numbered from 1.
local function read_slot(data, big, index)
  local at = HEADER_SIZE + (index - 1) * TOC_SIZE
  return {
    type = bytes.u32(data, at, big), item_size = bytes.u32(data, at + 4, big), count = bytes.u32(data, at + 8, big),
    offset = bytes.u32(data, at + 12, big),
  }
end

local function toc_end(count) return HEADER_SIZE + count * TOC_SIZE end

-- Dividing instead of multiplying keeps item_size * count from wrapping.
local function fits(slot, first, size)
  if slot.count == 0 or slot.item_size == 0 then return true end
  return slot.offset >= first and slot.offset < size and slot.count <= (size - slot.offset) // slot.item_size
end

-- How many slots make sense when there are `count` of them.
local function count_sound(slots, count, size)
  local sound = 0
  for index = 1, count do
    local slot = slots[index]
    if names[slot.type] and fits(slot, toc_end(count), size) then sound = sound + 1 end
  end
  return sound
end

-- Far more than a real block has: a damaged count is looked into up to here.
local MAX_GUESS = 64

-- The slots, as many as the block announces, or fewer where these alone make sense: then what is announced beyond
-- them is no table of contents but data.
local function read_toc(data, header, losses)
  local room = (header.size - HEADER_SIZE) // TOC_SIZE
  local slots, count = {}, math.min(header.count, room)
  for index = 1, count do slots[index] = read_slot(data, header.big, index) end
  local sound = count_sound(slots, count, header.size)
  for fewer = math.min(count - 1, MAX_GUESS), 1, -1 do
    local better = sound < count and count_sound(slots, fewer, header.size) or 0
    if better > sound then count, sound = fewer, better end
  end
  if count < header.count then
    losses[#losses + 1] = {
      any = true, reason = ("it announces %d entries, and has %d"):format(header.count, count),
    }
  end
  return table.move(slots, 1, count, 1, {})
end

local function lowest_data(slots, size)
  local lowest
  for _, slot in ipairs(slots) do
    local used = slot.count > 0 and slot.item_size > 0 and fits(slot, HEADER_SIZE, size)
    if used and (not lowest or slot.offset < lowest) then lowest = slot.offset end
  end
  return lowest
end

-- Slots behind the announced ones: a count that is too small.
local function find_uncounted(data, header, slots, losses)
  local stop = math.min(lowest_data(slots, header.size) or header.size, toc_end(#slots + MAX_GUESS))
  for index = #slots + 1, (stop - HEADER_SIZE) // TOC_SIZE do
    local slot = read_slot(data, header.big, index)
    if not names[slot.type] or slot.offset < toc_end(index) or slot.offset > #data then return end
    losses[#losses + 1] = {
      type = slot.type, reason = ("the block's count of entries, %d, leaves it out"):format(header.count),
    }
  end
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
  local header = { object = object, big = big, size = size, count = count }
  if size < HEADER_SIZE or size > #data then
    header.size, header.odd = #data, string.format("its size is given as %d, and it has %d bytes", size, #data)
  end
  return header
end

-- Keeps of an entry the items that end before `stop`; of a single item its first bytes.
local function cut(entry, span, stop, reason)
  local room = stop - span.first
  local items = room // entry.item_size
  if entry.count > 1 and items > 0 then
    entry.lost = ("%d of %d items: %s"):format(entry.count - items, entry.count, reason)
    entry.count = items
  else
    entry.lost, entry.item_size, entry.count = reason, room, room > 0 and 1 or 0
  end
  span.last = span.first + entry.item_size * entry.count
end

-- The entry of a slot without its data, and where these are. Nil, and why, when nothing of them is in the block.
local function read_entry(slot, first, size)
  local entry = { type = slot.type, item_size = slot.item_size, count = slot.count, data = "" }
  if slot.count == 0 or slot.item_size == 0 then return entry end
  local outside = "its data lies outside the block"
  if slot.offset < first or slot.offset >= size then return nil, outside end
  local span = { first = slot.offset, entry = entry }
  if fits(slot, first, size) then
    span.last = slot.offset + slot.item_size * slot.count
  else
    cut(entry, span, size, outside)
  end
  return entry, span
end

-- Two entries cannot have the same bytes. A list whose items reach into the next entry is too long; of others nothing
-- tells which is wrong.
local function resolve_overlaps(spans)
  table.sort(spans, function(a, b) return a.first < b.first end)
  local last
  for _, span in ipairs(spans) do
    if last and span.first < last.last then
      local entry = last.entry
      if entry.count > 1 and (span.first - last.first) // entry.item_size > 0 then
        cut(entry, last, span.first, "the next entry begins before")
      else
        last.shared, span.shared = span.entry, entry
      end
    end
    if not last or span.last >= last.last then last = span end
  end
end

local function has_bytes(data, first, last)
  local at = data:find("[^\0]", first + 1)
  return at ~= nil and at <= last
end

-- Whether bytes that no entry has stand where an empty entry points to.
local function has_data_in_place(data, slot, spans, first, size)
  if slot.offset < first or slot.offset >= size then return false end
  local stop = size
  for _, span in ipairs(spans) do
    if slot.offset >= span.first and slot.offset < span.last then return false end
    if span.first > slot.offset then stop = math.min(stop, span.first) end
  end
  return has_bytes(data, slot.offset, stop)
end

-- Where the entries end, and what their places tell.
local function check_layout(data, header, first, spans, block)
  local at, loose = first, false
  for _, span in ipairs(spans) do
    if span.first % 8 ~= 0 then
      block.losses[#block.losses + 1] = {
        type = span.entry.type, reason = "its data does not start on a multiple of 8, and may be shifted",
      }
    end
    loose = loose or has_bytes(data, at, span.first)
    at = math.max(at, span.last)
  end
  if loose or has_bytes(data, at, header.size) then
    block.losses[#block.losses + 1] = { reason = "bytes that belong to no entry are not zero; they are not kept" }
  end
  return at
end

---@class InfoBlockOptions
---@field object? string what errors call the block
---@field either_order? boolean accept a block in network order as well

local function take_entries(block, slots, found, spans, data, first, size)
  local seen = {}
  for index, slot in ipairs(slots) do
    local entry, span = found[index][1], found[index][2]
    local why = not entry and span
    if entry and span and span.shared then
      entry, why = nil, ("it has the same bytes as %s"):format(infoblock.type_name(span.shared.type))
    elseif entry and span then
      entry.data = data:sub(span.first + 1, span.last)
    elseif entry and has_data_in_place(data, slot, spans, first, size) then
      why = "it is said to be empty, and there are data in its place"
    end
    if why then block.losses[#block.losses + 1] = { type = slot.type, reason = why } end
    block.entries[#block.entries + 1] = entry
    if entry and seen[entry.type] == 1 then
      block.warnings[#block.warnings + 1] = infoblock.type_name(entry.type) .. " is there more than once"
    end
    if entry then seen[entry.type] = (seen[entry.type] or 0) + 1 end
  end
end

local function is_whole(block)
  for _, entry in ipairs(block.entries) do
    if entry.lost then return false end
  end
  return #block.losses == 0
end

---Reads a block, and of a damaged one what lies within it. Bad bytes never raise.
---@param data string
---@param opts? InfoBlockOptions
---@return InfoBlock? block
---@return FormatError? err when nothing can be read
function infoblock.parse(data, opts)
  local header, err = read_header(data, opts or {})
  if not header then return nil, err end
  local block = { entries = {}, losses = {}, warnings = { header.odd }, big_endian = header.big or nil,
                  odd_size = header.odd }
  local slots, spans, found = read_toc(data, header, block.losses), {}, {}
  local first = toc_end(#slots)
  for index, slot in ipairs(slots) do
    local entry, span = read_entry(slot, first, header.size)
    found[index] = { entry, span }
    spans[#spans + 1] = entry and span or nil
  end
  resolve_overlaps(spans)
  take_entries(block, slots, found, spans, data, first, header.size)
  find_uncounted(data, header, slots, block.losses)
  local last = check_layout(data, header, first, spans, block)
  local whole = is_whole(block)
  block.slack = whole and header.size - last or nil
  if header.size < #data then
    block.tail = data:sub(header.size + 1)
    block.warnings[#block.warnings + 1] = "bytes follow the declared size; they are not kept"
  end
  if header.count == 0 then
    block.warnings[#block.warnings + 1] = "the block has no entries"
  end
  if whole and #block.warnings == 0 and infoblock.build(block) ~= data then
    block.warnings[1] = "entries lie in another order, or further apart, than they are written"
  end
  return block
end

---The types that a block of another version seems to have: for telling what is lost with it.
---@param data string
---@return integer[] types
function infoblock.guess_types(data)
  local types = {}
  for index = 1, math.min((#data - HEADER_SIZE) // TOC_SIZE, MAX_GUESS) do
    local slot = read_slot(data, false, index)
    if not names[slot.type] then break end
    types[index] = slot.type
  end
  return types
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
