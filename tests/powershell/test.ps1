# Runs the scripts of a folder in the bench, and prints TAP: pwsh test.ps1 SCRIPTS PART [STRIDE [SEED]]
param([string]$Scripts, [string]$Part, [int]$Stride = 5, [int]$Seed = 1)
$ErrorActionPreference = 'Stop'
Import-Module Microsoft.PowerShell.Management, Microsoft.PowerShell.Utility, Microsoft.PowerShell.Security
Add-Type -Path (Join-Path $PSScriptRoot 'providers.cs') -ReferencedAssemblies System.Management.Automation, System.Collections, System.Linq, netstandard, System.Runtime -WarningAction SilentlyContinue
Import-Module ([Rehome.Store].Assembly)
foreach ($module in 'bench', 'language') { Import-Module (Join-Path $PSScriptRoot "$module.psm1") -DisableNameChecking }
foreach ($file in Get-ChildItem (Join-Path $PSScriptRoot 'commands') -Filter *.ps1) { . $file.FullName }
New-PSDrive -Name Cert -PSProvider BenchCertificate -Root '\' -Scope Global | Out-Null
New-PSDrive -Name HKLM -PSProvider BenchRegistry -Root '\' -Scope Global | Out-Null
. (Join-Path $PSScriptRoot 'cases.ps1')

$failures = 0
function Test-That([string]$Name, [scriptblock]$Body) {
  try {
    & $Body
    Write-Output "ok - $Name"
  } catch {
    $script:failures++
    Write-Output "not ok - $Name"
    Write-Output (("$_`n$($_.ScriptStackTrace)" -split "`n" | Select-Object -First 30 | ForEach-Object { "    $_" }) -join "`n")
  }
}
function Assert-That([bool]$Holds, [string]$Else) { if (-not $Holds) { throw $Else } }

# Of 1 to a number one in $Stride, beginning where the seed says; with a stride of 1 all.
function Get-Sample([int]$Count) { for ($number = 1 + $Seed % $Stride; $number -le $Count; $number += $Stride) { $number } }
function Show-Sample { if ($Stride -eq 1) { 'each' } else { "one in $Stride, seed $Seed" } }

. (Join-Path $PSScriptRoot "part_$Part.ps1")
if ([IO.Directory]::Exists($Bench.Folder)) { [IO.Directory]::Delete($Bench.Folder, $true) }
exit [int]($failures -gt 0)
