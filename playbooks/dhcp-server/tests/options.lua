-- Options that name the source, each with its place and what the destination has instead.

local lu = require "luaunit"
local servers = require "test_servers"
local test_server = require "test_server"

local t = {}

local function export(server, scope)
  return ([=[<?xml version="1.0" encoding="utf-8"?>
<DHCPServer><IPv4><OptionDefinitions><OptionDefinition><OptionId>6</OptionId><DefaultValue>192.0.2.10</DefaultValue>
</OptionDefinition></OptionDefinitions><OptionValues>%s</OptionValues>
<Scopes><Scope><ScopeId>10.0.0.0</ScopeId>%s</Scope></Scopes></IPv4></DHCPServer>]=]):format(server, scope)
end

local function option(id, ...)
  return ("<OptionValue><OptionId>%d</OptionId><Value>%s</Value></OptionValue>"):format(id,
    table.concat({ ... }, "</Value><Value>"))
end

local function details(files, options, parameters)
  options = options or {}
  options.files = files
  local plan = servers.plan(machine, run, options, parameters)
  local step = test_server.entry(plan.manual, "dhcp-server/options")
  return step and step.details
end

local function of_xml(...) return details { [servers.image.xml] = export(...) } end

function t.test_each_option_that_names_the_source_is_told()
  lu.assertEquals(of_xml(option(6, "192.0.2.10", "192.0.2.11") .. option(15, "example.com"),
      option(66, "Old") .. option(252, "http://OLD/wpad.dat") .. "<Reservations><Reservation>"
      .. "<IPAddress>10.0.0.7</IPAddress><OptionValues>" .. option(44, "198.51.100.10")
      .. "</OptionValues></Reservation></Reservations><Policies><Policy><Name>Phones</Name><OptionValues>"
      .. "<OptionValue><OptionId>150</OptionId><UserClass>Desk</UserClass><Value>192.0.2.10</Value></OptionValue>"
      .. "</OptionValues></Policy></Policies>"), {
    "server, option 6: 192.0.2.10 (the destination has 192.0.2.20)",
    "scope 10.0.0.0, option 66: Old",
    "scope 10.0.0.0, option 252: OLD",
    "scope 10.0.0.0, reservation 10.0.0.7, option 44: 198.51.100.10 (the destination has 198.51.100.20)",
    "scope 10.0.0.0, policy Phones, option 150 of class 'Desk': 192.0.2.10 (the destination has 192.0.2.20)",
  })
end

function t.test_bytes_of_an_option()
  -- 192.0.2.10 in hexadecimal, byte by byte and in one; and another address.
  lu.assertEquals(#of_xml(option(43, "0xF1", "0x04", "0xC0", "0x00", "0x02", "0x0A"), option(121, "0x18C000020A")), 2)
  lu.assertNil(of_xml(option(43, "0xC0", "0x00", "0x02", "0x0B"), ""))
end

function t.test_what_only_begins_like_the_source_is_not_told()
  lu.assertNil(of_xml(option(6, "192.0.2.101", "1192.0.2.10"), option(66, "old.example.org", "old-2", "threshold")))
end

function t.test_nothing_is_told_where_name_and_addresses_go_along()
  lu.assertNil(details({ [servers.image.xml] = export(option(6, "192.0.2.10"), option(66, "old")) }, nil,
    { takes_over_name = "yes" }))
end

function t.test_leases_are_no_options()
  lu.assertNil(of_xml("", "<Leases><Lease><HostName>old</HostName><IPAddress>192.0.2.10</IPAddress></Lease></Leases>"))
end

function t.test_an_export_that_is_no_xml_is_named()
  local broken = "<DHCPServer><IPv4></IPv5></DHCPServer>"
  local told = details { [servers.image.xml] = broken }
  lu.assertEquals(#told, 1)
  lu.assertStrContains(told[1], "the export cannot be looked through: ")
end

function t.test_the_export_of_netsh_tells_what_it_names()
  local wide = ("old"):gsub(".", "%0\0")
  local function of_netsh(data) return details { [servers.image.netsh] = data } end
  lu.assertStrContains(of_netsh("\1\2\0\0" .. wide .. "\0\0\3")[1], "somewhere in the export of netsh: old;")
  lu.assertStrContains(of_netsh("\1\2\3\10\2\0\192\4")[1], "192.0.2.10 (the destination has 192.0.2.20)")
  lu.assertNil(of_netsh("\1\2\3" .. ("gold"):gsub(".", "%0\0") .. "\0\0"))
end

function t.test_options_in_the_registry()
  local software = [=[
[SOFTWARE\Microsoft\DHCPServer\Configuration\Subnets\10.0.0.0\SubnetOptions\006]
"OptionValue"=hex:0a,02,00,c0
"Other"=hex:0b,02,00,c0
]=]
  lu.assertEquals(details({}, { software = software }), {
    [[registry, Subnets\10.0.0.0\SubnetOptions\006\OptionValue: 192.0.2.10 (the destination has 192.0.2.20)]],
  })
end

return t
