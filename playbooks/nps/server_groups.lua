-- Remote RADIUS servers.

local facts = require "facts"
local nps = require "format.nps"

local function servers(ctx)
  local list = nps.servers(facts.models(ctx))
  for index, server in ipairs(list) do
    list[index] = {
      where = ("RADIUS_Server_Groups\\%s\\%s"):format(server.group, server.name), from = server, to = server,
    }
  end
  return list
end

local function called(server)
  return ("%s of %s"):format(server.name, server.group)
end

return {
  account "server-groups" {
    guide = { "NPS-IMP-03", "NPS-POST-03" }, title = "Remote RADIUS servers", when = facts.has_models,
    parts = facts.configuration_file, name = facts.where, each = facts.properties(servers, { "Authentication_Secret" }),
    facts.address_rules("Address", function(server)
      return ("remote RADIUS server '%s' of %s"):format(server.name, server.group)
    end),
    by_hand "Authentication_Secret" {
      when = function(_, about) return (about.value or "") == "" end, step = "server-secrets",
      why = "the source's configuration has none", detail = function(_, about) return called(about.item.object) end,
    },
  },
}
