-- The configuration of NPS: ias.xml, and what `netsh nps export` and Export-NpsConfiguration write (the same shape).
-- Shape: public exports of 2008 R2 to 2012 R2 and their SDO_Schema. Element names are lossy forms of display names:
-- an object is known by its attribute `name`.
local bytes = require "format.bytes"
local xml = require "format.xml"

local nps = {}

local DATATYPES = "urn:schemas-microsoft-com:datatypes"
local SERVICE = "Microsoft_Internet_Authentication_Service"
nps.NO_TEMPLATE = "{00000000-0000-0000-0000-000000000000}"
---Sequence number of the policies that come last by default.
nps.LAST = 999999

---@class NpsObject
---@field name string display name
---@field node XmlNode
---@field model NpsModel

---@class NpsModel
---@field document XmlDocument
---@field service XmlNode

local function failure(message, hint)
  return bytes.failure("NPS configuration", message, hint)
end

local function check_namespaces(node)
  if node.uri ~= "" then
    return failure("an element is in a namespace of its own: " .. node.name)
  end
  for _, attribute in ipairs(node.attributes) do
    if attribute.name == "dt" and attribute.uri ~= DATATYPES then
      return failure("an attribute dt is not in the namespace " .. DATATYPES)
    end
  end
  for _, child in ipairs(node.children) do
    local err = check_namespaces(child)
    if err then return err end
  end
end

-- Types of the properties that steps count with, compare or rewrite; of another type they would not be understood.
local types = {
  msNPSequence = "int", msNPAuthenticationType2 = "int", NAS_Vendor_Id = "int", Policy_Enabled = "boolean",
  Radius_Client_Enabled = "boolean", msNPAllowDialin = "boolean", msNPAllowedEapType = "bin.hex", msNPAction = "string",
  msNPConstraint = "string", IP_Address = "string", Address = "string", Shared_Secret = "string",
  Authentication_Secret = "string", Accounting_Secret = "string", Log_File_Directory = "string", Description = "string",
  Log_Format = "int", New_Log_Frequency = "int", New_Log_Size = "int", SQL_Max_Sessions = "int",
}

local function check_types(node)
  for _, child in ipairs(node.children) do
    local wanted = node.name == "Properties" and types[child.name]
    if wanted and (xml.attribute(child, "dt", DATATYPES) or "string") ~= wanted then
      return failure(("the property %s is not of type %s"):format(child.name, wanted))
    end
    local err = check_types(child)
    if err then return err end
  end
end

-- The elements in `Children` of an element.
local function nodes_in(node)
  local children = node and xml.child(node, "Children")
  return children and children.children or {}
end

local function find_node(node, name)
  for _, child in ipairs(nodes_in(node)) do
    if xml.attribute(child, "name") == name then return child end
  end
end

local function objects_in(model, node)
  local list = {}
  for _, child in ipairs(nodes_in(node)) do
    list[#list + 1] = { name = xml.attribute(child, "name") or child.name, node = child, model = model }
  end
  return list
end

local unique = { "RadiusProfiles", "NetworkPolicy", "Proxy_Policies", "Proxy_Profiles", "RADIUS_Server_Groups" }

local function find_twins(list, what)
  local seen = {}
  for _, object in ipairs(list) do
    local name = object.name:lower()
    if seen[name] then return failure(("two objects of %s are called '%s'"):format(what, object.name)) end
    seen[name] = true
  end
end

---Reads a configuration. Bad text never raises.
---@param text string
---@return NpsModel? model
---@return FormatError? err
function nps.parse(text)
  local document, err = xml.parse(text)
  if not document then return nil, err end
  local root = document.root
  err = check_namespaces(root) or check_types(root)
  if err then return nil, err end
  local service = root.name == "Root" and find_node(root, SERVICE)
  if not service then
    return nil, failure("is no configuration of NPS",
      "Export it on the source: netsh nps export filename=... exportPSK=YES")
  end
  local model = { document = document, service = service }
  for _, section in ipairs(unique) do
    err = find_twins(nps.objects(model, section), section)
    if err then return nil, err end
  end
  err = find_twins(nps.clients(model), "Clients")
  if err then return nil, err end
  return model
end

---@param model NpsModel
---@return string? text nil when the edits left no well-formed configuration
---@return FormatError? err
function nps.build(model)
  return xml.build(model.document)
end

-- Objects -------------------------------------------------------------------------------------

---An object by the names on the way to it: nps.find(model, "Protocols", "Microsoft Radius Protocol").
---@return NpsObject?
function nps.find(model, ...)
  local node = model.service
  for _, name in ipairs { ... } do
    node = node and find_node(node, name)
  end
  return node and { name = xml.attribute(node, "name"), node = node, model = model }
end

---The objects of a section: "NetworkPolicy", "RadiusProfiles", "Proxy_Policies", "Proxy_Profiles", ...
---@return NpsObject[]
function nps.objects(model, section)
  return objects_in(model, find_node(model.service, section))
end

---The objects in an object.
---@return NpsObject[]
function nps.inside(object)
  return objects_in(object.model, object.node)
end

---The names of all sections.
---@return string[]
function nps.sections(model)
  local names = {}
  for _, object in ipairs(objects_in(model, model.service)) do names[#names + 1] = object.name end
  return names
end

---@return NpsObject?
function nps.radius(model)
  return nps.find(model, "Protocols", "Microsoft Radius Protocol")
end

---@return NpsObject[]
function nps.clients(model)
  local list = nps.find(model, "Protocols", "Microsoft Radius Protocol", "Clients")
  return list and nps.inside(list) or {}
end

---All servers of all remote RADIUS server groups, each with its `group`.
---@return NpsObject[]
function nps.servers(model)
  local list = {}
  for _, group in ipairs(nps.objects(model, "RADIUS_Server_Groups")) do
    for _, server in ipairs(nps.inside(group)) do
      server.group = group.name
      list[#list + 1] = server
    end
  end
  return list
end

-- The section of the profiles that a section of policies names.
nps.profiles_of = { NetworkPolicy = "RadiusProfiles", Proxy_Policies = "Proxy_Profiles" }

---The policies of a section in the order in which they are tried, each with its `sequence` (nil when it has none), its
---`profile` (nil when there is none of the name that it gives in msNPAction) and its `profiles`: that one and the one
---called like the policy. Real files have policies whose msNPAction is out of date, so either may be in force.
---@param section "NetworkPolicy"|"Proxy_Policies"
---@return NpsObject[]
function nps.policies(model, section)
  local list, profiles = nps.objects(model, section), {}
  for _, profile in ipairs(nps.objects(model, nps.profiles_of[section])) do profiles[profile.name:lower()] = profile end
  for index, policy in ipairs(list) do
    policy.index, policy.section = index, section
    policy.sequence = nps.get(policy, "msNPSequence")
    policy.profile = profiles[tostring(nps.get(policy, "msNPAction") or ""):lower()]
    policy.profiles = { policy.profile }
    local twin = profiles[policy.name:lower()]
    if twin and twin ~= policy.profile then policy.profiles[#policy.profiles + 1] = twin end
  end
  table.sort(list, function(a, b)
    local first, second = a.sequence or math.maxinteger, b.sequence or math.maxinteger
    if first ~= second then return first < second end
    return a.index < b.index
  end)
  return list
end

-- Properties ----------------------------------------------------------------------------------

local decoders = {
  int = function(text)
    return text:match "^%s*%-?%d+%s*$" and math.tointeger(tonumber(text)) or nil
  end,
  boolean = function(text)
    return ({ ["0"] = false, ["1"] = true })[text]
  end,
  ["bin.hex"] = function(text)
    if #text % 2 ~= 0 or text:find "%X" then return nil end
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
  end,
  string = function(text) return text end,
}

local encoders = {
  int = function(value) return ("%d"):format(value) end,
  boolean = function(value) return value and "1" or "0" end,
  ["bin.hex"] = function(value)
    return (value:gsub(".", function(sign) return ("%02x"):format(sign:byte()) end))
  end,
  string = tostring,
}

local function leaves(object, name)
  local list = {}
  local properties = xml.child(object.node, "Properties")
  for _, leaf in ipairs(properties and properties.children or {}) do
    if leaf.name == name then list[#list + 1] = leaf end
  end
  return list
end

local function type_of(leaf)
  local kind = xml.attribute(leaf, "dt", DATATYPES)
  return decoders[kind] and kind or "string"
end

-- The text that a leaf has now, edits included.
local function text_of(object, leaf)
  local changed = object.model.changed
  local text = changed and changed[leaf]
  if text == nil then return leaf.text or "" end
  return text or nil
end

---All values of a property, in their order: integers, booleans, bytes, texts. What does not fit its type is left out.
---@param object NpsObject
---@param name string
---@return any[]
function nps.get_all(object, name)
  local list = {}
  for _, leaf in ipairs(leaves(object, name)) do
    local text = text_of(object, leaf)
    local value
    if text then value = decoders[type_of(leaf)](text) end
    if value ~= nil then list[#list + 1] = value end
  end
  return list
end

---The type of a property; nil for one that is not there.
---@return "int"|"boolean"|"string"|"bin.hex"|nil
function nps.kind(object, name)
  local leaf = leaves(object, name)[1]
  return leaf and type_of(leaf)
end

---The first value of a property.
---@return any
function nps.get(object, name)
  return nps.get_all(object, name)[1]
end

local function remember(object, leaf, text)
  local model = object.model
  model.changed = model.changed or {}
  if model.changed[leaf] ~= nil then error("nps: a property is changed twice", 3) end
  model.changed[leaf] = text
end

local function set_leaf(object, leaf, value)
  local text = encoders[type_of(leaf)](value)
  if text == (leaf.text or "") then return end
  remember(object, leaf, text)
  xml.set_text(object.model.document, leaf, text)
end

---Sets a property that has one value, in its own type; one that is missing is made as `kind`. Bytes of what
---already has this value stay as they are.
---@param object NpsObject
---@param name string
---@param value any
---@param kind? "int"|"boolean"|"string"|"bin.hex"
function nps.set(object, name, value, kind)
  local leaf = leaves(object, name)[1]
  if leaf then
    set_leaf(object, leaf, value)
    return
  end
  local properties = xml.child(object.node, "Properties")
  local content = ('<%s xmlns:dt="%s" dt:dt="%s">%s</%s>'):format(name, DATATYPES, kind, xml.escape(
    encoders[kind](value)), name)
  if properties then
    xml.append(object.model.document, properties, content)
  else
    xml.append(object.model.document, object.node, "<Properties>" .. content .. "</Properties>")
  end
end

---Changes every value of a property: fn(value) gives the new one, or nil to remove it.
---@param object NpsObject
---@param name string
---@param fn fun(value: any): any
function nps.each(object, name, fn)
  for _, leaf in ipairs(leaves(object, name)) do
    local text = text_of(object, leaf)
    local value
    if text then value = decoders[type_of(leaf)](text) end
    if value ~= nil then
      local wanted = fn(value)
      if wanted == nil then
        remember(object, leaf, false)
        xml.remove(object.model.document, leaf)
      elseif wanted ~= value then
        set_leaf(object, leaf, wanted)
      end
    end
  end
end

---The names of an object's properties, each once, in their order.
---@return string[]
function nps.properties(object)
  local names, seen = {}, {}
  local properties = xml.child(object.node, "Properties")
  for _, leaf in ipairs(properties and properties.children or {}) do
    if not seen[leaf.name] then names[#names + 1] = leaf.name end
    seen[leaf.name] = true
  end
  return names
end

-- Grafting ------------------------------------------------------------------------------------

---Puts the objects of one object in the place of those of another, as they are written, edits included.
---@param to NpsObject
---@param from NpsObject
function nps.graft(to, from)
  local children, content = xml.child(to.node, "Children"), ""
  local given = xml.child(from.node, "Children")
  if given then content = xml.inner(from.model.document, given) end
  if children then
    xml.set_inner(to.model.document, children, content)
  elseif content ~= "" then
    xml.append(to.model.document, to.node, "<Children>" .. content .. "</Children>")
  end
end

---Adds copies of objects to those of another.
---@param to NpsObject
---@param objects NpsObject[]
function nps.add(to, objects)
  local parts = {}
  for index, object in ipairs(objects) do parts[index] = xml.outer(object.model.document, object.node) end
  local children = xml.child(to.node, "Children")
  if #parts == 0 then
    return
  elseif children then
    xml.append(to.model.document, children, table.concat(parts))
  else
    xml.append(to.model.document, to.node, "<Children>" .. table.concat(parts) .. "</Children>")
  end
end

return nps
