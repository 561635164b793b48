-- What the user takes out (--exclude PATH): playbooks see a source that does not have it.
--
-- The destination's setting of the same path stays as it is; the host sees to that when it takes the changes.

local ledger = require "engine.run.ledger"

local M = {}

local function is_registry(path)
  return path:upper():find("^HKLM\\") or path:upper():find("^HKEY_LOCAL_MACHINE\\")
end

local function split(path)
  return path:match("^(.*)\\([^\\]*)$")
end

-- The keys at or below `path` that the scopes hold.
local function roots(source, path, scopes)
  if ledger.is_within(source, path, scopes) then return { path } end
  local found = {}
  for _, scope in ipairs(scopes) do
    if ledger.is_within(source, scope, { path }) then found[#found + 1] = scope end
  end
  return found
end

---Gives verdicts to the settings at and below the paths, and takes them out of the source.
---@param session table source (to be written to), request
---@param scopes table {reads, all}: the scopes of all playbooks that count, and with those only looked at
---@param book table the ledger
function M.apply(session, scopes, book)
  local source, done = session.source, {}
  for _, path in ipairs(session.request.excluded) do
    local found, wanted = 0, nil
    if is_registry(path) then
      -- What an earlier path took out is not there any more.
      if ledger.is_within(source, path, done) then found = 1 end
      done[#done + 1] = path
    else
      wanted = host.file_path(source, path)
      if wanted and done[wanted] then found = 1 end
      done[wanted or path] = true
    end
    local function exclude(at, name, value)
      if book:has(at, name) then return end
      book:add {
        path = at, name = name, verdict = "excluded", before = value, by_shape = true, step = "--exclude",
        rule = "--exclude " .. path, why = "excluded by the user",
      }
      if not is_registry(at) or ledger.is_within(source, at, scopes.reads.registry) then book:take(at, name) end
      found = found + 1
    end
    if is_registry(path) then
      for _, root in ipairs(roots(source, path, scopes.all.registry)) do
        ledger.each_value(source, root, function(at, _, value) exclude(at, value.name, value) end)
        source:delete_key(root)
      end
      local key, name = split(path)
      -- "KEY\\@" is the default value, which has no name, unless a value is called so.
      local value = ledger.is_within(source, key, scopes.all.registry) and
        (source:get(key, name) or name == "@" and source:get(key, ""))
      if value then
        exclude(key, value.name, value)
        source:delete_value(key, name)
      end
    else
      local owned = host.scoped(source, { reads = scopes.all, writes = {} }, "--exclude")
      local files = { registry = {}, files = scopes.all.files, certificates = {}, accounts = {} }
      ledger.each_setting(owned, files, function(file)
        if wanted and file:upper() == "FILE:" .. wanted:upper() then
          exclude(file)
          source:delete_file(path)
        end
      end)
    end
    if found == 0 then
      error({ code = "argument", object = path, message = "--exclude: no playbook reads such a setting of the source",
              hint = "give a registry key, a key with a value's name, or a file, as 'rehome plan --details' lists them",
      }, 0)
    end
  end
end

return M
