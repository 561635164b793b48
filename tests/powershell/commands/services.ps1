# Services. Pages of Windows PowerShell 3.0: Microsoft.PowerShell.Management (Get-, Start- and Stop-Service, without
# their set InputObject), Microsoft.PowerShell.Utility (Start-Sleep).

# Service control: a start goes on in the background; a service that is going to fail stops soon after.
function global:Find-Service([string]$Name) {
  $service = $global:Bench.State.Services[$Name]
  if (-not $service) { throw "Cannot find any service with service name '$Name'." }
  $service
}

function global:Get-Shown($Name) {
  $service = Find-Service $Name
  $shown = [pscustomobject]@{ Name = $Name; Status = $service.Status }
  if ($service.Status -eq 'StartPending') { $service.Status = 'Running' }
  if ($service.Status -eq 'StopPending') { $service.Status = 'Stopped' }
  $shown
}

Add-Stub 'Get-Service' @'
[[-Name] <String[]>] [-ComputerName <String[]>] [-DependentServices] [-RequiredServices] [-Include <String[]>] [-Exclude <String[]>]
--
[-ComputerName <String[]>] [-DependentServices] [-RequiredServices] -DisplayName <String[]> [-Include <String[]>] [-Exclude <String[]>]
'@ {
  param($b)
  if ($b.ComputerName) {
    $far = $global:Bench.State.FarServices[$b.Name[0]]
    if ($far) { [pscustomobject]@{ Name = $b.Name[0]; Status = $far } }
    return
  }
  foreach ($name in $b.Name) {
    if ($b.DependentServices) { foreach ($other in (Find-Service $name).Dependents) { Get-Shown $other } }
    else { Get-Shown $name }
  }
}

Add-Stub 'Start-Service' @'
[-Name] <String[]> [-PassThru] [-Include <String[]>] [-Exclude <String[]>] [-Confirm] [-WhatIf]
--
[-PassThru] -DisplayName <String[]> [-Include <String[]>] [-Exclude <String[]>] [-Confirm] [-WhatIf]
'@ {
  param($b)
  foreach ($name in $b.Name) {
    $service = Find-Service $name
    foreach ($needed in $service.Needs) { (Find-Service $needed).Status = 'Running' }
    if ($service.Status -ne 'Running') { $service.Status = 'StartPending' }
    Add-Effect "start $name"
  }
}

Add-Stub 'Stop-Service' @'
[-Name] <String[]> [-Force] [-PassThru] [-Include <String[]>] [-Exclude <String[]>] [-Confirm] [-WhatIf]
--
[-Force] [-PassThru] -DisplayName <String[]> [-Include <String[]>] [-Exclude <String[]>] [-Confirm] [-WhatIf]
'@ {
  param($b)
  foreach ($name in $b.Name) {
    $running = @((Find-Service $name).Dependents | Where-Object { (Find-Service $_).Status -ne 'Stopped' })
    if ($running.Count -gt 0 -and -not $b.Force) { throw "Cannot stop $name because it has dependent services." }
    foreach ($other in $running) { (Find-Service $other).Status = 'Stopped' }
    if ((Find-Service $name).Status -ne 'Stopped') { (Find-Service $name).Status = 'StopPending' }
    Add-Effect "stop $name"
  }
}

Add-Stub 'Start-Sleep' @'
[-Seconds] <Int32>
--
-Milliseconds <Int32>
'@ {
  param($b)
  if ($b.Seconds -lt 10) { return }
  foreach ($name in @($global:Bench.State.Services.Keys)) {
    if ($global:Bench.State.Services[$name].Dies) { $global:Bench.State.Services[$name].Status = 'Stopped' }
  }
}
