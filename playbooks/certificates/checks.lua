-- Certificates that have run out or soon will, and choices of roles that lead nowhere.

local certificate_of = require "certificate"
local checks = require "shared.checks"
local needs = require "needs"
local stores = require "stores"

local SOON = 30 * 86400

-- Lines on the needed certificates whose end is between two times.
local function ending(ctx, from, to)
  local lines = {}
  for _, need in ipairs(needs.of_source(ctx)) do
    local certificate = need.certificate
    if needs.has_to_move(need) and certificate.not_after >= from and certificate.not_after < to then
      lines[#lines + 1] = ("%s until %s: %s"):format(certificate_of.describe(certificate),
        certificate_of.date(certificate.not_after), needs.described(need))
    end
  end
  return #lines > 0 and table.concat(lines, "; ") or nil
end

-- "2 CRLs in HKLM\...\CA" for each store that has some.
local function lists_of(machine)
  local lines = {}
  for _, key in ipairs(stores.keys) do
    for _, kind in ipairs { "CRLs", "CTLs" } do
      local count = #machine:keys(key .. "\\" .. kind)
      if count > 0 then lines[#lines + 1] = ("%d %s in %s"):format(count, kind, key) end
    end
  end
  return lines
end

return {
  check "domain-controller" (checks.domain_controller({ guide = "CERT-MOVE-01" }, {
    source = {
      "Its certificates for Kerberos and LDAP are for its own name.",
      "Let the destination enrol its own where it is a domain controller; leave the source's out.",
    },
  })),

  check "lists" {
    guide = "CERT-MOVE-07", severity = "info", title = "Revocation lists and trust lists",
    found = function(ctx) return lists_of(ctx.source) end, problem = "These stay behind: %s.",
    remedy = "Revocation lists are fetched again; import trust lists (certlm.msc).",
  },

  check "expired" {
    guide = "CERT-MOVE-02", severity = "warn", title = "Needed certificates are valid",
    found = function(ctx) return ending(ctx, math.mininteger, ctx.time) end,
    problem = "These have expired: %s.", remedy = "Enrol new ones; moving these is of no use.",
  },

  check "expiring" {
    guide = "CERT-MOVE-02", severity = "info", title = "Needed certificates stay valid for 30 days",
    found = function(ctx) return ending(ctx, ctx.time, ctx.time + SOON) end,
    problem = "These expire within 30 days: %s.", remedy = "Renew them before they are moved.",
  },

  check "lost" {
    guide = { "CERT-MOVE-01", "CERT-MOVE-09" }, severity = "info", title = "Roles name certificates that are there",
    found = function(ctx)
      local _, lost = needs.of_source(ctx)
      local lines = {}
      for index, item in ipairs(lost) do
        lines[index] = ("%s (%s)"):format(item.hash, table.concat(item.uses, ", "))
      end
      return #lines > 0 and table.concat(lines, "; ")
    end,
    problem = "Not in the source's Personal store: %s.",
    remedy = "These choices do not work on the source either, or their certificates are in another store.",
  },
}
