-- The service's own export goes to the destination as it is; first_start.lua imports it there.

local facts = require "facts"

return {
  step "exported-configuration" {
    guide = { "DHCP-EXP-01", "DHCP-IMP-01", "DHCP-FAILOVER-03" }, title = "Scopes, options, reservations and leases",
    run = function(ctx)
      ctx:note("The database dhcp.mdb is not copied: its format belongs to the release and the processor that wrote it."
        .. " The export has what is in it.")
      local kind, text = facts.export(ctx.source)
      if not kind then return "no export" end
      ctx.destination:write_file(facts.files[kind], text)
      for _, file in ipairs(ctx.source:files [[%SystemRoot%\System32\dhcp]]) do
        local moved = file:lower():match "[^/]*$" == facts.files[kind]:match "[^\\]*$"
        ctx:verdict {
          path = "file:" .. file, verdict = moved and "migrated" or "dropped",
          why = moved and "imported at the first start" or "the XML export is used",
        }
      end
      local scopes = kind == "xml" and facts.scopes_of_export(text)
      return scopes and ("scopes: %d"):format(#scopes) or "a file of netsh"
    end,
  },
}
