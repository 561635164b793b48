-- Makes a phonebook entry of the source fit the destination: one small rule a key, every change reported.
-- Facts: MS-RRASM 2.2.2 and the migration guide's tables of new and removed components.
local bits = require "format.bits"
local phonebook = require "format.phonebook"
local releases = require "windows.releases"

local M = {}

---@class PhonebookAdaptOptions
---@field source_os string key of its release
---@field ipv6? boolean IPv6 stays on for entries of a 2003 source
---@field ipv6_defaults? boolean addresses of IPv6 get their defaults
---@field device? fun(device: string, port?: string): string?, string? the destination's device and port, nil when none
---@field guid? fun(guid: string): string the guid to use: the same when it is free on the destination
---@field dial_params_uid? fun(uid: string): string the same for the number that stored credentials go by
---@field is_source? fun(peer: string): boolean whether a peer address or name is the source itself

---@class PhonebookReportItem
---@field action "changed"|"removed"|"noted"|"manual"|"dropped" dropped is the whole entry
---@field key string
---@field before? string never a secret
---@field after? string
---@field guide? string
---@field reason? string

---Authentication methods of AuthRestrictions.
---@type BitName[]
M.authentication_names = {
  { 0x8, "PAP" },
  { 0x10, "SPAP" },
  { 0x20, "MD5-CHAP" },
  { 0x40, "MS-CHAP" },
  { 0x80, "EAP" },
  { 0x200, "MS-CHAP v2" },
  { 0x400, "Windows 95 MS-CHAP" },
  { 0x800, "IKEv2 machine certificate" },
  { 0x1000, "IKEv2 preshared key" },
}

local REMOVED_METHODS = 0x10 | 0x40 | 0x400
local IKEV2_METHODS = 0x800 | 0x1000
local EAP, MSCHAP_V2 = 0x80, 0x200
local EXCLUDE_IPV6 = 0x8
local TYPE_PHONE, EAP_MD5 = 1, 4

local function is_before(ctx, key) return not releases.at_most(key, ctx.opts.source_os) end

local function number(entry, key)
  local text = phonebook.get(entry, key)
  return text and text:match "^%-?%d%d?%d?%d?%d?%d?%d?%d?%d?%d?$" and math.tointeger(tonumber(text)) or nil
end

local function add(ctx, action, key, fields)
  fields.action, fields.key = action, key
  ctx.report[#ctx.report + 1] = fields
end

-- Sets a key and reports it, unless it has that value already.
local function change(ctx, key, after, guide, reason)
  local before = phonebook.get(ctx.entry, key)
  after = tostring(after)
  if before ~= after then
    phonebook.set(ctx.entry, key, after)
    add(ctx, "changed", key, { before = before, after = after, guide = guide, reason = reason })
  end
end

-- Whether the entry used EAP-MD5, which goes.
local function drop_eap_md5(ctx)
  if number(ctx.entry, "CustomAuthKey") ~= EAP_MD5 then return false end
  change(ctx, "CustomAuthKey", 0, "RA-GAP-09", "EAP-MD5 does not exist on the destination")
  -- The blob may hold credentials, so it is not shown.
  if phonebook.unset(ctx.entry, "CustomAuthData") > 0 then
    add(ctx, "removed", "CustomAuthData", { guide = "RA-GAP-09", reason = "belongs to EAP-MD5" })
  end
  return true
end

local function authentication(ctx)
  local dropped_eap = drop_eap_md5(ctx)
  local lost = REMOVED_METHODS | (dropped_eap and EAP or 0) | (is_before(ctx, "2012") and IKEV2_METHODS or 0)
  local text, value = phonebook.get(ctx.entry, "AuthRestrictions"), number(ctx.entry, "AuthRestrictions")
  if not value or value < 0 then
    if text or dropped_eap then
      add(ctx, "manual", "AuthRestrictions", { before = text, reason = "choose the authentication methods by hand" })
    end
    return
  end
  local cleared, left = value & lost, value & ~lost
  if cleared == 0 then return end
  local reason = "not available: " .. bits.describe(cleared, M.authentication_names)
  if left == 0 then left, reason = MSCHAP_V2, reason .. "; MS-CHAP v2 takes their place" end
  local guide = cleared & ~IKEV2_METHODS ~= 0 and "RA-GAP-09" or "RA-GAP-06b"
  change(ctx, "AuthRestrictions", left, guide, reason)
end

local ipv6_defaults = {
  { "Ipv6Assign", "1" }, { "Ipv6PrefixLength", "0" }, { "Ipv6Prefix", "0000000000000000" },
  { "Ipv6InterfaceId", "0000000000000000" },
}

local function ipv6(ctx)
  local excluded = number(ctx.entry, "ExcludedProtocols") or 0
  if ctx.opts.source_os == "2003" and not ctx.opts.ipv6 and excluded & EXCLUDE_IPV6 == 0 then
    change(ctx, "ExcludedProtocols", excluded | EXCLUDE_IPV6, "RA-GAP-03a", "the source had no IPv6 here")
  end
  for _, default in ipairs(ctx.opts.ipv6_defaults and ipv6_defaults or {}) do
    if phonebook.get(ctx.entry, default[1]) then
      change(ctx, default[1], default[2], "RA-GAP-05", "the source did not use it; the default applies")
    end
  end
end

local function is_2003_only(key)
  return key == "Pad" or key:find "^X25" or key:find "^DialPercent" or key:find "^DialSeconds"
    or key:find "^HangUpPercent" or key:find "^HangUpSeconds"
end

local function dialing(ctx)
  if number(ctx.entry, "DialMode") == 2 then
    change(ctx, "DialMode", 1, nil, "dialling further lines as needed exists in Windows 2003 only")
  end
  local kept = {}
  for _, line in ipairs(ctx.entry.lines) do
    if line.key and is_2003_only(line.key) then
      add(ctx, "removed", line.key, { before = line.value, reason = "exists in Windows 2003 only" })
    else
      kept[#kept + 1] = line
    end
  end
  ctx.entry.lines = kept
  for _, key in ipairs { "CustomRasDialDll", "CustomDialDll", "CustomDialFunc" } do
    if (phonebook.get(ctx.entry, key) or "") ~= "" then
      change(ctx, key, "", "RA-MAN-12", "custom dialling DLLs are not migrated")
    end
  end
end

local function rewrite(ctx, line, value)
  if not line or not value or line.value == value then return end
  assert(not value:find "[\0\r\n]", "phonebook_rules: opts.device gave a text of several lines")
  add(ctx, "changed", line.key, { before = line.value, after = value, reason = "device of the destination" })
  line.value = value
end

-- Asks the caller for the destination's device, and rewrites a device line and a port line together.
local function rewrite_device(ctx, device_line, port_line)
  if not device_line or device_line.value == "" then return end
  local device, port = ctx.opts.device(device_line.value, port_line and port_line.value)
  if not device then
    add(ctx, "manual", device_line.key, {
      before = device_line.value,
      reason = "the destination has no such device: choose one in the interface's properties",
    })
    return
  end
  rewrite(ctx, device_line, device)
  rewrite(ctx, port_line, port)
end

-- The entry's own lines of device and port, then those of each MEDIA, which ends at its DEVICE.
local function devices(ctx)
  local own = {}
  local found, media = { own }, nil
  for _, line in ipairs(ctx.opts.device and ctx.entry.lines or {}) do
    if line.key == "MEDIA" then
      media = {}
      found[#found + 1] = media
    elseif line.key == "DEVICE" then
      media = nil
    elseif media and (line.key == "Device" or line.key == "Port") then
      media[line.key] = line
    elseif line.key == "PreferredDevice" or line.key == "PreferredPort" then
      own[line.key:match "^Preferred(.*)$"] = line
    end
  end
  for _, lines in ipairs(found) do rewrite_device(ctx, lines.Device, lines.Port) end
end

local function identity(ctx)
  local function unique(key, choose)
    local before = phonebook.get(ctx.entry, key)
    if before and choose then change(ctx, key, choose(before), nil, "must be unique on the destination") end
  end
  unique("Guid", ctx.opts.guid)
  unique("DialParamsUID", ctx.opts.dial_params_uid)
end

local function notes(ctx)
  local entry = ctx.entry
  local keys = number(entry, "IpSecFlags") or 0
  if keys ~= 0 then
    add(ctx, "manual", "IpSecFlags", { reason = "enter the preshared key again: the phonebook does not hold it" })
  end
  if number(entry, "VpnStrategy") == 0 and is_before(ctx, "2008r2") then
    add(ctx, "noted", "VpnStrategy", { before = "0", reason = "VPN protocols are tried in another order now" })
  end
  for _, name in ipairs(phonebook.get_all(entry, "Name")) do
    if name ~= "" then
      add(ctx, "noted", "Name", { before = name, reason = "check that this script is on the destination" })
    end
  end
  for _, peer in ipairs(phonebook.get_all(entry, "PhoneNumber")) do
    if ctx.opts.is_source and ctx.opts.is_source(peer) then
      add(ctx, "noted", "PhoneNumber", { before = peer, reason = "this is the source server itself" })
    end
  end
end

---Adapts a copy of the entry.
---@param entry PhonebookEntry
---@param opts PhonebookAdaptOptions
---@return PhonebookEntry? adapted nil when the entry is not migrated
---@return PhonebookReportItem[] report
function M.adapt(entry, opts)
  local ctx = { entry = phonebook.copy(entry), opts = opts, report = {} }
  assert(releases.by_key[opts.source_os], "phonebook_rules: source_os is no release")
  if number(entry, "Type") == TYPE_PHONE then
    add(ctx, "dropped", "Type", {
      before = phonebook.get(entry, "Type"),
      guide = "RA-MAN-02",
      reason = "dial-up connections depend on the source's modems: create it again by hand",
    })
    return nil, ctx.report
  end
  for _, rule in ipairs { authentication, ipv6, dialing, devices, identity, notes } do
    rule(ctx)
  end
  return ctx.entry, ctx.report
end

return M
