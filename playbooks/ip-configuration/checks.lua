-- What may be in the way, and what the destination could be cut off by.

local checks = require "shared.checks"
local facts = require "facts"
local take_over = require "take_over"

local function has_gateway(interfaces)
  for _, interface in ipairs(interfaces) do
    if #interface.gateways > 0 then return true end
  end
  return false
end

return {
  check "supported-pair" (checks.supported_pair("ip-configuration", "IP configuration", { guide = "IP-PRE-01" })),
  check "beyond-the-guide" (checks.beyond_the_guide("ip-configuration", { guide = "IP-PRE-01" })),
  check "domain-controller" (checks.domain_controller({ guide = "IP-IMPACT-01" }, {
    source = {
      "Its addresses are in the domain's DNS and in the settings of those that ask it for names.",
      "Promote another server and let it replicate first; move the addresses when this one is demoted.",
    },
    destination = {
      "With other addresses its records in DNS have to be made anew.",
      "After the first start: ipconfig /registerdns, nltest /dsregdns, then dcdiag /test:dns.",
    },
  })),
  check "adapters-mapped" (checks.adapters_mapped { guide = "IP-STEP-05" }),
  check "gone-adapters" (checks.gone_adapters { guide = "IP-STEP-05" }),

  check "ipv6-all-bits" {
    guide = "IP-SET-04", severity = "warn", title = "IPv6 that is disabled as documented",
    found = function(ctx)
      local value = ctx.source:read(facts.keys.tcpip6, "DisabledComponents")
      return value == 0xFFFFFFFF and "0xFFFFFFFF"
    end,
    problem = "The source has DisabledComponents %s; meant is 0xFF, which disables the same.",
    remedy = "0xFF is written. With all bits Windows waits five seconds at each start, and Routing and Remote Access"
      .. " may not start.",
  },

  check "sound-addresses" {
    guide = "IP-SET-02", severity = "block", title = "Addresses with their masks",
    when = take_over.moves,
    found = function(ctx)
      for _, pair in ipairs(take_over.adapters(ctx)) do
        for index, address in ipairs(pair.source.addresses) do
          if not facts.number(address) or not facts.prefix(pair.source.masks[index]) then
            return pair.source.name, address, pair.source.masks[index] or ""
          end
        end
      end
    end,
    problem = "'%s' has the address %s with the mask '%s' on the source.",
    remedy = "Correct it there first, or leave the adapter out with a map.",
  },

  check "address-twice" {
    guide = "IP-SET-02", severity = "block", title = "No address on two adapters",
    when = take_over.moves,
    problem = "%s would be on '%s' and on '%s' of the destination.",
    remedy = "Give the adapter that has it now another address, or change the map.",
    found = function(ctx)
      local taken = {}
      for _, interface in ipairs(take_over.planned(ctx)) do
        for _, address in ipairs(facts.is_fixed(interface) and interface.addresses or {}) do
          if taken[address] then return address, taken[address], interface.name end
          taken[address] = interface.name
        end
      end
    end,
  },

  check "gateway-lost" {
    guide = { "IP-SET-02", "IP-IMPACT-01" }, severity = "warn", title = "A default gateway afterwards",
    when = take_over.moves,
    found = function(ctx)
      return has_gateway(ctx.destination:interfaces()) and not has_gateway(take_over.planned(ctx))
    end,
    problem = "The destination has a default gateway now and would have none: only its own subnets would reach it.",
    remedy = "Work at its console, or set a gateway on the source first.",
  },

  check "leases" {
    guide = "IP-SET-02", severity = "info", title = "Adapters with addresses from DHCP",
    when = take_over.is_asked_for,
    found = function(ctx)
      local names = {}
      for _, pair in ipairs(facts.adapters(ctx)) do
        if pair.destination and pair.source.uses_dhcp then names[#names + 1] = "'" .. pair.source.name .. "'" end
      end
      return names
    end,
    problem = "%s: the source gets its address from DHCP there, so the destination's stays.",
    remedy = "A reservation names the source's MAC address: change it to the destination's.",
  },

  check "roles-with-addresses" {
    guide = "IP-IMPACT-03", severity = "info", title = "Roles that hold addresses",
    when = take_over.moves, found = function() return true end,
    problem = "Roles of both servers may hold addresses: bindings, zones, relays, RADIUS clients.",
    remedy = "Look through them when the addresses have changed.",
  },
}
