-- XML documents that are changed in places: what no edit touches keeps its bytes.
-- No document types, no entities but XML's own five, no network; limits in script/bind/xml_scan.h.
local bytes = require "format.bytes"
local xmlscan = require "xmlscan"

local xml = {}

---@class XmlAttribute
---@field name string without prefix
---@field uri string namespace, "" for none
---@field value string

---@class XmlNode
---@field name string without prefix
---@field tag string as written
---@field uri string namespace, "" for none
---@field attributes XmlAttribute[] declarations of namespaces are not among them
---@field text? string of an element without elements in it
---@field children XmlNode[]
---@field first integer first byte of the element in the document's text
---@field last integer
---@field inner_first integer what stands between its tags
---@field inner_last integer
---@field is_empty boolean written <a/>

---@class XmlDocument
---@field root XmlNode
---@field text string UTF-8, without byte order mark
---@field encoding string
---@field edits table[] in the order they were made

-- Gives the encoding that the document declares, in small letters, or nil.
local function declared_encoding(text)
  local declaration = text:match "^<%?xml%s(.-)%?>"
  local name = declaration and declaration:match "encoding%s*=%s*[\"']([%w%._%-]+)[\"']"
  return name and name:lower()
end

---Reads a document: UTF-8, or UTF-16 with a byte order mark. Bad text never raises, and no message quotes it.
---@param text string
---@return XmlDocument? document
---@return FormatError? err
function xml.parse(text)
  local root, content, encoding = xmlscan.scan(text)
  if not root then
    return nil, bytes.failure("XML", encoding)
  end
  local declared = declared_encoding(content)
  local is_wide = encoding:sub(1, 6) == "utf-16"
  if declared and declared ~= "utf-8" and not (is_wide and declared:match "^utf%-16") then
    return nil, bytes.failure("XML", "declares the encoding " .. declared:sub(1, 40),
      "Save the file as UTF-8 or UTF-16.")
  end
  return { root = root, text = content, encoding = encoding, edits = {} }
end

---The value of an attribute.
---@param node XmlNode
---@param name string
---@param uri? string namespace, none when absent
---@return string?
function xml.attribute(node, name, uri)
  for _, attribute in ipairs(node.attributes) do
    if attribute.name == name and attribute.uri == (uri or "") then
      return attribute.value
    end
  end
end

---The first child element of a name.
---@param node XmlNode
---@param name string
---@return XmlNode?
function xml.child(node, name)
  for _, child in ipairs(node.children) do
    if child.name == name then
      return child
    end
  end
end

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\r"] = "&#13;" }

---Text as it is written into a document. Raises for what XML cannot hold.
---@param text string
---@return string
function xml.escape(text)
  if not utf8.len(text) or text:find "[\0-\8\11\12\14-\31]" or text:find "\xEF\xBF[\xBE\xBF]" then
    error("xml.escape: the text holds characters that XML does not have", 2)
  end
  return (text:gsub("[&<>\r]", escapes))
end

-- Replaces the bytes first..last; an insertion has last = first - 1.
local function edit(document, first, last, replacement)
  for _, other in ipairs(document.edits) do
    if first <= other.last and other.first <= last then
      error("xml: two edits of the same place", 3)
    end
  end
  table.insert(document.edits, { first = first, last = last, text = replacement, order = #document.edits })
end

-- Puts text between the tags of an element.
local function fill(document, node, first, last, text)
  if not node.is_empty then
    edit(document, first, last, text)
    return
  end
  local tag = document.text:sub(node.first, node.last):gsub("%s*/>$", ">")
  edit(document, node.first, node.last, tag .. text .. "</" .. node.tag .. ">")
  document.edits[#document.edits].filled = text
end

---Replaces the text of an element without elements in it.
---@param document XmlDocument
---@param node XmlNode
---@param text string
function xml.set_text(document, node, text)
  if not node.text then
    error("xml.set_text: the element holds others", 2)
  end
  fill(document, node, node.inner_first, node.inner_last, xml.escape(text))
end

---Replaces everything between the tags of an element.
---@param document XmlDocument
---@param node XmlNode
---@param content string XML
function xml.set_inner(document, node, content)
  fill(document, node, node.inner_first, node.inner_last, content)
end

---Adds XML behind the last element in an element; more than once only where there is one.
---@param document XmlDocument
---@param node XmlNode
---@param content string XML
function xml.append(document, node, content)
  local last = node.children[#node.children]
  local at = last and last.last + 1 or node.inner_first
  fill(document, node, at, at - 1, content)
end

---Removes an element.
---@param document XmlDocument
---@param node XmlNode
function xml.remove(document, node)
  edit(document, node.first, node.last, "")
end

-- The bytes first..last with the edits that lie in them.
local function render(document, first, last)
  local edits, parts, at = {}, {}, first
  for _, item in ipairs(document.edits) do
    if item.first >= first and item.last <= last then
      edits[#edits + 1] = item
    end
  end
  table.sort(edits, function(a, b)
    if a.first ~= b.first then
      return a.first < b.first
    end
    return a.order < b.order
  end)
  for _, item in ipairs(edits) do
    parts[#parts + 1] = document.text:sub(at, item.first - 1)
    parts[#parts + 1] = item.text
    at = item.last + 1
  end
  parts[#parts + 1] = document.text:sub(at, last)
  return table.concat(parts)
end

---An element as XML text, with the edits in it.
---@param document XmlDocument
---@param node XmlNode
---@return string
function xml.outer(document, node)
  return render(document, node.first, node.last)
end

---What stands between the tags of an element, with the edits in it.
---@param document XmlDocument
---@param node XmlNode
---@return string
function xml.inner(document, node)
  if not node.is_empty then
    return render(document, node.inner_first, node.inner_last)
  end
  for _, item in ipairs(document.edits) do
    if item.first == node.first then
      return item.filled or ""
    end
  end
  return ""
end

---Writes a document in the encoding that it came in. Without edits it comes back byte for byte.
---@param document XmlDocument
---@return string? text
---@return FormatError? err when the edits left no well-formed document
function xml.build(document)
  local text = xmlscan.encode(render(document, 1, #document.text), document.encoding)
  if #document.edits > 0 then
    local _, err = xml.parse(text)
    if err then
      return nil, err
    end
  end
  return text
end

return xml
