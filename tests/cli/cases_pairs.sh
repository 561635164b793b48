#!/bin/sh
# Pairs of releases from the field that the guides do not know, or that go wrong: each ends as its README says.
. "$(dirname "$0")/../harness.sh"
cases=$root/../shared/cases/roles

# plan NUMBER ROLE OPTION...: both machines of a case, and case.plan.
plan() {
  [ -d "$cases" ] || skip "no cases beside the checkout"
  need jq
  number=$1 role=$2
  shift 2
  for side in src dst; do
    "$rehome" image build "$cases/$number"-*/$side --output "$side" --time 2020-01-01 >/dev/null
  done
  code=0
  "$rehome" plan --source src --destination dst --output case.plan "$@" "$role" >out 2>err || code=$?
}

# goes: nothing blocks, and the plan has changes.
goes() {
  [ "$(jq '[.checks[] | select(.severity == "block" and (.ok | not))] | length' case.plan)" = 0 ] || fail "$(cat out err)"
  [ "$(jq '.changes | length' case.plan)" -gt 0 ] || fail "no changes"
}

# warned ID: the message and the remedy of a check that says something and blocks nothing.
warned() {
  jq -r --arg id "$1" '.checks[] | select(.id == $id and .severity != "block" and (.ok | not)) | .message, .hint' case.plan
}

test_01_nps_of_2012_r2_to_2019() {
  plan 01 nps
  goes
  warned beyond-the-guide | grep -q nps-manage-export || fail "$(cat out)"
  says out "sc sidtype IAS unrestricted"
  jq -e '.changes[] | select(.name == "ServiceSidType")' case.plan >/dev/null || fail "no SID for the service"
}

test_12_remote_access_of_2012_r2_to_2022() {
  plan 12 remote-access --param source_backup=yes --param pending_changes=no --param outage_arranged=yes \
    --param domain_reachable=yes --param administrator=yes
  goes
  warned beyond-the-guide | grep -q "Windows Server 2012 R2 as the source" || fail "$(cat out)"
  for name in EncryptionType IntegrityMethod EncryptionMethod DHGroup PfsGroup; do
    jq -e --arg n "$name" '[.verdicts[] | select(.path | test("IKEV2"; "i")) | select(.name == $n) | .verdict]
      | unique == ["migrated"]' case.plan >/dev/null || fail "$name: $(jq -c --arg n "$name" \
      '.verdicts[] | select(.name == $n)' case.plan)"
  done
  # Named by its subject, which no certificate of the destination has.
  jq -e '[.verdicts[] | select(.name == "MachineCertificateName") | .why] | any(. != null)' case.plan >/dev/null
}

test_14_dhcp_of_2016_to_2022() {
  plan 14 dhcp-server
  goes
  warned beyond-the-guide | grep -q import-dhcpserver || fail "$(cat out)"
  [ -z "$(warned in-failover)" ] || fail "no relationship is there"
}

test_15_dhcp_of_another_language() {
  plan 15 dhcp-server
  goes
  warned export-language | grep -q "in German, and the destination is in English" || fail "$(cat out)"
  says out "netsh dhcp server show class"
}

test_17_dhcp_in_a_failover_relationship() {
  plan 17 dhcp-server
  goes
  warned in-failover | grep -q "INFRA01-INFRA09 (10.30.0.0)" || fail "$(cat out)"
  says out "Remove-DhcpServerv4Failover"
}

test_23_clients_that_speak_smb1_alone() {
  plan 23 file-shares
  goes
  warned old-clients | grep -q "SMB 1 alone with all clients of Scans" || fail "$(cat out)"
}

run_tests
