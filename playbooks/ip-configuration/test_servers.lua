-- Servers for the tests: two cards each, with addresses that a test gives. Keys are written [CCS\...].

local test_server = require "test_server"

local M = { failed = test_server.failed, verdict = test_server.verdict }

M.guids = {
  source = { LAN = "{11111111-0000-0000-0000-000000000001}", DMZ = "{11111111-0000-0000-0000-000000000002}" },
  destination = { LAN = "{22222222-0000-0000-0000-000000000001}", DMZ = "{22222222-0000-0000-0000-000000000002}" },
}

---A value of .reg text: M.list("IPAddress", { "192.0.2.1" }).
function M.list(name, lines)
  return ('"%s"=%s\n'):format(name, test_server.multi_sz(lines))
end

---An adapter with fixed addresses: { "192.0.2.10/255.255.255.0" }, { gateway }, further values as text.
function M.fixed(addresses, gateways, more)
  local plain, masks = {}, {}
  for index, item in ipairs(addresses) do plain[index], masks[index] = item:match "^(.-)/(.*)$" end
  return '"EnableDHCP"=dword:00000000\n' .. M.list("IPAddress", plain) .. M.list("SubnetMask", masks)
    .. (gateways and M.list("DefaultGateway", gateways) .. M.list("DefaultGatewayMetric", { "0" }) or "")
    .. (more or "")
end

M.dhcp = '"EnableDHCP"=dword:00000001\n"DhcpIPAddress"="192.0.2.77"\n"DhcpSubnetMask"="255.255.255.0"\n'

---@param side "source"|"destination"
---@param options table {release, LAN, DMZ = values of the adapter, system = text, files}
function M.server(machine, side, options)
  local parts = {}
  for name, guid in pairs(M.guids[side]) do
    parts[#parts + 1] = ([=[
[CCS\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\%s\Connection]
"Name"="%s"
"PnpInstanceID"="PCI\\VEN_8086\\%s"
[CCS\Services\Tcpip\Parameters\Interfaces\%s]
%s]=]):format(guid, name, guid, guid, options[name] or M.dhcp)
  end
  table.sort(parts)
  return machine.from(test_server.text {
    release = options.release or (side == "source" and "2008r2" or "2012"), name = side == "source" and "OLD" or "NEW",
    system = table.concat(parts, "\n") .. "\n" .. (options.system or ""), files = options.files,
  })
end

---The map by equal names; `left_out` is a name that has nothing on the destination on purpose.
function M.map(left_out)
  local map = {}
  for _, name in ipairs { "DMZ", "LAN" } do
    map[#map + 1] = {
      source = { guid = M.guids.source[name], name = name }, reason = name == left_out and "given" or "name",
      destination = name ~= left_out and { guid = M.guids.destination[name], name = name } or nil,
    }
  end
  return map
end

---@return table plan, table destination, table source
function M.plan(machine, run, source, destination, parameters, map)
  local from, to = M.server(machine, "source", source), M.server(machine, "destination", destination or {})
  local plan = run { playbooks = { "ip-configuration" }, source = from, destination = to, map = map or M.map(),
                     parameters = parameters }
  return plan, to, from
end

function M.manual(plan, id)
  return test_server.entry(plan.manual, "ip-configuration/" .. id)
end

---The key of the destination's adapter of a name.
function M.key(name, service)
  local prefix = service == "NetBT" and "Tcpip_" or ""
  return ([[HKLM\SYSTEM\CurrentControlSet\Services\%s\Parameters\Interfaces\%s]]):format(service or "Tcpip",
    prefix .. M.guids.destination[name])
end

return M
