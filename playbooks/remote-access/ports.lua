-- Ports: the WAN miniports, found by ComponentId because their numbers differ on every machine.

local compat = require "compat"
local facts = require "facts"

-- [MS-RRASM 2.2.3.3.1]. `row` is the one of the table that says what releases without them get.
local miniports = {
  { id = "ms_pptpminiport", title = "PPTP", outdated = true },
  { id = "ms_l2tpminiport", title = "L2TP", outdated = true },
  { id = "ms_pppoeminiport", title = "PPPoE" },
  { id = "ms_ptiminiport", title = "Direct Parallel" },
  { id = "ms_sstpminiport", title = "SSTP", row = "RA-GAP-02" },
  { id = "ms_agilevpnminiport", title = "IKEv2", row = "RA-GAP-06a" },
}

-- The last is the phone number or address of the device.
local copied = { "EnableForRas", "EnableForRouting", "EnableForOutboundRouting", "CalledIDInformation" }

local function copy_value(ctx, from, to, name)
  local value = ctx.source:get(from, name)
  if value then
    ctx.destination:set(to, name, value)
    ctx:verdict {
      path = from, name = name, verdict = "migrated", before = value, after = ctx.destination:get(to, name), to = to,
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
    before = value, after = ctx.destination:get(to, "WanEndpoints"), to = to,
  }
end

local function tell_outdated(ctx, miniport, to)
  if compat.of_destination(ctx, "RA-NEW-04") == "tell" and facts.number(ctx.destination, to, "EnableForRas") == 1 then
    ctx:note(("%s ports stay on for remote access, as on the source; a new server of this release has them off, because"
      .. " the protocol is outdated (RA-NEW-04)."):format(miniport.title))
  end
end

return {
  step "ports" {
    guide = { "RA-VER-06", "RA-GAP-02", "RA-GAP-06a", "RA-NEW-04" }, title = "Ports",
    run = function(ctx)
      local source, destination = facts.miniports(ctx.source), facts.miniports(ctx.destination)
      local count = 0
      for _, miniport in ipairs(miniports) do
        local from, to = source[miniport.id], destination[miniport.id]
        if miniport.row and compat.of_source(ctx, miniport.row) == "enable-default" then
          if to then ctx.destination:set(to.path, "EnableForRas", "dword", 1) end
          ctx:note(to and ("%s ports are switched on with the destination's own number (%s)."):format(miniport.title,
            miniport.row) or ("The destination has no %s ports to switch on."):format(miniport.title))
        elseif from and to then
          copy_count(ctx, from.path, to.path)
          for _, name in ipairs(copied) do copy_value(ctx, from.path, to.path, name) end
          if miniport.outdated then tell_outdated(ctx, miniport, to.path) end
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
