-- IP configuration of network adapters and of the server, of Windows Server 2003 to the newest, onto 2012 and newer.
-- The steps name the items of the migration guide that they implement; guide.lua lists which, and why some are not.

local facts = require "facts"
local shared = require "shared"

return playbook {
  id = "ip-configuration",
  title = "IP configuration",
  version = "1.0.0",
  summary = "addresses, DNS and WINS servers of adapters, suffixes, persistent routes",
  divisible = true, -- each server has its own
  before = { "nps", "remote-access", "dhcp-server", "dns-server", "file-shares" },
  params = {
    takes_over_name = shared.takes_over_name "its adapters get the source's fixed IPv4 addresses and gateways",
    ipv6_addresses = {
      type = "string", default = "",
      help = "fixed IPv6 addresses for adapters of the destination: LAN=2001:db8::5/64;LAN=2001:db8::6/64",
    },
    hosts_files = {
      type = "choice", choices = { "report", "carry" }, default = "report",
      help = "what happens to entries of hosts and lmhosts: told, or added to the destination's files",
    },
  },
  present = facts.present,
  reads = {
    registry = { facts.keys.tcpip, facts.keys.tcpip6, facts.keys.netbt },
    files = { facts.files.hosts, facts.files.lmhosts },
  },
  consults = { registry = { facts.keys.ipv6_store, facts.keys.dnscache } },
  writes = {
    registry = { facts.keys.tcpip, facts.keys.tcpip6, facts.keys.netbt, facts.keys.dnscache },
    files = { facts.files.hosts, facts.files.lmhosts },
  },
  steps = {
    require "checks", require "release_addresses",
    require "adapters", require "server", require "routes", require "hosts_files",
    require("take_over").steps, require "ipv6",
    require "by_hand_after",
  },
  guide = require "guide",
}
