#!/bin/sh
# A plan is bound to the rules that made it: the engine, every module of its playbooks, the version. Another rehome is
# the program linked anew with changed texts inside (tests/CMakeLists.txt).
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

relink=$(dirname "$rehome")/tests/relink.sh
version=$("$rehome" --version | sed 's/rehome //')

# The texts that are in the program, to be changed; `rebuilt` makes ./other of them.
use_texts() {
  [ -e "$relink" ] || skip "$relink is not built"
  need jq
  use_servers
  mkdir texts
  cp -R "$root/stdlib" "$root/playbooks" texts
}
rebuilt() { sh "$relink" "$PWD/other" "$PWD/texts" || fail "it does not build"; }

plan() {
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan "$@" >/dev/null
  fingerprint EDGE02 >before
}

# refused TEXT PROGRAM...: apply ends with 4 and says TEXT, and nothing was written.
refused() {
  text=$1
  shift
  expect 4 "$@" apply edge.plan --accept-warnings
  says err "$text"
  says err "make a new plan"
  fingerprint EDGE02 | cmp before -
  [ ! -e edge.plan.run ] || fail "a run folder was left"
  [ ! -e EDGE02.rehome-lock ]
}

# change_rule FILE FROM TO: one line of a text says something else.
change_rule() {
  sed "s/$2/$3/" "texts/$1" >new
  ! cmp -s new "texts/$1" || fail "$1 has no such line"
  mv new "texts/$1"
}

test_a_rule_of_the_engine() {
  use_texts
  plan remote-access
  # What `keep` says becomes what `drop` says.
  change_rule stdlib/engine/run/settings.lua 'return "kept"' 'return "dropped"'
  rebuilt
  refused "the engine: changed after the plan was made" ./other
  # The run of an earlier engine goes on to be of use, and is not judged by other rules.
  expect 3 "$rehome" apply edge.plan --accept-warnings
  expect 0 ./other verify edge.plan.run
  says out "0 differ"
  says out "not planned again: the engine: changed after the plan was made"
  expect 0 ./other rollback edge.plan.run
  fingerprint EDGE02 | cmp before -
}

test_a_module_of_an_embedded_playbook() {
  use_texts
  plan remote-access
  echo '-- changed' >>texts/stdlib/format/phonebook.lua
  echo '-- changed' >>texts/playbooks/remote-access/checks.lua
  rebuilt
  refused "the module checks.lua of playbook remote-access, the module format.phonebook of playbook remote-access" ./other
  # Who has nothing to do with them is not concerned.
  rm edge.plan
  plan ip-configuration
  expect 3 ./other apply edge.plan --accept-warnings
}

test_another_version() {
  use_texts
  plan remote-access
  sh "$relink" "$PWD/other" "" 99.1.0
  refused "rehome is 99.1.0, the plan was made by $version" ./other
}

# use_folder: a playbook of the user's own with modules, one of them required by another.
use_folder() {
  mkdir -p mine/own/tests
  cat >mine/own/playbook.lua <<'LUA'
return playbook {
  id = "own", title = "Own", version = "1", steps = { require "steps" },
  writes = { registry = { [[HKLM\SOFTWARE\Own]] } },
}
LUA
  cat >mine/own/steps.lua <<'LUA'
local values = require "values"
return step "all" { guide = "XX-TEST-01", run = function(ctx)
  ctx.destination:set([[HKLM\SOFTWARE\Own]], "Number", "dword", values.number + require("values").number)
end }
LUA
  echo 'local nat = require "format.nat"  return { number = nat and 7 }' >mine/own/values.lua
  echo 'return {}' >mine/own/tests/none.lua
  plan --playbook-path mine own
}

# The engine knows the releases of Windows from a module that this playbook does not require; what it requires itself
# requires format.infoblock.
test_modules_that_are_required_by_others() {
  use_texts
  use_folder
  for module in windows format/infoblock; do echo '-- changed' >>texts/stdlib/$module.lua; done
  rebuilt
  expect 4 ./other apply edge.plan --playbook-path mine
  says err "the engine, the module format.infoblock of playbook own: changed after the plan was made"
  fingerprint EDGE02 | cmp before -
}

test_a_module_of_a_playbook_in_a_folder() {
  need jq
  use_servers
  use_folder
  [ "$(jq -c '.playbooks[0].modules | keys' edge.plan)" = \
    '["format.bits","format.bytes","format.infoblock","format.nat","playbook.lua","steps.lua","values.lua"]' ] || fail "$(jq -c .playbooks[0].modules edge.plan)"
  for file in playbook steps values; do
    cp -R mine sound
    echo '-- changed' >>mine/own/$file.lua
    expect 4 "$rehome" apply edge.plan --accept-warnings --playbook-path mine
    says err "the module $file.lua of playbook own: changed after the plan was made"
    # Nothing of it has run: it may not even be Lua any more.
    echo 'this is no Lua' >mine/own/$file.lua
    expect 4 "$rehome" apply edge.plan --accept-warnings --playbook-path mine
    says err "the module $file.lua of playbook own: changed after the plan was made"
    fingerprint EDGE02 | cmp before -
    [ ! -e edge.plan.run ] || fail "a run folder was left"
    rm -r mine
    mv sound mine
  done
  # What it is not made of may change.
  echo '-- changed' >>mine/own/tests/none.lua
  echo '-- new' >mine/own/notes.lua
  expect 0 "$rehome" apply edge.plan --accept-warnings --playbook-path mine
  says out "planned again: nothing is left to change"
}

test_a_file_that_hides_a_module() {
  use_servers
  use_folder
  echo 'return { number = 1 }' >mine/own/format.nat.lua
  expect 4 "$rehome" apply edge.plan --accept-warnings --playbook-path mine
  says err "the module format.nat.lua of playbook own: changed after the plan was made"
  fingerprint EDGE02 | cmp before -
}

# What a playbook is made of has to be known when it is loaded.
test_a_module_is_required_in_time() {
  use_servers
  use_folder
  sed -i 's/require("values")/require("late")/' mine/own/steps.lua
  echo 'return { number = 1 }' >mine/own/late.lua
  expect 1 "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine own
  says err "steps.lua:3"
  says err "'late' is required too late"
}

run_tests
