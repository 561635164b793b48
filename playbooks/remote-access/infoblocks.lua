-- Info blocks of RRAS: adapted for the destination, and searched for addresses that may not fit there.

local compat = require "compat"
local facts = require "facts"
local infoblock = require "format.infoblock"
local block_rules = require "block_rules"
local nat = require "format.nat"
local routing = require "format.routing"

local M = {}

-- The routing protocols that the destination has for a transport; nil when it lists none, which tells nothing.
local function supported_protocols(ctx, transport)
  local ids
  local path = facts.keys.protocols .. "\\" .. transport
  for _, name in ipairs(ctx.destination:keys(path)) do
    local id = ctx.destination:read(path .. "\\" .. name, "ProtocolId")
    if math.type(id) == "integer" then
      ids = ids or {}
      ids[id & 0xFFFFFFFF] = true
    end
  end
  return ids and function(id) return ids[id] == true end
end

local function preferences(ctx)
  local data = ctx.source:get(facts.keys.router_managers .. [[\Ip]], "GlobalInfo")
  local block = data and infoblock.parse(data.raw)
  local entry = block and infoblock.find(block, infoblock.types.priority_info)
  local info = entry and routing.priority_info.decode(entry.data)
  local metrics = {}
  for _, pair in ipairs(info and info.protocols or {}) do metrics[pair.protocol] = pair.metric end
  return metrics
end

-- Since 2012 R2 preferences may have a longer form [MS-RRASM 2.2.1.2.266]; the destination's own block tells.
local function has_longer_preferences(ctx, transport)
  local data = ctx.destination:get(facts.keys.router_managers .. "\\" .. transport, "GlobalInfo")
  local block = data and infoblock.parse(data.raw)
  return block ~= nil and infoblock.find(block, infoblock.types.priority_info_ex) ~= nil
end

-- What people call the entries of a block, and parts of them; the other names are their own words.
local words = {
  in_filter = "input filters", out_filter = "output filters", demand_dial_filter = "demand-dial filters",
  ipv6_in_filter = "IPv6 input filters", ipv6_out_filter = "IPv6 output filters",
  ipv6_demand_dial_filter = "IPv6 demand-dial filters", filter_enable = "filtering on or off",
  ipv6_filter_enable = "IPv6 filtering on or off", fragment_check = "fragment check",
  ipv6_fragment_check = "IPv6 fragment check", priority_info = "preference levels",
  priority_info_ex = "preference levels", rip = "RIP", ospf = "OSPF", igmp = "IGMP", bgp = "BGP", nat = "NAT",
  dhcp_relay = "DHCP relay agent", dhcpv6_relay = "DHCPv6 relay agent", dns_proxy = "DNS proxy of NAT",
  dhcp_allocator = "DHCP allocator of NAT", ["nat.icmp"] = "NAT, ICMP", ["nat.firewall"] = "NAT, basic firewall",
  ["nat.timeouts"] = "NAT, time-outs", ["nat.port_mappings"] = "NAT, port mappings",
  ["nat.address_ranges"] = "NAT, address pool", ["nat.address_mappings"] = "NAT, reservations",
  ["info block"] = "all of its settings", entries = "entries of which nothing is known", bytes = "bytes of no entry",
}

local function word_for(item)
  return words[item.name] or item.name:match "^0x" and "an entry of the unknown type " .. item.name
    or (item.name:gsub("_", " "))
end

local function told(report)
  local parts = {}
  for _, item in ipairs(report) do
    if item.action ~= "kept" then
      parts[#parts + 1] = ("%s %s%s%s"):format(word_for(item), item.action, item.reason and ": " .. item.reason or "",
        item.guide and " (" .. item.guide .. ")" or "")
    end
  end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

-- Whether a block holds a password, of RIP or OSPF. What cannot be read, or nobody knows, may hold one.
local function holds_secret(value, scope)
  local block = infoblock.parse(value.raw)
  if not block or #block.losses > 0 then return true end
  for _, entry in ipairs(block.entries) do
    local rip = scope == "interface" and entry.type == infoblock.types.rip
    local values = rip and routing.rip_interface.decode(entry.data)
    if entry.type == infoblock.types.ospf or infoblock.type_name(entry.type):find "^0x" or entry.lost
      or rip and (not values or (values.key or ""):find "[^%z]") then
      return true
    end
  end
  return false
end

---"Ip" or "Ipv6" for the key of a transport; nil for others.
function M.transport(path)
  local name = path:match "[^\\]*$":lower()
  return name == "ip" and "Ip" or name == "ipv6" and "Ipv6" or nil
end

local function scope_of(about)
  return about.name:lower() == "globalinfo" and "global" or "interface"
end

---Whether a block must not be shown: the source's, or what the destination has in its place.
function M.is_secret(ctx, about)
  local own = ctx.destination:get(about.to, about.name)
  return holds_secret(about, scope_of(about)) or own ~= nil and holds_secret(own, scope_of(about))
end

-- Adapts a block for the destination: what it is then, or nil, and what happened.
local function adapt(ctx, value, transport, scope)
  local adapted, report = block_rules.adapt(value.raw, {
    transport = transport:lower(), scope = scope,
    supports = supported_protocols(ctx, transport), preferences = preferences(ctx),
    drop_ipv6 = compat.of_source(ctx, "RA-GAP-03a") == "disable",
    extended_priority = compat.of_destination(ctx, "RA-NEW-02") == "convert" and has_longer_preferences(ctx, transport),
  })
  if value.type ~= "binary" then
    table.insert(report, 1, { action = adapted and "converted" or "dropped", name = "info block",
                              reason = ("it is stored as %s, and not as binary"):format(value.type) })
  end
  return adapted, report
end

local titles = { Ip = "IPv4 routing", Ipv6 = "IPv6 routing" }
local short_titles = { Ip = "IPv4", Ipv6 = "IPv6" }

---@class InfoBlockLossTold
---@field text string where, what and why
---@field guards boolean|nil a packet filter or address translation is, or may be, lost

-- What of a block is lost and stands in no table of the guide.
local function losses_of(report, where)
  local list = {}
  for _, item in ipairs(report) do
    if item.action == "dropped" and (item.damaged or item.unforeseen) then
      list[#list + 1] = { text = ("%s: %s (%s)"):format(where, word_for(item), item.reason), guards = item.guards }
    end
  end
  return list
end

local function place_of(interface, transport)
  if not interface then return titles[transport] end
  return ("%s, %s"):format(facts.quoted(interface), short_titles[transport])
end

-- What every interface has, and tells nothing.
local by_default = {
  [infoblock.types.interface_status] = true, [infoblock.types.router_discovery] = true,
}

-- What somebody set in a block: words for its entries; of a damaged one what it may hold.
local function content_of(value)
  local block, list = infoblock.parse(value.raw), {}
  for _, entry in ipairs(block and block.entries or {}) do
    if #entry.data > 0 and not by_default[entry.type] then
      list[#list + 1] = word_for { name = infoblock.type_name(entry.type) }
    end
  end
  if not block or #block.losses > 0 then list[#list + 1] = "damaged settings" end
  return list
end

---The routing settings of an interface of the source, in words; empty when it has none but what every one has.
---@param interface table as facts.router_interfaces gives it
---@return string[]
function M.content(ctx, interface)
  local list = {}
  for _, transport in ipairs { "Ip", "Ipv6" } do
    local value = ctx.source:get(interface.path .. "\\" .. transport, "InterfaceInfo")
    if value then
      for _, word in ipairs(content_of(value)) do list[#list + 1] = word end
    end
  end
  return list
end

---What the info blocks lose on their way, of all that has a place on the destination.
---@return InfoBlockLossTold[]
function M.losses(ctx)
  local list = {}
  local function look(path, name, transport, scope, interface)
    local value = ctx.source:get(path, name)
    if not value then return end
    local _, report = adapt(ctx, value, transport, scope)
    local losses = losses_of(report, place_of(interface, transport))
    table.move(losses, 1, #losses, #list + 1, list)
  end
  for _, transport in ipairs { "Ip", "Ipv6" } do
    local manager = facts.keys.router_managers .. "\\" .. transport
    if ctx.destination:has_key(manager) then look(manager, "GlobalInfo", transport, "global") end
    for _, interface in ipairs(facts.router_interfaces(ctx.source)) do
      if facts.has_place(ctx, interface) then
        look(interface.path .. "\\" .. transport, "InterfaceInfo", transport, "interface", interface)
      end
    end
  end
  return list
end

local function decoded(block, id, codec)
  local entry = infoblock.find(block, id)
  return entry and codec.decode(entry.data) or nil
end

-- Addresses that clients and peers are told of, and that may belong to the source.
local function note_peers(ctx, block, where)
  local lists = {
    { "a DHCP server of the relay agent", decoded(block, infoblock.types.dhcp_relay, routing.relay_global), "servers" },
    { "a RIP peer", decoded(block, infoblock.types.rip, routing.rip_global), "peers" },
    { "an address that NAT does not hand out",
      decoded(block, infoblock.types.dhcp_allocator, routing.dhcp_allocator_global), "exclusions" },
  }
  for _, list in ipairs(lists) do
    for _, address in ipairs(list[2] and list[2][list[3]] or {}) do
      if facts.has_address(ctx.source, address) then
        ctx:note(("%s: %s is the source itself (%s)."):format(where, list[1], address))
      end
    end
  end
end

local function note_nat(ctx, block, where)
  local info = decoded(block, infoblock.types.nat, nat.interface)
  local function check(address, what)
    if address ~= "0.0.0.0" and not facts.has_address(ctx.destination, address) then
      ctx:call_for("nat-addresses", ("%s: %s %s"):format(where, what, address))
    end
  end
  for _, setting in ipairs(info and info.settings or {}) do
    for _, item in ipairs(setting.items or {}) do
      if item.public_address then check(item.public_address, "public address of a mapping") end
      if setting.kind == "address_ranges" then check(item.first, "address pool from") end
      if item.private_address and facts.has_address(ctx.source, item.private_address) then
        ctx:call_for("nat-addresses", ("%s: a mapping leads to the source itself, %s"):format(where,
          item.private_address))
      end
    end
  end
end

---For a rule: a block in the form that the destination can read. Addresses in it that a person has to look at are told.
function M.carry(_, ctx, about)
  local transport, scope = M.transport(about.path), scope_of(about)
  local adapted, report = adapt(ctx, about, transport, scope)
  local what = told(report)
  for _, item in ipairs(report) do
    if item.name == "bgp" and item.action == "dropped" then
      ctx:call_for("bgp", place_of(scope == "interface" and about.item, transport))
    end
  end
  for _, loss in ipairs(losses_of(report, place_of(scope == "interface" and about.item, transport))) do
    ctx:call_for("lost-routing", loss.text)
  end
  if not adapted then return nil, what or "nothing of it is left" end
  local block = infoblock.parse(adapted)
  if block and scope == "global" then
    note_peers(ctx, block, titles[transport])
  elseif block then
    note_nat(ctx, block, about.item.name)
  end
  return binary(adapted), what
end

return M
