#!/bin/sh
# Manual steps: listed, recorded with evidence, printed; what an unattended run does about them.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# steps LUA: a playbook with these manual steps.
steps() {
  use_servers
  mkdir -p mine/small
  {
    cat <<'LUA'
local key = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]
return playbook {
  id = "small", title = "Small", version = "1", consults = { registry = { key } },
  writes = { registry = { key } },
  steps = {
    step "all" { guide = "XX-TEST-01", run = function(ctx) ctx.destination:set(key, "One", "dword", 7) end },
LUA
    echo "$1"
    printf '  },\n}\n'
  } >mine/small/playbook.lua
}
two='manual "dns" { guide = "XX-TEST-02", title = "Change <DNS>", on = "network", phase = "after", text = "Point *it* here." },
manual "calls" { guide = "XX-TEST-03", title = "Call", on = "people", phase = "before", text = "Tell them." },'

migrate() { "$rehome" migrate --source EDGE01 --destination EDGE02 --playbook-path mine --run run small "$@"; }

test_steps_are_recorded_until_none_is_open() {
  steps "$two"
  expect 3 migrate
  expect 3 "$rehome" status run
  expect 3 "$rehome" manual run
  says out "small/dns"
  says out "2 of 2 steps are left to do"
  expect 3 "$rehome" manual run small/dns done --note "ticket 4711" --by anna
  expect 0 "$rehome" manual run calls skip --note "nobody to call"
  says out "by anna"
  says out "ticket 4711"
  expect 0 "$rehome" status run
  expect 0 "$rehome" manual run --json
  jq -e '.manual[] | select(.id == "small/dns") | .state == "done" and .evidence.by == "anna" and (.evidence.time | startswith("20"))' out >/dev/null
  # The account's name stands for who did it when nobody is named.
  jq -e --arg user "$(id -un)" '.manual[] | select(.id == "small/calls") | .state == "skipped" and .evidence.by == $user' out >/dev/null
  expect 3 "$rehome" manual run dns reopen --note "it was the wrong zone"
  expect 0 "$rehome" log verify run
}

test_wrong_use_is_refused() {
  steps "$two"
  expect 3 migrate
  cp run/events.jsonl before
  expect 1 "$rehome" manual run nosuch done
  says err "small/dns"
  expect 2 "$rehome" manual run dns finished
  expect 2 "$rehome" manual run dns
  expect 2 "$rehome" manual run dns skip
  says err "--note"
  same before run/events.jsonl
}

test_checklists_hold_every_step_and_no_markup_of_others() {
  steps "$two"
  expect 3 migrate
  expect 3 "$rehome" manual run dns done --by anna
  expect 0 "$rehome" manual run --output list.md
  says list.md '- [x] **Change \<DNS\>**'
  says list.md 'Point \*it\* here.'
  says list.md '- [ ] **Call**'
  expect 0 "$rehome" manual run --output list.html
  says list.html 'Change &lt;DNS&gt;'
  grep -q '<DNS>' list.html && fail "a title became markup"
  xmllint --noout list.html
  expect 1 "$rehome" manual run --output list.md
  expect 0 "$rehome" manual run --output list.md --overwrite
}

test_unattended_runs_defer() {
  steps "$two"
  expect 3 migrate --unattended
  expect 3 "$rehome" manual run --json
  jq -e '[.manual[] | .state == "deferred" and .evidence.by == "rehome"] | all' out >/dev/null
}

test_unattended_runs_stop_before_what_somebody_has_to_do() {
  steps 'manual "backup" { guide = "XX-TEST-02", title = "Back up", on = "destination", phase = "before", unattended = "fail", text = "Do." },'
  fingerprint EDGE02 >before
  expect 5 migrate --unattended
  says err "small/backup"
  fingerprint EDGE02 | cmp before -
  [ ! -e run ] || fail "a run folder was left"
  expect 3 migrate
}

test_a_machine_check_settles_a_step() {
  steps 'manual "old" { guide = "XX-TEST-02", on = "destination", phase = "before", unattended = "accept-if-verified", text = "Do.",
    verify = function(ctx) return ctx.destination:read(key, "One") ~= nil end },
  manual "new" { guide = "XX-TEST-03", on = "destination", phase = "after", unattended = "accept-if-verified", text = "Do.",
    verify = function(ctx) return ctx.destination:read(key, "One") == 7 end },'
  # Before the apply the value is not there, after it it is.
  expect 5 migrate --unattended
  says err "small/old"
  expect 3 migrate
  expect 3 "$rehome" manual run --json
  jq -e '[.manual[].state] == ["open", "done"] and .manual[1].evidence.note == "checked by rehome"' out >/dev/null
}

test_policies_that_make_no_sense_are_refused() {
  steps 'manual "x" { guide = "XX-TEST-02", on = "people", phase = "after", unattended = "fail", text = "Do." },'
  expect 1 migrate
  says err "before the apply"
  steps_again='manual "x" { guide = "XX-TEST-02", on = "people", phase = "after", unattended = "accept-if-verified", text = "Do." },'
  rm -rf EDGE01 EDGE02 mine
  steps "$steps_again"
  expect 1 migrate
  says err "needs a verify function"
}

test_a_name_of_two_steps_is_not_guessed() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  expect 1 "$rehome" manual run first-start done
  says err "first-start: may be one of several manual steps"
  says err "give one of: rehome/first-start, remote-access/first-start"
  expect 3 "$rehome" manual run rehome/first-start done
}

run_tests
