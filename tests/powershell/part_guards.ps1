# Guards, and what Windows may be like that no plan knows.

$cases = @(Get-Case)
$case = $cases | Where-Object { $_.Name -eq 'vpn' }
$files = $cases | Where-Object { $_.Name -eq 'files' }
$accounts = $cases | Where-Object { $_.Actions.Name -contains 'local-accounts/create-users' } | Select-Object -First 1

$refused = [ordered]@{
  'not elevated' = @{ Elevated = $false }, 'administrator'
  'another computer' = @{ Computer = 'OTHER' }, 'not for OTHER'
  'a 32-bit PowerShell' = @{ Narrow = $true }, '32-bit'
  'PowerShell 7' = @{ Version = '7.4.1' }, 'is PowerShell 7\.4\.1'
  'PowerShell 2' = @{ Version = '2.0' }, 'is PowerShell 2\.0'
  'Group Policy that wants signatures' = @{ Policy = @('AllSigned', 'Undefined') }, 'Group Policy'
  'a restart that is due' = @{ Restart = $true }, 'waits for a restart'
  'the script of an older run' = @{ Newest = 4102444800 }, 'an older run'
}
foreach ($guard in $refused.Keys) {
  Test-That "refuses $guard, in a sentence, and does nothing" {
    foreach ($text in $case.Run, $case.Undo) {
      New-Windows $case
      $before = Get-Windows
      foreach ($fact in $refused[$guard][0].Keys) { $Bench.System[$fact] = $refused[$guard][0][$fact] }
      $result = Invoke-Script $text
      Assert-That ($result.Code -eq 2) "exit code $($result.Code)"
      Assert-That ($result.Said.Count -eq 1 -and $result.Said[0] -match $refused[$guard][1] -and $result.Said[0].EndsWith('.')) ($result.Said -join "`n")
      Assert-That ($result.Calls -eq 0 -and (Get-Windows) -eq $before -and -not (Test-Path "$env:ProgramData/rehome")) 'it did something'
    }
  }
}

Test-That '-AnyComputer runs it on a computer of another name' {
  New-Windows $case
  $Bench.System.Computer = 'OTHER'
  $result = Invoke-Script $case.Run -With @{ AnyComputer = $true }
  Assert-That ($result.Code -eq 0) ($result.Said -join "`n")
}

Test-That 'a service that stops again within 15 seconds has failed' {
  New-Windows $case
  $Bench.State.Services.RemoteAccess.Dies = $true
  $result = Invoke-Script $case.Run
  Assert-That ((Get-States)['remote-access/restart-service'] -eq 'failed') ($result.Said -join "`n")
  Assert-That (($result.Said -join "`n") -match 'stopped again within 15 seconds') ($result.Said -join "`n")
  Assert-That ((Get-States)['remote-access/enable-firewall-rules'] -eq 'done') 'the rules have to do with that'
}

Test-That 'a firewall rule that is absent is told, the others are turned on' {
  New-Windows $case
  $Bench.State.Rules.Remove('RRAS-GRE-In')
  $result = Invoke-Script $case.Run
  Assert-That ($result.Code -eq 0) ($result.Said -join "`n")
  Assert-That (($result.Said -join "`n") -match 'has no rule RRAS-GRE-In') ($result.Said -join "`n")
  Assert-That ($Bench.State.Rules['RRAS-PPTP-In-TCP'] -eq 'True') 'the other one is off'
}

Test-That 'what another program has bound stays' {
  New-Windows $case
  $Bench.State.Bound['0.0.0.0:443'] = [ordered]@{ Hash = '11' * 20; App = '{11111111-2222-3333-4444-555555555555}' }
  $result = Invoke-Script $case.Run
  if ($case.Actions.Name -contains 'remote-access/bind-sstp-certificate') {
    Assert-That ($Bench.State.Bound['0.0.0.0:443'].Hash -eq '11' * 20) 'it was bound anew'
    Assert-That ((Get-States)['remote-access/restart-service'] -eq 'not tried') 'the service started without its certificate'
  }
}

Test-That 'new addresses are there before old ones go' {
  New-Windows $files
  $result = Invoke-Script $files.Run
  $add = @(0..($result.Effects.Count - 1) | Where-Object { $result.Effects[$_] -like 'add *' })
  $remove = @(0..($result.Effects.Count - 1) | Where-Object { $result.Effects[$_] -like 'remove *' })
  Assert-That ($add.Count -ge 2 -and $remove.Count -ge 1) ($result.Effects -join ', ')
  Assert-That (($add | Measure-Object -Maximum).Maximum -lt ($remove | Measure-Object -Minimum).Minimum) ($result.Effects -join ', ')
}

Test-That 'an address that another computer has is given back, and the old ones stay' {
  New-Windows $files
  $before = @($Bench.State.Addresses | ForEach-Object { $_.IPAddress }) -join ' '
  $Bench.State.TakenElsewhere = @([regex]::Match($files.Run, "wanted = @\('([^/]+)/").Groups[1].Value)
  $result = Invoke-Script $files.Run
  Assert-That ((Get-States)['ip-configuration/addresses'] -eq 'failed') ($result.Said -join "`n")
  Assert-That (($result.Said -join "`n") -match 'Another computer has the address') ($result.Said -join "`n")
  Assert-That ((@($Bench.State.Addresses | ForEach-Object { $_.IPAddress }) -join ' ') -eq $before) 'the addresses are others'
}

Test-That 'a session over an address that goes is told' {
  New-Windows $files
  $old = [regex]::Match($files.Undo, "wanted = @\('([^/]+)/").Groups[1].Value
  $Bench.State.Connections = @(@{ LocalAddress = $old; LocalPort = 3389; State = 'Established' })
  $result = Invoke-Script $files.Run
  Assert-That (($result.Said -join "`n") -match "warning: a session comes in over $([regex]::Escape($old))") ($result.Said -join "`n")
}

Test-That "somebody else's account of the same name is left alone" {
  New-Windows $accounts
  $name = [regex]::Match($accounts.Run, "@\{ Name = '([^']+)'; .*Flags").Groups[1].Value
  [void]$Bench.State.Users.Add([ordered]@{ Name = $name; Sid = 'S-1-5-21-1-2-3-1999'; Parameters = ''; Description = 'mine' })
  $result = Invoke-Script $accounts.Run
  Assert-That ((Get-States)['local-accounts/create-users'] -eq 'failed') ($result.Said -join "`n")
  Assert-That (($result.Said -join "`n") -match 'it is there already, and not by this script') ($result.Said -join "`n")
  [void](Invoke-Script $accounts.Undo)
  $left = @($Bench.State.Users | Where-Object { $_.Name -eq $name })
  Assert-That ($left.Count -eq 1 -and $left[0].Description -eq 'mine' -and $left[0].Count -eq 4) 'it was changed'
}

Test-That 'the language check finds what newer versions have' {
  $newer = @('$a ? 1 : 2', '$a ?? 2', '$a ??= 2', '${a}?.b', '${a}?[0]', 'Get-Date && Get-Date', 'Get-Date || Get-Date', 'Get-Date &',
    'class A { }', 'enum A { B }', 'using namespace System', 'function A { clean { } }', 'foreach -parallel', '1..2 | ForEach-Object -Parallel { }',
    '#requires -Version 5.1', '[Uri]::new("a")', '(1, 2).ForEach({ 1 })', '(1, 2).Where({ 1 })', '0b11', '1u', '"`e[0m"', '"`u{41}"',
    'Get-Content a -AsByteStream', 'Get-Date -AsUTC', 'Get-ChildItem -Depth 2', 'Set-Content a -NoNewline', 'Get-LocalUser', 'Select-Object -SkipLast 1',
    'ConvertFrom-Json -AsHashtable', 'Join-Path a b -Nonsense', 'Set-Content a b -Encoding utf8NoBOM', 'configuration A { }', 'Remove-Service x', 'Get-NetIPAddress -Nonsense')
  foreach ($text in $newer) { Assert-That (@(Find-Newer $text $Bench.Stubs).Count -gt 0) "not seen: $text" }
  foreach ($text in '$a = 1; $b = @{ x = 1 }', 'Get-ChildItem -Path a -Recurse | Where-Object { $_.Name }', '0x1F + 12 + 1kb + 2L + 1.5d', 'foreach ($a in 1, 2) { "$a" }') {
    $found = @(Find-Newer $text $Bench.Stubs)
    Assert-That ($found.Count -eq 0) "taken for newer: $text`: $found"
  }
}
