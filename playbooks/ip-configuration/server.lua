-- Settings of the server that belong to no adapter. Names of values: general knowledge.

local facts = require "facts"

local keys = facts.keys

local function unless_empty(value)
  if value == "" then return nil, "the source has none" end
  return value
end

local function forwarding(value, ctx)
  if value == 1 then
    ctx:note "The destination forwards packets between its networks (IPEnableRouter), as the source does."
  end
  return value
end

local function components(value, ctx)
  if ctx.destination:read(keys.tcpip6, "DisabledComponents") ~= value then ctx:call_for "restart" end
  return value
end

local others = keep "**" { when = facts.is_of_server, why = "belongs to the destination" }

return {
  settings "server" {
    guide = "IP-SET-05", title = "DNS suffixes and other settings of TCP/IP", key = keys.tcpip,
    migrate "SearchList" { through = unless_empty },
    migrate { "UseDomainNameDevolution", "PrioritizeRecordData", "DisableDynamicUpdate" },
    migrate "IPEnableRouter" { through = forwarding },
    keep { "Hostname", "NV Hostname", "Domain", "NV Domain", "SyncDomainWithMembership" } {
      why = "belongs to the destination's name and domain",
    },
    others,
  },

  settings "ipv6-components" {
    guide = { "IP-SET-04", "IP-STEP-07" }, title = "Components of IPv6 that are disabled", key = keys.tcpip6,
    migrate "DisabledComponents" { through = components },
    others,
  },

  settings "netbios" {
    guide = "IP-SET-03", title = "NetBIOS over TCP/IP", key = keys.netbt,
    migrate { "EnableLMHOSTS", "NodeType", "ScopeID" },
    others,
  },
}
