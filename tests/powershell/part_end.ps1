# (d) A script that ends anywhere is run again, or taken back; and one that was cut off does nothing.
# Of a sample of the steps, in turn run again and taken back; of all of them each is both.

foreach ($case in Select-Case (Get-Case)) {
  New-Windows $case
  $before = Get-Comparable
  $clean = Invoke-Script $case.RunReplaced -Replaced
  $wanted = Get-Comparable
  $undo = Get-Replaced $case.Undo
  Test-That "$($case.Name): ends behind any of $($clean.Steps) steps ($(Show-Sample))" {
    $turn = $false
    foreach ($number in Get-Sample ($clean.Steps - 1)) {
      $turn = -not $turn
      foreach ($again in $(if ($Stride -eq 1) { $true, $false } else { $turn })) {
        New-Windows $case
        $result = Invoke-Script $case.RunReplaced -EndAt $number -Replaced
        Assert-That ($result.Code -eq 99) "step ${number}: it did not end there: $($result.Said -join "`n")"
        if ($again) {
          $next = Invoke-Script $case.RunReplaced -Replaced
          Assert-That ($next.Code -eq 0) "step ${number}: the next run: $($next.Said -join "`n") $($next.Problem)"
          $got = Get-Comparable
          Assert-That ($got -eq $wanted) "step ${number}: afterwards`n$got`nnot`n$wanted"
        }
        if ($again -and $Stride -gt 1) { continue }
        $back = Invoke-Script $undo -Replaced
        Assert-That ($back.Code -eq 0) "step ${number}: the way back: $($back.Said -join "`n") $($back.Problem)"
        $got = Get-Comparable
        Assert-That ($got -eq $before) "step ${number}: the way back leaves`n$got`nnot`n$before"
      }
    }
  }
}

$case = @(Select-Case (Get-Case))[0]
Test-That "$($case.Name): cut off behind any line it does nothing" {
  New-Windows $case
  $before = Get-Windows
  $lines = $case.RunReplaced -split "`n"
  for ($count = 1; $count -lt $lines.Count - 1; $count++) {
    $result = Invoke-Script (($lines[0..($count - 1)]) -join "`n") -Replaced
    Assert-That ($result.Calls -eq 0 -and (Get-Windows) -eq $before) "$count lines: $($result.Said -join "`n")"
    Assert-That (-not (Test-Path "$env:ProgramData/rehome")) "$count lines: it made its folder"
  }
}
