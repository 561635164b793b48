-- Dial-in rights of a user: what `netsh ras set user` says of them, and what it cannot say.
--
-- The area of rights is documented; that local accounts keep attributes such as msNPAllowDialin is (unverified).

local M = {}

local NO_CALLBACK, FIXED, CALLER, ALLOWED = 1, 2, 4, 8
local NUMBER = "^[%d+%-() *#.]+$"

local function truth(bytes)
  return bytes ~= nil and bytes:find "[^\0]" ~= nil
end

-- "10.1.2.3" of the four bytes of an address, else the text itself.
local function shown(bytes)
  if #bytes == 4 then return ("%d.%d.%d.%d"):format(bytes:byte(4), bytes:byte(3), bytes:byte(2), bytes:byte(1)) end
  return (bytes:gsub("%z", ""):gsub("%c", "?"))
end

local function right(dial_in)
  local property = dial_in.properties.msNPAllowDialin
  if property then return truth(property) and "permit" or "deny" end
  if not dial_in.privilege then return nil end
  return dial_in.privilege & ALLOWED ~= 0 and "permit" or "deny"
end

local function callback(dial_in)
  local privilege, number = dial_in.privilege or 0, dial_in.callback_number or ""
  if privilege & FIXED ~= 0 then
    if number:find(NUMBER) then return "admin", number end
    return nil, nil, "its callback number could not be read"
  elseif privilege & CALLER ~= 0 then
    return "caller"
  end
  return privilege & NO_CALLBACK ~= 0 and "none" or nil
end

local told = {
  { "msNPCallingStationID", "caller ID" }, { "msRADIUSFramedIPAddress", "static address" },
  { "msRADIUSFramedRoute", "static routes" }, { "msRADIUSCallbackNumber", "callback number" },
}

---@param dial_in table as machine:accounts() gives it
---@return table? settings {Dialin, Policy, Number} for netsh, if there is something to set
---@return string[] rest what a person has to set
function M.settings(dial_in)
  local rest = {}
  local settings = { Dialin = right(dial_in) }
  local problem
  settings.Policy, settings.Number, problem = callback(dial_in)
  if problem then rest[1] = problem end
  for _, entry in ipairs(told) do
    local value = dial_in.properties[entry[1]]
    if value and truth(value) then rest[#rest + 1] = entry[2] .. " " .. shown(value) end
  end
  for _, name in ipairs(dial_in.other) do rest[#rest + 1] = "its setting " .. name .. " (not read)" end
  -- netsh wants the right before the policy; without a right to tell, the callback is no use either.
  return settings.Dialin and settings or nil, rest
end

return M
