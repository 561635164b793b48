-- Remote RADIUS servers, and the addresses that the server itself listens on.

local facts = require "facts"
local nps = require "format.nps"

-- "1812,1645" or "10.0.0.1:1812,1645;10.0.0.2:1812": ports, with or without an address in front.
local function rewrite_ports(ctx, text, what)
  return (text:gsub("[^;]+", function(part)
    local address, ports = part:match "^%s*(%d+%.%d+%.%d+%.%d+):(.*)$"
    if not address or address == "0.0.0.0" then return part end
    local wanted, problem = facts.address(ctx, address)
    if problem then ctx:call_for("own-addresses", ("%s: %s"):format(what, problem)) end
    return wanted and wanted .. ":" .. ports
  end))
end

return {
  step "server-groups" {
    guide = { "NPS-IMP-03", "NPS-POST-03" }, title = "Remote RADIUS servers", when = facts.has_models,
    run = function(ctx)
      local servers = nps.servers(facts.models(ctx))
      for _, server in ipairs(servers) do
        local section = "RADIUS_Server_Groups\\" .. server.group
        local wanted, problem = facts.address(ctx, nps.get(server, "Address"))
        if wanted then
          facts.change(ctx, section, server, "Address", wanted, "the address of the same card on the destination")
        elseif problem then
          ctx:call_for("own-addresses", ("remote RADIUS server '%s' of %s: %s"):format(server.name, server.group,
            problem))
        end
        if (nps.get(server, "Authentication_Secret") or "") == "" then
          ctx:call_for("server-secrets", ("%s of %s"):format(server.name, server.group))
        end
      end
      return ("%d servers"):format(#servers)
    end,
  },

  -- Edits the destination's configuration: the component that the ports belong to is its own.
  step "ports" {
    guide = "NPS-VER-03f", title = "Addresses and ports", when = facts.has_models,
    run = function(ctx)
      local source, destination = facts.models(ctx)
      local from, to = nps.radius(source), nps.radius(destination)
      for _, property in ipairs { "Authentication_Port", "Accounting_Port" } do
        local text = nps.get(from, property)
        if text then
          local wanted = rewrite_ports(ctx, text, property:gsub("_", " "):lower())
          nps.set(to, property, wanted, "string")
          facts.said(ctx, [[Microsoft Radius Protocol\]] .. property, wanted == text and "migrated" or "transformed",
            wanted ~= text and "addresses of the same cards on the destination" or nil, text, wanted)
        end
      end
    end,
  },
}
