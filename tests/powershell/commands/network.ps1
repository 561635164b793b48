# Addresses, routes, firewall. Pages of Windows Server 2012: NetAdapter (Get-NetAdapter), NetTCPIP (Get-, New-, Set- and
# Remove-NetIPAddress, Get-, New- and Remove-NetRoute, Get- and Set-NetIPInterface, Get-NetTCPConnection), NetSecurity
# (Get-, Enable- and Disable-NetFirewallRule). Of the cmdlets for interfaces and rules the pages list more parameters and
# sets: those that no script uses are left out, so that a script that begins to use one fails here until it is added.

# CDXML cmdlets that match nothing by a key give an error, not an empty list (general knowledge).
function global:Test-Match($Object, $Bound, [string[]]$Names) {
  foreach ($name in $Names) {
    if ($Bound.ContainsKey($name) -and @($Bound[$name]) -notcontains $Object[$name]) { return $false }
  }
  return $true
}
function global:Test-Asks($Bound, [string]$Name) {
  if (-not ($Bound.ContainsKey('Confirm') -and -not $Bound.Confirm)) { throw "$Name asks for confirmation, and nobody answers" }
}

Add-Stub 'Get-NetAdapter' @'
[[-Name] <String[]>] [-AsJob] [-CimSession <CimSession[]>] [-IncludeHidden] [-Physical] [-ThrottleLimit <Int32>]
--
[-AsJob] [-CimSession <CimSession[]>] [-IncludeHidden] [-Physical] [-ThrottleLimit <Int32>] -InterfaceDescription <String[]>
--
[-AsJob] [-CimSession <CimSession[]>] [-IncludeHidden] [-Physical] [-ThrottleLimit <Int32>] -InterfaceIndex <UInt32[]>
'@ {
  param($b)
  foreach ($adapter in $global:Bench.State.Adapters) { [pscustomobject]$adapter }
}

Add-Stub 'Get-NetIPAddress' @'
[[-IPAddress] <String[]>] [-AddressFamily <AddressFamily[]>] [-AddressState <AddressState[]>] [-AsJob] [-AssociatedIPInterface <CimInstance>] [-CimSession <CimSession[]>] [-InterfaceAlias <String[]>] [-InterfaceIndex <UInt32[]>] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan[]>] [-PrefixLength <Byte[]>] [-PrefixOrigin <PrefixOrigin[]>] [-SkipAsSource <Boolean[]>] [-SuffixOrigin <SuffixOrigin[]>] [-ThrottleLimit <Int32>] [-Type <Type[]>] [-ValidLifetime <TimeSpan[]>]
'@ {
  param($b)
  $found = @($global:Bench.State.Addresses | Where-Object { Test-Match $_ $b 'IPAddress', 'AddressFamily', 'InterfaceIndex', 'PrefixOrigin' })
  if ($found.Count -eq 0 -and ($b.IPAddress -or $b.InterfaceIndex)) { throw 'No MSFT_NetIPAddress objects found.' }
  foreach ($address in $found) {
    [pscustomobject]$address
    if ($address.AddressState -eq 'Tentative') {
      $address.AddressState = if ($global:Bench.State.TakenElsewhere -contains $address.IPAddress) { 'Duplicate' } else { 'Preferred' }
    }
  }
}

Add-Stub 'New-NetIPAddress' @'
[-IPAddress] <String> [-AddressFamily <AddressFamily>] [-AsJob] [-CimSession <CimSession[]>] [-DefaultGateway <String>] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan>] [-PrefixLength <Byte>] [-SkipAsSource <Boolean>] [-ThrottleLimit <Int32>] [-Type <Type>] [-ValidLifetime <TimeSpan>] -InterfaceAlias <String> [-Confirm] [-WhatIf]
--
[-IPAddress] <String> [-AddressFamily <AddressFamily>] [-AsJob] [-CimSession <CimSession[]>] [-DefaultGateway <String>] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan>] [-PrefixLength <Byte>] [-SkipAsSource <Boolean>] [-ThrottleLimit <Int32>] [-Type <Type>] [-ValidLifetime <TimeSpan>] -InterfaceIndex <UInt32> [-Confirm] [-WhatIf]
'@ {
  param($b)
  $parsed = [Net.IPAddress]::Parse($b.IPAddress)
  if (@($global:Bench.State.Addresses | Where-Object { $_.IPAddress -eq $b.IPAddress }).Count -gt 0) { throw 'Instance MSFT_NetIPAddress already exists' }
  if (@($global:Bench.State.Adapters | Where-Object { $_.ifIndex -eq $b.InterfaceIndex }).Count -eq 0) { throw 'Element not found.' }
  $family = if ($parsed.AddressFamily -eq 'InterNetwork') { 'IPv4' } else { 'IPv6' }
  $address = [ordered]@{ IPAddress = $b.IPAddress; AddressFamily = $family; InterfaceIndex = $b.InterfaceIndex
    PrefixLength = $b.PrefixLength; PrefixOrigin = 'Manual'; AddressState = 'Tentative' }
  $global:Bench.State.Addresses.Add($address)
  if ($family -eq 'IPv4') { $global:Bench.State.Dhcp[[string]$b.InterfaceIndex] = 'Disabled' }
  Add-Effect "add $($b.IPAddress)/$($b.PrefixLength)"
  [pscustomobject]$address
}

Add-Stub 'Set-NetIPAddress' @'
[[-IPAddress] <String[]>] [-AddressFamily <AddressFamily[]>] [-AddressState <AddressState[]>] [-AsJob] [-CimSession <CimSession[]>] [-InterfaceAlias <String[]>] [-InterfaceIndex <UInt32[]>] [-PassThru] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan>] [-PrefixLength <Byte>] [-PrefixOrigin <PrefixOrigin[]>] [-SkipAsSource <Boolean>] [-ThrottleLimit <Int32>] [-Type <Type[]>] [-ValidLifetime <TimeSpan>] [-Confirm] [-WhatIf]
--
[-AsJob] [-CimSession <CimSession[]>] [-PassThru] [-PreferredLifetime <TimeSpan>] [-PrefixLength <Byte>] [-SkipAsSource <Boolean>] [-ThrottleLimit <Int32>] [-ValidLifetime <TimeSpan>] -InputObject <CimInstance[]> [-Confirm] [-WhatIf]
'@ {
  param($b)
  foreach ($address in @($global:Bench.State.Addresses | Where-Object { Test-Match $_ $b 'IPAddress', 'InterfaceIndex' })) {
    $address.PrefixLength = $b.PrefixLength
    Add-Effect "set $($address.IPAddress)/$($b.PrefixLength)"
  }
}

Add-Stub 'Remove-NetIPAddress' @'
[[-IPAddress] <String[]>] [-AddressFamily <AddressFamily[]>] [-AddressState <AddressState[]>] [-AsJob] [-CimSession <CimSession[]>] [-DefaultGateway <String>] [-InterfaceAlias <String[]>] [-InterfaceIndex <UInt32[]>] [-PassThru] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan[]>] [-PrefixLength <Byte[]>] [-PrefixOrigin <PrefixOrigin[]>] [-SkipAsSource <Boolean[]>] [-SuffixOrigin <SuffixOrigin[]>] [-ThrottleLimit <Int32>] [-Type <Type[]>] [-ValidLifetime <TimeSpan[]>] [-Confirm] [-WhatIf]
--
[-AsJob] [-CimSession <CimSession[]>] [-PassThru] [-ThrottleLimit <Int32>] -InputObject <CimInstance[]> [-Confirm] [-WhatIf]
'@ {
  param($b)
  Test-Asks $b 'Remove-NetIPAddress'
  $going = if ($b.InputObject) { @($global:Bench.State.Addresses | Where-Object { @($b.InputObject.IPAddress) -contains $_.IPAddress }) }
    else { @($global:Bench.State.Addresses | Where-Object { Test-Match $_ $b 'IPAddress', 'InterfaceIndex', 'AddressFamily' }) }
  if ($going.Count -eq 0) { throw 'No MSFT_NetIPAddress objects found.' }
  foreach ($address in $going) {
    [void]$global:Bench.State.Addresses.Remove($address)
    Add-Effect "remove $($address.IPAddress)"
  }
}

Add-Stub 'Get-NetRoute' @'
[[-DestinationPrefix] <String[]>] [-AddressFamily <AddressFamily[]>] [-AsJob] [-AssociatedIPInterface <CimInstance>] [-CimSession <CimSession[]>] [-InterfaceAlias <String[]>] [-InterfaceIndex <UInt32[]>] [-NextHop <String[]>] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan[]>] [-Publish <Publish[]>] [-RouteMetric <UInt16[]>] [-ThrottleLimit <Int32>] [-ValidLifetime <TimeSpan[]>]
'@ {
  param($b)
  $found = @($global:Bench.State.Routes | Where-Object { Test-Match $_ $b 'DestinationPrefix', 'AddressFamily', 'InterfaceIndex', 'NextHop' })
  if ($found.Count -eq 0 -and ($b.DestinationPrefix -or $b.InterfaceIndex)) { throw 'No MSFT_NetRoute objects found.' }
  foreach ($route in $found) { [pscustomobject]$route }
}

Add-Stub 'New-NetRoute' @'
[-DestinationPrefix] <String> [-AddressFamily <AddressFamily>] [-AsJob] [-CimSession <CimSession[]>] [-NextHop <String>] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan>] [-Publish <Publish>] [-RouteMetric <UInt16>] [-ThrottleLimit <Int32>] [-ValidLifetime <TimeSpan>] -InterfaceAlias <String> [-Confirm] [-WhatIf]
--
[-DestinationPrefix] <String> [-AddressFamily <AddressFamily>] [-AsJob] [-CimSession <CimSession[]>] [-NextHop <String>] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan>] [-Publish <Publish>] [-RouteMetric <UInt16>] [-ThrottleLimit <Int32>] [-ValidLifetime <TimeSpan>] -InterfaceIndex <UInt32> [-Confirm] [-WhatIf]
'@ {
  param($b)
  [void][Net.IPAddress]::Parse($b.NextHop)
  $route = [ordered]@{ DestinationPrefix = $b.DestinationPrefix; AddressFamily = 'IPv4'; InterfaceIndex = $b.InterfaceIndex; NextHop = $b.NextHop }
  if (@($global:Bench.State.Routes | Where-Object { Test-Match $_ $b 'DestinationPrefix', 'InterfaceIndex', 'NextHop' }).Count -gt 0) { throw 'Instance MSFT_NetRoute already exists' }
  $global:Bench.State.Routes.Add($route)
  Add-Effect "add route $($b.NextHop)"
  [pscustomobject]$route
}

Add-Stub 'Remove-NetRoute' @'
[[-DestinationPrefix] <String[]>] [-AddressFamily <AddressFamily[]>] [-AsJob] [-AssociatedIPInterface <CimInstance>] [-CimSession <CimSession[]>] [-InterfaceAlias <String[]>] [-InterfaceIndex <UInt32[]>] [-NextHop <String[]>] [-PassThru] [-PolicyStore <String>] [-PreferredLifetime <TimeSpan[]>] [-Publish <Publish[]>] [-RouteMetric <UInt16[]>] [-ThrottleLimit <Int32>] [-ValidLifetime <TimeSpan[]>] [-Confirm] [-WhatIf]
--
[-AsJob] [-CimSession <CimSession[]>] [-PassThru] [-ThrottleLimit <Int32>] -InputObject <CimInstance[]> [-Confirm] [-WhatIf]
'@ {
  param($b)
  Test-Asks $b 'Remove-NetRoute'
  foreach ($route in @($global:Bench.State.Routes | Where-Object {
      $_.NextHop -eq $b.InputObject[0].NextHop -and $_.InterfaceIndex -eq $b.InputObject[0].InterfaceIndex })) {
    [void]$global:Bench.State.Routes.Remove($route)
    Add-Effect "remove route $($route.NextHop)"
  }
}

Add-Stub 'Get-NetIPInterface' @'
[[-InterfaceAlias] <String[]>] [-AddressFamily <AddressFamily[]>] [-AsJob] [-CimSession <CimSession[]>] [-Dhcp <Dhcp[]>] [-InterfaceIndex <UInt32[]>] [-InterfaceMetric <UInt32[]>] [-PolicyStore <String>] [-ThrottleLimit <Int32>]
'@ {
  param($b)
  # An interface of each family, unless one is asked for; DHCP is on by default (NetTCPIP/Get-NetIPInterface).
  foreach ($family in $(if ($b.AddressFamily) { $b.AddressFamily } else { 'IPv4', 'IPv6' })) {
    $dhcp = if ($family -eq 'IPv4') { $global:Bench.State.Dhcp[[string]$b.InterfaceIndex[0]] } else { 'Enabled' }
    [pscustomobject]@{ InterfaceIndex = $b.InterfaceIndex[0]; AddressFamily = $family; Dhcp = $dhcp }
  }
}

Add-Stub 'Set-NetIPInterface' @'
[[-InterfaceAlias] <String[]>] [-AddressFamily <AddressFamily[]>] [-AsJob] [-CimSession <CimSession[]>] [-Dhcp <Dhcp>] [-InterfaceIndex <UInt32[]>] [-InterfaceMetric <UInt32>] [-PassThru] [-PolicyStore <String>] [-ThrottleLimit <Int32>] [-Confirm] [-WhatIf]
--
[-AsJob] [-CimSession <CimSession[]>] [-Dhcp <Dhcp>] [-InterfaceMetric <UInt32>] [-PassThru] [-ThrottleLimit <Int32>] -InputObject <CimInstance[]> [-Confirm] [-WhatIf]
'@ {
  param($b)
  if (-not $b.InterfaceIndex) { throw 'all interfaces of the computer would be changed' }
  if ($b.AddressFamily -ne 'IPv4') { throw 'the interface for IPv6 would be changed too' }
  $global:Bench.State.Dhcp[[string]$b.InterfaceIndex[0]] = $b.Dhcp
  Add-Effect "dhcp $($b.Dhcp)"
}

Add-Stub 'Get-NetTCPConnection' @'
[[-LocalAddress] <String[]>] [[-LocalPort] <UInt16[]>] [-AppliedSetting <AppliedSetting[]>] [-AsJob] [-CimSession <CimSession[]>] [-RemoteAddress <String[]>] [-RemotePort <UInt16[]>] [-State <State[]>] [-ThrottleLimit <Int32>]
'@ {
  param($b)
  foreach ($connection in @($global:Bench.State.Connections | Where-Object { Test-Match $_ $b 'LocalAddress', 'LocalPort', 'State' })) {
    [pscustomobject]$connection
  }
}

Add-Stub 'Get-NetFirewallRule' @'
[-All] [-AsJob] [-CimSession <CimSession[]>] [-GPOSession <String>] [-PolicyStore <String>] [-ThrottleLimit <Int32>] [-TracePolicyStore]
--
[-Name] <String[]> [-AsJob] [-CimSession <CimSession[]>] [-GPOSession <String>] [-PolicyStore <String>] [-ThrottleLimit <Int32>] [-TracePolicyStore]
--
[-AsJob] [-CimSession <CimSession[]>] [-GPOSession <String>] [-PolicyStore <String>] [-ThrottleLimit <Int32>] [-TracePolicyStore] -DisplayName <String[]>
'@ {
  param($b)
  $all = @($global:Bench.State.Rules.Keys)
  $names = if ($b.Name) { @($all | Where-Object { $rule = $_; @($b.Name | Where-Object { $rule -like $_ }).Count -gt 0 }) } else { $all }
  if ($names.Count -eq 0) { throw "No MSFT_NetFirewallRule objects found with property 'InstanceID' equal to '$($b.Name)'." }
  foreach ($name in $names) { [pscustomobject]@{ Name = $name; Enabled = $global:Bench.State.Rules[$name] } }
}
foreach ($verb in 'Enable', 'Disable') {
  Add-Stub "$verb-NetFirewallRule" @'
[-Name] <String[]> [-AsJob] [-CimSession <CimSession[]>] [-GPOSession <String>] [-PassThru] [-PolicyStore <String>] [-ThrottleLimit <Int32>] [-TracePolicyStore] [-Confirm] [-WhatIf]
--
[-AsJob] [-CimSession <CimSession[]>] [-GPOSession <String>] [-PassThru] [-PolicyStore <String>] [-ThrottleLimit <Int32>] [-TracePolicyStore] -DisplayName <String[]> [-Confirm] [-WhatIf]
--
[-AsJob] [-CimSession <CimSession[]>] [-PassThru] [-ThrottleLimit <Int32>] -InputObject <CimInstance[]> [-Confirm] [-WhatIf]
'@ ([scriptblock]::Create("param(`$b)
  foreach (`$name in `$b.Name) {
    if (-not `$global:Bench.State.Rules.Contains(`$name)) { throw `"No MSFT_NetFirewallRule objects found with '`$name'.`" }
    `$global:Bench.State.Rules[`$name] = '$(if ($verb -eq 'Enable') { 'True' } else { 'False' })'
    Add-Effect `"$verb `$name`"
  }"))
}
