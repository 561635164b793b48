-- What the first start does: PowerShell with ADSI's WinNT provider, which every release has (New-LocalUser is there
-- from 2016 on alone). Users and groups are made under names and found again by SID, built-in ones by SID only.
--
-- What is going to be made is written down first, and what was made behind it: a second try goes on wherever the first
-- one ended, and the way back takes away that and nothing else. No password is in the script, its log or the plan.

local groups = require "groups"
local powershell = require "windows.powershell"
local users = require "users"

-- Lists hold names as the base64 of their UTF-16: a name may hold anything.
local find = [==[
$machine = Get-Computer
# $null for one that is not there: NERR_GroupNotFound and NERR_UserNotFound (lmerr.h). Any other error is one.
function Get-Entry([string]$Kind, [string]$Name) {
  try { $machine.Children.Find($Name, $Kind) } catch {
    if (@(-2147022676, -2147022675) -notcontains $_.Exception.GetBaseException().ErrorCode) { throw }
  }
}
function ConvertTo-Line([string]$Name) { [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($Name)) }
function ConvertFrom-Line([string]$Line) { [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String($Line)) }
# The account that an earlier try made; $null when there is none, and an error when it is somebody else's.
function Get-Own([string]$Kind, [string]$Name) {
  $line = ConvertTo-Line $Name
  $made = @(Get-Lines "${Kind}s.made" | Where-Object { $_.Split(' ')[1] -ceq $line })
  if ($made.Count -gt 0) {
    $now = Find-Name $made[0].Split(' ')[0]
    if (-not $now) { throw 'it was made, and deleted since' }
    return Get-Entry $Kind $now
  }
  $entry = Get-Entry $Kind $Name
  if (@(Get-Lines "${Kind}s.begun") -ccontains $line) { return $entry }
  if ($entry) { throw 'it is there already, and not by this script' }
  Add-Line "${Kind}s.begun" $line
}
function Add-Own([string]$Kind, [string]$Name) {
  Add-Line "${Kind}s.made" ((Get-Sid (Get-Entry $Kind $Name)) + ' ' + (ConvertTo-Line $Name))
}
function Test-Made([string]$Kind, [string]$Name) {
  $line = ConvertTo-Line $Name
  @(Get-Lines "${Kind}s.made" | Where-Object { $_.Split(' ')[1] -ceq $line }).Count -gt 0
}
]==]

local create_users = find .. [==[
$users = @USERS@
$failed = @()
function New-Password {
  $bytes = New-Object byte[] 18
  (New-Object Security.Cryptography.RNGCryptoServiceProvider).GetBytes($bytes)
  'aA1-' + [Convert]::ToBase64String($bytes)
}
@PASSWORDS@
foreach ($user in $users) {
  try {
    $entry = Get-Own 'user' $user.Name
    if (-not (Test-Made 'user' $user.Name)) {
      if (-not $entry) { $entry = $machine.Create('user', $user.Name) }
      $password = if ($user.Disabled) { New-Password } else { Get-NewPassword $user.Name }
      [void]$entry.SetPassword($password)
      [void]$entry.SetInfo()
      if (-not $user.Disabled) { Save-Password $user.Name $password }
      $password = $null
      Add-Own 'user' $user.Name
      $entry = Get-Entry 'user' $user.Name
    }
    foreach ($field in 'FullName', 'Description', 'Profile', 'LoginScript', 'HomeDirectory', 'HomeDirDrive') {
      if ($user.ContainsKey($field)) { [void]$entry.Put($field, $user[$field]) }
    }
    if ($user.ContainsKey('Expires')) {
      $start = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
      [void]$entry.InvokeSet('AccountExpirationDate', $start.AddSeconds($user.Expires).ToLocalTime())
    }
    [void]$entry.Put('UserFlags', $user.Flags)
    if ($user.MustChange) { [void]$entry.Put('PasswordExpired', 1) }
    [void]$entry.SetInfo()
    'user ' + $user.Name
  } catch { $failed += $user.Name + ': ' + $_ }
}
if ($failed.Count -gt 0) { throw ('not created: ' + ($failed -join '; ')) }]==]

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

  generate = [==[
function Get-NewPassword([string]$Name) { New-Password }
$passwords = Join-Path $folder 'passwords.txt'
if (-not (Test-Path $passwords)) { New-OwnFile $passwords }
'new passwords are in ' + $passwords
function Save-Password([string]$Name, [string]$Password) {
  Add-Content -Path $passwords -Value ($Name + [char]9 + $Password) -Encoding UTF8
}]==],
}

local create_groups = find .. [==[
$groups = @GROUPS@
$failed = @()
foreach ($group in $groups) {
  try {
    $entry = Get-Own 'group' $group.Name
    if (-not (Test-Made 'group' $group.Name)) {
      if (-not $entry) { [void]$machine.Create('group', $group.Name).SetInfo() }
      $entry = Get-Entry 'group' $group.Name
      Add-Line 'group-sids.txt' ($group.Old + '=' + (Get-Sid $entry))
      Add-Own 'group' $group.Name
    }
    if ($group.ContainsKey('Description')) {
      [void]$entry.Put('Description', $group.Description)
      [void]$entry.SetInfo()
    }
    'group ' + $group.Name
  } catch { $failed += $group.Name + ': ' + $_ }
}
if ($failed.Count -gt 0) { throw ('not created: ' + ($failed -join '; ')) }]==]

-- A list for each of the two actions that add members: each takes back its own.
local add_members = find .. [==[
$members = @MEMBERS@
$own = (Get-WmiObject Win32_UserAccount -Filter "LocalAccount=True AND SID LIKE '%-500'").SID -replace '-500$', ''
$failed = @()
foreach ($member in $members) {
  try {
    $name = if ($member.ContainsKey('Group')) { Find-Name $member.Group } else { $member.GroupName }
    $sid = $member.Member
    if ($member.ContainsKey('MemberName')) { $sid = Get-Sid ($machine.Children.Find($member.MemberName, 'user')) }
    if ($member.ContainsKey('MemberRid')) { $sid = $own + '-' + $member.MemberRid }
    $entry = $machine.Children.Find($name, 'group')
    if (@(Get-MemberSids $entry) -notcontains $sid) {
      Add-Line '@LIST@' ((Get-Sid $entry) + ' ' + $sid)
      [void]$entry.Invoke('Add', ('WinNT://' + $sid))
      if (@(Get-MemberSids $entry) -notcontains $sid) { throw 'it is no member afterwards' }
    }
    'member ' + $sid + ' of ' + $name
  } catch { $failed += [string]$sid + ' of ' + $name + ': ' + $_ }
}
if ($failed.Count -gt 0) { throw ('could not be added: ' + ($failed -join '; ')) }]==]

-- The right stands in the field userParameters ([MS-RNAP]): unit 22 is "d", the next one has 8 for "permit".
local dial_in = find .. [==[
$dial_in = @DIALIN@
$failed = @()
foreach ($user in $dial_in) {
  $words = @('ras', 'set', 'user', ('name=' + $user.Name), ('dialin=' + $user.Dialin))
  if ($user.ContainsKey('Policy')) { $words += ('cbpolicy=' + $user.Policy) }
  if ($user.ContainsKey('Number')) { $words += ('cbnumber=' + $user.Number) }
  Invoke-Program 'netsh.exe' $words
  $right = [string](Get-Entry 'user' $user.Name).Properties['Parameters'].Value
  $is = if ($right.Length -lt 24 -or $right[22] -cne 'd') { 'not set' }
    elseif ([int]$right[23] -band 8) { 'permit' } else { 'deny' }
  if ($is -ne $user.Dialin) { $failed += $user.Name + ': ' + $is }
}
if ($failed.Count -gt 0) { throw ('dial-in rights that are not as they should be: ' + ($failed -join '; ')) }]==]

local function remove(kind)
  return find .. ([==[
foreach ($line in @(Get-Lines 'KINDs.begun')) {
  $name = ConvertFrom-Line $line
  $made = @(Get-Lines 'KINDs.made' | Where-Object { $_.Split(' ')[1] -ceq $line })
  if ($made.Count -gt 0) { $name = Find-Name $made[0].Split(' ')[0] }
  if ($name -and (Get-Entry 'KIND' $name)) {
    [void]$machine.Delete('KIND', $name)
    'deleted the KIND ' + $name
  }
}
Remove-List 'KINDs.begun'
Remove-List 'KINDs.made']==]):gsub("KIND", kind)
end

-- A membership whose group or member is gone has gone with it.
local remove_members = find .. [==[
foreach ($line in @(Get-Lines '@LIST@')) {
  $group, $sid = $line.Split(' ')
  $name = Find-Name $group
  $entry = if ($name) { Get-Entry 'group' $name }
  if ($entry -and @(Get-MemberSids $entry) -contains $sid) { [void]$entry.Invoke('Remove', ('WinNT://' + $sid)) }
}
Remove-List '@LIST@']==]

-- A replacement function: what stands in the texts of accounts is no pattern.
local function filled(text, fields)
  return (text:gsub("@(%u+)@", function(name) return fields[name] end))
end

local function member_script(ctx, of_domain)
  local fields = { "Group", "GroupName", "Member", "MemberName", "MemberRid" }
  return filled(add_members, {
    MEMBERS = powershell.rows(groups.member_rows(ctx, of_domain), fields),
    LIST = of_domain and "domain-members.added" or "members.added",
  })
end

return {
  deferred "create-users" {
    guide = { "CB-08", "RA-MAN-15" }, title = "Create the users",
    when = function(ctx) return #users.rows(ctx) > 0 end,
    asks = function(ctx)
      if ctx.params.passwords ~= "ask" then return false end
      for _, row in ipairs(users.rows(ctx)) do
        if not row.Disabled then return true end
      end
      return false
    end,
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
      .. "\nRemove-List 'passwords.txt'",
  },

  deferred "create-groups" {
    guide = "CB-08", title = "Create the groups",
    when = function(ctx) return #groups.rows(ctx) > 0 end,
    run = function(ctx)
      return filled(create_groups, { GROUPS = powershell.rows(groups.rows(ctx), { "Name", "Description", "Old" }) })
    end,
    undo = remove "group"
      .. "\nRemove-List 'group-sids.txt'",
  },

  deferred "add-members" {
    guide = "CB-08", title = "Add the members of groups", requires = { "create-users", "create-groups" },
    when = function(ctx) return #groups.member_rows(ctx, false) > 0 end,
    run = function(ctx) return member_script(ctx, false) end,
    undo = filled(remove_members, { LIST = "members.added" }),
  },

  deferred "set-dial-in" {
    guide = "RA-MAN-15", title = "Set the dial-in rights of the users", requires = "create-users",
    when = function(ctx) return #users.dial_in_rows(ctx) > 0 end,
    run = function(ctx)
      return filled(dial_in, {
        DIALIN = powershell.rows(users.dial_in_rows(ctx), { "Name", "Dialin", "Policy", "Number" }),
      })
    end,
    undo = "# What was set goes with the users.",
  },

  deferred "add-domain-members" {
    guide = { "CB-07", "RA-CHK-19" }, title = "Add accounts of the domain to local groups", requires = "create-groups",
    when = function(ctx) return #groups.member_rows(ctx, true) > 0 end,
    run = function(ctx) return member_script(ctx, true) end,
    undo = filled(remove_members, { LIST = "domain-members.added" }),
  },
}
