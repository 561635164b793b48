#!/bin/sh
# What rehome 0.1.0 left behind: its runs and stores go on to be of use, its plans are made anew.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# Run folders hold absolute paths, so the fixture has one place, for one test at a time.
place=/tmp/rehome-fixture-0.1.0
exec 9>"$place.lock"
flock 9

use_fixture() {
  rm -rf "$place"
  tar -C /tmp -xJf "$root/tests/fixtures/0.1.0/runs.tar.xz"
  cd "$place"
}
unpacked() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum); }

test_an_applied_run_is_verified_and_told() {
  use_fixture
  expect 3 "$rehome" status applied
  says out "state        applied"
  says out "changes      40"
  expect 0 "$rehome" verify applied
  says out "0 differ"
  says out "not planned again"
  expect 0 "$rehome" log verify applied
  expect 3 "$rehome" manual applied
  says out "anna"
  expect 3 "$rehome" manual applied remote-access/verify done --by ben
  unpacked EDGE02 | cmp - EDGE02.after
}

test_a_difference_is_found() {
  use_fixture
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess\Parameters]
"RouterType"=dword:00000000
REG
  expect 6 "$rehome" verify applied
  says out "RouterType"
}

test_an_applied_run_is_reported_and_explained() {
  use_fixture
  expect 0 "$rehome" report applied --output applied.md
  for text in "EDGE01, Windows Server 2008 R2 Standard (build 7601)" "$place/EDGE01" "$place/EDGE02" "1.0.0" \
    'RasMan\\Parameters\\AllowPPTPWeakCrypto' "nps to RADIUS02" "given" "DHCPServer"; do says applied.md "$text"; done
  expect 0 "$rehome" report applied --output applied.html
  expect 0 "$rehome" explain applied 'HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters\AllowPPTPWeakCrypto'
  says out "excluded"
  expect 0 "$rehome" explain applied Intranet
  says out "{F2E61D58-7C09-43BB-A1E4-5D308B96CF14}"
}

test_an_applied_run_is_rolled_back() {
  use_fixture
  expect 0 "$rehome" rollback applied
  unpacked EDGE02 | cmp - EDGE02.before
  expect 0 "$rehome" status applied
}

# It left nothing on its destination: what is not at its old place has to be said to be it.
test_an_applied_run_is_rolled_back_elsewhere() {
  use_fixture
  mv EDGE02 moved
  expect 1 "$rehome" rollback applied
  says err "--destination FOLDER"
  expect 5 "$rehome" rollback applied --destination moved
  says err "--this-machine"
  expect 0 "$rehome" rollback applied --destination moved --this-machine
  unpacked moved | cmp - EDGE02.before
}

test_an_applied_run_is_closed() {
  use_fixture
  expect 0 "$rehome" close applied --yes
  [ ! -e applied/previous ]
  jq -se 'map(select(.kind == "change").change.before.data) | length == 40 and all(. == null)' applied/journal.jsonl
  jq -e '.changes | length == 40 and all(.before.data == null)' applied/plan.json
  expect 0 "$rehome" status applied
  says out "closed"
  expect 0 "$rehome" log verify applied
  expect 0 "$rehome" report applied --output applied.md
  unpacked EDGE02 | cmp - EDGE02.after
  expect 2 "$rehome" rollback applied
}

test_a_stopped_run_goes_on() {
  use_fixture
  expect 7 "$rehome" status stopped
  expect 3 "$rehome" resume stopped
  [ -s stopped/first-start.ps1 ]
  for id in $(jq -r '.deferred[].id' stopped/plan.json); do says stopped/first-start.ps1 "Add-Action '$id' "; done
  expect 0 "$rehome" verify stopped
  says out "0 differ"
}

test_a_stopped_run_goes_back() {
  use_fixture
  expect 0 "$rehome" rollback stopped
  unpacked HALF02 | cmp - HALF02.before
}

test_a_run_that_was_rolled_back() {
  use_fixture
  expect 0 "$rehome" status rolled-back
  says out "state        rolled-back"
  expect 2 "$rehome" resume rolled-back
  expect 0 "$rehome" report rolled-back --output back.html
  unpacked RADIUS02 | cmp - RADIUS02.before
}

test_an_altered_plan_of_a_run_is_refused() {
  use_fixture
  sed -i 's/DHCPServer/DNS/' applied/plan.json
  expect 1 "$rehome" status applied
  says err "the plan was changed after it was made"
  mv applied/plan.json elsewhere
  expect 0 "$rehome" rollback applied
  unpacked EDGE02 | cmp - EDGE02.before
}

test_a_store_is_a_source() {
  use_fixture
  expect 0 "$rehome" store inspect edge.store --identity key.txt
  says out "rehome 0.1.0"
  expect 0 "$rehome" store verify edge.store --identity key.txt
  expect 0 "$rehome" plan --source edge.store --identity key.txt --destination HALF02 --output new.plan nps remote-access
}

run_tests
