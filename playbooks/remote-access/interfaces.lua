-- Interfaces of the router, and what each transport and routing protocol knows of them.
--
-- Both servers have lists of numbered keys whose numbers mean nothing. The destination's list stays as it is; what
-- the source has goes to the entry of the same interface, and what the destination lacks is added after it.

local facts = require "facts"
local infoblocks = require "infoblocks"
local windows = require "windows"

local keys = facts.keys
local LAN, INTERNAL, LOOPBACK = facts.LAN, 4, 5
local by_type_alone = { [INTERNAL] = true, [LOOPBACK] = true }

local belongs = "belongs to the destination"
local gone = "the protocol no longer exists on the destination"

-- What an interface of the source is called on the destination, or nil and why it is not moved.
local function called_there(ctx, entry)
  if by_type_alone[entry.type] then
    return entry.called
  elseif entry.type == LAN then
    local adapter = ctx:interface(entry.called)
    if adapter then return adapter.guid end
    if entry.own and entry.own.is_member then return nil, "it is a member of a team: the router uses the team" end
    return nil, entry.own and entry.own.is_card and "no adapter of the destination stands for '" .. entry.name .. "'"
      or "it is no network card of the source, or one that was removed"
  elseif facts.demand_dial_types[entry.type] then
    local fate = (ctx.state.connections or {})[windows.upcase(entry.called)]
    if fate == "moved" then return entry.called end
    return nil, fate or "it has no section in router.pbk: it does not work"
  end
  return nil, "interfaces of its type are not kept over a restart"
end

local function is_twin(entry, other, name)
  if by_type_alone[entry.type] then return other.type == entry.type end
  local same_kind = other.type == entry.type
    or facts.demand_dial_types[other.type] and facts.demand_dial_types[entry.type]
  return same_kind and windows.same_name(other.called, name)
end

-- The destination's entry for an interface of the source; a new one gets the lowest free number.
local function find_or_add(list, entry, name)
  local taken, number = {}, 0
  for _, other in ipairs(list) do
    if is_twin(entry, other, name) then return other end
    taken[other.number] = true
  end
  while taken[number] do number = number + 1 end
  local added = {
    number = number, path = keys.interfaces .. "\\" .. number, called = name, type = entry.type, new = true,
  }
  list[#list + 1] = added
  return added
end

-- The interfaces of the source, each with its twin on the destination, or why it has none.
local function interfaces(source, ctx)
  local list, there = facts.router_interfaces(source), facts.router_interfaces(ctx.destination)
  for _, entry in ipairs(list) do
    entry.own = facts.interface(source, entry.called)
    local name, why = called_there(ctx, entry)
    entry.twin, entry.why = name and find_or_add(there, entry, name), why
  end
  return list
end

local function place(entry, ctx)
  if entry.twin then return entry.twin.path end
  ctx:note(("Interface %s is not migrated: %s."):format(facts.quoted(entry), entry.why))
  return nil, entry.why
end

local function name_there(value, _, about)
  local there = about.item.twin.called
  return sz(there), there ~= value and about.item.type == LAN and "the adapter of the destination that stands for it"
    or nil
end

local function is_missing(ctx, about)
  return ctx.source:has_key(about.path) and not ctx.destination:get(about.to, about.name)
end

return {
  settings "routing-protocols" {
    guide = { "RA-VER-10", "RA-VER-16", "RA-GAP-11", "RA-NEW-01", "RA-NEW-02" },
    title = "Routing protocols, global settings",
    each = subkeys(keys.router_managers .. [[\*]]),
    to = function(manager, ctx)
      if not infoblocks.transport(manager.path) then return nil, nil, "unjudged" end
      return ctx.destination:has_key(manager.path) and manager.path or nil,
        "the destination does not have this transport"
    end,
    migrate "GlobalInfo" { through = infoblocks.carry, secret = infoblocks.is_secret },
    keep { "DLLPath", "ProtocolId", "Stamp" } { why = belongs },
  },

  settings "interfaces" {
    guide = { "RA-VER-11", "RA-VER-12", "RA-VER-13", "RA-VER-14a", "RA-VER-15" }, title = "Interfaces of the router",
    each = interfaces, to = place,
    set "Stamp" {
      value = dword(0), when = function(_, about) return about.item.twin.new end, why = "of a new interface",
    },
    -- The times after which a connection that could not be made is tried again [TechNet cc751483].
    migrate { "Enabled", "Type", "DialoutHours", "MinUnreachabilityInterval", "MaxUnreachabilityInterval" },
    migrate "InterfaceName" { through = name_there },
    by_release { "saMaxDataSize", "saLifeTime" } {
      source = { ["2003,2008,2008r2"] = keep { why = "the source's release does not read it" }, otherwise = migrate },
    },
    by_hand "MachineCertificateName" {
      step = "interface-certificates", why = "choose the certificate again",
      detail = function(_, about) return about.item.called end,
    },
    set [[Ip\ProtocolId]] { value = dword(0x21), when = is_missing },
    set [[Ipv6\ProtocolId]] { value = dword(0x57), when = is_missing },
    migrate { [[Ip\InterfaceInfo]], [[Ipv6\InterfaceInfo]] } {
      through = infoblocks.carry, secret = infoblocks.is_secret,
    },
    keep { "Stamp", [[Ip\ProtocolId]], [[Ipv6\ProtocolId]] } { why = belongs },
    by_release [[IKEv2CustomPolicy\**]] {
      source = { ["2003,2008,2008r2"] = drop { why = "the source's release does not read it" },
                 otherwise = migrate { replace = true } },
    },
    drop { [[Ipx\**]], [[Nbf\**]], [[AppleTalk\**]] } { why = gone },
  },
}
