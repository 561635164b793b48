-- Windows Server 2003: what iasmigreader.exe has written. Its known fault is repaired, the original kept; the import
-- itself is a command on the destination.

local facts = require "facts"

local M = {}

local RULE = ("="):rep(49)

-- The block with the first value `value`, as text with line ends `eol`, in one or two bytes a character.
local function block(value, eol, is_wide)
  local text = table.concat({ RULE, "SystemInfo", RULE, value, "16", "515", "" }, eol)
  return is_wide and text:gsub(".", "%0\0") or text
end

local function count(text, needle)
  local found, at = 0, 1
  while true do
    local first, last = text:find(needle, at, true)
    if not first then return found end
    found, at = found + 1, last + 1
  end
end

---What iasmigreader wrote, the path it was found at, and the text without the fault.
---@return string? text nil when there is no such file
---@return string? name
---@return string? repaired nil when neither the fault nor its cure is in it
function M.read(machine)
  local text, name = machine:read_file(facts.files.text), facts.files.text
  if not text then text, name = machine:read_file(facts.files.text_x64), facts.files.text_x64 end
  if not text then return nil end
  for _, eol in ipairs { "\r\n", "\n" } do
    for _, is_wide in ipairs { false, true } do
      local faulty, cured = block("0", eol, is_wide), block("0000000009", eol, is_wide)
      if count(text, cured) == 1 and count(text, faulty) == 0 then return text, name, text end
      if count(text, faulty) == 1 and count(text, cured) == 0 then
        local first, last = text:find(faulty, 1, true)
        return text, name, text:sub(1, first - 1) .. cured .. text:sub(last + 1)
      end
    end
  end
  return text, name, nil
end

function M.is_2003(ctx)
  return ctx.source_os == "2003"
end

local function is_importable(ctx)
  return M.is_2003(ctx) and select(3, M.read(ctx.source)) ~= nil
end

local function repair(_, ctx)
  local text, _, repaired = M.read(ctx.source)
  if repaired ~= text then
    ctx.destination:write_file(facts.files.text_original, text)
    ctx.destination:mark_secret_file(facts.files.text_original)
  end
  return repaired, "to be imported by netsh"
end

local function told(ctx)
  local text, _, repaired = M.read(ctx.source)
  if text ~= repaired then
    return "ias.txt had the known fault of iasmigreader; ias.txt.original is the file as it was."
  end
end

M.steps = {
  -- ias.xml of newer releases: import.lua.
  account "other-files" {
    guide = { "NPS-EXP-03", "NPS-EXP-07", "NPS-IMP-01", "NPS-IMP-02", "NPS-IMP-03" },
    title = "Templates, and what iasmigreader wrote",
    files = { facts.folder, facts.folder_x64 }, to = facts.folder,
    migrate "ias.txt" { when = is_importable, through = repair, secret = true, note = told },
    drop "ias.txt" { why = "a transfer file of 2003" },
    drop "ias.xml" { when = M.is_2003, why = "Windows Server 2003 keeps its configuration elsewhere" },
    by_hand "iastemplates.xml" { step = "templates", why = "templates move through the console alone" },
  },
}

return M
