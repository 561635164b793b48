-- Is the service's export there and whole, and does the source lease no more?

local checks = require "shared.checks"
local facts = require "facts"
local windows = require "windows"

return {
  check "export-there" {
    guide = { "DHCP-EXP-01", "DHCP-FAILOVER-03" }, severity = "warn", title = "The service's export",
    found = function(ctx) return not facts.export(ctx.source) end,
    problem = "There is no export of the service in the source: scopes, options, reservations and leases stay behind.",
    remedy = function(ctx)
      return "Export them as the manual step 'export' says, to "
        .. facts.files[facts.has_cmdlets(ctx) and "xml" or "netsh"] .. ", take the image or store again and plan again."
    end,
  },

  check "export-whole" {
    guide = "DHCP-EXP-01", severity = "block", title = "The export is whole",
    found = function(ctx)
      local kind, text = facts.export(ctx.source)
      return kind and (text == "" or kind == "xml" and not facts.scopes_of_export(text)) and facts.files[kind]
    end,
    problem = "%s is not a whole export of a DHCP server.", remedy = "Export again.",
  },

  check "export-scopes" {
    guide = { "DHCP-EXP-01", "DHCP-VER-03" }, severity = "warn", title = "Every scope is in the export",
    when = function(ctx) return facts.export(ctx.source) == "xml" end,
    found = function(ctx)
      local there, missing, _, text = {}, {}, facts.export(ctx.source)
      for _, scope in ipairs(facts.scopes_of_export(text) or {}) do there[scope] = true end
      for _, scope in ipairs(facts.scopes(ctx.source)) do
        if not there[scope] then missing[#missing + 1] = scope end
      end
      return missing
    end,
    problem = "Scopes of the source are not in its export: %s.",
    remedy = "Export again without -ScopeId, or accept that they stay behind.",
  },

  -- What is imported of a relationship has a partner that knows nothing of the destination.
  check "in-failover" {
    guide = { "DHCP-FAILOVER-05", "DHCP-EXP-01" }, severity = "warn", title = "Scopes in a failover relationship",
    found = facts.failovers,
    problem = "Scopes of the export are in a failover relationship: %s.",
    remedy = "Leave the relationship before the export (manual step 'leave-failover'), export again, and make a new one"
      .. " from the destination.",
  },

  -- KB 885687: the import stops at a class whose name the destination does not know.
  check "export-language" {
    guide = "DHCP-IMP-01", severity = "warn", title = "Language of the export",
    found = function(ctx)
      if facts.changes_language(ctx) then
        return windows.language(ctx.source:identity().install_language),
          windows.language(ctx.destination:identity().install_language)
      end
    end,
    problem = "netsh wrote the export in %s, and the destination is in %s: names of classes differ, and the import"
      .. " fails (KB 885687).",
    remedy = "Give the classes of the destination the names of the export's language before the first start's script"
      .. " (manual step 'class-names'), or import on a server of that language and go on from there.",
  },

  check "health" (checks.gone("nap", {
    guide = "DHCP-EXP-01", title = "Health of clients",
    used = function(ctx)
      local kind, text = facts.export(ctx.source)
      return kind == "xml" and text:gsub("%z", ""):find "<NapEnabled>%s*true" and "Scopes of the source ask for health"
        or nil
    end,
  })),

  -- Two servers that lease from the same scopes give one address to two clients.
  check "source-stopped" {
    guide = { "DHCP-SRC-02", "DHCP-VER-01" }, severity = "warn", title = "The source leases no more",
    found = function(ctx) return ctx.source:read(facts.keys.service, "Start") ~= 4 end,
    problem = "DHCP Server of the source still starts with Windows: both servers would lease from the same scopes.",
    remedy = "Stop and disable it right after the export, and leave it so (manual step 'stop-source').",
  },
}
