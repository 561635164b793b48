-- Guide section 10.6, the part that can be computed: source and destination, place by place of the consoles.

local certificate_of = require "certificate"
local compat = require "compat"
local console = require "console"
local console_routing = require "console_routing"
local facts = require "facts"

local guides = { "RA-VER-05", "RA-VER-06", "RA-VER-09", "RA-VER-10", "RA-VER-11", "RA-VER-12", "RA-VER-13",
                 "RA-VER-14a", "RA-VER-14b", "RA-VER-14c", "RA-VER-14d", "RA-VER-15", "RA-VER-16", "RA-SRC-04" }

local function joined(one, other)
  for _, item in ipairs(other) do one[#one + 1] = item end
  return one
end

-- The source's adapters go by the names that they have on the destination; those that do not move are left out.
local function of_source(ctx)
  local function name_of(guid)
    local adapter = ctx:interface(guid)
    return adapter and adapter.name
  end
  return joined(console.server(ctx.source, name_of, ctx.source:certificates "MY"),
    console_routing.routing(ctx.source, name_of))
end

local function of_destination(ctx)
  local function name_of(guid)
    local adapter = facts.interface(ctx.destination, guid)
    return adapter and adapter.name or guid
  end
  return joined(console.server(ctx.destination, name_of, certificate_of.of_destination(ctx)),
    console_routing.routing(ctx.destination, name_of))
end

local function by_place(list)
  local shows = {}
  for _, item in ipairs(list) do shows[item.place] = item.shows end
  return shows
end

-- NAT translates between a private and a public interface: with one kind alone it does nothing (RA-VER-14a).
local function note_half_of_nat(ctx, shown)
  local kinds = {}
  for _, item in ipairs(shown) do
    if item.guide == "RA-VER-14a" then kinds[item.shows:match "^%a+"] = true end
  end
  if kinds.public ~= kinds.private then
    ctx:note(("NAT on the destination has no %s interface: it needs one of each kind (RA-VER-14a)."):format(
      kinds.public and "private" or "public"))
  end
end

-- What says nothing: ports that nobody uses, and what the source's release does not have and the ports' step tells.
local function is_idle(shows) return shows == nil or shows == "none" or shows:find ", not used$" ~= nil end

local function is_new(ctx, item)
  return item.place:find "IKEv2" and compat.of_source(ctx, "RA-GAP-06b") == "default"
    or item.place:find "SSTP" and compat.of_source(ctx, "RA-GAP-02") == "enable-default"
end

return {
  step "verification" {
    guide = guides, title = "Source and destination compared, in the words of the console",
    run = function(ctx)
      local before, after = of_source(ctx), of_destination(ctx)
      local now, was, count = by_place(after), by_place(before), 0
      for _, item in ipairs(before) do
        local there = now[item.place]
        if there ~= item.shows and not (is_idle(there) and is_idle(item.shows)) then
          count = count + 1
          ctx:note(("%s: '%s' on the source, '%s' on the destination (%s)."):format(item.place, item.shows,
            there or "nothing", item.guide))
        end
      end
      for _, item in ipairs(after) do
        if was[item.place] == nil and item.guide ~= "RA-VER-11" and not is_idle(item.shows)
          and not is_new(ctx, item) then
          count = count + 1
          ctx:note(("%s: nothing on the source, '%s' on the destination (%s)."):format(item.place, item.shows,
            item.guide))
        end
      end
      note_half_of_nat(ctx, after)
      ctx.state.console = after
      return ("places: %d, not the same: %d"):format(#after, count)
    end,
  },

  manual "verify" {
    guide = guides, title = "Look through the console", on = "destination", phase = "after",
    text = function(ctx)
      local lines = { "In Routing and Remote Access on the destination this is what has to be there. At least one"
        .. " interface of NAT must be private and one public." }
      for _, item in ipairs(ctx.state.console) do lines[#lines + 1] = item.place .. ": " .. item.shows end
      return table.concat(lines, "\n")
    end,
  },
}
