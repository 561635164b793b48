-- RAS phonebooks (router.pbk, rasphone.pbk): sections of key=value lines whose order and repetition carry meaning.
-- Format: MS-RRASM 2.2.2 and real files of Windows 7. Nothing is sorted, joined or normalised.
local bytes = require "format.bytes"
local wintext = require "wintext"

local phonebook = {}

local MAX_TEXT, MAX_LINE, MAX_LINES, MAX_ENTRIES, MAX_NAME = 8 << 20, 64 << 10, 200000, 10000, 1536

---One line: key and value, or blank, or raw text without "=". `eol` is there when it differs from the book's.
---@class PhonebookLine
---@field key? string
---@field value? string
---@field blank? boolean
---@field raw? string
---@field eol? string

---@class PhonebookEntry
---@field name string UTF-8 when the entry says Encoding=1, else bytes in the server's ANSI code page
---@field called string the name as UTF-8
---@field repeated? boolean an entry before it has the same name: RAS uses the first (general knowledge)
---@field lines PhonebookLine[]
---@field trailer? string blanks after the "]" of the section line
---@field eol? string

---@class Phonebook
---@field entries PhonebookEntry[]
---@field preamble PhonebookLine[] lines before the first section
---@field eol string line end of the book
---@field bom? string
---@field warnings string[]

local function failure(number, message, hint)
  return bytes.failure(number and "phonebook line " .. number or "phonebook", message, hint)
end

local function check_name(name)
  if name == "" then
    return "an entry has no name"
  elseif #name > MAX_NAME then
    return string.format("an entry name has %d bytes, the limit is %d", #name, MAX_NAME)
  elseif name:find "[%c%]]" then
    return "an entry name holds a control character or ]"
  end
end

local function same_name(a, b)
  return wintext.upcase(a) == wintext.upcase(b)
end

-- Keys compare without case, but "Device" is a line of a MEDIA block and "DEVICE" starts a block.
local function same_key(a, b)
  if a == b then
    return true
  end
  local lower = a:lower()
  return lower == b:lower() and lower ~= "media" and lower ~= "device"
end

local function read_line(content)
  if content == "" then
    return { blank = true }
  end
  local key, value = content:match "^([^=]+)=(.*)$"
  return key and { key = key, value = value } or { raw = content }
end

local function read_section(content, number)
  local name, trailer = content:match "^%[(.*)%]([ \t]*)$"
  if not name then
    return nil, failure(number, "the section line does not end with ]")
  end
  local message = check_name(name)
  if message then
    return nil, failure(number, message, "Rename the connection on the source.")
  end
  return { name = name, lines = {}, trailer = trailer ~= "" and trailer or nil }
end

-- Gives the content, line end and number of each line; the last may have no line end.
local function each_line(text)
  local at, number = 1, 0
  return function()
    if at > #text then
      return nil
    end
    number = number + 1
    local stop = text:find("\n", at, true)
    local content = text:sub(at, (stop or #text + 1) - 1)
    at = (stop or #text) + 1
    if not stop then
      return content, "", number
    elseif content:sub(-1) == "\r" then
      return content:sub(1, -2), "\r\n", number
    end
    return content, "\n", number
  end
end

local function check_line(content, number)
  if number > MAX_LINES then
    return failure(number, string.format("more than %d lines", MAX_LINES))
  elseif #content > MAX_LINE then
    return failure(number, string.format("longer than %d bytes", MAX_LINE))
  elseif content:find "[\0\r]" then
    return failure(number, "holds a NUL or a lone carriage return", "Check that the file is a phonebook.")
  elseif content:find "^%s+%[" then
    return failure(number, "blanks stand before a section", "Remove the blanks.")
  end
end

local function texts_of(entry)
  local list = { entry.name }
  for _, line in ipairs(entry.lines) do list[#list + 1] = line.value or line.raw end
  return list
end

-- Whether all text of an entry is in the encoding that it declares: for ANSI, in a code page that is known.
local function is_readable(entry, code_page)
  local is_utf8 = phonebook.encoding(entry) == "utf-8"
  for _, text in ipairs(texts_of(entry)) do
    if is_utf8 and not utf8.len(text) then return false, "declares UTF-8 but holds other bytes" end
    if not is_utf8 and text:find "[\x80-\xFF]" and not wintext.decode(text, code_page) then
      return false, ("is text in code page %d, which is not known"):format(code_page)
    end
  end
  return true
end

-- Finds what the entries are called, and notes repeated names and text that cannot be read.
local function check_entries(book, code_page)
  local seen = {}
  for _, entry in ipairs(book.entries) do
    local readable, why = is_readable(entry, code_page)
    local is_text = phonebook.encoding(entry) == "utf-8" and utf8.len(entry.name)
    entry.called = is_text and entry.name or wintext.decode(entry.name, code_page) or entry.name
    local key = wintext.upcase(entry.called)
    entry.repeated = seen[key]
    seen[key] = true
    if entry.repeated then
      book.warnings[#book.warnings + 1] = "two entries are called '" .. entry.called .. "'; the first is used"
    end
    if not readable then book.warnings[#book.warnings + 1] = ("'%s' %s"):format(entry.called, why) end
  end
end

-- "[" as the first letter of text in UTF-16 without a mark.
local wide_starts = { "\xFF\xFE", "\xFE\xFF", "[\0", "\0[" }

---Reads a phonebook. Bad text never raises.
---@param text string
---@param code_page? integer of entries that do not say Encoding=1; 1252 when it is not known
---@return Phonebook? book
---@return FormatError? err
function phonebook.parse(text, code_page)
  if #text > MAX_TEXT then
    return nil, failure(nil, string.format("%d bytes, the limit is %d", #text, MAX_TEXT))
  end
  for _, start in ipairs(wide_starts) do
    if text:sub(1, 2) == start then
      return nil, failure(nil, "is UTF-16, which RAS does not write and does not read",
        "On a copy of the server, save the file as UTF-8 without a mark, or put the server's own one in its place.")
    end
  end
  local book = { entries = {}, preamble = {}, warnings = {} }
  if text:sub(1, 3) == "\xEF\xBB\xBF" then
    book.bom, text = text:sub(1, 3), text:sub(4)
  end
  local lines = book.preamble
  for content, eol, number in each_line(text) do
    local err = check_line(content, number)
    if err then
      return nil, err
    end
    book.eol = book.eol or eol ~= "" and eol or "\r\n"
    local item
    if content:sub(1, 1) == "[" then
      item, err = read_section(content, number)
      if not item then
        return nil, err
      elseif #book.entries == MAX_ENTRIES then
        return nil, failure(number, string.format("more than %d entries", MAX_ENTRIES))
      end
      book.entries[#book.entries + 1] = item
      lines = item.lines
    else
      item = read_line(content)
      lines[#lines + 1] = item
    end
    item.eol = eol ~= book.eol and eol or nil
  end
  book.eol = book.eol or "\r\n"
  check_entries(book, code_page or 1252)
  return book
end

---Writes a phonebook; what parse read comes back byte for byte.
---@param book Phonebook
---@return string
function phonebook.build(book)
  local contents, ends = {}, {}
  local function add(content, eol)
    contents[#contents + 1] = content
    ends[#contents] = eol or book.eol
  end
  local function add_lines(lines)
    for _, line in ipairs(lines) do
      add(line.key and line.key .. "=" .. line.value or line.raw or "", line.eol)
    end
  end
  add_lines(book.preamble)
  for _, entry in ipairs(book.entries) do
    add("[" .. entry.name .. "]" .. (entry.trailer or ""), entry.eol)
    add_lines(entry.lines)
  end
  local parts = { book.bom or "" }
  for index, content in ipairs(contents) do
    parts[#parts + 1] = content
    -- Only the very last line may go without a line end.
    parts[#parts + 1] = ends[index] == "" and index < #contents and book.eol or ends[index]
  end
  return table.concat(parts)
end

---@param entry PhonebookEntry
---@return "utf-8"|"ansi"
function phonebook.encoding(entry)
  return phonebook.get(entry, "Encoding") == "1" and "utf-8" or "ansi"
end

---Gives the first value of a key.
---@param entry PhonebookEntry
---@param key string
---@return string? value
function phonebook.get(entry, key)
  for _, line in ipairs(entry.lines) do
    if line.key and same_key(line.key, key) then
      return line.value
    end
  end
end

---Gives every value of a key, in order.
---@param entry PhonebookEntry
---@param key string
---@return string[]
function phonebook.get_all(entry, key)
  local values = {}
  for _, line in ipairs(entry.lines) do
    if line.key and same_key(line.key, key) then
      values[#values + 1] = line.value
    end
  end
  return values
end

-- Where the entry's own settings end and its positional blocks begin.
local function end_of_settings(lines)
  for index, line in ipairs(lines) do
    if not line.key or line.key == "NETCOMPONENTS" or line.key == "MEDIA" or line.key == "DEVICE" then
      return index
    end
  end
  return #lines + 1
end

---Sets the first line of a key; a new key goes to the end of the entry's own settings, before the blocks.
---Raises when key or value would break the line.
---@param entry PhonebookEntry
---@param key string
---@param value string|integer
function phonebook.set(entry, key, value)
  value = tostring(value)
  if key == "" or key:find "[%c=%[]" or value:find "[\0\r\n]" then
    error("phonebook.set: the key or the value of " .. key:gsub("%c", "?") .. " does not fit on one line", 2)
  end
  for _, line in ipairs(entry.lines) do
    if line.key and same_key(line.key, key) then
      line.value = value
      return
    end
  end
  table.insert(entry.lines, end_of_settings(entry.lines), { key = key, value = value })
end

---Removes every line of a key.
---@param entry PhonebookEntry
---@param key string
---@return integer removed
function phonebook.unset(entry, key)
  local removed = 0
  for index = #entry.lines, 1, -1 do
    local line = entry.lines[index]
    if line.key and same_key(line.key, key) then
      table.remove(entry.lines, index)
      removed = removed + 1
    end
  end
  return removed
end

---Finds an entry by its name in UTF-8, without regard to case as Windows does.
---@param book Phonebook
---@param name string
---@return PhonebookEntry? entry
---@return integer? index
function phonebook.find(book, name)
  for index, entry in ipairs(book.entries) do
    if same_name(entry.called, name) then
      return entry, index
    end
  end
end

---Makes the entry one in UTF-8, which does not depend on a server's code page; false when it is so already.
---@param entry PhonebookEntry
---@param code_page integer what it is in
---@return boolean changed
function phonebook.to_utf8(entry, code_page)
  local is_plain = true
  for _, text in ipairs(texts_of(entry)) do is_plain = is_plain and not text:find "[\x80-\xFF]" end
  if is_plain or phonebook.encoding(entry) == "utf-8" or not is_readable(entry, code_page) then return false end
  entry.name = entry.called
  for _, line in ipairs(entry.lines) do
    line.value = line.value and wintext.decode(line.value, code_page)
    line.raw = line.raw and wintext.decode(line.raw, code_page)
  end
  phonebook.unset(entry, "Encoding")
  table.insert(entry.lines, 1, { key = "Encoding", value = "1" })
  return true
end

---Appends an entry. Raises when its name is not allowed or already there.
---@param book Phonebook
---@param entry PhonebookEntry
function phonebook.add(book, entry)
  local message = check_name(entry.name)
  entry.called = entry.called or entry.name
  if message or phonebook.find(book, entry.called) then
    error("phonebook.add: " .. (message or "there is an entry called " .. entry.called), 2)
  end
  book.entries[#book.entries + 1] = entry
end

---Removes an entry.
---@param book Phonebook
---@param name string
---@return PhonebookEntry? removed
function phonebook.remove(book, name)
  local _, index = phonebook.find(book, name)
  return index and table.remove(book.entries, index) or nil
end

---@param entry PhonebookEntry
---@return PhonebookEntry
function phonebook.copy(entry)
  local twin = { name = entry.name, called = entry.called, trailer = entry.trailer, eol = entry.eol, lines = {} }
  for index, line in ipairs(entry.lines) do
    local copy = {}
    for field, value in pairs(line) do
      copy[field] = value
    end
    twin.lines[index] = copy
  end
  return twin
end

return phonebook
