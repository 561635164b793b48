-- Servers for the tests: OLD answers for example.com from a file, NEW has the role alone.

local test_server = require "test_server"

local M = {}

M.cards = {
  source = { { guid = "{11111111-0000-0000-0000-000000000001}", name = "LAN", addresses = { "192.0.2.10" } } },
  destination = { { guid = "{22222222-0000-0000-0000-000000000001}", name = "LAN", addresses = { "192.0.2.20" } } },
}

local service = [=[
[CCS\Services\DNS]
"Start"=dword:00000002
]=]

local root = [[
[SOFTWARE\Microsoft\Windows NT\CurrentVersion\DNS Server\Zones\.]
"Type"=dword:00000000
"DatabaseFile"="cache.dns"
]]

---A zone as .reg text: its name and further lines.
function M.zone(name, kind, lines)
  return ("[SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\DNS Server\\Zones\\%s]\n\"Type\"=dword:0000000%d\n%s\n")
    :format(name, kind, lines or "")
end

M.public_hints = ".                3600000  NS  A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET. 3600000 A 198.41.0.4\n"

---@param options table options of test_server.text, with `zones` (.reg text) and `files` by name in the folder
function M.server(machine, side, options)
  local files = {}
  for name, text in pairs(options.files or {}) do files["Windows/System32/dns/" .. name] = text end
  files["Windows/System32/dns/cache.dns"] = files["Windows/System32/dns/cache.dns"] or M.public_hints
  return machine.from(test_server.text {
    release = options.release or (side == "source" and "2008r2" or "2016"),
    name = options.name or (side == "source" and "OLD" or "NEW"), domain = options.domain or "example.com",
    product = options.product, cards = M.cards[side], system = service .. (options.system or ""),
    software = root .. (options.zones or ""), files = files,
  })
end

---Makes both servers and plans.
---@return table plan, table destination, table source
function M.plan(machine, run, source, parameters, destination)
  local from, to = M.server(machine, "source", source), M.server(machine, "destination", destination or {})
  local plan = run {
    playbooks = { "dns-server" }, source = from, destination = to, parameters = parameters,
    map = test_server.map(M.cards.source, M.cards.destination),
  }
  return plan, to, from
end

return M
