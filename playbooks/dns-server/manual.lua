-- What a person has to do, before the destination is written and after it.

local facts = require "facts"
local shared = require "shared"

local MOST = 20 -- zones whose commands are written out

local function moving(ctx, wanted)
  local list = {}
  for _, zone in ipairs(facts.zones(ctx.source)) do
    if zone.moves and (not wanted or wanted(zone)) then list[#list + 1] = zone end
  end
  return list
end

-- Secondary and stub zones get their records from masters; a conditional forwarder only asks them.
local function is_copy(zone)
  return zone.kind == "secondary" or zone.kind == "stub"
end

-- One that the destination answers on: the first that it listens on, which by default is any.
local function server_address(ctx)
  local listens = facts.addresses_in(ctx.destination:read(facts.keys.parameters, "ListenAddresses"))
  if listens and listens[1] then return listens[1] end
  for _, card in ipairs(ctx.destination:interfaces()) do
    if card.is_card and card.addresses[1] then return card.addresses[1] end
  end
  return "127.0.0.1"
end

local function address_changes(ctx)
  return next(facts.source_names(ctx).addresses) ~= nil
end

return {
  manual "freeze" {
    guide = "DNS-SRC-01", title = "Write the zones to their files", on = "source", phase = "before",
    when = function(ctx) return #moving(ctx, function(zone) return zone.kind == "primary" end) > 0 end,
    text = "Zones with dynamic updates are newer in memory than in their files. Before the image or the store is taken,"
      .. " on the source:\ndnscmd /writebackfiles\nor stop the service, which writes them, too: net stop DNS\nFrom then"
      .. " on nothing may change in these zones until the destination answers.",
  },

  manual "allow-transfers" {
    guide = "DNS-ZONE-06", title = "Masters let the destination transfer", on = "network", phase = "after",
    when = function(ctx) return address_changes(ctx) and #moving(ctx, is_copy) > 0 end,
    text = function(ctx)
      local lines = { "Let the destination's addresses transfer these zones, and notify them, on their masters:" }
      for _, zone in ipairs(moving(ctx, is_copy)) do
        local masters = facts.addresses_in(ctx.source:read(zone.path, "MasterServers"))
        lines[#lines + 1] = ("%s: %s"):format(zone.name, masters and table.concat(masters, ", ") or "its masters")
      end
      return table.concat(lines, "\n")
    end,
  },

  manual "verify" {
    guide = "DNS-VER-01", title = "Ask the destination", on = "destination", phase = "after",
    text = function(ctx)
      local server, lines = server_address(ctx), {}
      lines[1] = "Each must answer with the serial number that the source has (ask that with its address instead):"
      for index, zone in ipairs(moving(ctx, function(zone) return zone.kind ~= "forwarder" end)) do
        if index > MOST then
          lines[#lines + 1] = "and so on, for every zone that Get-DnsServerZone lists"
          break
        end
        lines[#lines + 1] = ("nslookup -type=SOA %s. %s"):format(zone.name:match "^(.-)%.?$", server)
      end
      lines[#lines + 1] = "A name outside, for forwarders and root hints: Resolve-DnsName -Type NS -Name . -Server "
        .. server
      lines[#lines + 1] = "The log DNS Server must have no error since the start."
      return table.concat(lines, "\n")
    end,
  },

  manual "records" {
    guide = "DNS-ZONE-04", title = "Records that name the source", on = "destination", phase = "after",
    on_demand = true,
    text = "These were moved as they are. Change those that should name the destination in the console, which raises"
      .. " the serial number, or with dnscmd /recorddelete ZONE NODE TYPE DATA /f and dnscmd /recordadd ZONE NODE TYPE"
      .. " DATA:",
  },

  manual "address-lists" {
    guide = { "DNS-SET-02", "DNS-ZONE-05" }, title = "Lists with addresses of the source", on = "destination",
    phase = "after", on_demand = true,
    text = "Look through these lists, in the properties of the server and of its zones:",
  },

  manual "directory-zones" {
    guide = { "DNS-ZONE-03", "DNS-AD-01" }, title = "Zones in Active Directory", on = "domain", phase = "after",
    when = function(ctx)
      for _, zone in ipairs(facts.zones(ctx.source)) do
        if zone.integrated then return true end
      end
      return false
    end,
    text = function(ctx)
      local lines = { "When the destination is a domain controller and has replicated, Get-DnsServerZone must list:" }
      for _, zone in ipairs(facts.zones(ctx.source)) do
        if zone.integrated then lines[#lines + 1] = zone.name end
      end
      return table.concat(lines, "\n")
    end,
  },

  manual "policies" {
    guide = "DNS-ZONE-07", title = "Policies and scopes", on = "destination", phase = "after", on_demand = true,
    text = "Make these again with the cmdlets of DnsServer. Get-DnsServerQueryResolutionPolicy,"
      .. " Get-DnsServerClientSubnet and Get-DnsServerZoneScope tell what the source has:",
  },

  manual "signed-zones" {
    guide = "DNS-ZONE-07", title = "Signed zones", on = "destination", phase = "after", on_demand = true,
    text = "Signatures move with the file and expire; the keys do not move. Sign these zones anew, and give the new DS"
      .. " records to the parent zones:",
  },

  manual "plugin-dll" {
    guide = "DNS-SET-03", title = "Plug-in DLL", on = "destination", phase = "after", on_demand = true,
    text = "If the plug-in is needed and its maker has a version for the destination:"
      .. " dnscmd /config /serverlevelplugindll PATH",
  },

  manual "log-folder" {
    guide = "DNS-SET-01", title = "Folder of the debug log", on = "destination", phase = "after", on_demand = true,
    text = "Make the folder of this file, where it is missing:",
  },

  manual "clients" {
    guide = "DNS-POST-01", title = "Point clients and servers at the destination", on = "network", phase = "after",
    when = address_changes,
    text = function(ctx)
      local lines = {}
      for address, there in pairs(facts.source_names(ctx).addresses) do
        lines[#lines + 1] = ("%s by %s"):format(address, there or "an address of the destination")
      end
      table.sort(lines)
      return "Clients with fixed addresses, option 6 of DHCP scopes, forwarders and conditional forwarders, master and"
        .. " notify lists of other servers, delegations in parent zones. Replace\n" .. table.concat(lines, "\n")
    end,
  },

  manual "take-over-name" (shared.rename { guide = "DNS-POST-01", when = facts.takes_over }),
  manual "take-over-addresses" (shared.take_addresses { guide = "DNS-POST-01", when = facts.takes_over }),

  manual "restart" {
    guide = "DNS-POST-01", title = "Restart DNS on the taken-over addresses", on = "destination", phase = "after",
    when = facts.takes_over,
    text = "When the destination has the source's name and addresses: Restart-Service DNS",
  },

  manual "retire-source" {
    guide = "DNS-POST-02", title = "Retire DNS Server on the source", on = "source", phase = "after",
    text = "Stop the source's service while all is verified: net stop DNS & sc config DNS start= disabled",
  },

  manual "go-back" {
    guide = "DNS-ROLLBACK", title = "Go back with DNS Server, if the destination fails", on = "people", phase = "back",
    text = "Only if the migration is given up. Run first-start-undo.ps1 on the destination; start the service of the"
      .. " source again: sc config DNS start= auto & net start DNS. What has changed in the destination's zones since"
      .. " has to be entered on the source.\n" .. shared.roll_back,
  },
}
