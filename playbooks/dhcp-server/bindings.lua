-- On which adapters the service answers.

local facts = require "facts"

local function flag(machine, guid)
  return machine:read(facts.keys.interfaces .. "\\" .. guid, "BindToDHCPServer")
end

return {
  -- The values stand among the settings of the adapters, which are no part of this role: notes tell what is done.
  step "bindings" {
    guide = { "DHCP-PRE-01", "DHCP-VER-03" }, title = "Adapters that the service answers on",
    run = function(ctx)
      local bound = 0
      for _, pair in ipairs(ctx.map) do
        local from, to = flag(ctx.source, pair.source.guid), pair.destination and pair.destination.guid
        if from ~= 0 and to then bound = bound + 1 end
        if to and from == 0 then
          ctx.destination:set(facts.keys.interfaces .. "\\" .. to, "BindToDHCPServer", "dword", 0)
          ctx:note(("DHCP Server does not answer on '%s', as on the source."):format(pair.destination.name))
        elseif to and flag(ctx.destination, to) == 0 then
          ctx.destination:delete_value(facts.keys.interfaces .. "\\" .. to, "BindToDHCPServer")
          ctx:note(("DHCP Server answers on '%s', as on the source."):format(pair.destination.name))
        end
      end
      return ("bound: %d"):format(bound)
    end,
  },
}
