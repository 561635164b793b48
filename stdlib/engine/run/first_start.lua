-- The PowerShell of which the scripts of the first start are made: what stands around the actions, and functions that
-- an action may call. Plain Windows PowerShell 3.0 to 5.1.
--
-- A script is only declarations down to its last line: cut off anywhere it does nothing. The functions Get-System,
-- New-OwnFolder, New-OwnFile, Get-Computer, Get-Sid, Get-MemberSids and Find-Name alone touch what is neither a cmdlet
-- nor a program, and hold no decisions.

local M = {}

M.head = [==[
# @WHAT@
#
# Made by rehome for @COMPUTER@ (@KEY@). Read it, then run it there as an administrator:
#     powershell -ExecutionPolicy Bypass -File @FILE@
# An action that fails stops those that need it, and nothing else; the end is a table of all actions. What was done is
# recorded in %ProgramData%\rehome\@SHORT@, with a log: run again, the script does the rest.
# -AnyComputer runs it on a computer of another name.
param([switch]$AnyComputer)
$ErrorActionPreference = 'Stop'
$key = '@KEY@'
$made = @TIME@
$computer = '@COMPUTER@'
$folder = Join-Path $env:ProgramData 'rehome\@SHORT@'
$log = Join-Path $folder '@LOG@'
$actions = @()

# What the guards below ask. Registry: Component Based Servicing has the key RebootPending while a restart is due, and
# the two names of a computer differ until the restart after a renaming (general knowledge).
function Get-System {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $role = [Security.Principal.WindowsBuiltInRole]::Administrator
  $names = 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName'
  $servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
  $newest = Join-Path $env:ProgramData 'rehome\newest.txt'
  @{
    Version = [string]$PSVersionTable.PSVersion
    Narrow = [Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess
    Elevated = (New-Object Security.Principal.WindowsPrincipal $identity).IsInRole($role)
    Computer = $env:COMPUTERNAME
    Policy = @('MachinePolicy', 'UserPolicy' | ForEach-Object { [string](Get-ExecutionPolicy -Scope $_) })
    Restart = (Test-Path $servicing) -or (Get-ItemProperty "$names\ActiveComputerName").ComputerName -ne
      (Get-ItemProperty "$names\ComputerName").ComputerName
    Newest = $(if (Test-Path $newest) { [long](Get-Content -Path $newest) } else { 0 })
  }
}

# Why nothing may be done here, in a sentence.
function Get-Refusal($System) {
  if ([int]$System.Version.Split('.')[0] -lt 3 -or [int]$System.Version.Split('.')[0] -gt 5) {
    return "This needs Windows PowerShell 3.0 to 5.1 (powershell.exe), and is PowerShell $($System.Version)."
  }
  if ($System.Narrow) { return 'This is the 32-bit PowerShell, which sees another registry: start the 64-bit one.' }
  if (-not $System.Elevated) { return 'This needs an administrator: start PowerShell with "Run as administrator".' }
  if (-not $AnyComputer -and $System.Computer -ne $computer) {
    return "This script is for $computer, not for $($System.Computer): -AnyComputer runs it all the same."
  }
  if ($System.Policy -contains 'AllSigned' -or $System.Policy -contains 'Restricted') {
    return 'Group Policy lets no script run that is not signed: sign this one, or have the policy changed.'
  }
  if ($System.Restart) { return 'Windows waits for a restart: restart it, then run this again.' }
  if ($System.Newest -gt $made) { return 'A script of a newer plan has run here: this one is of an older run.' }
}

# Administrators and the system alone.
function Add-OwnRules($Rights, [string]$Inherit) {
  $Rights.SetAccessRuleProtection($true, $false)
  foreach ($sid in 'S-1-5-32-544', 'S-1-5-18') {
    $who = New-Object Security.Principal.SecurityIdentifier $sid
    $Rights.AddAccessRule((New-Object Security.AccessControl.FileSystemAccessRule(
      $who, 'FullControl', $Inherit, 'None', 'Allow')))
  }
}

# Anybody may make folders in %ProgramData%: only one of the administrators' own is trusted.
function New-OwnFolder([string]$Path) {
  $owner = New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-544'
  if (Test-Path $Path) {
    if ((Get-Acl $Path).GetOwner([Security.Principal.SecurityIdentifier]) -ne $owner) {
      throw "$Path was made by somebody else. Look at it, remove it, and run this again."
    }
    return
  }
  New-Item -ItemType Directory -Path $Path | Out-Null
  $access = New-Object Security.AccessControl.DirectorySecurity
  $access.SetOwner($owner)
  Add-OwnRules $access 'ContainerInherit, ObjectInherit'
  Set-Acl -Path $Path -AclObject $access
}

function Write-Log([string]$Text) {
  # What a server calls its accounts neither breaks lines nor turns the direction of text.
  $safe = $Text -replace '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]', '?'
  $line = '{0:yyyy-MM-ddTHH:mm:ssZ} {1}' -f (Get-Date).ToUniversalTime(), $safe
  Add-Content -Path $log -Value $line -Encoding UTF8
  Write-Host $line
}

function Add-Action([string]$Name, [string[]]$Needs, [string]$Title, [scriptblock]$Lines) {
  $script:actions += New-Object PSObject -Property @{
    Name = $Name; Needs = @($Needs | Where-Object { $_ }); Title = $Title; Lines = $Lines
    File = $Name.Replace('/', '.'); State = 'not tried'; Said = ''
  }
}

# Whether the lines of an action went well. What they give as text goes into the log.
function Invoke-Lines($Action) {
  Write-Log "begin $($Action.Name)"
  try {
    $global:LASTEXITCODE = 0
    & $Action.Lines | Where-Object { $_ -is [string] } | ForEach-Object { Write-Log "  $_" }
    if ($global:LASTEXITCODE -ne 0) { throw "a program ended with code $global:LASTEXITCODE" }
    return $true
  } catch {
    $at = $_.InvocationInfo
    $Action.Said = "$_ (line $($at.ScriptLineNumber), character $($at.OffsetInLine))"
    return $false
  }
}

# Not tried is what needs an action that has not come to its end.
function Test-Needs($Action) {
  $open = @($actions | Where-Object {
    $Action.Needs -contains $_.Name -and @('failed', 'not tried') -contains $_.State })
  if ($open.Count -eq 0) { return $true }
  $Action.Said = 'needs ' + (@($open | ForEach-Object { $_.Name }) -join ', ')
  return $false
}
]==]

-- A mark before the first effect and one behind the last: the way back undoes what was begun, too.
M.run = [==[

function Invoke-Action($Action) {
  $mark = Join-Path $folder $Action.File
  if (Test-Path "$mark.done") { $Action.State = 'done'; $Action.Said = 'before'; return }
  if (-not (Test-Needs $Action)) { return }
  New-Item -ItemType File -Force -Path "$mark.begun" | Out-Null
  if (Invoke-Lines $Action) {
    New-Item -ItemType File -Force -Path "$mark.done" | Out-Null
    $Action.State = 'done'
  } else { $Action.State = 'failed' }
}
]==]

M.undo = [==[

function Invoke-Action($Action) {
  $mark = Join-Path $folder $Action.File
  if (-not ((Test-Path "$mark.begun") -or (Test-Path "$mark.done"))) { $Action.State = 'was not done'; return }
  if (-not (Test-Needs $Action)) { return }
  if (Invoke-Lines $Action) {
    Remove-Item -Force -Path "$mark.*"
    $Action.State = 'undone'
  } else { $Action.State = 'failed' }
}
]==]

-- For a script that Windows runs by itself. RunOnce takes an entry whose name begins with "!" out when its command has
-- ended (Microsoft Learn: Run and RunOnce Registry Keys), so the next try stands there under another name before
-- anything is done. That Windows looks for it at the next sign-in alone is unverified: tries are counted.
M.once = [==[

function Set-Once([bool]$Again) {
  $once = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce'
  $there = Get-ItemProperty -Path $once
  foreach ($name in '@ONCE@', '@ONCE@-again') {
    if (-not $Again) { Remove-ItemProperty -Path $once -Name $name -ErrorAction SilentlyContinue }
    elseif (-not $there.$name) {
      Set-ItemProperty -Path $once -Name $name -Value '@COMMAND@'
      return
    }
  }
}

# Whatever becomes of this try, the next sign-in has another, up to the fifth. Nobody sees what it says: it is logged.
function Start-Once([string]$Refusal) {
  $tries = @(Get-Lines 'tries').Count + 1
  if ($tries -lt 5) { Set-Once $true }
  New-OwnFolder (Split-Path $folder)
  New-OwnFolder $folder
  Add-Line 'tries' "$tries"
  if ($Refusal) { Write-Log $Refusal }
}
]==]

M.run_once = {
  BEFORE = "\n  if ($system.Elevated -and $system.Newest -le $made) { Start-Once $refusal }",
  AFTER = "\n    Set-Once $false",
}
M.undo_once = { BEFORE = "\n  if ($system.Elevated) { Set-Once $false }", AFTER = "" }

M.foot = [==[

# For 'rehome verify --first-start'.
function Save-Result {
  $rows = @($actions | ForEach-Object { @{ id = [string]$_.Name; state = [string]$_.State; said = [string]$_.Said } })
  $result = @{
    format = 1; key = $key; script = '@FILE@'; computer = [string]$env:COMPUTERNAME; actions = $rows
    time = '{0:yyyy-MM-ddTHH:mm:ssZ}' -f (Get-Date).ToUniversalTime()
  }
  $text = ConvertTo-Json -InputObject $result -Depth 3
  [IO.File]::WriteAllText((Join-Path $folder '@RESULT@'), $text, (New-Object Text.UTF8Encoding $false))
}

function Invoke-All {
  $system = Get-System
  $refusal = Get-Refusal $system@BEFORE@
  if ($refusal) { Write-Host $refusal; exit 2 }
  New-OwnFolder (Split-Path $folder)
  New-OwnFolder $folder
  try { $lock = [IO.File]::Open((Join-Path $folder 'lock'), 'OpenOrCreate', 'ReadWrite', 'None') }
  catch { Write-Host 'The script runs already.'; exit 2 }
  try {
    Set-Content -Path (Join-Path (Split-Path $folder) 'newest.txt') -Value $made
    foreach ($action in $actions) {
      Invoke-Action $action
      Write-Log ("$($action.State) $($action.Name)" + $(if ($action.Said) { ": $($action.Said)" }))
      Save-Result
    }
    foreach ($action in $actions) { Write-Log ('{0,-12} {1,-42} {2}' -f $action.State, $action.Name, $action.Said) }
    $open = @($actions | Where-Object { @('failed', 'not tried') -contains $_.State })
    if ($open.Count -gt 0) {
      Write-Log "$($open.Count) of $($actions.Count) actions are left. Put it right and run the script again."
      exit 1
    }@AFTER@
    Write-Log 'all done'
  } finally { $lock.Dispose() }
}

Invoke-All
]==]

-- What actions may call. Only those that a script calls are in it.
M.functions = {
  { "New-OwnFile", [==[
# A new file, which nobody else can have opened before: CreateNew, with its rights from the beginning.
function New-OwnFile([string]$Path) {
  $rights = New-Object Security.AccessControl.FileSecurity
  Add-OwnRules $rights 'None'
  (New-Object IO.FileStream $Path, 'CreateNew', 'WriteData', 'None', 4096, 'None', $rights).Dispose()
}
]==] },
  { "Get-Computer", [==[
function Get-Computer { [ADSI]"WinNT://$env:COMPUTERNAME,computer" }
]==] },
  { "Get-Sid", [==[
function Get-Sid($Entry) {
  (New-Object Security.Principal.SecurityIdentifier ([byte[]]$Entry.objectSid.Value), 0).Value
}
]==] },
  { "Get-MemberSids", [==[
function Get-MemberSids($Group) {
  foreach ($member in @($Group.Invoke('Members'))) {
    $sid = $member.GetType().InvokeMember('objectSid', 'GetProperty', $null, $member, $null)
    (New-Object Security.Principal.SecurityIdentifier ([byte[]]$sid), 0).Value
  }
}
]==] },
  { "Find-Name", [==[
function Find-Name([string]$Sid) {
  $account = New-Object Security.Principal.SecurityIdentifier $Sid
  try { $account.Translate([Security.Principal.NTAccount]).Value.Split([char[]]'\', 2)[-1] } catch { $null }
}
]==] },
  { "Add-Line", [==[
# Lists in the script's folder: what was there before, and what was made.
function Add-Line([string]$List, [string]$Line) {
  Add-Content -Path (Join-Path $folder $List) -Value $Line -Encoding UTF8
}
]==] },
  { "Get-Lines", [==[
function Get-Lines([string]$List) {
  $file = Join-Path $folder $List
  if (Test-Path $file) { Get-Content -Path $file -Encoding UTF8 }
}
]==] },
  { "Remove-List", [==[
function Remove-List([string]$List) {
  $file = Join-Path $folder $List
  if (Test-Path $file) { Remove-Item -Force -Path $file }
}
]==] },
  { "Invoke-Program", [==[
# What a program says goes into the log. What it did has to be looked at: its code is not asked. A word is put between
# quotes as programs read them (Microsoft Learn: Parsing C command-line arguments): PowerShell itself would lose some.
function Invoke-Program([string]$Program, [string[]]$Words) {
  $safe = @($Words | ForEach-Object {
    if ($_ -match '[\s"]' -or $_ -eq '') {
      '"' + ($_ -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') + '"'
    } else { $_ }
  })
  & $Program $safe | ForEach-Object { [string]$_ }
  $global:LASTEXITCODE = 0
}
]==] },
  { "Wait-Status", [==[
function Wait-Status([string]$Name, [string]$Status) {
  for ($second = 0; $second -lt 120; $second++) {
    $now = [string](Get-Service -Name $Name).Status
    if ($now -eq $Status) { return }
    Start-Sleep -Seconds 1
  }
  throw "The service $Name is not $Status after two minutes, but $now."
}
]==] },
  { "Start-AndWait", [==[
# Starts a service, and sees that it still runs after 15 seconds.
function Start-AndWait([string]$Name) {
  if (@('Running', 'StartPending') -notcontains [string](Get-Service -Name $Name).Status) {
    Start-Service -Name $Name
  }
  Wait-Status $Name 'Running'
  Start-Sleep -Seconds 15
  if ([string](Get-Service -Name $Name).Status -ne 'Running') {
    throw "The service $Name has stopped again within 15 seconds: see the log System."
  }
}
]==] },
  { "Stop-AndWait", [==[
function Stop-AndWait([string]$Name) {
  Stop-Service -Name $Name -Force
  Wait-Status $Name 'Stopped'
}
]==] },
  { "Restart-AndWait", [==[
# Also starts again what depends on the service and ran.
function Restart-AndWait([string]$Name) {
  $known = @(Get-Lines "dependents.$Name")
  foreach ($service in @(Get-Service -Name $Name -DependentServices)) {
    if ([string]$service.Status -eq 'Running' -and $known -notcontains $service.Name) {
      Add-Line "dependents.$Name" $service.Name
    }
  }
  Stop-AndWait $Name
  Start-AndWait $Name
  foreach ($other in @(Get-Lines "dependents.$Name")) { Start-AndWait $other }
  Remove-List "dependents.$Name"
}
]==] },
  { "Save-Service", [==[
# Remembers, once, whether services run.
function Save-Service([string[]]$Names) {
  foreach ($name in $Names) {
    if (@(Get-Lines 'services.before' | Where-Object { $_.Split(' ')[0] -eq $name }).Count -eq 0) {
      $runs = @('Running', 'StartPending') -contains [string](Get-Service -Name $name).Status
      Add-Line 'services.before' "$name $runs"
    }
  }
}
]==] },
  { "Restore-Service", [==[
function Restore-Service([string[]]$Names) {
  foreach ($name in $Names) {
    $before = @(Get-Lines 'services.before' | Where-Object { $_.Split(' ')[0] -eq $name })
    if ($before.Count -eq 0) { continue }
    if ($before[0] -eq "$name True") { Start-AndWait $name } else { Stop-AndWait $name }
  }
}
]==] },
  { "Enable-Rules", [==[
# Turns on rules of Windows Firewall; each that was off is remembered first. Windows may lack a rule, which is told.
function Enable-Rules([string[]]$Names) {
  $all = @(Get-NetFirewallRule)
  foreach ($name in $Names) {
    $rules = @($all | Where-Object { $_.Name -like $name })
    if ($rules.Count -eq 0) { "Windows Firewall has no rule ${name}: open the port by hand." }
    foreach ($rule in @($rules | Where-Object { [string]$_.Enabled -ne 'True' })) {
      Add-Line 'rules.off' $rule.Name
      Enable-NetFirewallRule -Name $rule.Name
      if ([string](Get-NetFirewallRule -Name $rule.Name).Enabled -ne 'True') { throw "$($rule.Name) stays off." }
      "turned on $($rule.Name)"
    }
  }
}
]==] },
  { "Disable-Rules", [==[
# Turns off those that Enable-Rules turned on.
function Disable-Rules([string[]]$Names) {
  $all = @(Get-NetFirewallRule)
  foreach ($off in @(Get-Lines 'rules.off')) {
    if (@($Names | Where-Object { $off -like $_ }).Count -eq 0) { continue }
    foreach ($rule in @($all | Where-Object { $_.Name -eq $off })) { Disable-NetFirewallRule -Name $rule.Name }
  }
}
]==] },
}

---The functions that a text calls, at once or through one another, in their order.
---@param text string
---@return string
function M.called(text)
  local taken = {}
  for index = #M.functions, 1, -1 do
    local name, body = M.functions[index][1], M.functions[index][2]
    if text:find(name, 1, true) then
      table.insert(taken, 1, "\n" .. body)
      text = text .. body
    end
  end
  return table.concat(taken)
end

return M
