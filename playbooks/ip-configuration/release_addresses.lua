-- Before the destination may have them, the source gives its addresses up.

local take_over = require "take_over"

local function listed(ctx)
  local lines = {}
  for _, pair in ipairs(take_over.adapters(ctx)) do
    lines[#lines + 1] = ("'%s': %s"):format(pair.source.name, table.concat(pair.source.addresses, ", "))
  end
  return lines
end

return {
  check "addresses-in-use" {
    guide = { "IP-STEP-03", "IP-IMPACT-01", "IP-IMPACT-02" }, severity = "warn", title = "Addresses in use",
    when = take_over.moves,
    found = function(ctx) return table.concat(listed(ctx), "; ") end,
    problem = "The destination gets addresses of the source (%s): both on one network would be a conflict.",
    remedy = "Disconnect the source or give it other addresses before the destination starts. Until then clients, and"
      .. " networks that it routes for, reach neither.",
  },

  manual "record" {
    guide = "IP-STEP-02", title = "Keep a record of the source", on = "source", phase = "before",
    text = "ipconfig /all > source.txt and route print >> source.txt, and keep the file elsewhere.",
  },

  manual "release-addresses" {
    guide = "IP-STEP-03", title = "Release the addresses on the source", on = "source", phase = "before",
    -- What has to be done there while clients and the domain still reach it.
    after = { "dns-server/freeze", "dhcp-server/unauthorise", "file-shares/freeze" },
    when = take_over.moves,
    text = function(ctx)
      local how = ctx:takes_part "file-shares"
        and "Give the source other addresses, by which its data are copied later,"
        or "Disconnect the source from the network, or give it other addresses,"
      return how .. " before the destination starts:\n" .. table.concat(listed(ctx), "\n")
    end,
  },
}
