-- Settings of single adapters: what becomes of each value, on the adapter of the destination that gets it.

local facts = require "facts"
local take_over = require "take_over"
local windows = require "windows"

local keys = facts.keys

-- The keys of a place that stand for adapters, with the pair of the map. `prefix` stands before the GUID.
local function adapters(key, prefix)
  return function(source, ctx)
    local list = {}
    for index, name in ipairs(source:keys(key)) do
      local adapter = { name = name, path = key .. "\\" .. name, place = key .. "\\" .. prefix }
      for _, pair in ipairs(facts.adapters(ctx)) do
        if windows.same_name(prefix .. pair.source.guid, name) then adapter.pair = pair end
      end
      list[index] = adapter
    end
    return list
  end
end

local function place(adapter)
  if adapter.pair and adapter.pair.destination then return adapter.place .. adapter.pair.destination.guid end
  return nil, adapter.pair and "its adapter is left out by the map" or "no network adapter that moves"
end

local function gets_addresses(ctx, about)
  return take_over.is_asked_for(ctx) and facts.is_fixed(about.item.pair.source)
end

local function lacks_address(ctx, about)
  return about.raw == nil and gets_addresses(ctx, about)
end

local function has_entries(ctx, about)
  local first = about.value
  if about.type == "multi_sz" then first = first[1] end
  return first ~= nil and first ~= "" or gets_addresses(ctx, about)
end

-- A source that asks itself: right only when its address moves.
local function look_for_own_addresses(value, ctx, about)
  for _, text in ipairs(type(value) == "table" and value or { value }) do
    for address in tostring(text):gmatch "[^,%s]+" do
      if not take_over.is_asked_for(ctx) and facts.is_own_address(ctx, address) then
        ctx:call_for("own-addresses", ("'%s': %s"):format(about.item.pair.destination.name, address))
      end
    end
  end
  return value
end

local function why_not_addresses(_, about)
  return about.item.pair.source.uses_dhcp and "the source has no fixed address there"
    or "the destination keeps its own addresses"
end

local leases = drop { "Dhcp*", "Lease*", "T1", "T2", "AddressType" } { why = "a lease of the source" }

local addresses = { "EnableDHCP", "IPAddress", "SubnetMask", "DefaultGateway", "DefaultGatewayMetric" }

local function lists(names)
  return {
    migrate(names) { when = has_entries, through = look_for_own_addresses },
    keep(names) { why = "the source has none" },
  }
end

local others = {
  keep "*" { why = "belongs to the destination's adapter" },
  keep "**" { why = "belongs to the destination" },
}

return {
  settings "adapters" {
    guide = { "IP-STEP-06", "IP-SET-01", "IP-SET-02", "IP-SET-03" }, title = "Settings of adapters",
    each = adapters(keys.interfaces, ""), to = place,
    leases,
    remove(addresses) { when = lacks_address, always = true },
    migrate(addresses) { when = gets_addresses },
    keep(addresses) { why = why_not_addresses },
    lists { "NameServer", "Domain" },
    migrate { "RegistrationEnabled", "RegisterAdapterName", "InterfaceMetric" },
    others,
  },

  settings "adapters-netbios" {
    guide = "IP-SET-03", title = "WINS servers and NetBIOS of adapters",
    each = adapters(keys.netbt_interfaces, "Tcpip_"), to = place,
    leases, lists { "NameServerList" },
    migrate "NetbiosOptions",
    others,
  },

  settings "adapters-ipv6" {
    guide = "IP-SET-03", title = "DNS servers of adapters by IPv6",
    each = adapters(keys.interfaces6, ""), to = place,
    leases, lists { "NameServer" }, others,
  },
}
