-- Guide section 10.7: when the settings are on the destination.

local facts = require "facts"

local function addresses_change(ctx)
  for _, card in ipairs(facts.cards(ctx.source)) do
    for _, address in ipairs(card.addresses) do
      if not facts.has_address(ctx.destination, address) then return true end
    end
  end
  return false
end

local function name_or_address_changes(ctx)
  return not facts.same_text(ctx.source:identity().computer_name, ctx.destination:identity().computer_name)
    or addresses_change(ctx)
end

-- Firewall rules by miniport (guide section 11a). IKEv2 has none of its own.
local rules = {
  { "ms_pptpminiport", "Routing and Remote Access (PPTP-In)" },
  { "ms_pptpminiport", "Routing and Remote Access (GRE-In)" },
  { "ms_l2tpminiport", "Routing and Remote Access (L2TP-In)" },
  { "ms_sstpminiport", "Secure Socket Tunneling Protocol (SSTP-In)" },
}

local function needed_rules(ctx)
  local miniports, needed = facts.miniports(ctx.destination), {}
  for _, rule in ipairs(rules) do
    local miniport = miniports[rule[1]]
    if miniport and facts.number(ctx.destination, miniport.path, "EnableForRas") == 1 then
      needed[#needed + 1] = rule[2]
    end
  end
  return needed
end

return {
  manual "first-start" {
    guide = { "RA-IMP-04", "RA-IMP-05", "RA-VER-02" }, title = "Start the service", on = "destination", phase = "after",
    text = "Start the destination: Routing and Remote Access starts with it. If it runs already: Stop-Service -Force"
      .. " RasMan, then Start-Service RemoteAccess. Get-Service RemoteAccess must say Running.",
  },

  manual "verify" {
    guide = { "RA-VER-05", "RA-VER-09", "RA-VER-12", "RA-VER-14a", "RA-VER-16" }, title = "Look through the console",
    on = "destination", phase = "after",
    text = "In Routing and Remote Access compare the properties of the server, ports, demand-dial interfaces, static"
      .. " routes, NAT (one private and one public interface at least) and relay agent with the plan.",
  },

  manual "live-test" {
    guide = { "RA-VER-18", "RA-VER-20" }, title = "Test connections", on = "network", phase = "after",
    text = "Test one connection of each kind in use, and reach hosts of every network from each of the others.",
  },

  manual "declare-complete" {
    guide = "RA-POST-01", title = "Declare the migration complete", on = "people", phase = "after",
    text = "When all is verified, state that the destination has replaced the source.",
  },

  manual "old-name" {
    guide = "RA-POST-02", title = "Give the old name to the destination", on = "destination", phase = "after",
    when = function(ctx)
      return not facts.same_text(ctx.source:identity().computer_name, ctx.destination:identity().computer_name)
    end,
    text = function(ctx)
      return ("If clients use the name %s: rename the destination, but only after the source has left the network.")
        :format(ctx.source:identity().computer_name)
    end,
  },

  manual "dns" {
    guide = "RA-POST-03", title = "Update DNS", on = "network", phase = "after",
    when = name_or_address_changes,
    text = "Update the records of the server in the intranet and on the Internet.",
  },

  manual "client-profiles" {
    guide = "RA-POST-04", title = "Tell users", on = "people", phase = "after",
    when = name_or_address_changes,
    text = "Hand out new connection profiles and tell users the new name or address.",
  },

  manual "perimeter-firewall" {
    guide = "RA-POST-05", title = "Re-point the perimeter firewall", on = "network", phase = "after",
    when = addresses_change,
    text = "If the server is behind a firewall or a NAT: point its mappings at the new address.",
  },

  manual "firewall-rules" {
    guide = { "RA-POST-06", "RA-POST-07" }, title = "Enable firewall rules", on = "destination", phase = "after",
    when = function(ctx) return facts.is_vpn_server(ctx.source) and #needed_rules(ctx) > 0 end,
    text = function(ctx)
      return "Migration does not switch on the rules of Windows Firewall. Enable, and the outbound ones too where"
        .. " outbound traffic is blocked by default:\n" .. table.concat(needed_rules(ctx), "\n")
        .. "\nIKEv2 has no rule of its own: it needs UDP 500 and 4500."
    end,
  },

  manual "other-firewalls" {
    guide = { "RA-POST-08", "RA-POST-09" }, title = "Other firewall rules", on = "destination", phase = "after",
    text = "Make rules again that were added on the source for remote access, also in firewalls of other vendors.",
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
