#!/bin/sh
# What was carried out already is told as such, and nothing is written.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

use_plan() {
  need jq
  use_servers
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access >/dev/null
}

# small LUA...: a playbook "small" of one value, with these items more.
small() {
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<LUA
local key = [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters]]
return playbook {
  id = "small", title = "Small", version = "1", writes = { registry = { key } },
  steps = {
    step "all" { guide = "XX-TEST-01", run = function(ctx) ctx.destination:set(key, "One", "dword", 7) end },
    ${*:-}
  },
}
LUA
}

# untouched COMMAND...: the command leaves every byte of the destination and the run's journal.
untouched() {
  fingerprint EDGE02 >before
  cat "$run/journal.jsonl" >journal.before
  "$@"
  fingerprint EDGE02 | cmp before -
  same journal.before "$run/journal.jsonl"
}

test_a_plan_that_was_applied() {
  use_plan
  run=edge.plan.run
  expect 3 "$rehome" apply edge.plan --accept-warnings --json
  jq -e '.changed == true and .run != null' out >/dev/null
  untouched expect 3 "$rehome" apply edge.plan
  says out "Already applied at 20"
  says out "by $PWD/edge.plan.run"
  says out " 0 differ"
  says out "nothing to do"
  says out "To do by hand after the apply"
  untouched expect 3 "$rehome" apply edge.plan --json --unattended
  jq -e '.changed == false and (.applied | startswith("20")) and .differences == [] and .manual_open > 0' out >/dev/null
  jq -e --arg run "$PWD/edge.plan.run" '.run == $run' out >/dev/null
  # Neither source nor rules are needed to know that.
  rm -r EDGE01
  untouched expect 3 "$rehome" apply edge.plan
  expect 0 "$rehome" log verify edge.plan.run
}

test_the_run_is_found_where_it_was_put() {
  small
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output edge.plan small >/dev/null
  run=elsewhere
  expect 0 "$rehome" apply edge.plan --playbook-path mine --run elsewhere --json
  jq -e .changed out >/dev/null
  untouched expect 0 "$rehome" apply edge.plan --run elsewhere
  says out "nothing to do"
  # A run of another plan, and one of another destination, are none of this one.
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output other.plan small >/dev/null
  expect 1 "$rehome" apply other.plan --playbook-path mine --run elsewhere
  says err "holds a run already"
}

test_what_was_changed_since() {
  use_plan
  run=edge.plan.run
  expect 3 "$rehome" apply edge.plan --accept-warnings
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"AllowPPTPWeakCrypto"=dword:00000002
REG
  untouched expect 6 "$rehome" apply edge.plan
  says out "Already applied at 20"
  says out "AllowPPTPWeakCrypto"
  ! grep "nothing to do" out || fail "there is something"
  untouched expect 6 "$rehome" apply edge.plan --json
  jq -e '.changed == false and (.differences | length) == 1' out >/dev/null
}

test_what_is_no_work_of_the_run_may_go_on() {
  use_plan
  run=edge.plan.run
  expect 3 "$rehome" apply edge.plan --accept-warnings
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"New"=dword:00000001
REG
  untouched expect 3 "$rehome" apply edge.plan
}

test_a_run_that_was_taken_back_is_none() {
  small
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output edge.plan small >/dev/null
  expect 0 "$rehome" apply edge.plan --playbook-path mine
  expect 0 "$rehome" rollback edge.plan.run
  expect 1 "$rehome" apply edge.plan --playbook-path mine
  says err "holds a run already"
  expect 0 "$rehome" apply edge.plan --playbook-path mine --run second --json
  jq -e .changed out >/dev/null
}

# As a process leaves it that was stopped behind the first file.
test_a_run_that_is_half_way() {
  small
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output edge.plan small >/dev/null
  expect 0 "$rehome" apply edge.plan --playbook-path mine
  run=edge.plan.run
  rm "$run/heads.json"
  sed -i '/"kind":"applied"/d' "$run/journal.jsonl"
  untouched expect 7 "$rehome" apply edge.plan --playbook-path mine
  says err "the run of this plan is half-way (placing)"
  says err "rehome resume $PWD/edge.plan.run"
  expect 0 "$rehome" resume edge.plan.run
  untouched expect 0 "$rehome" apply edge.plan
}

test_a_server_that_was_migrated() {
  use_servers
  run=EDGE02.run
  migrate() { "$rehome" migrate --source EDGE01 --destination EDGE02 --accept-warnings remote-access "$@"; }
  expect 3 migrate --json
  jq -e .changed out >/dev/null
  untouched expect 3 migrate
  says out "EDGE02 is already as it should be: nothing to do."
  untouched expect 3 migrate --json
  jq -e '.changed == false and .manual_open > 0' out >/dev/null
  # Another folder for the run is not made either.
  untouched expect 3 migrate --run other
  [ ! -e other ]
  expect 3 "$rehome" manual EDGE02.run 1 done --note "as it was"
  open=$("$rehome" manual EDGE02.run --json 2>/dev/null | jq .manual_open)
  untouched expect 3 migrate --json
  jq -e --argjson open "$open" '.manual_open == $open' out >/dev/null || fail "what was done by hand is not known: $(cat out)"
}

test_a_server_without_anything_to_do() {
  small
  migrate() { "$rehome" migrate --source EDGE01 --destination EDGE02 --playbook-path mine small "$@"; }
  expect 0 migrate
  run=EDGE02.run
  untouched expect 0 migrate
  says out "nothing to do"
  rm -r EDGE02.run
  fingerprint EDGE02 >before
  expect 0 migrate --json
  jq -e '.changed == false' out >/dev/null
  fingerprint EDGE02 | cmp before -
  [ ! -e EDGE02.run ]
}

# A script that has not been told yet is something to do, though no byte of the disk changes.
test_a_script_for_the_first_start_is_something_to_do() {
  small 'deferred "restart" { guide = "XX-TEST-02", run = "Restart-Service Other", undo = "" },'
  migrate() { "$rehome" migrate --source EDGE01 --destination EDGE02 --playbook-path mine small "$@"; }
  expect 3 migrate
  run=EDGE02.run
  untouched expect 3 migrate
  says out "nothing to do"
  rm -r EDGE02.run
  fingerprint EDGE02 >before
  expect 3 migrate --json
  jq -e '.changed == false' out >/dev/null
  fingerprint EDGE02 | cmp before -
  says EDGE02.run/first-start.ps1 "Restart-Service Other"
}

run_tests
