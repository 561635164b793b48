-- Certificates that programs have bound to addresses and ports in http.sys. Names of keys and values, and the ids of
-- programs: general knowledge.

local bytes = require "format.bytes"

local M = {}

M.key = [[HKLM\SYSTEM\CurrentControlSet\Services\HTTP\Parameters\SslBindingInfo]]

---SSTP as http.sys knows it.
M.SSTP = "{BA195980-CD49-458B-9E23-C84EE0ADCD75}"

-- An AppId is text, or the sixteen bytes of the GUID, whose first three fields are little-endian.
local function program_of(value)
  if not value then return nil end
  if value.type ~= "binary" then return tostring(value.value):upper() end
  if #value.raw ~= 16 then return nil end
  local a, b, c, d, e = string.unpack("<I4I2I2>I2c6", value.raw)
  return ("{%08X-%04X-%04X-%04X-%s}"):format(a, b, c, d, bytes.hex(e))
end

---@class HttpBinding
---@field place string "0.0.0.0:443"
---@field sha1? string of the certificate
---@field program? string the AppId of who bound it, a GUID in capital letters

---The records of a machine. The playbook may read M.key.
---@param machine table
---@return HttpBinding[]
function M.bindings(machine)
  local list = {}
  for index, place in ipairs(machine:keys(M.key)) do
    local path = M.key .. "\\" .. place
    local hash = machine:get(path, "SslCertHash")
    list[index] = {
      place = place, sha1 = hash and bytes.hex(hash.raw), program = program_of(machine:get(path, "AppId")),
    }
  end
  return list
end

return M
