-- Settings of the server. Names: "dnscmd /config" and the Registry Reference of Windows 2000 and 2003 (Services\DNS);
-- those of the cache and the socket pool are general knowledge.

local facts = require "facts"
local services = require "windows.services"
local relocate = require "relocate"
local windows = require "windows"
local releases = require "windows.releases"

local registration = "registers code of the operating system"
local directory = "for zones in Active Directory"

local function unreadable(value, ctx, raw)
  if facts.addresses_in(value) then return false end
  ctx:call_for("address-lists", raw.name .. " of the server: a list in a form of an old release")
  return true
end

-- The addresses that the service listens on, or publishes, are the server's own.
local function own_addresses(value, ctx, raw)
  if facts.takes_over(ctx) or value == "" then return value end
  if unreadable(value, ctx, raw) then return nil, "its form is not known" end
  local names, list = relocate.source_names(ctx), {}
  for _, address in ipairs(facts.addresses_in(value)) do
    local there = names.addresses[address]
    if there then
      list[#list + 1] = there
    else
      ctx:call_for("address-lists", ("%s of the server had %s: nothing is in its place"):format(raw.name, address))
    end
  end
  if #list == 0 then return nil, "nothing of it is left: the destination uses all its addresses" end
  return facts.list_like(list, value), "the addresses of the same cards on the destination"
end

-- A server that forwards to itself never answers.
local function forwarders(value, ctx, raw)
  if value == "" then return value end
  if unreadable(value, ctx, raw) then return nil, "its form is not known" end
  local list, given = {}, facts.addresses_in(value)
  for _, address in ipairs(given) do
    if not facts.is_own_address(ctx, address) then list[#list + 1] = address end
  end
  if #list == #given then return value end
  ctx:note "The destination was among the forwarders of the source: it is taken out of its own."
  if #list == 0 then return nil, "the only forwarder was the destination itself" end
  return facts.list_like(list, value), "without the destination itself"
end

local function boot_method(value, ctx)
  if value == 3 and not windows.is_domain_controller(ctx.destination:identity()) then
    return 2, "from the registry: the destination is no domain controller"
  end
  return value
end

local function log_file(value, ctx)
  if type(value) ~= "string" or value == "" then return value end
  local there = relocate.path(ctx, value) or relocate.has_drive(ctx.destination, value) and value
  if not there then return nil, "the destination has no such drive: it logs to its own file" end
  if not there:lower():find([[\system32\dns\]], 1, true) then ctx:call_for("log-folder", there) end
  return there
end

-- What the releases before 2008 R2 meant by DNSSEC is another thing.
local function dnssec(value, ctx)
  if not releases.at_most("2008r2", ctx.source_os) then return nil, "the destination's default" end
  return value
end

return {
  settings "server" {
    guide = "DNS-SET-01", title = "Settings of the server", key = facts.keys.parameters,
    migrate { "NoRecursion", "IsSlave", "ForwardingTimeout", "ForwardDelegations", "RecursionRetry", "RecursionTimeout",
              "RoundRobin", "LocalNetPriority", "AddressAnswerLimit", "NameCheckFlag", "SecureResponses", "SendPort",
              "SocketPoolSize", "SocketPoolExcludedPortRanges", "BindSecondaries", "WriteAuthorityNs",
              "StrictFileParsing", "LooseWildcarding", "UpdateOptions", "XfrConnectTimeout", "EnableEDnsProbes",
              "EDnsCacheTimeout", "EnableGlobalNamesSupport", "GlobalNamesQueryOrder", "EnableGlobalQueryBlockList",
              "GlobalQueryBlockList" },
    migrate { "ScavengingInterval", "DefaultAgingState", "DefaultNoRefreshInterval", "DefaultRefreshInterval" },
    migrate { "MaxCacheSize", "MaxCacheTtl", "MaxNegativeCacheTtl", "CacheLockingPercent", "AutoCacheUpdate",
              "DisableAutoReverseZones", "DisableNSRecordsAutoCreation" },
    migrate { "EventLogLevel", "LogLevel", "LogFileMaxSize", "LogIPFilterList" },
    migrate "LogFilePath" { through = log_file },
    migrate "BootMethod" { through = boot_method },
    migrate "EnableDnsSec" { through = dnssec },
    migrate { "ListenAddresses", "PublishAddresses" } { through = own_addresses },
    migrate "Forwarders" { through = forwarders },
    by_hand "ServerLevelPluginDll" { step = "plugin-dll", why = "the service would load and run it" },
    drop "DatabaseDirectory" { why = "zone files go to the folder of the destination" },
    drop "EnableRegistryBoot" { why = "BootMethod is in its place since Windows 2000" },
    keep { "DsPollingInterval", "DsTombstoneInterval", "EnableDirectoryPartitions" } { why = directory },
    keep { "PreviousLocalHostname", "AdminConfigured" } { why = "state of the destination" },
    keep "RpcProtocol" { why = "how the destination is administered" },
  },

  settings "registration" {
    guide = "DNS-SET-01", title = "What belongs to the installed service", key = facts.keys.service,
    drop [[Zones\**]] { why = "the place of Windows 2000; later releases do not read it" },
    keep(services.values) { why = registration }, keep(services.subkeys) { why = registration },
  },
}
