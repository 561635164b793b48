-- Releases of Windows Server: how each is told, and for which playbook it is a source or a destination. Facts that an
-- admin may want to extend: all that decides by release comes from here.

local M = {}

local all = {
  "remote-access", "nps", "dhcp-server", "dns-server", "file-shares", "ip-configuration",
}
local no_source = { "dns-server", "file-shares", "ip-configuration" }
local not_nps = { "remote-access", "dhcp-server", "dns-server", "file-shares", "ip-configuration" }
local not_remote_access = { "nps", "dhcp-server", "dns-server", "file-shares", "ip-configuration" }

-- Oldest first. key: what playbooks write. version, builds: CurrentVersion and CurrentBuildNumber, those of its
-- service packs among them, the first that of the last pack with which it came (general knowledge). processors: those
-- that it is made for. source, destination: the playbooks that take it as such.
M.list = {
  { key = "2003", name = "Windows Server 2003", version = "5.2", builds = { "3790" }, pack = "Service Pack 2",
    processors = { "x86", "AMD64" }, source = all, destination = {} },
  { key = "2008", name = "Windows Server 2008", version = "6.0", builds = { "6002", "6001", "6003" },
    pack = "Service Pack 2", processors = { "x86", "AMD64" }, source = all, destination = {} },
  { key = "2008r2", name = "Windows Server 2008 R2", version = "6.1", builds = { "7601", "7600" },
    pack = "Service Pack 1", processors = { "AMD64" }, source = all, destination = {} },
  { key = "2012", name = "Windows Server 2012", version = "6.2", builds = { "9200" }, processors = { "AMD64" },
    source = all, destination = all },
  { key = "2012r2", name = "Windows Server 2012 R2", version = "6.3", builds = { "9600" }, processors = { "AMD64" },
    source = not_remote_access, destination = all },
  { key = "2016", name = "Windows Server 2016", version = "6.3", builds = { "14393" }, processors = { "AMD64" },
    source = no_source, destination = not_nps },
  { key = "2019", name = "Windows Server 2019", version = "6.3", builds = { "17763" }, processors = { "AMD64" },
    source = no_source, destination = not_nps },
  { key = "2022", name = "Windows Server 2022", version = "6.3", builds = { "20348" }, processors = { "AMD64" },
    source = no_source, destination = not_nps },
  { key = "2025", name = "Windows Server 2025", version = "6.3", builds = { "26100" }, processors = { "AMD64" },
    source = no_source, destination = not_nps },
}

M.by_key, M.by_build = {}, {}
for order, release in ipairs(M.list) do
  release.order = order
  M.by_key[release.key] = release
  for _, build in ipairs(release.builds) do M.by_build[build] = release end
end

local function has(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

-- A playbook that the list does not know says itself what it takes: { source = { "2012" }, destination = { "2022" } }.
local function is_for(release, side, playbook)
  if type(playbook) == "table" then return has(playbook[side], release.key) end
  return has(release[side], playbook)
end

---The releases that a playbook takes as a source, or as a destination, oldest first.
---@param side "source"|"destination"
---@param playbook string|table its id, or the releases that it takes, by side
---@return table[]
function M.of(side, playbook)
  local list = {}
  for _, release in ipairs(M.list) do
    if is_for(release, side, playbook) then list[#list + 1] = release end
  end
  return list
end

---Their keys, for columns of tables.
---@param side "source"|"destination"
---@param playbook string
---@return string[]
function M.keys(side, playbook)
  local keys = {}
  for index, release in ipairs(M.of(side, playbook)) do keys[index] = release.key end
  return keys
end

---Whether a playbook takes a machine of a release, with this processor, as a source or as a destination.
---@param side "source"|"destination"
---@param playbook string|table
---@param key string|nil
---@param processor string|nil as machine:identity() gives it; nil: whatever it has
---@return boolean
function M.takes(side, playbook, key, processor)
  local release = M.by_key[key]
  return release ~= nil and is_for(release, side, playbook)
    and (processor == nil or has(release.processors, processor))
end

---True when release `key` is `other` or older.
function M.at_most(key, other)
  return M.by_key[key].order <= M.by_key[other].order
end

return M
