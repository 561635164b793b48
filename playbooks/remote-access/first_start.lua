-- What only the running destination can do: start the service as the guide wants it, and open its own firewall.

local facts = require "facts"
local powershell = require "windows.powershell"

local M = {}

-- Rules of Windows Firewall by miniport (guide section 11a), with their titles. IKEv2 has none of its own.
local rules = {
  { "ms_pptpminiport", "RRAS-PPTP-In-TCP", "Routing and Remote Access (PPTP-In)" },
  { "ms_pptpminiport", "RRAS-GRE-In", "Routing and Remote Access (GRE-In)" },
  { "ms_l2tpminiport", "RRAS-L2TP-In-UDP", "Routing and Remote Access (L2TP-In)" },
  { "ms_sstpminiport", "SSTP-IN-TCP", "Secure Socket Tunneling Protocol (SSTP-In)" },
}

---The rules that the ports of the destination need: {name, title}.
function M.needed_rules(ctx)
  local miniports, needed = facts.miniports(ctx.destination), {}
  if not facts.is_vpn_server(ctx.source) then return needed end
  for _, rule in ipairs(rules) do
    local miniport = miniports[rule[1]]
    if miniport and facts.number(ctx.destination, miniport.path, "EnableForRas") == 1 then
      needed[#needed + 1] = { name = rule[2], title = rule[3] }
    end
  end
  return needed
end

---Whether the destination has all of these rules on, in its own rules; a rule is text of fields between bars.
function M.has_rules_on(ctx)
  for _, rule in ipairs(M.needed_rules(ctx)) do
    local text = ctx.destination:read(facts.keys.firewall_rules, rule.name)
    if type(text) ~= "string" or not text:find("|Active=TRUE|", 1, true) then return false end
  end
  return true
end

local function names(ctx)
  local list = {}
  for index, rule in ipairs(M.needed_rules(ctx)) do list[index] = rule.name end
  return powershell.list(list)
end

M.steps = {
  deferred "restart-service" {
    guide = { "RA-IMP-04", "RA-IMP-05" }, title = "Stop RasMan, then start Routing and Remote Access",
    requires = "bind-sstp-certificate", closes = "first-start",
    run = [[
Save-Service 'RasMan', 'RemoteAccess'
Stop-AndWait 'RasMan'
Start-AndWait 'RemoteAccess']],
    undo = [[Restore-Service 'RemoteAccess', 'RasMan']],
  },

  deferred "enable-firewall-rules" {
    guide = "RA-POST-06", title = "Enable the rules of Windows Firewall for VPN",
    when = function(ctx) return #M.needed_rules(ctx) > 0 end,
    run = function(ctx) return "Enable-Rules @(" .. names(ctx) .. ")" end,
    undo = function(ctx) return "Disable-Rules @(" .. names(ctx) .. ")" end,
  },
}

return M
