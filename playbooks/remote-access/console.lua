-- What the consoles show of a server, in their words: places such as "Properties, IPv4 tab, Adapter" with what stands
-- there. Two servers are compared by it (guide section 10.6), and a person finds the place to look at.

local bits = require "format.bits"
local bytes = require "format.bytes"
local facts = require "facts"
local phonebook = require "format.phonebook"
local phonebook_rules = require "phonebook_rules"
local sstp_certificate = require "sstp_certificate"

local keys = facts.keys
local ipv4, ipv6, ikev2 = keys.parameters .. [[\Ip]], keys.parameters .. [[\Ipv6]], keys.parameters .. [[\IKEV2]]
local M = {}

local function on(condition) return condition and "on" or "off" end

-- Whether a bit of RouterType is set.
local function has_mode(m, bit) return facts.number(m, keys.parameters, "RouterType") & bit ~= 0 end

local function router(demand_dial, lan)
  return function(m)
    if has_mode(m, demand_dial) then return "LAN and demand-dial routing" end
    return has_mode(m, lan) and "local network only" or "off"
  end
end

local function mode(bit)
  return function(m) return on(has_mode(m, bit)) end
end

local function provider(what)
  return function(m) return facts.uses_radius(m, what) and "RADIUS" or "Windows" end
end

-- ServerFlags of the Security tab and the PPP tab [MS-RRASM 2.2.3.4.6].
local methods = {
  { 0x8000, "EAP" }, { 0x800000, "MS-CHAP v2" }, { 0x20000, "CHAP" }, { 0x10000, "PAP" }, { 0x40, "SPAP" },
  { 0x100, "MS-CHAP" }, { 0x4000000, "machine certificate for IKEv2" }, { 0x4000, "unauthenticated access" },
}
local ppp = { { 0x400, "Multilink" }, { 0x2000, "BAP/BACP" }, { 0x200, "LCP extensions" },
              { 0x2, "software compression" } }

local function server_flags(names)
  return function(m)
    local set = bits.names(facts.number(m, keys.parameters, "ServerFlags"), names)
    return #set > 0 and table.concat(set, ", ") or "none"
  end
end

local function has_preshared_key(m) return on(facts.has_server_flag(m, facts.server_flags.l2tp_preshared_key)) end
local function uses_http(m) return on(m:read(keys.sstp, "UseHttps") == 0) end

local function certificate(m, view)
  if m:read(keys.sstp, "isHashConfiguredByAdmin") ~= 1 then return "Default" end
  local hashes = sstp_certificate.source_hashes(m)
  local found = sstp_certificate.find(view.certificates, hashes)
  return found and found.subject or hashes.sha1 or hashes.sha256 or "Default"
end

-- A switch that is on unless it is 0.
local function switch(path, name)
  return function(m) return on(m:read(path, name) ~= 0) end
end

local function adapter(path)
  return function(m, view)
    local guid = m:read(path, "NetworkAdapterGUID")
    return type(guid) == "string" and guid ~= "" and view.name_of(guid) or "Allow RAS to select adapter"
  end
end

local function pools(m, path, show)
  local list = {}
  for _, pool in ipairs(subkeys(path .. [[\*]])(m)) do
    local first, last = m:read(pool.path, "From"), m:read(pool.path, "To")
    if first and last then list[#list + 1] = show(first) .. " to " .. show(last) end
  end
  return #list > 0 and table.concat(list, ", ") or "none"
end

local function is_static(m) return m:read(ipv4, "UseDhcpAddressing") == 0 end
local function assignment(m) return is_static(m) and "static pool" or "DHCP" end

local function pool_address(number)
  return math.type(number) == "integer" and bytes.ipv4_text(string.pack(">I4", number & 0xFFFFFFFF)) or "?"
end

local function static_pool(m)
  if not is_static(m) then return nil end
  local list = pools(m, ipv4 .. [[\StaticAddressPool]], pool_address)
  -- The one pool of old: used while there is no list.
  local old = m:read(ipv4, "IpAddress")
  if list ~= "none" or type(old) ~= "string" or old == "0.0.0.0" then return list end
  return ("%s mask %s"):format(old, tostring(m:read(ipv4, "IpMask")))
end

local function prefix_text(prefix)
  return type(prefix) == "string" and #prefix == 16 and bytes.ipv6_text(prefix) or "?"
end

local function prefixes(m) return pools(m, ipv6 .. [[\StaticPrefixPool]], prefix_text) end

-- What the IPv6 tab has when IPv6 remote access is on.
local function with_ipv6(show)
  return function(m, view) return facts.number(m, ipv6, "EnableIn") ~= 0 and show(m, view) end
end

local function ikev2_number(name, unit)
  return function(m)
    local number = m:read(ikev2, name)
    return math.type(number) == "integer" and ("%d %s"):format(number, unit)
  end
end

local levels = { [0] = "none", "errors", "errors and warnings", "all events" }

local function logging(m)
  local level = facts.number(m, keys.parameters, "LoggingFlags")
  return levels[level] or tostring(level)
end

-- The server's properties: {place, what it shows}.
local properties = {
  { "General tab, IPv4 router", router(0x4, 0x2) },
  { "General tab, IPv4 remote access server", mode(0x1) },
  { "General tab, IPv6 router", router(0x20, 0x10) },
  { "General tab, IPv6 remote access server", mode(0x8) },
  { "Security tab, Authentication provider", provider "Authentication" },
  { "Security tab, Authentication methods", server_flags(methods) },
  { "Security tab, Accounting provider", provider "Accounting" },
  { "Security tab, Preshared key for L2TP", has_preshared_key },
  { "Security tab, Use HTTP", uses_http },
  { "Security tab, SSL certificate", certificate },
  { "PPP tab", server_flags(ppp) },
  { "IPv4 tab, Forwarding", switch(ipv4, "AllowNetworkAccess") },
  { "IPv4 tab, Address assignment", assignment },
  { "IPv4 tab, Static address pool", static_pool },
  { "IPv4 tab, Broadcast name resolution", switch(ipv4, "EnableNetbtBcastFwd") },
  { "IPv4 tab, Adapter", adapter(ipv4) },
  { "IPv6 tab, Forwarding", with_ipv6(switch(ipv6, "AllowNetworkAccess")) },
  { "IPv6 tab, Default route advertisement", with_ipv6(switch(ipv6, "AdvertiseDefaultRoute")) },
  { "IPv6 tab, Prefixes", with_ipv6(prefixes) },
  { "IPv6 tab, Adapter", with_ipv6(adapter(ipv6)) },
  { "IKEv2 tab, Idle time-out", ikev2_number("idleTimeout", "s") },
  { "IKEv2 tab, Network outage time", ikev2_number("networkBlackoutTime", "s") },
  { "IKEv2 tab, Security association expiration time", ikev2_number("saLifeTime", "s") },
  { "IKEv2 tab, Security association data size limit", ikev2_number("saDataSize", "KB") },
  { "Logging tab", logging },
}

local port_uses = { { "EnableForRas", "remote access" }, { "EnableForRouting", "demand-dial" },
                    { "EnableForOutboundRouting", "demand-dial, outbound only" } }

local miniports = { { "ms_pptpminiport", "PPTP" }, { "ms_l2tpminiport", "L2TP" }, { "ms_sstpminiport", "SSTP" },
                    { "ms_agilevpnminiport", "IKEv2" }, { "ms_pppoeminiport", "PPPoE" },
                    { "ms_ptiminiport", "Direct Parallel" } }

local function port_text(m, path)
  local uses = {}
  for _, use in ipairs(port_uses) do
    if facts.number(m, path, use[1]) == 1 then uses[#uses + 1] = use[2] end
  end
  return ("%d ports%s"):format(facts.number(m, path, "WanEndpoints"),
    #uses > 0 and " for " .. table.concat(uses, ", ") or ", not used")
end

local vpn_types = { ["0"] = "automatic", ["1"] = "PPTP", ["2"] = "PPTP first", ["3"] = "L2TP", ["4"] = "L2TP first",
                    ["7"] = "IKEv2", ["8"] = "IKEv2 first" }
local encryption = { ["0"] = "none", ["8"] = "optional", ["256"] = "required", ["512"] = "maximum" }

local function number(text) return math.tointeger(tonumber(text)) or 0 end

-- A demand-dial connection: {place, key of its section, what it shows}.
local connection = {
  { "General tab, Host name, address or number", "PhoneNumber", function(text) return text end },
  { "Security tab, Type of VPN", "VpnStrategy",
    function(text, kind) return kind ~= "1" and (vpn_types[text] or text) end },
  { "Security tab, Data encryption", "DataEncryption", function(text) return encryption[text] or text end },
  { "Security tab, Methods", "AuthRestrictions",
    function(text) return bits.describe(number(text), phonebook_rules.authentication_names) end },
  { "Networking tab, IPv6", "ExcludedProtocols", function(text) return on(number(text) & 0x8 == 0) end },
}

local function add_connection(add, entry)
  local kind = phonebook.get(entry, "Type")
  for _, row in ipairs(connection) do
    add("RA-VER-09", ("Network Interfaces, '%s', %s"):format(entry.called, row[1]),
      row[3](phonebook.get(entry, row[2]) or "", kind))
  end
end

---What the server's properties, ports and demand-dial interfaces show.
---@param m table machine
---@param name_of fun(guid: string): string what an adapter is called
---@param certificates table[] of its computer store
---@return {guide: string, place: string, shows: string}[]
function M.server(m, name_of, certificates)
  local list, view, own = {}, { name_of = name_of, certificates = certificates }, facts.miniports(m)
  local function add(guide, place, shows)
    list[#list + 1] = shows and { guide = guide, place = place, shows = shows } or nil
  end
  for _, row in ipairs(properties) do add("RA-VER-05", "Properties, " .. row[1], row[2](m, view)) end
  for _, kind in ipairs(miniports) do
    local port = own[kind[1]]
    add("RA-VER-06", ("Ports, WAN Miniport (%s)"):format(kind[2]), port and port_text(m, port.path))
  end
  local book = facts.read_book(m)
  for _, entry in ipairs(book and book.entries or {}) do
    if not entry.repeated then add_connection(add, entry) end
  end
  return list
end

return M
