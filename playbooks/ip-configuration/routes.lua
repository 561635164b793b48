-- Persistent routes of IPv4: the name of a value is "destination,mask,gateway,metric", its data are empty.
-- A default route goes with the gateway of its adapter: since 2008 Windows keeps that here, too.

local facts = require "facts"
local take_over = require "take_over"

local key = facts.keys.routes

local function parse(name)
  local target, mask, gateway, metric = name:match "^([%d.]+),([%d.]+),([%d.]+),(%-?%d+)$"
  if target and facts.number(target) and facts.prefix(mask) and facts.number(gateway) then
    return { target = target, mask = mask, gateway = gateway, metric = metric,
             is_default = facts.number(target) == 0 and facts.prefix(mask) == 0 }
  end
end

-- Whether an adapter of the destination will reach a gateway.
local function is_reachable(ctx, gateway)
  for _, interface in ipairs(ctx.state.planned) do
    for index, address in ipairs(interface.addresses) do
      if facts.in_subnet(gateway, address, interface.masks[index]) then return true end
    end
  end
  return false
end

local function is_planned_gateway(ctx, gateway)
  for _, interface in ipairs(ctx.state.planned) do
    for _, own in ipairs(interface.is_taken_over and interface.gateways or {}) do
      if own == gateway then return true end
    end
  end
  return false
end

-- Default routes of gateways that adapters lose.
local function remove_lost_gateways(ctx)
  for _, pair in pairs(ctx.state.before) do
    for _, value in ipairs(ctx.destination:values(key)) do
      local route = parse(value.name)
      for _, gateway in ipairs(route and route.is_default and pair.destination.gateways or {}) do
        if gateway == route.gateway and not is_planned_gateway(ctx, gateway) then
          ctx.destination:delete_value(key, value.name)
        end
      end
    end
  end
end

local function decide(ctx, route)
  if not route then return "dropped", "it is no route" end
  if route.is_default and not is_planned_gateway(ctx, route.gateway) then
    return "kept", take_over.is_asked_for(ctx) and "its adapter keeps the destination's gateway"
      or "the destination keeps its own default gateway"
  end
  if not is_reachable(ctx, route.gateway) then return "manual", "no adapter of the destination reaches its gateway" end
  return "migrated"
end

return {
  step "routes" {
    guide = "IP-SET-06", title = "Persistent routes",
    run = function(ctx)
      local moved = 0
      remove_lost_gateways(ctx)
      for _, value in ipairs(ctx.source:values(key)) do
        local route = parse(value.name)
        local verdict, why = decide(ctx, route)
        if verdict == "migrated" then
          ctx.destination:set(key, value.name, value)
          moved = moved + 1
        elseif verdict == "manual" then
          ctx:call_for("routes-by-hand", ("route -p add %s mask %s %s"):format(route.target, route.mask, route.gateway))
        end
        ctx:verdict {
          path = key, name = value.name, verdict = verdict, why = why, before = value, to = key,
          after = ctx.destination:get(key, value.name),
        }
      end
      facts.account_below(ctx, key)
      return ("routes: %d"):format(moved)
    end,
  },
}
