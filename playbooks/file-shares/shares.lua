-- The shares themselves: each goes with its options and its permissions, or it is said why not.

local facts = require "facts"
local permissions = require "permissions"
local security = require "windows.security"

local keys = facts.keys

local function name_of(share) return share.name end

local function is(kind)
  return function(_, about) return about.item.kind == kind end
end

local function has_unreadable_permissions(ctx, about)
  return permissions.of(ctx, about.item).err ~= nil
end

local function is_denied_to_somebody_unknown(ctx, about)
  return permissions.of(ctx, about.item).denies_unknown
end

local function called(_, about) return about.item.name end

local function called_by_role(_, about)
  return ("%s: %s"):format(about.item.name, facts.role_of(about.item.name))
end

local function called_with(tell)
  return function(ctx, about) return ("%s: %s"):format(about.item.name, tell(permissions.of(ctx, about.item))) end
end

-- What stays behind, with its permissions.
local left = {
  drop "*" { when = is "administrative", why = "Windows makes it itself" },
  by_hand "*" {
    when = is "role", step = "shares-of-roles", why = "it goes with its role", detail = called_by_role,
  },
  by_hand "*" {
    when = is "printer", step = "printers", why = "printers move with their own tool", detail = called,
  },
  by_hand "*" { when = is "clustered", step = "cluster", why = "it belongs to a cluster", detail = called },
  by_hand "*" { when = is "dfs", step = "dfs-namespaces", why = "it is the root of a namespace", detail = called },
  by_hand "*" {
    when = is "malformed", step = "shares-by-hand", why = "it names no folder that can be shared", detail = called,
  },
  by_hand "*" {
    when = has_unreadable_permissions, step = "shares-by-hand", why = "its permissions cannot be read",
    detail = called_with(function(of) return of.err.message end),
  },
  by_hand "*" {
    when = is_denied_to_somebody_unknown, step = "shares-by-hand",
    why = "it is denied to an account that is not known on the destination",
    detail = called_with(function(of) return permissions.describe(of.unknown) end),
  },
}

-- The lines for the destination, and why they are others than the source's.
local function lines_for(lines, ctx, about)
  local share, changes, why = about.item, {}, {}
  local path = facts.destination_path(ctx, share.path)
  if path ~= share.path then
    changes[#changes + 1], why[#why + 1] = { "Path", path }, "its folder is elsewhere"
  end
  if share.flags & facts.flags.continuous ~= 0 then
    changes[#changes + 1] = { "CSCFlags", tostring(share.flags & ~facts.flags.continuous) }
    why[#why + 1] = "continuous availability needs a cluster"
  end
  -- Newer releases repeat the name among the lines; 2003 does not (general knowledge).
  if ctx.source_os == "2003" then
    changes[#changes + 1], why[#why + 1] = { "ShareName", share.name }, "newer releases repeat the name"
  end
  return facts.with(lines, changes), #why > 0 and table.concat(why, "; ") or nil
end

local function move(lines, ctx, about)
  local share = about.item
  if share.flags & facts.flags.branch_cache ~= 0 then ctx:call_for("branch-cache", share.name) end
  -- The destination's share of this name is replaced, and so are its permissions.
  if not permissions.of(ctx, share).made then ctx.destination:delete_value(keys.security, share.name) end
  ctx.state.moved = ctx.state.moved or {}
  table.insert(ctx.state.moved, { name = share.name, from = share.path, to = facts.destination_path(ctx, share.path) })
  return lines_for(lines, ctx, about)
end

local function note_permissions(ctx, about)
  local of = permissions.of(ctx, about.item)
  if not of.made then
    return ("'%s' has no permissions of its own: it gets what Windows gives a new share."):format(about.item.name)
  elseif of.is_open then
    return ("'%s' has no list of permissions: everybody may do everything."):format(about.item.name)
  end
end

local function translate(value, ctx, about)
  local of = permissions.of(ctx, about.item)
  if #of.unknown > 0 then
    ctx:call_for("share-permissions", ("%s: %s"):format(about.item.name, permissions.describe(of.unknown)))
  end
  if not of.is_changed then return value end
  return security.build(of.made), "accounts of the destination"
end

return {
  settings "shares" {
    guide = "FILE-SMB-01", title = "Shares", each = facts.shares, key = keys.shares, value = name_of,
    left,
    migrate "*" { through = move, note = note_permissions },
  },

  settings "permissions" {
    guide = "FILE-SMB-02", title = "Permissions of shares", each = facts.permissions, key = keys.security,
    value = name_of,
    drop "*" { when = is "none", why = "there is no such share" },
    left,
    migrate "*" { through = translate },
  },
}
