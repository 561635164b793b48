-- What no image can tell: questions for the answers file (or --param), each with the check that its answer decides.
--
-- An answer that is in the way fails the check with the guide's severity. What nobody answered is listed once.

local facts = require "facts"

local M = {}

local function in_domain(ctx) return ctx.source:identity().domain ~= "" end
local function has_direct_access(ctx) return facts.has_direct_access(ctx.source) end

local questions = {
  {
    id = "backup", param = "source_backup", guide = { "RA-CHK-21", "RA-SRC-01" }, severity = "warn",
    bad = "no",
    ask = "there is a recent backup of the source",
    message = "There is no recent backup of the source.",
    hint = "Make one: if migration and rollback both fail it is the only way back.",
  },
  {
    id = "pending-changes", param = "pending_changes", guide = { "RA-CHK-29", "RA-EXP-03" }, severity = "warn",
    bad = "yes",
    ask = "settings of the source were changed since its service started",
    message = "The source has settings that its service has not taken up yet; they would take effect for the first time"
      .. " on the destination.",
    hint = "Restart Routing and Remote Access on the source, test it, and take a new image or store.",
  },
  {
    id = "stand-in", param = "outage_arranged", guide = "RA-CHK-35", severity = "warn", bad = "no",
    ask = "the outage is announced, or another server or router stands in",
    message = "Nothing stands in until the destination takes over: nobody can connect and nothing is routed.",
    hint = "Provide another router or access server, or announce the outage.",
  },
  {
    id = "domain-reachable", param = "domain_reachable",
    guide = { "RA-CHK-19", "RA-SRC-03", "RA-TROUBLE-03", "RA-TROUBLE-04" }, severity = "block", bad = "no",
    when = in_domain,
    ask = "both servers reach a domain controller and a global catalog",
    message = "A domain controller cannot be reached: accounts of the domain in local groups are bare SIDs.",
    hint = "Restore the connection, or take the entries that do not resolve out of the local groups (RA-TROUBLE-04).",
  },
  {
    id = "administrator", param = "administrator", guide = { "RA-CHK-34", "RA-PERM-02" }, severity = "block",
    bad = "no", ask = "whoever does the manual steps is an administrator of both servers",
    message = "The manual steps need a member of the local Administrators, elevated, on both servers.",
    hint = "Get these rights first: some steps come before the migration.",
  },
  {
    id = "multisite", param = "multisite", guide = { "RA-CHK-07", "RA-DA-05" }, severity = "block", bad = "yes",
    when = has_direct_access, ask = "DirectAccess of the source is a multisite deployment or a load-balanced cluster",
    message = "Multisite deployments and clusters of DirectAccess cannot be migrated.",
    hint = "Take the server out of the deployment, or set it up anew.",
  },
  {
    id = "prerequisites", param = "direct_access_ready", guide = { "RA-CHK-32", "RA-DA-07" }, severity = "block",
    bad = "no", when = function(ctx) return facts.moves_direct_access(ctx) end,
    ask = "Install-RemoteAccess -Prerequisite finds nothing missing on the destination",
    message = "Install-RemoteAccess -Prerequisite finds something missing on the destination.",
    hint = "Do what it says, and run it again.",
  },
}

---Parameters for the playbook: one a question.
M.params = {}
for _, question in ipairs(questions) do
  M.params[question.param] = {
    type = "choice", choices = { "yes", "no", "unknown" }, default = "unknown", help = question.ask,
  }
end

local function applies(question, ctx)
  return question.when == nil or question.when(ctx)
end

M.checks = {}
local guides = {}
for _, question in ipairs(questions) do
  M.checks[#M.checks + 1] = check(question.id) {
    guide = question.guide, severity = question.severity, title = "Answer: " .. question.ask, when = question.when,
    problem = function(ctx)
      if ctx.params[question.param] == question.bad then return question.message, question.hint end
    end,
  }
  guides[#guides + 1] = type(question.guide) == "table" and question.guide[1] or question.guide
end

M.checks[#M.checks + 1] = check "open-questions" {
  guide = guides, severity = "info", title = "Questions that an image does not answer",
  problem = function(ctx)
    local open = {}
    for _, question in ipairs(questions) do
      if applies(question, ctx) and ctx.params[question.param] == "unknown" then
        open[#open + 1] = ("%s (%s)"):format(question.param, question.ask)
      end
    end
    if #open > 0 then
      return "An image does not tell: " .. table.concat(open, "; ") .. ".",
        "See for yourself, or answer each with --param NAME=yes or no, or in the file of --answers."
    end
  end,
}

return M
