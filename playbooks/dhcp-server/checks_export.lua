-- Is the service's export there and whole, and does the source lease no more?

local facts = require "facts"

return {
  check "export-there" {
    guide = { "DHCP-EXP-01", "DHCP-FAILOVER-03" }, severity = "warn", title = "The service's export",
    problem = function(ctx)
      if not facts.export(ctx.source) then
        return "There is no export of the service in the source: scopes, options, reservations and leases stay behind.",
          ("Export them as the manual step 'export' says, to %s, take the image or store again and plan again."):format(
            facts.files[facts.has_cmdlets(ctx) and "xml" or "netsh"])
      end
    end,
  },

  check "export-whole" {
    guide = "DHCP-EXP-01", severity = "block", title = "The export is whole",
    problem = function(ctx)
      local kind, text = facts.export(ctx.source)
      if kind and (text == "" or kind == "xml" and not facts.scopes_of_export(text)) then
        return ("%s is not a whole export of a DHCP server."):format(facts.files[kind]), "Export again."
      end
    end,
  },

  check "export-scopes" {
    guide = { "DHCP-EXP-01", "DHCP-VER-03" }, severity = "warn", title = "Every scope is in the export",
    when = function(ctx) return facts.export(ctx.source) == "xml" end,
    problem = function(ctx)
      local there, missing, _, text = {}, {}, facts.export(ctx.source)
      for _, scope in ipairs(facts.scopes_of_export(text) or {}) do there[scope] = true end
      for _, scope in ipairs(facts.scopes(ctx.source)) do
        if not there[scope] then missing[#missing + 1] = scope end
      end
      if #missing > 0 then
        return ("Scopes of the source are not in its export: %s."):format(table.concat(missing, ", ")),
          "Export again without -ScopeId, or accept that they stay behind."
      end
    end,
  },

  -- Two servers that lease from the same scopes give one address to two clients.
  check "source-stopped" {
    guide = { "DHCP-SRC-02", "DHCP-VER-01" }, severity = "warn", title = "The source leases no more",
    problem = function(ctx)
      if ctx.source:read(facts.keys.service, "Start") ~= 4 then
        return "DHCP Server of the source still starts with Windows: both servers would lease from the same scopes.",
          "Stop and disable it right after the export, and leave it so (manual step 'stop-source')."
      end
    end,
  },
}
