-- RADIUS clients: which devices may ask, from which address, with which secret.

local facts = require "facts"
local nps = require "format.nps"

return {
  step "clients" {
    guide = { "NPS-IMP-03", "NPS-POST-02" }, title = "RADIUS clients", when = facts.has_models,
    run = function(ctx)
      local clients = nps.clients(facts.models(ctx))
      for _, client in ipairs(clients) do
        local address = nps.get(client, "IP_Address")
        local wanted, problem = facts.address(ctx, address)
        if wanted then
          facts.change(ctx, "Clients", client, "IP_Address", wanted, "the address of the same card on the destination")
        elseif problem then
          ctx:call_for("own-addresses", ("RADIUS client '%s': %s"):format(client.name, problem))
        end
        -- Without a secret anybody could speak for the client.
        if (nps.get(client, "Shared_Secret") or "") == "" then
          if nps.get(client, "Radius_Client_Enabled") ~= false then
            facts.change(ctx, "Clients", client, "Radius_Client_Enabled", false, "it has no shared secret", "boolean")
          end
          ctx:call_for("client-secrets", client.name)
        end
      end
      return ("%d clients"):format(#clients)
    end,
  },
}
