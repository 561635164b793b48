#!/bin/sh
# --first-start run-once: the script of the first start, registered so that Windows runs it by itself.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

once='Microsoft\Windows\CurrentVersion\RunOnce'

use_run() {
  need jq
  use_servers
  cp -R EDGE02 before
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings \
    --first-start run-once --time 2030-01-01 remote-access
  script=$(cd EDGE02 && echo Windows/rehome/first-start-*.ps1)
}

# registered IMAGE: names and data of RunOnce.
registered() { "$rehome" hive export "$(hive "$1" SOFTWARE)" --prefix S "$once" 2>/dev/null | tr -d '\r\0' | grep -a '^"' || true; }

test_the_script_is_placed_and_registered() {
  use_run
  same run/first-start.ps1 "EDGE02/$script"
  [ "$(registered EDGE02 | wc -l)" = 1 ] || fail "registered: $(registered EDGE02)"
  registered EDGE02 >line
  id=${script#*first-start-}
  id=${id%.ps1}
  says line "\"!rehome-$id\"="
  says line "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\\\Windows\\\\rehome\\\\first-start-$id.ps1"
  [ "$(sed 's/^[^=]*="//; s/"$//; s/\\\\/\\/g' line | tr -d '\n' | wc -c)" -le 260 ] || fail "RunOnce takes 260 characters"
  # What the script puts there for its next try is what the plan put there.
  command=$(sed 's/^[^=]*="//; s/"$//; s/\\\\/\\/g' line)
  says "EDGE02/$script" "-Value '$command'"
  jq -e '.manual[] | select(.id == "rehome/first-start") | .text | contains("by itself")' run/plan.json >/dev/null
  jq -e '.request.first_start == "run-once"' run/plan.json >/dev/null
}

test_a_rollback_takes_it_back_to_the_byte() {
  use_run
  expect 0 "$rehome" rollback run
  diff -r before EDGE02 || fail "the destination is not what it was"
}

test_a_second_plan_finds_it_there() {
  use_run
  expect 0 "$rehome" verify run
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --first-start run-once --time 2031-01-01 -o again.plan remote-access
  jq -e '.changes == []' again.plan >/dev/null || fail "$(jq .changes again.plan)"
  # Other actions are another script, beside it.
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
return playbook {
  id = "small", title = "Small", version = "1",
  steps = { deferred "text" { guide = "RA-VER-05", title = "Text", run = "'text'", undo = "" } },
}
LUA
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run small.run --playbook-path mine \
    --first-start run-once --time 2030-01-01 small
  [ "$(registered EDGE02 | wc -l)" = 2 ] || fail "registered: $(registered EDGE02)"
}

test_apply_registers_what_was_planned() {
  need jq
  use_servers
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --first-start run-once -o one.plan remote-access
  expect 3 "$rehome" apply one.plan --accept-warnings
  [ "$(registered EDGE02 | wc -l)" = 1 ]
}

test_without_the_option_nothing_is_registered() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  [ -z "$(registered EDGE02)" ] && [ ! -e EDGE02/Windows/rehome ]
  ! grep -q RunOnce run/first-start.ps1 run/first-start-undo.ps1
}

# Windows has run it: its value is gone, and that is no difference once the result says so.
test_what_has_run_is_as_it_should_be() {
  use_run
  name=$(registered EDGE02 | sed 's/^"\([^"]*\)".*/\1/')
  change EDGE02 SOFTWARE <<REG
[HKEY_LOCAL_MACHINE\\SOFTWARE\\$once]
"$name"=-
REG
  expect 6 "$rehome" verify run
  says out "$name"
  jq -n --arg key "$(tr -d '\r' <run/first-start.ps1 | sed -n "s/^\$key = '\(.*\)'/\1/p")" --slurpfile plan run/plan.json '
    {format: 1, $key, script: "first-start.ps1", computer: "EDGE02", time: "2030-01-02T03:04:05Z",
     actions: [$plan[0].deferred[] | {id, state: "done", said: ""}]}' >first-start.json
  expect 0 "$rehome" verify run --first-start first-start.json
  says out "nothing is left to change"
}

test_a_script_that_asks_is_refused() {
  need jq
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
return playbook {
  id = "small", title = "Small", version = "1",
  steps = { deferred "secret" { guide = "RA-VER-05", title = "Secret", asks = true, run = "Read-Host", undo = "" } },
}
LUA
  fingerprint EDGE02 >wanted
  for command in "plan -o one.plan" "migrate --run run --accept-warnings"; do
    # shellcheck disable=SC2086 # words
    expect 5 "$rehome" $command --source EDGE01 --destination EDGE02 --playbook-path mine --first-start run-once small
    says out "nobody is there to answer what is asked by small/secret"
    says out "run first-start.ps1 by hand"
  done
  [ ! -e one.plan ] && [ ! -e run ]
  fingerprint EDGE02 >now
  same wanted now
}

test_a_policy_that_forbids_is_told_before() {
  use_servers
  change EDGE02 SOFTWARE <<'REG'
[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\PowerShell]
"EnableScripts"=dword:00000001
"ExecutionPolicy"="AllSigned"
REG
  expect 5 "$rehome" plan --source EDGE01 --destination EDGE02 --first-start run-once -o one.plan remote-access
  says out "AllSigned"
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 -o one.plan remote-access
}

test_another_word_is_wrong_usage() {
  use_servers
  expect 2 "$rehome" plan --source EDGE01 --destination EDGE02 --first-start later -o one.plan remote-access
  says err "run-once"
}

run_tests
