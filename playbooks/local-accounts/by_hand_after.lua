-- What a person has to do.

local logons = require "logons"
local users = require "users"

return {
  manual "hand-out-passwords" {
    guide = { "CB-08", "RA-MAN-15" }, title = "Give the users their new passwords", on = "people", phase = "after",
    secret_needed = true,
    when = function(ctx) return #users.rows(ctx) > 0 end,
    text = function(ctx)
      return ctx.params.passwords == "ask" and "Passwords do not move. Tell each user the one that was typed in at the"
        .. " first start." or "Passwords do not move. At the first start new ones were made: they are in"
        .. " %ProgramData%\\rehome, in the folder of this plan, in a file passwords.txt that administrators alone"
        .. " can read. Tell each user the new one, then delete the file."
    end,
  },

  manual "logons" {
    guide = "CB-08", title = "Services and tasks that log on as these users", on = "destination", phase = "after",
    when = function(ctx) return #logons.lines(ctx) > 0 end,
    text = function(ctx)
      return "These log on with an account of the source. Install their programs, give them the user with its new"
        .. " password, and the rights that it had (secpol.msc, User Rights Assignment: Log on as a service, Log on as a"
        .. " batch job); user rights do not move:\n" .. table.concat(logons.lines(ctx), "\n")
    end,
  },

  manual "limits" {
    guide = "RA-MAN-15", title = "Set logon hours and workstations", on = "destination", phase = "after",
    on_demand = true,
    text = "These users may log on at certain times or places alone. They are created disabled: set their limits, then"
      .. " enable those that the source had enabled:",
  },

  manual "dial-in" {
    guide = "RA-MAN-15", title = "Complete the dial-in tab", on = "destination", phase = "after", on_demand = true,
    text = "These settings cannot be set by a script. Enter them in the properties of the user, tab Dial-in:",
  },

  manual "reversible-passwords" {
    guide = "RA-PRE-04", title = "Users of CHAP", on = "destination", phase = "after", on_demand = true,
    text = "The passwords of these users were kept for CHAP. Better stop using CHAP. Otherwise turn on"
      .. " 'Store passwords using reversible encryption' in the local password policy, and set their passwords again"
      .. " after that:",
  },

  manual "names" {
    guide = "CB-08", title = "Accounts whose names cannot be", on = "destination", phase = "after", on_demand = true,
    text = "These accounts have names that Windows would not take. Create them under other names if they are needed:",
  },

  manual "domain-members" {
    guide = { "CB-07", "RA-TROUBLE-04" }, title = "Members of a domain that the destination is not in",
    on = "destination", phase = "after", on_demand = true,
    text = "These members of local groups belong to a domain. Add them when the destination has joined it, or leave"
      .. " them out:",
  },

  manual "group-sids" {
    guide = { "CB-08", "NPS-VER-03b" }, title = "What names groups by SID", on = "destination", phase = "after",
    on_demand = true,
    text = "A created group has a new SID. A policy of NPS that names one of these groups was disabled. After the first"
      .. " start %ProgramData%\\rehome has group-sids.txt in the folder of this plan: a line OLD=NEW for each. Plan nps"
      .. " again with these lines, joined by ';', as --param group_sids=...; or choose the groups in the policies and"
      .. " enable them. Permissions of files and shares have to be given anew:",
  },

  manual "compare-accounts" {
    guide = "RA-VER-17", title = "Compare the accounts of both servers", on = "destination", phase = "after",
    text = "After the first start compare 'net user' and 'net localgroup' of both servers with the report.",
  },
}
