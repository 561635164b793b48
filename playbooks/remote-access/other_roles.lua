-- Services whose start type tells that a server does something beside Remote Access (RA-CHK-08).
-- An admin who runs another role adds a line; the playbook may look at the services that are named here. A role whose
-- playbook takes part has its plan.
return {
  { service = "NTDS", role = "Active Directory Domain Services" },
  { service = "CertSvc", role = "Certificate Services" },
  { service = "DHCPServer", role = "DHCP Server", playbook = "dhcp-server" },
  { service = "DNS", role = "DNS Server", playbook = "dns-server" },
  { service = "W3SVC", role = "Web Server (IIS)" },
  { service = "WINS", role = "WINS Server" },
  { service = "vmms", role = "Hyper-V" },
  { service = "WDSServer", role = "Windows Deployment Services" },
  { service = "TermServLicensing", role = "Remote Desktop Licensing" },
  { service = "TSGateway", role = "Remote Desktop Gateway" },
  { service = "WsusService", role = "Windows Server Update Services" },
  { service = "MSExchangeIS", role = "Exchange Server" },
  { service = "MSExchangeTransport", role = "Exchange Server (transport)" },
  { service = "MSSQLSERVER", role = "SQL Server" },
}
