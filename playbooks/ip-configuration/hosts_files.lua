-- hosts and lmhosts: entries that somebody wrote.

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
local function missing(ctx, about)
  local there, list = {}, {}
  for _, line in ipairs(entries(ctx.destination:read_file(about.to))) do there[plain(line)] = true end
  for _, line in ipairs(entries(ctx.source:read_file(about.file))) do
    if not there[plain(line)] then list[#list + 1] = line end
  end
  return list
end

local function add_missing(_, ctx, about)
  local list, before = missing(ctx, about), ctx.destination:read_file(about.to) or ""
  if before ~= "" and not before:match "\n$" then before = before .. "\r\n" end
  return before .. table.concat(list, "\r\n") .. "\r\n", ("entries that the destination did not have: %d"):format(#list)
end

local function told(ctx, about)
  local list = missing(ctx, about)
  for index, line in ipairs(list) do list[index] = about.name:lower() .. ": " .. line end
  return list
end

return {
  account "hosts-files" {
    guide = "IP-SET-08", title = "hosts and lmhosts", files = [[%SystemRoot%\System32\drivers\etc]],
    drop "*" {
      when = function(ctx, about) return #entries(ctx.source:read_file(about.file)) == 0 end,
      why = "it has no entries",
    },
    keep "*" {
      when = function(ctx, about) return #missing(ctx, about) == 0 end, why = "the destination has the same entries",
    },
    migrate "*" { when = function(ctx) return ctx.params.hosts_files == "carry" end, through = add_missing },
    by_hand "*" {
      step = "hosts-entries", why = "addresses in it may have changed: --param hosts_files=carry adds its entries",
      detail = told,
    },
  },
}
