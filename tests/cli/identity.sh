#!/bin/sh
# A run knows its machine by what that carries, not by its path; runs stand on each other, and end.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../torture/small.sh"

record=Windows/System32/config/rehome-runs.json

# EDGE02, a destination; small.plan, of its playbook in $work/mine.
use_destination() {
  need jq
  if [ ! -d "$work/image" ]; then
    (
      cd "$work"
      make_small
      rmdir world
    )
  fi
  cp -R "$work/image" EDGE02
  plan_for EDGE02 small
}

# plan_for DESTINATION PLAYBOOK
plan_for() {
  "$rehome" plan --source "$work/source" --destination "$1" --playbook-path "$work/mine" --overwrite \
    --output "$2.plan" "$2" >/dev/null
}

# apply PLAYBOOK RUN [OPTION...]: the playbook's plan.
apply() {
  plan=$1 run=$2
  shift 2
  "$rehome" apply "$plan.plan" --playbook-path "$work/mine" --run "$run" "$@" >/dev/null
}

# A second playbook, so that a second run has something to do on top of the first.
use_second() {
  (
    cd "$work"
    playbook second ''
    sed -i 's/"dword", 7/"dword", 8/; s/"after"/"later"/; /delete_/d' mine/second/playbook.lua
  )
  plan_for "${1:-EDGE02}" second
}

# everything FOLDER: each file and folder with its permissions, owner and bytes.
everything() { (cd "$1" && find . -printf '%p %M %u %g ' \( -type f -exec sha256sum {} \; -o -printf '\n' \) | LC_ALL=C sort); }
as_before() { everything "$1" | diff "$work/before" - || fail "$1 is not as it was before"; }
states() { jq -r '[.runs[].state] | join(" ")' "$1/$record"; }

start() {
  use_destination
  everything EDGE02 >"$work/before"
}

test_what_a_destination_carries() {
  start
  apply small run
  [ "$(states EDGE02)" = applied ]
  [ "$(stat -c '%a %u %g' "EDGE02/$record")" = "$(stat -c '%a %u %g' EDGE02/Windows/System32/config/SYSTEM)" ]
  jq -e '.format == 1 and (.machine | test("^[0-9a-f]{32}$")) and (.volume | type) == "string" and
    (.runs | length) == 1' "EDGE02/$record" >json
  [ "$(jq -r '.runs[0].run' "EDGE02/$record")" = "$(sed -n 1p run/journal.jsonl | jq -r .run)" ]
  [ "$(jq -r '.runs[0].plan' "EDGE02/$record")" = "$(jq -r .id run/plan.json)" ]
  [ "$(jq -r '.runs[0].folder' "EDGE02/$record")" = "$PWD/run" ]
  expect 0 "$rehome" rollback run
  as_before EDGE02
}

# Plans, captures and playbooks do not know it, and no plan goes stale by it.
test_it_is_no_part_of_the_machine() {
  start
  apply small first
  use_second
  "$rehome" keygen --output key.txt >/dev/null
  expect 0 "$rehome" export --source EDGE02 --store store --recipient "$(sed -n 's/^# recipient: //p' key.txt)" \
    --playbook-path "$work/mine" second
  expect 0 "$rehome" store extract store --identity key.txt --output extracted
  find extracted | grep rehome-runs && fail "it was captured"
  jq ".source.fingerprints, .destination.fingerprints" second.plan | grep rehome-runs && fail "the plan is bound to it"
  mkdir -p mine/asks
  cat >mine/asks/playbook.lua <<'LUA'
local record = [[%SystemRoot%\System32\config\rehome-runs.json]]
return playbook { id = "asks", title = "Asks", version = "1", reads = { files = { record } }, steps = {
  step "one" { guide = "XX-TEST-01", run = function(ctx) ctx.source:has_file(record) end } } }
LUA
  expect 1 "$rehome" plan --source EDGE02 --destination EDGE02 --playbook-path mine asks
  says err "no playbook gets it"
  expect 0 "$rehome" close first --yes
  [ ! -e "EDGE02/$record" ]
  apply second second
}

test_a_destination_that_was_moved() {
  start
  apply small run
  mv EDGE02 mounted
  expect 1 "$rehome" verify run
  says err "$PWD/EDGE02: there is no such folder or file"
  says err "--destination FOLDER"
  expect 0 "$rehome" status run
  says err "$PWD/EDGE02: there is no such folder or file"
  expect 0 "$rehome" verify run --destination mounted --playbook-path "$work/mine"
  says out "planned again: nothing is left to change"
  for command in status manual resume rollback; do expect 0 "$rehome" $command run --destination mounted; done
  as_before mounted
}

# Stopped while it is at its old place, it goes on at the new one.
test_a_half_way_run_goes_on_elsewhere() {
  start
  apply small run
  half_way run
  mv EDGE02 mounted
  expect 7 "$rehome" resume run
  says err "--destination FOLDER"
  expect 0 "$rehome" resume run --destination mounted
  [ "$(states mounted)" = applied ]
  expect 0 "$rehome" verify run --destination mounted
  says out "0 differ"
  expect 0 "$rehome" rollback run --destination mounted
  as_before mounted
}

# half_way RUN: as if it had been killed before it said that all is in place.
half_way() {
  sed -i '/"kind":"applied"/,$d' "$1/journal.jsonl"
  rm "$1/heads.json" "$1/events.jsonl"
  jq '.runs[-1].state = "placing"' "EDGE02/$record" >changed
  cat changed >"EDGE02/$record"
}

test_a_run_and_its_destination_that_were_moved_together() {
  start
  apply small run
  mkdir elsewhere
  mv EDGE02 run elsewhere
  expect 0 "$rehome" rollback elsewhere/run
  says out "Destination $PWD/elsewhere/EDGE02, computer EDGE02, run $PWD/elsewhere/run"
  as_before elsewhere/EDGE02
}

test_a_copy_of_the_destination() {
  start
  apply small run
  cp -a EDGE02 copy
  everything copy >applied
  expect 5 "$rehome" rollback run --destination copy
  says err "$PWD/copy: is a copy of the machine"
  says err "$PWD/EDGE02"
  says err "--this-machine"
  everything copy | cmp applied -
  expect 0 "$rehome" rollback run --destination copy --this-machine
  as_before copy
  everything EDGE02 | cmp applied -
}

# Both may be meant: the one at the old place, and the one beside the copied run.
test_a_copy_of_the_run_beside_a_copy_of_the_destination() {
  start
  apply small run
  mkdir elsewhere
  cp -a EDGE02 run elsewhere
  everything EDGE02 >applied
  for command in rollback resume verify "close --yes"; do
    # shellcheck disable=SC2086 # words
    expect 5 "$rehome" $command elsewhere/run
    says err "stands on $PWD/EDGE02 as well as on $PWD/elsewhere/EDGE02"
  done
  everything EDGE02 | cmp applied -
  everything elsewhere/EDGE02 | cmp applied -
  expect 0 "$rehome" rollback elsewhere/run --destination elsewhere/EDGE02 --this-machine
  as_before elsewhere/EDGE02
  everything EDGE02 | cmp applied -
  expect 0 "$rehome" rollback run
  as_before EDGE02
}

test_a_copy_of_the_run_alone() {
  start
  apply small run
  mkdir elsewhere
  cp -a run elsewhere
  expect 0 "$rehome" rollback elsewhere/run
  as_before EDGE02
}

test_another_machine_at_the_same_place() {
  start
  apply small run
  mv EDGE02 mounted
  cp -a "$work/image" EDGE02
  everything EDGE02 >other
  for command in rollback resume verify "close --yes"; do
    # shellcheck disable=SC2086 # words
    expect 5 "$rehome" $command run
    says err "$PWD/EDGE02: is another machine: the run in $PWD/run does not stand on it"
    # shellcheck disable=SC2086 # words
    expect 5 "$rehome" $command run --destination EDGE02
  done
  expect 0 "$rehome" status run
  says err "is another machine"
  everything EDGE02 | cmp other -
  expect 0 "$rehome" rollback run --destination mounted
  as_before mounted
  expect 2 "$rehome" rollback run --this-machine
}

# The plan was made where the disk was mounted before.
test_a_plan_is_applied_where_the_disk_is_now() {
  start
  mv EDGE02 mounted
  expect 0 "$rehome" apply small.plan --playbook-path "$work/mine" --run run --destination mounted
  says out "Destination mounted, computer EDGE02, run run"
  says out "11 changes to $PWD/mounted"
  says out "nothing is left to change"
  expect 0 "$rehome" verify run --playbook-path "$work/mine"
  expect 0 "$rehome" rollback run
  as_before mounted
}

test_runs_on_each_other() {
  start
  apply small first
  everything EDGE02 | grep -v "$record" >after_first
  use_second
  apply second second
  expect 0 "$rehome" status --destination EDGE02
  says out "2, the last one on top"
  expect 0 "$rehome" status --destination EDGE02 --json
  [ "$(jq -r '[.runs[] | .state + " " + .folder] | join(" ")' out)" = "applied $PWD/first applied $PWD/second" ]
  [ "$(jq -r .computer out)" = EDGE02 ]
  everything EDGE02 >after_second
  expect 5 "$rehome" rollback first
  says err "the run in $PWD/second"
  says err "first: rehome rollback $PWD/second"
  expect 5 "$rehome" close first --yes
  says err "$PWD/second"
  everything EDGE02 | cmp after_second -
  expect 0 "$rehome" rollback second
  everything EDGE02 | grep -v "$record" | diff after_first -
  expect 0 "$rehome" rollback first
  as_before EDGE02
  expect 0 "$rehome" status --destination EDGE02 --json
  [ "$(jq '.runs | length' out)" = 0 ]
}

test_nothing_is_applied_on_a_half_way_run() {
  start
  apply small first
  use_second
  half_way first
  expect 5 "$rehome" apply second.plan --playbook-path "$work/mine" --run second
  says err "stopped half-way here"
  says err "first: rehome resume $PWD/first, or rehome rollback $PWD/first"
  [ ! -e second ]
  expect 7 "$rehome" status --destination EDGE02
  expect 0 "$rehome" resume first
  expect 0 "$rehome" apply second.plan --playbook-path "$work/mine" --run second
  rm -r second
  expect 5 "$rehome" rollback first
  says err "that folder is not there any more"
}

test_a_damaged_record() {
  start
  apply small run
  cp "EDGE02/$record" sound
  for text in '' '[' '{}' '{"format":1,"machine":"x","volume":"","runs":[{"run":1}]}' \
    '{"format":2,"machine":"x","volume":"","runs":[]}'; do
    printf '%s' "$text" >"EDGE02/$record"
    [ -z "$text" ] || expect 1 "$rehome" rollback run
    [ -n "$text" ] || expect 5 "$rehome" rollback run
    says err "$PWD/EDGE02"
  done
  rm "EDGE02/$record"
  expect 5 "$rehome" rollback run
  expect 0 "$rehome" rollback run --destination EDGE02 --this-machine
  as_before EDGE02
}

secret=s3cr3t-before
secret_after=s3cr3t-after

# hexed TEXT: as it stands in plans and journals.
hexed() { printf '%s' "$1" | od -An -tx1 | tr -d ' \n'; }

# A plan whose changes have secrets on both sides.
use_secret() {
  use_destination
  printf '%s' "$secret" >EDGE02/Windows/System32/ras/present.txt
  change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\RasMan\\Parameters]
"Torture"="$secret"
REG
  mkdir -p mine
  cp -R "$work/mine/small" mine/
  sed -i "s/\"dword\", 7)/\"sz\", \"$secret_after\") to:mark_secret(ras .. [[\\\\Parameters]], \"Torture\")/
    s/\"after\")/\"$secret_after\")/" mine/small/playbook.lua
  "$rehome" plan --source "$work/source" --destination EDGE02 --playbook-path mine --overwrite --output small.plan \
    small >/dev/null
}

# holds FOLDER: the files in which one of the secrets stands, as text, in UTF-16 or in hex.
holds() {
  { grep -rlaF -e "$secret" -e "$secret_after" "$1" || true
    for text in "$secret" "$secret_after"; do
      utf16=$(printf '%s' "$text" | iconv -t UTF-16LE | od -An -tx1 | tr -d ' \n')
      grep -rlF -e "$(hexed "$text")" -e "$utf16" "$1" || true
      LC_ALL=C grep -rlaP "$(printf '%s' "$text" | sed 's/./&\\x00/g')" "$1" || true
    done; } | sort -u
}

test_close_takes_what_leads_back_and_every_secret() {
  start
  use_secret
  "$rehome" apply small.plan --playbook-path mine --run run >/dev/null
  holds run >held
  for file in run/plan.json run/journal.jsonl run/previous; do says held "$file"; done
  everything EDGE02 | grep -v -e "$record" >applied
  expect 5 "$rehome" close run
  says err "--yes"
  [ -d run/previous ]
  expect 0 "$rehome" close run --yes --json
  [ "$(jq -r .state out)" = closed ]
  holds run >held
  [ ! -s held ] || fail "there is a secret in $(cat held)"
  [ ! -e run/previous ]
  everything EDGE02 | diff applied -
  [ ! -e "EDGE02/$record" ]
  expect 0 "$rehome" status run
  says out "state        closed"
  expect 0 "$rehome" log verify run
  says out "sound"
  jq -e 'select(.kind == "closed") | .records > 10 and (.digest | length) == 64' run/journal.jsonl >json
  says run/events.jsonl '"what":"closed"'
  expect 0 "$rehome" report run --output report.html
  says report.html "closed"
  expect 0 "$rehome" explain run 'HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters\Torture'
  says out "not kept"
  for command in rollback resume; do
    expect 2 "$rehome" $command run
    says err "was closed"
    [ "$(grep -c '^rehome: ' err)" = 1 ]
  done
  expect 2 "$rehome" verify run
  expect 0 "$rehome" close run --yes
  everything EDGE02 | diff applied -
}

test_close_is_refused_half_way() {
  start
  apply small run
  half_way run
  expect 7 "$rehome" close run --yes
  says err "rehome resume $PWD/run"
  [ -d run/previous ]
  expect 0 "$rehome" rollback run
  as_before EDGE02
  expect 0 "$rehome" close run --yes
  expect 0 "$rehome" status run
  says out "closed"
}

test_what_was_closed_no_longer_stands_in_the_way() {
  start
  apply small first
  use_second
  apply second second
  expect 0 "$rehome" close second --yes
  [ "$(states EDGE02)" = applied ]
  expect 0 "$rehome" close first --yes
  [ ! -e "EDGE02/$record" ]
}

run_tests
