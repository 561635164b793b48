-- What must hold of any bytes read as an info block. The first byte of the input says how they are adapted.
local codecs = require "format.routing"
local infoblock = require "format.infoblock"
local nat = require "format.nat"
local rules = require "block_rules"

local way, data = (input:byte(1) or 0), input:sub(2)

-- Without numbers, so that an outcome is one of few.
local function tell(text) print((text:gsub("%d+", "#"))) end

-- What a codec understands it writes back byte for byte; only NAT has a block inside, which may be laid out oddly.
local function check_codec(name, codec, bytes)
  local values, err = codec.decode(bytes)
  if not values then
    assert(err.code == "format")
    tell(name .. ": " .. err.message)
    return
  end
  local again = codec.encode(values)
  if again ~= bytes then
    assert(name:find "nat" and codec.encode(codec.decode(again)) == again, name)
  end
end

local function check_entry(entry)
  for name, codec in pairs(codecs) do
    if type(codec) == "table" and codec.decode then check_codec(name, codec, entry.data) end
  end
  check_codec("nat.global", nat.global, entry.data)
  check_codec("nat.interface", nat.interface, entry.data)
  local routes = codecs.decode_routes(entry)
  if routes then
    local codec, parts = entry.item_size == 56 and codecs.route_2003 or codecs.route, {}
    for index, route in ipairs(routes) do parts[index] = codec.encode(route) end
    assert(table.concat(parts) == entry.data, "routes")
  end
end

local t = {}

function t.test_adapted_it_is_one_that_needs_nothing_more()
  local opts = {
    transport = way & 1 == 0 and "ip" or "ipv6", scope = way & 4 == 0 and "interface" or "global",
    drop_ipv6 = way & 8 ~= 0, extended_priority = way & 16 ~= 0, preferences = { [10006] = 3 },
    supports = way & 32 ~= 0 and function(id) return id & 1 == 0 end or nil,
  }
  local adapted, report = rules.adapt(data, opts)
  for _, item in ipairs(report) do tell(("%s %s %s"):format(item.action, item.name, item.reason)) end
  if adapted then
    local again, second = rules.adapt(adapted, opts)
    assert(again == adapted, "adapting twice")
    for _, item in ipairs(second) do assert(item.action == "kept", item.name) end
  end
end

function t.test_what_is_read_is_written_back()
  local block, err = infoblock.parse(data, { either_order = way & 64 ~= 0 })
  if not block then
    assert(err.code == "format")
    tell(err.message)
    return
  end
  local told = #block.warnings + #block.losses
  for _, warning in ipairs(block.warnings) do tell(warning) end
  for _, loss in ipairs(block.losses) do tell(loss.reason) end
  for _, entry in ipairs(block.entries) do told = told + (entry.lost and 1 or 0) end
  local built = infoblock.build(block)
  assert(built == data or told > 0, "nothing told, but other bytes")
  local again = assert(infoblock.parse(built, { either_order = way & 64 ~= 0 }))
  assert(#again.entries == #block.entries and infoblock.build(again) == built, "written twice")
  for index, entry in ipairs(block.entries) do
    local twin = again.entries[index]
    assert(twin.type == entry.type and twin.item_size == entry.item_size and twin.count == entry.count
      and twin.data == entry.data, "another entry")
    check_entry(entry)
  end
end

return t
