# The scripts under test, and the Windows that each of them meets.

# A folder a script: first-start.ps1, first-start-undo.ps1, and files that have to lie beside them.
function Get-Case {
  foreach ($folder in Get-ChildItem $Scripts -Directory | Sort-Object Name) {
    $run = [IO.File]::ReadAllText((Join-Path $folder.FullName 'first-start.ps1'))
    @{
      Name = $folder.Name; Folder = $folder.FullName; Run = $run; RunReplaced = Get-Replaced $run
      Undo = [IO.File]::ReadAllText((Join-Path $folder.FullName 'first-start-undo.ps1'))
      Actions = @([regex]::Matches($run, "(?m)^Add-Action '([^']+)' @\(([^)]*)\)") | ForEach-Object {
        @{ Name = $_.Groups[1].Value; Needs = @([regex]::Matches($_.Groups[2].Value, "'([^']+)'") | ForEach-Object { $_.Groups[1].Value }) } })
    }
  }
}

# Windows before the first start: what every destination of a test has, and what this script's names ask for.
function New-Windows($Case) {
  if ([IO.Directory]::Exists($Bench.Folder)) { [IO.Directory]::Delete($Bench.Folder, $true) }
  foreach ($part in 'ProgramData', 'Windows/System32/dhcp') { [void][IO.Directory]::CreateDirectory("$($Bench.Folder)/$part") }
  $env:ProgramData = "$($Bench.Folder)/ProgramData"
  $env:SystemRoot = "$($Bench.Folder)/Windows"
  $env:COMPUTERNAME = [regex]::Match($Case.Run, "(?m)^\`$computer = '(.*)'").Groups[1].Value
  $Bench.NextRid = 2000
  foreach ($file in [IO.Directory]::GetFiles($Case.Folder)) {
    if ($file -notmatch 'first-start') { [IO.File]::Copy($file, "$($Bench.Folder)/$(Split-Path $file -Leaf)") }
  }
  [IO.File]::WriteAllText("$env:SystemRoot/System32/dhcp/rehome-export.xml", '<DHCPServer><IPv4><Scopes><Scope><ScopeId>10.30.0.0</ScopeId></Scope><Scope><ScopeId>10.31.0.0</ScopeId></Scope></Scopes></IPv4></DHCPServer>')
  [IO.File]::WriteAllText("$env:SystemRoot/System32/dhcp/rehome-export.dat", 'exported by netsh')
  $guids = @([regex]::Matches($Case.Run, "InterfaceGuid -eq '([^']+)'") | ForEach-Object { $_.Groups[1].Value } | Select-Object -Unique)
  $state = [ordered]@{
    MachineSid = 'S-1-5-21-1-2-3'
    Services = [ordered]@{}; FarServices = @{ DHCPServer = 'Stopped' }; Rules = [ordered]@{}
    Adapters = @(); Addresses = [Collections.ArrayList]@(); Routes = [Collections.ArrayList]@(); Dhcp = [ordered]@{}
    Connections = @(@{ LocalAddress = '198.51.100.7'; LocalPort = 3389; State = 'Established' }); TakenElsewhere = @()
    Bound = [ordered]@{}; Backups = [ordered]@{}; Scopes = @('192.168.9.0'); Authorised = @(); Zones = @('TrustAnchors')
    Users = [Collections.ArrayList]@(); Groups = [Collections.ArrayList]@(); UnknownSids = @()
  }
  foreach ($service in @(@('RasMan', 'Running', @('RemoteAccess')), @('RemoteAccess', 'Stopped', @()), @('DHCPServer', 'Running', @()),
      @('DNS', 'Running', @()), @('LanmanServer', 'Running', @('Browser', 'Dfs')), @('Browser', 'Stopped', @()), @('Dfs', 'Running', @()),
      @('IAS', 'Running', @()), @('Spooler', 'Running', @()))) {
    $state.Services[$service[0]] = [ordered]@{ Status = $service[1]; Dependents = $service[2]; Needs = @() }
  }
  $state.Services.RemoteAccess.Needs = @('RasMan')
  foreach ($rule in 'RRAS-PPTP-In-TCP', 'RRAS-GRE-In', 'RRAS-L2TP-In-UDP', 'DNSSrv-DNS-TCP-In', 'DNSSrv-RPC-TCP-In') { $state.Rules[$rule] = 'False' }
  $state.Rules['DNSSrv-DNS-UDP-In'] = 'True'
  [void]$state.Addresses.Add([ordered]@{ IPAddress = '127.0.0.1'; AddressFamily = 'IPv4'; InterfaceIndex = [uint32]1; PrefixLength = [byte]8; PrefixOrigin = 'WellKnown'; AddressState = 'Preferred' })
  $index = 10
  foreach ($guid in $guids) {
    $index++
    $state.Adapters += [ordered]@{ Name = "LAN $index"; InterfaceGuid = $guid; ifIndex = [uint32]$index }
    [void]$state.Addresses.Add([ordered]@{ IPAddress = "fe80::$index"; AddressFamily = 'IPv6'; InterfaceIndex = [uint32]$index; PrefixLength = [byte]64; PrefixOrigin = 'WellKnown'; AddressState = 'Preferred' })
    $state.Dhcp["$index"] = 'Disabled'
  }
  foreach ($name in 'Administrator', 'Guest') {
    [void]$state.Users.Add([ordered]@{ Name = $name; Sid = "S-1-5-21-1-2-3-$(if ($name -eq 'Guest') { 501 } else { 500 })"; Parameters = '' })
  }
  foreach ($rid in 544, 545, 546, 547, 550, 551, 552, 555, 556, 573, 574, 575, 576, 577, 578, 579, 580) {
    [void]$state.Groups.Add([ordered]@{ Name = "Builtin$rid"; Sid = "S-1-5-32-$rid"; Members = @() })
  }
  # Groups and users that the plan found on the destination.
  foreach ($match in [regex]::Matches($Case.Run, "Group(Name)? = '((?:[^']|'')+)'")) {
    $name = $match.Groups[2].Value.Replace("''", "'")
    $isSid = $name -like 'S-1-*'
    if ($isSid -and @($state.Groups | Where-Object { $_.Sid -eq $name }).Count -eq 0) { [void]$state.Groups.Add([ordered]@{ Name = "Of $name"; Sid = $name; Members = @() }) }
    if (-not $isSid -and -not $Case.Run.Contains("@{ Name = $($match.Groups[0].Value -replace '^GroupName = ')")) {
      if (@($state.Groups | Where-Object { $_.Name -eq $name }).Count -eq 0) { [void]$state.Groups.Add([ordered]@{ Name = $name; Sid = "S-1-5-21-1-2-3-$($Bench.NextRid++)"; Members = @() }) }
    }
  }
  foreach ($match in [regex]::Matches($Case.Run, "MemberName = '((?:[^']|'')+)'")) {
    $name = $match.Groups[1].Value.Replace("''", "'")
    if (-not $Case.Run.Contains("@{ Name = '$($match.Groups[1].Value)'") -and @($state.Users | Where-Object { $_.Name -eq $name }).Count -eq 0) {
      [void]$state.Users.Add([ordered]@{ Name = $name; Sid = "S-1-5-21-1-2-3-$($Bench.NextRid++)"; Parameters = '' })
    }
  }
  foreach ($match in [regex]::Matches($Case.Run, '(?m)^foreach \(\$zone in @\((.*)\)\) \{')) {
    foreach ($zone in & ([scriptblock]::Create("@($($match.Groups[1].Value))"))) { $state.Zones += $zone }
  }
  # The way back names the addresses that were there.
  foreach ($block in [regex]::Matches($Case.Undo, "(?s)InterfaceGuid -eq '([^']+)' \}.*?\`$wanted = @\((.*?)\).*?\`$gateways = @\((.*?)\).*?-Dhcp (\w+)")) {
    $number = @($state.Adapters | Where-Object { $_.InterfaceGuid -eq $block.Groups[1].Value })[0].ifIndex
    foreach ($item in [regex]::Matches($block.Groups[2].Value, "'([^'/]+)/(\d+)'")) {
      [void]$state.Addresses.Add([ordered]@{ IPAddress = $item.Groups[1].Value; AddressFamily = 'IPv4'; InterfaceIndex = [uint32]$number; PrefixLength = [byte]$item.Groups[2].Value; PrefixOrigin = 'Manual'; AddressState = 'Preferred' })
    }
    foreach ($item in [regex]::Matches($block.Groups[3].Value, "'([^']+)'")) {
      [void]$state.Routes.Add([ordered]@{ DestinationPrefix = '0.0.0.0/0'; AddressFamily = 'IPv4'; InterfaceIndex = [uint32]$number; NextHop = $item.Groups[1].Value })
    }
    $state.Dhcp["$number"] = $block.Groups[4].Value
  }
  [Rehome.Store]::My.Clear()
  [Rehome.Store]::My['00000000000000000000000000000000000000AA'] = $false
  foreach ($match in [regex]::Matches($Case.Run, "(?m)^\`$thumbprint = '([0-9A-F]+)'")) {
    if (-not $Case.Run.Contains("rehome/import-$($match.Groups[1].Value.ToLower())")) { [Rehome.Store]::My[$match.Groups[1].Value] = $true }
  }
  [Rehome.Store]::Keys.Clear()
  foreach ($key in 'SOFTWARE\Microsoft\ServerManager\Roles\12', 'SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce') { [Rehome.Store]::AddKey($key) }
  [Rehome.Store]::Keys['SOFTWARE\Microsoft\ServerManager\Roles\12']['ConfigurationState'] = 1
  $Bench.State = $state
  $Bench.System = @{ Version = '5.1.17763.1'; Narrow = $false; Elevated = $true; Computer = $env:COMPUTERNAME
    Policy = @('Undefined', 'Undefined'); Restart = $false; Newest = 0 }
}
$Bench.Folder = Join-Path $(if (Test-Path /dev/shm) { '/dev/shm' } else { [IO.Path]::GetTempPath() }) "rehome-bench-$PID"

# All that scripts may change but their own folder, in an order of its own. Backups are files that stay.
function Get-Windows {
  $copy = [ordered]@{}
  foreach ($key in $Bench.State.Keys) {
    if ($key -eq 'Backups') { continue }
    $copy[$key] = $Bench.State[$key]
    if ($key -in 'Users', 'Groups', 'Addresses', 'Routes') {
      foreach ($item in $copy[$key]) { if ($item.Contains('Members')) { $item.Members = @($item.Members | Sort-Object) } }
      $copy[$key] = @($copy[$key] | ForEach-Object { ConvertTo-Json -InputObject $_ -Compress } | Sort-Object)
    }
  }
  $store = foreach ($part in [Rehome.Store]::My, [Rehome.Store]::Keys) { ConvertTo-Json -InputObject $part -Depth 4 -Compress }
  (ConvertTo-Json -InputObject $copy -Depth 6 -Compress) + ($store -join '') -replace 'StopPending', 'Stopped' -replace 'StartPending', 'Running'
}

# Without the numbers that accounts get as they are created.
function Get-Comparable {
  foreach ($list in 'Users', 'Groups') {
    foreach ($item in $Bench.State[$list]) { if ($item.Sid -match '-3-2\d\d\d$' ) { $Bench.Names[$item.Sid] = "sid of $($item.Name)" } }
  }
  $text = Get-Windows
  foreach ($sid in $Bench.Names.Keys) { $text = $text.Replace($sid, $Bench.Names[$sid]) }
  @($text -split '(?=[{"])' | Sort-Object) -join ''
}
$Bench.Names = @{}

# Scripts that have all actions between them: those of the examples, and for each other action the first.
function Select-Case($Cases) {
  $seen = @{}
  foreach ($case in @($Cases | Sort-Object { $_.Name -match '\.' }, { $_.Name })) {
    if ($case.Name -in 'hostile', 'once' -or (Get-Unable $case)) { continue }
    $new = @($case.Actions | Where-Object { -not $seen[$_.Name] })
    if ($new.Count -gt 0) { $case }
    foreach ($action in $new) { $seen[$action.Name] = $true }
  }
}

function Get-States {
  $file = @(Get-ChildItem "$env:ProgramData/rehome" -Recurse -Filter 'first-start.json')
  if ($file.Count -eq 0) { return @{} }
  $result = @{}
  foreach ($action in (Get-Content $file[0].FullName -Raw | ConvertFrom-Json).actions) { $result[$action.id] = $action.state }
  $result
}

# Actions whose certificate is not there to be imported: whose file only a person has.
function Get-Unable($Case) {
  $found = @($Case.Actions | Where-Object { $_.Name -like 'rehome/import-*' -and @(Get-ChildItem $Case.Folder -Filter '*.holds').Count -eq 0 } | ForEach-Object { $_.Name })
  @($found)
}
