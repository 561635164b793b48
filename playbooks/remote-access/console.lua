-- What the consoles show of a server, in their words: places such as "Properties, IPv4 tab, Adapter" with what stands
-- there. Two servers are compared by it (guide section 10.6), and a person finds the place to look at.

local bits = require "format.bits"
local bytes = require "format.bytes"
local facts = require "facts"
local phonebook = require "format.phonebook"
local phonebook_rules = require "phonebook_rules"
local sstp_certificate = require "sstp_certificate"

local keys = facts.keys
local M = {}

local function on(condition) return condition and "on" or "off" end

local function address(number)
  return bytes.ipv4_text(string.pack(">I4", number & 0xFFFFFFFF))
end

local function general(m, add)
  local mode = facts.number(m, keys.parameters, "RouterType")
  local function router(demand_dial, lan)
    if mode & demand_dial ~= 0 then return "LAN and demand-dial routing" end
    return mode & lan ~= 0 and "local network only" or "off"
  end
  add("RA-VER-05", "Properties, General tab, IPv4 router", router(0x4, 0x2))
  add("RA-VER-05", "Properties, General tab, IPv4 remote access server", on(mode & 0x1 ~= 0))
  add("RA-VER-05", "Properties, General tab, IPv6 router", router(0x20, 0x10))
  add("RA-VER-05", "Properties, General tab, IPv6 remote access server", on(mode & 0x8 ~= 0))
end

-- ServerFlags of the Security tab and the PPP tab [MS-RRASM 2.2.3.4.6].
local methods = {
  { 0x8000, "EAP" }, { 0x800000, "MS-CHAP v2" }, { 0x20000, "CHAP" }, { 0x10000, "PAP" }, { 0x40, "SPAP" },
  { 0x100, "MS-CHAP" }, { 0x4000000, "machine certificate for IKEv2" }, { 0x4000, "unauthenticated access" },
}
local ppp = { { 0x400, "Multilink" }, { 0x2000, "BAP/BACP" }, { 0x200, "LCP extensions" },
              { 0x2, "software compression" } }

local function named_bits(m, names)
  local set = bits.names(facts.number(m, keys.parameters, "ServerFlags"), names)
  return #set > 0 and table.concat(set, ", ") or "none"
end

local function certificate_of(m, certificates)
  if m:read(keys.sstp, "isHashConfiguredByAdmin") ~= 1 then return "Default" end
  local hashes = sstp_certificate.source_hashes(m)
  local certificate = sstp_certificate.find(certificates, hashes)
  return certificate and certificate.subject or hashes.sha1 or hashes.sha256 or "Default"
end

local function security(m, add, certificates)
  local function provider(what) return facts.uses_radius(m, what) and "RADIUS" or "Windows" end
  add("RA-VER-05", "Properties, Security tab, Authentication provider", provider "Authentication")
  add("RA-VER-05", "Properties, Security tab, Authentication methods", named_bits(m, methods))
  add("RA-VER-05", "Properties, Security tab, Accounting provider", provider "Accounting")
  add("RA-VER-05", "Properties, Security tab, Preshared key for L2TP",
    on(facts.has_server_flag(m, facts.server_flags.l2tp_preshared_key)))
  add("RA-VER-05", "Properties, Security tab, Use HTTP", on(m:read(keys.sstp, "UseHttps") == 0))
  add("RA-VER-05", "Properties, Security tab, SSL certificate", certificate_of(m, certificates))
  add("RA-VER-05", "Properties, PPP tab", named_bits(m, ppp))
end

local function pools(m, path, show)
  local list = {}
  for _, number in ipairs(m:keys(path)) do
    local first, last = m:read(path .. "\\" .. number, "From"), m:read(path .. "\\" .. number, "To")
    if first and last then list[#list + 1] = show(first) .. " to " .. show(last) end
  end
  return #list > 0 and table.concat(list, ", ") or "none"
end

local function ipv4(m, add, adapter_name)
  local path = keys.parameters .. [[\Ip]]
  local static = m:read(path, "UseDhcpAddressing") == 0
  add("RA-VER-05", "Properties, IPv4 tab, Forwarding", on(m:read(path, "AllowNetworkAccess") ~= 0))
  add("RA-VER-05", "Properties, IPv4 tab, Address assignment", static and "static pool" or "DHCP")
  if static then
    local list = pools(m, path .. [[\StaticAddressPool]],
      function(number) return math.type(number) == "integer" and address(number) or "?" end)
    -- The one pool of old: used while there is no list.
    local old = m:read(path, "IpAddress")
    if list == "none" and type(old) == "string" and old ~= "0.0.0.0" then
      list = ("%s mask %s"):format(old, tostring(m:read(path, "IpMask")))
    end
    add("RA-VER-05", "Properties, IPv4 tab, Static address pool", list)
  end
  add("RA-VER-05", "Properties, IPv4 tab, Broadcast name resolution", on(m:read(path, "EnableNetbtBcastFwd") ~= 0))
  add("RA-VER-05", "Properties, IPv4 tab, Adapter", adapter_name(m:read(path, "NetworkAdapterGUID")))
end

local function ipv6(m, add, adapter_name)
  local path = keys.parameters .. [[\Ipv6]]
  if facts.number(m, path, "EnableIn") == 0 then return end
  add("RA-VER-05", "Properties, IPv6 tab, Forwarding", on(m:read(path, "AllowNetworkAccess") ~= 0))
  add("RA-VER-05", "Properties, IPv6 tab, Default route advertisement", on(m:read(path, "AdvertiseDefaultRoute") ~= 0))
  add("RA-VER-05", "Properties, IPv6 tab, Prefixes", pools(m, path .. [[\StaticPrefixPool]],
    function(prefix) return type(prefix) == "string" and #prefix == 16 and bytes.ipv6_text(prefix) or "?" end))
  add("RA-VER-05", "Properties, IPv6 tab, Adapter", adapter_name(m:read(path, "NetworkAdapterGUID")))
end

local ikev2 = {
  { "idleTimeout", "Idle time-out", "%d s" }, { "networkBlackoutTime", "Network outage time", "%d s" },
  { "saLifeTime", "Security association expiration time", "%d s" },
  { "saDataSize", "Security association data size limit", "%d KB" },
}

local logging = { [0] = "none", "errors", "errors and warnings", "all events" }

local function rest_of_properties(m, add)
  for _, value in ipairs(ikev2) do
    local number = m:read(keys.parameters .. [[\IKEV2]], value[1])
    if math.type(number) == "integer" then
      add("RA-VER-05", "Properties, IKEv2 tab, " .. value[2], value[3]:format(number))
    end
  end
  local level = facts.number(m, keys.parameters, "LoggingFlags")
  add("RA-VER-05", "Properties, Logging tab", logging[level] or tostring(level))
end

local port_uses = { { "EnableForRas", "remote access" }, { "EnableForRouting", "demand-dial" },
                    { "EnableForOutboundRouting", "demand-dial, outbound only" } }

local titles = { ms_pptpminiport = "PPTP", ms_l2tpminiport = "L2TP", ms_sstpminiport = "SSTP",
                 ms_agilevpnminiport = "IKEv2", ms_pppoeminiport = "PPPoE", ms_ptiminiport = "Direct Parallel" }

local function ports(m, add)
  local miniports = facts.miniports(m)
  for _, component in ipairs { "ms_pptpminiport", "ms_l2tpminiport", "ms_sstpminiport", "ms_agilevpnminiport",
                               "ms_pppoeminiport", "ms_ptiminiport" } do
    local miniport = miniports[component]
    if miniport then
      local uses = {}
      for _, use in ipairs(port_uses) do
        if facts.number(m, miniport.path, use[1]) == 1 then uses[#uses + 1] = use[2] end
      end
      add("RA-VER-06", "Ports, WAN Miniport (" .. titles[component] .. ")", ("%d ports%s"):format(
        facts.number(m, miniport.path, "WanEndpoints"),
        #uses > 0 and " for " .. table.concat(uses, ", ") or ", not used"))
    end
  end
end

local vpn_types = { ["0"] = "automatic", ["1"] = "PPTP", ["2"] = "PPTP first", ["3"] = "L2TP", ["4"] = "L2TP first",
                    ["7"] = "IKEv2", ["8"] = "IKEv2 first" }
local encryption = { ["0"] = "none", ["8"] = "optional", ["256"] = "required", ["512"] = "maximum" }

local function demand_dial(m, add)
  local book = phonebook.parse(m:read_file(facts.phonebook) or "")
  for _, entry in ipairs(book and book.entries or {}) do
    local function get(key) return phonebook.get(entry, key) or "" end
    local place = ("Network Interfaces, '%s', "):format(entry.name)
    local allowed = math.tointeger(tonumber(get "AuthRestrictions")) or 0
    add("RA-VER-09", place .. "General tab, Host name, address or number", get "PhoneNumber")
    if get "Type" ~= "1" then
      add("RA-VER-09", place .. "Security tab, Type of VPN", vpn_types[get "VpnStrategy"] or get "VpnStrategy")
    end
    add("RA-VER-09", place .. "Security tab, Data encryption", encryption[get "DataEncryption"] or get "DataEncryption")
    add("RA-VER-09", place .. "Security tab, Methods", bits.describe(allowed, phonebook_rules.authentication_names))
    local excluded = math.tointeger(tonumber(get "ExcludedProtocols")) or 0
    add("RA-VER-09", place .. "Networking tab, IPv6", on(excluded & 0x8 == 0))
  end
end

---What the server's properties, ports and demand-dial interfaces show.
---@param m table machine
---@param name_of fun(guid: string): string what an adapter is called
---@param certificates table[] of its computer store
---@return {guide: string, place: string, shows: string}[]
function M.server(m, name_of, certificates)
  local list = {}
  local function add(guide, place, shows) list[#list + 1] = { guide = guide, place = place, shows = shows } end
  local function adapter_name(guid)
    return type(guid) == "string" and guid ~= "" and name_of(guid) or "Allow RAS to select adapter"
  end
  general(m, add)
  security(m, add, certificates)
  ipv4(m, add, adapter_name)
  ipv6(m, add, adapter_name)
  rest_of_properties(m, add)
  ports(m, add)
  demand_dial(m, add)
  return list
end

return M
