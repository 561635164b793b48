-- Local users and groups: what the SAM hive of the source has, as a plan of what the destination creates at its first
-- start. The steps name the items of the guide that they implement; README.md lists which.

local facts = require "facts"
local windows = require "windows"

return playbook {
  id = "local-accounts",
  title = "Local users and groups",
  version = "1.0.0",
  summary = "users, groups, memberships and dial-in rights; new passwords",
  divisible = true, -- each server has its own
  params = {
    users = {
      type = "choice", choices = { "all", "enabled", "disabled" }, default = "all", help = "which users move",
    },
    passwords = {
      type = "choice", choices = { "generate", "ask" }, default = "generate",
      help = "new passwords: made on the destination at its first start, into a file for administrators alone; or"
        .. " asked for there",
    },
    must_change = {
      type = "boolean", default = true,
      help = "users change the new password at the first logon, but for those whose password does not expire or who"
        .. " cannot change it",
    },
    collisions = {
      type = "choice", choices = { "skip", "rename", "reuse" }, default = "skip",
      help = "a user whose name the destination has: skip leaves both as they are, rename creates NAME-2, reuse lets"
        .. " the destination's user stand for the source's, with its memberships",
    },
    group_collisions = {
      type = "choice", choices = { "skip", "rename", "reuse" }, default = "reuse",
      help = "a group whose name the destination has: reuse adds the source's members to it",
    },
  },
  present = function(source)
    if windows.is_domain_controller(source:identity()) then
      return false, "a domain controller has no local accounts"
    end
    local accounts = source:accounts()
    if not accounts then return false, "there is no SAM hive" end
    local own = 0
    for _, user in ipairs(accounts.users) do own = own + (facts.is_builtin(user) and 0 or 1) end
    for _, group in ipairs(accounts.groups) do own = own + (group.builtin and 0 or 1) end
    return own > 0, own > 0 and own .. " users and groups of its own" or "there are built-in accounts alone"
  end,
  reads = { accounts = { "users", "groups" } },
  consults = { registry = { facts.profiles }, files = { require("logons").scope } },
  steps = {
    require "checks", require("users").steps, require("groups").steps, require "first_start", require "by_hand_after",
  },
}
