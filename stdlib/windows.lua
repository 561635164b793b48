-- What a machine's identity means: its release, its language, its kind of installation.

local releases = require "windows.releases"
local wintext = require "wintext"

local M = {}

---The release of a server, or nil for a client or an unknown build.
---@param identity table as machine:identity() gives it
---@return table|nil release
function M.release(identity)
  if identity.product_type == "WinNT" then return nil end
  return releases.by_build[identity.build]
end

---The server release whose build is nearest to that of a client, or of a server that is not in the table; nil where a
---machine does not tell its build. Windows 7 is 2008 R2 in all that a role has (general knowledge).
---@param identity table
---@return table|nil release
function M.twin(identity)
  local build, nearest, distance = math.tointeger(tonumber(identity.build)), nil, math.huge
  for _, release in ipairs(build and releases.list or {}) do
    for _, known in ipairs(release.builds) do
      local apart = math.abs(build - tonumber(known))
      if apart < distance then nearest, distance = release, apart end
    end
  end
  return nearest
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

---@param identity table
function M.is_core(identity)
  return identity.installation_type == "Server Core" or identity.edition:match "Core$" ~= nil
end

---@param identity table
function M.is_domain_controller(identity)
  return identity.product_type == "LanmanNT"
end

---A name in upper case, by Windows' own table: a key for tables of names.
---@param name string
---@return string
function M.upcase(name)
  return wintext.upcase(name)
end

---Whether two names are one to Windows, which does not look at case. What is no text is no name.
function M.same_name(a, b)
  return type(a) == "string" and type(b) == "string" and (a == b or M.upcase(a) == M.upcase(b))
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
