-- What a person has to do afterwards.

local shared = require "shared"
local adapters = require "windows.adapters"
local take_over = require "take_over"

return {
  manual "teams" {
    guide = { "IP-PRE-02", "IP-STEP-05" }, title = "Teams, VLANs and virtual switches", on = "destination",
    phase = "before",
    when = function(ctx) return #adapters.commands(ctx.source) > 0 end,
    text = function(ctx)
      return "Windows has no settings of these that could be carried over. Make those that the destination needs, with"
        .. " the names of its own cards in place of the source's, and give them to rehome in the map (--map); a virtual"
        .. " machine seldom needs a team.\n" .. table.concat(adapters.commands(ctx.source, ctx.destination_os), "\n")
    end,
  },

  manual "connected" {
    guide = "IP-PRE-02", title = "Adapters enabled and connected", on = "destination", phase = "after",
    text = "An image does not tell whether an adapter has a cable. Check that each of the destination's adapters is"
      .. " enabled and in the same network as the source's.",
  },

  manual "restart" {
    guide = "IP-STEP-07", title = "Restart for IPv6", on = "destination", phase = "after", on_demand = true,
    text = "Components of IPv6 are switched on or off when Windows starts: if the destination is running, restart it.",
  },

  manual "dynamic-ports" {
    guide = "IP-SET-05", title = "Range of dynamic ports", on = "destination", phase = "after", on_demand = true,
    text = "The source had MaxUserPort. Windows gives out the ports 49152 to 65535 now, which is enough for most; if"
      .. " the old range is needed, run on the destination:",
  },

  manual "own-addresses" {
    guide = { "IP-SET-03", "IP-IMPACT-03" }, title = "DNS and WINS servers that are the source", on = "destination",
    phase = "after", on_demand = true,
    text = "These adapters ask the source for names. Point them at the destination when its service has moved:",
  },

  manual "routes-by-hand" {
    guide = "IP-SET-06", title = "Routes that were not carried over", on = "destination", phase = "after",
    on_demand = true,
    text = "No adapter of the destination is in the subnet of these gateways. Add the routes with another gateway:",
  },

  manual "hosts-entries" {
    guide = "IP-SET-08", title = "Entries of hosts and lmhosts", on = "destination", phase = "after", on_demand = true,
    text = "The source has these entries. Add those that are still right:",
  },

  manual "verify" {
    guide = { "IP-VER-01", "IP-VER-02" }, title = "Compare with the record", on = "destination", phase = "after",
    text = "ipconfig /all and route print have to show what the record of the source does, as far as it was taken over."
      .. " Ping each address of the destination, and a host behind each gateway.",
  },

  manual "go-back" {
    guide = "IP-ROLLBACK-01", title = "The way back", on = "destination", phase = "back", when = take_over.moves,
    text = "Only if needed: run first-start-undo.ps1, or take the destination off the network, then give the source its"
      .. " addresses back and connect it.\n" .. shared.roll_back,
  },
}
