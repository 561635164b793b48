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
  lu.assertEquals(plan.unaccounted, {})
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

return t
