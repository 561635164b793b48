-- NAT entries of RRAS info blocks: a short head and an inner container, whose type ids collide with the outer ones.
-- Layouts: MS-RRASM 2.2.1.2 (IP_NAT_GLOBAL_INFO, IP_NAT_INTERFACE_INFO and the structures they hold).
local bits = require "format.bits"
local bytes = require "format.bytes"
local infoblock = require "format.infoblock"

local nat = {}

local UNUSED_SLOT = 16

---Interface flags. A public interface has boundary and translate; a private one has neither.
nat.flags = { boundary = 0x01, translate = 0x02, pptp_disabled = 0x04, firewall = 0x10, dial_up = 0x40 }

---@type BitName[]
nat.flag_names = {
  { 0x01, "boundary" },
  { 0x02, "translate" },
  { 0x04, "pptp_disabled" },
  { 0x10, "firewall" },
  { 0x40, "dial_up" },
}

---What the 2003 basic firewall let through.
---@type BitName[]
nat.icmp_names = {
  { 0x8, "outgoing destination unreachable" },
  { 0x10, "outgoing source quench" },
  { 0x20, "redirect" },
  { 0x100, "incoming echo" },
  { 0x200, "incoming router request" },
  { 0x800, "outgoing time exceeded" },
  { 0x1000, "outgoing parameter problem" },
  { 0x2000, "incoming timestamp" },
  { 0x20000, "incoming mask" },
}

local global_kinds = {
  [0xFFFF0001] = {
    kind = "timeouts",
    item = bytes.record { { "tcp_seconds", "u32" }, { "udp_seconds", "u32" } },
  },
}

local interface_kinds = {
  [0xFFFF0002] = {
    kind = "address_ranges",
    item = bytes.record { { "first", "ipv4" }, { "last", "ipv4" }, { "mask", "ipv4" } },
  },
  [0xFFFF0003] = {
    kind = "port_mappings",
    item = bytes.record {
      { "protocol", "u8" },
      { "pad_1", "pad", 1 },
      { "public_port", "port" },
      { "public_address", "ipv4" },
      { "private_port", "port" },
      { "pad_10", "pad", 2 },
      { "private_address", "ipv4" },
    },
  },
  [0xFFFF0004] = {
    kind = "address_mappings",
    item = bytes.record {
      { "private_address", "ipv4" },
      { "public_address", "ipv4" },
      { "allow_inbound", "u8" },
      { "pad", "pad", 3 },
    },
  },
  [0xFFFF0005] = { kind = "icmp", item = bytes.record { { "bits", "u32" } } },
}

---One entry of the inner container. Known kinds have `items`; "raw" has type, item_size, count and data.
---@class NatSetting
---@field kind "timeouts"|"address_ranges"|"port_mappings"|"address_mappings"|"icmp"|"raw"
---@field items? table[]

---@class NatInfo
---@field settings NatSetting[] in stored order
---@field slack? integer unused bytes of the inner container
---@field tail? string bytes after it
---@field index? integer interface index of the source, read-only (interface only)
---@field logging_level? integer (global only)
---@field flags integer
---@field odd_size? string what is wrong with the declared size of the inner container
---@field losses { kind: string|nil, reason: string }[]|nil what of the inner container is damaged

-- Nil and a reason for a setting of which not one item is whole.
local function decode_setting(kinds, entry)
  local known = kinds[entry.type]
  if entry.lost and not known then return nil, entry.lost end
  if known and #entry.data > 0 and entry.item_size ~= known.item.size then
    return nil, entry.lost or ("its items have %d bytes where %d are needed"):format(entry.item_size, known.item.size)
  end
  if not known or #entry.data == 0 then
    return { kind = "raw", type = entry.type, item_size = entry.item_size, count = entry.count, data = entry.data }
  end
  local items = {}
  for index = 1, entry.count do
    items[index] = known.item.decode(entry.data, (index - 1) * entry.item_size)
  end
  return { kind = known.kind, items = items }
end

local function encode_setting(kinds, setting, object)
  if setting.kind == "raw" then
    return setting
  end
  for id, known in pairs(kinds) do
    if known.kind == setting.kind then
      local parts = {}
      for index, item in ipairs(setting.items) do
        parts[index] = known.item.encode(item, object .. ", " .. known.kind)
      end
      return { type = id, item_size = known.item.size, count = #parts, data = table.concat(parts) }
    end
  end
  error(object .. ": unknown kind of setting " .. tostring(setting.kind), 0)
end

local function nat_structure(object, head, kinds)
  local codec = { size = head.size }

  function codec.decode(data)
    if #data < head.size then
      return nil, bytes.failure(object, string.format("%d bytes are too few", #data))
    end
    local info = head.decode(data, 0)
    info.settings = {}
    local inner, err = infoblock.parse(data:sub(head.size + 1), { object = object })
    if not inner then
      info.losses = { { reason = err.message } }
      return info
    end
    info.odd_size = inner.odd_size
    local losses = {}
    local function lose(type, reason)
      losses[#losses + 1] = { kind = kinds[type] and kinds[type].kind, reason = reason }
    end
    for _, loss in ipairs(inner.losses) do lose(loss.type, loss.reason) end
    for _, entry in ipairs(inner.entries) do
      local setting, why = decode_setting(kinds, entry)
      info.settings[#info.settings + 1] = setting
      if why or entry.lost then lose(entry.type, why or entry.lost) end
    end
    if #losses > 0 then info.losses = losses else info.slack, info.tail = inner.slack, inner.tail end
    return info
  end

  function codec.encode(info)
    -- An empty container is stored as the C structure with one unused slot.
    local inner = { entries = {}, slack = info.slack or #info.settings == 0 and UNUSED_SLOT or nil }
    for index, setting in ipairs(info.settings) do
      inner.entries[index] = encode_setting(kinds, setting, object)
    end
    return head.encode(info, object) .. infoblock.build(inner) .. (info.tail or "")
  end

  return codec
end

---@type Structure
nat.global = nat_structure("NAT", bytes.record { { "logging_level", "u32" }, { "flags", "u32" } }, global_kinds)

---@type Structure
nat.interface = nat_structure(
  "NAT on an interface",
  bytes.record { { "index", "u32" }, { "flags", "u32" } },
  interface_kinds
)

---Finds a setting by kind.
---@param info NatInfo
---@param kind string
---@return NatSetting? setting
function nat.find(info, kind)
  for _, setting in ipairs(info.settings) do
    if setting.kind == kind then
      return setting
    end
  end
end

---Takes the basic firewall of Windows 2003 out of an interface's NAT, and port mappings that nothing would use.
---@param info NatInfo of an interface; not changed
---@return NatInfo? remaining nil when the interface had the firewall only
---@return { name: string, reason: string }[] removed
function nat.without_firewall(info)
  local translating = info.flags & (nat.flags.boundary | nat.flags.translate) ~= 0
  local had_firewall = info.flags & nat.flags.firewall ~= 0
  local removed = {}
  local function report(name, reason)
    removed[#removed + 1] = { name = name, reason = reason }
  end
  if had_firewall then
    report("nat.firewall", "the basic firewall of NAT does not exist since Windows Server 2008")
  end
  local remaining = { index = info.index, flags = info.flags & ~nat.flags.firewall, settings = {} }
  for _, setting in ipairs(info.settings) do
    local icmp = setting.kind == "icmp" or setting.type == 0xFFFF0005
    if icmp then
      local value = setting.items and setting.items[1] and setting.items[1].bits or 0
      report("nat.icmp", "ICMP permissions of the basic firewall: " .. bits.describe(value, nat.icmp_names))
    elseif setting.kind == "port_mappings" and not translating then
      report("nat.port_mappings", string.format("%d port mappings without address translation", #setting.items))
    else
      remaining.settings[#remaining.settings + 1] = setting
    end
  end
  if had_firewall and not translating then
    return nil, removed
  end
  if #remaining.settings == #info.settings then
    remaining.slack, remaining.tail = info.slack, info.tail
  end
  return remaining, removed
end

return nat
