-- The items of the guide to IP configuration as this project numbers them, in own words: preparation (PRE), settings
-- (SET), its steps (STEP), impact (IMPACT), order (ORDER), verification (VER), the way back (ROLLBACK). IP-STEP-03 and
-- IP-STEP-06 are what all guides have in common: the source releases its addresses, the destination takes them over.
--
-- Each is named by at least one step in its `guide`, or says why none has it. A test compares.

return {
  { id = "IP-PRE-01", item = "pair of releases that is supported" },
  { id = "IP-PRE-02", item = "adapters enabled and connected on both servers" },
  { id = "IP-SET-01", item = "connection-specific suffix and registration in DNS" },
  { id = "IP-SET-02", item = "IPv4 addresses, masks, gateways, metrics" },
  { id = "IP-SET-03", item = "DNS and WINS servers, NetBIOS" },
  { id = "IP-SET-04", item = "components of IPv6 that are disabled" },
  { id = "IP-SET-05", item = "settings of the server: DNS suffix search list and others" },
  { id = "IP-SET-06", item = "persistent routes (beyond the guide)" },
  { id = "IP-SET-07", item = "fixed IPv6 addresses (beyond the guide)" },
  { id = "IP-SET-08", item = "hosts and lmhosts (beyond the guide)" },
  { id = "IP-STEP-01", item = "export with the guide's tools", why = "The guide's tools are not used." },
  { id = "IP-STEP-02", item = "record of the source" },
  { id = "IP-STEP-03", item = "source disconnected or given another address first" },
  { id = "IP-STEP-04", item = "store on a local disk",
    why = "The destination is written while it is switched off, so that no network is needed." },
  { id = "IP-STEP-05", item = "which adapter becomes which" },
  { id = "IP-STEP-06", item = "import" },
  { id = "IP-STEP-07", item = "restart" },
  { id = "IP-IMPACT-01", item = "clients reach neither server for a while" },
  { id = "IP-IMPACT-02", item = "a server that routes cuts off other networks" },
  { id = "IP-IMPACT-03", item = "roles that hold addresses" },
  { id = "IP-ORDER-01", item = "before DHCP, DNS and AD DS",
    why = "The playbook stands before those of roles that need the addresses." },
  { id = "IP-VER-01", item = "settings compared with the record" },
  { id = "IP-VER-02", item = "old address answers" },
  { id = "IP-ROLLBACK-01", item = "addresses given back" },
}
