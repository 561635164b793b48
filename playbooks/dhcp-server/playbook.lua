-- DHCP Server from Windows Server 2003 to 2022 to Windows Server 2012 and newer.
-- Scopes, options, reservations and leases go through the service's own export and import, the rest of the settings
-- through the registry. The steps name the items of the guide; guide.lua lists which, and why some are not.

local checks = require "shared.checks"
local editions = require "windows.editions"
local facts = require "facts"
local shared = require "shared"

return playbook {
  id = "dhcp-server",
  title = "DHCP Server",
  version = "1.0.0",
  summary = "scopes, reservations, options and leases, bindings, settings of the server",
  after = { "local-accounts", "dns-server" },
  params = {
    takes_over_name = shared.takes_over_name "relay agents stay as they are, and it is authorised when it has them",
  },
  guide = require "guide",
  present = facts.present,
  services = { "DHCPServer" },
  points = "DHCP relay agents, and the partner of a failover",
  reads = {
    registry = { facts.keys.service, facts.keys.configuration },
    files = { facts.files.xml, facts.files.netsh },
  },
  consults = { registry = { facts.keys.interfaces, facts.keys.volumes, editions.scopes, checks.cluster_keys } },
  writes = {
    registry = { facts.keys.parameters, facts.keys.interfaces },
    files = { facts.files.xml, facts.files.netsh },
  },
  steps = {
    require "checks", require "checks_export",
    require "settings", require "bindings", require "export", require "options",
    require "first_start",
    require "by_hand_before", require "by_hand_after",
  },
}
