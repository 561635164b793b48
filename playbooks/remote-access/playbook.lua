-- Remote Access (RRAS: VPN server, NAT, routing, demand-dial) from Windows Server 2003 to 2022 to 2012 and newer.
-- The steps name the items of the migration guide that they implement; guide.lua lists which, and why some are not.

local checks = require "shared.checks"
local editions = require "windows.editions"
local facts = require "facts"
local http_sys = require "windows.http_sys"
local questions = require "questions"
local roles = require "windows.roles"
local shared = require "shared"

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local class = [[HKLM\SYSTEM\CurrentControlSet\Control\Class\]]

local ikev2 = services .. [[RasMan\IKEv2]]

local looked_at = {
  ikev2, facts.keys.schannel,
  class .. "{4D36E972-E325-11CE-BFC1-08002BE10318}", -- network adapters: the WAN miniports with their ports
  class .. "{4D36E96D-E325-11CE-BFC1-08002BE10318}", -- modems
  http_sys.key,
  services .. [[Tcpip6\Parameters]],
  facts.keys.firewall_rules, facts.keys.firewall_2003,
  facts.keys.code_page,
  [[HKLM\SOFTWARE\Microsoft\Router\CurrentVersion]], -- the routing protocols that a server has
  [[HKLM\SOFTWARE\Microsoft\ServerManager\ServicingStorage\ServerComponentCache]],
  facts.keys.tracing,
  [[HKLM\SOFTWARE\Policies\Microsoft\Windows\RemoteAccess]], -- DirectAccess
  roles.scopes, editions.scopes, checks.cluster_keys,
}

local params = {
  reversible_passwords = {
    type = "boolean", default = false,
    help = "the destination stores passwords with reversible encryption: local accounts that use CHAP need it",
  },
  other_roles = {
    type = "string", default = "",
    help = "services of other roles of the source that have a plan of their own: DHCPServer,DNS",
  },
  direct_access = {
    type = "choice", choices = { "refuse", "by-hand" }, default = "refuse",
    help = "DirectAccess of a 2012 source: stop, or move it by hand while the rest moves",
  },
}
params.weak_encryption = {
  type = "choice", choices = { "no", "pptp", "l2tp", "both" }, default = "no",
  help = "clients of a 2003 source that know 40- and 56-bit encryption alone may use it on the destination",
}
params.outdated_ports = {
  type = "choice", choices = { "as-source", "off" }, default = "as-source",
  help = "whether PPTP and L2TP ports take connections: as on the source, or not, as on new servers of 2025",
}
params.firewall_rules = {
  type = "choice", choices = { "remote-access", "all-own", "leave" }, default = "remote-access",
  help = "rules of Windows Firewall that somebody made on the source: those for remote access, all, or none",
}
params.takes_over_name = shared.takes_over_name "connection profiles, DNS and firewalls stay as they are"
for name, parameter in pairs(questions.params) do params[name] = parameter end

return playbook {
  id = "remote-access",
  title = "Remote Access (RRAS)",
  version = "1.0.0",
  summary = "VPN server, NAT, routing and demand-dial interfaces",
  after = { "nps", "local-accounts", "certificates" },
  requires = {
    {
      "nps", guide = "RA-CHK-26", when = facts.runs_nps,
      why = "the source runs its own NPS, which has the policies for remote access and goes first",
      waiver = "nobody can sign in to VPN until an NPS with the source's policies answers for the destination",
      points = "Remote Access asked the NPS on its own server. On this server choose RADIUS as the authentication and"
        .. " accounting provider (Routing and Remote Access, properties of the server, Security tab) and enter the"
        .. " server with NPS, with a new shared secret; there add this server as a RADIUS client.",
    },
  },
  present = facts.present,
  services = { "RemoteAccess", "RaMgmtSvc" },
  points = "VPN clients and their connection profiles, DNS records, and the perimeter firewall",
  params = params,
  compat = require("compat").tables,
  guide = require "guide",
  reads = {
    registry = {
      services .. "RemoteAccess",
      services .. [[RasMan\Parameters]],
      services .. [[RasMan\PPP]],
      services .. [[SstpSvc\Parameters]],
      services .. [[NdisWan\Parameters]],
      services .. "PolicyAgent",
      services .. "IPSec",
      [[HKLM\SOFTWARE\Microsoft\RAS]],
    },
    files = { facts.phonebook, facts.profiles .. [[\**]] },
    certificates = { "MY" },
  },
  consults = {
    registry = looked_at,
    certificates = { "ROOT", "AuthRoot", "CA", "Disallowed" },
  },
  writes = {
    registry = {
      services .. "RemoteAccess",
      services .. [[RasMan\Parameters]],
      services .. [[RasMan\PPP]],
      services .. [[SstpSvc\Parameters]],
      services .. [[NdisWan\Parameters]],
      services .. "PolicyAgent",
      ikev2, facts.keys.schannel,
      class .. "{4D36E972-E325-11CE-BFC1-08002BE10318}",
      facts.keys.tracing,
      facts.keys.firewall_rules,
    },
    files = { facts.phonebook, facts.profiles .. [[\**]] },
  },
  steps = {
    require "checks", require "checks_role", require "checks_routing", require "checks_gone",
    questions.checks, require "direct_access",
    require "server", require "addresses", require "ikev2_sstp", require "ports",
    require "demand_dial", require "interfaces", require "certificates",
    require "add_ons", require "firewall_rules",
    require "verification", require "sstp_binding", require "service", require("first_start").steps,
    require "by_hand", require "by_hand_afterwards",
  },
}
