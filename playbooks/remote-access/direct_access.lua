-- DirectAccess, from 2012 on (guide section 9 knows 2012 alone). Its settings are Group Policy objects of the domain,
-- so no image has them: checks are made here, and a person moves it with the commands below while VPN and routing move.

local certificate_of = require "certificate"
local facts = require "facts"
local http_sys = require "windows.http_sys"
local sstp_certificate = require "sstp_certificate"
local windows = require "windows"

local moves = facts.moves_direct_access

-- Certificates that http.sys serves on the source and that are not on the destination with their keys.
local function missing_certificates(ctx)
  local missing, seen = {}, {}
  for _, binding in ipairs(http_sys.bindings(ctx.source)) do
    local certificate = binding.sha1 and sstp_certificate.find(ctx.source:certificates "MY",
      { sha1 = binding.sha1 })
    if certificate and not certificate.self_signed and not seen[binding.sha1] then
      seen[binding.sha1] = true
      if not certificate_of.is_at_hand(ctx, certificate) then
        missing[#missing + 1] = ("%s (%s, bound to %s)"):format(certificate.thumbprint, certificate.subject,
          binding.place)
      end
    end
  end
  return missing
end

-- "'Internet' has 203.0.113.10 on the source": names and addresses that are not the same on both sides.
local function differences(ctx)
  local found = {}
  for _, pair in ipairs(facts.mapped_cards(ctx)) do
    if not windows.same_name(pair.source.name, pair.destination.name) then
      found[#found + 1] = ("'%s' is called '%s' on the destination"):format(pair.source.name, pair.destination.name)
    end
    found[#found + 1] = facts.difference(pair, "has", facts.fixed_addresses)
  end
  return found
end

-- What is the same on both servers is filled in; the rest is in the record of the source.
local set_up = [[
With the source off the network, in an elevated PowerShell on the destination, with the values of the record:
Install-RemoteAccess -DAInstallType FullInstall -ConnectToAddress PUBLIC-NAME -InternetInterface %s `
  -InternalInterface %s -ServerGpoName 'DOMAIN\SERVER POLICY' -ClientGpoName 'DOMAIN\CLIENT POLICY'
Set-DANetworkLocationServer -Url URL    (or -NlsOnDAServer -Certificate CERTIFICATE, when it is this server)
Set-RemoteAccess -SslCertificate CERTIFICATE    (IP-HTTPS; leave it out when the source's was self-signed)
Add-DAClient -SecurityGroupNameList GROUPS
Add-DAClientDnsConfiguration -DnsSuffix SUFFIX -DnsIPAddress ADDRESS    (one for each rule of the record)
Add-DAMgmtServer -MgmtServer NAME    (one for each)
CERTIFICATE is (Get-ChildItem Cert:\LocalMachine\My\THUMBPRINT). Self-signed certificates are made anew by this.
Then once more: Install-RemoteAccess -Prerequisite, and gpupdate /force.]]

-- The names of the cards that face the Internet and the intranet; where that is not plain, words to fill in.
local function adapters(ctx)
  local internet, internal = {}, {}
  for _, card in ipairs(facts.cards(ctx.destination)) do
    local list = #card.gateways > 0 and internet or internal
    list[#list + 1] = "'" .. card.name .. "'"
  end
  return #internet == 1 and internet[1] or "INTERNET-ADAPTER", #internal == 1 and internal[1] or "INTRANET-ADAPTER"
end

return {
  check "all-services" {
    guide = { "RA-CHK-11", "RA-DA-01" }, severity = "block", title = "All configured services move together",
    when = facts.is_direct_access_set_up,
    problem = function(ctx)
      if ctx.params.direct_access == "refuse" then
        return "DirectAccess is configured on the source. Its settings are in Group Policy and in no image.",
          "All services of the server have to move together: give --param direct_access=by-hand to move DirectAccess"
            .. " by the manual steps of this plan, and the rest with it."
      end
    end,
  },

  check "direct-access-destination" {
    guide = { "RA-CHK-09", "RA-DA-02" }, severity = "block", title = "No DirectAccess on the destination",
    problem = function(ctx)
      if facts.has_direct_access(ctx.destination) then
        return "DirectAccess is already configured on the destination.",
          "Remove that configuration first: nothing can be merged."
      end
    end,
  },

  check "direct-access-release" {
    guide = { "RA-DA-01" }, severity = "block", title = "DirectAccess from 2012 to 2012",
    when = function(ctx) return moves(ctx) and (ctx.source_os ~= "2012" or ctx.destination_os ~= "2012") end,
    waiver = "DirectAccess is set up anew with the values of the source, on a release that the guide does not know",
    problem = function(ctx)
      return ("The guide moves DirectAccess from Windows Server 2012 to 2012; the source is %s, the destination is %s.")
        :format(windows.describe(ctx.source:identity()), windows.describe(ctx.destination:identity())),
        "Waive it by name: the cmdlets are the same in all releases up to 2025 (docsets of the module RemoteAccess)."
    end,
  },

  -- Blocks DirectAccess only, which is never moved from 2008 R2; the rest may go on when the admin says so.
  check "direct-access-2008r2" {
    guide = { "RA-CHK-10", "RA-CHK-30", "RA-DA-01", "RA-DA-13" }, severity = "warn",
    title = "DirectAccess of Windows Server 2008 R2",
    when = function(ctx) return ctx.source_os == "2008r2" end,
    problem = function(ctx)
      if facts.number(ctx.source, facts.keys.features .. [[\DAMC]], "InstallState") == 1 then
        return "DirectAccess settings of Windows Server 2008 R2 cannot be migrated; VPN and routing can.",
          "Build DirectAccess anew on the destination, or upgrade this server in place; before an upgrade apply what"
            .. " the DirectAccess console has saved and not applied."
      end
    end,
  },

  check "direct-access-addresses" {
    guide = { "RA-CHK-16", "RA-DA-03" }, severity = "block", title = "Same names and addresses for DirectAccess",
    when = moves,
    problem = function(ctx)
      local found = differences(ctx)
      if #found > 0 then
        return "DirectAccess needs the same interface names and addresses on both servers: "
          .. table.concat(found, "; ") .. ".",
          "Rename the adapters and give the destination these addresses, in a network where the source is not."
      end
    end,
  },

  check "direct-access-certificates" {
    guide = { "RA-CHK-31", "RA-DA-06", "RA-PRE-08" }, severity = "block", title = "Certificates of DirectAccess",
    when = moves,
    problem = function(ctx)
      local missing = missing_certificates(ctx)
      if #missing > 0 then
        return "The destination lacks certificates of IP-HTTPS or the network location server: "
          .. table.concat(missing, "; ") .. ".",
          "Import them with their private keys into the computer's Personal store of the destination."
      end
    end,
  },

  manual "direct-access-record" {
    guide = { "RA-SRC-04", "RA-DA-08", "RA-EXP-04", "RA-EXP-08", "RA-VER-04" },
    title = "Record DirectAccess of the source", on = "source", phase = "before", when = moves,
    text = [[
On the running source, in an elevated PowerShell, keep all that these say, and take the file along:
$record = "$env:TEMP\direct-access.txt"
foreach ($name in 'RemoteAccess', 'DAServer', 'DAClient', 'DAClientDnsConfiguration', 'DAMgmtServer',
                  'DANetworkLocationServer', 'DAEntryPoint', 'DAOtpAuthentication') {
  "== $name" | Out-File -Append $record
  & "Get-$name" | Format-List * | Out-File -Append -Width 400 $record
}
Then keep the two policies that Get-RemoteAccess names, with the rights on them (a member of the domain can do it):
Backup-GPO -Name 'NAME OF THE SERVER POLICY' -Path FOLDER
Backup-GPO -Name 'NAME OF THE CLIENT POLICY' -Path FOLDER
Get-GPPermission -Name 'NAME OF THE SERVER POLICY' -All
Whoever exports with the migration tools too stops the management service for that time (Stop-Service RaMgmtSvc), and
starts it when export and migration are done (Start-Service RaMgmtSvc).]],
  },

  manual "direct-access-policies" {
    guide = { "RA-PERM-03", "RA-DA-04" }, title = "Rights on the Group Policy objects", on = "domain", phase = "before",
    when = moves,
    text = [[
Give the administrator of the destination the rights on the policies of DirectAccess that were given for the source:
Set-GPPermission -Name 'NAME OF THE SERVER POLICY' -TargetType User -TargetName ADMINISTRATOR -PermissionLevel `
  GpoEditDeleteModifySecurity
and the same for the client policy. Without a policy yet, the right to make and link one is needed.]],
  },

  manual "direct-access-prerequisites" {
    guide = { "RA-PRE-09", "RA-DA-07" }, title = "Requirements of DirectAccess", on = "destination", phase = "before",
    when = moves,
    text = "On the destination: Install-RemoteAccess -Prerequisite. It must not report anything missing.",
  },

  manual "direct-access-move" {
    guide = { "RA-MAN-01", "RA-DA-06", "RA-DA-07" }, title = "Set DirectAccess up on the destination",
    on = "destination", phase = "after", when = moves,
    text = function(ctx) return set_up:format(adapters(ctx)) end,
  },

  manual "direct-access-verify" {
    guide = { "RA-VER-03", "RA-VER-04", "RA-DA-11" }, title = "Verify DirectAccess", on = "destination",
    phase = "after", when = moves,
    text = "In Remote Access Management see Operations Status (or Get-RemoteAccessHealth), then walk through every"
      .. " wizard of Configuration and compare it with what was recorded on the source.",
  },

  manual "direct-access-firewalls" {
    guide = { "RA-POST-10", "RA-DA-12", "RA-DA-14", "RA-DA-15" }, title = "Firewalls around DirectAccess",
    on = "network", phase = "after", when = moves,
    text = "Firewalls in front of the server, for both of its consecutive public IPv4 addresses: UDP 3544 (Teredo) and"
      .. " IP protocol 41 (6to4); for the address of the public name: TCP 443 (IP-HTTPS).\n"
      .. "On the IPv6 Internet: IP protocol 50, UDP 500, and ICMPv6 where Teredo is used.\n"
      .. "Inside: IP protocol 41 (ISATAP), and TCP, UDP and ICMP of IPv4 and IPv6.\n"
      .. "On the server itself TCP 62000, where it has one adapter and is the network location server too.",
  },
}
