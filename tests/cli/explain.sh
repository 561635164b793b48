#!/bin/sh
# explain: what became of a setting, and where a setting comes from.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

services='HKLM\SYSTEM\CurrentControlSet\Services'

use_plan() {
  use_servers
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access >/dev/null
}

test_a_setting_of_the_source() {
  use_plan
  expect 0 "$rehome" explain edge.plan "$services\\RasMan\\Parameters\\AllowPPTPWeakCrypto"
  says out "verdict   migrated"
  says out "settings weak-encryption-switches: migrate AllowPPTPWeakCrypto"
  says out "RA-GAP-12"
  says out "REG_DWORD 0x0 (0) -> REG_DWORD 0x1 (1)"
}

test_spelling_does_not_matter() {
  use_plan
  "$rehome" explain edge.plan "$services\\RasMan\\Parameters\\AllowPPTPWeakCrypto" >one
  "$rehome" explain edge.plan 'hkey_local_machine\system\controlset001\services\RASMAN\parameters\allowpptpweakcrypto' >two
  same one two
}

test_a_setting_of_the_destination_tells_its_origin() {
  use_plan
  # An interface has another number, and another GUID, on the destination.
  path=$(jq -r '[.verdicts[] | select(.to and .name == "InterfaceName" and .verdict == "transformed")][0].to
    | .path + "\\" + .name' edge.plan)
  [ "$path" != "null\\null" ] || fail "no interface was renamed"
  expect 0 "$rehome" explain edge.plan "$path"
  says out "RemoteAccess\\Interfaces\\"
  says out "remote-access/interfaces"
}

test_what_a_step_set_by_itself() {
  use_plan
  expect 0 "$rehome" explain edge.plan "$services\\RemoteAccess\\ConfigurationFlags" --json
  jq -e '.exact | map(select(.kind == "change" and .item.step == "remote-access/service-start")) | length == 1' out >/dev/null
}

test_a_key_is_summarised() {
  use_plan
  expect 0 "$rehome" explain edge.plan "$services\\RemoteAccess\\Parameters" --json
  wanted=$(jq '[.verdicts[] | select(.path | test("Services.RemoteAccess.Parameters"))] | length' edge.plan)
  found=$(jq '[.below | to_entries[] | select(.key | test("^(migrated|transformed|defaulted|kept|dropped)")).value] | add' out)
  [ "$found" -eq "$wanted" ] || fail "$found of $wanted"
}

test_a_file_a_certificate_and_an_interface() {
  use_plan
  expect 0 "$rehome" explain edge.plan 'C:\Windows\System32\ras\router.pbk'
  says out "remote-access/phonebook"
  thumbprint=$("$rehome" inventory EDGE01 --json 2>/dev/null | jq -r '[.certificates[]?] | .[0].thumbprint')
  expect 0 "$rehome" explain edge.plan "$thumbprint"
  says out "certificate:MY"
  expect 0 "$rehome" explain edge.plan internet
  says out "{3D8C2F10-5B7A-4E31-9C44-7A1E0B5D2F61} -> 'Internet'"
  "$rehome" explain edge.plan '{3d8c2f10-5b7a-4e31-9c44-7a1e0b5d2f61}' | grep -q "Interface 'Internet'"
}

test_what_is_unknown_names_the_nearest() {
  use_plan
  expect 1 "$rehome" explain edge.plan "$services\\RasMan\\Parameters\\AllowPPTPWeakCrypt"
  says err "AllowPPTPWeakCrypto"
  expect 1 "$rehome" explain edge.plan 'HKLM\SOFTWARE\Nothing\Here'
  expect 1 "$rehome" explain edge.plan missing
  expect 2 "$rehome" explain edge.plan
  expect 1 "$rehome" explain nowhere.plan missing
}

test_a_run_knows_the_same() {
  use_plan
  "$rehome" explain edge.plan "$services\\RasMan\\Parameters" >one
  expect 3 "$rehome" apply edge.plan --accept-warnings
  "$rehome" explain edge.plan.run "$services\\RasMan\\Parameters" >two
  same one two
}

test_an_unjudged_setting_is_explained() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess\Brand New]
"Setting"="hidden text"
REG
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access
  says err "1 setting of the source is unjudged"
  jq -e '.accounted | .unjudged == 1 and .settings == .verdicts' edge.plan >/dev/null
  expect 0 "$rehome" explain edge.plan "$services\\RemoteAccess\\Brand New\\Setting"
  says out "verdict   unjudged"
  says out "by        no rule"
  ! grep -r "hidden text" out edge.plan || fail "the value is shown"
}

run_tests
