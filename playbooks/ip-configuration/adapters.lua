-- Settings of single adapters: what becomes of each value, on the adapter of the destination that gets it.

local adapters = require "windows.adapters"
local facts = require "facts"
local take_over = require "take_over"
local windows = require "windows"

local keys = facts.keys

-- The keys of a place that stand for adapters, with the pair of the map. `prefix` stands before the GUID.
local function keys_of(key, prefix)
  return function(source, ctx)
    local list = {}
    for index, name in ipairs(source:keys(key)) do
      local adapter = { name = name, path = key .. "\\" .. name, place = key .. "\\" .. prefix }
      for _, pair in ipairs(facts.adapters(ctx)) do
        if windows.same_name(prefix .. pair.source.guid, name) then adapter.pair = pair end
      end
      if name:sub(1, #prefix):lower() == prefix:lower() then
        adapter.own = facts.interface(source, name:sub(#prefix + 1))
      end
      list[index] = adapter
    end
    return list
  end
end

-- Why the settings of a key go nowhere, with the adapter's name where it has one.
local function why_nowhere(adapter)
  local own = adapter.own
  if adapter.pair and adapter.pair.reason == "given" then return "its adapter is left out by the map" end
  if not own then return "no network adapter that moves" end
  if own.presence ~= "present" then return adapters.describe(own) .. " does not move" end
  if own.is_member then return ("'%s' is a member of a team: its settings are the team's"):format(own.name) end
  return own.is_card and ("'%s' has no address: nothing needs it there"):format(own.name)
    or ("'%s' is no network adapter that moves"):format(own.name)
end

local function place(adapter)
  if adapter.pair and adapter.pair.destination then return adapter.place .. adapter.pair.destination.guid end
  return nil, why_nowhere(adapter)
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

-- DHCP Server keeps its binding here.
local of_dhcp_server = drop { "BindToDHCPServer" } { why = "the playbook dhcp-server moves it" }
local leases = drop { "Dhcp*", "Lease*", "T1", "T2", "AddressType" } { why = "a lease of the source" }

local addresses = { "EnableDHCP", "IPAddress", "SubnetMask", "DefaultGateway", "DefaultGatewayMetric" }

local function lists(names)
  return {
    migrate(names) { when = has_entries, through = look_for_own_addresses },
    keep(names) { why = "the source has none" },
  }
end

-- What nobody has changed, and what Windows notes for itself.
local hives = "SYSTEM hives of Windows XP SP2 and 7 SP1"
local others = {
  keep { "IPAutoconfigurationAddress", "IPAutoconfigurationMask", "IPAutoconfigurationSeed", "NTEContextList",
         "LLInterface" } { why = "state of the destination's adapter" },
  shipped "UseZeroBroadcast" { value = dword(0), from = hives },
  shipped "EnableDeadGWDetect" { value = dword(1), from = hives },
  shipped "IsServerNapAware" { value = dword(0), from = hives },
  shipped "DontAddDefaultGateway" { value = dword(0), from = hives },
  shipped { "TCPAllowedPorts", "UDPAllowedPorts", "RawIPAllowedProtocols" } { value = multi_sz { "0" }, from = hives },
}

return {
  settings "adapters" {
    guide = { "IP-STEP-06", "IP-SET-01", "IP-SET-02", "IP-SET-03" }, title = "Settings of adapters",
    each = keys_of(keys.interfaces, ""), to = place,
    leases, of_dhcp_server,
    remove(addresses) { when = lacks_address, always = true },
    migrate(addresses) { when = gets_addresses },
    keep(addresses) { why = why_not_addresses },
    lists { "NameServer", "Domain" },
    migrate { "RegistrationEnabled", "RegisterAdapterName", "InterfaceMetric" },
    -- Of one adapter [KB314053, KB328890].
    migrate { "MTU", "TcpAckFrequency", "TCPNoDelay", "PerformRouterDiscovery" },
    others,
  },

  settings "adapters-netbios" {
    guide = "IP-SET-03", title = "WINS servers and NetBIOS of adapters",
    each = keys_of(keys.netbt_interfaces, "Tcpip_"), to = place,
    leases, lists { "NameServerList" },
    migrate "NetbiosOptions",
  },

  settings "adapters-ipv6" {
    guide = "IP-SET-03", title = "DNS servers of adapters by IPv6",
    each = keys_of(keys.interfaces6, ""), to = place,
    leases, lists { "NameServer" }, migrate "MTU",
    shipped "EnableDHCP" { value = dword(1), from = "SYSTEM hive of Windows 10" },
  },
}
