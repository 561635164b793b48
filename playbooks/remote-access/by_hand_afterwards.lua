-- Guide section 10.7: when the settings are on the destination.

local facts = require "facts"
local first_start = require "first_start"
local shared = require "shared"
local windows = require "windows"

local function addresses_change(ctx)
  for _, card in ipairs(facts.cards(ctx.source)) do
    for _, address in ipairs(card.addresses) do
      if not facts.has_address(ctx.destination, address) then return true end
    end
  end
  return false
end

local function name_or_address_changes(ctx)
  return not windows.same_name(ctx.source:identity().computer_name, ctx.destination:identity().computer_name)
    or addresses_change(ctx)
end

-- For those who look for the server: not when it takes over the source's name and addresses in the end.
local function address_moves(ctx)
  return not ctx.params.takes_over_name and addresses_change(ctx)
end

local function name_or_address_moves(ctx)
  return not ctx.params.takes_over_name and name_or_address_changes(ctx)
end

local function titles(list)
  local parts = {}
  for index, rule in ipairs(list) do parts[index] = rule.title end
  return table.concat(parts, "\n")
end

return {
  manual "first-start" {
    guide = { "RA-IMP-04", "RA-IMP-05", "RA-IMP-06", "RA-VER-01", "RA-VER-02", "RA-TROUBLE-05" },
    title = "Start Routing and Remote Access", on = "destination", phase = "after",
    text = "Routing and Remote Access starts with the destination; the script of the first start stops RasMan before it"
      .. " and starts it anew. Then Get-Service RemoteAccess must say Running, and"
      .. " Get-WindowsFeature RemoteAccess must show a ticked box.\nIf it does not start: Event Viewer, System log,"
      .. " sources RemoteAccess and RasMan; 'rehome verify' tells whether a setting is not what was written, and"
      .. " 'rehome rollback' takes all of them back.",
  },

  manual "live-test" {
    guide = "RA-VER-18", title = "Test connections", on = "people", phase = "after",
    when = function(ctx) return facts.is_vpn_server(ctx.source) end,
    text = "Test one connection of each kind in use: PPTP, L2TP, SSTP, IKEv2. Error 741 or 742 at the client: weak"
      .. " encryption (RA-MAN-08). Error 800 or 809: a firewall on the way (RA-POST-05, RA-POST-06). A certificate"
      .. " error: the name in the certificate is not the one that clients use (RA-MAN-04).",
  },

  manual "dial-in-test" {
    guide = "RA-VER-19", title = "Test dial-up", on = "people", phase = "after",
    when = function(ctx) return #ctx.source:keys(facts.keys.modems) > 0 end,
    text = "Dial in on each modem and ISDN port of the destination.",
  },

  manual "routing-test" {
    guide = "RA-VER-20", title = "Test routing", on = "network", phase = "after",
    when = function(ctx) return facts.is_router(ctx.source) end,
    text = "From clients of every network reach hosts of each of the others, with IPv4 and IPv6. With ping, allow ICMP"
      .. " Echo Request and Reply in Windows Firewall of the router and of the clients.",
  },

  manual "go-back" {
    guide = { "RA-ROLLBACK-01", "RA-ROLLBACK-02", "RA-ROLLBACK-03" }, title = "Go back, if the destination fails",
    on = "people", phase = "back",
    text = "Only if the migration is given up, which takes one to two hours: connect the source again and start Routing"
      .. " and Remote Access there. If name or addresses were moved, first give the destination a temporary name and"
      .. " other addresses, then the source its own. If the source is gone, restore it from its backup. Undo changed"
      .. " DNS records, perimeter mappings and firewall rules.\n" .. shared.roll_back,
  },

  manual "declare-complete" {
    guide = "RA-POST-01", title = "Declare the migration complete", on = "people", phase = "after",
    text = "When all is verified, state that the destination has replaced the source.",
  },

  manual "old-name" (shared.rename {
    guide = "RA-POST-02",
    when = function(ctx)
      return not windows.same_name(ctx.source:identity().computer_name, ctx.destination:identity().computer_name)
    end,
  }),

  manual "old-addresses" (shared.take_addresses {
    guide = "RA-POST-02",
    when = function(ctx) return ctx.params.takes_over_name and addresses_change(ctx) end,
  }),

  manual "dns" {
    guide = "RA-POST-03", title = "Update DNS", on = "network", phase = "after",
    when = name_or_address_moves,
    text = "Update the records of the server in the intranet and on the Internet.",
  },

  manual "client-profiles" {
    guide = "RA-POST-04", title = "Tell users", on = "people", phase = "after",
    when = name_or_address_moves,
    text = "Hand out new connection profiles and tell users the new name or address.",
  },

  manual "perimeter-firewall" {
    guide = "RA-POST-05", title = "Re-point the perimeter firewall", on = "network", phase = "after",
    when = address_moves,
    text = "If the server is behind a firewall or a NAT: point its mappings at the new address.",
  },

  manual "firewall-rules" {
    guide = { "RA-POST-06", "RA-POST-07" }, title = "Look at firewall rules", on = "destination", phase = "after",
    when = function(ctx) return #first_start.needed_rules(ctx) > 0 end,
    verify = first_start.has_rules_on,
    text = function(ctx)
      return "The script of the first start enables these rules of Windows Firewall. If Group Policy manages the"
        .. " firewall, enable them there; where outbound traffic is blocked by default, enable the outbound ones too:\n"
        .. titles(first_start.needed_rules(ctx))
        .. "\nIKEv2 has no rule of its own: it needs UDP 500 and 4500."
    end,
  },

  manual "other-firewalls" {
    guide = "RA-POST-09", title = "Firewalls of other vendors", on = "destination", phase = "after",
    text = "If the source has a firewall of another vendor, make its rules for remote access again.",
  },

  manual "retire-source" {
    guide = "RA-POST-11", title = "Retire the source", on = "source", phase = "after",
    text = "After verification stop Routing and Remote Access, take the source off the network and turn it off. Keep it"
      .. " for going back.",
  },

  manual "remove-store" {
    guide = "RA-POST-12", title = "Remove the migration store", on = "people", phase = "after",
    text = "Delete the migration store when it is needed no more.",
  },
}
