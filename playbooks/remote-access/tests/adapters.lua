-- Adapters that are renamed, swapped, missing or extra: all that goes by an adapter follows the map, not the name.

local infoblock = require "format.infoblock"
local lu = require "luaunit"
local nat = require "format.nat"
local routing = require "format.routing"
local servers = require "test_servers"

local PARAMETERS = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters]]
local INTERFACES = [[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Interfaces]]
local from, to = servers.guids.source, servers.guids.destination
local types = infoblock.types

local t = {}

local route = routing.route.encode {
  destination = "10.40.0.0", mask = "255.255.0.0", policy = 0, next_hop = "10.20.10.254", age = 0, next_hop_as = 0,
  metric1 = 5, metric2 = 0, metric3 = 0, interface_index = 9, type = 4, protocol = 10006, preference = 3,
  view_set = 1, v4 = 1,
}

local function block_of(id, data)
  return infoblock.build { entries = { { type = id, item_size = #data, count = 1, data = data } } }
end

local function entry(number, guid, block)
  return ('[RA\\Interfaces\\%d]\n"InterfaceName"="%s"\n"Type"=dword:00000003\n[RA\\Interfaces\\%d\\Ip]\n')
    :format(number, guid, number) .. (block and '"InterfaceInfo"=hex:' .. servers.hex(block) .. "\n" or "")
end

-- Public NAT on Internet; a static route on Intranet, which also lends clients DHCP, DNS and WINS.
local public = nat.interface.encode { index = 9, flags = 3, settings = {} }
local source = entry(2, from.Internet, block_of(types.nat, public))
  .. entry(3, from.Intranet, block_of(types.static_routes, route))
  .. '[RA\\Parameters\\Ip]\n"NetworkAdapterGUID"="' .. from.Intranet .. '"\n'

local function pair(name, other, guids)
  return { source = { guid = from[name], name = name }, reason = "given",
           destination = other and { guid = (guids or to)[other], name = other } or nil }
end

local function plan_of(map, destination)
  destination = destination or {}
  destination.release = "2012"
  local plan, _, m = servers.plan(machine, run, { release = "2008r2", system = source }, destination, { map = map })
  lu.assertFalse(plan.blocked)
  lu.assertEquals(unjudged_of(plan), {})
  return m, plan
end

-- The entries of the destination's block for an adapter, by type; nil when it has no interface.
local function has(m, guid)
  for _, number in ipairs(m:keys(INTERFACES)) do
    if m:read(INTERFACES .. "\\" .. number, "InterfaceName") == guid then
      local value = m:get(INTERFACES .. "\\" .. number .. [[\Ip]], "InterfaceInfo")
      local found = {}
      for _, item in ipairs(value and infoblock.parse(value.raw).entries or {}) do found[item.type] = item.data end
      return found
    end
  end
end

local function assert_follows(m, internet, intranet)
  lu.assertNotNil(has(m, internet)[types.nat])
  lu.assertNil(has(m, internet)[types.static_routes])
  lu.assertEquals(routing.route.decode(has(m, intranet)[types.static_routes]).interface_index, 0)
  lu.assertNil(has(m, intranet)[types.nat])
  lu.assertEquals(m:read(PARAMETERS .. [[\Ip]], "NetworkAdapterGUID"), intranet)
end

function t.test_renamed()
  local guids = {
    Outside = "{33333333-0000-0000-0000-000000000001}", Inside = "{33333333-0000-0000-0000-000000000002}",
  }
  local map = { pair("Internet", "Outside", guids), pair("Intranet", "Inside", guids) }
  local m, plan = plan_of(map, { cards = { "Outside", "Inside" }, guids = guids })
  assert_follows(m, guids.Outside, guids.Inside)
  lu.assertStrContains(servers.verdict(plan, [[Interfaces\2]], "InterfaceName").why, "the adapter of the destination")
end

function t.test_swapped()
  assert_follows(plan_of { pair("Internet", "Intranet"), pair("Intranet", "Internet") }, to.Intranet, to.Internet)
end

function t.test_a_missing_one_that_the_map_leaves_out()
  local m, plan = plan_of { pair("Internet", "Internet"), pair("Intranet", nil) }
  lu.assertNotNil(has(m, to.Internet)[types.nat])
  lu.assertNil(has(m, to.Intranet))
  lu.assertNil(m:read(PARAMETERS .. [[\Ip]], "NetworkAdapterGUID"))
  lu.assertStrContains(servers.verdict(plan, [[Interfaces\3\Ip]], "InterfaceInfo").why,
    "no adapter of the destination stands for 'Intranet'")
  lu.assertStrContains(servers.verdict(plan, [[Parameters\Ip]], "NetworkAdapterGUID").why, "no counterpart")
end

function t.test_an_extra_one_keeps_what_it_has()
  local guids = { Backup = "{33333333-0000-0000-0000-000000000003}" }
  local status = block_of(types.interface_status, routing.status.encode { status = 2 })
  local m = plan_of({ pair("Internet", "Internet"), pair("Intranet", "Intranet") }, {
    cards = { "Internet", "Intranet", "Backup" }, guids = guids, system = entry(2, guids.Backup, status),
  })
  assert_follows(m, to.Internet, to.Intranet)
  lu.assertEquals(has(m, guids.Backup), { [types.interface_status] = "\2\0\0\0" })
end

-- Routing on an adapter that is gone: by its last name, until somebody says what becomes of it.
function t.test_routing_of_an_adapter_that_is_gone()
  local gone = "{11111111-0000-0000-0000-000000000009}"
  local listed = ([=[
[CCS\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\%s\Connection]
"Name"="Branch line"
"PnpInstanceID"="PCI\\VEN_8086\\GONE"
[CCS\Enum\PCI\VEN_8086\%s]
"Service"="e1i"
[CCS\Enum\PCI\VEN_8086\%s]
"Service"="e1i"
]=]):format(gone, from.Internet, from.Intranet)
  local function try(system, options)
    return servers.plan(machine, run, { release = "2008r2", system = system }, nil, options)
  end
  local routes = entry(2, gone, block_of(types.static_routes, route))
  local plan = try(listed .. routes)
  lu.assertTrue(plan.blocked)
  lu.assertStrContains(servers.check(plan, "gone-adapters").message, "'Branch line " .. gone .. "': static routes")
  lu.assertFalse(try(listed .. routes, { waived = { "remote-access/gone-adapters" } }).blocked)
  plan = try(routes)
  lu.assertStrContains(servers.check(plan, "gone-adapters").message, "a removed adapter " .. gone)
  -- What every interface has is no content, and what the map leaves out is left out.
  local status = block_of(types.interface_status, "\1\0\0\0")
  lu.assertFalse(try(listed .. entry(2, gone, status)).blocked)
  local map = { pair("Internet", "Internet"), pair("Intranet", "Intranet"),
                { source = { guid = gone, name = "Branch line" }, reason = "given" } }
  lu.assertFalse(try(listed .. routes, { map = map }).blocked)
end

-- A card without addresses that the router uses all the same.
function t.test_routing_needs_a_place()
  local map = { pair("Internet", "Internet"), pair("Intranet", nil) }
  map[2].reason = "none"
  local function try(system)
    return servers.plan(machine, run, { release = "2008r2", system = system }, nil, { map = map })
  end
  lu.assertFalse(try("").blocked)
  local plan = try(entry(2, from.Intranet, block_of(types.static_routes, route)))
  lu.assertTrue(plan.blocked)
  lu.assertStrContains(servers.failed(plan, "RA-CHK-13").message, "'Intranet'")
end

-- All bits of DisabledComponents, below a destination that has the IPv6 part of the router.
function t.test_ipv6_that_is_switched_off_with_all_bits()
  local off = '[CCS\\Services\\Tcpip6\\Parameters]\n"DisabledComponents"=dword:ffffffff\n'
  local function try(here, there)
    local plan = servers.plan(machine, run, { release = "2008r2", system = here }, { release = "2019", system = there })
    return servers.check(plan, "ipv6-switched-off")
  end
  local check = try("[-RA\\RouterManagers\\Ipv6]\n", off)
  lu.assertEquals(check.severity, "warn")
  lu.assertStrContains(check.message, "meant to be 0xFF")
  lu.assertStrContains(check.message, "which the source does not have")
  lu.assertStrContains(try("", off).message, "as the source has")
  lu.assertNil(try("", off .. "[-RA\\RouterManagers\\Ipv6]\n"))
  lu.assertNil(try(off, "")) -- no playbook takes it over
end

return t
