# ADSI's provider WinNT, and what scripts ask of SIDs (Microsoft Learn: ADSI WinNT Provider, IADsContainer, IADsUser,
# IADsGroup); the errors are those of lmerr.h, for a member that is one already of winerror.h. The objects stand behind
# the functions that the bench replaces.

function global:New-Entry([string]$Kind, $Account, [bool]$IsNew) {
  $entry = [pscustomobject]@{ Kind = $Kind; Account = $Account; IsNew = $IsNew; Pending = @{} }
  $entry | Add-Member ScriptProperty Properties { @{ Parameters = @{ Value = $this.Account.Parameters } } }
  $entry | Add-Member ScriptMethod SetPassword { param($text) Invoke-Counted 'SetPassword' {
    if (-not $text) { throw 'no password' }
    $this.Pending.HasPassword = $true } }
  $entry | Add-Member ScriptMethod Put { param($name, $value) $this.Pending[$name] = $value }
  $entry | Add-Member ScriptMethod InvokeSet { param($name, $value) $this.Pending[$name] = $value.ToString('o') }
  $entry | Add-Member ScriptMethod SetInfo { Invoke-Counted 'SetInfo' {
    $all = $global:Bench.State[$this.Kind + 's']
    if ($this.IsNew) {
      if (@($all | Where-Object { $_.Name -eq $this.Account.Name }).Count -gt 0) { throw 'The account already exists.' }
      $all.Add($this.Account)
      $this.IsNew = $false
      Add-Effect "create $($this.Kind) $($this.Account.Name)"
    }
    foreach ($name in @($this.Pending.Keys)) { $this.Account[[string]$name] = $this.Pending[[string]$name] } } }
  $entry | Add-Member ScriptMethod Invoke { param($what, $path) Invoke-Counted "Invoke $what" {
    $sid = $path -replace '^WinNT://'
    if ($what -eq 'Add') {
      if ($global:Bench.State.UnknownSids -contains $sid) { throw 'A member could not be added because it does not exist.' }
      if (@($this.Account.Members) -contains $sid) { throw [Runtime.InteropServices.COMException]::new('is a member already', -2147023518) }
      $this.Account.Members = @($this.Account.Members) + $sid
      Add-Effect "member $sid of $($this.Account.Name)"
    } else { $this.Account.Members = @($this.Account.Members | Where-Object { $_ -ne $sid }) } } }
  $entry
}

function global:Get-Computer {
  $children = [pscustomobject]@{}
  $children | Add-Member ScriptMethod Find { param($name, $kind) Invoke-Counted 'Find' {
    $found = $global:Bench.State[$kind + 's'] | Where-Object { $_.Name -eq $name } | Select-Object -First 1
    if (-not $found) { throw [Runtime.InteropServices.COMException]::new('not found', $(if ($kind -eq 'user') { -2147022675 } else { -2147022676 })) }
    New-Entry $kind $found $false } }
  $computer = [pscustomobject]@{ Children = $children }
  $computer | Add-Member ScriptMethod Create { param($kind, $name) Invoke-Counted 'Create' {
    $global:Bench.NextRid++
    New-Entry $kind ([ordered]@{ Name = $name; Sid = "$($global:Bench.State.MachineSid)-$($global:Bench.NextRid)"; Members = @() }) $true } }
  $computer | Add-Member ScriptMethod Delete { param($kind, $name) Invoke-Counted 'Delete' {
    $all = $global:Bench.State[$kind + 's']
    $found = $all | Where-Object { $_.Name -eq $name } | Select-Object -First 1
    if (-not $found) { throw 'not found' }
    [void]$all.Remove($found)
    foreach ($group in $global:Bench.State.Groups) { $group.Members = @($group.Members | Where-Object { $_ -ne $found.Sid }) }
    Add-Effect "delete $kind $name" } }
  $computer
}
function global:Get-Sid($Entry) { Invoke-Counted 'Get-Sid' { $Entry.Account.Sid } }
function global:Get-MemberSids($Group) { Invoke-Counted 'Get-MemberSids' { $Group.Account.Members } }
function global:Find-Name([string]$Sid) {
  Invoke-Counted 'Find-Name' {
    @(@($global:Bench.State.Users) + @($global:Bench.State.Groups) | Where-Object { $_.Sid -eq $Sid } | ForEach-Object { $_.Name }) | Select-Object -First 1
  }
}
function global:New-OwnFile([string]$Path) {
  Invoke-Counted 'New-OwnFile' { [IO.File]::Open($Path, 'CreateNew', 'Write').Dispose() }
}
function global:New-OwnFolder([string]$Path) { if (-not (Test-Path $Path)) { New-Item -ItemType Directory -Path $Path | Out-Null } }
function global:Get-System { $global:Bench.System }
