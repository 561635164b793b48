-- Whose addresses the destination has afterwards: all that depends on it asks here.

local facts = require "facts"
local powershell = require "windows.powershell"

local M = {}

function M.is_asked_for(ctx)
  return ctx.params.takes_over_name
end

---The adapters whose fixed addresses go over.
---@return {source: table, destination: table}[]
function M.adapters(ctx)
  local list = {}
  for _, pair in ipairs(M.is_asked_for(ctx) and facts.adapters(ctx) or {}) do
    if pair.destination and facts.is_fixed(pair.source) then list[#list + 1] = pair end
  end
  return list
end

function M.moves(ctx)
  return #M.adapters(ctx) > 0
end

---The addresses of the destination as they will be: an interface of the source in place of each that is taken over.
---@return table[] interfaces, with the destination's GUID and name
function M.planned(ctx)
  local by_guid, list = {}, {}
  for _, pair in ipairs(M.adapters(ctx)) do by_guid[pair.destination.guid:upper()] = pair.source end
  for index, own in ipairs(ctx.destination:interfaces()) do
    local from = by_guid[own.guid:upper()] or own
    list[index] = {
      guid = own.guid, name = own.name, is_card = own.is_card, uses_dhcp = from.uses_dhcp, addresses = from.addresses,
      masks = from.masks, gateways = from.gateways, is_taken_over = from ~= own,
    }
  end
  return list
end

-- The store of addresses that Windows keeps beside the registry's is not read: what it adds or lacks is put right at
-- the first start. Only what differs is changed, and what is new is there, and proved to be nobody else's, before
-- anything old goes. New-NetIPAddress turns off DHCP by itself (its page at Microsoft Learn).
local helper = [=[
function Wait-Address($On, [string]$Address) {
  for ($second = 0; $second -lt 30; $second++) {
    $state = [string](Get-NetIPAddress @On -IPAddress $Address).AddressState
    if ($state -eq 'Preferred') { return }
    if ($state -eq 'Duplicate') {
      Remove-NetIPAddress @On -IPAddress $Address -Confirm:$false
      throw "Another computer has the address $Address."
    }
    Start-Sleep -Seconds 1
  }
  "$Address is not in use yet ($state): is the cable in?"
}
function Write-Going([string[]]$Addresses) {
  $ports = 22, 3389, 5985, 5986
  foreach ($connection in @(Get-NetTCPConnection -State Established)) {
    if ($ports -contains $connection.LocalPort -and $Addresses -contains $connection.LocalAddress) {
      "warning: a session comes in over $($connection.LocalAddress), which goes now"
    }
  }
}
# By itself the cmdlet takes an adapter without addresses for an error.
function Get-Addresses([uint32]$Index) {
  Get-NetIPAddress -AddressFamily IPv4 | Where-Object { $_.InterfaceIndex -eq $Index }
}
]=]

local adapter_lines = [[
$adapter = Get-NetAdapter -IncludeHidden | Where-Object { $_.InterfaceGuid -eq '@GUID@' }
if (-not $adapter) { throw 'There is no adapter @GUID@.' }
$on = @{ InterfaceIndex = $adapter.ifIndex }
$wanted = @(@ADDRESSES@)
$gateways = @(@GATEWAYS@)
foreach ($item in $wanted) {
  $address, $prefix = $item -split '/'
  $there = @(Get-Addresses $adapter.ifIndex | Where-Object { $_.IPAddress -eq $address })
  if ($there.Count -eq 0) { [void](New-NetIPAddress @on -IPAddress $address -PrefixLength $prefix) }
  elseif ($there[0].PrefixLength -ne $prefix) { Set-NetIPAddress @on -IPAddress $address -PrefixLength $prefix }
  Wait-Address $on $address
}
$routes = @(Get-NetRoute -AddressFamily IPv4 |
  Where-Object { $_.InterfaceIndex -eq $adapter.ifIndex -and $_.DestinationPrefix -eq '0.0.0.0/0' })
foreach ($gateway in $gateways) {
  if (@($routes | Where-Object { $_.NextHop -eq $gateway }).Count -eq 0) {
    [void](New-NetRoute @on -DestinationPrefix '0.0.0.0/0' -NextHop $gateway)
  }
}
$old = @(Get-Addresses $adapter.ifIndex | Where-Object {
  $_.PrefixOrigin -eq 'Manual' -and $wanted -notcontains "$($_.IPAddress)/$($_.PrefixLength)" })
Write-Going @($old | ForEach-Object { $_.IPAddress })
$routes | Where-Object { $gateways -notcontains $_.NextHop } | Remove-NetRoute -Confirm:$false
$old | Remove-NetIPAddress -Confirm:$false
if ([string](Get-NetIPInterface @on -AddressFamily IPv4).Dhcp -ne '@DHCP@') {
  Set-NetIPInterface @on -AddressFamily IPv4 -Dhcp @DHCP@
}]]

-- Only what is an address, so that nothing of a registry becomes PowerShell.
local function lines_for(guid, interface)
  local addresses, gateways = {}, {}
  for index, address in ipairs(facts.is_fixed(interface) and interface.addresses or {}) do
    local prefix = facts.prefix(interface.masks[index])
    if facts.number(address) and prefix then addresses[#addresses + 1] = address .. "/" .. prefix end
  end
  for _, gateway in ipairs(#addresses > 0 and interface.gateways or {}) do
    if facts.number(gateway) then gateways[#gateways + 1] = gateway end
  end
  return (adapter_lines:gsub("@(%u+)@", {
    GUID = guid, ADDRESSES = powershell.list(addresses), GATEWAYS = powershell.list(gateways),
    DHCP = interface.uses_dhcp and "Enabled" or "Disabled",
  }))
end

local function script(ctx, side)
  local parts = { helper }
  for index, pair in ipairs(M.adapters(ctx)) do
    parts[index + 1] = lines_for(pair.destination.guid, pair[side])
  end
  return (table.concat(parts, "\n"):gsub("\n\n", "\n"))
end

M.steps = {
  deferred "addresses" {
    guide = { "IP-STEP-06", "IP-SET-02" }, title = "Compare the addresses, and put right what differs",
    when = M.moves,
    run = function(ctx) return script(ctx, "source") end,
    undo = function(ctx) return script(ctx, "destination") end,
  },
}

return M
