-- What clients get: addresses, static pools, the adapter that lends them DHCP, DNS and WINS.

local bytes = require "format.bytes"
local compat = require "compat"
local facts = require "facts"

local keys = facts.keys

-- The destination's adapter in place of the source's. Without one, RAS chooses.
local function adapter_of_destination(path)
  return function(value, ctx)
    if type(value) ~= "string" or value == "" then return value end
    local adapter = ctx:interface(value)
    if adapter then return adapter.guid end
    ctx.destination:delete_value(path, "NetworkAdapterGUID")
    ctx:note "The adapter that lends clients DHCP, DNS and WINS has no counterpart: RAS chooses one on the destination."
    return nil, "its adapter has no counterpart: the default is to let RAS choose"
  end
end

local ipv4, ipv6 = keys.parameters .. [[\Ip]], keys.parameters .. [[\Ipv6]]

local function address_number(text)
  local packed = bytes.ipv4_bytes(text)
  return packed and string.unpack(">I4", packed)
end

local function address_text(number)
  return bytes.ipv4_text(string.pack(">I4", number))
end

-- The static pools of the destination, as written by now.
local function pools(ctx)
  local list = {}
  for _, number in ipairs(ctx.destination:keys(ipv4 .. [[\StaticAddressPool]])) do
    local path = ipv4 .. [[\StaticAddressPool\]] .. number
    local first, last = ctx.destination:read(path, "From"), ctx.destination:read(path, "To")
    if math.type(first) == "integer" and math.type(last) == "integer" then
      list[#list + 1] = { first = first, last = last }
    end
  end
  return list
end

local function note_overlap(ctx, pool, interface, index)
  local address = address_number(interface.addresses[index])
  local mask = address_number(interface.masks[index] or "")
  if not address or not mask then return end
  local range = ("The static pool %s to %s"):format(address_text(pool.first), address_text(pool.last))
  if pool.first <= address and address <= pool.last then
    ctx:note(("%s holds the destination's own address %s ('%s'): take it out of the pool."):format(range,
      interface.addresses[index], interface.name))
  elseif pool.first <= (address | ~mask & 0xFFFFFFFF) and address & mask <= pool.last then
    ctx:note(("%s lies in the subnet of '%s' on the destination: no other host there may have these addresses.")
      :format(range, interface.name))
  end
end

local function addressing(interface)
  if interface.uses_dhcp then return "DHCP" end
  return #interface.addresses > 0 and table.concat(interface.addresses, ", ") or "no fixed address"
end

return {
  settings "ipv4-addresses" {
    guide = { "RA-VER-05", "RA-GAP-01" }, title = "IPv4 addresses for clients",
    key = ipv4,
    migrate { "AllowNetworkAccess", "EnableIn", "EnableRoute", "EnableNetbtBcastFwd", "AllowClientIpAddresses",
              "UseDhcpAddressing", "IpAddress", "IpMask" },
    migrate [[StaticAddressPool\**]] { replace = true },
    by_release "NetworkAdapterGUID" (compat.by_source("RA-GAP-01", {
      default = remove { why = "RAS chooses the adapter" },
      ["as-is"] = migrate { through = adapter_of_destination(ipv4) },
    })),
    keep [[**]] { why = "not known to be a setting of the role" },
  },

  settings "ipv6-addresses" {
    guide = { "RA-GAP-03a", "RA-GAP-03b", "RA-MAN-14" }, title = "IPv6 addresses for clients",
    key = ipv6,
    by_release "EnableIn" (compat.by_source("RA-GAP-03a", {
      disable = set { value = dword(0), why = "IPv6 remote access stays off" },
      ["as-is"] = migrate,
    })),
    by_release { "AllowNetworkAccess", "EnableRoute", "AllowClientIpAddresses", "UseDhcpAddressing",
                   "AdvertiseDefaultRoute", [[StaticPrefixPool\**]] } (compat.by_source("RA-GAP-03a", {
      disable = keep { why = "the source has no IPv6 remote access" },
      ["as-is"] = migrate { replace = true },
    })),
    by_release "NetworkAdapterGUID" (compat.by_source("RA-GAP-03b", {
      default = remove { why = "RAS chooses the adapter" },
      ["as-is"] = migrate { through = adapter_of_destination(ipv6) },
    })),
    keep [[**]] { why = "not known to be a setting of the role" },
  },

  -- Addresses of adapters are never written. 2003 could set them in the console of Remote Access, too.
  step "lan-addresses" {
    guide = "RA-GAP-10", title = "How LAN interfaces get their addresses",
    run = function(ctx)
      if compat.of_source(ctx, "RA-GAP-10") ~= "drop" then return end
      for _, pair in ipairs(ctx.map) do
        local from = facts.interface(ctx.source, pair.source.guid)
        local to = pair.destination and facts.interface(ctx.destination, pair.destination.guid)
        if from and to and addressing(from) ~= addressing(to) then
          ctx:note(("The Configuration tab of '%s' is not migrated: it has %s on the source and %s on the destination"
            .. " (RA-GAP-10)."):format(to.name, addressing(from), addressing(to)))
        end
      end
    end,
  },

  step "pool-conflicts" {
    guide = "RA-VER-05", title = "Static pools against the destination's networks",
    run = function(ctx)
      local list = pools(ctx)
      for _, pool in ipairs(list) do
        for _, interface in ipairs(ctx.destination:interfaces()) do
          for index in ipairs(interface.addresses) do note_overlap(ctx, pool, interface, index) end
        end
      end
      return ("pools: %d"):format(#list)
    end,
  },
}
