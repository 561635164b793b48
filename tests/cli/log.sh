#!/bin/sh
# The two logs of a run: every line that is altered, taken away or moved is found and named.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# A playbook of one change, so that the logs are short enough to try every line.
use_run() {
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
local key = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]
return playbook {
  id = "small", title = "Small", version = "1", consults = { registry = { key } },
  writes = { registry = { key } },
  steps = { step "all" { guide = "XX-TEST-01", run = function(ctx)
    ctx.destination:set(key, "One", "dword", 7)
    ctx.destination:set(key, "Two", "dword", 7)
  end } },
}
LUA
  expect 0 "$rehome" migrate --source EDGE01 --destination EDGE02 --playbook-path mine --run run small
  expect 0 "$rehome" log verify run
  cp -R run sound
}

# wrong FILE TEXT: the check fails, names the file and says TEXT; then the run is put back.
wrong() {
  expect 6 "$rehome" log verify run
  grep "^$1" out >line
  says line "$2"
  rm -rf run
  cp -R sound run
}

test_a_changed_line_is_named() {
  use_run
  for log in journal.jsonl events.jsonl; do
    number=1
    while [ "$number" -le "$(wc -l <sound/$log)" ]; do
      sed -i "${number}s/\"kind\":\"\\(.\\)/\"kind\":\"X\\1/" run/$log
      wrong $log "record $number was altered"
      number=$((number + 1))
    done
  done
}

# Also with a sum that fits again, as somebody who knows the format would make it.
test_a_line_changed_with_care_is_named() {
  use_run
  for log in journal.jsonl events.jsonl; do
    last=$(wc -l <sound/$log)
    for number in 2 "$last"; do
      sed -n "${number}p" run/$log | jq -cS 'del(.sum) | .kind = "forged"' | tr -d '\n' >body
      sum=$(sha256sum <body | cut -d' ' -f1)
      jq -cS --arg sum "$sum" '.sum = $sum' body >forged
      sed -i -e "${number}r forged" -e "${number}d" run/$log
      wrong $log "record $number was altered"
    done
  done
}

test_a_missing_line_is_named() {
  use_run
  for log in journal.jsonl events.jsonl; do
    number=1
    while [ "$number" -le "$(wc -l <sound/$log)" ]; do
      sed -i "${number}d" run/$log
      wrong $log "record $number is missing"
      number=$((number + 1))
    done
    sed -i '2,3d' run/$log
    wrong $log "records 2 to 3 are missing"
    rm run/$log
    wrong $log "is missing"
  done
}

test_lines_in_another_order_are_named() {
  use_run
  for log in journal.jsonl events.jsonl; do
    sed -i -e '2{h;d' -e '}' -e '3G' run/$log
    wrong $log "record 3 stands before record 2"
    sed -i '2p' run/$log
    wrong $log "record 2 stands where record 3 should be"
  done
}

test_missing_heads_are_told() {
  use_run
  rm run/heads.json
  wrong events.jsonl "whether the logs were cut cannot be told"
}

test_a_torn_end_is_no_alteration() {
  use_run
  printf '{"kind":"ru' >>run/events.jsonl
  expect 0 "$rehome" log verify run
  says out "torn end"
  expect 0 "$rehome" verify run --playbook-path mine
  expect 0 "$rehome" log verify run
  grep -q "torn end" out && fail "the torn end was not dropped"
  true
}

# What was cut off is not covered up by what comes behind it.
test_going_on_does_not_hide_a_cut() {
  use_run
  sed -i '$d' run/events.jsonl
  expect 0 "$rehome" verify run --playbook-path mine
  expect 6 "$rehome" log verify run
}

test_events_follow_the_document() {
  use_run
  expect 0 "$rehome" rollback run
  for kind in run step change; do
    grep -q "\"kind\":\"$kind\"" run/events.jsonl || fail "no event of kind $kind"
  done
  # Each kind, and each thing that a run does, stands in the document.
  jq -r '.kind, (select(.kind == "run") | .what)' run/events.jsonl | sort -u | while read -r word; do
    grep -q "\`$word\`" "$root/docs/plan-format.md" || fail "$word is not in the document"
  done
  [ "$(jq -r 'select(.kind == "change") | .name' run/events.jsonl | tr '\n' ' ')" = "One Two " ]
  jq -es '[.[] | select(.kind == "change") | .step == "small/all"] | all' run/events.jsonl >/dev/null
}

test_json_and_usage() {
  use_run
  expect 0 "$rehome" log verify run --json
  jq -e '[.logs[].sound] == [true, true]' out >/dev/null
  expect 2 "$rehome" log verify
  expect 1 "$rehome" log verify mine
}

run_tests
