-- What a destination that is switched off cannot do yet, written as scripts for its first start.

local import_action = require("engine.run.certificate_files").import_action

local M = {}

-- One line without signs that would end a comment or a quoted text. PowerShell takes typographic quotes for quotes, so
-- all general punctuation of Unicode goes (U+2000 to U+207F, which also turns the direction of text and breaks lines).
local function plain(text)
  return (text:gsub("[%c'\"`$]", " "):gsub("\xC2\x85", " "):gsub("\xE2[\x80\x81][\x80-\xBF]", " "))
end

---Adds the import of the given certificates: first of all, because what the roles do needs them.
---@param certificates table[] as playbooks see them
---@param result table the runner's; `deferred` grows
function M.collect_imports(certificates, result)
  for _, certificate in ipairs(certificates) do
    result.deferred[#result.deferred + 1] = import_action(certificate, plain)
  end
end

---The manual steps of a plan, with one in front of those "after" that tells to run the script.
---@param result table the runner's
---@return table[]
function M.with_manual_step(result)
  if #result.deferred == 0 then return result.manual end
  local titles, guide = {}, {}
  for index, action in ipairs(result.deferred) do
    titles[index] = action.title
    for _, id in ipairs(action.guide) do guide[#guide + 1] = id end
  end
  local list = {}
  local step = {
    id = "rehome/first-start", playbook = "rehome", guide = guide, title = "Run the script of the first start",
    on = "destination", phase = "after", state = "open", unattended = "defer", details = titles,
    text = "Read first-start.ps1 in the run folder, copy it to the destination, start the destination and run the"
      .. " script there as an administrator: powershell -ExecutionPolicy Bypass -File first-start.ps1\n"
      .. "It may be run again; first-start-undo.ps1 takes back what it did. It does:",
  }
  for _, manual in ipairs(result.manual) do
    if step and manual.phase == "after" then
      list[#list + 1], step = step, nil
    end
    list[#list + 1] = manual
  end
  list[#list + 1] = step
  return list
end

local head = [==[
# @WHAT@
#
# Made by rehome from the plan @PLAN@ for @COMPUTER@. Read it, then run it there as an administrator:
#     powershell -ExecutionPolicy Bypass -File @FILE@
# What is done is recorded in %ProgramData%\rehome\@SHORT@, with a log, so that it may be run again: it goes on
# where it stopped. -AnyComputer runs it on a computer of another name.
param([switch]$AnyComputer)
$ErrorActionPreference = 'Stop'
$folder = Join-Path $env:ProgramData 'rehome\@SHORT@'
$log = Join-Path $folder '@LOG@'

$identity = [Security.Principal.WindowsIdentity]::GetCurrent()
$role = [Security.Principal.WindowsBuiltInRole]::Administrator
if (-not (New-Object Security.Principal.WindowsPrincipal $identity).IsInRole($role)) {
  throw 'Run this as an administrator.'
}
if (-not $AnyComputer -and $env:COMPUTERNAME -ne '@COMPUTER@') {
  throw "This script is for @COMPUTER@, not for $env:COMPUTERNAME. -AnyComputer runs it all the same."
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
  $access.SetAccessRuleProtection($true, $false)
  foreach ($sid in 'S-1-5-32-544', 'S-1-5-18') {
    $who = New-Object Security.Principal.SecurityIdentifier $sid
    $access.AddAccessRule((New-Object Security.AccessControl.FileSystemAccessRule(
      $who, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow')))
  }
  Set-Acl -Path $Path -AclObject $access
}
New-OwnFolder (Split-Path $folder)
New-OwnFolder $folder

function Write-Log([string]$Text) {
  $line = '{0:yyyy-MM-ddTHH:mm:ssZ} {1}' -f (Get-Date).ToUniversalTime(), $Text
  Add-Content -Path $log -Value $line -Encoding UTF8
  Write-Host $line
}

function Invoke-Lines([string]$Name, [scriptblock]$Lines) {
  Write-Log "begin $Name"
  try {
    $global:LASTEXITCODE = 0
    & $Lines | ForEach-Object { Write-Log "  $_" }
    if ($global:LASTEXITCODE -ne 0) { throw "a program ended with code $global:LASTEXITCODE" }
  } catch {
    Write-Log "failed $Name`: $_"
    Write-Log 'Stopped. Put it right and run the script again.'
    exit 1
  }
  Write-Log "end $Name"
}
]==]

local run_word = [==[

# Once: the mark says that it is done.
function Invoke-Action([string]$Name, [scriptblock]$Lines) {
  $mark = Join-Path $folder "$Name.done"
  if (Test-Path $mark) { Write-Log "done before: $Name"; return }
  Invoke-Lines $Name $Lines
  New-Item -ItemType File -Force -Path $mark | Out-Null
}
]==]

local undo_word = [==[

# Only what was done; then the mark goes.
function Undo-Action([string]$Name, [scriptblock]$Lines) {
  $mark = Join-Path $folder "$Name.done"
  if (-not (Test-Path $mark)) { Write-Log "was not done: $Name"; return }
  Invoke-Lines $Name $Lines
  Remove-Item -Force -Path $mark
}
]==]

local function action_text(word, action, lines)
  -- As they are: the end of a here-string stands at the beginning of its line.
  return ("\n# %s (%s)\n%s '%s' {\n%s\n}\n"):format(plain(action.title), table.concat(action.guide, ", "), word,
    action.id:gsub("/", "."), (lines:gsub("\r", ""):gsub("\n+$", "")))
end

local function script(document, names, word, body)
  local computer = plain(document.destination.identity["computer-name"] or "")
  local fields = {
    WHAT = names.what, FILE = names.file, LOG = names.log, PLAN = document.id, SHORT = document.id:sub(1, 16),
    COMPUTER = computer,
  }
  local text = head:gsub("@(%u+)@", fields) .. word .. table.concat(body) .. "\nWrite-Log 'all done'\n"
  -- A mark at the beginning and CR LF: without them old PowerShell and Notepad misread the file.
  return "\u{FEFF}" .. text:gsub("\n", "\r\n")
end

---The scripts of a plan.
---@param document table the plan
---@return table {run, undo} texts; empty without deferred actions
function M.scripts(document)
  local list, run, undo = document.deferred or {}, {}, {}
  if #list == 0 then return {} end
  for index, action in ipairs(list) do
    run[index] = action_text("Invoke-Action", action, action.run)
    undo[#list - index + 1] = action_text("Undo-Action", action, action.undo)
  end
  return {
    run = script(document, { what = "The first start: what could not be done while the server was switched off.",
                             file = "first-start.ps1", log = "first-start.log" }, run_word, run),
    undo = script(document, { what = "The way back from first-start.ps1, in the opposite order.",
                              file = "first-start-undo.ps1", log = "first-start-undo.log" }, undo_word, undo),
  }
end

return M
