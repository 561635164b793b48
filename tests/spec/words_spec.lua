-- The language: tables that stand for each of many things, rules by release, files, and what an entry needs.
local lu = require "luaunit"
local test_server = require "test_server"

local t = {}

local SERVICES = [[HKLM\SYSTEM\CurrentControlSet\Services\]]
local KEY = SERVICES .. "Thing"
local FOLDER = [[%SystemRoot%\System32\thing]]

local function server(options)
  local text = (options.text or ""):gsub("%[Thing", "[CCS\\Services\\Thing")
  local files = {}
  for name, content in pairs(options.files or {}) do files["Windows/System32/thing/" .. name] = content end
  return machine.from(test_server.text {
    release = options.release, name = options.name, system = "[CCS\\Services\\Thing]\n" .. text, files = files,
  })
end

-- Runs the items on a source and a destination; gives the plan, the destination and the verdicts by "Sub\Name".
local function moved(source, destination, items)
  local from = { release = "2008r2", name = "OLD" }
  local to = { release = "2016", name = "NEW" }
  if type(source) == "string" then from.text, source = source, {} end
  if type(destination) == "string" then to.text, destination = destination, {} end
  for key, value in pairs(source) do from[key] = value end
  for key, value in pairs(destination) do to[key] = value end
  local new = server(to)
  local made = playbook {
    id = "thing", title = "Thing", version = "1", reads = { registry = { KEY }, files = { FOLDER .. [[\**]] } },
    writes = { registry = { KEY }, files = { FOLDER .. [[\**]] } }, steps = items,
  }
  local plan = run { playbooks = { made }, source = server(from), destination = new }
  local verdicts = {}
  for _, item in ipairs(plan.verdicts) do
    local path = item.path:match "^file:(.*)$" or (item.path .. "\\" .. (item.name or "")):sub(#KEY + 2)
    verdicts[path] = item.verdict .. (item.why and ": " .. item.why or "")
  end
  return plan, new, verdicts
end

local function on_demand(id)
  return manual(id) {
    guide = "XX-POST-01", on = "people", phase = "after", on_demand = true, text = "Do it:",
  }
end

local zones = [=[
[Thing\Zones\a]
"Type"=dword:00000001
"Kept"=dword:00000002
"Odd"=dword:00000003
[Thing\Zones\a\Policies]
"P"=dword:00000004
"Q"=dword:00000005
[Thing\Zones\b]
"Type"=dword:00000009
"Other"=dword:0000000a
[Thing\Zones\b\Deep]
"Z"=dword:0000000b
[Thing\Zones]
"Count"=dword:00000002
]=]

local function zone_rules(more)
  local declaration = {
    guide = "XX-GAP-01", each = subkeys(KEY .. [[\Zones\*]]),
    to = function(zone)
      if zone.name == "a" then return KEY .. [[\Moved\]] .. zone.name end
      return nil, "it is b", "kept"
    end,
    migrate "Type", keep "Kept", drop "Odd*" { why = function(_, about) return "odd in " .. about.item.name end },
    by_hand [[*\**]] {
      step = "policies", detail = function(_, about) return about.path:match "[^\\]*$" .. " of " .. about.item.name end,
    },
  }
  for key, value in pairs(more or {}) do declaration[key] = value end
  return { settings "zones" (declaration), on_demand "policies" }
end

function t.test_one_table_stands_for_each_key()
  local plan, new, verdicts = moved(zones, "[Thing\\Moved\\a]\n\"Old\"=dword:00000001\n", zone_rules())
  lu.assertEquals(verdicts, {
    [ [[Zones\a\Type]] ] = "migrated", [ [[Zones\a\Kept]] ] = "kept", [ [[Zones\a\Odd]] ] = "dropped: odd in a",
    [ [[Zones\a\Policies\P]] ] = "manual", [ [[Zones\a\Policies\Q]] ] = "manual",
    [ [[Zones\b\Type]] ] = "kept: it is b", [ [[Zones\b\Other]] ] = "kept: it is b",
    [ [[Zones\b\Deep\Z]] ] = "kept: it is b", [ [[Zones\Count]] ] = "unjudged",
  })
  lu.assertEquals(new:read(KEY .. [[\Moved\a]], "Type"), 1)
  lu.assertEquals(new:read(KEY .. [[\Moved\a]], "Old"), 1)
  lu.assertEquals(new:keys(KEY .. [[\Moved]]), { "a" })
  lu.assertEquals(plan.steps[1].summary, "moved: 1 of 2")
  -- A value above the things is nobody's.
  lu.assertEquals(unjudged_of(plan), { KEY .. [[\Zones\Count]] })
  -- Two values, one key: it is asked for once.
  lu.assertEquals(plan.manual[1].details, { "Policies of a" })
  local rules = {}
  for _, item in ipairs(plan.verdicts) do rules[item.path:sub(#KEY + 2) .. "\\" .. item.name] = item.rule end
  lu.assertEquals(rules[ [[Zones\a\Type]] ], "settings zones (a): migrate Type")
  lu.assertEquals(rules[ [[Zones\b\Type]] ], "settings zones (b)")
end

function t.test_a_manual_step_may_be_told_several_details()
  local function told(_, about) return { about.name .. " 1", about.name .. " 2" } end
  local plan = moved('"A"=dword:00000001\n"B"=dword:00000002', "", {
    settings "values" {
      guide = "XX-GAP-01", key = KEY, by_hand "A" { step = "policies", detail = told }, keep "*",
    },
    on_demand "policies",
  })
  lu.assertEquals(plan.manual[1].details, { "A 1", "A 2" })
end

function t.test_replace_of_a_table_empties_the_place_of_each()
  lu.assertErrorMsgContains("'keep' would say that it stays", zone_rules, { replace = true })
  local own = "[Thing\\Zones\\a]\n\"Old\"=dword:00000001\n[Thing\\Zones\\c]\n\"Own\"=dword:00000001\n"
  local _, new = moved(zones, own, {
    settings "zones" {
      guide = "XX-GAP-01", each = subkeys(KEY .. [[\Zones\*]]), replace = true, migrate "Type", drop "**",
    },
  })
  lu.assertEquals(#new:values(KEY .. [[\Zones\a]]), 1)
  lu.assertEquals(new:read(KEY .. [[\Zones\c]], "Own"), 1)
end

function t.test_a_key_that_goes_before_all_that_comes_to_it()
  local numbered = { guide = "XX-GAP-01", replace = KEY .. [[\Zones]], migrate "Type", drop "**" }
  lu.assertErrorMsgContains("'replace' is true without an 'each'", settings "zones", {
    guide = "XX-GAP-01", key = KEY, replace = KEY, migrate "A",
  })
  numbered.each = function(source)
    local list = subkeys(KEY .. [[\Zones\*]])(source)
    for index, zone in ipairs(list) do zone.to = ([[%s\Zones\%d]]):format(KEY, index) end
    return list
  end
  numbered.to = function(zone) return zone.to end
  local _, new = moved(zones, "[Thing\\Zones\\9]\n\"Own\"=dword:00000001\n", { settings "zones" (numbered) })
  lu.assertEquals(new:keys(KEY .. [[\Zones]]), { "1", "2" })
  lu.assertEquals(new:read(KEY .. [[\Zones\2]], "Type"), 9)
end

function t.test_a_thing_that_the_source_does_not_have()
  local off = "\n\"On\"=dword:00000000\n"
  local plan, new, verdicts = moved("[Thing\\a]" .. off, "[Thing\\b]" .. off, {
    settings "ports" {
      guide = "XX-GAP-01",
      each = function()
        return { { name = "a", path = KEY .. [[\a]], to = KEY .. [[\a]] }, { name = "b", to = KEY .. [[\b]] } }
      end,
      to = function(thing) return thing.to end,
      set "On" {
        value = dword(1), when = function(_, about) return about.path == nil end,
        note = function(_, about) return about.item.name .. " is switched on" end,
      },
      migrate "On",
    },
  })
  lu.assertEquals(verdicts, { [ [[a\On]] ] = "migrated" })
  lu.assertEquals({ new:read(KEY .. [[\a]], "On"), new:read(KEY .. [[\b]], "On") }, { 0, 1 })
  lu.assertEquals({ #plan.notes, plan.notes[1].text }, { 1, "b is switched on" })
end

function t.test_several_details_of_one_value()
  local plan = moved("[Thing]\n\"A\"=hex(7):31,00,00,00,32,00,00,00,00,00\n", "", {
    settings "values" {
      guide = "XX-GAP-01", key = KEY,
      by_hand "A" { step = "policies", detail = function(_, about) return about.value end },
    },
    on_demand "policies",
  })
  lu.assertEquals(plan.manual[1].details, { "1", "2" })
end

function t.test_one_value_stands_for_a_thing()
  local source = "[Thing]\n\"One\"=dword:00000001\n\"Two\"=dword:00000002\n\"Three\"=dword:00000003\n"
  local _, new, verdicts = moved(source, "[Thing]\n\"Two\"=dword:00000009\n\"Gone\"=dword:00000009\n", {
    settings "records" {
      guide = "XX-GAP-01", key = KEY, replace = true,
      each = function()
        return { { name = "One", size = 10 }, { name = "Two", size = 0 }, { name = "Gone", size = 1 } }
      end,
      value = function(thing) return thing.name end,
      drop "*" { when = function(_, about) return about.item.size == 0 end, why = "it is empty" },
      migrate "*" { through = function(value, _, about) return value + about.item.size, "its size is added" end },
    },
  })
  lu.assertEquals(verdicts, {
    One = "transformed: its size is added", Two = "dropped: it is empty", Three = "unjudged",
  })
  lu.assertEquals(new:read(KEY, "One"), 11)
  lu.assertNil(new:read(KEY, "Two"))
  lu.assertNil(new:read(KEY, "Gone"))
end

function t.test_through_is_told_what_it_is_about()
  local told = {}
  moved("[Thing\\Sub]\n\"A\"=dword:00000001\n", "", {
    settings "values" {
      guide = "XX-GAP-01", key = KEY, to = KEY .. [[\There]],
      migrate [[Sub\A]] {
        through = function(value, ctx, about)
          told = { value, ctx.source_os, about.path, about.to, about.name, about.type, about.raw }
          return value
        end,
      },
    },
  })
  lu.assertEquals(told, { 1, "2008r2", KEY .. [[\Sub]], KEY .. [[\There\Sub]], "A", "dword", "\1\0\0\0" })
end

-- What a rule by release says for a pair: its verdict, and the rule.
local function by(source, destination, sides)
  local plan, new = moved({ release = source, text = "[Thing]\n\"A\"=dword:00000001\n" },
    { release = destination, text = "[Thing]\n\"A\"=dword:00000002\n" },
    { settings "values" { guide = "XX-GAP-01", key = KEY, by_release "A" (sides) } })
  return plan.verdicts[1].verdict, plan.verdicts[1].rule, new:read(KEY, "A")
end

function t.test_rules_by_the_release_of_either_side()
  local sides = {
    source = { ["2003,2008"] = remove, otherwise = migrate }, destination = { ["2025"] = default { value = dword(7) } },
  }
  lu.assertEquals({ by("2008", "2012", sides) }, { "defaulted", "settings values: remove A (source 2008)" })
  lu.assertEquals({ by("2008r2", "2012", sides) }, { "migrated", "settings values: migrate A (source 2008r2)", 1 })
  lu.assertEquals({ by("2003", "2025", sides) }, { "defaulted", "settings values: default A (destination 2025)", 7 })
  lu.assertEquals({ by("2003", "2019", { destination = { ["2012"] = migrate, otherwise = keep } }) },
    { "kept", "settings values: keep A (destination 2019)", 2 })
end

function t.test_rules_by_release_that_leave_a_gap()
  local made = by_release "A"
  lu.assertErrorMsgContains("source: the column 'otherwise' is missing", made, { source = { ["2003"] = keep } })
  lu.assertErrorMsgContains("would leave the source's no say", made, {
    source = { otherwise = keep }, destination = { otherwise = keep },
  })
  lu.assertErrorMsgContains("'2004' is no Windows release", made, { source = { ["2004"] = keep, otherwise = keep } })
  lu.assertErrorMsgContains("did you mean 'source'", made, { sources = {} })
end

function t.test_a_default_says_which()
  lu.assertErrorMsgContains("field 'value' is missing", default "A", {})
  lu.assertErrorMsgContains("there is no 'each'", settings "x", {
    guide = "XX-GAP-01", key = function() end, migrate "A",
  })
end

function t.test_files()
  local plan, new, verdicts = moved(
    { files = { ["a.dns"] = "A", ["cache.dns"] = "C", ["b.txt"] = "B", ["sub/d.dns"] = "D" } },
    { files = { ["cache.dns"] = "own" } }, {
      account "files" {
        guide = "XX-GAP-01", files = FOLDER,
        keep "cache.dns" { why = "its own" },
        migrate { "*.dns", [[sub\*]] } { through = function(text, _, about) return text .. about.name end },
        drop "b.*",
      },
    })
  lu.assertEquals(verdicts, {
    ["Windows/System32/thing/a.dns"] = "transformed", ["Windows/System32/thing/cache.dns"] = "kept: its own",
    ["Windows/System32/thing/b.txt"] = "dropped", ["Windows/System32/thing/sub/d.dns"] = "transformed",
  })
  lu.assertEquals(new:read_file(FOLDER .. [[\a.dns]]), "Aa.dns")
  lu.assertEquals(new:read_file(FOLDER .. [[\sub\d.dns]]), "Dd.dns")
  lu.assertEquals(new:read_file(FOLDER .. [[\cache.dns]]), "own")
  lu.assertFalse(new:has_file(FOLDER .. [[\b.txt]]))
  lu.assertEquals(plan.accounted.unjudged, 0)
end

function t.test_a_check_of_two_texts()
  local function failed(...)
    local given = table.pack(...)
    local plan = moved("", "", {
      check "odd" {
        guide = "XX-CHK-01", severity = "warn", problem = "There are %s of %s.", remedy = function() return "Go." end,
        found = function() return table.unpack(given, 1, given.n) end,
      },
    })
    return plan.checks[1].message, plan.checks[1].hint
  end
  lu.assertNil(failed())
  lu.assertNil(failed(false, "x"))
  lu.assertNil(failed({}, "x"))
  lu.assertEquals({ failed({ "%s", "b" }, 3) }, { "There are %s, b of 3.", "Go." })
  lu.assertEquals(failed("a", "b"), "There are a of b.")
end

function t.test_a_check_is_a_function_or_two_texts()
  local function made(fields)
    fields.guide, fields.severity = "XX-CHK-01", "warn"
    return check "odd" (fields)
  end
  local function look() end
  lu.assertErrorMsgContains("a text beside 'found'", made, { problem = "x" })
  lu.assertErrorMsgContains("a text beside 'found'", made, { problem = look, found = look })
  lu.assertErrorMsgContains("'remedy' is for", made, { problem = look, remedy = "x" })
end

function t.test_files_go_to_another_folder()
  local _, new, verdicts = moved({ files = { ["old/a.dns"] = "A" } }, "", {
    account "files" { guide = "XX-GAP-01", files = FOLDER .. [[\old]], to = FOLDER, migrate "*" },
  })
  lu.assertEquals(verdicts, { ["Windows/System32/thing/old/a.dns"] = "migrated" })
  lu.assertEquals(new:read_file(FOLDER .. [[\a.dns]]), "A")
end

-- Lines NAME=VALUE of a file, as a playbook reads them.
function t.test_parts_of_a_file()
  local written = {}
  local function parts(source)
    local list = {}
    for name, value in source:read_file(FOLDER .. [[\x.ini]]):gmatch "(%w+)=(%w+)" do
      list[#list + 1] = {
        name = name, value = value, there = name == "b" and "own" or nil,
        write = function(new) written[name] = new end,
      }
    end
    return list
  end
  local plan = moved({ files = { ["x.ini"] = "a=1 b=2 c=3 d=4 e=5 f=6" } }, "", {
    account "parts" {
      guide = "XX-GAP-01", each = parts, parts = function() return "Windows/System32/thing/x.ini" end,
      name = function(part) return "x\\" .. part.name end,
      migrate "a", keep "b", migrate "c" { through = function(value) return value .. "!" end },
      migrate "d" { through = function() return nil, "gone" end },
      by_hand "e" { step = "policies", detail = function(_, about) return about.value end },
    },
    account "file" { guide = "XX-GAP-01", files = FOLDER, drop "x.ini" },
    on_demand "policies",
  })
  local told = {}
  for _, item in ipairs(plan.verdicts) do
    told[item.name or ""] = ("%s %s %s"):format(item.verdict, item.before or "-", item.after or "-")
  end
  lu.assertEquals(told, {
    [ [[x\a]] ] = 'migrated REG_SZ "1" REG_SZ "1"', [ [[x\b]] ] = 'kept REG_SZ "2" REG_SZ "own"',
    [ [[x\c]] ] = 'transformed REG_SZ "3" REG_SZ "3!"', [ [[x\d]] ] = 'dropped REG_SZ "4" -',
    [ [[x\e]] ] = 'manual REG_SZ "5" -', [ [[x\f]] ] = "unjudged REG_SZ, 1 bytes -", [""] = "dropped - -",
  })
  lu.assertEquals(written, { a = "1", c = "3!" })
  lu.assertEquals(plan.manual[1].details, { "5" })
  lu.assertErrorMsgContains("'parts' needs 'each'", account "parts", {
    guide = "XX-GAP-01", parts = function() end, keep "*",
  })
end

function t.test_a_manual_step_tells_itself_what_it_is_needed_for()
  local function step(own, asks)
    local plan = moved("[Thing]\n\"A\"=dword:00000001\n", "", {
      settings "values" { guide = "XX-GAP-01", key = KEY, when = function() return asks end,
                          by_hand "A" { step = "look", detail = "A" } },
      manual "look" { guide = "XX-POST-01", on = "people", phase = "after", text = "Look:",
                      on_demand = function() return own end },
    })
    return plan.manual[1] and plan.manual[1].details
  end
  lu.assertNil(step({}, false))
  lu.assertNil(step(nil, false))
  lu.assertEquals(step(true, false), {})
  lu.assertEquals(step({ "own" }, false), { "own" })
  lu.assertEquals(step({ "own" }, true), { "A", "own" })
end

function t.test_what_an_account_table_cannot_say()
  local made = account "files"
  lu.assertErrorMsgContains("'set' is for values of the registry", made, {
    guide = "XX-GAP-01", files = FOLDER, set "a" { value = dword(1) },
  })
  lu.assertErrorMsgContains("it is about 'files'", made, { guide = "XX-GAP-01", keep "*" })
  lu.assertErrorMsgContains("it is about 'files'", made, {
    guide = "XX-GAP-01", files = FOLDER, accounts = "users", keep "*",
  })
end

function t.test_a_note_is_told_once()
  local plan = moved("[Thing]\n\"A\"=dword:00000001\n\"B\"=dword:00000001\n", "", {
    settings "values" {
      guide = "XX-GAP-01", key = KEY,
      drop "*" { note = function(_, about) return about.name < "C" and "the first ones stay behind" or nil end },
    },
  })
  lu.assertEquals(#plan.notes, 1)
  lu.assertEquals(plan.notes[1].text, "the first ones stay behind")
end

function t.test_a_playbook_of_ones_own_says_its_pairs()
  local checks = require "shared.checks"
  local function failed(source, destination)
    local plan = moved({ release = source }, { release = destination }, {
      check "pair" (checks.supported_pair({ source = { "2012", "2016" }, destination = { "2016", "2025" } }, "Things", {
        guide = "XX-CHK-01",
      })),
    })
    return test_server.failed(plan, "pair")
  end
  lu.assertNil(failed("2012", "2025"))
  lu.assertNil(failed("2016", "2016"))
  lu.assertStrContains(failed("2008r2", "2016").message, "pair for Things: Windows Server 2008 R2")
  lu.assertEquals(failed("2012", "2012").hint, "Sources are Windows Server 2012 to 2016; the destination is Windows"
    .. " Server 2016 and newer, and not older than the source.")
  lu.assertErrorMsgContains("no release is a source for 'mine'", checks.supported_pair, "mine", "Things", {})
end

function t.test_an_entry_of_the_language_is_whole()
  local whole = { name = "word", doc = "x", lane = "steps", run = print, fields = {}, word = print }
  whole.run, whole.word = function() end, function() end
  lu.assertNil(language.problem(whole, "item"))
  for field, problem in pairs {
    lane = "it has no lane", run = "nothing runs it", doc = "it has no documentation", word = "no function",
  } do
    local kept = whole[field]
    whole[field] = nil
    lu.assertStrContains(language.problem(whole, "item"), problem)
    whole[field] = kept
  end
  whole.fields = { key = "string" }
  lu.assertStrContains(language.problem(whole, "item"), "'key' has no documentation")
  whole.fields, whole.lane = {}, "somewhere"
  lu.assertStrContains(language.problem(whole, "item"), "it has no lane")
end

return t
