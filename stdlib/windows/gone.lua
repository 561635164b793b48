-- What newer releases of Windows Server no longer have, or do differently, with who says so. One row a thing; a
-- playbook says where a source uses it: shared/checks.lua, `gone`.

-- Pages are those of Microsoft Learn.
local deprecated = "removed-deprecated-features-windows-server"

-- since: the first release without it. what: as the end of "the destination ...". page: Microsoft's, or "general
-- knowledge". remedy: what to do.
return {
  nap = {
    since = "2016", what = "has no Network Access Protection (health policies, HRA, enforcement by DHCP)",
    page = deprecated,
    remedy = "Take policies with conditions on health out of use on the source first; clients are then judged without.",
  },
  smb1 = {
    since = "2019", what = "does not speak SMB 1 unless it is installed",
    page = "smbv1-not-installed-by-default-in-windows",
    remedy = "Find clients that speak nothing else (Windows XP and 2003, scanners, copiers, old NAS): on a source of"
      .. " 2012 R2 or newer Set-SmbServerConfiguration -AuditSmb1Access $true, event 3000. Update or replace them, or"
      .. " let them write elsewhere (SMTP, SFTP). Only if nothing else is left, on the destination:"
      .. " Install-WindowsFeature FS-SMB1",
  },
  tunnels = {
    since = "2019", what = "has 6to4 and ISATAP off", page = deprecated,
    remedy = "Clients come by IP-HTTPS; management of clients over ISATAP needs IPv6 of its own, or ISATAP turned on"
      .. " again: Set-NetIsatapConfiguration -State Enabled",
  },
  ntlm1 = {
    since = "2025", what = "has no NTLMv1",
    page = deprecated .. " (2025)",
    remedy = "Move clients to certificates (EAP-TLS, IKEv2), or set that value and test a sign-in: event 4624 of a"
      .. " domain controller names the package, NTLM V1 or V2.",
  },
  tls = {
    since = "2025", what = "has TLS 1.0 and 1.1 off",
    page = deprecated .. " (2025)",
    remedy = "Clients older than Windows 8.1, and devices of that time, need an update that brings TLS 1.2.",
  },
  short_keys = {
    since = "2025", what = "refuses certificates with RSA keys under 2048 bits for TLS",
    page = "whats-new/deprecated-features (RSA keys shorter than 2048 bits)",
    remedy = "Enrol a certificate with 2048 bits or more, and give it to the services that use the old one.",
  },
  direct_access = {
    since = "2025", what = "is the last release with DirectAccess: it is deprecated", page = deprecated .. " (2025)",
    remedy = "It works; plan for Always On VPN.",
  },
  wid = {
    since = "2025", what = "has the Windows Internal Database for the last time: it is deprecated",
    page = deprecated .. " (2025)",
    remedy = "It works; inbox accounting of Remote Access and other roles that use it need another store in time"
      .. " (RADIUS accounting, SQL Server).",
  },
}
