-- What must hold of any text read as a phonebook. Its first byte says how the entries are adapted.
local phonebook = require "format.phonebook"
local rules = require "phonebook_rules"

local way, text = (input:byte(1) or 0), input:sub(2)
local code_page = ({ [0] = 1252, 1251, 932, 65001 })[way >> 4 & 3]

-- Without numbers, so that an outcome is one of few.
local function tell(message) print((message:gsub("%d+", "#"))) end

local function options()
  local function next_free(value) return value end
  return {
    source_os = ({ [0] = "2003", "2008", "2008r2", "2012" })[way & 3], ipv6 = way & 4 ~= 0,
    device = way & 8 ~= 0 and function(device, port)
      if #device % 2 == 0 then return "WAN Miniport (IKEv2)", port and "VPN1-0" end
    end or nil,
    guid = next_free, dial_params_uid = next_free,
    is_source = function(peer) return #peer == 3 end,
  }
end

local function adapted_of(book)
  local twin = { entries = {}, preamble = book.preamble, eol = book.eol, bom = book.bom, warnings = {} }
  for _, entry in ipairs(book.entries) do
    local adapted, report = rules.adapt(entry, options())
    for _, item in ipairs(report) do tell(("%s %s %s"):format(item.action, item.key, item.reason)) end
    twin.entries[#twin.entries + 1] = adapted
    if adapted then
      local called = adapted.called
      if phonebook.to_utf8(adapted, code_page) then
        assert(adapted.name == called and utf8.len(called) and phonebook.encoding(adapted) == "utf-8")
      end
      local _, second = rules.adapt(adapted, options())
      for _, item in ipairs(second) do assert(item.action ~= "removed", item.key) end
    end
  end
  return twin
end

local t = {}

function t.test_what_is_read_is_written_back_byte_for_byte()
  local book, err = phonebook.parse(text, code_page)
  if not book then
    assert(err.code == "format")
    tell(err.object .. err.message)
    return
  end
  print("warnings " .. #book.warnings)
  assert(phonebook.build(book) == text, "other bytes")
  local adapted = phonebook.build(adapted_of(book))
  local again = assert(phonebook.parse(adapted))
  assert(phonebook.build(again) == adapted, "other bytes, adapted")
  assert(phonebook.build(adapted_of(again)) == adapted, "adapting twice")
end

return t
