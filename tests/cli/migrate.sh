#!/bin/sh
# The main job, as an admin does it: check, export, plan, apply, verify, roll back.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

plan() {
  "$rehome" plan --source "${1:-EDGE01}" --destination EDGE02 --output edge.plan remote-access >/dev/null
}

test_store_to_destination_and_back() {
  use_servers
  use_key
  fingerprint EDGE02 >before
  listing "$(hive EDGE02 SYSTEM)" >listing.before
  fingerprint EDGE01 >source.before
  "$rehome" export --source EDGE01 --store e.rehome --recipient "$recipient" remote-access
  expect 0 "$rehome" plan --source e.rehome --identity key.txt --destination EDGE02 --output edge.plan remote-access
  fingerprint EDGE02 | cmp -s before - || fail "planning wrote to the destination"
  expect 3 "$rehome" apply edge.plan --identity key.txt --accept-warnings
  says out "planned again: nothing is left to change"
  says out " 0 differ"
  fingerprint EDGE02 | cmp -s before - && fail "applying changed nothing"
  expect 0 "$rehome" verify edge.plan.run
  expect 3 "$rehome" status edge.plan.run
  says out "applied"
  expect 0 "$rehome" rollback edge.plan.run
  fingerprint EDGE02 | cmp before -
  listing "$(hive EDGE02 SYSTEM)" | cmp listing.before -
  fingerprint EDGE01 | cmp source.before -
}

test_second_plan_is_empty() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --json remote-access
  [ "$(jq .changes out)" = 0 ] || fail "changes are left: $(jq .changes out)"
}

test_store_and_image_give_the_same_changes() {
  use_servers
  use_key
  "$rehome" export --source EDGE01 --store e.rehome --recipient "$recipient" remote-access >/dev/null
  plan EDGE01
  "$rehome" plan --source e.rehome --identity key.txt --destination EDGE02 --output store.plan remote-access >/dev/null
  jq -S .changes edge.plan >one
  jq -S .changes store.plan >two
  same one two
}

test_same_input_gives_the_same_plan() {
  use_servers
  for name in one two; do
    "$rehome" plan --source EDGE01 --destination EDGE02 --time 2024-01-01 --output $name remote-access >/dev/null
  done
  same one two
}

test_only_what_the_plan_names_changes() {
  use_servers
  for name in SYSTEM SOFTWARE; do listing "$(hive EDGE02 $name)" >$name.before; done
  plan
  jq -r '.changes[] | select(.hive != null) | .hive + .path' edge.plan | sort -u >touched
  expect 3 "$rehome" apply edge.plan --accept-warnings
  for name in SYSTEM SOFTWARE; do
    listing "$(hive EDGE02 $name)" >$name.after
    # Lines that differ, as hive and key; a new key also stamps the one above it.
    { comm -3 $name.before $name.after | sed 's/^\t//' | grep '^V' | cut -f2 | sed "s/^/$name/"; } | sort -u >differ
    comm -23 differ touched >unexpected
    [ ! -s unexpected ] || fail "changed without being planned: $(cat unexpected)"
  done
}

test_every_source_setting_has_a_verdict() {
  use_servers
  plan
  all_judged edge.plan
  [ "$(jq '.verdicts | length' edge.plan)" -gt 50 ] || fail "hardly any verdicts"
}

test_a_stale_plan_is_refused() {
  use_servers
  plan
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"New"=dword:00000001
REG
  fingerprint EDGE02 >before
  expect 4 "$rehome" apply edge.plan --accept-warnings
  says err "SYSTEM"
  says err "make a new plan"
  fingerprint EDGE02 | cmp before -
  [ ! -e edge.plan.run ] || fail "a run folder was left"
}

test_a_changed_source_makes_the_plan_stale() {
  use_servers
  plan
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"New"=dword:00000001
REG
  expect 4 "$rehome" apply edge.plan --accept-warnings
}

test_an_altered_plan_is_refused() {
  use_servers
  plan
  sed -i '0,/"set-value"/s//"delete-value"/' edge.plan
  fingerprint EDGE02 >before
  expect 4 "$rehome" apply edge.plan --accept-warnings
  fingerprint EDGE02 | cmp before -
}

test_verify_finds_drift() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"AllowPPTPWeakCrypto"=dword:00000000
REG
  expect 6 "$rehome" verify run
  says out "AllowPPTPWeakCrypto"
  expect 6 "$rehome" verify run --json
  [ "$(jq '.differences | length' out)" = 1 ]
}

test_rollback_keeps_what_others_changed() {
  use_servers
  listing "$(hive EDGE02 SYSTEM)" >before
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"New"=dword:00000001
REG
  expect 5 "$rehome" rollback run
  expect 0 "$rehome" rollback run --keep-changed
  listing "$(hive EDGE02 SYSTEM)" >after
  grep -q 'Services.Other.New' after
  grep -v 'Services.Other' after | grep '^V' >after.values
  grep -v 'Services.Other' before | grep '^V' | cmp - after.values
}

test_a_copy_beside_a_hive_is_nobodys_left_over() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  for name in rehome-mybackup rehome- rehome-1d2 rehome-1d2-x; do
    echo mine >"EDGE02/Windows/System32/config/SYSTEM.$name"
  done
  echo left >EDGE02/Windows/System32/config/SYSTEM.rehome-1dc123456789abc-0
  expect 0 "$rehome" rollback run
  for name in rehome-mybackup rehome- rehome-1d2 rehome-1d2-x; do
    [ "$(cat "EDGE02/Windows/System32/config/SYSTEM.$name")" = mine ]
  done
  [ ! -e EDGE02/Windows/System32/config/SYSTEM.rehome-1dc123456789abc-0 ]
}

test_rollback_refuses_to_overwrite_somebody() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"AllowPPTPWeakCrypto"=dword:00000002
REG
  fingerprint EDGE02 >before
  expect 5 "$rehome" rollback run
  says err "AllowPPTPWeakCrypto"
  fingerprint EDGE02 | cmp before -
}

test_json_is_one_document() {
  use_servers
  for command in "inventory EDGE01" "check --source EDGE01 --destination EDGE02 remote-access" \
    "plan --source EDGE01 --destination EDGE02 remote-access"; do
    # shellcheck disable=SC2086 # words
    expect 0 "$rehome" $command --json
    jq -e 'type == "object"' out >/dev/null || fail "$command"
  done
}

test_map_gives_other_names() {
  use_servers
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}]
REG
  guid=$("$rehome" inventory EDGE02 --json 2>/dev/null | jq -r '.interfaces[] | select(.name == "Internet").guid')
  change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\$guid\\Connection]
"Name"="Ethernet 7"
REG
  expect 5 "$rehome" check --source EDGE01 --destination EDGE02 remote-access
  says out "RA-CHK-13"
  printf 'Internet = Ethernet 7\n' >map
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --map map remote-access
}

run_tests
