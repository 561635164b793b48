-- Guide section 2, first half: do the two machines fit each other?

local checks = require "shared.checks"
local compat = require "compat"
local facts = require "facts"
local releases = require "windows.releases"
local roles = require "windows.roles"
local windows = require "windows"

local function addressing(interface)
  return interface.uses_dhcp and "DHCP" or facts.fixed_addresses(interface)
end

local function kind_of_address(interface)
  return interface.uses_dhcp and "DHCP" or "a fixed address"
end

-- "'Internet' has ..." for each pair of cards that differs, as one text; nil when none does.
local function differences(ctx, has, of)
  local found = {}
  for _, pair in ipairs(facts.mapped_cards(ctx)) do found[#found + 1] = facts.difference(pair, has, of) end
  return #found > 0 and table.concat(found, "; ") or nil
end

local function quoted_names(list)
  local names = {}
  for index, item in ipairs(list) do names[index] = "'" .. item.name .. "'" end
  return table.concat(names, ", ")
end

-- Other checks see to these.
local own_checks = { IAS = true, ClusSvc = true }

-- Titles and services of other roles that run on the source: those that have a plan, or of which the admin said so, or
-- the rest.
local function other_roles(ctx, planned)
  local named, titles, services = {}, {}, {}
  for service in ctx.params.other_roles:gmatch "[^,%s]+" do named[service:lower()] = true end
  for _, moved in ipairs { false, true } do
    for _, role in ipairs(roles.others(ctx, own_checks, moved)) do
      if (moved or named[role.service:lower()] or false) == planned then
        titles[#titles + 1], services[#services + 1] = role.title, role.service
      end
    end
  end
  return titles, services
end

return {
  check "supported-source" {
    guide = { "RA-CHK-01", "RA-PRE-02" }, severity = "block", title = "Supported system of the source",
    waiver = "the settings are read as those of the server release that is nearest to the source's system",
    problem = function(ctx)
      local source = ctx.source:identity()
      if not releases.takes("source", "remote-access", ctx.source_os, source.architecture) then
        return ("Migration from %s is not supported."):format(windows.describe(source)),
          ("Sources are %s; 2003 with Service Pack 2."):format(checks.span("source", "remote-access"))
      end
    end,
  },

  check "supported-destination" {
    guide = { "RA-CHK-01", "RA-PRE-02" }, severity = "block", title = "Supported system of the destination",
    problem = function(ctx)
      local destination = ctx.destination:identity()
      if not releases.takes("destination", "remote-access", ctx.destination_os) then
        return ("Migration to %s is not supported."):format(windows.describe(destination)),
          ("The destination is %s, x64."):format(checks.span("destination", "remote-access"))
      end
    end,
  },

  check "edition" (checks.edition { guide = "RA-CHK-01" }),
  check "source-edition" (checks.source_edition { guide = "RA-CHK-01" }),

  -- Microsoft, KB 292822: the addresses of the dial-in interface get into DNS.
  check "domain-controller" (checks.domain_controller({ guide = "RA-CHK-08" }, {
    source = {
      "Active Directory does not move with Remote Access, and clients find the server by the domain's DNS.",
      "Promote another server and let it replicate before this one is retired.",
    },
    destination = {
      "Remote Access there registers the addresses of its dial-in interface in DNS, where clients of the domain find"
        .. " them.",
      "Choose a member server, or keep these addresses out of DNS: PublishAddresses, DisableDynamicUpdate (KB 292822).",
    },
  })),

  check "own-configuration" {
    guide = "RA-CHK-11", severity = "warn", title = "The destination's own Remote Access",
    found = function(ctx)
      local flags = ctx.destination:read(facts.keys.service, "ConfigurationFlags")
      return math.type(flags) == "integer" and flags ~= 0 and "ConfigurationFlags is " .. flags
    end,
    problem = "Remote Access is already configured on the destination (%s): the source's settings take the place of"
      .. " its own.",
    remedy = "Look at what the plan changes there; 'rehome rollback' brings it back. Or choose another server.",
  },

  check "not-older" {
    guide = "RA-CHK-01", severity = "block", title = "A destination that is not older than the source",
    found = function(ctx)
      local from, to = ctx.source_os, ctx.destination_os
      return from and to and not releases.at_most(from, to) and releases.by_key[from].name, to
        and releases.by_key[to].name
    end,
    problem = "The source is %s, and the destination is older: %s.",
    remedy = "Take a destination of the source's release, or of a newer one.",
  },

  check "beyond-the-guide" (checks.beyond_the_guide("remote-access", { guide = "RA-CHK-01" })),

  -- That a system is 2003 R2 is known by its product name only.
  check "service-pack" {
    guide = "RA-CHK-02", severity = "block", title = "Service pack of Windows Server 2003",
    when = function(ctx) return ctx.source_os == "2003" end,
    problem = function(ctx)
      local identity = ctx.source:identity()
      local pack = tonumber(identity.service_pack:match "%d+") or 0
      if pack < 2 and not identity.os_name:find "R2" then
        return "The source is Windows Server 2003 without Service Pack 2.",
          "Install Service Pack 2 on the source first."
      end
    end,
  },

  check "full-installation" (checks.full_source({ "2008", "2008r2" }, { guide = "RA-CHK-03" })),

  check "destination-architecture" {
    guide = "RA-CHK-04", severity = "block", title = "64-bit destination",
    problem = function(ctx)
      local architecture = ctx.destination:identity().architecture
      if architecture ~= "AMD64" then
        return ("The destination's processor architecture is %s."):format(
          architecture ~= "" and architecture or "unknown"), "Install the 64-bit (x64) system on the destination."
      end
    end,
  },

  check "language" (checks.same_language { guide = "RA-CHK-05" }),
  check "second-machine" (checks.second_machine { guide = "RA-CHK-06" }),

  check "same-name" {
    guide = { "RA-CHK-33", "RA-PRE-03" }, severity = "warn", title = "Different computer names",
    problem = function(ctx)
      local name = ctx.source:identity().computer_name
      if name ~= "" and windows.same_name(name, ctx.destination:identity().computer_name) then
        return ("Both machines are called %s."):format(name),
          "The name can be reused only after the source has left the network: give the destination another for now."
      end
    end,
  },

  check "cluster" (checks.no_cluster { guide = "RA-CHK-07" }),

  check "other-roles" {
    guide = "RA-CHK-08", severity = "block", title = "No other role on the source without a plan",
    problem = function(ctx)
      local found, services = other_roles(ctx, false)
      if #found > 0 then
        return ("The source also runs %s."):format(table.concat(found, ", ")),
          "Plan these roles too: moving names, addresses or accounts breaks them. When they have a plan, say so:"
            .. " --param other_roles=" .. table.concat(services, ",")
      end
    end,
  },

  check "planned-roles" {
    guide = "RA-CHK-08", severity = "warn", title = "Other roles on the source",
    problem = function(ctx)
      local found = other_roles(ctx, true)
      if #found > 0 then
        return ("The source also runs %s, which have a plan of their own."):format(table.concat(found, ", ")),
          "Check that names, addresses and accounts stay right for these roles until they have moved."
      end
    end,
  },

  -- Facing the Internet means having a default gateway, as far as an image can tell.
  check "adapter-purpose" {
    guide = "RA-CHK-14", severity = "warn", title = "Adapters with the same purpose",
    problem = function(ctx)
      local cards, moved = facts.mapped_cards(ctx), {}
      for _, pair in ipairs(cards) do
        if #pair.source.gateways > 0 and #pair.destination.gateways == 0 then
          moved[#moved + 1] = pair.source
        end
      end
      for _, pair in ipairs(cards) do
        if #moved > 0 and #pair.source.gateways == 0 and #pair.destination.gateways > 0 then
          return ("The default gateway is on %s of the source, but on '%s' of the destination."):format(
            quoted_names(moved), pair.destination.name), "Check that adapters of the same name have the same purpose."
        end
      end
    end,
  },

  check "adapter-addressing" {
    guide = "RA-CHK-14", severity = "info", title = "Fixed addresses and DHCP",
    problem = function(ctx)
      local found = differences(ctx, "uses", kind_of_address)
      if found then
        return found .. ".", "Addresses are never migrated: set them on the destination if needed."
      end
    end,
  },

  -- Addresses of adapters are never written. 2003 could set them in the console of Remote Access, too.
  check "lan-addresses" {
    guide = "RA-GAP-10", severity = "info", title = "How LAN interfaces get their addresses",
    when = function(ctx) return compat.of_source(ctx, "RA-GAP-10") == "drop" end,
    problem = function(ctx)
      local found = differences(ctx, "has", addressing)
      if found then
        return ("The Configuration tab of LAN interfaces is not migrated: %s."):format(found),
          "Set the addresses in Windows if they are to be the same."
      end
    end,
  },

  check "shared-subnet" {
    guide = "RA-CHK-14", severity = "warn", title = "Adapters in subnets of their own",
    problem = function(ctx)
      local taken = {}
      for _, card in ipairs(facts.cards(ctx.destination)) do
        for index, address in ipairs(card.addresses) do
          local subnet = facts.subnet(address, card.masks[index])
          if subnet and taken[subnet] and taken[subnet] ~= card.name then
            return ("'%s' and '%s' of the destination are in the same subnet, %s."):format(taken[subnet], card.name,
              subnet), "Routing needs a subnet for each adapter: correct the addresses or the cabling."
          end
          if subnet then taken[subnet] = card.name end
        end
      end
    end,
  },

  check "extra-adapters" {
    guide = "RA-CHK-15", severity = "info", title = "Adapters that get nothing",
    problem = function(ctx)
      local taken, extra = {}, {}
      for _, pair in ipairs(ctx.map) do
        if pair.destination then taken[pair.destination.guid:upper()] = true end
      end
      for _, card in ipairs(facts.cards(ctx.destination)) do
        if not taken[card.guid:upper()] then extra[#extra + 1] = card end
      end
      if #extra > 0 then
        return ("No settings go to %s."):format(quoted_names(extra)), "Nothing has to be done."
      end
    end,
  },

  check "domain" (checks.same_domain { guide = { "RA-CHK-18", "RA-PRE-05", "RA-PERM-01" } }),
}
