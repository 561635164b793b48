-- Demand-dial connections: the sections of router.pbk. Their interfaces follow in interfaces.lua.

local compat = require "compat"
local facts = require "facts"
local phonebook = require "format.phonebook"
local phonebook_rules = require "phonebook_rules"
local windows = require "windows"

-- The phonebook of a side; what is odd in it is told.
local function read_book(ctx, side)
  local book, problem = facts.read_book(ctx[side])
  if not book then
    error({ code = "format", object = facts.phonebook, message = problem.object .. ": " .. problem.message,
            hint = problem.hint }, 0)
  end
  for _, warning in ipairs(book.warnings) do ctx:note(("The phonebook of the %s: %s."):format(side, warning)) end
  return book
end

-- The names of the source's demand-dial interfaces, in capital letters.
local function interface_names(machine)
  local names = {}
  for _, interface in ipairs(facts.router_interfaces(machine)) do
    if facts.demand_dial_types[interface.type] then names[windows.upcase(interface.called)] = true end
  end
  return names
end

-- Gives the destination's name of a WAN miniport for the source's; ports go by the same number.
local function device_translation(ctx)
  local source, destination = facts.miniports(ctx.source), facts.miniports(ctx.destination)
  return function(device, port)
    for component, own in pairs(source) do
      local twin = destination[component]
      if own.description == device and twin then return twin.description or device, port end
    end
    for _, twin in pairs(destination) do
      if twin.description == device then return device, port end
    end
  end
end

-- A value of `key` that no other entry of the destination has: the wanted one, or the next that is free.
local function free_value(book, name, key, wanted, next_value)
  local taken = {}
  for _, entry in ipairs(book.entries) do
    local value = phonebook.get(entry, key)
    if value and not windows.same_name(entry.called, name) then taken[value:upper()] = true end
  end
  while taken[wanted:upper()] do wanted = next_value(wanted) end
  return wanted
end

local function next_guid(guid)
  local last = (tonumber(guid:sub(-8), 16) or 0) + 1 & 0xFFFFFFFF
  return guid:sub(1, -9) .. ("%08X"):format(last)
end

local function next_uid(uid)
  return tostring((math.tointeger(tonumber(uid)) or 0) + 1)
end

local function tell(ctx, entry, report)
  for _, item in ipairs(report) do
    local guide = item.guide and (" (" .. item.guide .. ")") or ""
    local change = item.after and (" from '%s' to '%s'"):format(item.before or "", item.after) or ""
    ctx:note(("Demand-dial '%s': %s %s%s: %s%s."):format(entry.called, item.key, item.action, change,
      item.reason or "", guide))
    if item.guide == "RA-MAN-12" then
      ctx:call_for("custom-dialing", ("%s of '%s'"):format(item.before, entry.called))
    end
    if item.key == "IpSecFlags" and item.action == "manual" then
      ctx:call_for("demand-dial-secrets", ("the preshared key of '%s'"):format(entry.called))
    end
  end
end

-- Puts the adapted entry where one of its name is, or at the end.
local function place(book, entry)
  local _, index = phonebook.find(book, entry.called)
  if index then
    book.entries[index] = entry
  else
    phonebook.add(book, entry)
  end
end

local function move_entry(ctx, book, entry, device)
  local adapted, report = phonebook_rules.adapt(entry, {
    source_os = compat.release(ctx),
    ipv6 = compat.of_source(ctx, "RA-GAP-03a") ~= "disable",
    ipv6_defaults = compat.of_source(ctx, "RA-GAP-05") ~= "as-is",
    device = device,
    guid = function(guid) return free_value(book, entry.called, "Guid", guid, next_guid) end,
    dial_params_uid = function(uid) return free_value(book, entry.called, "DialParamsUID", uid, next_uid) end,
    is_source = function(peer) return facts.is_called(ctx.source, peer) end,
  })
  tell(ctx, entry, report)
  if not adapted then
    ctx.state.connections[windows.upcase(entry.called)] = "dial-up connections depend on the source's modems"
    ctx:call_for("dial-up", entry.called)
    return false
  end
  local code_page, told = facts.code_page(ctx.source)
  if phonebook.to_utf8(adapted, code_page) then
    ctx:note(("Demand-dial '%s': its text was in code page %d%s; it is UTF-8 on the destination."):format(entry.called,
      code_page, told and "" or ", it seems: the source does not say which is its own"))
  end
  place(book, adapted)
  ctx.state.connections[windows.upcase(entry.called)] = "moved"
  ctx:call_for("demand-dial-secrets", ("user name and password of '%s'"):format(entry.called))
  return true
end

-- What of the source's phonebook belongs to an interface goes into the destination's.
local function carry_book(_, ctx)
  ctx.state.connections = {}
  local wanted, device = interface_names(ctx.source), device_translation(ctx)
  local source, destination, count = read_book(ctx, "source"), read_book(ctx, "destination"), 0
  for _, entry in ipairs(source.entries) do
    if entry.repeated then
      ctx:note(("The phonebook has a second '%s', which does not count: it is not migrated."):format(entry.called))
    elseif not wanted[windows.upcase(entry.called)] then
      ctx:note(("The phonebook's '%s' belongs to no interface: it is not migrated."):format(entry.called))
    elseif move_entry(ctx, destination, entry, device) then
      count = count + 1
    end
  end
  local why = ("%d of %d connections moved"):format(count, #source.entries)
  return count > 0 and phonebook.build(destination) or nil, why
end

return {
  account "phonebook" {
    guide = { "RA-VER-09", "RA-MAN-02", "RA-GAP-03a", "RA-GAP-05", "RA-GAP-09", "RA-MAN-12" },
    title = "Demand-dial connections", files = [[%SystemRoot%\System32\ras]],
    migrate "*" { through = carry_book },
  },
}
