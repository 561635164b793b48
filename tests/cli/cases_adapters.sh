#!/bin/sh
# Cases from the field about adapters, TCP/IP and routing, where they lie beside the checkout.
. "$(dirname "$0")/../harness.sh"

cases=$root/../shared/cases/roles

# use_case NUMBER: builds its two machines, S and D.
use_case() {
  folder=$(echo "$cases/$1"-*)
  [ -d "$folder" ] || skip "no cases beside the checkout"
  "$rehome" image build "$folder/src" --output S >/dev/null 2>&1
  "$rehome" image build "$folder/dst" --output D >/dev/null 2>&1
}

answers="--param source_backup=yes --param pending_changes=no --param outage_arranged=yes --param domain_reachable=yes
  --param administrator=yes"

# shellcheck disable=SC2086 # words
plan_remote_access() { "$rehome" plan --source S --destination D --output p --overwrite $answers "$@" remote-access; }
plan_ip() {
  "$rehome" plan --source S --destination D --output p --overwrite --param takes_over_name=yes "$@" ip-configuration
}

# failed_checks: what the checks of the last plan, which may be blocked, say.
failed_checks() { jq -r '.checks[] | select(.ok == false) | .message' out >message; }

# becomes PATH NAME VERDICT: the verdict on a value of the source, by the end of its path.
becomes() {
  got=$(jq -r --arg path "$1" --arg name "$2" \
    '.verdicts[] | select((.path | endswith($path)) and .name == $name) | .verdict' p)
  [ "$got" = "$3" ] || fail "$1 $2 is $got, not $3"
}

test_09_l2tp_behind_nat() {
  use_case 09
  expect 0 plan_remote_access
  becomes 'Services\PolicyAgent' AssumeUDPEncapsulationContextOnSendRule migrated
}

test_11_documented_parameters() {
  use_case 11
  expect 0 plan_remote_access
  for name in AuthenticateRetries AuthenticateTime CallbackTime AutoDisconnect; do
    becomes 'RemoteAccess\Parameters' $name migrated
  done
  becomes 'RemoteAccess\Interfaces\2' MinUnreachabilityInterval migrated
  becomes 'RasMan\Parameters' KeepRasConnections migrated
}

test_26_absent_card() {
  use_case 26
  expect 5 plan_ip --json
  failed_checks
  says message "'Local Area Connection' (probably not there any more"
  printf '"Local Area Connection 2" = "Ethernet0"\n' >map
  expect 0 plan_ip --map map
}

test_27_team() {
  use_case 27
  expect 5 plan_ip --json
  failed_checks
  says message "'Team1 - VLAN 20'"
  if grep -q NIC message; then fail "a member of the team needs a counterpart"; fi
  printf '"Team1" = "Ethernet"\n"Team1 - VLAN 20" =\n' >map
  expect 0 plan_ip --map map
  jq -r '.manual[] | select(.id == "ip-configuration/teams") | .text' p >text
  says text "New-NetLbfoTeam -Name 'Team1' -TeamMembers 'NIC1', 'NIC2'"
  says text "Add-NetLbfoTeamNic -Team 'Team1' -VlanID 20"
}

test_28_mtu_and_tuning() {
  use_case 28
  expect 0 plan_ip
  becomes '{6E622202-005A-510B-8607-A4B4BB24AB37}' MTU migrated
  for name in KeepAliveTime ReservedPorts DisableIPSourceRouting EnableICMPRedirect; do
    becomes 'Tcpip\Parameters' $name migrated
  done
  becomes 'NetBT\Parameters' NoNameReleaseOnDemand migrated
}

test_36_cards_that_carry_nothing() {
  use_case 36
  printf '"Port A" =\n"Port B" =\n' >map
  expect 0 plan_remote_access --map map
}

test_39_ipv6_switched_off_by_all_bits() {
  use_case 39
  expect 0 plan_remote_access ip-configuration --json
  failed_checks
  says message "0xFFFFFFFF"
  says message "0xFF"
  says message 'RouterManagers\Ipv6'
  becomes 'Tcpip6\Parameters' DisabledComponents transformed
}

run_tests
