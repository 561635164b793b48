-- What hardens a server is never weaker after a move: each row of the table of switches, by the rule that it makes.
local hardening = require "windows.hardening"
local lu = require "luaunit"
local known = require "windows.switches"
local test_server = require "test_server"

local t = {}

local SERVICES = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local KEY = SERVICES .. "Thing"

-- Values of which each is stricter than those before it, by a row's direction.
local ladders = {
  higher = { 0, 1, 2, 5 }, lower = { 5, 2, 1, 0 }, on = { 0, 1 }, off = { 1, 0 }, bits = { 0, 0x80000, 0x20080000 },
}

local function ladder(by)
  if type(by) ~= "table" then return ladders[by] end
  local list = {}
  for index = #by, 1, -1 do list[#list + 1] = by[index] end
  return list
end

local function place(values, value)
  for index, listed in ipairs(values) do
    if listed == value then return index end
  end
end

local function server(release, name, at, value)
  local section = at:gsub("^HKLM\\SYSTEM\\CurrentControlSet", "CCS")
  local text = value and ('[%s]\n"%s"=dword:%08x\n'):format(section, name, value) or ""
  return machine.from(test_server.text { release = release, name = "S" .. release, system = text })
end

-- A plan of one row's rules. `options`: carried, excluded.
local function moved(row, name, from, there, options)
  options = options or {}
  local key = row.key:find "^HKLM" and row.key or SERVICES .. row.key
  local table_key, pattern = key, row.key
  if key:find("*", 1, true) then
    table_key, pattern = key:match "^(.-)\\[^\\]*%*", row.key:match "^(.-)\\[^\\]*%*" .. [[\**]]
  end
  local at = key:gsub("%*", "13")
  local destination = server(options.release or "2022", name, at, there)
  local plan = run {
    playbooks = { playbook {
      id = "thing", title = "Thing", version = "1", reads = { registry = { table_key } },
      writes = { registry = { table_key } },
      steps = { settings "rows" { guide = "XX-GAP-01", key = table_key, switches(pattern) } },
    } },
    source = server("2012", name, at, from), destination = destination,
    carried = options.carried, excluded = options.excluded,
  }
  return destination:read(at, name), plan, at .. "\\" .. name
end

local function is_told(plan, name)
  for _, note in ipairs(plan.notes) do
    if note.text:find(name, 1, true) then return true end
  end
  for _, path in ipairs(unjudged_of(plan)) do
    if path:find(name, 1, true) then return true end
  end
  for _, check in ipairs(plan.checks) do
    if not check.ok and check.severity == "warn" and check.message:find(name, 1, true) then return true end
  end
  return false
end

local function each_hardening(visit)
  local count = 0
  for _, row in ipairs(known.rows) do
    for _, name in ipairs(row.stricter and row.names or {}) do
      count = count + 1
      visit(row, name, ladder(row.stricter))
    end
  end
  lu.assertTrue(count > 40, "the table has lost its rows")
end

function t.test_no_row_gets_weaker()
  each_hardening(function(row, name, values)
    local candidates = { false, values[1], values[#values] }
    for _, from in ipairs(candidates) do
      for _, there in ipairs(candidates) do
        local what = ("%s: source %s, destination %s"):format(name, tostring(from), tostring(there))
        local after, plan = moved(row, name, from or nil, there or nil)
        local here = from or hardening.without(row.absent, "2012")
        local own = there or hardening.without(row.absent, "2022")
        local got = after or hardening.without(row.absent, "2022")
        local wanted = math.max(place(values, here) or 1, place(values, own) or 1)
        if not (row.shipped and from == row.shipped[2]) then
          lu.assertTrue((place(values, got) or 1) >= wanted, what .. ": it has got " .. tostring(got))
        else -- what Windows ships says nothing: the destination's own stays
          lu.assertEquals(got, own, what)
        end
        local is_looser = from and (place(values, from) or 1) < (place(values, own) or 1)
        if is_looser and not row.shipped then lu.assertTrue(is_told(plan, name), what .. ": nobody is told") end
        if got ~= own and not from then lu.assertTrue(is_told(plan, name), what .. ": it is changed without a word") end
      end
    end
  end)
end

function t.test_a_looser_value_arrives_by_its_own_path_alone()
  each_hardening(function(row, name, values)
    local loose, strict = values[1], values[#values]
    if row.shipped and row.shipped[2] == loose then return end
    local _, _, path = moved(row, name, loose, strict)
    local after, plan = moved(row, name, loose, strict, { carried = { path } })
    lu.assertEquals(after, loose, path)
    lu.assertStrContains(test_server.failed(plan, "never-weaker").message, path)
    if row.becomes ~= "ask" then return end -- what is settled otherwise cannot be carried by a key
    after, plan = moved(row, name, loose, strict, { carried = { path:match "^(.*)\\" } })
    lu.assertEquals(after, strict, path)
    lu.assertEquals(unjudged_of(plan), { path })
    lu.assertNil(test_server.failed(plan, "never-weaker"))
  end)
end

function t.test_taking_out_is_a_warning_that_names_it()
  each_hardening(function(row, name, values)
    local _, _, path = moved(row, name, values[#values], nil)
    local _, plan = moved(row, name, values[#values], nil, { excluded = { path } })
    lu.assertStrContains(test_server.failed(plan, "never-weaker").message, name)
  end)
end

-- A row that no playbook's table has is knowledge that nobody uses.
function t.test_playbooks_have_each_row()
  local used = {}
  for _, id in ipairs { "remote-access", "nps", "file-shares", "ip-configuration" } do
    for _, made in ipairs(rules_of(id)) do
      for _, name in ipairs(made.action == "stricter" and made.names or {}) do
        used[made.options.why .. "\\" .. name:match "[^\\]*$"] = true
      end
    end
  end
  each_hardening(function(row, name)
    lu.assertTrue(used[row.meaning .. "\\" .. name], name .. " is in no playbook's rules")
  end)
end

function t.test_a_text_is_nothing_to_compare()
  local text = '[CCS\\Services\\Thing]\n"Switch"="yes"\n'
  local destination = machine.from(test_server.text { release = "2022", name = "NEW" })
  local plan = run {
    playbooks = { playbook {
      id = "thing", title = "Thing", version = "1", reads = { registry = { KEY } }, writes = { registry = { KEY } },
      steps = { settings "rows" { guide = "XX-GAP-01", key = KEY, stricter "Switch" { by = "on", absent = 0 } } },
    } },
    source = machine.from(test_server.text { release = "2012", name = "OLD", system = text }),
    destination = destination,
  }
  lu.assertEquals(unjudged_of(plan), { KEY .. [[\Switch]] })
  lu.assertNil(destination:get(KEY, "Switch"))
end

function t.test_bits_of_both_servers_hold()
  local row = known.find([[HKLM\SYSTEM\ControlSet001\Control\Lsa\MSV1_0]], "ntlmminserversec")
  local after, plan = moved(row, "NtlmMinServerSec", 0x80000, 0x20000000)
  lu.assertEquals(after, 0x20080000)
  lu.assertEquals(plan.verdicts[1].verdict, "transformed")
end

function t.test_what_stricter_is_not_told()
  for _, options in ipairs {
    { by = "upwards", absent = 0 }, { by = {}, absent = 0 }, { by = "on", absent = { ["2012"] = 1 } },
    { by = "on", absent = { ["2013"] = 1, otherwise = 0 } }, { by = "on" }, { absent = 0 },
  } do
    lu.assertFalse(pcall(function()
      return settings "rows" { guide = "XX-GAP-01", key = KEY, stricter "Switch" (options) }
    end))
  end
end

return t
