-- The items of the guide "Migrate DHCP Server to Windows Server 2012 R2" as this project numbers them, in own words.
-- DHCP-FAILOVER items are those of "Migrate to DHCP failover". A test holds this list and the steps against each other.

return {
  { id = "DHCP-PRE-01", item = "adapters and disk space" },
  { id = "DHCP-PRE-02", item = "same domain, members of local groups" },
  { id = "DHCP-PRE-03", item = "systems, role installed on the destination" },
  { id = "DHCP-PRE-04", item = "database outside the default folder" },
  { id = "DHCP-SRC-01", item = "backup of DHCP itself" },
  { id = "DHCP-SRC-02", item = "service stopped" },
  { id = "DHCP-EXP-01", item = "record of the addresses, export" },
  { id = "DHCP-EXP-02", item = "source's authorisation removed" },
  { id = "DHCP-IMP-01", item = "import" },
  { id = "DHCP-IMP-02", item = "service started" },
  { id = "DHCP-IMP-03", item = "destination authorised" },
  { id = "DHCP-VER-01", item = "authorisation, service on both servers" },
  { id = "DHCP-VER-02", item = "a client renews" },
  { id = "DHCP-VER-03", item = "scopes, reservations, options, leases" },
  { id = "DHCP-ROLLBACK", item = "the way back" },
  { id = "DHCP-FAILOVER-01", item = "groups DHCP Administrators and DHCP Users" },
  { id = "DHCP-FAILOVER-02", item = "Server Manager's flag" },
  { id = "DHCP-FAILOVER-03", item = "export of the old servers, leases of a shared scope merged" },
  { id = "DHCP-FAILOVER-04", item = "settings of the server alone on the second server" },
  { id = "DHCP-FAILOVER-05", item = "failover configured, relay agents" },
  { id = "DHCP-FAILOVER-06", item = "scopes that are there already" },
  { id = "DHCP-FAILOVER-07", item = "backup before the import, local to the server" },
  { id = "DHCP-FAILOVER-08", item = "role installed on two servers",
    why = "One destination is planned at a time; DHCP-PRE-03 checks the role on it." },
}
