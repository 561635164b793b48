-- Guide section 5: do the two machines fit each other?

local checks = require "shared.checks"
local facts = require "facts"
local relocate = require "relocate"

return {
  check "supported-pair" (checks.supported_pair("dhcp-server", "DHCP Server", { guide = "DHCP-PRE-03" })),
  check "beyond-the-guide" (checks.beyond_the_guide("dhcp-server", { guide = "DHCP-PRE-03" })),

  check "edition" (checks.edition { guide = "DHCP-PRE-03" }),
  check "source-edition" (checks.source_edition { guide = "DHCP-PRE-03" }),
  check "domain-controller" (checks.domain_controller({ guide = "DHCP-PRE-02" }, {
    source = {
      "The records that it made in DNS belong to the domain controller; the destination may not change them.",
      "Give both servers the same credentials for DNS (Set-DhcpServerDnsCredential) before the move.",
    },
    destination = {
      "A DHCP server there may change every record of the domain's DNS.",
      "Give it credentials of its own: Set-DhcpServerDnsCredential.",
    },
  })),

  check "own-scopes" {
    guide = "DHCP-PRE-03", severity = "warn", title = "Scopes that the destination has",
    found = function(ctx) return facts.scopes(ctx.destination) end,
    problem = "The destination has scopes of its own: %s.",
    remedy = "The import adds the source's and overwrites those of the same addresses: remove what is not to stay.",
  },

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
