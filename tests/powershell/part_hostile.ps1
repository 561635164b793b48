# (c) Whatever a server calls its accounts and groups arrives as it is, and nothing of it runs.

Test-That 'a program gets its words as they were given' {
  Add-Program 'echo.exe' { param($words) $global:Words = $words }
  $function = [regex]::Match(@(Get-Case | Where-Object { $_.Run -match 'function Invoke-Program' })[0].Run, '(?s)function Invoke-Program.*?\r?\n\}').Value
  . ([scriptblock]::Create($function))
  foreach ($text in 'a', 'a b', 'a"b', '"', '""', 'a b"c d', '\', 'a\', 'a b\', 'a\"b', 'a b\\"c', '\\server\share\', "tab`there", "'", '$(x)', '%PATH%', 'a&b|c', '') {
    Invoke-Program 'echo.exe' @('first', "name=$text", 'last')
    Assert-That ($global:Words.Count -eq 3 -and $global:Words[1] -ceq "name=$text") "'$text' arrives as '$($global:Words -join "' '")'"
  }
}

function global:calc { $global:Ran = $true }
$hostile = @(Get-Content (Join-Path $Scripts 'hostile.json') -Raw | ConvertFrom-Json)
$cases = @(Get-Case | Where-Object { $_.Name -like 'hostile*' })
Test-That "hostile names: $($hostile.Count)" { Assert-That ($hostile.Count -ge 100 -and $cases.Count -eq 1) 'too few' }
foreach ($case in $cases) {
  Test-That "$($case.Name): every name arrives, and nothing else runs" {
    Assert-That (@(Find-Newer $case.Run $Bench.Stubs).Count -eq 0) (Find-Newer $case.Run $Bench.Stubs)
    New-Windows $case
    $before = Get-Comparable
    $result = Invoke-Script $case.RunReplaced -Replaced
    Assert-That ($result.Code -eq 0) (($result.Said | Select-Object -Last 12) -join "`n")
    foreach ($one in $hostile) {
      $name = $one.name
      $user = @($Bench.State.Users | Where-Object { $_.Name -ceq $name })
      Assert-That ($user.Count -eq 1 -and $user[0].Description -ceq $one.text -and $user[0].FullName -ceq $one.text) "user '$name', '$($one.text)'"
      Assert-That ($user[0].Parameters -and $user[0].Parameters.Length -gt 23) "dial-in of '$name'"
      $group = @($Bench.State.Groups | Where-Object { $_.Name -ceq "g$name" })
      Assert-That ($group.Count -eq 1 -and $group[0].Description -ceq $one.text -and @($group[0].Members) -contains $user[0].Sid) "group of '$name'"
    }
    Assert-That (-not $global:Ran) 'a name has run'
    Assert-That ($Bench.State.Users.Count -eq $hostile.Count + 2) 'other accounts'
    $log = [IO.File]::ReadAllLines((Get-ChildItem "$env:ProgramData/rehome" -Recurse -Filter first-start.log).FullName)
    Assert-That (@($log | Where-Object { $_ -and $_ -notmatch '^\S+Z( |$)' }).Count -eq 0) 'a name breaks a line of the log'
    [void](Invoke-Script $case.Undo)
    Assert-That ((Get-Comparable) -eq $before) 'the way back leaves something'
  }
}
