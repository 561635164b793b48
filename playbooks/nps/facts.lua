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
}

M.files = {
  configuration = [[%SystemRoot%\System32\ias\ias.xml]],
  templates = [[%SystemRoot%\System32\ias\iastemplates.xml]],
  text = [[%SystemRoot%\System32\ias\ias.txt]],
  text_x64 = [[%SystemRoot%\SysWOW64\ias\ias.txt]],
  text_original = [[%SystemRoot%\System32\ias\ias.txt.original]],
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

---The image-relative paths of the files of a name, as they are spelled on the machine.
function M.all_found(machine, name)
  local list = {}
  for _, folder in ipairs { [[%SystemRoot%\System32\ias]], [[%SystemRoot%\SysWOW64\ias]] } do
    for _, file in ipairs(machine:files(folder)) do
      if file:lower():match "[^/]*$" == name then list[#list + 1] = file end
    end
  end
  return list
end

function M.found(machine, name)
  return M.all_found(machine, name)[1]
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
  ctx.state.file = ctx.state.file or M.found(ctx.source, "ias.xml")
  ctx:verdict {
    path = "file:" .. ctx.state.file, name = where, verdict = verdict, why = why,
    before = shown(before), after = shown(after),
  }
end

---Sets a property of the source's model and accounts for it.
function M.change(ctx, section, object, property, value, why, kind)
  local before = nps.get(object, property)
  nps.set(object, property, value, kind)
  M.said(ctx, section .. "\\" .. object.name .. "\\" .. property, "transformed", why, before, value)
end

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
