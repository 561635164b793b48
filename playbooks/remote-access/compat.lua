-- Guide section 6 as a table: what becomes of components that not every release has.
--
-- One row an item, one word a release. The settings and steps take what they do from here: another word in a
-- cell is another migration. A word with a star was concluded, because the guide names other releases only.
-- RA-NEW rows go beyond the guide. `rehome playbook show remote-access --compat` prints it all.

local releases = require "windows.releases"

local M = {}

-- What the words mean.
local words = {
  { "as-is", "as on the source" },
  { "default", "the destination's default" },
  { "enable-default", "switched on, with the number of ports that is the default of the destination" },
  { "disable", "stays off" },
  { "nothing", "the source has nothing to carry" },
  { "drop", "not migrated; the report says what was there" },
  { "sstp", "the certificate is chosen (guide section 8)" },
  { "manual", "left to a person" },
  { "parameter", "as a parameter says; not carried without it" },
  { "tell", "as on the source, with a note in the plan" },
  { "convert", "rewritten to the form that the destination's own settings have" },
}

local sources = releases.keys("source", "remote-access")
local destinations = releases.keys("destination", "remote-access")

local by_source = {
  -- Components that older releases lack.
  { "RA-GAP-01", "Adapter that lends DNS and WINS", "Properties, IPv4 tab",
    "default", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-02", "SSTP ports", "Ports",
    "enable-default", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-03a", "IPv6: router, remote access, demand-dial", "Properties, General and IPv6 tabs",
    "disable", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-03b", "Adapter for IPv6 of IKEv2 clients", "Properties, IPv6 tab",
    "default*", "default", "as-is", "as-is", "as-is", "as-is", "as-is", "as-is" },
  { "RA-GAP-04", "IP filters", "Remote Access Logging & Policies (NPS)",
    "nothing", "nothing", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-05", "IPv6 address obtained automatically", "Demand-dial, Networking tab",
    "disable*", "default", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-06a", "IKEv2 ports", "Ports",
    "enable-default", "enable-default", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-06b", "IKEv2: computer certificates, IKEv2 tab", "Properties, Security and IKEv2 tabs",
    "default", "default", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  { "RA-GAP-07", "SSTP: Use HTTP, certificate", "Properties, Security tab",
    "default", "default", "sstp", "sstp", "sstp", "sstp", "sstp", "sstp" },
  { "RA-GAP-08", "Action when accounting fails", "Remote Access Logging & Policies (NPS)",
    "default*", "default", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*", "as-is*" },
  -- Components that the destination lacks.
  { "RA-GAP-09", "SPAP, MS-CHAP, EAP-MD5", "Demand-dial, Security tab",
    "drop", "drop*", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing" },
  { "RA-GAP-10", "Configuration tab of LAN interfaces", "IPv4, General, Local Area Connection",
    "drop", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing" },
  { "RA-GAP-11", "Basic firewall of NAT, ICMP tab", "NAT, interface",
    "drop", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing" },
  { "RA-GAP-12", "Weak encryption", "registry only",
    "parameter", "as-is", "as-is", "as-is", "as-is", "as-is", "as-is", "as-is" },
  { "RA-NEW-01", "OSPF", "IPv4, OSPF",
    "drop", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing" },
  -- What came with 2012 R2, and where its settings are nobody has written down: PowerShell tells them.
  { "RA-NEW-05", "IKEv2 usages, L2TP policy, tenants, BGP", "PowerShell",
    "nothing", "nothing", "nothing", "nothing", "manual", "manual", "manual", "manual" },
}

local by_destination = {
  { "RA-NEW-02", "Preferences of routing protocols", "IPv4, General, Preference Levels",
    "as-is", "convert", "convert", "convert", "convert", "convert" },
  { "RA-NEW-03", "The same where the source's release has none of it", "PowerShell",
    "nothing", "default", "default", "default", "default", "default" },
  { "RA-NEW-04", "PPTP and L2TP ports, off on new servers of 2025", "Ports",
    "as-is", "as-is", "as-is", "as-is", "as-is", "tell" },
}

local cells = {} -- cells[id][release] = word

local function index(rows, columns)
  local known = {}
  for _, word in ipairs(words) do known[word[1]] = true end
  for _, row in ipairs(rows) do
    cells[row[1]] = {}
    for position, release in ipairs(columns) do
      local word = row[position + 3]:gsub("%*$", "")
      if not known[word] then error(("compat: '%s' of %s is no word of the table"):format(word, row[1]), 0) end
      cells[row[1]][release] = word
    end
  end
end

index(by_source, sources)
index(by_destination, destinations)

---The column of the source's release. One that is not in the table counts as the last.
---@param ctx table
---@return string
function M.release(ctx)
  return cells["RA-GAP-01"][ctx.source_os] and ctx.source_os or sources[#sources]
end

---The word of a row for the source's release.
---@param ctx table
---@param id string
---@return string
function M.of_source(ctx, id)
  return cells[id][M.release(ctx)]
end

---The word of an RA-NEW row for the destination's release.
---@param ctx table
---@param id string
---@return string
function M.of_destination(ctx, id)
  return cells[id][ctx.destination_os] or cells[id][destinations[#destinations]]
end

-- A rule for each word that a row has, by release.
local function columns_of(id, keys, rules)
  local columns = {}
  for _, release in ipairs(keys) do
    local word = cells[id][release]
    columns[release] = rules[word]
      or error(("compat: the settings for %s have no rule for its word '%s'"):format(id, word), 3)
  end
  columns.otherwise = columns[keys[#keys]]
  return columns
end

---What a row says, for `by_release`.
---@param id string
---@param rules table<string, table|function> a rule for each word that the row has
---@return table
function M.by_source(id, rules)
  return { source = columns_of(id, sources, rules) }
end

---The same of an RA-NEW row.
---@param id string
---@param rules table<string, table|function>
---@return table
function M.by_destination(id, rules)
  return { destination = columns_of(id, destinations, rules) }
end

-- For people: what `playbook show --compat` prints.
local function shown(title, rows, columns)
  local list = {}
  for position, row in ipairs(rows) do
    local line = { id = row[1], item = row[2], where = row[3], cells = {} }
    for column in ipairs(columns) do line.cells[column] = row[column + 3] end
    list[position] = line
  end
  return { title = title, columns = columns, rows = list }
end

local legend = { "" }
for _, word in ipairs(words) do legend[#legend + 1] = ("%-15s %s"):format(word[1], word[2]) end
legend[#legend + 1] = "A word with a star was concluded: the guide names other releases only."

M.tables = {
  shown("By the release of the source", by_source, sources),
  shown("By the release of the destination, beyond the guide", by_destination, destinations),
}
M.tables[2].legend = legend

return M
