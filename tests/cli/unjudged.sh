#!/bin/sh
# What no rule was written for: told by name, applied only when somebody says what becomes of it, carried byte for byte.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

roles="remote-access nps dhcp-server file-shares ip-configuration local-accounts certificates"
services='HKLM\SYSTEM\CurrentControlSet\Services'
keys='RemoteAccess\Parameters RemoteAccess\Parameters\Ip RemoteAccess\Brand_New\Deep RasMan\Parameters RasMan\PPP\EAP\13
SstpSvc\Parameters NdisWan\Parameters IAS\Parameters AuthSrv\Parameters DHCPServer\Parameters
LanmanServer\Parameters Tcpip\Parameters Tcpip6\Parameters NetBT\Parameters'

# Each key with a value of every kind of data, of types that Windows does not know, too; the names tell them apart.
invented() {
  number=0
  for key in $keys; do
    printf '[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\%s]\n' "$key"
    for data in '"some text"' 'dword:0000002a' 'hex(b):01,02,03,04,05,06,07,08' 'hex:de,ad,be,ef' \
      'hex(7):61,00,00,00,62,00,00,00,00,00' 'hex(0):00,01' 'hex(2):25,00,78,00,25,00,00,00' 'hex(1234):07' \
      'hex(fffffff0):'; do
      number=$((number + 1))
      printf '"Invented %03d"=%s\n' $number "$data"
    done
  done
}

# use_odd_roles: EDGE01 has them all, and EDGE02 one of them just so.
use_odd_roles() {
  use_roles
  if [ ! -d "$work/odd" ]; then
    invented >"$work/invented.reg"
    change EDGE01 SYSTEM <"$work/invented.reg"
    cp -R EDGE01 "$work/odd"
  fi
  rm -rf EDGE01
  cp -R "$work/odd" EDGE01
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess\Parameters]
"Invented 001"="some text"
REG
}

# odd_values MACHINE: type, size and digest of each, by key and name.
odd_values() { listing "$(hive "$1" SYSTEM)" | grep '	Invented ' | grep ControlSet001; }

# plan_roles ARGUMENT...
plan_roles() {
  # shellcheck disable=SC2086 # a list of playbooks
  "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --time 2030-01-01 --output odd.plan \
    "$@" $roles
}

test_each_is_named_and_in_the_way() {
  need jq
  use_odd_roles
  expect 0 plan_roles
  says err "125 settings of the source are unjudged"
  for number in $(seq -f %03g 2 126); do says out "Invented $number"; done
  ! grep -q "Invented 001" out || fail "what the destination has too needs no judgement"
  says out "REG_DWORD 0x2A (42); on the destination nothing"
  ! grep -q "some text" out || fail "a text that may be a secret is shown"
  jq -e '[.verdicts[] | select(.verdict == "unjudged")] | length == 125' odd.plan >/dev/null
  jq -e '.summary[0] == {name: "unjudged", count: 125, meaning: .summary[0].meaning}' odd.plan >/dev/null
  jq -e '(.summary | map(.count) | add) == (.verdicts | length)' odd.plan >/dev/null
  "$rehome" report odd.plan --output report.md
  for number in $(seq -f %03g 2 126); do says report.md "Invented $number"; done
  expect 0 "$rehome" explain odd.plan "$services\\IAS\\Parameters\\Invented 064"
  says out "unjudged"
  fingerprint EDGE02 >before
  expect 5 "$rehome" apply odd.plan --unattended --accept-warnings
  says err "125 settings of the source are unjudged (Invented 100, "
  fingerprint EDGE02 | cmp before -
  [ ! -d odd.plan.run ] || fail "there is a run"
}

test_what_is_carried_arrives_and_what_is_left_does_not() {
  need jq
  use_odd_roles
  odd_values EDGE01 >wanted
  # The longer path counts; one key is left by an option, all others are carried by an answers file.
  jq --arg services "$services" '. + {carry: [$services]}' answers.json >more.json
  mv more.json answers.json
  expect 0 plan_roles --leave "$services\\NetBT\\Parameters" --leave "$services\\RasMan\\Parameters\\Invented 028"
  ! grep -q unjudged err || fail "something is unjudged: $(cat err)"
  jq -e '.request.left | length == 2' odd.plan >/dev/null
  jq -e '.request.answers[0].carry | length == 1' odd.plan >/dev/null
  jq -e '[.verdicts[] | select((.name // "" | startswith("Invented")) and .verdict == "excluded")] | length == 10' \
    odd.plan >/dev/null
  expect 3 "$rehome" apply odd.plan --unattended --accept-warnings
  says out " 0 differ"
  says out "planned again: nothing is left to change"
  grep -v 'NetBT\\Parameters\|Invented 028' wanted >carried
  odd_values EDGE02 >arrived
  same carried arrived
  "$rehome" report odd.plan.run --output report.md
  says report.md "| Left | "
  ! grep -qr "some text" report.md odd.plan.run/events.jsonl || fail "a text that may be a secret is told"
  expect 0 "$rehome" rollback odd.plan.run
  [ "$(odd_values EDGE02 | wc -l)" = 1 ]
}

# plan_edge ARGUMENT...
plan_edge() {
  "$rehome" plan --source EDGE01 --destination EDGE02 --time 2030-01-01 --output edge.plan --overwrite "$@" remote-access
}

test_what_belongs_to_the_destination_is_not_carried() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess]
"ImagePath"="C:\\elsewhere.exe"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess\New]
"ServiceDll"="C:\\elsewhere.dll"
REG
  expect 2 plan_edge --carry "$services\\RemoteAccess\\ImagePath"
  says err "registers code of the operating system"
  expect 2 plan_edge --carry "$services\\RemoteAccess\\New\\ServiceDll"
  says err "belongs to the destination's installation"
  expect 0 plan_edge --carry "$services\\RemoteAccess\\New"
  says out "it cannot be carried"
  expect 2 plan_edge --carry "$services\\RemoteAccess\\Misspelt"
  says err "no playbook reads such a setting"
  expect 2 plan_edge --carry "$services\\RemoteAccess\\New" --leave "$services\\RemoteAccess\\New"
  says err "both given"
}

test_migrate_stops_as_well() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"Invented"=dword:00000001
REG
  fingerprint EDGE02 >before
  expect 5 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --unattended --accept-warnings remote-access
  says err "1 setting of the source is unjudged (Invented)"
  fingerprint EDGE02 | cmp before -
}

# Cases of people who lost what they had set: each is named, and none is "kept".
test_cases_from_the_field() {
  need jq
  cases=$root/../shared/cases/roles
  [ -d "$cases" ] || skip "no cases beside the checkout"
  for case in 02-nps-eap-crl-switches:nps 28-ip-mtu-and-stack-tuning:ip-configuration 21-shares-alias-names:file-shares; do
    folder=$cases/${case%:*}
    for side in src dst; do "$rehome" image build "$folder/$side" --output "${case%%-*}-$side" >/dev/null; done
    "$rehome" plan --source "${case%%-*}-src" --destination "${case%%-*}-dst" --output "${case%%-*}.plan" \
      "${case##*:}" >"${case%%-*}.txt" 2>&1
  done
  for name in MTU EnableICMPRedirect DisableIPSourceRouting KeepAliveTime ReservedPorts NoNameReleaseOnDemand; do
    jq -e --arg name "$name" '.verdicts[] | select(.name == $name) | .verdict != "dropped"' 28.plan >/dev/null ||
      fail "$name is lost"
  done
  for name in OptionalNames SrvAllowedServerNames DisableStrictNameChecking; do says 21.txt "$name"; done
}

# same_of PLAN SRC DST: what is kept although no rule was written for it is on both, type and bytes; what is unjudged
# stands in the plan's text.
same_of() {
  for side in "$2" "$3"; do
    for hive in SYSTEM SOFTWARE; do
      "$rehome" hive list "$side/Windows/System32/config/$hive" | sed -n "s/^V\t/$hive\t/p" || true
    done >"$side.values"
  done
  python3 - "$@" <<'PY'
import json, sys
plan, sides = json.load(open(sys.argv[1])), []
for side in sys.argv[2:4]:
    values = {}
    for line in open(side + ".values", encoding="utf-8", errors="surrogateescape"):
        hive, path, name, *what = line.rstrip("\n").split("\t")
        values[hive, path.lstrip("\\").lower(), name.lower()] = what
    sides.append(values)
text = open(sys.argv[1] + ".txt", encoding="utf-8", errors="surrogateescape").read()
for verdict in plan["verdicts"]:
    name = verdict.get("name") or ""
    if verdict["verdict"] == "unjudged" and name not in text:
        sys.exit("%s is unjudged and not in the text" % name)
    if verdict["verdict"] != "kept" or verdict.get("rule") != "no rule" or not verdict["path"].startswith("HKLM\\"):
        continue
    hive, _, path = verdict["path"][5:].partition("\\")
    key = hive.upper(), path.replace("CurrentControlSet", "ControlSet001").lower(), name.lower()
    if sides[0].get(key) is None or sides[0].get(key) != sides[1].get(key):
        sys.exit("%s\\%s is kept, with %s on the source and %s on the destination" % (
            verdict["path"], name, sides[0].get(key), sides[1].get(key)))
PY
}

test_kept_without_a_rule_is_the_same_on_both() {
  need python3
  cases=$root/../shared/cases/roles
  [ -d "$cases" ] || skip "no cases beside the checkout"
  for folder in "$cases"/*; do
    for side in src dst; do "$rehome" image build "$folder/$side" --output "$side" >/dev/null 2>&1; done
    for playbook in $("$rehome" inventory src --json | jq -r '.playbooks[] | select(.present) | .id'); do
      "$rehome" plan --source src --destination dst --output "$playbook.plan" --details "$playbook" \
        >"$playbook.plan.txt" 2>&1 || true
      [ ! -e "$playbook.plan" ] || same_of "$playbook.plan" src dst || fail "$(basename "$folder"), $playbook"
    done
    rm -rf src dst ./*.plan ./*.plan.txt
  done
}

run_tests
