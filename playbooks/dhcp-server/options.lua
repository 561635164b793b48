-- Options that name the source: found and told one by one, never edited, since the export is the service's own text.

local bytes = require "format.bytes"
local facts = require "facts"
local relocate = require "relocate"
local xml = require "format.xml"

local MOST = 200 -- told of one place

-- What of a text is the source's: its addresses and names as whole words, in whatever they stand, as in a URL.
local function words_of_source(text, names)
  local found = {}
  for word in text:gmatch "[%w%.%-_]+" do
    local bare = word:gsub("%.$", "")
    if names.addresses[bare] ~= nil or names.names[bare:lower()] then found[#found + 1] = bare end
  end
  return found
end

-- The same in bytes: text in one or two bytes a sign, and addresses as four bytes in either order.
local function bytes_of_source(data, names)
  local found = words_of_source(data, names)
  local narrow = data:gsub("([%w%.%-_])%z", "%1")
  for _, word in ipairs(words_of_source(narrow, names)) do found[#found + 1] = word end
  for address in pairs(names.addresses) do
    local packed = bytes.ipv4_bytes(address)
    if packed and (data:find(packed, 1, true) or data:find(packed:reverse(), 1, true)) then
      found[#found + 1] = address
    end
  end
  table.sort(found)
  return found
end

local function with_successors(found, names)
  local list, seen = {}, {}
  for _, word in ipairs(found) do
    if not seen[word] then
      local there = names.addresses[word]
      list[#list + 1] = there and ("%s (the destination has %s)"):format(word, there) or word
    end
    seen[word] = true
  end
  return table.concat(list, ", ")
end

local function text_of(node, name)
  local child = xml.child(node, name)
  return child and child.text and child.text ~= "" and child.text:sub(1, 255) or nil
end

-- What has options of its own, and the element that tells which it is [Export-DhcpServer writes the objects of the
-- cmdlets, Get-DhcpServerv4Scope and so on].
local owners = {
  Scope = { "scope", "ScopeId", "Prefix" }, Reservation = { "reservation", "IPAddress", "ClientId" },
  Policy = { "policy", "Name" },
}

-- "scope 10.0.0.0, reservation 10.0.0.7"
local function place_of(node, place)
  local owner = owners[node.name]
  local id = owner and (text_of(node, owner[2]) or owner[3] and text_of(node, owner[3]))
  if not owner then return place end
  return (place and place .. ", " or "") .. owner[1] .. " " .. (id or "without a name")
end

local function values_of(option)
  local texts, data = {}, {}
  for _, child in ipairs(option.children) do
    local hex = child.name == "Value" and (child.text or ""):match "^%s*0[xX]([%x%s]+)$"
    if hex then data[#data + 1] = bytes.from_hex(hex:gsub("%s", ""))
    elseif child.name == "Value" then texts[#texts + 1] = child.text or "" end
  end
  return texts, table.concat(data)
end

-- Bytes are shown as hexadecimal numbers, one or several to a value.
local function of_option(option, names)
  local texts, data = values_of(option)
  local found = words_of_source(table.concat(texts, " "), names)
  for _, word in ipairs(bytes_of_source(data, names)) do found[#found + 1] = word end
  return found
end

local function class_of(option)
  local class = text_of(option, "UserClass") or text_of(option, "VendorClass")
  return class and (" of class '%s'"):format(class) or ""
end

local function walk_export(node, place, names, tell)
  place = place_of(node, place)
  for _, child in ipairs(node.children) do
    if child.name == "OptionValue" then
      local found = of_option(child, names)
      if #found > 0 then
        tell(("%s, option %s%s: %s"):format(place or "server", text_of(child, "OptionId") or "?", class_of(child),
          with_successors(found, names)))
      end
    elseif child.name ~= "Leases" then
      walk_export(child, place, names, tell)
    end
  end
end

-- netsh's export is in a form that is nowhere documented: what stands in it can be found, its option cannot.
local function from_netsh(text, names, tell)
  for _, word in ipairs(bytes_of_source(text, names)) do
    tell(("somewhere in the export of netsh: %s; netsh dhcp server dump on the source tells in which option"):format(
      with_successors({ word }, names)))
  end
end

local function from_xml(text, names, tell)
  local document, problem = xml.parse(text)
  if not document then
    tell(("the export cannot be looked through: %s; look at the options of every scope"):format(problem.message))
    return
  end
  walk_export(document.root, nil, names, tell)
end

-- A value of the registry by its key: which key holds what is nowhere documented, their names tell scopes and options.
local function from_registry(machine, path, below, names, tell)
  for _, value in ipairs(machine:values(path)) do
    local found = bytes_of_source(value.raw, names)
    if #found > 0 then
      tell(("registry, %s\\%s: %s"):format(below, value.name, with_successors(found, names)))
    end
  end
  for _, name in ipairs(machine:keys(path)) do
    from_registry(machine, path .. "\\" .. name, below == "" and name or below .. "\\" .. name, names, tell)
  end
end

return {
  step "options-of-source" {
    guide = "DHCP-VER-03", title = "Options that name the source",
    run = function(ctx)
      local names, count = relocate.changing_names(ctx), 0
      if not next(names.addresses) and not next(names.names) then return "name and addresses stay" end
      local function tell(line)
        count = count + 1
        if count <= MOST then ctx:call_for("options", line) end
      end
      local kind, text = facts.export(ctx.source)
      if kind == "xml" then from_xml(text, names, tell) elseif kind then from_netsh(text, names, tell) end
      from_registry(ctx.source, facts.keys.configuration, "", names, tell)
      if count > MOST then ctx:call_for("options", ("%d more"):format(count - MOST)) end
      return ("found: %d"):format(count)
    end,
  },

  manual "options" {
    guide = { "DHCP-VER-03", "DHCP-IMP-01" }, title = "Options that name the source", on = "destination",
    phase = "after", on_demand = true,
    text = "These were exported as they are. Change those that should name the destination, after the import, in the"
      .. " console or with Set-DhcpServerv4OptionValue (-ScopeId, -ReservedIP, -PolicyName; without them the"
      .. " server's):",
  },
}
