-- Registry values that admins set by hand, beside those that a console shows: what each means, and what becomes of it.
--
-- A row is {key, names, becomes, meaning, source}. `key` is below HKLM\SYSTEM\CurrentControlSet\Services and may have
-- `*` for one key. `becomes`: "carry", as on the source; "ask", unjudged with its meaning, since it loosens something
-- or names something of the source. `since`: the release that has it first; `shipped` and `from`: what Windows comes
-- with, and the hive or page that says so. `switches` takes the rows of a key into a table.

local M = {}

local general = "general knowledge"

M.rows = {
  {
    key = [[RasMan\PPP\EAP\*]], names = { "NoRootRevocationCheck" }, becomes = "ask",
    meaning = "whether EAP looks at the revocation of the root certificate",
    shipped = { "dword", 1 }, from = "SYSTEM hives of Windows 7 SP1 and Windows 10, EAP types 13 and 25",
    source = "windowsserverdocs, network-policy-server-certificate-revocation-list-check-registry-settings",
  },
  {
    key = [[RasMan\PPP\EAP\*]],
    names = { "IgnoreNoRevocationCheck", "IgnoreRevocationOffline", "NoRevocationCheck" }, becomes = "ask",
    meaning = "loosens the check whether a client's certificate was revoked; NPS and RRAS read it",
    source = "windowsserverdocs, network-policy-server-certificate-revocation-list-check-registry-settings",
  },
  {
    key = [[RemoteAccess\Policy]], names = { "Enable NTLMv2 Compatibility" }, becomes = "carry",
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
    key = [[RasMan\Parameters]], names = { "NegotiateDH2048_AES256", "LimitSimultaneousIncomingCalls" },
    becomes = "carry", meaning = "stronger offers of IKE, and how many calls are taken at once", source = general,
  },
  {
    key = [[RasMan\Parameters]], names = { "DisableIKENameEkuCheck" }, becomes = "ask",
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
    key = [[SstpSvc\Parameters]], names = { "NoCertRevocationCheck", "ServerBypassRASandSSTPCertCheck",
                                            "CryptoBinding" }, becomes = "ask",
    meaning = "loosens a check of SSTP's certificate or of its binding to the tunnel", source = general,
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
    key = [[LanmanServer\Parameters]], names = { "OptionalNames", "SrvAllowedServerNames",
                                                 "DisableStrictNameChecking" }, becomes = "ask",
    meaning = "other names by which clients find the server: it may have them when the source gives them up",
    source = "KB 281308, KB 926642",
  },
  {
    key = [[Dnscache\Parameters]], names = { "AlternateComputerNames" }, becomes = "ask",
    meaning = "other names that the server registers in DNS", source = "learn.microsoft.com, netdom computername",
  },
  {
    key = [[LanmanServer\Parameters]], names = { "SMB2" }, becomes = "ask",
    meaning = "whether SMB 2 and 3 are spoken", source = "windows-powershell-docs, Set-SmbServerConfiguration",
  },
}

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

return M
