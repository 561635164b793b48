#!/bin/sh
# Cases of people whose server came out weaker, or lost a switch that they had set: run where they lie beside the
# checkout.
. "$(dirname "$0")/../harness.sh"

services='HKLM\SYSTEM\CurrentControlSet\Services'
ntlm='HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0'

# use_case NUMBER: its machines as src and dst.
use_case() {
  need jq
  cases=$root/../shared/cases/roles
  [ -d "$cases" ] || skip "no cases beside the checkout"
  for folder in "$cases/$1"-*; do
    for side in src dst; do "$rehome" image build "$folder/$side" --output $side >/dev/null; done
  done
}

# plan_case PLAYBOOK ARGUMENT...: a plan that must be possible, as case.plan and text.
plan_case() {
  playbook=$1
  shift
  expect 0 "$rehome" plan --source src --destination dst --time 2030-01-01 --output case.plan --overwrite "$@" "$playbook"
}

# verdict NAME VERDICT: all verdicts on settings of that name.
verdict() {
  jq -e --arg name "$1" --arg verdict "$2" \
    '[.verdicts[] | select(.name == $name) | .verdict] | length > 0 and all(. == $verdict)' case.plan >/dev/null ||
    fail "$1 is not $2: $(jq -c --arg name "$1" '.verdicts[] | select(.name == $name)' case.plan)"
}

# has KEY NAME TEXT: what the destination has after the apply.
has() {
  expect 0 "$rehome" hive get dst/Windows/System32/config/SYSTEM "$1" "$2"
  says out "$3"
}

apply_case() { expect 3 "$rehome" apply case.plan --unattended --accept-warnings; }

eap="$services\\RasMan\\PPP\\EAP"

test_revocation_switches_are_named_and_carried_one_by_one() {
  use_case 02
  plan_case nps
  for name in IgnoreNoRevocationCheck IgnoreRevocationOffline; do verdict $name unjudged; done
  says out "a loosened check whether a client's certificate was revoked"
  ! grep -A2 'IgnoreNoRevocationCheck\|IgnoreRevocationOffline' out | grep "registers code" || fail "it is no code"
  plan_case nps --carry "$eap"
  says out "only its own path carries it"
  plan_case nps --carry "$eap\\13\\IgnoreNoRevocationCheck" --carry "$eap\\13\\IgnoreRevocationOffline" \
    --carry "$eap\\13\\TlsVersion" --leave "$eap\\25\\IgnoreNoRevocationCheck"
  jq -e '.checks[] | select(.id == "never-weaker") | .severity == "warn" and
    (.message | contains("EAP\\13\\IgnoreRevocationOffline"))' case.plan >/dev/null || fail "no warning"
  apply_case
  has "$eap\\13" IgnoreNoRevocationCheck 0x00000001
  has "$eap\\13" TlsVersion 0x00000fc0
  expect 1 "$rehome" hive get dst/Windows/System32/config/SYSTEM "$eap\\25" IgnoreNoRevocationCheck
  says err "does not exist"
}

test_a_second_factor_is_missed() {
  use_case 05
  plan_case nps
  says out "second factor is"
  says out "AzureMfaNpsExtnConfigSetup.ps1"
  ! grep -q "64-bit" out || fail "not any DLL of 64 bits"
  for setting in TENANT_ID REQUIRE_USER_MATCH IP_WHITELIST AZURE_MFA_HOSTNAME OVERRIDE_NUMBER_MATCHING_WITH_OTP; do
    verdict $setting manual
    jq -e --arg name "$setting" '.manual[] | select(.id == "nps/second-factor") | .details | any(startswith($name))' \
      case.plan >/dev/null || fail "$setting is not listed"
  done
  jq -e '[.verdicts[] | select(.name // "" | test("^NetworkPolicy.*Policy_Enabled$")) | .verdict] |
    length == 3 and all(. == "transformed")' case.plan >/dev/null || fail "a policy grants without the second factor"
  plan_case nps --param extension_policies=keep
  says out "stays enabled without the extension DLL"
}

test_other_names_are_listed_and_carried() {
  use_case 21
  plan_case file-shares
  for name in OptionalNames SrvAllowedServerNames DisableStrictNameChecking BackConnectionHostNames \
    AlternateComputerNames; do verdict $name migrated; done
  jq -r '.manual[] | select(.id == "file-shares/other-names") | .text' case.plan >text
  for word in "FS, ARCHIVE" "fs.example.com" DisableStrictNameChecking setspn CNAME; do says text "$word"; done
  apply_case
  has "$services\\LanmanServer\\Parameters" OptionalNames ARCHIVE
  has "$services\\Dnscache\\Parameters" AlternateComputerNames fs.example.com
  has "$ntlm" BackConnectionHostNames fs.example.com
}

test_smb_is_no_weaker() {
  use_case 22
  plan_case file-shares
  apply_case
  key="$services\\LanmanServer\\Parameters"
  has "$key" SMB1 0x00000000
  has "$key" EncryptData 0x00000001
  has "$key" RejectUnencryptedAccess 0x00000001
  has "$key" RequireSecuritySignature 0x00000001
}

test_tightened_switches_of_tcpip() {
  use_case 28
  plan_case ip-configuration --param takes_over_name=yes
  for name in MTU DisableIPSourceRouting EnableICMPRedirect NoNameReleaseOnDemand NodeType EnableMulticast KeepAliveTime \
    ReservedPorts; do verdict $name migrated; done
  apply_case
  has "$services\\Tcpip\\Parameters" DisableIPSourceRouting 0x00000002
  has "$services\\NetBT\\Parameters" NoNameReleaseOnDemand 0x00000001
  has "$services\\Dnscache\\Parameters" EnableMulticast 0x00000000
}

run_tests
