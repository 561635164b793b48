-- Where IP settings are kept, and what several steps ask of the two servers.

local adapters = require "windows.adapters"
local bytes = require "format.bytes"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]

M.keys = {
  tcpip = services .. [[Tcpip\Parameters]],
  interfaces = services .. [[Tcpip\Parameters\Interfaces]],
  routes = services .. [[Tcpip\Parameters\PersistentRoutes]],
  tcpip6 = services .. [[Tcpip6\Parameters]],
  interfaces6 = services .. [[Tcpip6\Parameters\Interfaces]],
  dnscache = services .. [[Dnscache\Parameters]],
  netbt = services .. [[NetBT\Parameters]],
  netbt_interfaces = services .. [[NetBT\Parameters\Interfaces]],
  -- Fixed IPv6 addresses (10) and routes (16) since 2008, in a form that is not read; for IPv4 the same numbers stand
  -- below eb004a00 on real servers.
  ipv6_store = [[HKLM\SYSTEM\CurrentControlSet\Control\Nsi\{eb004a01-9b1a-11d4-9123-0050047759bc}]],
}

M.files = {
  hosts = [[%SystemRoot%\System32\drivers\etc\hosts]],
  lmhosts = [[%SystemRoot%\System32\drivers\etc\lmhosts]],
}

M.interface = adapters.of_guid

---The adapters of the source and what they become, as they are before anything is written: `destination` is absent for
---one that is left out.
---@return {source: table, destination: table|nil, reason: string}[]
function M.adapters(ctx)
  if ctx.state.adapters then return ctx.state.adapters end
  local list = {}
  for _, pair in ipairs(ctx.map) do
    local source = M.interface(ctx.source, pair.source.guid)
    if source then
      list[#list + 1] = {
        source = source, reason = pair.reason,
        destination = pair.destination and M.interface(ctx.destination, pair.destination.guid),
      }
    end
  end
  ctx.state.adapters = list
  return list
end

---Whether an adapter has addresses of its own, not those of a lease.
function M.is_fixed(interface)
  return not interface.uses_dhcp and #interface.addresses > 0
end

---Whether an address of an adapter is on one of the source's, too.
function M.is_own_address(ctx, address)
  for _, interface in ipairs(ctx.source:interfaces()) do
    for _, own in ipairs(interface.addresses) do
      if own == address then return true end
    end
  end
  return false
end

function M.number(address)
  local packed = bytes.ipv4_bytes(address or "")
  return packed and (string.unpack(">I4", packed))
end

---How many bits a mask has, or nil when it is none.
function M.prefix(mask)
  local number = M.number(mask)
  for bits = 0, number and 32 or -1 do
    if number == 0xFFFFFFFF << (32 - bits) & 0xFFFFFFFF then return bits end
  end
end

---Whether an address lies in the subnet of another.
function M.in_subnet(address, other, mask)
  local a, b, bits = M.number(address), M.number(other), M.number(mask)
  return a ~= nil and b ~= nil and bits ~= nil and bits ~= 0 and a & bits == b & bits
end

function M.present(machine)
  local cards, fixed = 0, 0
  for _, interface in ipairs(machine:interfaces()) do
    cards = cards + (interface.is_card and 1 or 0)
    fixed = fixed + (interface.is_card and M.is_fixed(interface) and 1 or 0)
  end
  if cards == 0 then return false, "there is no network adapter" end
  return true, ("network adapters: %d, with fixed addresses: %d"):format(cards, fixed)
end

return M
