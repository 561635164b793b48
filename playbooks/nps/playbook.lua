-- Network Policy Server (RADIUS) from Windows Server 2003 to 2022 to Windows Server 2012 and newer.
-- The steps name the items of the migration guide that they implement; README.md lists which.

local editions = require "windows.editions"
local facts = require "facts"
local roles = require "windows.roles"
local shared = require "shared"

return playbook {
  id = "nps",
  title = "Network Policy Server (RADIUS)",
  version = "1.0.0",
  summary = "policies, RADIUS clients, remote RADIUS servers and accounting",
  after = { "local-accounts", "certificates" },
  services = { "IAS" },
  points = "RADIUS clients (access servers, switches, access points) and RADIUS proxies",
  params = {
    group_sids = {
      type = "string", default = "",
      help = "which group of the destination is meant by one of the source: OLD=NEW;OLD=NEW, each a SID or the SID of a"
        .. " domain; OLD=OLD for what stays valid. Policies with local groups that are not named here are disabled",
    },
    later_policies = {
      type = "choice", choices = { "disable", "keep" }, default = "disable",
      help = "policies behind a disabled one that grant access: requests that it decided would now reach them",
    },
    extension_policies = {
      type = "choice", choices = { "disable", "keep" }, default = "disable",
      help = "network policies that grant access, where an extension DLL of the source may refuse it and is not on the"
        .. " destination: disabled until it is installed there, or enabled without it",
    },
    takes_over_name = shared.takes_over_name "they stay in the configuration",
  },
  guide = require "guide",
  present = facts.present,
  reads = {
    registry = { facts.keys.ias, facts.keys.extensions, facts.keys.second_factor },
    files = { facts.files.configuration, facts.files.templates, facts.files.text, facts.files.text_x64 },
  },
  consults = {
    registry = { roles.scopes, editions.scopes, facts.keys.eap, facts.keys.schannel, facts.keys.ntlm },
    certificates = { "MY" },
    accounts = { "users", "groups" },
  },
  writes = {
    registry = {
      facts.keys.ias, facts.keys.extensions, facts.keys.eap, facts.keys.schannel, facts.keys.ntlm,
    },
    files = { facts.files.configuration, facts.files.text, facts.files.text_original },
  },
  steps = {
    require "checks", require "checks_configuration", require "checks_gone",
    require "clients", require "server_groups", require("policies").steps, require("extension").steps,
    require "templates", require "components",
    require "import", require("server_2003").steps, require "registry",
    require "by_hand",
  },
}
