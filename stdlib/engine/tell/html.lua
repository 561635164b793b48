-- Blocks of a document as one HTML file: no scripts, nothing loaded from elsewhere, fit for paper, well-formed XML.

local M = {}

local style = [[
body { font: 15px/1.45 system-ui, "Segoe UI", sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #ddd;
  overflow-wrap: anywhere; min-width: 4rem; }
td > span { overflow-wrap: normal; }
th { background: #f3f3f3; overflow-wrap: normal; } table.facts th { width: 11rem; background: none; font-weight: 600; }
summary { cursor: pointer; font-weight: 600; padding: .2rem 0; }
pre { background: #f6f6f6; padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.muted { color: #666; } .bad { color: #a30000; font-weight: 600; } .good { color: #0a6b2d; }
ul.checklist { list-style: none; padding-left: 0; } ul.checklist > li { margin: 0 0 .9rem 0; break-inside: avoid; }
.box { font-family: monospace; margin-right: .5rem; } .text { white-space: pre-line; margin: .15rem 0 .15rem 2.2rem; }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; } a { color: inherit; }
  details > summary { list-style: none; } tr { break-inside: avoid; }
  details:not([open]) > *:not(summary) { display: block; } details::details-content { content-visibility: visible; }
}
]]

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- XML has no control characters but tab and line feed, and not U+FFFE and U+FFFF.
local function escape(text)
  text = tostring(text):gsub("[&<>\"']", entities):gsub("\r\n?", "\n")
  text = text:gsub("[\0-\8\11\12\14-\31\127]", "\u{FFFD}")
  return (text:gsub("\xEF\xBF[\xBE\xBF]", "\u{FFFD}"))
end
M.escape = escape

local render = {}

local function cell(value)
  if type(value) == "table" then return ('<span class="%s">%s</span>'):format(value.class, escape(value.text)) end
  return escape(value or "")
end

function render.heading(out, block)
  out[#out + 1] = ("<h%d>%s</h%d>"):format(block.level, escape(block.text), block.level)
end

function render.text(out, block)
  out[#out + 1] = ("<p%s>%s</p>"):format(block.muted and ' class="muted"' or "", escape(block.text))
end

function render.code(out, block)
  out[#out + 1] = "<pre>" .. escape(block.text) .. "</pre>"
end

function render.list(out, block)
  out[#out + 1] = "<ul>"
  for _, item in ipairs(block.items) do out[#out + 1] = "<li>" .. escape(item) .. "</li>" end
  out[#out + 1] = "</ul>"
end

function render.facts(out, block)
  out[#out + 1] = '<table class="facts"><tbody>'
  for _, row in ipairs(block.rows) do
    out[#out + 1] = ("<tr><th>%s</th><td>%s</td></tr>"):format(escape(row[1]), cell(row[2]))
  end
  out[#out + 1] = "</tbody></table>"
end

function render.table(out, block)
  out[#out + 1] = "<table><thead><tr>"
  for _, name in ipairs(block.columns) do out[#out + 1] = "<th>" .. escape(name) .. "</th>" end
  out[#out + 1] = "</tr></thead><tbody>"
  for _, row in ipairs(block.rows) do
    local cells = {}
    for index in ipairs(block.columns) do cells[index] = "<td>" .. cell(row[index]) .. "</td>" end
    out[#out + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
  end
  out[#out + 1] = "</tbody></table>"
end

function render.checklist(out, block)
  out[#out + 1] = '<ul class="checklist">'
  for _, item in ipairs(block.items) do
    out[#out + 1] = ('<li><span class="box">[%s]</span><strong>%s</strong> <span class="muted">%s</span>'):format(
      item.done and "x" or "&#160;", escape(item.title), escape(item.remark))
    out[#out + 1] = ('<div class="text">%s</div>'):format(escape(item.text))
    if #item.details > 0 then
      out[#out + 1] = "<ul>"
      for _, detail in ipairs(item.details) do out[#out + 1] = "<li>" .. escape(detail) .. "</li>" end
      out[#out + 1] = "</ul>"
    end
    out[#out + 1] = "</li>"
  end
  out[#out + 1] = "</ul>"
end

local function render_all(out, blocks)
  for _, block in ipairs(blocks) do render[block.kind](out, block) end
end

function render.details(out, block)
  out[#out + 1] = "<details><summary>" .. escape(block.summary) .. "</summary>"
  render_all(out, block.blocks)
  out[#out + 1] = "</details>"
end

---@param title string
---@param blocks table[]
---@return string
function M.render(title, blocks)
  local out = {
    "<!DOCTYPE html>", '<html xmlns="http://www.w3.org/1999/xhtml" lang="en">', "<head>", '<meta charset="utf-8"/>',
    '<meta name="viewport" content="width=device-width"/>', "<title>" .. escape(title) .. "</title>",
    "<style>", (style:gsub("[<&]", entities)), "</style>", "</head>", "<body>",
  }
  render_all(out, blocks)
  out[#out + 1] = "</body>\n</html>\n"
  return table.concat(out, "\n")
end

return M
