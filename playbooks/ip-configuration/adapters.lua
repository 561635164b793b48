-- Settings of single adapters: what becomes of each value, and the adapter of the destination that gets it.

local facts = require "facts"
local take_over = require "take_over"
local windows = require "windows"

local keys = facts.keys

-- What happens to a value by its name; names in small letters. "address" goes with the addresses, "list" moves when
-- the source has something in it, "move" always. All others are the destination's own.
local places = {
  {
    key = keys.interfaces, prefix = "",
    rules = {
      enabledhcp = "address", ipaddress = "address", subnetmask = "address", defaultgateway = "address",
      defaultgatewaymetric = "address", nameserver = "list", domain = "list", registrationenabled = "move",
      registeradaptername = "move", interfacemetric = "move",
    },
  },
  {
    key = keys.netbt_interfaces, prefix = "Tcpip_",
    rules = { nameserverlist = "list", netbiosoptions = "move" },
  },
  { key = keys.interfaces6, prefix = "", rules = { nameserver = "list" } },
}

local address_values = { "EnableDHCP", "IPAddress", "SubnetMask", "DefaultGateway", "DefaultGatewayMetric" }

local function is_empty(value)
  if value.type == "multi_sz" then return #value.value == 0 or #value.value == 1 and value.value[1] == "" end
  return value.type == "sz" and value.value == ""
end

local function is_lease(name)
  return name:match "^dhcp" or name:match "^lease" or name == "t1" or name == "t2" or name == "addresstype"
end

-- Whether a value is written, and if not, its verdict and the reason.
local function decide(rule, value, name, pair, moves_addresses)
  if is_lease(name) then return false, "dropped", "a lease of the source" end
  if rule == "address" and not moves_addresses then
    return false, "kept", pair.source.uses_dhcp and "the source has no fixed address there"
      or "the destination keeps its own addresses"
  elseif rule == "list" and is_empty(value) and not moves_addresses then
    return false, "kept", "the source has none"
  elseif rule then
    return true
  end
  return false, "kept", "belongs to the destination's adapter"
end

-- A source that asks itself: right only when its address moves.
local function look_for_own_addresses(ctx, value, pair)
  local texts = type(value.value) == "table" and value.value or { value.value }
  for _, text in ipairs(texts) do
    for address in tostring(text):gmatch "[^,%s]+" do
      if not take_over.is_asked_for(ctx) and facts.is_own_address(ctx, address) then
        ctx:call_for("own-addresses", ("'%s': %s"):format(pair.destination.name, address))
      end
    end
  end
end

local function move_values(ctx, place, path, pair)
  local to = place.key .. "\\" .. place.prefix .. pair.destination.guid
  local moves_addresses = take_over.is_asked_for(ctx) and facts.is_fixed(pair.source)
  if moves_addresses and place.key == keys.interfaces then
    for _, name in ipairs(address_values) do ctx.destination:delete_value(to, name) end
  end
  for _, value in ipairs(ctx.source:values(path)) do
    local name = value.name:lower()
    local rule = place.rules[name]
    local is_written, verdict, why = decide(rule, value, name, pair, moves_addresses)
    if is_written then
      ctx.destination:set(to, value.name, value)
      if rule == "list" then look_for_own_addresses(ctx, value, pair) end
    end
    ctx:verdict {
      path = path, name = value.name, verdict = verdict or "migrated", why = why, before = value, to = to,
      after = verdict ~= "dropped" and ctx.destination:get(to, value.name) or nil, by_shape = rule == nil,
    }
  end
end

local function pair_of(ctx, guid)
  for _, pair in ipairs(facts.adapters(ctx)) do
    if windows.same_name(pair.source.guid, guid) then return pair end
  end
end

local function move_place(ctx, place)
  for _, name in ipairs(ctx.source:keys(place.key)) do
    local path = place.key .. "\\" .. name
    local is_prefixed = windows.same_name(name:sub(1, #place.prefix), place.prefix)
    local pair = is_prefixed and pair_of(ctx, name:sub(#place.prefix + 1))
    if pair and pair.destination then
      move_values(ctx, place, path, pair)
      facts.account_below(ctx, path)
    else
      ctx:account_all(path, "dropped",
        pair and "its adapter is left out by the map" or "no network adapter that moves")
    end
  end
  for _, value in ipairs(ctx.source:values(place.key)) do
    ctx:verdict { path = place.key, name = value.name, verdict = "kept", before = value, by_shape = true,
                  why = "belongs to the destination" }
  end
end

local M = {}

M.steps = {
  step "adapters" {
    guide = { "IP-STEP-06", "IP-SET-01", "IP-SET-02", "IP-SET-03" }, title = "Settings of adapters",
    run = function(ctx)
      ctx.state.before = {}
      for _, pair in ipairs(take_over.adapters(ctx)) do
        ctx.state.before[pair.destination.guid:upper()] = { source = pair.source, destination = pair.destination }
      end
      ctx.state.planned = take_over.planned(ctx)
      for _, place in ipairs(places) do move_place(ctx, place) end
      return ("adapters: %d, with the source's addresses: %d"):format(#facts.adapters(ctx), #take_over.adapters(ctx))
    end,
  },
}

return M
