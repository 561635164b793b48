-- What clients get: addresses, static pools, the adapter that lends them DHCP, DNS and WINS.

local bytes = require "format.bytes"
local compat = require "compat"
local facts = require "facts"

-- The destination's adapter in place of the source's. Without one, RAS chooses.
local function adapter_of_destination(value, ctx, about)
  if type(value) ~= "string" or value == "" then return value end
  local adapter = ctx:interface(value)
  if adapter then return adapter.guid end
  ctx.destination:delete_value(about.to, about.name)
  ctx:note "The adapter that lends clients DHCP, DNS and WINS has no counterpart: RAS chooses one on the destination."
  return nil, "its adapter has no counterpart: the default is to let RAS choose"
end

local function address_number(text)
  local packed = bytes.ipv4_bytes(text)
  return packed and string.unpack(">I4", packed)
end

local function address_text(number)
  return bytes.ipv4_text(string.pack(">I4", number))
end

-- What an address of the destination means for a pool that comes there.
local function overlap(first, last, interface, index)
  local address = address_number(interface.addresses[index])
  local mask = address_number(interface.masks[index] or "")
  if not address or not mask then return end
  local range = ("The static pool %s to %s"):format(address_text(first), address_text(last))
  if first <= address and address <= last then
    return ("%s holds the destination's own address %s ('%s'): take it out of the pool."):format(range,
      interface.addresses[index], interface.name)
  elseif first <= (address | ~mask & 0xFFFFFFFF) and address & mask <= last then
    return ("%s lies in the subnet of '%s' on the destination: no other host there may have these addresses."):format(
      range, interface.name)
  end
end

-- Told of each pool once, at its last address.
local function note_overlaps(ctx, about)
  local first, last, notes = ctx.source:read(about.path, "From"), about.value, {}
  if about.name:lower() ~= "to" or math.type(first) ~= "integer" or math.type(last) ~= "integer" then return end
  for _, interface in ipairs(ctx.destination:interfaces()) do
    for index in ipairs(interface.addresses) do notes[#notes + 1] = overlap(first, last, interface, index) end
  end
  return notes
end

return {
  settings "ipv4-addresses" {
    guide = { "RA-VER-05", "RA-GAP-01" }, title = "IPv4 addresses for clients",
    key = facts.keys.parameters .. [[\Ip]],
    migrate { "AllowNetworkAccess", "EnableIn", "EnableRoute", "EnableNetbtBcastFwd", "AllowClientIpAddresses",
              "UseDhcpAddressing", "IpAddress", "IpMask" },
    migrate [[StaticAddressPool\**]] { replace = true, note = note_overlaps },
    by_release "NetworkAdapterGUID" (compat.by_source("RA-GAP-01", {
      default = remove { why = "RAS chooses the adapter" },
      ["as-is"] = migrate { through = adapter_of_destination },
    })),
    switches [[RemoteAccess\Parameters\Ip]],
  },

  settings "ipv6-addresses" {
    guide = { "RA-GAP-03a", "RA-GAP-03b", "RA-MAN-14" }, title = "IPv6 addresses for clients",
    key = facts.keys.parameters .. [[\Ipv6]],
    by_release "EnableIn" (compat.by_source("RA-GAP-03a", {
      disable = set { value = dword(0), why = "IPv6 remote access stays off" },
      ["as-is"] = migrate,
    })),
    by_release { "AllowNetworkAccess", "EnableRoute", "AllowClientIpAddresses", "UseDhcpAddressing",
                   "AdvertiseDefaultRoute", [[StaticPrefixPool\**]] } (compat.by_source("RA-GAP-03a", {
      disable = keep { why = "the source's release has no IPv6 remote access" },
      ["as-is"] = migrate { replace = true },
    })),
    by_release "NetworkAdapterGUID" (compat.by_source("RA-GAP-03b", {
      default = remove { why = "RAS chooses the adapter" },
      ["as-is"] = migrate { through = adapter_of_destination },
    })),
  },
}
