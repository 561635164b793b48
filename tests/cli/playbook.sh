#!/bin/sh
# Playbooks of a user's own: made, tested, and stopped when they leave their room.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# playbook NAME: standard input becomes the step's body of a playbook in mine/NAME.
playbook() {
  mkdir -p "mine/$1"
  {
    printf 'return playbook {\n  id = "%s", title = "Test", version = "1",\n' "$1"
    printf '  reads = { registry = { [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\RasMan]] } },\n'
    printf '  writes = { registry = { [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\RasMan]] } },\n'
    printf '  steps = { step "try" { guide = "XX-TEST-01", run = function(ctx)\n'
    cat
    printf '  end } },\n}\n'
  } >"mine/$1/playbook.lua"
}
plan() { "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine "$@"; }

# stopped TEXT: the playbook `bad` is stopped with an error that names its line 6 and holds TEXT.
stopped() {
  use_servers
  playbook bad
  fingerprint EDGE02 >before
  expect 1 plan bad --output p
  says err "$1"
  says err "bad/playbook.lua:"
  [ ! -e p ] || fail "a plan was written"
  fingerprint EDGE02 | cmp before -
}

test_reading_outside_the_scopes() {
  stopped "outside its declared scopes" <<'LUA'
    ctx.source:values([[HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess]])
LUA
  says err "playbook.lua:6"
  says err "reads.registry"
}

test_reading_sam() {
  stopped "holds password hashes" <<'LUA'
    pcall(function() end) ; ctx.source:keys([[HKLM\SAM\SAM]])
LUA
}

test_writing_outside_the_scopes() {
  stopped "outside its declared scopes" <<'LUA'
    ctx.destination:set([[HKLM\SYSTEM\CurrentControlSet\Services\Tcpip]], "x", "dword", 1)
LUA
  says err "writes.registry"
}

test_writing_to_the_source() {
  stopped "outside its declared scopes" <<'LUA'
    ctx.source:set([[HKLM\SYSTEM\CurrentControlSet\Services\RasMan]], "x", "dword", 1)
LUA
}

test_reading_a_file() {
  stopped "outside its declared scopes" <<'LUA'
    ctx.source:read_file("../../../etc/passwd")
LUA
}

test_scopes_are_not_escaped_by_spelling() {
  for path in 'HKLM\SYSTEM\CurrentControlSet\Services\RasManX' 'HKLM\SYSTEM'; do
    echo "ctx.source:values([[$path]])" | stopped "outside its declared scopes"
    rm -rf mine EDGE01 EDGE02
  done
}

test_loading_byte_code() {
  use_servers
  mkdir -p mine/bad
  lua5.4 -e 'io.stdout:write(string.dump(function() return 1 end))' >mine/bad/playbook.lua 2>/dev/null ||
    printf '\033Lua\124' >mine/bad/playbook.lua
  expect 1 plan bad
  says err "bad/playbook.lua"
  playbook worse <<'LUA'
    return load("\27Lua")
LUA
  expect 1 plan worse
  says err "playbook.lua:6"
}

test_looping_for_ever() {
  stopped "instructions" <<'LUA'
    while true do end
LUA
  says err "playbook.lua:6"
}

test_looping_where_pcall_would_swallow_it() {
  stopped "instructions" <<'LUA'
    while true do pcall(function() while true do end end) end
LUA
}

test_eating_memory() {
  stopped "memory" <<'LUA'
    local t = {} ; while true do t[#t + 1] = ("x"):rep(1000000) .. #t end
LUA
  says err "playbook.lua:6"
}

test_no_way_to_the_system() {
  for name in io os debug package dofile loadfile load loadstring collectgarbage coroutine rawset host; do
    echo "assert($name == nil, 'there is $name')" | playbook "try-$(echo $name | tr -d _)"
    use_servers
    expect 0 plan "try-$name"
    rm -rf EDGE01 EDGE02
  done
}

test_globals_are_frozen() {
  stopped "read-only" <<'LUA'
    string.format = nil
LUA
}

test_new_globals_are_refused() {
  stopped "read-only" <<'LUA'
    forgotten_local = 1
LUA
}

test_mistakes_are_explained() {
  use_servers
  mkdir -p mine/typo
  printf 'return playbook {\n  id = "typo", title = "x", version = "1", setps = {},\n}\n' >mine/typo/playbook.lua
  expect 1 "$rehome" playbook lint --playbook-path mine typo
  says err "did you mean 'steps'"
  says err "typo/playbook.lua"
  expect 0 "$rehome" playbook list --playbook-path mine
  says out "typo"
}

test_new_playbook_passes_its_own_test() {
  expect 0 "$rehome" playbook new mine/my-role
  expect 0 "$rehome" playbook lint --playbook-path mine my-role
  expect 0 "$rehome" playbook test --playbook-path mine my-role
  says out "1 passed, 0 failed"
  sed -i 's/, 7)/, 8)/' mine/my-role/tests/parameters.lua
  expect 1 "$rehome" playbook test --playbook-path mine my-role
  says out "1 failed"
}

test_a_folder_hides_the_embedded_one() {
  playbook remote-access </dev/null
  expect 0 "$rehome" playbook show --playbook-path mine remote-access
  says out "Test"
  expect 0 "$rehome" playbook show remote-access
  says out "Remote Access"
}

run_tests
