-- Rules of Windows Firewall that somebody made on the source for remote access.
--
-- A rule is text of fields between bars behind its version [MS-GPFAS 2.2.2.19]. Those that come with Windows have names
-- of its resources, "@FirewallAPI.dll,-33765" (SYSTEM hives of Windows 7 and 10).

local facts = require "facts"
local relocate = require "relocate"

local services = { remoteaccess = true, rasman = true, sstpsvc = true, ikeext = true, policyagent = true }

-- By protocol: TCP, UDP; GRE, ESP and AH have no ports (guide section 11a).
local ports = { ["6"] = { 1723 }, ["17"] = { 500, 1701, 4500 }, ["47"] = {}, ["50"] = {}, ["51"] = {} }

-- The fields of a rule in their order, and those of a name; nil for what is no rule.
local function parse(text)
  local version, rest = text:match "^v(%d+%.%d+)|(.+)|$"
  if not version then return nil end
  local fields = {}
  for part in (rest .. "|"):gmatch "([^|]*)|" do
    local name, value = part:match "^([%w_]+)=(.*)$"
    if not name then return nil end
    fields[#fields + 1] = { name = name, value = value }
  end
  return { version = version, fields = fields }
end

local function all(rule, pattern)
  local list = {}
  for _, field in ipairs(rule.fields) do
    if field.name:match(pattern) then list[#list + 1] = field.value end
  end
  return list
end

local function build(rule)
  local parts = { "v" .. rule.version }
  for _, field in ipairs(rule.fields) do parts[#parts + 1] = field.name .. "=" .. field.value end
  return table.concat(parts, "|") .. "|"
end

local function is_windows_own(rule)
  for _, value in ipairs(all(rule, "^Name$")) do if value:sub(1, 1) == "@" then return true end end
  for _, value in ipairs(all(rule, "^EmbedCtxt$")) do if value:sub(1, 1) == "@" then return true end end
  return false
end

-- Whether a rule has one of these ports: "1723", or "1700-1800".
local function has_port(rule, wanted)
  for _, value in ipairs(all(rule, "^LPort")) do
    local first, last = value:match "^(%d+)%-?(%d*)$"
    first = math.tointeger(tonumber(first))
    last = math.tointeger(tonumber(last)) or first
    for _, port in ipairs(wanted) do
      if first and port >= first and port <= last then return true end
    end
  end
  return false
end

local function is_for_remote_access(rule, sstp_port)
  for _, service in ipairs(all(rule, "^Svc$")) do
    if services[service:lower()] then return true end
  end
  for _, protocol in ipairs(all(rule, "^Protocol$")) do
    local wanted = ports[protocol]
    if wanted and (#wanted == 0 or has_port(rule, wanted)) then return true end
    if protocol == "6" and sstp_port and has_port(rule, { sstp_port }) then return true end
  end
  return false
end

local function sstp_port(machine)
  if not facts.is_vpn_server(machine) then return nil end
  local port = facts.number(machine, facts.keys.sstp, "ListenerPort")
  return port ~= 0 and port or 443
end

-- Rules of somebody's own that the source has for remote access.
local function own_rules(source, ctx)
  local list, port = {}, sstp_port(source)
  for _, value in ipairs(source:values(facts.keys.firewall_rules)) do
    local rule = value.type == "sz" and parse(value.value)
    if rule and not is_windows_own(rule)
      and (ctx.params.firewall_rules == "all-own" or is_for_remote_access(rule, port)) then
      list[#list + 1] = { name = all(rule, "^Name$")[1] or value.name, value = value.name, rule = rule }
    end
  end
  return list
end

-- An interface by the map. A local address of the source goes to that of the same card, unless it comes along.
local function moved(field, ctx, names)
  if field.name == "IF" then
    local there = ctx:interface(field.value)
    if not there then return nil, "it is for the interface " .. field.value .. ", which has none in its place" end
    return there.guid
  elseif field.name == "LA4" then
    local address = field.value:match "^[%d.]+"
    local there = names.addresses[address]
    if there == false then return nil, "it is for the address " .. address .. ", and its card has none" end
    return there and field.value:gsub("%d+%.%d+%.%d+%.%d+", { [address] = there }) or field.value
  end
  return field.value
end

local function remap(text, ctx, about)
  local rule, names, fields = about.item.rule, relocate.changing_names(ctx), {}
  for index, field in ipairs(rule.fields) do
    local value, problem = moved(field, ctx, names)
    if not value then
      ctx:call_for("dropped-firewall-rules", ("'%s': %s"):format(about.item.name, problem))
      return nil, problem
    end
    fields[index] = { name = field.name, value = value }
  end
  local made = build { version = rule.version, fields = fields }
  return made, made ~= text and "interfaces and addresses of the destination" or nil
end

-- Of 2003, "1723:TCP:*:Enabled:PPTP"; a name with "@" is Windows' own (KB 842242). As commands for the destination.
local function opened_ports(machine)
  local lines = {}
  for _, value in ipairs(machine:values(facts.keys.firewall_2003)) do
    local text = type(value.value) == "string" and value.value or ""
    local port, protocol, from, name = text:match "^(%d+):(%u+):([^:]*):[Ee]nabled:(.*)$"
    if port and name:sub(1, 1) ~= "@" then
      lines[#lines + 1] = ("New-NetFirewallRule -DisplayName '%s' -Direction Inbound -Action Allow -Protocol %s"
        .. " -LocalPort %s%s"):format(name:gsub("'", "''"), protocol, port,
          from ~= "*" and " -RemoteAddress " .. from:gsub("LocalSubNet", "LocalSubnet") or "")
    end
  end
  return lines
end

return {
  settings "firewall-rules-of-source" {
    guide = "RA-POST-08", title = "Own rules of Windows Firewall for remote access",
    each = own_rules, when = function(ctx) return ctx.params.firewall_rules ~= "leave" end,
    key = facts.keys.firewall_rules, value = function(item) return item.value end,
    migrate "*" { through = remap },
  },

  manual "opened-ports" {
    guide = "RA-POST-08", title = "Ports that the firewall of 2003 lets in", on = "destination", phase = "after",
    when = function(ctx) return ctx.source_os == "2003" and #opened_ports(ctx.source) > 0 end,
    text = function(ctx)
      return "Open those that are still needed there:\n" .. table.concat(opened_ports(ctx.source), "\n")
    end,
  },

  manual "dropped-firewall-rules" {
    guide = "RA-POST-08", title = "Rules of Windows Firewall that have no place", on = "destination", phase = "after",
    on_demand = true, text = "Make these rules of the source again if they are still needed:",
  },
}
