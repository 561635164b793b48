-- Guide sections 7 and 10.5: what a person has to do, before the destination is written and after it.

local compat = require "compat"
local facts = require "facts"
local shared = require "shared"
local windows = require "windows"

local function takes_l2tp(ctx)
  local miniport = facts.miniports(ctx.source).ms_l2tpminiport
  return miniport ~= nil and facts.number(ctx.source, miniport.path, "WanEndpoints") > 0
    and facts.number(ctx.source, miniport.path, "EnableForRas") == 1
end

local function asks_radius(machine)
  return facts.uses_radius(machine, "Authentication") or facts.uses_radius(machine, "Accounting")
end

-- What the table says of settings that are NPS', for whoever looks at its console.
local policy_settings = {
  { "RA-GAP-04", ["as-is"] = "IP filters of the policies: as on the source.",
    nothing = "IP filters of the policies: none, the source's release has no such setting." },
  { "RA-GAP-08", ["as-is"] = "Action when accounting fails: as on the source.",
    default = "Action when accounting fails: the default, the source's release has no such choice." },
}

local function with_policy_settings(ctx, text)
  local lines = { text }
  for _, setting in ipairs(policy_settings) do lines[#lines + 1] = setting[compat.of_source(ctx, setting[1])] end
  return table.concat(lines, "\n")
end

return {
  -- Before: the choice of the SSTP certificate looks for what has been imported.
  manual "certificates" (shared.import_certificates { guide = "RA-MAN-03" }),

  manual "reversible-passwords" {
    guide = "RA-PRE-04", title = "Passwords for CHAP", on = "destination", phase = "before",
    when = function(ctx)
      return facts.has_server_flag(ctx.source, facts.server_flags.md5_chap)
        and not facts.uses_radius(ctx.source, "Authentication")
    end,
    text = "Turn on 'Store passwords using reversible encryption' where the accounts are, then set the password of"
      .. " every user of CHAP again. Better: stop using CHAP.",
  },

  manual "dial-up" {
    guide = { "RA-MAN-02", "RA-VER-08" }, title = "Make dial-up connections again", on = "destination", phase = "after",
    on_demand = true,
    text = "Make these demand-dial connections again with the Demand-Dial Interface Wizard, on the modems of the"
      .. " destination, and look at the cabling: each modem and ISDN port has its line. Settings of the source are in"
      .. " the notes of this plan and in its phonebook.",
  },

  manual "policies" {
    guide = { "RA-MAN-05", "RA-GAP-04", "RA-GAP-08" }, title = "Compare policies and accounting",
    on = "destination", phase = "after",
    when = function(ctx) return not facts.uses_nps(ctx.source) end,
    text = function(ctx)
      return with_policy_settings(ctx, "Without NPS the default policies and accounting settings are made anew on the"
        .. " destination. Compare them with the source's and adjust them.")
    end,
  },

  manual "nps" {
    guide = "RA-MAN-06", title = "NPS and RADIUS", on = "network", phase = "before",
    when = function(ctx)
      return asks_radius(ctx.source) or facts.runs_nps(ctx.source) and not ctx:takes_part "nps"
    end,
    text = function(ctx)
      local parts = {}
      if not ctx:takes_part "nps" then
        parts[1] = "Migrate NPS first, with the playbook nps or by its own procedure."
      end
      if asks_radius(ctx.source) then
        parts[#parts + 1] = "Add the destination as a RADIUS client where the source is one, and type the shared"
          .. " secrets again: they are not in the migrated settings."
      end
      return table.concat(parts, " ")
    end,
  },

  manual "eap-certificates" {
    guide = { "RA-MAN-07", "RA-VER-07", "RA-GAP-04", "RA-GAP-08" }, title = "Policies and their certificates",
    on = "network", phase = "after",
    when = function(ctx) return facts.uses_nps(ctx.source) end,
    text = function(ctx)
      local text = "Remote Access Logging & Policies > Launch NPS must open the NPS server in use, with the policies"
        .. " that are needed."
      -- The playbook nps asks for their certificates itself, and by name.
      if not ctx:takes_part "nps" then
        text = text .. " Where they set authentication: when PEAP or 'Smart card or other certificate' shows no"
          .. " certificate or a wrong one, remove the method, add it again and choose the certificate."
      end
      return with_policy_settings(ctx, text)
    end,
  },

  manual "old-profiles" {
    guide = "RA-MAN-09", title = "Connection Manager profiles", on = "destination", phase = "after", on_demand = true,
    text = "The source has CMAK profiles that are not for x64, which the destination cannot use: keep and edit them on"
      .. " a 32-bit Windows 7 or 8 with CMAK.",
  },

  manual "forwarded-fragments" {
    guide = "RA-MAN-10", title = "Fragments on a Windows NAT in front", on = "network", phase = "after",
    when = takes_l2tp,
    text = "Only if the server is behind a NAT that runs Windows, on that machine:\n"
      .. "netsh int ipv4 set global groupforwardfragments=enabled",
  },

  manual "add-on-dlls" {
    guide = "RA-MAN-11", title = "Administration and security DLLs", on = "destination", phase = "after",
    on_demand = true,
    text = function(ctx)
      if ctx.source:identity().architecture == "x86" then
        return "The source's administration or security DLLs are 32-bit: get 64-bit versions and register them."
      end
      return [[Copy the administration or security DLLs and register them below HKLM\SOFTWARE\Microsoft\RAS again,]]
        .. " then restart the service. A security DLL that is registered but missing stops the service."
    end,
  },

  -- Names of the cmdlets: module RemoteAccess of 2012 R2 to 2025 (learn.microsoft.com/powershell/module/remoteaccess).
  manual "powershell-settings" {
    guide = "RA-NEW-05", title = "Settings that PowerShell alone tells", on = "destination", phase = "after",
    when = function(ctx) return compat.of_source(ctx, "RA-NEW-05") == "manual" end,
    text = [[
Since 2012 R2 there are settings whose places nobody has written down. What these say on the source has to be what they
say on the destination:
Get-VpnAuthProtocol | Format-List *       TunnelAuthProtocolsAdvertised, CertificateEKUsToAccept, CertificateAdvertised
                                          (Set-VpnAuthProtocol)
Get-VpnServerConfiguration | Format-List *    policy of IKEv2 and L2TP: CustomPolicy and what follows it
                                          (Set-VpnServerConfiguration -TunnelType IKEV2 or L2TP -CustomPolicy ...)
Get-RemoteAccessRoutingDomain             tenants, each a routing domain of its own (Enable-RemoteAccessRoutingDomain,
                                          Set-RemoteAccessRoutingDomain, Add-VpnS2SInterface -RoutingDomain)
Get-BgpRouter; Get-BgpPeer; Get-BgpCustomRoute    a router of BGP (Add-BgpRouter, Add-BgpPeer, Add-BgpCustomRoute)
What says nothing on the source needs nothing.]],
  },

  manual "bgp" {
    guide = "RA-NEW-05", title = "Make the BGP router again", on = "destination", phase = "after", on_demand = true,
    text = [[
On the source record what Get-BgpRouter, Get-BgpPeer, Get-BgpCustomRoute and Get-BgpRoutingPolicy say (each with
-RoutingDomain where there are tenants). On the destination, with its own addresses:
Add-BgpRouter -BgpIdentifier ADDRESS -LocalASN NUMBER
Add-BgpPeer -Name NAME -LocalIPAddress ADDRESS -PeerIPAddress ADDRESS -PeerASN NUMBER
Add-BgpCustomRoute -Network PREFIX    (or -Interface NAME)
The peers have to be told the destination's address. BGP was found in:]],
  },

  manual "custom-dialing" {
    guide = "RA-MAN-12", title = "Custom dialing DLLs", on = "destination", phase = "after",
    on_demand = true,
    text = "The source has custom DLLs for dialing demand-dial connections. Windows calls them no more since Windows"
      .. " Server 2008: replace what they did.",
  },

  manual "ipv6-adapter" {
    guide = "RA-MAN-14", title = "IPv6 adapter for IKEv2 clients", on = "destination", phase = "after",
    when = function(ctx)
      return compat.of_source(ctx, "RA-GAP-03b") == "default" and compat.of_source(ctx, "RA-GAP-03a") ~= "disable"
    end,
    text = "RAS chooses the adapter that gives IKEv2 clients IPv6 addresses. Choose another on the IPv6 tab if needed.",
  },

  manual "local-accounts" {
    guide = { "RA-MAN-15", "RA-VER-17" }, title = "Local accounts", on = "destination", phase = "after",
    when = function(ctx)
      return not ctx:takes_part "local-accounts" and not facts.uses_radius(ctx.source, "Authentication")
        and not windows.is_domain_controller(ctx.source:identity())
    end,
    text = "If local accounts of the source may connect: make them on the destination, set new passwords, and enter"
      .. " dial-in permission, callback, static addresses and routes of each again. Accounts of the same domain need"
      .. " nothing.",
  },

  -- Windows keeps these as secrets of the machine, which are never read.
  manual "l2tp-preshared-key" {
    guide = "RA-VER-05", title = "Preshared key of L2TP", on = "destination", phase = "after", secret_needed = true,
    when = function(ctx) return facts.has_server_flag(ctx.source, facts.server_flags.l2tp_preshared_key) end,
    text = "On the Security tab of the server's properties tick 'Allow custom IPsec policy' and type the preshared"
      .. " key again.",
  },

  manual "demand-dial-secrets" {
    guide = "RA-VER-09", title = "Passwords and keys of demand-dial connections", on = "destination", phase = "after",
    on_demand = true, secret_needed = true,
    text = "Enter these again for each demand-dial interface (Set Credentials, and the Security tab of its"
      .. " properties).",
  },

  manual "interface-certificates" {
    guide = "RA-VER-09", title = "IKEv2 certificates of interfaces", on = "destination", phase = "after",
    on_demand = true,
    text = "Choose the IKEv2 certificate of these interfaces again.",
  },

  manual "lost-routing" {
    guide = { "RA-VER-12", "RA-VER-13", "RA-VER-14a", "RA-VER-16" }, title = "Settings of routing that were lost",
    on = "destination", phase = "after", on_demand = true,
    text = "These could not be carried over. Look at them in Routing and Remote Access on the source, as far as it"
      .. " shows them, and enter on the destination what is still needed:",
  },

  manual "nat-addresses" {
    guide = { "RA-VER-14c", "RA-VER-14d" }, title = "Addresses in NAT that are not the destination's",
    on = "destination", phase = "after", on_demand = true,
    text = "Replace these addresses in the properties of the NAT interface if the destination does not take them over.",
  },
}
