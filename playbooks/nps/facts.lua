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

-- The image-relative path of the source's file, as it is spelled there.
local function configuration_file(machine)
  for _, file in ipairs(machine:files(M.folder)) do
    if file:lower():match "[^/]*$" == "ias.xml" then return "file:" .. file end
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
  ctx.state.file = ctx.state.file or configuration_file(ctx.source)
  ctx:verdict {
    path = ctx.state.file, name = where, verdict = verdict, why = why,
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
