-- The shares themselves: each goes with its options and its permissions, or it is said why not.

local facts = require "facts"
local permissions = require "permissions"
local security = require "windows.security"

local keys = facts.keys

local function account(ctx, key, value, verdict, why, after)
  ctx:verdict {
    path = key, name = value.name, verdict = verdict, why = why, before = value, after = after, to = key,
    by_shape = verdict ~= "migrated" and verdict ~= "transformed",
  }
end

-- What becomes of a share that is no folder of its own.
local left = {
  administrative = { "dropped", "Windows makes it itself" },
  printer = { "manual", "printers move with their own tool", "printers" },
  clustered = { "manual", "it belongs to a cluster", "cluster" },
  dfs = { "manual", "it is the root of a namespace", "dfs-namespaces" },
  malformed = { "manual", "it names no folder that can be shared", "shares-by-hand" },
}

local function leave(ctx, share, verdict, why, step, detail)
  account(ctx, keys.shares, share.value, verdict, why)
  local own = ctx.source:get(keys.security, share.name)
  if own then account(ctx, keys.security, own, verdict, why) end
  if step then ctx:call_for(step, detail and ("%s: %s"):format(share.name, detail) or share.name) end
end

-- The lines for the destination, and why they are others than the source's.
local function lines_for(ctx, share)
  local changes, why = {}, {}
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
  return facts.with(share.value.value, changes), #why > 0 and table.concat(why, "; ") or nil
end

local function write_share(ctx, share)
  local lines, why = lines_for(ctx, share)
  ctx.destination:set(keys.shares, share.name, "multi_sz", lines)
  account(ctx, keys.shares, share.value, why and "transformed" or "migrated", why,
    ctx.destination:get(keys.shares, share.name))
end

local function write_permissions(ctx, share, result)
  local own = ctx.source:get(keys.security, share.name)
  if not own then
    ctx.destination:delete_value(keys.security, share.name)
    ctx:note(("'%s' has no permissions of its own: it gets what Windows gives a new share."):format(share.name))
    return
  end
  if result.is_changed then
    ctx.destination:set(keys.security, share.name, "binary", security.build(result.made))
  else
    ctx.destination:set(keys.security, share.name, own)
  end
  account(ctx, keys.security, own, result.is_changed and "transformed" or "migrated",
    result.is_changed and "accounts of the destination" or nil, ctx.destination:get(keys.security, share.name))
  if #result.unknown > 0 then
    ctx:call_for("share-permissions", ("%s: %s"):format(share.name, permissions.describe(result.unknown)))
  end
  if result.is_open then
    ctx:note(("'%s' has no list of permissions: everybody may do everything."):format(share.name))
  end
end

local function move(ctx, share)
  local made, err = permissions.read(ctx.source, share.name)
  if made == nil then
    return leave(ctx, share, "manual", "its permissions cannot be read", "shares-by-hand", err.message)
  end
  local result = made and permissions.translate(ctx, made)
  if result and result.denies_unknown then
    return leave(ctx, share, "manual", "it is denied to an account that is not known on the destination",
      "shares-by-hand", permissions.describe(result.unknown))
  end
  write_share(ctx, share)
  write_permissions(ctx, share, result)
  if share.flags & facts.flags.branch_cache ~= 0 then ctx:call_for("branch-cache", share.name) end
  ctx.state.moved = ctx.state.moved or {}
  table.insert(ctx.state.moved, { name = share.name, from = share.path,
                                  to = facts.destination_path(ctx, share.path) })
  return true
end

return {
  step "shares" {
    guide = { "FILE-SMB-01", "FILE-SMB-02" }, title = "Shares and their permissions",
    run = function(ctx)
      local known, moved = {}, 0
      for _, share in ipairs(facts.shares(ctx.source)) do
        known[share.name:lower()] = true
        if share.kind == "folder" then
          moved = moved + (move(ctx, share) and 1 or 0)
        else
          leave(ctx, share, table.unpack(left[share.kind]))
        end
      end
      for _, value in ipairs(ctx.source:values(keys.security)) do
        if not known[value.name:lower()] then
          account(ctx, keys.security, value, "dropped", "there is no such share")
        end
      end
      return ("shares: %d of %d"):format(moved, #ctx.source:values(keys.shares))
    end,
  },
}
