-- Zones in the registry: what is in files moves with all that is set for it; what is in Active Directory stays.

local facts = require "facts"

local by_cmdlets = "policies and scopes are made again by their own cmdlets"

-- Where a zone goes, or why it goes nowhere.
local function place(zone, ctx)
  if zone.moves then return zone.path end
  if zone.kind == "cache" then return nil, "root hints are a file: see cache.dns", "kept" end
  if zone.integrated then
    ctx:note(("Zone %s is in Active Directory: it replicates, and is not moved."):format(zone.name))
    return nil, "in Active Directory: it replicates to the domain controllers that have DNS"
  end
  ctx:note(("Zone %s is of a kind that is not known: it is not moved."):format(zone.name))
  return nil, "a zone of a kind that is not known"
end

-- Lists stay as they are; who is named in them by the source's own address is for a person to say.
local function look_through(value, ctx, about)
  local own = facts.source_names(ctx).addresses
  for _, address in ipairs(facts.addresses_in(value) or {}) do
    if own[address] ~= nil then
      ctx:call_for("address-lists", ("%s of zone %s has %s"):format(about.name, about.item.name, address))
    end
  end
  return value
end

return {
  -- Beside the zones: policies, subnets of clients, scopes of recursion (2016 and newer).
  settings "server-policies" {
    guide = "DNS-ZONE-07", title = "Policies of the server", key = facts.keys.server,
    by_hand { [[Policies\**]], [[ClientSubnets\**]], [[RecursionScopes\**]] } {
      step = "policies", why = by_cmdlets, detail = function(_, about) return about.path:match "[^\\]*$" end,
    },
  },

  -- Zone properties [MS-DNSP 3.1.1.2]; the registry has them by the same names.
  settings "zones" {
    guide = { "DNS-ZONE-01", "DNS-ZONE-03", "DNS-ZONE-05", "DNS-ZONE-06" }, title = "Zones",
    each = facts.zones, to = place, replace = true,
    migrate { "Type", "DatabaseFile", "DsIntegrated", "AllowUpdate", "SecureSecondaries", "NotifyLevel", "Aging",
              "NoRefreshInterval", "RefreshInterval", "ForwarderTimeout", "ForwarderSlave",
              "AllowNSRecordsAutoCreation", "UseWins", "UseNbstat", "LogUpdates" },
    migrate { "MasterServers", "LocalMasterServers", "SecondaryServers", "NotifyServers", "ScavengeServers" } {
      through = look_through,
    },
    by_hand { [[Policies\**]], [[ZoneScopes\**]], [[Scopes\**]] } {
      step = "policies", why = by_cmdlets,
      detail = function(_, about)
        return ("%s of zone %s"):format(about.path:sub(#about.item.path + 2):match "^[^\\]*", about.item.name)
      end,
    },
  },
}
