-- The service's own export goes to the destination as it is; first_start.lua imports it there.

local facts = require "facts"

local function is_used(ctx, about)
  local kind = facts.export(ctx.source)
  return facts.files[kind]:match "[^\\]*$" == about.name:lower()
end

return {
  account "exported-configuration" {
    guide = { "DHCP-EXP-01", "DHCP-IMP-01", "DHCP-FAILOVER-03" }, title = "Scopes, options, reservations and leases",
    files = [[%SystemRoot%\System32\dhcp]],
    migrate "*" {
      when = is_used, why = "imported at the first start",
      note = "The database dhcp.mdb is not copied: its format belongs to the release and the processor that wrote it."
        .. " The export has what is in it.",
    },
    drop "*" { when = function(...) return not is_used(...) end, why = "the XML export is used" },
  },
}
