-- Remote Access (RRAS: VPN server, NAT, routing, demand-dial) from Windows Server 2003 to 2012 to Windows Server 2012.
-- The steps name the items of the migration guide that they implement; README.md lists which.

local services = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local class = [[HKLM\SYSTEM\CurrentControlSet\Control\Class\]]

local looked_at = {
  class .. "{4D36E972-E325-11CE-BFC1-08002BE10318}", -- network adapters: the WAN miniports with their ports
  class .. "{4D36E96D-E325-11CE-BFC1-08002BE10318}", -- modems
  services .. [[HTTP\Parameters\SslBindingInfo]],
  [[HKLM\SOFTWARE\Microsoft\Router\CurrentVersion]], -- the routing protocols that a server has
  [[HKLM\SOFTWARE\Microsoft\ServerManager\ServicingStorage\ServerComponentCache]],
  [[HKLM\SOFTWARE\Microsoft\Tracing]],
  [[HKLM\SOFTWARE\Policies\Microsoft\Windows\RemoteAccess]], -- DirectAccess
  services .. "ClusSvc",
  services .. "IAS", -- NPS
}
for _, role in ipairs(require "other_roles") do
  looked_at[#looked_at + 1] = services .. role.service
end

return playbook {
  id = "remote-access",
  title = "Remote Access (RRAS)",
  version = "1.0.0",
  summary = "VPN server, NAT, routing and demand-dial interfaces",
  after = { "nps", "local-accounts" },
  params = {
    reversible_passwords = {
      type = "boolean", default = false,
      help = "the destination stores passwords with reversible encryption: local accounts that use CHAP need it",
    },
  },
  reads = {
    registry = {
      services .. "RemoteAccess",
      services .. [[RasMan\Parameters]],
      services .. [[RasMan\PPP]],
      services .. [[SstpSvc\Parameters]],
      services .. [[NdisWan\Parameters]],
      [[HKLM\SOFTWARE\Microsoft\RAS]],
    },
    files = { [[%SystemRoot%\System32\ras\router.pbk]] },
    certificates = { "MY" },
  },
  consults = {
    registry = looked_at,
    files = { [[%ProgramFiles%\CMAK\Profiles\**]] },
    certificates = { "ROOT", "AuthRoot", "CA", "Disallowed" },
  },
  writes = {
    registry = {
      services .. "RemoteAccess",
      services .. [[RasMan\Parameters]],
      services .. [[RasMan\PPP]],
      services .. [[SstpSvc\Parameters]],
      services .. [[NdisWan\Parameters]],
      class .. "{4D36E972-E325-11CE-BFC1-08002BE10318}",
    },
    files = { [[%SystemRoot%\System32\ras\router.pbk]] },
  },
  steps = {
    require "checks", require "checks_role",
    require "server", require "addresses", require "ikev2_sstp", require "ports",
    require "demand_dial", require "interfaces",
    require "service",
    require "manual", require "manual_after",
  },
}
