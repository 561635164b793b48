-- Persistent routes of IPv4: the name of a value is "destination,mask,gateway,metric", its data are empty.
-- A default route goes with the gateway of its adapter: since 2008 Windows keeps that here, too.

local facts = require "facts"
local take_over = require "take_over"

local function parse(about)
  local target, mask, gateway = about.name:match "^([%d.]+),([%d.]+),([%d.]+),%-?%d+$"
  if target and facts.number(target) and facts.prefix(mask) and facts.number(gateway) then
    return { target = target, mask = mask, gateway = gateway,
             is_default = facts.number(target) == 0 and facts.prefix(mask) == 0 }
  end
end

local function is_no_route(_, about) return parse(about) == nil end

local function is_unreachable(ctx, about)
  local gateway = parse(about).gateway
  for _, interface in ipairs(take_over.planned(ctx)) do
    for index, address in ipairs(interface.addresses) do
      if facts.in_subnet(gateway, address, interface.masks[index]) then return false end
    end
  end
  return true
end

local function has(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

local function is_other_default(ctx, about)
  local route = parse(about)
  if not route.is_default then return false end
  for _, interface in ipairs(take_over.planned(ctx)) do
    if interface.is_taken_over and has(interface.gateways, route.gateway) then return false end
  end
  return true
end

-- A default route of a gateway that an adapter loses.
local function is_of_lost_gateway(ctx, about)
  for _, pair in ipairs(is_other_default(ctx, about) and take_over.adapters(ctx) or {}) do
    if has(pair.destination.gateways, parse(about).gateway) then return true end
  end
  return false
end

return {
  settings "routes" {
    guide = "IP-SET-06", title = "Persistent routes", key = facts.keys.routes,
    unjudged "*" { when = is_no_route, why = "it is no route" },
    remove "*" { when = is_of_lost_gateway, always = true, why = "its adapter gets the source's gateways" },
    keep "*" {
      when = is_other_default,
      why = function(ctx)
        return take_over.is_asked_for(ctx) and "its adapter keeps the destination's gateway"
          or "the destination keeps its own default gateway"
      end,
    },
    by_hand "*" {
      when = is_unreachable, step = "routes-by-hand", why = "no adapter of the destination reaches its gateway",
      detail = function(_, about)
        local route = parse(about)
        return ("route -p add %s mask %s %s"):format(route.target, route.mask, route.gateway)
      end,
    },
    migrate "*",
  },
}
