-- Guide section 5: what a person has to do before the destination is written. Their order matters: backup, export,
-- stop, unauthorise; an image or a store for the plan is taken after that.

local facts = require "facts"

-- Commands on the source, by what its release has. 2003 has no backup by netsh.
local backup = {
  ["2003"] = "DHCP console: the server, Action > Backup, a folder on another volume.",
  older = [[netsh dhcp server backup C:\dhcp-backup]],
  cmdlets = [[Backup-DhcpServer -Path C:\dhcp-backup]],
}

local export = {
  older = [[netsh dhcp server export %SystemRoot%\System32\dhcp\rehome-export.dat all]],
  cmdlets = [[Export-DhcpServer -File "$env:SystemRoot\System32\dhcp\rehome-export.xml" -Leases -Force]],
}

local stop = {
  older = "net stop DHCPServer\nsc config DHCPServer start= disabled",
  cmdlets = "Stop-Service DHCPServer\nSet-Service DHCPServer -StartupType Disabled",
}

local function on_source(ctx, commands)
  return commands[ctx.source_os] or commands[facts.has_cmdlets(ctx) and "cmdlets" or "older"]
end

return {
  manual "announce" {
    guide = { "DHCP-SRC-02", "DHCP-ROLLBACK" }, title = "Announce the outage, or provide a stand-in", on = "people",
    phase = "before",
    text = "It takes two to three hours, the way back one to two. Until the destination leases, no client gets a new"
      .. " address; leases that are valid go on. Another DHCP server with a free range of its own bridges the gap.",
  },

  manual "disk-space" {
    guide = { "DHCP-PRE-01", "DHCP-PRE-04" }, title = "Room for the database", on = "destination", phase = "before",
    text = "The destination needs free disk space of at least the size of the source's database"
      .. [[ (%SystemRoot%\System32\dhcp\dhcp.mdb), twice that for the backup before the import.]],
  },

  manual "group-members" {
    guide = "DHCP-PRE-02", title = "Members of the DHCP groups", on = "source", phase = "before",
    when = facts.in_domain,
    text = 'On the source: net localgroup "DHCP Administrators" and net localgroup "DHCP Users". Each member from the'
      .. " domain must show a name, not a bare SID; the playbook local-accounts, or a person, adds them on the"
      .. " destination.",
  },

  manual "backup" {
    guide = "DHCP-SRC-01", title = "Back up the DHCP server by its own means", on = "source", phase = "before",
    text = function(ctx)
      return "A backup of Windows is not enough. On the source:\n" .. on_source(ctx, backup)
    end,
  },

  -- Microsoft Learn, Remove-DhcpServerv4Failover: the scopes stay where it is run, and go from the partner.
  manual "leave-failover" {
    guide = { "DHCP-FAILOVER-05", "DHCP-EXP-01" }, title = "Leave the failover relationship, then export again",
    on = "source", phase = "before",
    when = function(ctx) return #facts.failovers(ctx) > 0 end,
    text = function(ctx)
      return "On the source, for each relationship, before the export: Get-DhcpServerv4Failover, then\n"
        .. "Remove-DhcpServerv4Failover -Name NAME -Force\nThe scopes stay on the server where this is run and go from"
        .. " its partner: the source has to be able to lease alone. Then export again, and plan again. In a"
        .. " relationship are: " .. table.concat(facts.failovers(ctx), "; ")
    end,
  },

  manual "export" {
    guide = { "DHCP-EXP-01", "DHCP-FAILOVER-03" }, title = "Export scopes, options, reservations and leases",
    on = "source", phase = "before", unattended = "accept-if-verified",
    verify = function(ctx) return facts.export(ctx.source) ~= nil end,
    text = function(ctx)
      return "On the source, while its service runs, as an administrator:\nipconfig /all > C:\\IPSettings.txt\n"
        .. on_source(ctx, export)
        .. "\nThe next step follows at once: leases that it gives in between are in no export. If two old servers share"
        .. " a scope, export both and put the <Leases> of one into the other file by hand."
    end,
  },

  manual "stop-source" {
    guide = "DHCP-SRC-02", title = "Stop the service of the source, for good", on = "source", phase = "before",
    unattended = "accept-if-verified",
    verify = function(ctx) return ctx.source:read(facts.keys.service, "Start") == 4 end,
    text = function(ctx)
      return "Both servers must never lease at once. On the source:\n" .. on_source(ctx, stop)
        .. "\nThen take the image or the store that the plan is made from."
    end,
  },

  manual "unauthorise" {
    guide = "DHCP-EXP-02", title = "Take back the source's authorisation", on = "domain", phase = "before",
    when = facts.in_domain,
    text = function(ctx)
      local lines = { "As a Domain Admin, on the source; case matters, as netsh dhcp show server lists the names:" }
      for _, address in ipairs(facts.addresses(ctx.source)) do
        lines[#lines + 1] = ("netsh dhcp delete server %s %s"):format(facts.full_name(ctx.source), address)
      end
      return table.concat(lines, "\n")
    end,
  },
}
