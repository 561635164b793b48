-- The files: those of zones that move, what they include, the boot file, root hints of one's own.

local facts = require "facts"
local zone_file = require "zone_file"

local ROOT_HINTS = "cache.dns"

-- Root hints that name other servers than the public ones belong to the network. The public ones are newer there.
local function has_own_root_hints(read)
  local own = false
  if not read(ROOT_HINTS) then return false end
  zone_file.scan(read, ROOT_HINTS, "", function(record)
    local server = record.type == "NS" and record.data[1]
    own = own or server and not zone_file.full_name(server, record.origin):find "%.root%-servers%.net$"
  end)
  return own
end

-- Why each file moves, by its name in small letters.
local function find_needed(ctx)
  local files = {}
  local function read(name)
    return facts.plain_name(name) and facts.read_zone_file(ctx, name)
  end
  local function add(name, why)
    if facts.plain_name(name) then files[name:lower()] = files[name:lower()] or why end
  end
  for _, zone in ipairs(facts.zones(ctx.source)) do
    if zone.moves and zone.file and read(zone.file) then
      add(zone.file, "zone " .. zone.name)
      local found = zone_file.scan(read, zone.file, zone.name, function() end)
      for _, name in ipairs(found.included) do add(name, "included by zone " .. zone.name) end
      for _, problem in ipairs(found.problems) do ctx:note(("Zone %s: %s."):format(zone.name, problem)) end
    end
  end
  if ctx.source:read(facts.keys.parameters, "BootMethod") == 1 and read "boot" then
    add("boot", "the boot file")
    for _, name in ipairs(zone_file.boot_files(read "boot")) do add(name, "named by the boot file") end
  end
  if has_own_root_hints(read) then add(ROOT_HINTS, "root hints of one's own") end
  return files
end

local function needed(ctx, about)
  ctx.state.needed_files = ctx.state.needed_files or find_needed(ctx)
  return ctx.state.needed_files[about.name:lower()]
end

return {
  account "zone-files" {
    guide = { "DNS-ZONE-02", "DNS-HINT-01" }, title = "Zone files", files = facts.folder,
    migrate "*" { when = needed, why = needed },
    keep(ROOT_HINTS) { why = "the public root servers: the destination's list is newer" },
    drop "**" { when = function(...) return not needed(...) end, why = "no zone that moves uses it" },
  },
}
