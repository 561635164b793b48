-- Fixed IPv6 addresses: Windows keeps them where they are not read. A person names them, the first start sets them.

local bytes = require "format.bytes"
local facts = require "facts"
local windows = require "windows"

local function adapter_called(ctx, name)
  for _, interface in ipairs(ctx.destination:interfaces()) do
    if windows.same_name(interface.name, name) or windows.same_name(interface.guid, name) then return interface end
  end
end

local function refuse(ctx, part, why)
  ctx:refuse("ipv6_addresses", ("'%s' %s"):format(part, why),
    "for example LAN=2001:db8::5/64, with the destination's name of the adapter")
end

-- The parameter as a list of {guid, name, address, prefix}.
local function given(ctx)
  local list = {}
  for part in ctx.params.ipv6_addresses:gmatch "[^;]+" do
    local name, address, prefix = part:match "^%s*(.-)%s*=%s*([%x:]+)/(%d+)%s*$"
    local packed = address and bytes.ipv6_bytes(address)
    prefix = tonumber(prefix)
    if not packed or prefix < 1 or prefix > 128 then refuse(ctx, part, "is not ADAPTER=ADDRESS/LENGTH") end
    local adapter = adapter_called(ctx, name) or refuse(ctx, part, "names no adapter of the destination")
    list[#list + 1] = { guid = adapter.guid, name = adapter.name, address = bytes.ipv6_text(packed), prefix = prefix }
  end
  return list
end

local add = [[
$adapter = Get-NetAdapter -IncludeHidden | Where-Object { $_.InterfaceGuid -eq '@GUID@' }
if (-not $adapter) { throw 'There is no adapter @GUID@.' }
if (@(Get-NetIPAddress -AddressFamily IPv6 | Where-Object { $_.IPAddress -eq '@ADDRESS@' }).Count -eq 0) {
  Add-Line 'ipv6.added' '@ADDRESS@'
  [void](New-NetIPAddress -InterfaceIndex $adapter.ifIndex -IPAddress '@ADDRESS@' -PrefixLength @PREFIX@)
}]]

local remove = [[
if (@(Get-Lines 'ipv6.added') -contains '@ADDRESS@') {
  @(Get-NetIPAddress -AddressFamily IPv6) | Where-Object { $_.IPAddress -eq '@ADDRESS@' } |
    Remove-NetIPAddress -Confirm:$false
}]]

local function lines(ctx, template)
  local parts = {}
  for index, item in ipairs(given(ctx)) do
    parts[index] = template:gsub("@(%u+)@", {
      GUID = item.guid, ADDRESS = item.address, PREFIX = tostring(item.prefix),
    })
  end
  return table.concat(parts, "\n")
end

local function is_given(ctx)
  return #given(ctx) > 0
end

-- What Windows keeps of fixed addresses and routes, by its presence alone.
local function has_fixed(machine)
  for _, part in ipairs { "10", "16" } do
    if #machine:values(facts.keys.ipv6_store .. "\\" .. part) > 0 then return true end
  end
  return false
end

return {
  check "ipv6-addresses" {
    guide = "IP-SET-07", severity = "info", title = "Fixed IPv6 addresses and routes",
    found = function(ctx) return not is_given(ctx) and has_fixed(ctx.source) end,
    problem = "The source has fixed IPv6 addresses or routes, which cannot be read from an image.",
    remedy = "Read them there (netsh interface ipv6 dump) and give --param ipv6_addresses=ADAPTER=ADDRESS/LENGTH;...",
  },

  deferred "ipv6-addresses-set" {
    guide = "IP-SET-07", title = "Set fixed IPv6 addresses", when = is_given,
    run = function(ctx) return lines(ctx, add) end,
    undo = function(ctx) return lines(ctx, remove) end,
  },

  manual "ipv6" {
    guide = "IP-SET-07", title = "IPv6 by hand", on = "destination", phase = "after",
    when = function(ctx) return has_fixed(ctx.source) end,
    text = "On the source netsh interface ipv6 dump tells its fixed addresses and routes. What the parameter"
      .. " ipv6_addresses does not name is entered on the destination: netsh interface ipv6 add address, add route.",
  },
}
