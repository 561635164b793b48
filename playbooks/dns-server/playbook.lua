-- DNS Server from Windows Server 2003 and newer to Windows Server 2012 and newer: zones in files, and settings.
-- Zones in Active Directory replicate between domain controllers: they are named and left alone. The steps name the
-- items of guide.lua.

local editions = require "windows.editions"
local facts = require "facts"
local shared = require "shared"

return playbook {
  id = "dns-server",
  title = "DNS Server",
  version = "1.0.0",
  summary = "zones in files, secondary and stub zones, forwarders, settings of the server",
  params = {
    takes_over_name = shared.takes_over_name "records, lists and clients that name the source stay right",
    domain_controller = {
      type = "choice", choices = { "refuse", "file-zones" }, default = "refuse",
      help = "the source is a domain controller: stop, or move its settings and zones in files all the same",
    },
  },
  guide = require "guide",
  present = facts.present,
  services = { "DNS" },
  points = "clients and DHCP options that name a DNS server, forwarders, delegations and secondary servers",
  reads = { registry = { facts.keys.service, facts.keys.server }, files = { facts.files } },
  consults = { registry = { facts.keys.volumes, editions.scopes } },
  writes = { registry = { facts.keys.parameters, facts.keys.zones }, files = { facts.files } },
  steps = {
    require "checks",
    require "server", require "zones", require "zone_files", require "records",
    require "first_start", require "manual",
  },
}
