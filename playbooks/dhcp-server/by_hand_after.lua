-- Guide sections 5 and 6: what a person has to do when the settings are on the destination.

local facts = require "facts"
local shared = require "shared"
local relocate = require "relocate"
local windows = require "windows"

local function scopes(ctx)
  local kind, text = facts.export(ctx.source)
  local list = kind == "xml" and facts.scopes_of_export(text) or facts.scopes(ctx.source)
  return #list > 0 and table.concat(list, ", ") or "as on the source"
end

-- One line an address: as a Domain Admin, and case matters.
local function add_server(machine)
  local lines = {}
  for index, address in ipairs(facts.addresses(machine)) do
    lines[index] = ("netsh dhcp add server %s %s"):format(facts.full_name(machine), address)
  end
  return table.concat(lines, "\n")
end

local function takes_over(ctx)
  return ctx.params.takes_over_name
end

return {
  manual "take-over-name" (shared.rename { guide = "DHCP-IMP-01", when = takes_over }),
  manual "take-over-addresses" (shared.take_addresses { guide = "DHCP-IMP-01", when = takes_over }),

  manual "check-authorisation" {
    guide = { "DHCP-VER-01", "DHCP-IMP-03" }, title = "Check service and authorisation", on = "destination",
    phase = "after",
    text = function(ctx)
      local lines = { "sc query DHCPServer has to say RUNNING on the destination and STOPPED on the source." }
      if facts.in_domain(ctx) then
        local final = ctx.params.takes_over_name and ctx.source or ctx.destination
        lines[#lines + 1] = ("netsh dhcp show server has to list %s. If it is missing:"):format(facts.full_name(final))
        lines[#lines + 1] = add_server(final)
        lines[#lines + 1] = "Event 1046 once after that is harmless."
      end
      return table.concat(lines, "\n")
    end,
  },

  manual "check-scopes" {
    guide = { "DHCP-VER-03", "DHCP-FAILOVER-06" }, title = "Compare what was imported", on = "destination",
    phase = "after",
    text = function(ctx)
      return "Compare scopes (IPv4 and IPv6), ranges, reservations, options of scopes and server, leases, with the"
        .. " console or with\nGet-DhcpServerv4Scope; Get-DhcpServerv6Scope; Get-DhcpServerv4Binding;"
        .. " Get-DhcpServerv6Binding\nScopes: " .. scopes(ctx) .. ". A scope that the destination had already is not"
        .. " imported: delete it first, or import it with -ScopeOverwrite."
    end,
  },

  manual "test-client" {
    guide = "DHCP-VER-02", title = "Test with a client", on = "network", phase = "after",
    text = function(ctx)
      return "On a client of each network: "
        .. (facts.address_changes(ctx) and "ipconfig /release, then ipconfig /renew" or "ipconfig /renew")
        .. ". ipconfig /all names the DHCP server that answered."
    end,
  },

  manual "relay-agents" {
    guide = { "DHCP-VER-02", "DHCP-FAILOVER-05" }, title = "Point relay agents at the destination", on = "network",
    phase = "after", when = facts.address_changes,
    text = function(ctx)
      local names, lines = relocate.source_names(ctx), {
        "Routers and switches (helper addresses) and the DHCP Relay Agent of every Routing and Remote Access server"
          .. " name the source by its address. Clients fail to renew once, then find the new server. Replace",
      }
      for _, address in ipairs(facts.addresses(ctx.source)) do
        lines[#lines + 1] = ("%s by %s"):format(address, names.addresses[address] or "an address of the destination")
      end
      return table.concat(lines, "\n")
    end,
  },

  -- The account is a secret of the service: no export has it.
  manual "dns-credentials" {
    guide = "DHCP-IMP-01", title = "Account for dynamic updates of DNS", on = "destination", phase = "after",
    secret_needed = true,
    text = "The flags for dynamic updates are in the export, the account is not. If there is one on the source (netsh"
      .. " dhcp server show dnscredentials), give it on the destination: Set-DhcpServerDnsCredential",
  },

  manual "database-folder" {
    guide = "DHCP-PRE-04", title = "Folder of the database", on = "destination", phase = "after",
    when = function(ctx) return facts.moved_database(ctx) ~= nil end,
    text = function(ctx)
      return ("The source has its database in %s. To have it there on the destination too, after the import:\n"
        .. "Set-DhcpServerDatabase -FileName (Join-Path '%s' 'dhcp.mdb')\nRestart-Service DHCPServer"):format(
        facts.moved_database(ctx), (facts.moved_database(ctx):gsub("'", "''")))
    end,
  },

  manual "class-names" {
    guide = "DHCP-IMP-01", title = "Names of classes in the export's language", on = "destination", phase = "after",
    when = facts.changes_language,
    text = function(ctx)
      return ("Before the script of the first start. Names of user and vendor classes are in the language of the server"
        .. " (%s in the export), and netsh stops at one that it does not know (KB 885687). On the source and on the"
        .. " destination: netsh dhcp server show class. Then give each class of the destination the name that it has on"
        .. " the source, byte for byte: DHCP console, IPv4, Define User Classes and Define Vendor Classes. After the"
        .. " import the old names may be given back."):format(windows.language(ctx.source:identity().install_language))
    end,
  },

  manual "folders" {
    guide = { "DHCP-PRE-04", "DHCP-VER-03" }, title = "Folders of the backup and the audit log", on = "destination",
    phase = "after", on_demand = true,
    text = "Make these folders where they are missing, and let NETWORK SERVICE write to them; event 1027, 1028 or 1060"
      .. " tells when it cannot:",
  },

  manual "callout-dlls" {
    guide = "DHCP-IMP-01", title = "Callout DLLs", on = "destination", phase = "after", on_demand = true,
    text = [[Install 64-bit versions of the callout DLLs; enter them as CalloutDlls (REG_MULTI_SZ) and CalloutEnabled
below HKLM\SYSTEM\CurrentControlSet\Services\DHCPServer\Parameters.]],
  },

  manual "failover" {
    guide = { "DHCP-FAILOVER-04", "DHCP-FAILOVER-05" }, title = "DHCP failover, if there is to be one",
    on = "destination", phase = "after",
    text = "On a second server import the settings of the server alone, before the partnership is made:\n"
      .. "Import-DhcpServer -File FILE -ServerConfigOnly -BackupPath FOLDER\nThen Add-DhcpServerv4Failover on the"
      .. " destination, and both addresses into the relay agents. A partnership that the source had is made anew.",
  },

  manual "go-back" {
    guide = "DHCP-ROLLBACK", title = "Go back with DHCP Server, if the destination fails", on = "people",
    phase = "back",
    text = function(ctx)
      local lines = {
        "Only if the migration is given up. Run first-start-undo.ps1 on the destination and stop its service.",
        shared.roll_back,
        "Give the source its addresses and name again. Then there:",
        "sc config DHCPServer start= auto",
        "net start DHCPServer",
      }
      if facts.in_domain(ctx) then lines[#lines + 1] = add_server(ctx.source) end
      lines[#lines + 1] = "If its database is damaged, restore the backup in the DHCP console."
      return table.concat(lines, "\n")
    end,
  },
}
