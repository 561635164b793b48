-- Releases of Windows Server: how each is told, and for which playbook it is a source or a destination. Facts that an
-- admin may want to extend: all that decides by release comes from here.

local M = {}

-- Oldest first. key: what playbooks write. version, builds: CurrentVersion and CurrentBuildNumber, those of its
-- service packs among them, the first that of the last pack with which it came (general knowledge). processors: those
-- that it is made for. source, destination: whether the roles of `M.guides` take it as such.
M.list = {
  { key = "2003", name = "Windows Server 2003", version = "5.2", builds = { "3790" }, pack = "Service Pack 2",
    processors = { "x86", "AMD64" }, source = true },
  { key = "2008", name = "Windows Server 2008", version = "6.0", builds = { "6002", "6001", "6003" },
    pack = "Service Pack 2", processors = { "x86", "AMD64" }, source = true },
  { key = "2008r2", name = "Windows Server 2008 R2", version = "6.1", builds = { "7601", "7600" },
    pack = "Service Pack 1", processors = { "AMD64" }, source = true },
  { key = "2012", name = "Windows Server 2012", version = "6.2", builds = { "9200" }, processors = { "AMD64" },
    source = true, destination = true },
  { key = "2012r2", name = "Windows Server 2012 R2", version = "6.3", builds = { "9600" }, processors = { "AMD64" },
    source = true, destination = true },
  { key = "2016", name = "Windows Server 2016", version = "6.3", builds = { "14393" }, processors = { "AMD64" },
    source = true, destination = true },
  { key = "2019", name = "Windows Server 2019", version = "6.3", builds = { "17763" }, processors = { "AMD64" },
    source = true, destination = true },
  { key = "2022", name = "Windows Server 2022", version = "6.3", builds = { "20348" }, processors = { "AMD64" },
    source = true, destination = true },
  { key = "2025", name = "Windows Server 2025", version = "6.3", builds = { "26100" }, processors = { "AMD64" },
    destination = true },
}

-- The newest source and destination in the guide of a role; what is newer goes beyond it. page: where Microsoft
-- describes the same way for newer releases, and which.
M.guides = {
  ["remote-access"] = { source = "2012", destination = "2012" },
  nps = { source = "2012r2", destination = "2012r2",
    page = "nps-manage-export on Microsoft Learn (2016, 2019 and 2022)" },
  ["dhcp-server"] = { source = "2012r2", destination = "2012r2",
    page = "import-dhcpserver on Microsoft Learn (2012 to 2025)" },
  -- No guide of Microsoft's moves zones in files.
  ["dns-server"] = { source = "2022", destination = "2025" },
  ["file-shares"] = { source = "2012r2", destination = "2012r2",
    page = "storage-migration-service/overview on Microsoft Learn (2003 to 2022, by another tool)" },
  ["ip-configuration"] = { source = "2012", destination = "2012" },
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
  return M.guides[playbook] ~= nil and release[side] == true
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

---What of a pair the guide of a playbook does not know: the names of the releases that are newer than its last.
---@param playbook string
---@param source string|nil
---@param destination string|nil
---@return string[]
function M.beyond(playbook, source, destination)
  local guide, names = M.guides[playbook], {}
  for _, pair in ipairs { { source, guide.source, "source" }, { destination, guide.destination, "destination" } } do
    local release = M.by_key[pair[1]]
    if release and release.order > M.by_key[pair[2]].order then
      names[#names + 1] = ("%s as the %s"):format(release.name, pair[3])
    end
  end
  return names
end

---Whether a pair crosses a border between releases: the source is older than `key`, the destination is not.
---@param key string
---@param source string|nil
---@param destination string|nil
function M.crosses(key, source, destination)
  local from, to, border = M.by_key[source], M.by_key[destination], M.by_key[key].order
  return from ~= nil and to ~= nil and from.order < border and to.order >= border
end

---True when release `key` is `other` or older.
function M.at_most(key, other)
  return M.by_key[key].order <= M.by_key[other].order
end

return M
