-- The checks, on both sides of each border.

local lu = require "luaunit"
local playbook = require "playbook"
local servers = require "test_servers"

local t = {}

local function plan(...) return servers.plan(machine, run, ...) end
local take_over = { takes_over_name = true }

function t.test_pairs_of_releases()
  for _, pair in ipairs { { "2003", "2012" }, { "2012", "2012" }, { "2008r2", "2019" } } do
    lu.assertNil(servers.failed(plan({ release = pair[1] }, { release = pair[2] }), "supported-pair"), pair[1])
  end
  for _, pair in ipairs { { "2019", "2012" }, { "2003", "2008r2" } } do
    lu.assertTrue(plan({ release = pair[1] }, { release = pair[2] }).blocked, pair[1])
  end
end

function t.test_an_adapter_without_a_counterpart_blocks_by_name()
  local map = servers.map "DMZ"
  map[1].reason = "none"
  local made = plan({}, {}, nil, map)
  lu.assertTrue(made.blocked)
  lu.assertStrContains(servers.failed(made, "adapters-mapped").message, "'DMZ'")
  lu.assertNil(servers.failed(plan({}, {}, nil, servers.map "DMZ"), "adapters-mapped"))
  map = servers.map()
  map[2].reason = "subnet"
  lu.assertStrContains(servers.failed(plan({}, {}, nil, map), "adapters-mapped").message, "LAN = LAN")
end

function t.test_masks_have_to_be_masks()
  local made = plan({ LAN = servers.fixed { "192.0.2.10/255.0.255.0" } }, {}, take_over)
  lu.assertTrue(made.blocked)
  lu.assertStrContains(servers.failed(made, "sound-addresses").message, "192.0.2.10")
  lu.assertFalse(plan({ LAN = servers.fixed { "192.0.2.10/255.0.255.0" } }, {}).blocked)
end

function t.test_no_address_twice()
  local source = { LAN = servers.fixed { "192.0.2.10/255.255.255.0" } }
  local made = plan(source, { DMZ = servers.fixed { "192.0.2.10/255.255.255.0" } }, take_over)
  lu.assertTrue(made.blocked)
  lu.assertStrContains(servers.failed(made, "address-twice").message, "'DMZ'")
  lu.assertFalse(plan(source, { LAN = servers.fixed { "192.0.2.10/255.255.255.0" } }, take_over).blocked)
end

function t.test_leases_have_nothing_to_take_over()
  local made = plan({}, {}, take_over)
  lu.assertNil(servers.failed(made, "addresses-in-use"))
  lu.assertNil(servers.manual(made, "release-addresses"))
  lu.assertEquals(made.deferred, {})
end

function t.test_presence()
  lu.assertTrue((playbook.present(servers.server(machine, "source", {}))))
  local bare = "Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control]\n"
  lu.assertFalse((playbook.present(machine.from { registry = { SYSTEM = bare } })))
end

return t
