-- The record of http.sys that binds SSTP's certificate to its port (RA-MAN-04).
--
-- The source's record is not copied: the form of its values is nowhere documented, and netsh writes them as the
-- running Windows wants them. So the destination binds the certificate that was chosen (sstp_certificate.lua) at its
-- first start, before the service starts, and never takes a port from another program.

local facts = require "facts"
local http_sys = require "windows.http_sys"
local powershell = require "windows.powershell"
local sstp_certificate = require "sstp_certificate"

local keys = facts.keys

local function port_of(ctx)
  local port = facts.number(ctx.destination, keys.sstp, "ListenerPort")
  return port ~= 0 and port or 443
end

-- All addresses, as SSTP binds by itself; of the source's records those for all addresses say which of the two.
local function wanted_places(ctx)
  local ipv4, ipv6 = "0.0.0.0:" .. port_of(ctx), "[::]:" .. port_of(ctx)
  local had, others = {}, {}
  for _, binding in ipairs(http_sys.bindings(ctx.source)) do
    if binding.program == http_sys.SSTP then
      local address = binding.place:match("^(.*):%d+$")
      if address == "0.0.0.0" then had[#had + 1] = ipv4
      elseif address == "[::]" then had[#had + 1] = ipv6
      else others[#others + 1] = binding.place end
    end
  end
  return #had > 0 and had or { ipv4, ipv6 }, others
end

local function records(machine)
  local by_place = {}
  for _, binding in ipairs(http_sys.bindings(machine)) do by_place[binding.place] = binding end
  return by_place
end

-- Places to bind, and a reason for each and for what is left out.
local function decide(ctx)
  if not facts.is_vpn_server(ctx.source) then return {}, { "the source is no VPN server: nothing is bound" } end
  if ctx.destination:read(keys.sstp, "UseHttps") == 0 then
    return {}, { "'Use HTTP' is ticked: TLS ends at another machine and nothing is bound" }
  end
  local chosen = sstp_certificate.chosen(ctx)
  if not chosen then return {}, { "no certificate was chosen: SSTP binds one by itself when it starts" } end
  local places, reasons, there = {}, {}, records(ctx.destination)
  local wanted, others = wanted_places(ctx)
  for _, place in ipairs(wanted) do
    local record = there[place]
    if record and record.sha1 == chosen then
      reasons[#reasons + 1] = place .. ": has the certificate already"
    elseif record and record.program ~= http_sys.SSTP then
      reasons[#reasons + 1] = place
        .. ": another program has bound its certificate there, which stays: SSTP cannot use it"
    else
      places[#places + 1] = place
      reasons[#reasons + 1] = ("%s: bound at the first start%s"):format(place,
        record and ", in place of SSTP's own record for " .. (record.sha1 or "no certificate") or "")
    end
  end
  for _, place in ipairs(others) do
    reasons[#reasons + 1] = place .. ": was bound for one address of the source, and is not here"
  end
  return places, reasons
end

-- netsh tells in the system's language: what it did is looked at, by the hash and the program that stand in it.
local find = [[
function Get-Bound([string]$Place) {
  $shown = @(Invoke-Program 'netsh.exe' @('http', 'show', 'sslcert', "ipport=$Place")) -join ' '
  @{ Hash = [regex]::Match($shown, '\b[0-9a-fA-F]{40}\b').Value
     Owner = [regex]::Match($shown, '\{[0-9a-fA-F-]{36}\}').Value }
}
function Set-Bound([string]$Place, [string]$Hash) {
  if ((Get-Bound $Place).Hash) { Invoke-Program 'netsh.exe' @('http', 'delete', 'sslcert', "ipport=$Place") }
  if ($Hash) {
    Invoke-Program 'netsh.exe' @('http', 'add', 'sslcert', "ipport=$Place", "certhash=$Hash", 'appid=@APP@',
      'certstorename=MY')
  }
  if ((Get-Bound $Place).Hash -ne $Hash) { throw "netsh could not bind '$Hash' to $Place." }
}
]]

local bind = find .. [[
$thumbprint = '@THUMBPRINT@'
if (-not (Test-Path "Cert:\LocalMachine\My\$thumbprint")) { throw "$thumbprint is not in the Personal store." }
foreach ($place in @PLACES@) {
  $bound = Get-Bound $place
  if ($bound.Hash -eq $thumbprint) { "$place has it already"; continue }
  if ($bound.Hash -and $bound.Owner -ne '@APP@') {
    throw "Another program, $($bound.Owner), has bound $($bound.Hash) to $place."
  }
  if (@(Get-Lines 'bound.before' | Where-Object { $_.Split(' ')[0] -eq $place }).Count -eq 0) {
    Add-Line 'bound.before' "$place $($bound.Hash)"
  }
  Set-Bound $place $thumbprint
}]]

local unbind = find .. [[
foreach ($line in @(Get-Lines 'bound.before')) {
  $place, $before = $line.Split(' ')
  if ((Get-Bound $place).Hash -ne $before) { Set-Bound $place $before }
}
Remove-List 'bound.before']]

-- What becomes of the binding, decided once, when the destination's settings are known.
local function binding(ctx)
  if not ctx.state.sstp_binding then
    local places, reasons = decide(ctx)
    ctx.state.sstp_binding = { places = places, reasons = reasons }
  end
  return ctx.state.sstp_binding
end

local function filled(text, ctx)
  return (text:gsub("@(%u+)@", {
    THUMBPRINT = sstp_certificate.chosen(ctx), PLACES = powershell.list(binding(ctx).places),
    APP = http_sys.SSTP:lower(),
  }))
end

return {
  deferred "bind-sstp-certificate" {
    guide = "RA-MAN-04", title = "Bind the certificate of SSTP to its port",
    when = function(ctx) return #binding(ctx).places > 0 end,
    run = function(ctx) return filled(bind, ctx) end,
    undo = function(ctx) return filled(unbind, ctx) end,
  },

  manual "sstp-binding" {
    guide = "RA-MAN-04", title = "Check the certificate binding of SSTP", on = "destination", phase = "after",
    when = function(ctx)
      local https = ctx.destination:read(keys.sstp, "UseHttps") ~= 0
      return facts.is_vpn_server(ctx.source) and (https or not sstp_certificate.chosen(ctx))
    end,
    text = function(ctx)
      local lines = {
        "In Routing and Remote Access, properties of the server, Security tab, check the certificate and test a"
          .. " connection. SSTP certificate: " .. sstp_certificate.why(ctx) .. ".",
        "Binding in http.sys (netsh http show sslcert):",
      }
      return table.concat(table.move(binding(ctx).reasons, 1, #binding(ctx).reasons, #lines + 1, lines), "\n")
    end,
  },
}
