-- Interfaces of the router, and what each transport and routing protocol knows of them.
--
-- Both servers have lists of numbered keys whose numbers mean nothing. The destination's list stays as it is; what
-- the source has goes to the entry of the same interface, and what the destination lacks is added after it.

local compat = require "compat"
local facts = require "facts"
local infoblocks = require "infoblocks"
local windows = require "windows"

local keys = facts.keys
local LAN, INTERNAL, LOOPBACK = 3, 4, 5
local by_type_alone = { [INTERNAL] = true, [LOOPBACK] = true }
local transports = { ip = "Ip", ipv6 = "Ipv6" }
local protocol_ids = { Ip = 0x21, Ipv6 = 0x57 }

local function account(ctx, path, value, entry)
  ctx:verdict {
    path = path, name = value.name, verdict = entry.verdict, why = entry.why, before = value,
    after = entry.to and ctx.destination:get(entry.to, value.name), to = entry.to, secret = entry.secret,
    by_shape = entry.verdict == "kept",
  }
end

-- Writes an info block below `to`, in the form that the destination can read.
local function write_block(ctx, path, value, to, transport, scope, where)
  local adapted, what = infoblocks.adapt(ctx, value.raw, transport, scope)
  local own = ctx.destination:get(to, value.name)
  local secret = infoblocks.holds_secret(value.raw, scope)
    or own ~= nil and infoblocks.holds_secret(own.raw, scope)
  if not adapted then
    account(ctx, path, value, { verdict = "dropped", why = what or "nothing of it is left", to = to, secret = secret })
    return
  end
  ctx.destination:set(to, value.name, "binary", adapted)
  if secret then ctx.destination:mark_secret(to, value.name) end
  infoblocks.note_addresses(ctx, adapted, scope, where)
  account(ctx, path, value, {
    verdict = adapted == value.raw and "migrated" or "transformed", why = what, to = to, secret = secret,
  })
end

-- One transport of one interface.
local function write_transport(ctx, path, to, transport, where)
  if not ctx.destination:get(to, "ProtocolId") then
    ctx.destination:set(to, "ProtocolId", "dword", protocol_ids[transport])
  end
  for _, value in ipairs(ctx.source:values(path)) do
    if value.name:lower() == "interfaceinfo" then
      write_block(ctx, path, value, to, transport, "interface", where)
    else
      account(ctx, path, value, { verdict = "kept", why = "belongs to the destination", to = to })
    end
  end
  for _, name in ipairs(ctx.source:keys(path)) do
    ctx:account_all(path .. "\\" .. name, "dropped", "not known to be a setting of the role")
  end
end

-- The list of a machine, by number: {number, path, name, type}.
local function read_list(machine)
  local list = {}
  for _, key in ipairs(machine:keys(keys.interfaces)) do
    local number = key:match "^%d+$" and math.tointeger(tonumber(key))
    if number then
      local path = keys.interfaces .. "\\" .. key
      local name = machine:read(path, "InterfaceName")
      list[#list + 1] = {
        number = number, path = path, name = type(name) == "string" and name or "", type = machine:read(path, "Type"),
      }
    end
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  return list
end

-- What an interface of the source is called on the destination, or nil and why it is not moved.
local function name_on_destination(ctx, entry)
  if by_type_alone[entry.type] then
    return entry.name
  elseif entry.type == LAN then
    local adapter = ctx:interface(entry.name)
    if adapter then return adapter.guid end
    local own = facts.interface(ctx.source, entry.name)
    return nil, own and own.is_card and "no adapter of the destination stands for '" .. own.name .. "'"
      or "it is no network card of the source, or one that was removed"
  elseif facts.demand_dial_types[entry.type] then
    if ctx.state.moved[entry.name:lower()] then return entry.name end
    return nil, ctx.state.not_moved[entry.name:lower()] or "it has no section in router.pbk: it does not work"
  end
  return nil, "interfaces of its type are not kept over a restart"
end

local function is_twin(entry, other, name)
  if by_type_alone[entry.type] then return other.type == entry.type end
  local same_kind = other.type == entry.type
    or facts.demand_dial_types[other.type] and facts.demand_dial_types[entry.type]
  return same_kind and windows.same_name(other.name, name)
end

-- The destination's entry for an interface of the source; a new one gets the lowest free number.
local function find_or_add(ctx, list, entry, name)
  local taken, number = {}, 0
  for _, other in ipairs(list) do
    if is_twin(entry, other, name) then return other end
    taken[other.number] = true
  end
  while taken[number] do number = number + 1 end
  local added = { number = number, path = keys.interfaces .. "\\" .. number, name = name, type = entry.type }
  ctx.destination:set(added.path, "InterfaceName", "sz", name)
  ctx.destination:set(added.path, "Stamp", "dword", 0)
  list[#list + 1] = added
  return added
end

local only_2012 = { samaxdatasize = true, salifetime = true }

local function write_values(ctx, entry, to)
  for _, value in ipairs(ctx.source:values(entry.path)) do
    local name = value.name:lower()
    if name == "enabled" or name == "type" or name == "dialouthours"
      or only_2012[name] and compat.release(ctx) == "2012" then
      ctx.destination:set(to.path, value.name, value)
      account(ctx, entry.path, value, { verdict = "migrated", to = to.path })
    elseif name == "interfacename" and windows.same_name(value.value, to.name) then
      account(ctx, entry.path, value, { verdict = "migrated", to = to.path })
    elseif name == "interfacename" and entry.type == LAN then
      account(ctx, entry.path, value, {
        verdict = "transformed", why = "the adapter of the destination that stands for it", to = to.path,
      })
    elseif name == "machinecertificatename" then
      ctx:call_for("interface-certificates", entry.name)
      account(ctx, entry.path, value, { verdict = "manual", why = "choose the certificate again", to = to.path })
    else
      account(ctx, entry.path, value, { verdict = "kept", why = "belongs to the destination", to = to.path })
    end
  end
end

local function move_interface(ctx, entry, to)
  write_values(ctx, entry, to)
  local own = facts.interface(ctx.source, entry.name)
  local where = own and own.name or entry.name
  for _, name in ipairs(ctx.source:keys(entry.path)) do
    local path, transport = entry.path .. "\\" .. name, transports[name:lower()]
    if transport then
      write_transport(ctx, path, to.path .. "\\" .. transport, transport, where)
    elseif name:lower() == "ikev2custompolicy" and compat.release(ctx) == "2012" then
      ctx.destination:copy_key(to.path .. "\\" .. name, ctx.source, path)
      ctx:account_all(path, "migrated")
    else
      ctx:account_all(path, "dropped", "the destination has no such part of an interface")
    end
  end
end

local function move_router_manager(ctx, name)
  local path, transport = keys.router_managers .. "\\" .. name, transports[name:lower()]
  local to = transport and keys.router_managers .. "\\" .. transport
  if not to or not ctx.destination:has_key(to) then
    ctx:account_all(path, "dropped", "the destination does not have this transport")
    return
  end
  for _, value in ipairs(ctx.source:values(path)) do
    if value.name:lower() == "globalinfo" then
      write_block(ctx, path, value, to, transport, "global", transport == "Ip" and "IPv4 routing" or "IPv6 routing")
    else
      account(ctx, path, value, { verdict = "kept", why = "belongs to the destination", to = to })
    end
  end
  for _, sub in ipairs(ctx.source:keys(path)) do
    ctx:account_all(path .. "\\" .. sub, "kept", "not known to be a setting of the role")
  end
end

return {
  step "routing-protocols" {
    guide = { "RA-VER-10", "RA-VER-16", "RA-GAP-11", "RA-NEW-01", "RA-NEW-02" },
    title = "Routing protocols, global settings",
    run = function(ctx)
      local names = ctx.source:keys(keys.router_managers)
      for _, value in ipairs(ctx.source:values(keys.router_managers)) do
        account(ctx, keys.router_managers, value, { verdict = "kept", why = "belongs to the destination",
                                                    to = keys.router_managers })
      end
      for _, name in ipairs(names) do move_router_manager(ctx, name) end
      return ("transports: %d"):format(#names)
    end,
  },

  step "interfaces" {
    guide = { "RA-VER-11", "RA-VER-12", "RA-VER-13", "RA-VER-14a", "RA-VER-15" }, title = "Interfaces of the router",
    run = function(ctx)
      for _, value in ipairs(ctx.source:values(keys.interfaces)) do
        account(ctx, keys.interfaces, value, { verdict = "kept", why = "belongs to the destination",
                                               to = keys.interfaces })
      end
      local list, count = read_list(ctx.destination), 0
      for _, entry in ipairs(read_list(ctx.source)) do
        local name, why = name_on_destination(ctx, entry)
        if name then
          move_interface(ctx, entry, find_or_add(ctx, list, entry, name))
          count = count + 1
        else
          ctx:account_all(entry.path, "dropped", why)
          ctx:note(("Interface '%s' is not migrated: %s."):format(entry.name, why))
        end
      end
      return ("moved: %d"):format(count)
    end,
  },
}
