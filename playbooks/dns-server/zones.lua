-- Zones in the registry: what is in files moves with all that is set for it; what is in Active Directory stays.

local facts = require "facts"

-- Zone properties [MS-DNSP 3.1.1.2]; the registry has them by the same names. `list`: of addresses.
local known = {
  type = true, databasefile = true, dsintegrated = true, allowupdate = true, securesecondaries = true,
  notifylevel = true, aging = true, norefreshinterval = true, refreshinterval = true, forwardertimeout = true,
  forwarderslave = true, allownsrecordsautocreation = true, usewins = true, usenbstat = true, logupdates = true,
  masterservers = "list", localmasterservers = "list", secondaryservers = "list", notifyservers = "list",
  scavengeservers = "list",
}

local function account(ctx, path, value, verdict, why, to)
  ctx:verdict {
    path = path, name = value.name, verdict = verdict, why = why, before = value, to = to,
    after = to and ctx.destination:get(to, value.name), by_shape = verdict == "dropped",
  }
end

local function leave(ctx, path, verdict, why)
  for _, value in ipairs(ctx.source:values(path)) do account(ctx, path, value, verdict, why) end
  for _, name in ipairs(ctx.source:keys(path)) do leave(ctx, path .. "\\" .. name, verdict, why) end
end

-- Lists stay as they are; who is named in them by the source's own address is for a person to say.
local function look_through(ctx, zone, value, names)
  for _, address in ipairs(facts.addresses_in(value.value) or {}) do
    if names.addresses[address] ~= nil then
      ctx:call_for("address-lists", ("%s of zone %s has %s"):format(value.name, zone.name, address))
    end
  end
end

local function move_zone(ctx, zone, names)
  ctx.destination:delete_key(zone.path)
  for _, value in ipairs(ctx.source:values(zone.path)) do
    local kind = known[value.name:lower()]
    if kind then
      ctx.destination:set(zone.path, value.name, value)
      if kind == "list" then look_through(ctx, zone, value, names) end
      account(ctx, zone.path, value, "migrated", nil, zone.path)
    else
      account(ctx, zone.path, value, "dropped", "not known to be a setting of a zone")
    end
  end
  for _, name in ipairs(ctx.source:keys(zone.path)) do
    ctx:call_for("policies", ("%s of zone %s"):format(name, zone.name))
    leave(ctx, zone.path .. "\\" .. name, "manual", "policies and scopes are made again by their own cmdlets")
  end
end

return {
  step "zones" {
    guide = { "DNS-ZONE-01", "DNS-ZONE-03", "DNS-ZONE-05", "DNS-ZONE-06" }, title = "Zones",
    run = function(ctx)
      local count, names = 0, facts.source_names(ctx)
      for _, value in ipairs(ctx.source:values(facts.keys.zones)) do
        account(ctx, facts.keys.zones, value, "kept", "not known to be a setting of the role")
      end
      for _, zone in ipairs(facts.zones(ctx.source)) do
        if zone.moves then
          move_zone(ctx, zone, names)
          count = count + 1
        elseif zone.integrated then
          leave(ctx, zone.path, "dropped", "in Active Directory: it replicates to the domain controllers that have DNS")
          ctx:note(("Zone %s is in Active Directory: it replicates, and is not moved."):format(zone.name))
        elseif zone.kind == "cache" then
          leave(ctx, zone.path, "kept", "root hints are a file: see cache.dns")
        else
          leave(ctx, zone.path, "dropped", "a zone of a kind that is not known")
          ctx:note(("Zone %s is of a kind that is not known: it is not moved."):format(zone.name))
        end
      end
      return ("moved: %d"):format(count)
    end,
  },
}
