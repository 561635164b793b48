#!/bin/sh
# A migration of NPS as xmllint and Python's XML reader see it; secrets that arrive and are printed nowhere.
. "$(dirname "$0")/../harness.sh"

# use_radius [FILE]: RADIUS01 and RADIUS02 as images in the current folder; FILE in the place of the source's ias.xml.
use_radius() {
  need xmllint
  need python3
  cp -R "$root/examples/nps-server" text
  if [ $# -gt 0 ]; then
    cp "$1" text/RADIUS01/files/Windows/System32/ias/ias.xml
    chmod u+w text/RADIUS01/files/Windows/System32/ias/ias.xml
  fi
  for server in RADIUS01 RADIUS02; do
    "$rehome" image build "text/$server" --output "$server" --time 2020-01-01 >/dev/null
  done
  cp "$(file RADIUS02)" before.xml
}

file() { echo "$1/Windows/System32/ias/ias.xml"; }

# rehome_says EXIT-CODE COMMAND...: as expect, and keeps all that was printed in the file said.
rehome_says() {
  wanted_code=$1
  shift
  expect "$wanted_code" "$rehome" "$@"
  cat out err >>said
}

migrate() {
  rehome_says 0 plan --source RADIUS01 --destination RADIUS02 --output p nps "$@"
  rehome_says 3 apply p --accept-warnings
  xmllint --noout --nonet "$(file RADIUS02)"
}

differences() {
  PYTHONUTF8=1 python3 "$here/nps_differences.py" "$(file RADIUS01)" before.xml "$(file RADIUS02)"
}

test_only_the_intended_differences() {
  use_radius
  migrate
  differences >differences
  cat >expected <<'TXT'
Auditors/Microsoft NT Event Log Auditor/Log_Malformed_Packets: 1 -> 0
Description: (empty) -> RADIUS of the house
NetworkPolicy/Switch administrators/Policy_Enabled: 1 -> 0
NetworkPolicy/Switch administrators/msNPSequence: 4 -> 3
NetworkPolicy/Wireless/msNPSequence: 3 -> 2
Protocols/Microsoft Radius Protocol/Accounting_Port: 1813,1646 -> 10.20.0.7:1813;10.20.0.7:1646
Protocols/Microsoft Radius Protocol/Authentication_Port: 1812,1645 -> 10.20.0.7:1812,1645
Protocols/Microsoft Radius Protocol/Vendors/Example Wireless/: absent -> (empty)
Protocols/Microsoft Radius Protocol/Vendors/Example Wireless/NAS_Vendor_Id: absent -> 49999
RadiusProfiles/Wireless/msNPAllowedEapType: 19000000000000000000000000000000,04000000000000000000000000000000 -> 19000000000000000000000000000000
RequestHandlers/Microsoft Accounting/Discard_On_Failure: 1 -> 0
RequestHandlers/Microsoft Accounting/Log_File_Directory: C:\Windows\system32\LogFiles -> C:\Windows\system32\LogFiles\NPS
RequestHandlers/Microsoft Accounting/New_Log_Frequency: 3 -> 2
RequestHandlers/Microsoft NT SAM Authentication/Allow_LM_Authentication: 1 -> 0
TXT
  diff expected differences
}

# A public file of a real server: nothing of its policies, profiles and clients may change.
test_a_real_file() {
  need_data
  use_radius "$data/nps/NPS_config_7-policies.xml"
  migrate
  differences | grep -v '/Vendors/' >differences
  cat >expected <<'TXT'
Description: (empty) -> RADIUS_NPS
RequestHandlers/Microsoft Accounting/Discard_On_Failure: 1 -> 0
RequestHandlers/Microsoft Accounting/Log_File_Directory: C:\Windows\system32\LogFiles -> C:\Windows\System32\LogFiles\NPS
RequestHandlers/Microsoft Accounting/Log_Format: 65535 -> 1
RequestHandlers/Microsoft Database Accounting/Discard_On_Failure: 1 -> 0
RequestHandlers/Microsoft Database Accounting/Log_Authentication_Packets: absent -> 1
RequestHandlers/Microsoft Database Accounting/Log_Interim_Accounting_Packets: absent -> 1
RequestHandlers/Microsoft Database Accounting/Log_Interim_Authentication_Packets: absent -> 1
RequestHandlers/Microsoft NT SAM Authentication/Allow_LM_Authentication: 1 -> 0
TXT
  diff expected differences
  # Every vendor once, and the policies byte for byte.
  python3 - "$(file RADIUS01)" "$(file RADIUS02)" <<'PY'
import re, sys
old, new = (open(path, encoding="utf-8", newline="").read() for path in sys.argv[1:])
ids = lambda text: sorted(int(number) for number in re.findall(r"<NAS_Vendor_Id[^>]*>(\d+)<", text))
assert ids(new) == sorted(set(ids(old))), (ids(old), ids(new))
for section in ("NetworkPolicy", "RadiusProfiles", "Proxy_Policies", "Proxy_Profiles", "Clients"):
    part = re.search("<%s .*?</%s>" % (section, section), old, re.S).group(0)
    inner = part[part.index("<Children>"):part.rindex("</Children>")]
    assert inner in new, section
PY
}

test_a_second_plan_is_empty_and_a_rollback_complete() {
  use_radius
  (cd RADIUS02 && find . -type f | LC_ALL=C sort | xargs sha256sum) >fingerprint
  migrate
  expect 0 "$rehome" plan --source RADIUS01 --destination RADIUS02 nps
  says out "0 changes to the destination"
  expect 0 "$rehome" rollback p.run
  (cd RADIUS02 && sha256sum -c --quiet ../fingerprint)
}

test_a_named_group_stays_enabled() {
  use_radius
  migrate --param group_sids=S-1-5-21-3623811015-3361044348-30300820-1003=S-1-5-21-1-2-3-1001
  differences >differences
  says differences 'Switch administrators/msNPConstraint: USERNTGROUPS("S-1-5-21-3623811015-3361044348-30300820-1003") -> USERNTGROUPS("S-1-5-21-1-2-3-1001")'
  if grep -q Policy_Enabled differences; then fail "a policy was disabled"; fi
}

# The secret of the core switch has signs that XML writes in another way, and letters that are not ASCII.
test_secrets_arrive_and_are_printed_nowhere() {
  use_radius
  migrate
  xmllint --xpath 'string(//*[@name="Core switch (ground floor)"]//Shared_Secret)' "$(file RADIUS02)" >secret
  printf 'Q7&x<"\303\244\342\202\254>-switch\n' >wanted
  same wanted secret
  rehome_says 0 check --source RADIUS01 --destination RADIUS02 nps
  rehome_says 0 plan --json --source RADIUS01 --destination RADIUS02 nps
  rehome_says 0 explain p 'Windows/System32/ias/ias.xml'
  rehome_says 0 explain p 'Windows\System32\ias\ias.xml' --json
  rehome_says 0 verify p.run
  rehome_says 0 report p.run -o report.html
  # A destination that somebody changed: what verify finds is told without data.
  sed 's/vpn-8Yq2mLc4/vpn-CHANGED/' "$(file RADIUS02)" >changed
  cat changed >"$(file RADIUS02)"
  rehome_says 6 verify p.run
  cat report.html p.run/events.jsonl >>said
  for secret in '8Yq2mLc4' 'CHANGED' 'Q7' 'switch<' '>-switch' '&gt;-switch' 'ap-Zt5' '5Tn7'; do
    if grep -qF -- "$secret" said; then fail "'$secret' was printed"; fi
  done
  says said "RADIUS clients"
}

test_hostile_files_are_refused() {
  use_radius
  printf '<!DOCTYPE Root [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Root>&b;</Root>' >doctype.xml
  printf '<Root xmlns="urn:other"/>' >namespace.xml
  python3 -c 'print("<Root>" + "<a>" * 100000)' >deep.xml
  head -c 5000 text/RADIUS01/files/Windows/System32/ias/ias.xml >short.xml
  for name in doctype namespace deep short; do
    cat "$name.xml" >"$(file RADIUS01)"
    expect 5 "$rehome" plan --source RADIUS01 --destination RADIUS02 --output p nps
    says out "The source's configuration cannot be read"
    [ ! -e p ] || fail "a plan was written"
  done
}

run_tests
