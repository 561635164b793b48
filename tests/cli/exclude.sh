#!/bin/sh
# --exclude: what the user takes out is not read, not written, and accounted for.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

services='HKLM\SYSTEM\CurrentControlSet\Services'

plan() {
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan "$@" remote-access >/dev/null
}

test_an_excluded_value_stays_as_it_is() {
  use_servers
  "$rehome" hive get "$(hive EDGE02 SYSTEM)" 'ControlSet001\Services\RasMan\Parameters' AllowPPTPWeakCrypto >before
  plan --exclude "$services\\RASMAN\\Parameters\\allowpptpweakcrypto"
  jq -e '.verdicts[] | select(.name == "AllowPPTPWeakCrypto") | .verdict == "excluded"' edge.plan >/dev/null
  jq -e '[.changes[] | select(.name == "AllowPPTPWeakCrypto")] == []' edge.plan >/dev/null || fail "it is written"
  jq -e '.accounted | .settings == .verdicts and .unjudged == 0' edge.plan >/dev/null
  expect 3 "$rehome" apply edge.plan --accept-warnings
  says out "planned again: nothing is left to change"
  "$rehome" hive get "$(hive EDGE02 SYSTEM)" 'ControlSet001\Services\RasMan\Parameters' AllowPPTPWeakCrypto >after
  same before after
}

test_a_default_value_is_called_at() {
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
local key = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]
return playbook {
  id = "small", title = "Small", version = "1", reads = { registry = { key } }, writes = { registry = { key } },
  steps = { settings "all" { guide = "RA-VER-05", key = key, migrate "*", keep [[**]] } },
}
LUA
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
@="default"
REG
  small() { "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output edge.plan "$@" small >/dev/null; }
  small
  jq -e '[.changes[] | select(.name == "")] | length == 1' edge.plan >/dev/null || fail "it is not written"
  rm edge.plan
  small --exclude "$services\\RasMan\\Parameters\\@"
  jq -e '[.changes[] | select(.name == "")] == []' edge.plan >/dev/null || fail "it is written"
  jq -e '[.verdicts[] | select(.verdict == "excluded") | .name] == [""]' edge.plan >/dev/null
}

test_an_excluded_key_takes_all_below_it_and_what_playbooks_set() {
  use_servers
  plan
  jq -e '[.changes[] | select(.path | test("Services.RemoteAccess"))] | length > 10' edge.plan >/dev/null
  rm edge.plan
  plan --exclude "$services\\RemoteAccess\\Parameters" --exclude "$services\\RemoteAccess\\Start"
  jq -e '[.changes[] | select(.path | test("Services.RemoteAccess.Parameters"))] == []' edge.plan >/dev/null
  jq -e '[.changes[] | select(.name == "Start")] == []' edge.plan >/dev/null || fail "Start is written"
  jq -e '[.changes[] | select(.name == "ConfigurationFlags")] != []' edge.plan >/dev/null || fail "too much was left out"
  expect 3 "$rehome" apply edge.plan --accept-warnings
}

test_an_excluded_interface_is_not_migrated_under_another_number() {
  use_servers
  plan
  jq -r '.changes[].path' edge.plan | grep -c 'RemoteAccess.Interfaces' >all
  rm edge.plan
  plan --exclude "$services\\RemoteAccess\\Interfaces"
  jq -e '[.changes[] | select(.path | test("RemoteAccess.Interfaces"))] == []' edge.plan >/dev/null
  [ "$(cat all)" -gt 3 ]
}

test_an_excluded_file_stays() {
  use_servers
  plan --exclude 'C:\Windows\System32\RAS\router.pbk'
  jq -e '[.changes[] | select(.action == "write-file")] == []' edge.plan >/dev/null
  jq -e '.verdicts[] | select(.path | test("router.pbk")) | .verdict == "excluded"' edge.plan >/dev/null
}

test_a_path_may_be_spelt_in_many_ways() {
  use_servers
  for path in '%windir%\system32\ras\ROUTER.pbk' 'file:Windows/System32/ras/router.pbk' '\Windows\System32\ras\router.pbk'; do
    rm -f edge.plan
    plan --exclude "$path"
    jq -e '[.changes[] | select(.action == "write-file")] == []' edge.plan >/dev/null || fail "$path: it is written"
  done
  rm edge.plan
  plan --exclude "$services\\RemoteAccess\\Parameters\\" --exclude "$services\\RemoteAccess\\Parameters" \
    --exclude "$services\\RemoteAccess\\Parameters\\Ip" --exclude "$services\\RemoteAccess\\Start\\"
  jq -e '[.changes[] | select((.path | test("Services.RemoteAccess.Parameters")) or .name == "Start")] == []' edge.plan >/dev/null
}

# Said to be excluded and written all the same would be the worst of both.
test_a_file_of_another_drive_is_not_meant() {
  use_servers
  expect 2 plan --exclude 'D:\Windows\System32\ras\router.pbk'
  [ ! -e edge.plan ]
}

test_excluding_what_is_not_there_is_refused() {
  use_servers
  expect 2 "$rehome" plan --source EDGE01 --destination EDGE02 --exclude "$services\\RemoteAccess\\Strat" remote-access
  says err "--exclude"
}

test_migrate_takes_it_too() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings \
    --exclude "$services\\RasMan\\Parameters" remote-access
  jq -e '.request.excluded | length == 1' run/plan.json >/dev/null
  jq -e '[.changes[] | select(.path | test("RasMan.Parameters"))] == []' run/plan.json >/dev/null
}

run_tests
