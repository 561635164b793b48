-- Ports are found by ComponentId and fit the limits of the destination.

local lu = require "luaunit"
local servers = require "test_servers"

local NICS = [[HKLM\SYSTEM\CurrentControlSet\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}]]

local t = {}

local function ports_of(release, system, destination_system)
  local plan, _, destination = servers.plan(machine, run, { release = release, system = system },
    { release = "2012", system = destination_system })
  return destination, plan
end

-- The source has PPTP at a number where the destination has SSTP.
local moved = [=[
[-NICS\0021]
[NICS\0022]
"ComponentId"="ms_pptpminiport"
"WanEndpoints"=dword:%08x
"EnableForRas"=dword:00000001
"EnableForRouting"=dword:00000001
"CalledIDInformation"=hex(7):35,00,35,00,35,00,00,00,00,00
]=]

function t.test_miniports_go_by_component_and_not_by_number()
  local destination = ports_of("2008r2", moved:format(128))
  lu.assertEquals(destination:read(NICS .. [[\0021]], "WanEndpoints"), 128)
  lu.assertEquals(destination:read(NICS .. [[\0021]], "EnableForRas"), 1)
  lu.assertEquals(destination:read(NICS .. [[\0021]], "EnableForRouting"), 1)
  lu.assertEquals(destination:read(NICS .. [[\0021]], "CalledIDInformation"), { "555" })
  lu.assertEquals(destination:read(NICS .. [[\0022]], "WanEndpoints"), 5)
end

function t.test_counts_are_clipped_and_limits_stay()
  local destination, plan = ports_of("2008r2", moved:format(5000))
  lu.assertEquals(destination:read(NICS .. [[\0021]], "WanEndpoints"), 1000)
  lu.assertEquals(destination:read(NICS .. [[\0021]], "MaxWanEndpoints"), 1000)
  local verdict = servers.verdict(plan, [[\0022]], "WanEndpoints")
  lu.assertEquals(verdict.verdict, "transformed")
  lu.assertStrContains(verdict.why, "0 to 1000")
end

function t.test_ports_that_the_source_lacks_are_switched_on_with_the_destinations_number()
  local source = '[NICS\\0022]\n"WanEndpoints"=dword:00000063\n[NICS\\0023]\n"WanEndpoints"=dword:00000063\n'
  local destination = ports_of("2003", source)
  for _, number in ipairs { "0022", "0023" } do
    lu.assertEquals(destination:read(NICS .. "\\" .. number, "WanEndpoints"), 5)
    lu.assertEquals(destination:read(NICS .. "\\" .. number, "EnableForRas"), 1)
  end
  destination = ports_of("2008", source)
  lu.assertEquals(destination:read(NICS .. [[\0022]], "WanEndpoints"), 0x63)
  lu.assertEquals(destination:read(NICS .. [[\0022]], "EnableForRas"), 0)
  lu.assertEquals(destination:read(NICS .. [[\0023]], "WanEndpoints"), 5)
  lu.assertEquals(destination:read(NICS .. [[\0023]], "EnableForRas"), 1)
end

function t.test_outdated_ports_stay_or_go_as_the_parameter_says()
  local source = '[NICS\\0021]\n"EnableForRas"=dword:00000001\n[NICS\\0022]\n"EnableForRas"=dword:00000001\n'
  local function with(answer)
    local plan, _, destination = servers.plan(machine, run, { release = "2012", system = source }, { release = "2025" },
      { parameters = { outdated_ports = answer } })
    local opened = false
    for _, action in ipairs(plan.deferred) do opened = opened or action.run:find("RRAS-PPTP-In-TCP", 1, true) ~= nil end
    return { destination:read(NICS .. [[\0021]], "EnableForRas"), destination:read(NICS .. [[\0022]], "EnableForRas"),
             opened, servers.has_note(plan, "--param outdated_ports=off") }
  end
  lu.assertEquals(with(nil), { 1, 1, true, true })
  lu.assertEquals(with("off"), { 0, 1, false, false })
end

return t
