-- The host's Lua has its own globals: the engine sees `host`, playbooks see their words.
std = "lua54"
max_line_length = 120
exclude_files = { "build*" }

files["stdlib/engine.lua"] = { read_globals = { "host" } }
files["stdlib/engine/"] = { read_globals = { "host" } }

local words = {}
for line in io.lines "docs/words.lua" do words[#words + 1] = line:match "^function ([%w_]+)%(" end
files["playbooks/"] = { read_globals = words }
files["tests/spec/"] = {
  read_globals = { "machine", "run", "graph", "inventory", "language", "unjudged_of", "rules_of" },
}
for _, name in ipairs { "declared", "ledger", "graph", "shared", "conflicts", "beside", "inventory", "settings", "words",
                         "unjudged", "hardening" } do
  files["tests/spec/" .. name .. "_spec.lua"] = { read_globals = words }
end
files["playbooks/*/tests/"] = { read_globals = { "machine", "run", "unjudged_of" } }
files["tests/reference.lua"] = { read_globals = { "language" } }
files["tests/fuzz/"] = { read_globals = { "input" } }
