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

test_the_way_back_is_no_open_work() {
  steps 'manual "go-back" { guide = "XX-TEST-02", title = "Go back", on = "people", phase = "back", text = "Only then." },'
  expect 0 migrate
  says out "1 more is for the way back, if it is needed"
  expect 0 "$rehome" status run
  says out "0 steps are open"
  expect 0 "$rehome" manual run
  says out "if-needed back    small/go-back"
  says out "0 of 0 steps are left to do"
  expect 0 "$rehome" manual run --output list.md
  says list.md "By hand on the way back, if it is needed"
  rm -r run EDGE02
  cp -R "$work/servers/EDGE02" .
  expect 0 migrate --unattended
  expect 0 "$rehome" manual run --json
  jq -e '.manual[0].state == "if-needed" and .manual_open == 0' out >/dev/null
  # Neither does it become open work by what is recorded of it.
  expect 0 "$rehome" manual run go-back reopen --note "once more"
  expect 0 "$rehome" status run
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

# use_plan: edge.plan of the steps in $two.
use_plan() {
  need jq
  steps "${1:-$two}"
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output edge.plan small >/dev/null
}
apply() { "$rehome" apply edge.plan --playbook-path mine "$@"; }

test_what_is_recorded_before_the_apply_goes_into_the_run() {
  use_plan
  cp edge.plan plan.before
  expect 3 "$rehome" manual edge.plan
  says out "   1  open      before  small/calls"
  says out "   2  open      after   small/dns"
  says out "2 of 2 steps are left to do"
  [ ! -e edge.plan.manual.jsonl ] || fail "looking wrote something"
  expect 3 "$rehome" manual edge.plan 1 done --by anna --note "all told"
  expect 3 "$rehome" manual edge.plan XX-TEST-02 defer --by ben --note "tonight"
  says out "by ben"
  [ "$(stat -c %a edge.plan.manual.jsonl)" = 600 ]
  same plan.before edge.plan
  expect 3 "$rehome" manual edge.plan --json
  jq -e --arg plan edge.plan '.plan == $plan and [.manual[].state] == ["done", "deferred"]' out >/dev/null || fail "$(cat out)"
  jq -r '.manual[0].evidence.time' out >when
  expect 0 "$rehome" report edge.plan --output plan.md
  says plan.md "all told"
  expect 0 "$rehome" manual edge.plan --output list.md
  says list.md "- [x] **Call**"
  expect 3 apply
  ! grep "Open, and to be done before" out || fail "it was done"
  expect 3 "$rehome" manual edge.plan.run --json
  jq -e --arg when "$(cat when)" '.manual[0].evidence == {by: "anna", note: "all told", time: $when}' out >/dev/null || fail "$(cat out)"
  jq -e '.manual[1].state == "deferred" and .manual[1].evidence.by == "ben"' out >/dev/null
  expect 0 "$rehome" log verify edge.plan.run
  # Of a plan that was applied the run is told, and goes on to be.
  expect 0 "$rehome" manual edge.plan small/dns done --by ben
  says out "The plan's run is $PWD/edge.plan.run."
  expect 0 "$rehome" manual edge.plan.run
}

test_a_run_takes_every_name_of_a_step() {
  use_plan
  expect 3 apply
  expect 3 "$rehome" manual edge.plan.run 2 done
  expect 0 "$rehome" manual edge.plan.run XX-TEST-03 done
  expect 3 "$rehome" manual edge.plan.run dns reopen --note "no"
  for wrong in 0 3 02 XX-TEST xx-test-02; do
    expect 1 "$rehome" manual edge.plan.run "$wrong" done
    says err "$wrong: is no manual step here"
    says err "there are: small/calls, small/dns"
  done
}

test_a_guide_id_of_several_steps_is_not_guessed() {
  use_plan "$two"'manual "more" { guide = { "XX-TEST-02", "XX-TEST-04" }, on = "people", phase = "after", text = "Tell them." },'
  for place in edge.plan edge.plan.run; do
    expect 1 "$rehome" manual $place XX-TEST-02 done
    says err "XX-TEST-02: may be one of several manual steps"
    says err "give one of: small/dns, small/more"
    [ ! -e edge.plan.manual.jsonl ]
    [ $place = edge.plan.run ] || expect 3 apply
  done
  expect 3 "$rehome" manual edge.plan.run XX-TEST-04 done
}

test_what_was_recorded_is_bound_to_its_plan() {
  use_plan
  expect 3 "$rehome" manual edge.plan calls done --by anna
  cp edge.plan.manual.jsonl sound
  # Another plan of the same name is another one.
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --time 2026-01-01 --output edge.plan --overwrite small >/dev/null
  expect 3 "$rehome" manual edge.plan
  says out "2 of 2 steps are left to do"
  says err "edge.plan.manual.jsonl: 1 record of another plan does not count"
  expect 3 "$rehome" manual edge.plan calls skip --by ben --note "nobody there"
  says out "1 of 2 steps are left to do"
  [ "$(wc -l <edge.plan.manual.jsonl)" = 2 ]
  head -n 1 edge.plan.manual.jsonl | cmp sound -
  # What was altered is believed by nobody, and nothing is written.
  sed -i 's/ben/eve/' edge.plan.manual.jsonl
  fingerprint EDGE02 >before
  for command in "manual edge.plan" "manual edge.plan calls done" "apply edge.plan --playbook-path mine" "report edge.plan --output r.md"; do
    # shellcheck disable=SC2086 # words
    expect 1 "$rehome" $command
    says err "edge.plan.manual.jsonl"
    says err "record 2"
  done
  fingerprint EDGE02 | cmp before -
  [ ! -e edge.plan.run ] && [ ! -e r.md ]
}

# Several people at once, and one whose process was stopped in the middle of its line.
test_records_before_the_apply_stay_whole() {
  use_plan
  for number in 1 2 3 4 5 6; do
    "$rehome" manual edge.plan calls done --by "person $number" >/dev/null 2>&1 &
  done
  wait
  printf '{"by":"half","id":"small/calls","kind":"man' >>edge.plan.manual.jsonl
  expect 3 "$rehome" manual edge.plan dns defer --by anna --note "later"
  [ "$(jq -r .n edge.plan.manual.jsonl | tr '\n' ' ')" = "1 2 3 4 5 6 7 " ] || fail "$(cat edge.plan.manual.jsonl)"
  [ "$(jq -r .by edge.plan.manual.jsonl | sort | uniq | wc -l)" = 7 ]
  expect 3 apply
  [ "$(jq -s '[.[] | select(.recorded)] | length' edge.plan.run/events.jsonl)" = 7 ]
}

test_wrong_use_before_the_apply_writes_nothing() {
  use_plan
  expect 1 "$rehome" manual edge.plan nosuch done
  expect 2 "$rehome" manual edge.plan dns finished
  expect 2 "$rehome" manual edge.plan dns skip
  expect 1 "$rehome" manual nowhere.plan
  chmod a-w .
  [ "$(id -u)" = 0 ] || expect 1 "$rehome" manual edge.plan dns done
  chmod u+w .
  [ ! -e edge.plan.manual.jsonl ]
}

# What a policy asks for is what was recorded.
test_unattended_runs_go_by_what_was_recorded() {
  use_plan 'manual "backup" { guide = "XX-TEST-02", title = "Back up", on = "destination", phase = "before", unattended = "fail", text = "Do." },
  manual "old" { guide = "XX-TEST-04", on = "destination", phase = "before", unattended = "accept-if-verified", text = "Do.",
    verify = function(ctx) return ctx.destination:read(key, "One") ~= nil end },
  manual "calls" { guide = "XX-TEST-03", title = "Call", on = "people", phase = "before", text = "Tell them." },'
  fingerprint EDGE02 >before
  expect 5 apply --unattended
  says err "small/backup"
  says err "rehome manual PLAN small/backup done"
  expect 3 "$rehome" manual edge.plan backup done --by anna
  expect 5 apply --unattended
  says err "small/old"
  expect 3 "$rehome" manual edge.plan old skip --by anna --note "is new"
  fingerprint EDGE02 | cmp before -
  expect 3 apply --unattended
  expect 3 "$rehome" manual edge.plan.run --json
  jq -e '[.manual[] | [.state, .evidence.by]] == [["done", "anna"], ["skipped", "anna"], ["deferred", "rehome"]]' out >/dev/null || fail "$(cat out)"
}

# answers LINE COMMAND...: at a terminal; every question is answered with that line. The exit code in the file code.
answers() {
  python3 - "$@" >out <<'PYTHON'
import os, pty, sys
line, command = sys.argv[1].encode() + b"\n", sys.argv[2:]
process, terminal = pty.fork()
if process == 0:
    os.execv(command[0], command)
seen, asked = b"", 0
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    while seen.count(b"[y/N] ") > asked:
        asked += 1
        os.write(terminal, line)
print(seen.decode(), "asked", asked)
open("code", "w").write(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])))
PYTHON
  says out "asked 1"
}

test_a_terminal_is_asked_once() {
  use_plan "$two"'manual "backup" { guide = "XX-TEST-04", title = "Back up", on = "destination", phase = "before", unattended = "fail", text = "Do." },'
  fingerprint EDGE02 >before
  answers n "$rehome" apply edge.plan --playbook-path mine
  [ "$(cat code)" = 5 ]
  says out "1. Call  (small/calls)"
  says out "Go on in spite of 2 open steps?"
  fingerprint EDGE02 | cmp before -
  [ ! -e edge.plan.run ]
  expect 3 "$rehome" manual edge.plan calls done
  answers y "$rehome" apply edge.plan --playbook-path mine
  [ "$(cat code)" = 3 ]
  says out "Go on in spite of 1 open step?"
  expect 0 "$rehome" verify edge.plan.run --playbook-path mine
}

run_tests
