# The bench: Windows as far as scripts of the first start know it, in memory, for PowerShell 7 on any system.
#
# A command is a stub: the syntax of its documentation page, from which its parameters come with their types and sets,
# and a body over $Bench.State. What a script calls that no stub declares does not exist, and fails. Each call of a
# stub has a number: it may fail there ($Bench.FailAt). So has each step, which is a call or what is written to files:
# behind it everything may end ($Bench.EndAt), as when the power goes.

$global:Bench = @{ Stubs = @{}; State = $null; Calls = 0; Steps = 0; FailAt = 0; EndAt = 0; Failed = $null; Effects = $null }

# Values of the enumerations that the pages name; of State only the page of 2016 does (NetTCPIP/Get-NetTCPConnection).
$enumerations = @{
  AddressFamily = 'IPv4', 'IPv6'; AddressState = 'Invalid', 'Tentative', 'Duplicate', 'Deprecated', 'Preferred'
  PrefixOrigin = 'Manual', 'WellKnown', 'DHCP', 'RouterAdvertisement'
  SuffixOrigin = 'Manual', 'WellKnown', 'DHCP', 'Link', 'Random'; Type = 'Unicast', 'Anycast'
  Publish = 'No', 'Yes', 'Age'; Dhcp = 'Enabled', 'Disabled'; Enabled = 'True', 'False'
  State = 'Closed', 'Listen', 'SynSent', 'SynReceived', 'Established', 'FinWait1', 'FinWait2', 'CloseWait', 'Closing',
    'LastAck', 'TimeWait', 'DeleteTCB', 'Bound'
  ExecutionPolicyScope = 'Process', 'CurrentUser', 'LocalMachine', 'UserPolicy', 'MachinePolicy'
}
$types = @{
  String = 'string'; UInt16 = 'uint16'; UInt32 = 'uint32'; UInt64 = 'uint64'; Int32 = 'int'; Byte = 'byte'
  Boolean = 'bool'; TimeSpan = 'timespan'; IPAddress = 'ipaddress'; SecureString = 'securestring'; Object = 'object'
  CimInstance = 'object'; CimSession = 'object'; ServiceController = 'object'; PSCredential = 'pscredential'
}

function ConvertFrom-Syntax([string]$Syntax) {
  $sets = @($Syntax -split '(?m)^\s*--\s*$' | Where-Object { $_.Trim() })
  $parameters = [ordered]@{}
  for ($set = 0; $set -lt $sets.Count; $set++) {
    $position = 0
    $pattern = '(?<open>\[)?(?<spot>\[)?-(?<name>\w+)\]?(?: <(?<type>[\w]+)(?<many>\[\])?>)?\]?'
    foreach ($match in [regex]::Matches($sets[$set], $pattern)) {
      $name = $match.Groups['name'].Value
      if ($name -in 'Confirm', 'WhatIf') { continue }
      $text = $match.Value
      $isPlace = $text -match '^\[\[-' -or $text -match '^\[-\w+\] <'
      $isNeeded = $text -notmatch '^\[' -or $text -match '^\[-\w+\] <'
      if (-not $parameters.Contains($name)) { $parameters[$name] = @{ Type = $match.Groups['type'].Value; Many = $match.Groups['many'].Success; Sets = [ordered]@{} } }
      $parameters[$name].Sets["set$set"] = @{ Needed = $isNeeded; Place = if ($isPlace) { ($position++) } else { $null } }
    }
  }
  $parameters
}

# stub NAME SYNTAX BODY: sets of parameters are apart by a line "--". The body gets what was bound.
function Add-Stub([string]$Name, [string]$Syntax, [scriptblock]$Body) {
  $lines = foreach ($entry in (ConvertFrom-Syntax $Syntax).GetEnumerator()) {
    $parameter = $entry.Value
    foreach ($set in $parameter.Sets.GetEnumerator()) {
      $words = @("ParameterSetName = '$($set.Key)'")
      if ($set.Value.Needed) { $words += 'Mandatory' }
      if ($null -ne $set.Value.Place) { $words += "Position = $($set.Value.Place)" }
      if ($entry.Key -eq 'InputObject') { $words += 'ValueFromPipeline' }
      "[Parameter($($words -join ', '))]"
    }
    $type = $parameter.Type
    if (-not $type) { "[switch]`$$($entry.Key)," }
    elseif ($enumerations.Contains($type)) {
      $values = ($enumerations[$type] | ForEach-Object { "'$_'" }) -join ', '
      "[ValidateSet($values)][string$(if ($parameter.Many) { '[]' })]`$$($entry.Key),"
    } elseif ($types.Contains($type)) { "[$($types[$type])$(if ($parameter.Many) { '[]' })]`$$($entry.Key)," }
    else { "[object]`$$($entry.Key)," }
  }
  $confirms = $Syntax -match '\[-Confirm\]'
  $text = "[CmdletBinding(DefaultParameterSetName = 'set0', PositionalBinding = `$false$(if ($confirms) { ', SupportsShouldProcess' }))]`n" +
    "param($(($lines -join "`n").TrimEnd(',')))`nprocess { Invoke-Stub '$Name' `$PSBoundParameters }"
  Set-Item -Path "function:global:$Name" -Value ([scriptblock]::Create($text))
  $global:Bench.Stubs[$Name] = @{ Body = $Body; Parameters = @((ConvertFrom-Syntax $Syntax).Keys) +
    $(if ($confirms) { 'Confirm', 'WhatIf' }) }
}

function global:Invoke-Stub([string]$Name, $Bound) { Invoke-Counted $Name { & $global:Bench.Stubs[$Name].Body $Bound } }

function global:Invoke-Counted([string]$Name, [scriptblock]$Body) {
  if ($global:Bench.Ended) { exit 99 }
  $global:Bench.Calls++
  $number = $global:Bench.Calls
  if ($global:Bench.FailAt -eq $number) {
    $global:Bench.Failed = $Name
    throw "$Name fails here"
  }
  & $Body
  Step-Bench
}

function global:Step-Bench {
  $global:Bench.Steps++
  if ($global:Bench.EndAt -ne $global:Bench.Steps) { return }
  # Out of a method of an object nothing exits: nothing has an effect any more, until something does.
  $global:Bench.Ended = $true
  exit 99
}

# What a script writes to files is real. The log is no step: nothing reads it.
foreach ($name in 'Add-Content', 'Set-Content', 'New-Item', 'Remove-Item', 'Move-Item', 'Set-ItemProperty', 'Remove-ItemProperty') {
  Set-Item -Path "function:global:$name" -Value ([scriptblock]::Create(@"
if (`$global:Bench.Running -and `$global:Bench.Ended) { exit 99 }
if (`$MyInvocation.ExpectingInput) { `$input | Microsoft.PowerShell.Management\$name @args } else { Microsoft.PowerShell.Management\$name @args }
if (`$global:Bench.Running -and -not ("`$args" -match '\.log\b')) { Step-Bench }
"@))
}

function global:Add-Effect([string]$Text) { $global:Bench.Effects.Add($Text) }

# A program: its arguments as Windows PowerShell puts them on one line, which the program cuts up again
# (Microsoft Learn: Parsing C command-line arguments). Quotes inside are passed as they are.
function Split-Line([string[]]$Given) {
  $parts = foreach ($text in $Given) {
    $quotes = 0; $blank = $false; $slash = $false
    foreach ($sign in $text.ToCharArray()) {
      if ($sign -eq '"' -and -not $slash) { $quotes++ }
      elseif ([char]::IsWhiteSpace($sign) -and $quotes % 2 -eq 0) { $blank = $true }
      $slash = $sign -eq '\'
    }
    if ($blank -or $text -eq '') { '"' + $text + '"' } else { $text }
  }
  $line = $parts -join ' '
  $found = [Collections.Generic.List[string]]::new()
  $now = [Text.StringBuilder]::new(); $inside = $false; $begun = $false
  for ($at = 0; $at -lt $line.Length; $at++) {
    $sign = $line[$at]
    if ($sign -eq '\') {
      $count = 0
      while ($at -lt $line.Length -and $line[$at] -eq '\') { $count++; $at++ }
      $quote = $at -lt $line.Length -and $line[$at] -eq '"'
      [void]$now.Append('\', $(if ($quote) { [math]::Floor($count / 2) } else { $count }))
      if ($quote -and $count % 2 -eq 1) { [void]$now.Append('"') } else { $at-- }
      $begun = $true
    } elseif ($sign -eq '"') { $inside = -not $inside; $begun = $true }
    elseif (($sign -eq ' ' -or $sign -eq "`t") -and -not $inside) {
      if ($begun) { $found.Add($now.ToString()); [void]$now.Clear(); $begun = $false }
    } else { [void]$now.Append($sign); $begun = $true }
  }
  if ($begun) { $found.Add($now.ToString()) }
  , $found.ToArray()
}

function Add-Program([string]$Name, [scriptblock]$Body) {
  $global:Bench.Stubs[$Name] = @{ Body = $Body; Parameters = $null }
  Set-Item -Path "function:global:$Name" -Value ([scriptblock]::Create(
    "`$words = Split-Line @(`$args | ForEach-Object { `$_ } | ForEach-Object { [string]`$_ }); Invoke-Counted '$Name' { & `$global:Bench.Stubs['$Name'].Body `$words }"))
}

# What a script has of its own and the bench replaces: functions that touch neither cmdlets nor programs.
$seams = 'Get-System', 'New-OwnFolder', 'New-OwnFile', 'Get-Computer', 'Get-Sid', 'Get-MemberSids', 'Find-Name'

# The script's text without them, line by line as it was.
function Get-Replaced([string]$Text) {
  $problems = $null
  $ast = [Management.Automation.Language.Parser]::ParseInput($Text, [ref]$null, [ref]$problems)
  $functions = $ast.FindAll({ param($node) $node -is [Management.Automation.Language.FunctionDefinitionAst] -and
    $seams -contains $node.Name }, $true)
  foreach ($function in @($functions | Sort-Object { -$_.Extent.StartOffset })) {
    $range = $function.Extent
    $blank = $range.Text -replace '[^\r\n]', ''
    $Text = $Text.Remove($range.StartOffset, $range.Text.Length).Insert($range.StartOffset, $blank)
  }
  $Text
}

# Runs a script's text in a folder of its own; gives its exit code, what it said, calls and effects.
function Invoke-Script([string]$Text, [hashtable]$With = @{}, [int]$FailAt = 0, [int]$EndAt = 0, [switch]$Replaced) {
  $bench = $global:Bench
  $bench.Calls = 0; $bench.Steps = 0; $bench.FailAt = $FailAt; $bench.EndAt = $EndAt; $bench.Failed = $null
  $bench.Effects = [Collections.Generic.List[string]]::new()
  if (-not $Replaced) { $Text = Get-Replaced $Text }
  $path = Join-Path $bench.Folder 'first-start.ps1'
  [IO.File]::WriteAllText($path, $Text, [Text.UTF8Encoding]::new($true))
  $global:LASTEXITCODE = 0
  $problem = $null
  $bench.Running = $true
  $bench.Ended = $false
  try { $said = & $path @With *>&1 } catch { $problem = [string]$_ }
  $bench.Running = $false
  $code = if ($bench.Ended) { 99 } else { $global:LASTEXITCODE }
  @{ Code = $code; Said = @($said | ForEach-Object { [string]$_ }); Problem = $problem; Calls = $bench.Calls; Steps = $bench.Steps
     Failed = $bench.Failed; Effects = @($bench.Effects) }
}

# The state as one text, to compare.
function Get-StateText { ConvertTo-Json -InputObject $global:Bench.State -Depth 8 -Compress }

Export-ModuleMember -Function Add-Stub, Add-Program, Split-Line, Get-Replaced, Invoke-Script, Get-StateText
