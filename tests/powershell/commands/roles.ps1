# DHCP, DNS, certificates, netsh. Pages of Windows Server 2012: DhcpServer (Backup-, Restore- and Import-DhcpServer,
# Get-DhcpServerv4Scope, Get-, Add- and Remove-DhcpServerInDC), DnsServer (Get-DnsServerZone), PKIClient
# (Import-PfxCertificate); of Windows PowerShell 3.0: Read-Host, Get-WmiObject; Netsh Commands for HTTP, RAS and DHCP.

function global:Test-Dhcp { if ((Find-Service 'DHCPServer').Status -ne 'Running') { throw 'The DHCP service does not run.' } }

Add-Stub 'Backup-DhcpServer' '[-Path] <String> [-AsJob] [-CimSession <CimSession[]>] [-ComputerName <String>] [-ThrottleLimit <Int32>] [-Confirm] [-WhatIf]' {
  param($b)
  Test-Dhcp
  $global:Bench.State.Backups[$b.Path] = @($global:Bench.State.Scopes)
  Add-Effect 'dhcp backup'
}
Add-Stub 'Restore-DhcpServer' '[-Path] <String> [-AsJob] [-CimSession <CimSession[]>] [-ComputerName <String>] [-Force] [-ThrottleLimit <Int32>] [-Confirm] [-WhatIf]' {
  param($b)
  Test-Dhcp
  if (-not $b.Force) { throw 'Restore-DhcpServer asks for confirmation' }
  if (-not $global:Bench.State.Backups.Contains($b.Path)) { throw "There is no backup in $($b.Path)." }
  $global:Bench.State.Scopes = @($global:Bench.State.Backups[$b.Path])
  Add-Effect 'dhcp restore'
}
Add-Stub 'Import-DhcpServer' '[-File] <String> [-BackupPath] <String> [-CimSession <CimSession>] [-ComputerName <String>] [-Force] [-Leases] [-Prefix <IPAddress[]>] [-ScopeId <IPAddress[]>] [-ScopeOverwrite] [-ServerConfigOnly]' {
  param($b)
  Test-Dhcp
  if (-not $b.Force) { throw 'Import-DhcpServer asks for confirmation' }
  $document = [xml](Get-Content -Path $b.File)
  foreach ($scope in $document.SelectNodes('/DHCPServer/IPv4/Scopes/Scope/ScopeId')) {
    if (@($global:Bench.State.Scopes) -notcontains $scope.InnerText) { $global:Bench.State.Scopes += $scope.InnerText }
  }
  Add-Effect 'dhcp import'
}
Add-Stub 'Get-DhcpServerv4Scope' '[[-ScopeId] <IPAddress[]>] [-AsJob] [-CimSession <CimSession[]>] [-ComputerName <String>] [-ThrottleLimit <Int32>]' {
  Test-Dhcp
  foreach ($scope in $global:Bench.State.Scopes) { [pscustomobject]@{ ScopeId = [ipaddress]$scope } }
}
Add-Stub 'Get-DhcpServerInDC' '[-AsJob] [-CimSession <CimSession[]>] [-ThrottleLimit <Int32>]' {
  foreach ($name in $global:Bench.State.Authorised) { [pscustomobject]@{ DnsName = $name } }
}
Add-Stub 'Add-DhcpServerInDC' '[[-DnsName] <String>] [[-IPAddress] <IPAddress>] [-AsJob] [-CimSession <CimSession[]>] [-PassThru] [-ThrottleLimit <Int32>] [-Confirm] [-WhatIf]' {
  param($b)
  $global:Bench.State.Authorised += $b.DnsName
  Add-Effect 'authorise'
}
Add-Stub 'Remove-DhcpServerInDC' '[[-DnsName] <String>] [[-IPAddress] <IPAddress>] [-AsJob] [-CimSession <CimSession[]>] [-PassThru] [-ThrottleLimit <Int32>] [-Confirm] [-WhatIf]' {
  param($b)
  $global:Bench.State.Authorised = @($global:Bench.State.Authorised | Where-Object { $_ -ne $b.DnsName })
  Add-Effect 'unauthorise'
}
Add-Stub 'Get-DnsServerZone' '[[-Name] <String[]>] [-AsJob] [-CimSession <CimSession[]>] [-ComputerName <String>] [-ThrottleLimit <Int32>]' {
  param($b)
  if ((Find-Service 'DNS').Status -ne 'Running') { throw 'Failed to get the zone: the DNS server does not run.' }
  foreach ($zone in $global:Bench.State.Zones) { [pscustomobject]@{ ZoneName = $zone } }
}
# The set "query" of Microsoft.PowerShell.Management/Get-WmiObject (3.0).
Add-Stub 'Get-WmiObject' '[-Class] <String> [[-Property] <String[]>] [-Filter <String>] [-Amended] [-DirectRead] [-AsJob] [-Impersonation <ImpersonationLevel>] [-Authentication <AuthenticationLevel>] [-Locale <String>] [-EnableAllPrivileges] [-Authority <String>] [-Credential <PSCredential>] [-ThrottleLimit <Int32>] [-ComputerName <String[]>] [-Namespace <String>]' {
  param($b)
  switch ($b.Class) {
    'Win32_UserAccount' { [pscustomobject]@{ SID = "$($global:Bench.State.MachineSid)-500" } }
    'Win32_ComputerSystem' { [pscustomobject]@{ DNSHostName = 'test'; Domain = 'corp.example.com' } }
    default { throw "Invalid class $($b.Class)" }
  }
}
Add-Stub 'Read-Host' '[[-Prompt] <Object>] [-AsSecureString]' {
  param($b)
  if ($b.AsSecureString) { ConvertTo-SecureString -String 'Xk4v Bn7q' -AsPlainText -Force } else { 'Xk4v Bn7q' }
}
# The page's syntax has the store first; its parameters say that the file's position is 0 and the store's 1
# (PKIClient/Import-PfxCertificate, winserver2012-ps).
Add-Stub 'Import-PfxCertificate' '[-FilePath] <String> [[-CertStoreLocation] <String>] [-Exportable] [-Password <SecureString>] [-WhatIf] [-Confirm]' {
  param($b)
  if ($b.CertStoreLocation -ne 'Cert:\LocalMachine\My') { throw "not $($b.CertStoreLocation)" }
  foreach ($thumbprint in (Get-Content -Path "$($b.FilePath).holds")) {
    $key = $thumbprint.StartsWith('+')
    [Rehome.Store]::Add($thumbprint.TrimStart('+'), $key)
  }
  Add-Effect 'import pfx'
}

# netsh says what it says in the language of the system; it ends with 1 when it did nothing.
Add-Program 'netsh.exe' {
  param($words)
  $global:LASTEXITCODE = 0
  $state = $global:Bench.State
  $place = ($words | Where-Object { $_ -like 'ipport=*' }) -replace '^ipport='
  switch -Regex (($words | Select-Object -First 3) -join ' ') {
    '^http show sslcert$' {
      if (-not $state.Bound.Contains($place)) { $global:LASTEXITCODE = 1; 'Das System kann die angegebene Datei nicht finden.'; break }
      "    IP:Port                 : $place"
      "    Zertifikathash          : $($state.Bound[$place].Hash)"
      "    Anwendungs-ID           : $($state.Bound[$place].App)"
    }
    '^http delete sslcert$' {
      if (-not $state.Bound.Contains($place)) { $global:LASTEXITCODE = 1; break }
      $state.Bound.Remove($place); Add-Effect "unbind $place"
    }
    '^http add sslcert$' {
      if ($state.Bound.Contains($place)) { $global:LASTEXITCODE = 1; break }
      $hash = ($words | Where-Object { $_ -like 'certhash=*' }) -replace '^certhash='
      $app = ($words | Where-Object { $_ -like 'appid=*' }) -replace '^appid='
      $state.Bound[$place] = [ordered]@{ Hash = $hash; App = $app }; Add-Effect "bind $place"
    }
    '^ras set user$' {
      $name = $words[3].Substring('name='.Length)
      $user = $state.Users | Where-Object { $_.Name -ceq $name }
      if (-not $user) { $global:LASTEXITCODE = 1; 'Der Benutzer wurde nicht gefunden.'; break }
      # Windows Server, netsh ras: dialin=PERMIT|DENY|POLICY, cbpolicy=NONE|CALLER|ADMIN, cbnumber with ADMIN only.
      $others = @($words | Select-Object -Skip 5)
      if ($words[4] -notmatch '^dialin=(permit|deny|policy)$' -or
          @($others | Where-Object { $_ -notmatch '^(cbpolicy=(none|caller|admin)|cbnumber=.+)$' }).Count -gt 0 -or
          ($others -match '^cbnumber=' -and $others -notcontains 'cbpolicy=admin')) {
        $global:LASTEXITCODE = 1; 'Die Syntax des Befehls ist falsch.'; break
      }
      $right = [char]$(if ($words[4] -eq 'dialin=permit') { 9 } else { 1 })
      $user.Parameters = (' ' * 22) + 'd' + $right + (' ' * 24)
      Add-Effect "dial-in $($words[4..9] -join ' ')"
    }
    '^dhcp add securitygroups$' { Add-Effect 'dhcp groups' }
    '^dhcp server import$' {
      Test-Dhcp
      if (-not (Test-Path $words[3])) { $global:LASTEXITCODE = 1; break }
      $state.Scopes = @('10.0.0.0'); Add-Effect 'dhcp import'
    }
    default { $global:LASTEXITCODE = 1; throw "netsh knows no '$words'" }
  }
}
