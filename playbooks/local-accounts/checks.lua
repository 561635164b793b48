-- What must be so before accounts can be moved.

local decisions = require "decisions"
local facts = require "facts"
local windows = require "windows"

local function doubled(accounts)
  local seen, found = {}, {}
  for _, list in ipairs { accounts.users, accounts.groups } do
    for _, account in ipairs(list) do
      local name = account.name:lower()
      if seen[name] then found[#found + 1] = account.name end
      seen[name] = true
      local members = {}
      for _, sid in ipairs(account.members or {}) do
        if members[sid] then found[#found + 1] = account.name .. "\\" .. sid end
        members[sid] = true
      end
    end
  end
  return found
end

local function domain_members(ctx)
  local source, found, seen = facts.accounts(ctx, "source"), {}, {}
  for _, group in ipairs(source.groups) do
    for _, sid in ipairs(group.members) do
      if not seen[sid] and facts.kind_of_sid(sid, source.machine_sid) == "domain" then
        local hint = facts.name_hint(ctx, sid)
        found[#found + 1] = hint and ("%s (%s?)"):format(sid, hint) or sid
        seen[sid] = true
      end
    end
  end
  return found
end

return {
  check "domain-controller" {
    guide = "CB-08", severity = "block", title = "Neither server is a domain controller",
    problem = function(ctx)
      if windows.is_domain_controller(ctx.source:identity()) then
        return "The source is a domain controller: it has no local accounts.", "Leave local-accounts out."
      elseif windows.is_domain_controller(ctx.destination:identity()) then
        return "The destination is a domain controller: local users would become users of the domain.",
          "Choose a destination that is none, or leave local-accounts out."
      end
    end,
  },

  check "accounts-are-there" {
    guide = "CB-08", severity = "block", title = "The source's accounts can be read",
    problem = function(ctx)
      local accounts = facts.accounts(ctx, "source")
      if accounts.unknown then
        return "There is no SAM hive on the source.", "Collect Windows\\System32\\config\\SAM too."
      end
      local names = doubled(accounts)
      if #names > 0 then
        return "Accounts stand there twice: " .. table.concat(names, ", ") .. ".", "The hive was made up or damaged."
      end
    end,
  },

  check "damaged-accounts" {
    guide = "CB-08", severity = "warn", title = "No account is damaged",
    found = function(ctx)
      local list = {}
      for index, problem in ipairs(facts.accounts(ctx, "source").problems) do
        list[index] = problem.path .. ": " .. problem.text
      end
      return #list > 0 and table.concat(list, "; ")
    end,
    problem = "%s.", remedy = "Look at these on the source; they do not move.",
  },

  check "destination-accounts" {
    guide = "CB-08", severity = "info", title = "The destination's accounts are known",
    found = function(ctx) return facts.accounts(ctx, "destination").unknown end,
    problem = "There is no SAM hive on the destination: names that it has already show at the first start alone.",
    remedy = [[Collect Windows\System32\config\SAM of the destination too.]],
  },

  check "names-in-use" {
    guide = "CB-08", severity = "warn", title = "The destination has no accounts of these names",
    when = function(ctx) return not windows.is_domain_controller(ctx.source:identity()) end,
    found = function(ctx)
      local found = {}
      for _, decision in ipairs(decisions.of(ctx).users) do
        if decision.action == "leave" and decision.twin then found[#found + 1] = decision.account.name end
      end
      return found
    end,
    problem = "These users are on the destination already and stay as they are: %s.",
    remedy = "Say collisions=rename or collisions=reuse if that is not meant.",
  },

  check "members-of-domains" {
    guide = { "CB-07", "RA-CHK-19", "RA-TROUBLE-04" }, severity = "info",
    title = "No accounts of a domain in local groups",
    found = domain_members, problem = "Local groups have members of a domain: %s.",
    remedy = function(ctx)
      return facts.same_domain(ctx) and "A domain controller has to be reachable at the first start."
        or "The destination is not in that domain: join it first, or add them by hand."
    end,
  },

  check "passwords-for-chap" {
    guide = { "RA-CHK-22", "RA-PRE-04" }, severity = "warn", title = "No password is kept reversibly",
    found = function(ctx)
      local found = {}
      for _, user in ipairs(facts.accounts(ctx, "source").users) do
        if user.reversible then found[#found + 1] = user.name end
      end
      return found
    end,
    problem = "Passwords of these users are kept so that CHAP can read them: %s.",
    remedy = "Stop using CHAP; or allow it on the destination before the first start (RA-PRE-04).",
  },
}
