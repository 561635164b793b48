-- Runs an account table: for every file, part of one, certificate or account of the source the first rule that holds
-- decides.

local patterns = require "engine.declare.patterns"
local rules = require "engine.run.rules"
local unjudged = require "engine.run.unjudged"

local M = {}

-- Each kind lists what the source has as {about, text that patterns are compared with}, and carries one over.
local of = {}

local function add(list, about, text)
  list[#list + 1] = { about = about, text = text }
end

-- "%SystemRoot%\System32\dns": the folders above a file, in number: each is one in the image, too.
local function depth_of(folder)
  return select(2, folder:gsub("[\\/]+[^\\/]", "")) + 1
end

function of.files(item, ctx)
  local list = {}
  for _, folder in ipairs(type(item.files) == "string" and { item.files } or item.files) do
    for _, path in ipairs(ctx.source:files(folder)) do
      local relative = path:gsub("[^/]*/", "", depth_of(folder)):gsub("/", "\\")
      local above, name = relative:match "^(.-)([^\\]*)$"
      add(list, { path = "file:" .. path, name = name, file = path, to = (item.to or folder) .. "\\" .. relative },
        patterns.text(above, name))
    end
  end
  return list
end

local function things(item, ctx, all)
  return item.each and item.each(ctx.source, ctx) or all
end

local function name_of(item, ctx, thing, own)
  return item.name and item.name(thing, ctx) or thing[own]
end

-- A store may have a certificate twice; it is one setting.
function of.certificates(item, ctx)
  local list, seen = {}, {}
  for _, thing in ipairs(things(item, ctx, ctx.source:certificates(item.certificates))) do
    local name = name_of(item, ctx, thing, "thumbprint")
    if not seen[name] then
      add(list, { path = "certificate:" .. item.certificates, name = name, item = thing }, patterns.text("", name))
    end
    seen[name] = true
  end
  return list
end

function of.accounts(item, ctx)
  local list = {}
  local known = ctx.source:accounts() or {}
  for _, thing in ipairs(things(item, ctx, known[item.accounts] or {})) do
    local name = name_of(item, ctx, thing, "name")
    add(list, { path = "account:" .. item.accounts, name = name, item = thing }, patterns.text("", name))
  end
  return list
end

-- Parts of a file: what `each` gives has a name, a value, what the destination has there, and how to write it.
function of.parts(item, ctx)
  local list = {}
  for _, thing in ipairs(item.each(ctx.source, ctx)) do
    add(list, {
      path = "file:" .. item.parts(ctx), name = name_of(item, ctx, thing, "name"), item = thing, value = thing.value,
      there = thing.there,
    }, patterns.text("", thing.name))
  end
  return list
end

local carry = {}

function carry.parts(ctx, about, options)
  local made, why = about.value, nil
  if options.through then made, why = options.through(about.value, ctx, about) end
  if made == nil then return "dropped", why end
  about.item.write(made)
  about.there = made
  return made == about.value and "migrated" or "transformed", why
end

function carry.files(ctx, about, options)
  local text = ctx.source:read_file(about.file)
  local made, why = text, nil
  if options.through then made, why = options.through(text, ctx, about) end
  if made == nil then return "dropped", why end
  ctx.destination:write_file(about.to, made)
  if options.secret then ctx.destination:mark_secret_file(about.to) end
  return made == text and "migrated" or "transformed", why
end

local stores = [[HKLM\SOFTWARE\Microsoft\SystemCertificates\]]

function carry.certificates(ctx, about, options)
  if options.through then
    local made, why = options.through(about.item, ctx, about)
    if made == nil then return "dropped", why end
  end
  local key = stores .. about.path:match "^certificate:(.*)$" .. [[\Certificates\]] .. about.name
  ctx.destination:copy_key(key, ctx.source, key)
  return "migrated"
end

-- Accounts are made at the first start: `through` says what becomes of one.
function carry.accounts(ctx, about, options)
  if not options.through then return "migrated" end
  local made, why = options.through(about.item, ctx, about)
  if made == nil then return "dropped", why end
  return made == about.item and "migrated" or "transformed", why
end

local verdicts = { keep = "kept", drop = "dropped", by_hand = "manual" }

local function shown(value)
  if value ~= nil then return { type = "sz", value = tostring(value), raw = tostring(value) } end
end

-- What no rule judges. A part of a file is no setting that the ledger knows of: it is settled at once, since a later
-- step may write the file.
local function settle_unjudged(ctx, item, about, why)
  if item.of ~= "parts" then
    unjudged.found(ctx, { path = about.path, name = about.file == nil and about.name or nil, why = why })
    return
  end
  local verdict, reason, rule = unjudged.settle_part(ctx, {
    path = about.path, name = about.name, why = why, same = about.value == nil or about.value == about.there,
    carry = function()
      about.item.write(about.value)
      about.there = about.value
    end,
  })
  if verdict then
    ctx:verdict {
      path = about.path, name = about.name, verdict = verdict, why = reason, rule = rule,
      before = shown(about.value), after = shown(about.there), by_shape = type(about.value) == "string",
    }
  end
end

-- Thumbprints say nothing to a person.
local function told(item, about, why)
  if item.of ~= "certificates" then return why end
  return about.item.subject .. (why and "; " .. why or "")
end

---@param ctx table
---@param item table an account declaration
---@return string outcome what to say of the step
function M.run(ctx, item)
  local moved, list = 0, of[item.of](item, ctx)
  for _, thing in ipairs(list) do
    local about = thing.about
    local made, action, pattern, side = rules.find(item, ctx, about, thing.text)
    if not made or rules.is_unjudged(action, pattern) then
      settle_unjudged(ctx, item, about, rules.why_unjudged(action, ctx, about))
    else
      local verdict, why = verdicts[action.action], nil
      if not verdict then verdict, why = carry[item.of](ctx, about, action.options) end
      if verdict == "migrated" or verdict == "transformed" then moved = moved + 1 end
      rules.tell(action, ctx, about)
      ctx:verdict {
        path = about.path, name = about.file == nil and about.name or nil, verdict = verdict,
        why = told(item, about, rules.why(action, ctx, about, verdict, why)),
        rule = rules.name(item, action, pattern, side, ctx), before = shown(about.value), after = shown(about.there),
      }
    end
  end
  return ("moved: %d of %d"):format(moved, #list)
end

return M
