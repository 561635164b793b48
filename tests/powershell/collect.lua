local run = (function(original)
  local function json(value)
    if type(value) == "table" then
      local parts = {}
      if value[1] ~= nil or next(value) == nil then
        for index, item in ipairs(value) do parts[index] = json(item) end
        return "[" .. table.concat(parts, ",") .. "]"
      end
      for key, item in pairs(value) do parts[#parts + 1] = json(key) .. ":" .. json(item) end
      table.sort(parts)
      return "{" .. table.concat(parts, ",") .. "}"
    elseif type(value) == "string" then
      return '"' .. value:gsub('[%c"\\]', function(sign) return ("\\u%04x"):format(sign:byte()) end) .. '"'
    end
    return tostring(value)
  end
  return function(options)
    local plan = original(options)
    if plan.deferred and #plan.deferred > 0 then
      print("@@" .. json { request = { time = 1 }, destination = { identity = { ["computer-name"] = "TEST" } },
                           deferred = plan.deferred })
    end
    return plan
  end
end)(run)
