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

-- All bits instead of the eight that mean something: Windows then waits at each start, and Routing and Remote Access
-- may not start at all [KB929852; serverfault 397466].
local ALL_BITS, ALL_COMPONENTS = 0xFFFFFFFF, 0xFF

local function components(value, ctx)
  local why
  if value == ALL_BITS then value, why = ALL_COMPONENTS, "0xFF disables the same, and is what Windows documents" end
  if ctx.destination:read(keys.tcpip6, "DisabledComponents") ~= value then ctx:call_for "restart" end
  return value, why
end

-- 1025 is where the range of old began [KB929851].
local function dynamic_ports(_, about)
  local last = math.type(about.value) == "integer" and about.value or 0
  if last < 1025 + 255 or last > 65535 then return ("MaxUserPort is %s"):format(tostring(about.value)) end
  local count = last - 1025 + 1
  return ("netsh int ipv4 set dynamicport tcp start=1025 num=%d"):format(count)
end

local registration = "registers code of the operating system"

-- What nobody has changed.
local function unchanged(values, hives)
  local rules = {}
  for name, value in pairs(values) do rules[#rules + 1] = shipped(name) { value = value, from = hives } end
  return rules
end

local tcpip_shipped = unchanged({
  ICSDomain = sz "mshome.net", ForwardBroadcasts = dword(0), DeadGWDetectDefault = dword(1), NameServer = sz "",
  DontAddDefaultGatewayDefault = dword(0), EnableICMPRedirect = dword(1), EnableWsd = dword(1),
  QualifyingDestinationThreshold = dword(3), EnableSecurityFilters = dword(0),
}, "SYSTEM hives of Windows XP SP2 and 7 SP1")

local netbt_shipped = unchanged({
  BcastNameQueryCount = dword(3), BcastQueryTimeout = dword(750), CacheTimeout = dword(600000),
  NameServerPort = dword(137), NameSrvQueryCount = dword(3), NameSrvQueryTimeout = dword(1500),
  SessionKeepAlive = dword(3600000), ["Size/Small/Medium/Large"] = dword(1), NbProvider = sz "_tcp",
  TransportBindName = sz [[\Device\]], UseNewSmb = dword(1),
}, "SYSTEM hives of Windows XP SP2, 7 SP1 and 10")

return {
  settings "server" {
    guide = "IP-SET-05", title = "DNS suffixes and other settings of TCP/IP", key = keys.tcpip,
    migrate "SearchList" { through = unless_empty },
    migrate { "UseDomainNameDevolution", "PrioritizeRecordData", "DisableDynamicUpdate" },
    migrate "IPEnableRouter" { through = forwarding },
    -- Values of TCP/IP that administrators set [KB314053, KB324270; Microsoft's security baselines name the switches].
    migrate { "KeepAliveTime", "KeepAliveInterval", "TcpMaxDataRetransmissions", "TcpTimedWaitDelay", "DefaultTTL",
              "ReservedPorts", "DisableTaskOffload" },
    drop "SynAttackProtect" { why = "always on since Windows Server 2008, which reads no value" },
    by_hand "MaxUserPort" {
      step = "dynamic-ports", why = "Windows reads it no more since Windows Server 2008",
      detail = dynamic_ports,
    },
    keep { "Hostname", "NV Hostname", "Domain", "NV Domain", "SyncDomainWithMembership" } {
      why = "belongs to the destination's name and domain",
    },
    keep { "DataBasePath", [[Winsock\**]] } { why = registration },
    keep { [[Adapters\*\IpConfig]], [[Adapters\*\LLInterface]], [[Adapters\*\IpInterfaces]],
           [[Adapters\*\NumInterfaces]] } { why = "bindings of the destination's adapters" },
    drop "Dhcp*" { why = "a lease of the source" },
    drop [[DNSRegisteredAdapters\**]] { why = "what the source has told its DNS servers" },
    tcpip_shipped,
    switches [[Tcpip\Parameters]],
  },

  settings "ipv6-components" {
    guide = { "IP-SET-04", "IP-STEP-07" }, title = "Components of IPv6 that are disabled", key = keys.tcpip6,
    migrate "DisabledComponents" { through = components },
    switches [[Tcpip6\Parameters]],
    keep [[Winsock\**]] { why = registration },
    drop "Dhcp*" { why = "a lease of the source" },
  },

  settings "netbios" {
    guide = "IP-SET-03", title = "NetBIOS over TCP/IP", key = keys.netbt,
    migrate { "EnableLMHOSTS", "ScopeID" },
    switches [[NetBT\Parameters]],
    drop "Dhcp*" { why = "a lease of the source" },
    netbt_shipped,
  },

  settings "names-of-neighbours" {
    guide = "IP-SET-05", title = "Names that are asked of neighbours, and other names of the server",
    key = keys.dnscache,
    switches [[Dnscache\Parameters]],
  },
}
