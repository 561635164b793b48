-- Ports: the WAN miniports, found by ComponentId because their numbers differ on every machine.

local facts = require "facts"

-- [MS-RRASM 2.2.3.3.1]. Releases up to `lacking` do not have it: the destination's default is switched on.
local miniports = {
  { id = "ms_pptpminiport", title = "PPTP" },
  { id = "ms_l2tpminiport", title = "L2TP" },
  { id = "ms_pppoeminiport", title = "PPPoE" },
  { id = "ms_ptiminiport", title = "Direct Parallel" },
  { id = "ms_sstpminiport", title = "SSTP", lacking = "2003", guide = "RA-GAP-02" },
  { id = "ms_agilevpnminiport", title = "IKEv2", lacking = "2008", guide = "RA-GAP-06a" },
}

local flags = { "EnableForRas", "EnableForRouting", "EnableForOutboundRouting" }

local function copy_flag(ctx, from, to, name)
  local value = ctx.source:get(from, name)
  if value then
    ctx.destination:set(to, name, value)
    ctx:verdict {
      path = from, name = name, verdict = "migrated", before = value, after = ctx.destination:get(to, name),
    }
  end
end

-- The count is kept between the limits of the destination's edition.
local function copy_count(ctx, from, to)
  local value = ctx.source:get(from, "WanEndpoints")
  if not value or math.type(value.value) ~= "integer" then return end
  local highest = facts.number(ctx.destination, to, "MaxWanEndpoints")
  local lowest = facts.number(ctx.destination, to, "MinWanEndpoints")
  local count = math.max(value.value, lowest)
  if highest > 0 then count = math.min(count, highest) end
  ctx.destination:set(to, "WanEndpoints", "dword", count)
  ctx:verdict {
    path = from, name = "WanEndpoints", verdict = count == value.value and "migrated" or "transformed",
    why = count ~= value.value and ("the destination allows %d to %d"):format(lowest, highest) or nil,
    before = value, after = ctx.destination:get(to, "WanEndpoints"),
  }
end

return {
  step "ports" {
    guide = { "RA-VER-06", "RA-GAP-02", "RA-GAP-06a" }, title = "Ports",
    run = function(ctx)
      local source, destination = facts.miniports(ctx.source), facts.miniports(ctx.destination)
      local count = 0
      for _, miniport in ipairs(miniports) do
        local from, to = source[miniport.id], destination[miniport.id]
        if miniport.lacking and facts.from_at_most(ctx, miniport.lacking) then
          if to then ctx.destination:set(to.path, "EnableForRas", "dword", 1) end
          ctx:note(to and ("%s ports are switched on with the destination's own number (%s)."):format(miniport.title,
            miniport.guide) or ("The destination has no %s ports to switch on."):format(miniport.title))
        elseif from and to then
          copy_count(ctx, from.path, to.path)
          for _, name in ipairs(flags) do copy_flag(ctx, from.path, to.path, name) end
          count = count + 1
        elseif from then
          ctx:note(("The destination has no %s ports: theirs are not migrated."):format(miniport.title))
        end
      end
      return ("kinds: %d"):format(count)
    end,
  },

  step "modems" {
    guide = { "RA-VER-06", "RA-MAN-02" }, title = "Modems",
    run = function(ctx)
      for _, number in ipairs(ctx.source:keys(facts.keys.modems)) do
        local name = ctx.source:read(facts.keys.modems .. "\\" .. number, "FriendlyName")
        if type(name) == "string" then
          ctx:note(("The modem '%s' is not migrated: install one on the destination if it is needed."):format(name))
        end
      end
    end,
  },
}
