-- Records that name the source. They are found and told, never edited: a zone is somebody's text, with a serial number
-- that its secondaries go by.

local facts = require "facts"
local zone_file = require "zone_file"

local MOST = 100 -- told of one zone

local signed = { RRSIG = true, DNSKEY = true, NSEC = true, NSEC3 = true }

local function names_source(record, names)
  for _, word in ipairs(record.data) do
    if names.addresses[word] ~= nil or names.names[zone_file.full_name(word, record.origin)] then return true end
  end
  return false
end

-- "example.com.dns:12: www.example.com CNAME old"
local function told(record)
  local data = table.concat(record.data, " ", 1, math.min(#record.data, 2))
  return ("%s:%d: %s %s %s"):format(record.file, record.line, record.owner:sub(1, 255), record.type:sub(1, 10),
    data:sub(1, 255))
end

return {
  step "records-of-source" {
    guide = { "DNS-ZONE-04", "DNS-ZONE-07" }, title = "Records that name the source",
    run = function(ctx)
      local names, count = facts.source_names(ctx), 0
      for _, zone in ipairs(facts.zones(ctx.source)) do
        if zone.moves and zone.kind == "primary" and zone.file then
          local found, is_signed = 0, false
          zone_file.scan(function(name) return facts.plain_name(name) and facts.read_zone_file(ctx, name) end,
            zone.file, zone.name, function(record)
              is_signed = is_signed or signed[record.type]
              if not names_source(record, names) then return end
              found = found + 1
              if found > MOST then return end
              ctx:call_for("records", told(record))
            end)
          if found > MOST then ctx:call_for("records", ("%s: %d more"):format(zone.file, found - MOST)) end
          if is_signed then ctx:call_for("signed-zones", zone.name) end
          count = count + found
        end
      end
      return ("found: %d"):format(count)
    end,
  },
}
