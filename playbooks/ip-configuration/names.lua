-- hosts and lmhosts: entries that somebody wrote.

local facts = require "facts"
local windows = require "windows"

-- Lines that are no comment; those of lmhosts that begin with #PRE or #DOM stand behind an address.
local function entries(text)
  local list = {}
  for line in (text or ""):gsub("^\xEF\xBB\xBF", ""):gmatch "[^\r\n]+" do
    if line:match "^%s*[^%s#]" then list[#list + 1] = line end
  end
  return list
end

local function plain(line)
  return (line:lower():gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- Entries of the source that the destination does not have.
local function missing(ctx, path)
  local there, list = {}, {}
  for _, line in ipairs(entries(ctx.destination:read_file(path))) do there[plain(line)] = true end
  for _, line in ipairs(entries(ctx.source:read_file(path))) do
    if not there[plain(line)] then list[#list + 1] = line end
  end
  return list
end

local function spelled(ctx, path)
  local name = path:match "[^\\]*$"
  for _, file in ipairs(ctx.source:files [[%SystemRoot%\System32\drivers\etc]]) do
    if windows.same_name(file:match "[^/]*$", name) then return "file:" .. file end
  end
end

local function move(ctx, name)
  local path = facts.files[name]
  local list = missing(ctx, path)
  if #entries(ctx.source:read_file(path)) == 0 then return "dropped", "it has no entries" end
  if #list == 0 then return "kept", "the destination has the same entries" end
  if ctx.params.hosts_files == "carry" then
    local before = ctx.destination:read_file(path) or ""
    if before ~= "" and not before:match "\n$" then before = before .. "\r\n" end
    ctx.destination:write_file(path, before .. table.concat(list, "\r\n") .. "\r\n")
    return "migrated", ("entries that the destination did not have: %d"):format(#list)
  end
  for _, line in ipairs(list) do ctx:call_for("hosts-entries", name .. ": " .. line) end
  return "manual", "addresses in it may have changed: --param hosts_files=carry adds its entries"
end

return {
  step "hosts-files" {
    guide = "IP-SET-08", title = "hosts and lmhosts",
    run = function(ctx)
      for _, name in ipairs { "hosts", "lmhosts" } do
        if ctx.source:has_file(facts.files[name]) then
          local verdict, why = move(ctx, name)
          ctx:verdict { path = spelled(ctx, facts.files[name]), verdict = verdict, why = why }
        end
      end
    end,
  },
}
