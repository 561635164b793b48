-- Blocks of a document as Markdown.

local M = {}

-- Signs that would be more than text; line breaks inside a line.
local function escape(text)
  text = tostring(text):gsub("[%z\1-\8\11-\31\127]", " ")
  return (text:gsub("[\\`*_{}%[%]<>#|~]", "\\%0"))
end

local function line(text)
  return (escape(text):gsub("%s*\n%s*", " "))
end

local function cell(value)
  return line(type(value) == "table" and value.text or value or "")
end

local render = {}

function render.heading(out, block)
  out[#out + 1] = ("#"):rep(block.level) .. " " .. line(block.text) .. "\n"
end

function render.text(out, block)
  out[#out + 1] = escape(block.text) .. "\n"
end

function render.code(out, block)
  out[#out + 1] = "    " .. block.text:gsub("\n", "\n    ") .. "\n"
end

function render.list(out, block)
  for _, item in ipairs(block.items) do out[#out + 1] = "- " .. line(item) end
  out[#out + 1] = ""
end

local function row(cells)
  return "| " .. table.concat(cells, " | ") .. " |"
end

local function write_table(out, columns, rows)
  local heads, rules = {}, {}
  for index, name in ipairs(columns) do heads[index], rules[index] = line(name), "---" end
  out[#out + 1], out[#out + 2] = row(heads), row(rules)
  for _, values in ipairs(rows) do
    local cells = {}
    for index in ipairs(columns) do cells[index] = cell(values[index]) end
    out[#out + 1] = row(cells)
  end
  out[#out + 1] = ""
end

function render.facts(out, block)
  write_table(out, { "", "" }, block.rows)
end

function render.table(out, block)
  write_table(out, block.columns, block.rows)
end

function render.checklist(out, block)
  for _, item in ipairs(block.items) do
    out[#out + 1] = ("- [%s] **%s** (%s)"):format(item.done and "x" or " ", line(item.title), line(item.remark))
    for text in (item.text .. "\n"):gmatch "([^\n]*)\n" do out[#out + 1] = "  " .. escape(text) .. "  " end
    for _, detail in ipairs(item.details) do out[#out + 1] = "  - " .. line(detail) end
  end
  out[#out + 1] = ""
end

function render.details(out, block)
  out[#out + 1] = "### " .. line(block.summary) .. "\n"
  for _, inner in ipairs(block.blocks) do render[inner.kind](out, inner) end
end

---@param _ string the title, which the first block says
---@param blocks table[]
---@return string
function M.render(_, blocks)
  local out = {}
  for _, block in ipairs(blocks) do render[block.kind](out, block) end
  return table.concat(out, "\n")
end

return M
