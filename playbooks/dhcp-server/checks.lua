-- Guide section 5: do the two machines fit each other?

local checks = require "shared.checks"
local facts = require "facts"
local relocate = require "relocate"

return {
  check "supported-pair" (checks.supported_pair("dhcp-server", "DHCP Server", { guide = "DHCP-PRE-03" })),

  check "full-installation" (checks.full_source({ "2008" }, { guide = "DHCP-PRE-03" })),
  check "cluster" (checks.no_cluster { guide = "DHCP-PRE-03" }),
  check "role-installed" (checks.role_installed("DHCPServer", "DHCP", { guide = "DHCP-PRE-03" })),
  check "domain" (checks.same_domain { guide = "DHCP-PRE-02" }),

  check "adapters" {
    guide = "DHCP-PRE-01", severity = "block", title = "Enough network adapters",
    found = function(ctx)
      local needed, there = #facts.bound_cards(ctx.source), 0
      for _, card in ipairs(ctx.destination:interfaces()) do there = there + (card.is_card and 1 or 0) end
      if there < needed then return needed, there end
    end,
    problem = "The source answers on %d adapters, the destination has %d.", remedy = "Add adapters to the destination.",
  },

  check "adapters-mapped" {
    guide = "DHCP-PRE-01", severity = "warn", title = "An adapter for each that is bound",
    found = function(ctx)
      local missing = {}
      for _, card in ipairs(facts.bound_cards(ctx.source)) do
        if not ctx:interface(card.guid) then missing[#missing + 1] = "'" .. card.name .. "'" end
      end
      return missing
    end,
    problem = "The source answers on adapters that have none in their place: %s.",
    remedy = "Name them in the map, or their clients get no addresses.",
  },

  check "database-drive" {
    guide = "DHCP-PRE-04", severity = "warn", title = "Drive of the database",
    found = function(ctx)
      local path = facts.moved_database(ctx)
      return path and not relocate.has_drive(ctx.destination, path) and path
    end,
    problem = "The source's database is in %s; the destination has no fixed volume of that letter.",
    remedy = "Give it one, or leave the database in the default folder: the import fills it wherever it is.",
  },
}
