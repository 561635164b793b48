-- Puts the source's objects into the destination's own file, whose schema and components stay.

local facts = require "facts"
local nps = require "format.nps"

local function graft_sections(source, destination)
  for _, section in ipairs(facts.sections) do
    local from, to = nps.find(source, section), nps.find(destination, section)
    if from and to then nps.graft(to, from) end
  end
  local radius = { "Protocols", "Microsoft Radius Protocol", "Clients" }
  nps.graft(nps.find(destination, table.unpack(radius)), nps.find(source, table.unpack(radius)))
end

-- Vendors that the destination does not know yet.
local function add_vendors(ctx, source, destination)
  local path = { "Protocols", "Microsoft Radius Protocol", "Vendors" }
  local from, to = nps.find(source, table.unpack(path)), nps.find(destination, table.unpack(path))
  if not from or not to then return end
  local known, missing = {}, {}
  for _, vendor in ipairs(nps.inside(to)) do known[nps.get(vendor, "NAS_Vendor_Id") or vendor.name] = true end
  for _, vendor in ipairs(nps.inside(from)) do
    local id = nps.get(vendor, "NAS_Vendor_Id") or vendor.name
    if not known[id] then
      missing[#missing + 1] = vendor
      facts.said(ctx, "Vendors\\" .. vendor.name, "migrated", "the destination did not know it", nil, id)
    end
    known[id] = true
  end
  nps.add(to, missing)
end

local function move_description(ctx, source, destination)
  local from, to = nps.find(source), nps.find(destination)
  local text = nps.get(from, "Description")
  if text and text ~= "" then
    nps.set(to, "Description", text, "string")
    facts.said(ctx, "Description", "migrated", nil, text, text)
  end
end

local function account_for_objects(ctx, source)
  local sections = { { "Clients", nps.clients(source) } }
  for _, section in ipairs(facts.sections) do sections[#sections + 1] = { section, nps.objects(source, section) } end
  for _, section in ipairs(sections) do
    for _, object in ipairs(section[2]) do
      facts.said(ctx, section[1] .. "\\" .. object.name, "migrated")
    end
  end
end

return {
  step "import" {
    guide = { "NPS-IMP-01", "NPS-IMP-03", "NPS-VER-03c" }, title = "The configuration itself", when = facts.has_models,
    run = function(ctx)
      local source, destination = facts.models(ctx)
      local before = ctx.source:read_file(facts.files.configuration)
      add_vendors(ctx, source, destination)
      move_description(ctx, source, destination)
      account_for_objects(ctx, source)
      graft_sections(source, destination)
      local text, err = nps.build(destination)
      local model = text
      if text then model, err = nps.parse(text) end
      if not model then
        error({ code = "format", object = facts.files.configuration,
                message = "the two configurations do not fit together: " .. err.message }, 0)
      end
      ctx.destination:write_file(facts.files.configuration, text)
      ctx.destination:mark_secret_file(facts.files.configuration)
      facts.said(ctx, nil, text == before and "migrated" or "transformed",
        "objects of the source, schema and components of the destination")
      return ("%d clients, %d network policies"):format(#nps.clients(source), #nps.objects(source, "NetworkPolicy"))
    end,
  },
}
