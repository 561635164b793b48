-- Where NPS keeps its settings, and what several steps ask of the two servers.

local nps = require "format.nps"
local relocate = require "relocate"

local M = {}

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]

M.keys = {
  services = services,
  ias = services .. "IAS",
  parameters = services .. [[IAS\Parameters]],
  extensions = services .. [[AuthSrv\Parameters]],
  eap = services .. [[RasMan\PPP\EAP]],
  schannel = [[HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL]],
  ntlm = [[HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0]],
  second_factor = [[HKLM\SOFTWARE\Microsoft\AzureMfa]], -- [howto-mfa-nps-extension-advanced]
}

M.folder, M.folder_x64 = [[%SystemRoot%\System32\ias]], [[%SystemRoot%\SysWOW64\ias]]
M.files = {
  configuration = M.folder .. [[\ias.xml]],
  templates = M.folder .. [[\iastemplates.xml]],
  text = M.folder .. [[\ias.txt]],
  text_x64 = M.folder_x64 .. [[\ias.txt]],
  text_original = M.folder .. [[\ias.txt.original]],
}

---The sections whose objects are the configuration; all else in the file belongs to the system.
M.sections = { "RadiusProfiles", "NetworkPolicy", "Proxy_Profiles", "Proxy_Policies", "RADIUS_Server_Groups" }

---What is told when NPS is looked for on a server.
function M.present(machine)
  local start = machine:read(M.keys.ias, "Start")
  if not start then return false, "the service IAS is not installed" end
  if start == 4 then return false, "the service IAS is disabled" end
  if machine:has_file(M.files.configuration) then return true, "the service IAS and ias.xml are there" end
  return true, "the service IAS is there"
end

---The image-relative path of the source's file, as it is spelled there.
function M.configuration_file(ctx)
  for _, file in ipairs(ctx.source:files(M.folder)) do
    if file:lower():match "[^/]*$" == "ias.xml" then return file end
  end
end

---The configuration of one side, read once: a model, or nil and an error.
---@param side "source"|"destination"
function M.model(ctx, side)
  local state = ctx.state
  state.models = state.models or {}
  if not state.models[side] then
    local text = ctx[side]:read_file(M.files.configuration)
    local model, err
    if text then
      model, err = nps.parse(text)
    else
      err = { code = "not-found", message = "there is no ias.xml" }
    end
    state.models[side] = { model = model, err = err }
  end
  return state.models[side].model, state.models[side].err
end

---Both configurations, or nothing when one cannot be read. The steps edit the source's.
---@return NpsModel? source
---@return NpsModel? destination
function M.models(ctx)
  local source, destination = M.model(ctx, "source"), M.model(ctx, "destination")
  if source and destination and ctx.source_os ~= "2003" then return source, destination end
end

function M.has_models(ctx)
  return M.models(ctx) ~= nil
end

---Accounts for one setting in the configuration: where = "NetworkPolicy\VPN\msNPSequence".
function M.said(ctx, where, verdict, why, before, after)
  local function shown(value)
    if value ~= nil then return { type = "sz", value = tostring(value) } end
  end
  ctx:verdict {
    path = "file:" .. M.configuration_file(ctx), name = where, verdict = verdict, why = why,
    before = shown(before), after = shown(after),
  }
end

---Sets a property of the source's model and accounts for it.
function M.change(ctx, section, object, property, value, why, kind)
  local before = nps.get(object, property)
  nps.set(object, property, value, kind)
  M.said(ctx, section .. "\\" .. object.name .. "\\" .. property, "transformed", why, before, value)
end

-- Properties as parts of the file --------------------------------------------------------------

-- What the source's object has, and `also`, as parts that are written to `to`.
local function parts_of(object, also, list)
  local names, seen = object.from and nps.properties(object.from) or {}, {}
  for _, name in ipairs(names) do seen[name] = true end
  for _, name in ipairs(also) do names[#names + 1] = not seen[name] and name or nil end
  for _, name in ipairs(names) do
    list[#list + 1] = {
      name = name, object = object.from, where = object.where .. "\\" .. name,
      value = object.from and nps.get(object.from, name), there = nps.get(object.to, name),
      write = function(value)
        nps.set(object.to, name, value, object.from and nps.kind(object.from, name) or "boolean")
      end,
    }
  end
end

---For account tables: the properties of objects, and `also` those that an object may lack.
---@param objects fun(ctx: table): {where: string, from: NpsObject?, to: NpsObject?}[]
function M.properties(objects, also)
  return function(_, ctx)
    local list = {}
    for _, object in ipairs(objects(ctx)) do
      if object.to then parts_of(object, also or {}, list) end
    end
    return list
  end
end

---The components of these paths: the source's, and the destination's own.
function M.components(paths)
  return function(ctx)
    local list, source, destination = {}, M.models(ctx)
    for index, path in ipairs(paths) do
      list[index] = {
        where = path[#path], from = nps.find(source, table.unpack(path)),
        to = nps.find(destination, table.unpack(path)),
      }
    end
    return list
  end
end

function M.where(part) return part.where end

-- Addresses -----------------------------------------------------------------------------------

local function source_names(ctx)
  ctx.state.names = ctx.state.names or relocate.source_names(ctx)
  return ctx.state.names
end

---What stands on the destination for an address or name in the source's configuration.
---@return string? new what to write; nil when it stays
---@return string? problem the address or name is the source's own, and nothing is known in its place
function M.address(ctx, text)
  if ctx.params.takes_over_name or type(text) ~= "string" then return nil end
  return relocate.address(source_names(ctx), text)
end

---Rules for properties with an address. `what` says whose, for the manual step.
function M.address_rules(property, what)
  local function new(ctx, about) return (M.address(ctx, about.value)) end
  local function problem(ctx, about) return select(2, M.address(ctx, about.value)) end
  return {
    migrate(property) {
      when = new,
      through = function(text, ctx)
        return (M.address(ctx, text)), "the address of the same card on the destination"
      end,
    },
    by_hand(property) {
      when = problem, why = problem, step = "own-addresses",
      detail = function(ctx, about) return what(about.item.object) .. ": " .. problem(ctx, about) end,
    },
  }
end

---The first of the source's addresses that one of the texts (patterns, "\\." for a dot) has in it.
---@param texts string[]
---@return string?
function M.names_own_address(ctx, texts)
  if ctx.params.takes_over_name then return nil end
  local own = source_names(ctx).addresses
  for _, text in ipairs(texts) do
    for address in text:gsub("\\%.", "."):gmatch "%f[%d.]%d+%.%d+%.%d+%.%d+%f[^%d.]" do
      if own[address] ~= nil and own[address] ~= address then return address end
    end
  end
end

return M
