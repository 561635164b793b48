-- On which adapters the service answers. The values stand among the settings of the adapters.

local facts = require "facts"

local function pairs_that_move(_, ctx)
  local list = {}
  for _, pair in ipairs(ctx.map) do list[#list + 1] = pair.destination and pair end
  return list
end

local function of(side)
  return function(pair) return facts.keys.interfaces .. "\\" .. pair[side].guid end
end

local function is_absent(_, about) return about.raw == nil end

local function told(ctx, about)
  local name = about.item.destination.name
  if about.value == 0 then
    return ("DHCP Server does not answer on '%s', as on the source."):format(name)
  elseif about.value or ctx.destination:read(about.to, about.name) == 0 then
    return ("DHCP Server answers on '%s', as on the source."):format(name)
  end
end

return {
  settings "bindings" {
    guide = { "DHCP-PRE-01", "DHCP-VER-03" }, title = "Adapters that the service answers on",
    each = pairs_that_move, key = of "source", to = of "destination",
    remove "BindToDHCPServer" { when = is_absent, always = true, note = told },
    migrate "BindToDHCPServer" { note = told },
  },
}
