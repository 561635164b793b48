# A script that is registered in RunOnce: it runs by itself, once when all goes well, and at the next sign-in when not.

$case = @(Get-Case | Where-Object { $_.Name -eq 'once' })[0]
$command = [regex]::Match($case.Run, "-Value '(\S+powershell\.exe [^']+)'").Groups[1].Value
$entries = { [Rehome.Store]::Keys['SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce'] }

# As the plan leaves the server.
function New-Registered {
  New-Windows $case
  (& $entries)[[regex]::Match($case.Run, "'(!rehome-\w+)', ").Groups[1].Value] = $command
}

# An administrator signs in: Windows runs what stands there by then, and takes each out when its command has ended. When
# the power goes, it stays.
function Invoke-SignIn([hashtable]$Fault = @{}) {
  foreach ($entry in @(& $entries | ForEach-Object { $_.GetEnumerator() })) {
    $name = $entry.Key
    if ($entry.Value -ne $command -or -not $name.StartsWith('!')) { throw "$name is another entry" }
    $result = Invoke-Script $case.RunReplaced -Replaced @Fault
    if ($result.Code -ne 99) { [void](& $entries).Remove($name) }
    $result
    if ($result.Code -eq 99) { return }
  }
}
function Get-LogText { [IO.File]::ReadAllText((Get-ChildItem "$env:ProgramData/rehome" -Recurse -Filter first-start.log).FullName) }

New-Registered
$clean = @(Invoke-SignIn)
$wanted = Get-Comparable
Test-That 'it runs at the first sign-in, logs, and never again' {
  Assert-That ($clean.Count -eq 1 -and $clean[0].Code -eq 0 -and $clean[0].Effects.Count -gt 0) ($clean[0].Said -join "`n")
  Assert-That ((& $entries).Count -eq 0) "it would run again: $((& $entries).Keys)"
  Assert-That (@((Get-States).Values | Where-Object { $_ -ne 'done' }).Count -eq 0) 'the result says something else'
  Assert-That ((Get-LogText) -match 'all done') (Get-LogText)
  Assert-That (@(Invoke-SignIn).Count -eq 0) 'it ran again'
}

Test-That "any of $($clean[0].Calls) calls fails ($(Show-Sample)): the next sign-in does the rest, and no other" {
  foreach ($number in Get-Sample $clean[0].Calls) {
    New-Registered
    $first = @(Invoke-SignIn @{ FailAt = $number })
    Assert-That ($first.Count -eq 1 -and $first[0].Code -eq 1) "call ${number}: $($first[0].Said -join "`n")"
    Assert-That ((& $entries).Count -eq 1) "call ${number}: it does not run again"
    $second = @(Invoke-SignIn)
    Assert-That ($second.Count -eq 1 -and $second[0].Code -eq 0) "call ${number}: $($second[0].Said -join "`n")"
    Assert-That ((Get-Comparable) -eq $wanted -and (& $entries).Count -eq 0) "call ${number}: afterwards $(Get-Comparable)"
    Assert-That ((Get-LogText) -match '(?s)fails here.*all done') "call ${number}: the log: $(Get-LogText)"
  }
}

Test-That "the power goes behind any of $($clean[0].Steps) steps ($(Show-Sample)): the next sign-in does the rest" {
  foreach ($number in Get-Sample ($clean[0].Steps - 1)) {
    New-Registered
    $first = @(Invoke-SignIn @{ EndAt = $number })
    Assert-That ($first[0].Code -eq 99) "step ${number}: it did not end there"
    $next = @(Invoke-SignIn)
    Assert-That ($next.Count -ge 1 -and $next[-1].Code -eq 0) "step ${number}: $($next[-1].Said -join "`n")"
    Assert-That ((Get-Comparable) -eq $wanted) "step ${number}: afterwards $(Get-Comparable)"
    Assert-That (@(Invoke-SignIn).Count -eq 0) "step ${number}: it ran once more"
  }
}

Test-That 'what never goes well is tried five times, and can be run by hand then' {
  New-Registered
  $Bench.State.Services.RemoteAccess.Dies = $true
  $codes = foreach ($day in 1..8) { @(Invoke-SignIn) | ForEach-Object { $_.Code } }
  Assert-That (($codes -join ' ') -eq '1 1 1 1 1') ($codes -join ' ')
  $Bench.State.Services.RemoteAccess.Dies = $false
  Assert-That ((Invoke-Script $case.RunReplaced -Replaced).Code -eq 0) 'it cannot be run by hand'
}

Test-That 'what a guard refuses is logged, and tried at the next sign-in' {
  New-Registered
  $Bench.System.Restart = $true
  $refused = @(Invoke-SignIn)
  Assert-That ($refused[0].Code -eq 2 -and $refused[0].Calls -eq 0) ($refused[0].Said -join "`n")
  Assert-That ((Get-LogText) -match 'Windows waits for a restart') (Get-LogText)
  $Bench.System.Restart = $false
  Assert-That (@(Invoke-SignIn)[0].Code -eq 0 -and (Get-Comparable) -eq $wanted) 'it was not done'
}

Test-That 'who is no administrator, and the script of an older run, get no second try' {
  foreach ($fact in @{ Elevated = $false }, @{ Newest = 4102444800 }) {
    New-Registered
    foreach ($name in $fact.Keys) { $Bench.System[$name] = $fact[$name] }
    Assert-That (@(Invoke-SignIn)[0].Code -eq 2) 'it was not refused'
    Assert-That ((& $entries).Count -eq 0 -and -not (Test-Path "$env:ProgramData/rehome")) 'it is tried again'
  }
}

Test-That 'the way back takes the registration out' {
  New-Registered
  (& $entries)['other'] = 'stays.exe'
  $back = Invoke-Script $case.Undo
  Assert-That ($back.Code -eq 0 -and ((& $entries).Keys -join ' ') -eq 'other') "$((& $entries).Keys) $($back.Said -join "`n")"
}
