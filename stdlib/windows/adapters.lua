-- Adapters as they are: which of them need one of the destination, how teams and VLANs are made anew.

local powershell = require "windows.powershell"
local releases = require "windows.releases"
local windows = require "windows"

local M = {}

---The interface of a machine with this GUID.
---@param machine table
---@param guid string
---@return table|nil
function M.of_guid(machine, guid)
  for _, interface in ipairs(machine:interfaces()) do
    if windows.same_name(interface.guid, guid) then return interface end
  end
end

---Whether an adapter has addresses, or asks servers of its own choice: then its settings have to go somewhere.
function M.carries(interface)
  return #interface.addresses > 0 or #interface.gateways > 0 or #interface.dns_servers > 0
end

---Addresses that somebody set; 169.254.x.y is what Windows takes where nobody did.
---@return string[]
function M.fixed_addresses(interface)
  local list = {}
  for _, address in ipairs(interface.uses_dhcp and {} or interface.addresses) do
    if not address:find "^169%.254%." then list[#list + 1] = address end
  end
  return list
end

local kinds = {
  team = "a team of adapters", vlan = "a VLAN", ["switch port"] = "a port on a virtual switch",
  software = "an adapter made of software",
}

---"'Team1' (a team of adapters)", with the GUID where an adapter is not there: nothing else tells such ones apart.
---@return string
function M.describe(interface)
  local what = {}
  if kinds[interface.kind] then what[1] = kinds[interface.kind] end
  if interface.presence ~= "present" then
    what[#what + 1] = (interface.presence == "absent" and "not there any more, " or "probably not there any more, ")
      .. interface.guid
  end
  return ("'%s'%s"):format(interface.name, #what > 0 and " (" .. table.concat(what, ", ") .. ")" or "")
end

local function is_of(interface, team)
  if interface.presence ~= "present" then return false end
  return interface.carrier == nil or windows.same_name(interface.carrier, team.guid)
end

---The teams of a machine, each with the names of its members and its VLANs. Where Windows does not tell of which team
---an adapter is, it is with each: `sure` is false.
---@return { team: table, members: string[], vlans: table[], sure: boolean }[]
function M.teams(machine)
  local list = {}
  for _, team in ipairs(machine:interfaces()) do
    if team.presence == "present" and (team.kind == "team" or team.kind == "switch port") then
      local found = { team = team, members = {}, vlans = {}, sure = true }
      for _, other in ipairs(machine:interfaces()) do
        if other.is_member and is_of(other, team) then
          found.members[#found.members + 1] = other.name
          found.sure = found.sure and other.carrier ~= nil
        elseif other.kind == "vlan" and is_of(other, team) then
          found.vlans[#found.vlans + 1] = other
        end
      end
      list[#list + 1] = found
    end
  end
  return list
end

local function members_of(found)
  return #found.members > 0 and powershell.list(found.members) or "'CARD 1', 'CARD 2'"
end

-- A team of Windows, below which no switch of Hyper-V is.
local function lbfo(found)
  local team = powershell.text(found.team.name)
  local lines = { ("New-NetLbfoTeam -Name %s -TeamMembers %s"):format(team, members_of(found)) }
  for _, vlan in ipairs(found.vlans) do
    lines[#lines + 1] = ("Add-NetLbfoTeamNic -Team %s -VlanID %d -Name %s"):format(team, vlan.vlan,
      powershell.text(vlan.name))
  end
  return lines
end

-- A switch of Hyper-V that has the cards; several are a Switch Embedded Team.
local function switch(found)
  local name = found.team.name:match "^vEthernet %((.+)%)$" or found.team.name
  local team = powershell.text(name)
  local lines = { ("New-VMSwitch -Name %s -NetAdapterName %s%s -AllowManagementOS $true"):format(team,
    members_of(found), #found.members ~= 1 and " -EnableEmbeddedTeaming $true" or "") }
  for _, vlan in ipairs(found.vlans) do
    local port = powershell.text(vlan.name)
    lines[#lines + 1] = ("Add-VMNetworkAdapter -ManagementOS -SwitchName %s -Name %s"):format(team, port)
    lines[#lines + 1] = ("Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName %s -Access -VlanId %d"):format(
      port, vlan.vlan)
  end
  return lines
end

-- Since this release a switch of Hyper-V takes no LBFO team [features removed from Windows Server 2022].
local NO_LBFO_BELOW_SWITCH = "2022"

local function add(lines, more) table.move(more, 1, #more, #lines + 1, lines) end

-- The commands for one team.
local function commands_for(lines, found, destination_os)
  local team = found.team
  if team.kind == "switch port" then
    add(lines, switch(found))
    return
  end
  if team.maker ~= "Windows" then
    lines[#lines + 1] = ("'%s' is a team by software of %s: a team of Windows takes its place."):format(team.name,
      team.maker)
  end
  add(lines, lbfo(found))
  if destination_os and releases.at_most(NO_LBFO_BELOW_SWITCH, destination_os) then
    lines[#lines + 1] = "If Hyper-V is to use it, a Switch Embedded Team instead:"
    add(lines, switch(found))
  end
end

---What a person enters on the destination for the teams and VLANs of the source; empty when it has none.
---@param machine table the source
---@param destination_os string|nil key of the release
---@return string[] lines
function M.commands(machine, destination_os)
  local lines = {}
  for _, found in ipairs(M.teams(machine)) do
    commands_for(lines, found, destination_os)
    if not found.sure then
      lines[#lines + 1] = ("Nothing tells which cards '%s' has: look at it on the source."):format(found.team.name)
    end
  end
  for _, interface in ipairs(machine:interfaces()) do
    if interface.kind == "card" and interface.vlan and interface.presence == "present" then
      lines[#lines + 1] = ("Set-NetAdapter -Name %s -VlanID %d"):format(powershell.text(interface.name), interface.vlan)
    end
  end
  return lines
end

return M
