-- Shares with their options and permissions, of Windows Server 2003 to the newest, onto 2012 and newer.
-- The steps name the items of the migration guide that they implement; guide.lua lists which, and why some are not.

local editions = require "windows.editions"
local facts = require "facts"
local shared = require "shared"
local others = require "others"

return playbook {
  id = "file-shares",
  title = "File shares",
  version = "1.0.0",
  summary = "shares with their options and permissions; data are copied by hand",
  points = "mapped drives, logon scripts, DFS targets and shortcuts",
  after = { "local-accounts" },
  params = {
    folders = {
      type = "string", default = "",
      help = [[where shared folders are on the destination: D:\Data=E:\Files;F:=G:. Others keep their path]],
    },
    missing_drives = {
      type = "choice", choices = { "block", "by-hand" }, default = "block",
      help = "what happens when the destination has no such drive: by-hand means that its disk is attached later",
    },
    group_sids = {
      type = "string", default = "",
      help = "which account of the destination is meant by one of the source: OLD=NEW;OLD=NEW, each a SID or the SID"
        .. " of a domain; OLD=OLD for what stays valid",
    },
    takes_over_name = shared.takes_over_name "clients find its shares by them",
  },
  present = facts.present,
  services = { "LanmanServer" },
  reads = { registry = { facts.keys.shares, facts.keys.parameters } },
  consults = {
    registry = { facts.keys.mounted, facts.keys.dfs_roots, facts.keys.dnscache, facts.keys.ntlm, editions.scopes },
    accounts = { "users", "groups" },
  },
  writes = { registry = { facts.keys.shares, facts.keys.parameters, facts.keys.dnscache, facts.keys.ntlm } },
  steps = {
    require "checks",
    require "shares", require "server",
    require "manual", others.steps, require "identity",
  },
  guide = require "guide",
}
