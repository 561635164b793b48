# (a) Every script: parsed, clean for 3.0, run; what it does stays done, and the way back leaves what was there.

$cases = @(Get-Case)
Test-That "scripts to test: $($cases.Count)" { Assert-That ($cases.Count -gt 20) 'hardly any scripts' }

foreach ($case in $cases) {
  Test-That "$($case.Name): Windows PowerShell 3.0 reads it" {
    foreach ($text in $case.Run, $case.Undo) {
      $newer = @(Find-Newer $text $Bench.Stubs)
      Assert-That ($newer.Count -eq 0) ($newer -join "`n")
    }
  }
  if ($case.Name -eq 'once') { continue } # it is run by a sign-in: part_once
  Test-That "$($case.Name): runs, runs again without effect, goes back" {
    New-Windows $case
    $before = Get-Windows
    $unable = Get-Unable $case
    $first = Invoke-Script $case.RunReplaced -Replaced
    $states = Get-States
    foreach ($action in $case.Actions) {
      $expected = if ($unable -contains $action.Name) { 'failed' } elseif (@($action.Needs | Where-Object { $states[$_] -ne 'done' }).Count -gt 0) { 'not tried' } else { 'done' }
      if ($action.Name -eq 'remote-access/bind-sstp-certificate' -and $unable) { continue }
      Assert-That ($states[$action.Name] -eq $expected) "$($action.Name): $($states[$action.Name])`n$($first.Said -join "`n")`n$($first.Problem)"
    }
    if (-not $unable) { Assert-That ($first.Code -eq 0) "exit code $($first.Code)" }
    Assert-That (-not ($first.Said -match 'CimInstance|@\{|System\.Object|Hashtable')) "objects in the log: $($first.Said -join "`n")"
    $after = Get-Windows
    $second = Invoke-Script $case.RunReplaced -Replaced
    if (-not $unable) { Assert-That ($second.Effects.Count -eq 0) "the second run did: $($second.Effects -join ', ')" }
    Assert-That ((Get-Windows) -eq $after) 'the second run changed something'
    $back = Invoke-Script $case.Undo
    Assert-That ($back.Code -eq 0) "the way back: exit code $($back.Code)`n$($back.Said -join "`n")`n$($back.Problem)"
    Assert-That ((Get-Windows) -eq $before) "the way back leaves`n$(Get-Windows)`nnot`n$before`n$($back.Said -join "`n")"
  }
}
