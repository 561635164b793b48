-- References to templates: one that the destination does not have must not survive.

local disable = require "disable"
local facts = require "facts"
local nps = require "format.nps"
local policies = require "policies"

-- The destination's templates as text; UTF-16 is read as if its zero bytes were not there.
local function templates_of(machine)
  return ((machine:read_file(facts.files.templates) or ""):gsub("%z", ""):lower())
end

-- A filter that stood in the template alone: without it a policy would grant more.
local function lost_its_filter(profile, property)
  return property == "IP_Filter_Template_Guid" and #nps.get_all(profile, "msRASFilter") == 0
end

local function clean(ctx, object, section, known)
  local lost = false
  for _, property in ipairs(nps.properties(object)) do
    local guid = property:match "Template_Guid$" and nps.get(object, property)
    if type(guid) == "string" and guid:match "^{%x[%x%-]+}$" and guid ~= nps.NO_TEMPLATE
      and not known:find(guid:lower(), 1, true) then
      lost = lost or lost_its_filter(object, property)
      facts.change(ctx, section, object, property, nps.NO_TEMPLATE, "the destination has no such template")
      ctx:call_for("templates", object.name)
    end
  end
  return lost
end

return {
  step "template-references" {
    guide = { "NPS-IMP-02", "NPS-EXP-07" }, title = "References to templates", when = facts.has_models,
    run = function(ctx)
      local source = facts.models(ctx)
      local known, without_filter = templates_of(ctx.destination), {}
      for _, client in ipairs(nps.clients(source)) do clean(ctx, client, "Clients", known) end
      for _, server in ipairs(nps.servers(source)) do
        clean(ctx, server, "RADIUS_Server_Groups\\" .. server.group, known)
      end
      for _, section in ipairs(policies.sections) do
        for _, policy in ipairs(nps.objects(source, section)) do clean(ctx, policy, section, known) end
        for _, profile in ipairs(nps.objects(source, nps.profiles_of[section])) do
          without_filter[profile.node] = clean(ctx, profile, nps.profiles_of[section], known)
        end
        local list = nps.policies(source, section)
        for _, policy in ipairs(list) do
          for _, profile in ipairs(policy.profiles) do
            if without_filter[profile.node] then
              disable.policy(ctx, list, policy, "its IP filter is in a template that the destination does not have")
            end
          end
        end
      end
    end,
  },
}
