-- What the first start does: PowerShell with ADSI's WinNT provider, which every release has (New-LocalUser is there
-- from 2016 on alone). Users and groups are made under names and found again by SID, built-in ones by SID only.
--
-- What was made is written down in files of the script's folder, so that a second try goes on and the way back takes
-- away that and nothing else. No password is in the script, its log or the plan.

local groups = require "groups"
local powershell = require "windows.powershell"
local users = require "users"

-- Finding accounts, and remembering what was made. Texts of accounts are never part of a command.
local find = [==[
$machine = [ADSI]"WinNT://$env:COMPUTERNAME,computer"
function Get-Sid($Entry) {
  (New-Object Security.Principal.SecurityIdentifier ([byte[]]$Entry.objectSid.Value), 0).Value
}
function Find-Name([string]$Sid) {
  $account = New-Object Security.Principal.SecurityIdentifier $Sid
  try { $account.Translate([Security.Principal.NTAccount]).Value.Split('\')[-1] } catch { $null }
}
function Get-Made([string]$List) {
  $file = Join-Path $folder $List
  if (Test-Path $file) { @(Get-Content -Path $file -Encoding UTF8) } else { @() }
}
function Add-Made([string]$List, [string]$Line) {
  Add-Content -Path (Join-Path $folder $List) -Value $Line -Encoding UTF8
}
]==]

local create_users = find .. [==[
$users = @USERS@
function New-Password {
  $bytes = New-Object byte[] 18
  (New-Object Security.Cryptography.RNGCryptoServiceProvider).GetBytes($bytes)
  'aA1-' + [Convert]::ToBase64String($bytes)
}
@PASSWORDS@
foreach ($user in $users) {
  $before = @(Get-Made 'users.made' | Where-Object { $_.Split(' ', 2)[1] -eq $user.Name })
  if ($before.Count -eq 0) {
    $entry = $machine.Create('user', $user.Name)
    $password = if ($user.Disabled) { New-Password } else { Get-NewPassword $user.Name }
    [void]$entry.SetPassword($password)
    [void]$entry.SetInfo()
    Add-Made 'users.made' ((Get-Sid $entry) + ' ' + $user.Name)
    if (-not $user.Disabled) { Save-Password $user.Name $password }
    $password = $null
  } else {
    $entry = $machine.Children.Find((Find-Name $before[0].Split(' ', 2)[0]), 'user')
  }
  foreach ($field in 'FullName', 'Description', 'Profile', 'LoginScript', 'HomeDirectory', 'HomeDirDrive') {
    if ($user.ContainsKey($field)) { [void]$entry.Put($field, $user[$field]) }
  }
  if ($user.ContainsKey('Expires')) {
    $expires = (New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)).AddSeconds($user.Expires).ToLocalTime()
    [void]$entry.InvokeSet('AccountExpirationDate', $expires)
  }
  [void]$entry.Put('UserFlags', $user.Flags)
  if ($user.MustChange) { [void]$entry.Put('PasswordExpired', 1) }
  [void]$entry.SetInfo()
  Write-Output ('user ' + $user.Name)
}]==]

local passwords = {
  ask = [==[
function Read-Plain([string]$Prompt) {
  $pointer = [Runtime.InteropServices.Marshal]::SecureStringToBSTR((Read-Host -Prompt $Prompt -AsSecureString))
  try { [Runtime.InteropServices.Marshal]::PtrToStringBSTR($pointer) }
  finally { [Runtime.InteropServices.Marshal]::ZeroFreeBSTR($pointer) }
}
function Get-NewPassword([string]$Name) {
  do {
    $first = Read-Plain ('New password for ' + $Name)
    $again = Read-Plain ('The same once more for ' + $Name)
  } until ($first -ceq $again -and $first -ne '')
  $first
}
function Save-Password([string]$Name, [string]$Password) { }]==],

  -- A new file each time, which nobody else can have opened before: CreateNew, with its rights from the beginning.
  generate = [==[
function Get-NewPassword([string]$Name) { New-Password }
$passwords = Join-Path $folder ('passwords-{0:yyyyMMddHHmmssfff}.txt' -f (Get-Date))
$rights = New-Object Security.AccessControl.FileSecurity
$rights.SetAccessRuleProtection($true, $false)
foreach ($sid in 'S-1-5-32-544', 'S-1-5-18') {
  $who = New-Object Security.Principal.SecurityIdentifier $sid
  $rights.AddAccessRule((New-Object Security.AccessControl.FileSystemAccessRule $who, 'FullControl', 'Allow'))
}
(New-Object IO.FileStream $passwords, 'CreateNew', 'WriteData', 'None', 4096, 'None', $rights).Dispose()
Write-Output ('new passwords are in ' + $passwords)
function Save-Password([string]$Name, [string]$Password) {
  Add-Content -Path $passwords -Value ($Name + [char]9 + $Password) -Encoding UTF8
}]==],
}

local create_groups = find .. [==[
$groups = @GROUPS@
foreach ($group in $groups) {
  $before = @(Get-Made 'groups.made' | Where-Object { $_.Split(' ', 2)[1] -eq $group.Name })
  if ($before.Count -eq 0) {
    $entry = $machine.Create('group', $group.Name)
    [void]$entry.SetInfo()
    Add-Made 'groups.made' ((Get-Sid $entry) + ' ' + $group.Name)
    Add-Made 'group-sids.txt' ($group.Old + '=' + (Get-Sid $entry))
  } else {
    $entry = $machine.Children.Find((Find-Name $before[0].Split(' ', 2)[0]), 'group')
  }
  if ($group.ContainsKey('Description')) {
    [void]$entry.Put('Description', $group.Description)
    [void]$entry.SetInfo()
  }
  Write-Output ('group ' + $group.Name)
}]==]

-- 0x80070562: the account is a member already.
local add_members = find .. [==[
$members = @MEMBERS@
$own = (Get-WmiObject Win32_UserAccount -Filter "LocalAccount=True AND SID LIKE '%-500'").SID -replace '-500$', ''
$failed = @()
foreach ($member in $members) {
  $name = if ($member.ContainsKey('Group')) { Find-Name $member.Group } else { $member.GroupName }
  $sid = $member.Member
  if ($member.ContainsKey('MemberName')) { $sid = Get-Sid ($machine.Children.Find($member.MemberName, 'user')) }
  if ($member.ContainsKey('MemberRid')) { $sid = $own + '-' + $member.MemberRid }
  try {
    $entry = $machine.Children.Find($name, 'group')
    [void]$entry.Invoke('Add', ('WinNT://' + $sid))
    Add-Made 'members.made' ((Get-Sid $entry) + ' ' + $sid)
    Write-Output ('member ' + $sid + ' of ' + $name)
  } catch {
    if ($_.Exception.GetBaseException().ErrorCode -ne -2147023518) { $failed += ($sid + ' of ' + $name + ': ' + $_) }
  }
}
if ($failed.Count -gt 0) { throw ('could not be added: ' + ($failed -join '; ')) }]==]

local dial_in = [==[
$dial_in = @DIALIN@
foreach ($user in $dial_in) {
  $words = @(('name=' + $user.Name), ('dialin=' + $user.Dialin))
  if ($user.ContainsKey('Policy')) { $words += ('cbpolicy=' + $user.Policy) }
  if ($user.ContainsKey('Number')) { $words += ('cbnumber=' + $user.Number) }
  & "$env:SystemRoot\System32\netsh.exe" ras set user @words
  if ($LASTEXITCODE -ne 0) { throw ('netsh could not set the dial-in rights of ' + $user.Name) }
}]==]

local function remove(kind)
  return find .. ([==[
foreach ($line in Get-Made 'KINDs.made') {
  $name = Find-Name $line.Split(' ', 2)[0]
  if ($name) {
    [void]$machine.Delete('KIND', $name)
    Write-Output ('deleted the KIND ' + $name)
  }
}
Remove-Item -Force -Path (Join-Path $folder 'KINDs.made') -ErrorAction SilentlyContinue]==]):gsub("KIND", kind)
end

-- A membership whose group or member is gone has gone with it.
local remove_members = find .. [==[
foreach ($line in Get-Made 'members.made') {
  $group, $sid = $line.Split(' ', 2)
  $name = Find-Name $group
  try {
    if ($name) { [void]$machine.Children.Find($name, 'group').Invoke('Remove', ('WinNT://' + $sid)) }
  } catch { Write-Output ('not removed: ' + $sid + ' of ' + $name + ': ' + $_) }
}
Remove-Item -Force -Path (Join-Path $folder 'members.made') -ErrorAction SilentlyContinue]==]

-- A replacement function: what stands in the texts of accounts is no pattern.
local function filled(text, fields)
  return (text:gsub("@(%u+)@", function(name) return fields[name] end))
end

local function member_script(ctx, of_domain)
  local fields = { "Group", "GroupName", "Member", "MemberName", "MemberRid" }
  return filled(add_members, { MEMBERS = powershell.rows(groups.member_rows(ctx, of_domain), fields) })
end

return {
  deferred "create-users" {
    guide = { "CB-08", "RA-MAN-15" }, title = "Create the users",
    when = function(ctx) return #users.rows(ctx) > 0 end,
    run = function(ctx)
      local fields = {
        "Name", "FullName", "Description", "Profile", "LoginScript", "HomeDirectory", "HomeDirDrive", "Flags",
        "MustChange", "Disabled", "Expires",
      }
      return filled(create_users, {
        USERS = powershell.rows(users.rows(ctx), fields), PASSWORDS = passwords[ctx.params.passwords],
      })
    end,
    undo = remove "user"
      .. "\nRemove-Item -Force -Path (Join-Path $folder 'passwords-*.txt') -ErrorAction SilentlyContinue",
  },

  deferred "create-groups" {
    guide = "CB-08", title = "Create the groups",
    when = function(ctx) return #groups.rows(ctx) > 0 end,
    run = function(ctx)
      return filled(create_groups, { GROUPS = powershell.rows(groups.rows(ctx), { "Name", "Description", "Old" }) })
    end,
    undo = remove "group"
      .. "\nRemove-Item -Force -Path (Join-Path $folder 'group-sids.txt') -ErrorAction SilentlyContinue",
  },

  deferred "add-members" {
    guide = "CB-08", title = "Add the members of groups",
    when = function(ctx) return #groups.member_rows(ctx, false) > 0 end,
    run = function(ctx) return member_script(ctx, false) end, undo = remove_members,
  },

  deferred "set-dial-in" {
    guide = "RA-MAN-15", title = "Set the dial-in rights of the users",
    when = function(ctx) return #users.dial_in_rows(ctx) > 0 end,
    run = function(ctx)
      return filled(dial_in, {
        DIALIN = powershell.rows(users.dial_in_rows(ctx), { "Name", "Dialin", "Policy", "Number" }),
      })
    end,
    undo = "# What was set goes with the users.",
  },

  -- Last: without contact to the domain it fails, and nothing else has to wait for it.
  deferred "add-domain-members" {
    guide = { "CB-07", "RA-CHK-19" }, title = "Add accounts of the domain to local groups",
    when = function(ctx) return #groups.member_rows(ctx, true) > 0 end,
    run = function(ctx) return member_script(ctx, true) end, undo = remove_members,
  },
}
