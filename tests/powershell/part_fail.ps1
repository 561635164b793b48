# (b) Any call of Windows fails once: what does not need it is done, the report says so, and the next run does the rest.

foreach ($case in Select-Case (Get-Case)) {
  New-Windows $case
  $clean = Invoke-Script $case.RunReplaced -Replaced
  $wanted = Get-Comparable
  Test-That "$($case.Name): any of $($clean.Calls) calls fails once ($(Show-Sample))" {
    Assert-That ($clean.Code -eq 0) 'not even the clean run went well'
    foreach ($number in Get-Sample $clean.Calls) {
      New-Windows $case
      $result = Invoke-Script $case.RunReplaced -FailAt $number -Replaced
      $states = Get-States
      $where = "call $number, $($result.Failed)"
      $failed = @($case.Actions | Where-Object { $states[$_.Name] -eq 'failed' })
      Assert-That ($result.Code -eq 1) "${where}: exit code $($result.Code) $($result.Problem)"
      Assert-That ($failed.Count -eq 1) "${where}: $($failed.Count) actions failed`n$($result.Said -join "`n")"
      $lost = @{ $failed[0].Name = 'failed' }
      foreach ($action in $case.Actions) {
        if (@($action.Needs | Where-Object { $lost[$_] }).Count -gt 0) { $lost[$action.Name] = 'not tried' }
        $expected = if ($lost[$action.Name]) { $lost[$action.Name] } else { 'done' }
        Assert-That ($states[$action.Name] -eq $expected) "${where}: $($action.Name) is $($states[$action.Name]), not $expected"
        Assert-That (@($result.Said | Where-Object { $_ -match "^\S+ $expected +$([regex]::Escape($action.Name))( |$)" }).Count -gt 0) "${where}: no line of the table for $($action.Name)"
      }
      Assert-That (($result.Said -join "`n") -match "failed $($failed[0].Name): .*fails here.* \(line \d+, character \d+\)") "${where}: the error is not told: $($result.Said -join "`n")"
      $again = Invoke-Script $case.RunReplaced -Replaced
      Assert-That ($again.Code -eq 0) "${where}: the next run: $($again.Said -join "`n")"
      $got = Get-Comparable
      Assert-That ($got -eq $wanted) "${where}: afterwards`n$got`nnot`n$wanted"
    }
  }
}
