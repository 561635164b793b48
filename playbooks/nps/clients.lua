-- RADIUS clients: which devices may ask, from which address, with which secret.

local facts = require "facts"
local nps = require "format.nps"

local function clients(ctx)
  local list = nps.clients(facts.models(ctx))
  for index, client in ipairs(list) do
    list[index] = { where = "Clients\\" .. client.name, from = client, to = client }
  end
  return list
end

local function has_no_secret(_, about)
  return (nps.get(about.item.object, "Shared_Secret") or "") == ""
end

-- Without a secret anybody could speak for the client.
local function disable(_, ctx, about)
  ctx:call_for("client-secrets", about.item.object.name)
  return false, "it has no shared secret"
end

return {
  account "clients" {
    guide = { "NPS-IMP-03", "NPS-POST-02" }, title = "RADIUS clients", when = facts.has_models,
    parts = facts.configuration_file, name = facts.where, each = facts.properties(clients, { "Radius_Client_Enabled" }),
    facts.address_rules("IP_Address", function(client) return ("RADIUS client '%s'"):format(client.name) end),
    migrate "Radius_Client_Enabled" { when = has_no_secret, through = disable },
  },
}
