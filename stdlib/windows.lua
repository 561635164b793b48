-- What Windows' version numbers, language ids and kinds of installation mean. Facts that an admin may want to extend.

local M = {}

-- Oldest first. `builds` are CurrentBuildNumber (general knowledge); key is what playbooks write.
M.releases = {
  { key = "2003", name = "Windows Server 2003", version = "5.2", builds = { "3790" } },
  { key = "2008", name = "Windows Server 2008", version = "6.0", builds = { "6001", "6002", "6003" } },
  { key = "2008r2", name = "Windows Server 2008 R2", version = "6.1", builds = { "7600", "7601" } },
  { key = "2012", name = "Windows Server 2012", version = "6.2", builds = { "9200" } },
  { key = "2012r2", name = "Windows Server 2012 R2", version = "6.3", builds = { "9600" } },
  { key = "2016", name = "Windows Server 2016", version = "10.0", builds = { "14393" } },
  { key = "2019", name = "Windows Server 2019", version = "10.0", builds = { "17763" } },
  { key = "2022", name = "Windows Server 2022", version = "10.0", builds = { "20348" } },
  { key = "2025", name = "Windows Server 2025", version = "10.0", builds = { "26100" } },
}

local by_key, by_build = {}, {}
for order, release in ipairs(M.releases) do
  release.order = order
  by_key[release.key] = release
  for _, build in ipairs(release.builds) do by_build[build] = release end
end
M.by_key = by_key

---The release of a server, or nil for a client or an unknown build.
---@param identity table as machine:identity() gives it
---@return table|nil release
function M.release(identity)
  if identity.product_type == "WinNT" then return nil end
  return by_build[identity.build]
end

---The server release that a client shares its system with, or nil: Windows 7 is 2008 R2 in all that a role has, XP
---an older build of 2003 (general knowledge).
---@param identity table
---@return table|nil release
function M.twin(identity)
  if identity.product_type ~= "WinNT" then return nil end
  return by_build[identity.build] or (identity.build == "2600" and by_key["2003"] or nil)
end

---What a person calls the machine's system, whether rehome knows it or not.
---@param identity table
---@return string
function M.describe(identity)
  local name = identity.os_name ~= "" and identity.os_name or "an unknown Windows"
  local pack = identity.service_pack ~= "" and (" " .. identity.service_pack) or ""
  local arch = ({ AMD64 = " x64", x86 = " x86", IA64 = " Itanium" })[identity.architecture] or ""
  return ("%s%s (build %s)%s"):format(name, pack, identity.build ~= "" and identity.build or "?", arch)
end

---True when release `key` is `other` or older.
function M.at_most(key, other)
  return by_key[key].order <= by_key[other].order
end

---Whether settings of one release may go to another: to 2012 or newer, and to none that is older than the source.
---@param from string|nil a release's key, as ctx.source_os
---@param to string|nil
function M.is_pair(from, to)
  return from ~= nil and to ~= nil and M.at_most(from, to) and M.at_most("2012", to)
end

---@param identity table
function M.is_core(identity)
  return identity.installation_type == "Server Core" or identity.edition:match "Core$" ~= nil
end

---@param identity table
function M.is_domain_controller(identity)
  return identity.product_type == "LanmanNT"
end

---Whether two names are one to Windows, which does not look at case. What is no text is no name.
function M.same_name(a, b)
  return type(a) == "string" and type(b) == "string" and a:lower() == b:lower()
end

-- Install languages by LCID (general knowledge; [MS-LCID] lists all).
local languages = {
  ["0401"] = "Arabic", ["0404"] = "Chinese (Taiwan)", ["0405"] = "Czech", ["0406"] = "Danish",
  ["0407"] = "German", ["0408"] = "Greek", ["0409"] = "English", ["040B"] = "Finnish",
  ["040C"] = "French", ["040D"] = "Hebrew", ["040E"] = "Hungarian", ["0410"] = "Italian",
  ["0411"] = "Japanese", ["0412"] = "Korean", ["0413"] = "Dutch", ["0414"] = "Norwegian",
  ["0415"] = "Polish", ["0416"] = "Portuguese (Brazil)", ["0419"] = "Russian",
  ["041D"] = "Swedish", ["041F"] = "Turkish", ["0804"] = "Chinese (China)",
  ["0816"] = "Portuguese (Portugal)", ["0C0A"] = "Spanish",
}

---@param lcid string hex text as in Nls\Language\InstallLanguage
---@return string
function M.language(lcid)
  if lcid == "" then return "an unknown language" end
  return languages[lcid:upper()] or ("language " .. lcid)
end

return M
