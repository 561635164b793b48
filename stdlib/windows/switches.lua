-- Registry values that admins set by hand, beside those that a console shows: what each means, and what becomes of it.
--
-- A row is {key, names, becomes, meaning, source}. `key` is below HKLM\SYSTEM\CurrentControlSet\Services, or begins
-- with HKLM, and may have `*` for one key. `becomes`: "carry", as on the source; "ask", unjudged with its meaning, as
-- it loosens something or names something of the source. `since`: the release that has it first; `shipped` and `from`:
-- what Windows comes with, and the hive or page that says so.
--
-- What hardens a server has also `stricter`, which value asks for more (windows/hardening.lua), and `absent`, what
-- Windows does without the value, in some releases another: of such a row the stricter of both servers' values holds,
-- and `becomes` is about a looser one of the source: "carry" leaves it behind with a note, "ask" makes it unjudged.
--
-- `switches` takes the rows of a key into a table.

local M = {}

local general = "general knowledge"
local msv1_0 = [[HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0]]
local schannel = [[HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL]]
local smb = "windows-powershell-docs, Set-SmbServerConfiguration"
local revocation = "windowsserverdocs, network-policy-server-certificate-revocation-list-check-registry-settings"
local baselines = "Microsoft's security baselines; [MS-NLMP]; " .. general

M.rows = {
  {
    key = [[RasMan\PPP\EAP\*]], names = { "NoRootRevocationCheck" }, becomes = "ask",
    stricter = "off", absent = 1, source = revocation,
    meaning = "whether EAP leaves out the check of the root certificate's revocation (0: tightened)",
    shipped = { "dword", 1 }, from = "SYSTEM hives of Windows 7 SP1 and Windows 10, EAP types 13 and 25",
  },
  {
    key = [[RasMan\PPP\EAP\*]],
    names = { "IgnoreNoRevocationCheck", "IgnoreRevocationOffline", "NoRevocationCheck" }, becomes = "ask",
    stricter = "off", absent = 0, source = revocation,
    meaning = "a loosened check whether a client's certificate was revoked (0: tightened); NPS and RRAS read it",
  },
  {
    key = [[RasMan\PPP\EAP\*]], names = { "TlsVersion" }, becomes = "ask",
    meaning = "which versions of TLS EAP speaks: 0xC0 is 1.0, 0x300 is 1.1, 0xC00 is 1.2, or their sum",
    source = "KB 2977292",
  },
  {
    key = [[RemoteAccess\Policy]], names = { "Enable NTLMv2 Compatibility" }, becomes = "carry",
    stricter = "on", absent = 0,
    meaning = "MS-CHAP v2 towards domain controllers that refuse NTLM version 1", source = general,
  },
  {
    key = [[RemoteAccess\Parameters]],
    names = { "AuthenticateRetries", "AuthenticateTime", "CallbackTime", "AutoDisconnect" }, becomes = "carry",
    meaning = "how often and how long a client may try to sign in, and when an idle one is disconnected",
    source = "technet cc751483, appendix A",
  },
  {
    key = [[RemoteAccess\Parameters]], names = { "ModernStackEnabled" }, becomes = "ask", since = "2012",
    meaning = "whether the newer management (Remote Access Management) administers the server",
    shipped = { "dword", 0 }, from = "SYSTEM hive of Windows 10", source = "public scripts; on servers (unverified)",
  },
  {
    key = [[RemoteAccess\Parameters]], names = { "PromptForRichExperience" }, becomes = "ask", since = "2012",
    meaning = "whether the console offers the newer management", shipped = { "dword", 1 },
    from = "SYSTEM hive of Windows 8", source = "seen in hives of Windows 8 and 10",
  },
  {
    key = [[RemoteAccess\Parameters\Ip]],
    names = { "InitialAddressPoolSize", "DisableNetbiosOverTcpip", "SuppressDNSNameServers",
              "SuppressWINSNameServers" }, becomes = "carry",
    meaning = "how many addresses are taken of DHCP at once, and which name servers clients are told",
    source = "public scripts; " .. general,
  },
  {
    key = [[RemoteAccess\Parameters\Ip]], names = { "DNSNameServers", "WINSNameServer" }, becomes = "ask",
    meaning = "the name servers that clients are told: addresses that may be others now", source = general,
  },
  {
    key = [[RemoteAccess\Parameters\IKEV2]], names = { "ConfigOptions" }, becomes = "ask",
    meaning = "options of IKEv2", shipped = { "dword", 0 },
    from = "SYSTEM hives of Windows 7 SP1 and Windows 10", source = "[MS-RRASM] does not name it",
  },
  {
    key = [[RemoteAccess\Parameters\IKEV2]], names = { "RootCertificateNameToAccept", "CertificateEKUs" },
    becomes = "ask", since = "2012",
    meaning = "which certificates of clients IKEv2 takes: the root has to be trusted on the destination",
    source = "windows-powershell-docs, Set-VpnAuthProtocol",
  },
  {
    key = [[RasMan\Parameters]], names = { "KeepRasConnections" }, becomes = "carry",
    meaning = "connections outlive the sign-out of who made them",
    source = "KB 158909; SYSTEM hives of Windows 7 SP1 and Windows 10 have it as 0",
  },
  {
    key = [[RemoteAccess\Parameters\IKEV2]], names = { "CertAuthFlags" }, becomes = "carry", since = "2016",
    stricter = "bits", absent = 0,
    meaning = "IKEv2 looks whether clients' certificates were revoked (4)", source = "KB 4505658; " .. general,
  },
  {
    key = [[RemoteAccess\Parameters\IKEV2]], names = { "EnableServerFragmentation" }, becomes = "carry", since = "2019",
    meaning = "IKEv2 parts large messages", source = "public scripts; " .. general,
  },
  {
    key = [[RasMan\Parameters]], names = { "LimitSimultaneousIncomingCalls" }, becomes = "carry",
    meaning = "how many calls are taken at once", source = general,
  },
  {
    key = [[RasMan\Parameters]], names = { "NegotiateDH2048_AES256" }, becomes = "carry",
    stricter = "higher", absent = 0, meaning = "stronger offers of IKE (1), and no others (2)", source = general,
  },
  {
    key = [[RasMan\Parameters]], names = { "DisableIKENameEkuCheck" }, becomes = "ask", stricter = "off", absent = 0,
    meaning = "loosens the check of the other side's certificate by IKE", source = general,
  },
  {
    key = [[RasMan\IKEv2]], names = { "DisableCertReqPayload" }, becomes = "ask",
    meaning = "IKEv2 asks for no certificate of certain authorities", source = general,
  },
  {
    key = [[RasMan\PPP\ControlProtocols\BuiltIn]], names = { "DefaultDomain" }, becomes = "carry",
    meaning = "the domain of users who give none", source = general,
  },
  {
    key = [[NdisWan\Parameters\Protocols\*]],
    names = { "ProtocolType", "PPPProtocolType", "ProtocolMTU", "TunnelMTU" }, becomes = "carry",
    meaning = "the MTU of PPP and of tunnels", source = "KB 826159; " .. general,
  },
  {
    key = [[SstpSvc\Parameters]], names = { "NoCertRevocationCheck", "ServerBypassRASandSSTPCertCheck" },
    becomes = "ask", stricter = "off", absent = 0,
    meaning = "loosens the check of SSTP's certificate", source = general,
  },
  {
    key = [[SstpSvc\Parameters]], names = { "CryptoBinding" }, becomes = "ask",
    meaning = "how SSTP binds its tunnel to the authentication", source = general,
  },
  {
    key = [[PolicyAgent]], names = { "NoDefaultExempt" }, becomes = "ask",
    meaning = "which packets IPsec lets through whatever its policy says; 2003 has it at the driver (IPSec)",
    source = "KB 811832",
  },
  {
    key = [[PolicyAgent\Oakley]], names = { "StrongCRLCheck" }, becomes = "ask",
    meaning = "whether IKE looks for revoked certificates; since 2008: netsh advfirewall set global ipsec"
      .. " strongcrlcheck",
    source = general,
  },
  {
    key = [[IAS\Parameters]], names = { "Ping User-Name" }, becomes = "carry",
    meaning = "requests of this user name are a test of the connection",
    source = "windowsserverdocs, nps-best-practices",
  },
  {
    key = [[Tcpip\Parameters]], names = { "TcpWindowSize" }, becomes = "ask",
    meaning = "tuning of TCP, which Windows Server 2008 and newer do themselves", source = general,
  },
  {
    key = [[Tcpip\Parameters]], names = { "DisableIPSourceRouting" }, becomes = "carry",
    stricter = "higher", absent = 1,
    meaning = "whether packets may say their own route: 1 are not forwarded, 2 are dropped", source = "KB 314053",
  },
  {
    key = [[Tcpip6\Parameters]], names = { "DisableIPSourceRouting" }, becomes = "carry",
    stricter = "higher", absent = 1,
    meaning = "the same by IPv6", source = "Microsoft's security baselines",
  },
  {
    key = [[Tcpip\Parameters]], names = { "EnableICMPRedirect" }, becomes = "carry", stricter = "off", absent = 1,
    meaning = "whether ICMP redirects change routes", source = "KB 324270",
  },
  {
    key = [[Tcpip\Parameters]], names = { "PerformRouterDiscovery" }, becomes = "carry", stricter = { 0, 2, 1 },
    absent = 2, meaning = "whether routers may name themselves: never, when DHCP says so (2), always (1)",
    source = "KB 314053",
  },
  {
    key = [[NetBT\Parameters]], names = { "NoNameReleaseOnDemand" }, becomes = "carry", stricter = "on", absent = 0,
    meaning = "whether the server keeps its NetBIOS name when a packet asks for it", source = "KB 324270",
  },
  {
    key = [[NetBT\Parameters]], names = { "NodeType" }, becomes = "carry", stricter = { 2, 8, 4, 1 }, absent = 1,
    meaning = "whether NetBIOS names are asked of WINS alone (2), of WINS first (8), or broadcast",
    source = "KB 314053; CIS benchmarks",
  },
  {
    key = [[Dnscache\Parameters]], names = { "EnableMulticast", "EnableMDNS" }, becomes = "carry",
    stricter = "off", absent = 1, meaning = "whether names are asked of neighbours (LLMNR, mDNS)",
    source = "CIS benchmarks name the policy; the value of the service: public scripts",
  },
  {
    key = [[LanmanServer\Parameters]], names = { "OptionalNames", "SrvAllowedServerNames",
                                                 "DisableStrictNameChecking" }, becomes = "carry",
    meaning = "other names by which clients find the server", source = "KB 281308, KB 926642",
  },
  {
    key = [[Dnscache\Parameters]], names = { "AlternateComputerNames" }, becomes = "carry",
    meaning = "other names that the server registers in DNS", source = "learn.microsoft.com, netdom computername",
  },
  {
    key = msv1_0, names = { "BackConnectionHostNames" }, becomes = "carry",
    meaning = "other names by which the server may call itself", source = "KB 926642",
  },
  {
    key = [[LanmanServer\Parameters]], names = { "SMB1" }, becomes = "carry", stricter = "off",
    absent = { ["2003,2008,2008r2,2012,2012r2,2016"] = 1, otherwise = 0 }, -- not installed since release 1709
    meaning = "whether SMB 1 is spoken", source = smb,
  },
  {
    key = [[LanmanServer\Parameters]], names = { "SMB2" }, becomes = "ask", stricter = "on", absent = 1,
    meaning = "whether SMB 2 and 3 are spoken", source = smb,
  },
  {
    key = [[LanmanServer\Parameters]], names = { "RequireSecuritySignature", "EnableSecuritySignature" },
    becomes = "carry", stricter = "on", absent = 0, meaning = "whether packets are signed", source = smb,
  },
  {
    key = [[LanmanServer\Parameters]], names = { "EncryptData" }, becomes = "carry", since = "2012",
    stricter = "on", absent = 0, meaning = "whether all shares are encrypted", source = smb,
  },
  {
    key = [[LanmanServer\Parameters]], names = { "RejectUnencryptedAccess" }, becomes = "carry", since = "2012",
    stricter = "on", absent = 1, meaning = "whether clients that cannot encrypt are refused", source = smb,
  },
  {
    key = [[LanmanServer\Parameters]], names = { "RestrictNullSessAccess" }, becomes = "carry", stricter = "on",
    absent = 1, meaning = "whether anonymous users reach the listed pipes and shares alone", source = baselines,
  },
  {
    key = [[LanmanServer\Parameters]], names = { "SmbServerNameHardeningLevel" }, becomes = "carry",
    since = "2008r2", stricter = "higher", absent = 0,
    meaning = "whether the name that a client asks for has to be one of the server", source = baselines,
  },
  -- Of Control\Lsa itself nothing is read: keys below it hold the key of all the server's secrets.
  {
    key = msv1_0, names = { "NtlmMinServerSec", "NtlmMinClientSec" }, becomes = "carry", stricter = "bits",
    absent = { ["2003,2008"] = 0, otherwise = 0x20000000 },
    meaning = "what NTLM asks of a session: NTLMv2 (0x80000), 128 bits (0x20000000)", source = baselines,
  },
  {
    key = msv1_0, names = { "RestrictReceivingNTLMTraffic", "RestrictSendingNTLMTraffic" },
    becomes = "carry", since = "2008r2", stricter = "higher", absent = 0, meaning = "whether NTLM is refused",
    source = baselines,
  },
  {
    key = msv1_0, names = { "AllowNullSessionFallback" }, becomes = "carry", since = "2008r2",
    stricter = "off", absent = 0, meaning = "whether services may fall back to anonymous sessions", source = baselines,
  },
  {
    key = schannel .. [[\Protocols\TLS 1.2\Server]], names = { "Enabled", "DisabledByDefault" }, becomes = "ask",
    meaning = "whether TLS 1.2 is spoken", source = "windowsserverdocs, tls-registry-settings",
  },
}

-- Protocols and ciphers of TLS that a server turns off. Without the values: general knowledge; TLS 1.0 and 1.1 by
-- whats-new-windows-server-2025. A release that does not know a protocol hardens nothing by it: 1.
local until_2016 = { ["2003,2008,2008r2,2012,2012r2"] = 1, otherwise = 0 }
local until_2025 = { ["2025"] = 0, otherwise = 1 }
local protocols = { ["SSL 2.0"] = until_2016, ["SSL 3.0"] = until_2016, ["TLS 1.0"] = until_2025,
                    ["TLS 1.1"] = until_2025 }
local ciphers = { "NULL", "DES 56/56", "RC2 40/128", "RC2 56/128", "RC2 128/128", "RC4 40/128", "RC4 56/128",
                  "RC4 64/128", "RC4 128/128", "Triple DES 168" }

local function opposite(absent)
  local made = {}
  for release, value in pairs(absent) do made[release] = 1 - value end
  return made
end

local function add_off(key, what, absent)
  M.rows[#M.rows + 1] = {
    key = key, names = { "Enabled" }, becomes = "carry", stricter = "off", absent = absent,
    meaning = "whether " .. what .. " is spoken", source = "windowsserverdocs, tls-registry-settings",
  }
end

for _, name in ipairs { "SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1" } do
  local key = ([[%s\Protocols\%s\Server]]):format(schannel, name)
  add_off(key, name, protocols[name])
  M.rows[#M.rows + 1] = {
    key = key, names = { "DisabledByDefault" }, becomes = "carry", stricter = "on", absent = opposite(protocols[name]),
    meaning = "whether a program has to ask for " .. name, source = "windowsserverdocs, tls-registry-settings",
  }
end
for _, name in ipairs(ciphers) do add_off(schannel .. [[\Ciphers\]] .. name, "the cipher " .. name, 1) end

-- "EAP\\*\\" of a row below the key, "" for a row of the key itself; nil for one elsewhere.
local function relative_of(row, key, below)
  if row.key == key then return "" end
  if below and row.key:sub(1, #key + 1) == key .. "\\" then return row.key:sub(#key + 2) .. "\\" end
end

---The rows of a key, with their names as a table of the key writes them.
---@param pattern string a key as rows have it; with \** behind it also the keys below
---@return table[] found {row, names}
function M.of(pattern)
  local key, below = pattern:gsub("\\%*%*$", "")
  local found = {}
  for _, row in ipairs(M.rows) do
    local relative, names = relative_of(row, key, below > 0), {}
    for index, name in ipairs(relative and row.names or {}) do names[index] = relative .. name end
    if relative then found[#found + 1] = { row = row, names = names } end
  end
  return found
end

local services = [[HKLM\SYSTEM\CURRENTCONTROLSET\SERVICES\]]

---The key of a row, whole and in upper case.
local function whole(row)
  local key = row.key:upper()
  return key:find "^HKLM\\" and key or services .. key
end

---The row that knows a value, by its key in whatever control set, and its name; nil for none.
---@param path string
---@param name string
---@return table|nil
function M.find(path, name)
  local at = path:upper():gsub("^HKLM\\SYSTEM\\CONTROLSET%d+\\", [[HKLM\SYSTEM\CURRENTCONTROLSET\]])
  for _, row in ipairs(M.rows) do
    local pattern = whole(row):gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", "[^\\]*")
    for _, known in ipairs(at:find("^" .. pattern .. "$") and row.names or {}) do
      if known:lower() == name:lower() then return row end
    end
  end
end

return M
