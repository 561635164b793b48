-- Reads zone files (RFC 1035 section 5), as far as it takes to find records by what they name.
-- Anything may be in such a file: what is not understood is passed over, and nothing raises.

local M = {}

local MAX_INCLUDES = 64 -- of one zone, with those of included files
local MAX_TOKENS = 1024 -- of one record; what comes after them is not looked at

-- A text in quotes or a word that starts at `at`: its content, and the place behind it.
local function read_word(line, at)
  if line:sub(at, at) == '"' then
    local last = at + 1
    while last <= #line and line:sub(last, last) ~= '"' do last = last + (line:sub(last, last) == "\\" and 2 or 1) end
    return line:sub(at + 1, last - 1), last + 1
  end
  local last = line:find('[ \t\r;()"\\]', at) or #line + 1
  while line:sub(last, last) == "\\" do last = line:find('[ \t\r;()"\\]', last + 2) or #line + 1 end
  return line:sub(at, last - 1), last
end

-- Adds the words of a line to `tokens`; gives how many parentheses are open behind it.
local function read_line(line, tokens, open)
  local at = line:find "[^ \t\r]"
  while at and at <= #line do
    local sign = line:sub(at, at)
    if sign == ";" then
      break
    elseif sign == "(" or sign == ")" then
      open = math.max(0, open + (sign == "(" and 1 or -1))
      at = at + 1
    else
      local word
      word, at = read_word(line, at)
      if #tokens < MAX_TOKENS then tokens[#tokens + 1] = word end
    end
    at = line:find("[^ \t\r]", at)
  end
  return open
end

---A name as it is written in a file, in full: small letters, no dot at the end.
---@param name string
---@param origin string in full
---@return string
function M.full_name(name, origin)
  name = name:lower()
  if name == "@" then return origin end
  if name:sub(-1) == "." and name:sub(-2, -2) ~= "\\" then return name:sub(1, -2) end
  return origin == "" and name or name .. "." .. origin
end

local classes = { IN = true, CH = true, HS = true, CS = true, ANY = true }

-- Splits a record into owner, type and data. Windows writes the age of dynamic records as [AGE:3608448].
local function split(tokens, has_owner, last_owner, origin)
  local at, owner = 1, last_owner
  if has_owner then owner, at = M.full_name(tokens[1], origin), 2 end
  while tokens[at] and (classes[tokens[at]:upper()] or tokens[at]:match "^%d[%dsmhdwSMHDW]*$"
    or tokens[at]:match "^%[%u+:%d+%]$") do
    at = at + 1
  end
  return owner, tokens[at] and tokens[at]:upper(), { table.unpack(tokens, at + 1) }
end

---@class ZoneRecord
---@field file string
---@field line integer
---@field owner string in full
---@field type string in capital letters
---@field data string[] as written
---@field origin string in full

---Reads a file and those that it includes, and calls visit for every record.
---@param read fun(name: string): string? gives the text of a file
---@param name string
---@param origin string the zone; "." or "" for the root
---@param visit fun(record: ZoneRecord)
---@param state? table of the file that includes this one
---@return table state problems (what was passed over) and included (names of files), two lists of texts
function M.scan(read, name, origin, visit, state)
  state = state or { problems = {}, included = {}, seen = {} }
  local function problem(text) state.problems[#state.problems + 1] = name:sub(1, 100) .. text end
  origin = origin == "." and "" or origin:lower()
  local mark = name:lower() .. "\0" .. origin
  if state.seen[mark] then return state end
  state.seen[mark] = true
  local text = read(name)
  if not text then
    problem ": there is no such file in the folder"
    return state
  end
  local tokens, open, first, has_owner, owner, number = {}, 0, 0, false, origin, 0

  local function include(file, of)
    if #state.included >= MAX_INCLUDES then
      problem(": too many files are included")
    else
      state.included[#state.included + 1] = file
      M.scan(read, file, of, visit, state)
    end
  end

  local function finish()
    local word = tokens[1]:upper()
    if word == "$ORIGIN" and tokens[2] then
      origin = M.full_name(tokens[2], origin)
    elseif word == "$INCLUDE" and tokens[2] then
      include(tokens[2], tokens[3] and M.full_name(tokens[3], origin) or origin)
    elseif word:sub(1, 1) ~= "$" then
      local kind, data
      owner, kind, data = split(tokens, has_owner, owner, origin)
      if kind then
        visit { file = name, line = first, owner = owner, type = kind, data = data, origin = origin }
      end
    end
  end

  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    if #tokens == 0 and open == 0 then first, has_owner = number, line:find "^[^ \t\r]" ~= nil end
    open = read_line(line, tokens, open)
    if open == 0 and #tokens > 0 then
      finish()
      tokens = {}
    end
  end
  if open > 0 then problem((":%d: a parenthesis is not closed"):format(first)) end
  return state
end

---The files that a boot file names (BIND 4: "primary ZONE FILE", "secondary ZONE ADDRESS... FILE", "cache . FILE").
---@param text string
---@return string[]
function M.boot_files(text)
  local found = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local words = {}
    read_line(line, words, 0)
    local kind = words[1] and words[1]:lower()
    if (kind == "primary" or kind == "secondary" or kind == "cache") and #words >= 3 then
      found[#found + 1] = words[#words]
    end
  end
  return found
end

return M
