-- Settings of the server as a whole: mode, flags, logging, lockout, providers, PPP, weak encryption.

local bits = require "format.bits"
local compat = require "compat"
local facts = require "facts"
local services = require "windows.services"

local keys = facts.keys

local registration = "registers code of the operating system"

local function is_number(value)
  return math.type(value) == "integer"
end

local function without_ipv6_routing(value)
  if not is_number(value) then return nil, "it is not a number" end
  local lost = value & facts.router_type.ipv6
  return value & ~facts.router_type.ipv6, lost ~= 0 and "IPv6 remote access and routing stay off" or nil
end

-- ServerFlags that do not move [MS-RRASM 2.2.3.4.6]; with `row`, only where the table has one of these words.
local gone = "no longer exists on the destination"
local never = { drop = gone, nothing = "the source's release does not know it either" }
local flags_not_migrated = {
  { 0x4, "NetBEUI tunnelling", why = gone },
  { 0x10, "IPX tunnelling", why = gone },
  { 0x20, "AppleTalk tunnelling", why = gone },
  { 0x40, "SPAP", row = "RA-GAP-09", words = never },
  { 0x100, "MS-CHAP", row = "RA-GAP-09", words = never },
  { 0x200000, "LAN Manager passwords", why = "they belong to MS-CHAP" },
  { 0x100000, "refusal of MOBIKE", row = "RA-GAP-06b", words = { default = "the source has no IKEv2" } },
  { 0x8000000, "IPv6 remote access", row = "RA-GAP-03a", words = { disable = "it stays off" } },
  { 0x10000000, "L2TP preshared key", why = "the key does not travel: both are set again by hand" },
}

-- Sources before IKEv2 leave these as the destination has them.
local IKEV2_AUTHENTICATION = 0x2000000 | 0x4000000

local flags_to_mind = {
  { 0x4000, "remote access without authentication" },
  { 0x400000, "direct serial connections without authentication" },
}

local function server_flags(value, ctx)
  if not is_number(value) then return nil, "it is not a number" end
  local result, reasons = value, {}
  for _, flag in ipairs(flags_not_migrated) do
    local why = flag.why or flag.words[compat.of_source(ctx, flag.row)]
    if value & flag[1] ~= 0 and why then
      result = result & ~flag[1]
      reasons[#reasons + 1] = ("%s (0x%X) is cleared: %s"):format(flag[2], flag[1], why)
    end
  end
  if compat.of_source(ctx, "RA-GAP-06b") == "default" then
    local own = facts.number(ctx.destination, keys.parameters, "ServerFlags") & IKEV2_AUTHENTICATION
    if result & IKEV2_AUTHENTICATION ~= own then
      reasons[#reasons + 1] = "authentication for IKEv2 stays as the destination has it"
    end
    result = result & ~IKEV2_AUTHENTICATION | own
  end
  if result & (flags_to_mind[1][1] | flags_to_mind[2][1]) ~= 0 then
    ctx:note("The server allows " .. table.concat(bits.names(result, flags_to_mind), ", ") .. ", as the source did.")
  end
  return result, #reasons > 0 and table.concat(reasons, "; ") or nil
end

-- PPP tuning that nobody has changed.
local ppp_shipped = {}
for name, value in pairs {
  MaxConfigure = 10, MaxFailure = 10, MaxReject = 5, MaxTerminate = 2, Multilink = 0, NegotiateTime = 150,
  RestartTimer = 3,
} do
  ppp_shipped[#ppp_shipped + 1] = shipped(name) {
    value = dword(value), from = "SYSTEM hives of Windows XP SP2, 7 SP1 and 10",
  }
end

-- What an EAP method registers of itself [EAPHost, "Installing EAP methods"; SYSTEM hives of Windows XP, 7 and 10].
local eap_registration = {
  [[EAP\Path]], [[EAP\*\]], [[EAP\*\WLANProfileCreationUXAuth\**]], [[EAP\*\Methods\**]],
}
for _, name in ipairs {
  "Path", "FriendlyName", "ConfigUiPath", "ConfigCLSID", "IdentityPath", "InteractiveUIPath", "InvokePasswordDialog",
  "InvokeUsernameDialog", "MPPEEncryptionSupported", "PerPolicyConfig", "Properties", "RolesSupported",
  "StandaloneSupported", "WLANProfileTemplate",
} do
  eap_registration[#eap_registration + 1] = [[EAP\*\]] .. name
end

-- Of the providers that come with the service (the same hives).
local provider_registration = {}
for index, name in ipairs { "ConfigClsid", "DisplayName", "Path", "ProviderTypeGUID", "VendorName" } do
  provider_registration[index] = [[Providers\*\]] .. name
end

-- Of the two address families (the same hives).
local table_limits = {}
for index, name in ipairs {
  "AddressSize", "MaxChangeNotifyRegistrations", "MaxHandlesReturnedInEnum", "MaxNextHopsInRoute",
  "MaxOpaqueInfoPointers", "ViewsSupported",
} do
  table_limits[index] = [[RoutingTableManager\*\*\]] .. name
end

local function missing_method(ctx, about)
  local kind = about.path:match [[\EAP\([^\]+)]]
  local path = keys.ppp .. [[\EAP\]] .. (kind or "")
  if kind and not ctx.destination:has_key(path) then
    local name = kind == "4" and "EAP-MD5" or ctx.source:read(path, "FriendlyName") or "a method"
    return ("EAP type %s (%s) is not on the destination: connections that use it fail."):format(kind, name)
  end
end

-- 2003 lets all clients use it and has no switch, so nothing of the source tells whether one does (KB947054).
local function asks_for_weak(kind)
  return function(ctx)
    local chosen = ctx.params.weak_encryption
    return compat.of_source(ctx, "RA-GAP-12") == "parameter" and (chosen == kind or chosen == "both")
  end
end

local weak_encryption = "Clients may use 40- and 56-bit encryption (PPTP) or DES and MD5 (L2TP), as --param"
  .. " weak_encryption says."

local function mind_missing_ipsec(value, ctx)
  if value == 1 then
    ctx:note "ProhibitIpSec is 1: L2TP makes no IPsec policy of its own, as on the source."
  end
  return value
end

local function mind_nat_traversal(value, ctx)
  if value ~= 0 then
    ctx:note(("L2TP works through a NAT (AssumeUDPEncapsulationContextOnSendRule is %s), as on the source."):format(
      tostring(value)))
  end
  return value
end

-- DLLs that may dial; which connection uses one is in its section of the phonebook.
local function dialers(_, about)
  local list = {}
  for _, path in ipairs(type(about.value) == "table" and about.value or {}) do
    if path ~= "" then list[#list + 1] = path end
  end
  return list
end

local function mind_nps_object(value, ctx)
  if value ~= "" then
    ctx:note(("RRAS uses '%s' of NPS: it must be there on the destination too, or sign-in fails."):format(value))
  end
  return value
end

return {
  settings "router-mode" {
    guide = { "RA-VER-05", "RA-GAP-03a", "RA-GAP-09" }, title = "Mode and flags of the server",
    key = keys.parameters,
    by_release "RouterType" (compat.by_source("RA-GAP-03a", {
      disable = migrate { through = without_ipv6_routing },
      ["as-is"] = migrate,
    })),
    migrate "ServerFlags" { through = server_flags },
    migrate "LoggingFlags",
    -- How often and how long clients may try, and when idle ones go [Registry values of remote access, TechNet
    -- cc751483; KB193834].
    migrate { "AuthenticateRetries", "AuthenticateTime", "CallbackTime", "AutoDisconnect" },
    keep { "ServiceDLL", "ServiceDllUnloadOnStop" } { why = registration },
    keep { "QuarantineInstalled", "UsersConfigured", "Stamp" } { why = "state of the destination" },
    drop { [[Nbf\**]], [[Ipx\**]], [[AppleTalk\**]] } { why = "the protocol " .. gone },
    switches [[RemoteAccess\Parameters]],
  },

  settings "account-lockout" {
    guide = "RA-VER-05", title = "Lockout of remote access accounts",
    key = keys.parameters .. [[\AccountLockout]],
    migrate { "MaxDenials", "ResetTime (mins)" },
    drop "*:*" { why = "failed attempts of one user" }, -- DOMAIN:USER (KB 816118)
  },

  settings "authentication" {
    guide = { "RA-VER-05", "RA-MAN-06" }, title = "Authentication provider",
    key = keys.service .. [[\Authentication]],
    migrate { "AuthGroupName", "CRPName" } { through = mind_nps_object },
    migrate [[Providers\ActiveProvider]],
    by_hand [[Providers\*\Servers\**]] { step = "nps", why = "RADIUS servers are a group of NPS since 2008" },
    keep(provider_registration) { why = registration },
  },

  settings "accounting" {
    guide = { "RA-VER-05", "RA-MAN-06" }, title = "Accounting provider",
    key = keys.service .. [[\Accounting]],
    migrate "AcctGroupName" { through = mind_nps_object },
    migrate [[Providers\ActiveProvider]],
    by_hand [[Providers\*\Servers\**]] { step = "nps", why = "RADIUS servers are a group of NPS since 2008" },
    keep "AccountSessionIdStart" { why = "a counter of the destination" },
    keep(provider_registration) { why = registration },
  },

  settings "policy-pipeline" {
    guide = "RA-MAN-05", title = "Policy engine of the service",
    key = keys.service .. [[\Policy]],
    default "Allow LM Authentication" { value = dword(0), why = "LAN Manager authentication stays off" },
    switches [[RemoteAccess\Policy]],
    keep { "ProductDir", [[Pipeline\**]], [[RadiusProxyPipeline\**]], [[RadiusServerPipeline\**]] } {
      why = registration,
    },
  },

  settings "registration" {
    guide = "RA-IMP-03", title = "What belongs to the installed service",
    key = keys.service,
    keep(services.subkeys) { why = registration },
    keep [[DemandDialManager\DllPath]] { why = registration },
    keep(table_limits) { why = "limits of the destination's routing table manager" },
    keep { [[Interfaces\Stamp]], [[RouterManagers\Stamp]] } { why = "state of the destination" },
  },

  settings "weak-encryption-switches" {
    guide = { "RA-GAP-12", "RA-MAN-08", "RA-MAN-12" }, title = "Weak encryption and other switches of RasMan",
    key = keys.rasman,
    set "AllowPPTPWeakCrypto" { when = asks_for_weak "pptp", value = dword(1), note = weak_encryption },
    set "AllowL2TPWeakCrypto" { when = asks_for_weak "l2tp", value = dword(1), note = weak_encryption },
    by_release { "AllowPPTPWeakCrypto", "AllowL2TPWeakCrypto" } (compat.by_source("RA-GAP-12", {
      parameter = drop { why = "switched on for a source with 2003 by --param weak_encryption alone" },
      ["as-is"] = migrate,
    })),
    migrate "ProhibitIpSec" { through = mind_missing_ipsec },
    migrate "KeepRasConnections", -- connections outlive a sign-out [KB158909]
    by_hand "CustomDLL" {
      when = function(...) return #dialers(...) > 0 end, why = "custom dialing DLLs are not migrated",
      step = "custom-dialing", detail = dialers,
    },
    keep "CustomDLL" { why = "custom dialing DLLs are not migrated" },
    keep { "Medias", "MiniportsInstalled", "ServiceDll", "ServiceDllUnloadOnStop" } { why = registration },
    shipped "IpOutLowWatermark" { value = dword(1), from = "SYSTEM hive of Windows XP SP2" },
    shipped "IpOutHighWatermark" { value = dword(5), from = "SYSTEM hive of Windows XP SP2" },
    switches [[RasMan\Parameters]],
  },

  settings "ppp" {
    guide = { "RA-VER-05", "RA-GAP-09" }, title = "PPP tuning",
    key = keys.ppp,
    ppp_shipped,
    migrate { "MaxConfigure", "MaxFailure", "MaxReject", "MaxTerminate", "Multilink", "NegotiateTime",
              "RestartTimer" },
    switches [[RasMan\PPP\**]],
    keep(eap_registration) { why = registration, note = missing_method },
    keep { "DllName", [[ControlProtocols\*\Path]] } { why = registration },
  },

  settings "ppp-units" {
    guide = "RA-VER-05", title = "Unit sizes of PPP",
    key = keys.services .. [[NdisWan\Parameters]],
    migrate { "MRU", "MTU" },
    switches [[NdisWan\Parameters\**]],
  },

  -- For L2TP servers and clients behind a NAT; without it they get error 809 [KB926179]. Windows Server 2003 has it at
  -- the driver, later releases at the policy agent.
  settings "nat-traversal" {
    guide = "RA-VER-05", title = "L2TP behind a NAT",
    each = function() return { { path = keys.services .. "PolicyAgent" }, { path = keys.services .. "IPSec" } } end,
    to = keys.services .. "PolicyAgent",
    migrate "AssumeUDPEncapsulationContextOnSendRule" { through = mind_nat_traversal },
    keep(services.values) { why = registration }, keep(services.subkeys) { why = registration },
    keep [[Parameters\Service*]] { why = registration },
    -- Which DLL of the policy store is registered (general knowledge; XP and 2003 have 2).
    keep "PolstoreDllRegisterVersion" { why = registration },
    switches [[PolicyAgent\**]],
  },

  settings "tls" {
    guide = "RA-VER-05", title = "Protocols and ciphers of TLS", key = keys.schannel,
    switches(keys.schannel .. [[\**]]),
  },

  settings "registered-dlls" {
    guide = "RA-MAN-11", title = "Administration and security DLLs",
    key = [[HKLM\SOFTWARE\Microsoft\RAS]],
    by_hand { [[AdminDll\*]], [[SecurityHost\*]] } { step = "add-on-dlls", why = "the DLL itself is not migrated" },
  },
}
