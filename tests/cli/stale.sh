#!/bin/sh
# A plan is bound to what it was made from: whatever changed since is named, and nothing is written.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

use_plan() {
  use_servers
  mkdir -p mine
  cp -R "$root/playbooks/remote-access" mine/
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output edge.plan remote-access >/dev/null
  fingerprint EDGE02 >before
}

# refused TEXT: exit code 4, TEXT in the message, nothing touched.
refused() {
  expect 4 "$rehome" apply edge.plan --playbook-path mine --accept-warnings
  says err "$1"
  fingerprint EDGE02 | cmp before -
  [ ! -e edge.plan.run ] || fail "a run folder was left"
}

# A value that the plan changes, and another than it was.
test_a_value_of_the_destination() {
  use_plan
  jq -r '[.changes[] | select(.action == "set-value" and .before.type == 4 and .hive == "SYSTEM")][0] | .path, .name' edge.plan >which
  change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM$(sed -n 1p which)]
"$(sed -n 2p which)"=dword:00abcdef
REG
  fingerprint EDGE02 >before
  refused "Windows/System32/config/SYSTEM"
  says err "$(sed -n 2p which)"
  says err "00abcdef"
}

test_a_value_that_the_plan_does_not_touch() {
  use_plan
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"New"=dword:00000001
REG
  fingerprint EDGE02 >before
  refused "Windows/System32/config/SYSTEM"
}

test_a_byte_of_a_playbook() {
  use_plan
  printf ' ' >>mine/remote-access/playbook.lua
  refused "the module playbook.lua of playbook remote-access: changed after the plan was made"
}

test_a_parameter() {
  use_plan
  name=$(jq -r '.parameters["remote-access"] | keys[0]' edge.plan)
  jq --arg name "$name" '.parameters["remote-access"][$name] = "other"' edge.plan >changed && mv changed edge.plan
  refused "parameters.remote-access.$name: the plan was changed after it was made"
}

test_any_other_part() {
  use_plan
  cp edge.plan sound
  for part in changes map source destination playbooks verdicts request.excluded request.source; do
    jq --arg part "$part" 'getpath($part / ".") |= (if type == "array" then .[1:] + [{}] else . + {x: {}} end)' sound >edge.plan
    refused "$part: the plan was changed after it was made"
  done
}

test_verify_sees_what_needed_no_change() {
  use_plan
  expect 3 "$rehome" apply edge.plan --playbook-path mine --accept-warnings
  # A value that was right already: it has a verdict, and no change.
  jq -r '[.changes[] | select(.hive == "SYSTEM") | (.path + "\\" + (.name // "")) | ascii_upcase] as $changed |
    [.verdicts[] | select(.to.type == "REG_DWORD") |
      .to + {below: (.to.path | sub("^HKLM.SYSTEM"; "") | sub("CurrentControlSet"; "ControlSet001"))} |
      select((.below + "\\" + .name | ascii_upcase) as $it | $changed | index($it) | not)][0] | .below, .name' edge.plan >which
  [ "$(sed -n 2p which)" != null ] || fail "the example has no such value"
  change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM$(sed -n 1p which)]
"$(sed -n 2p which)"=dword:00abcdef
REG
  expect 6 "$rehome" verify edge.plan.run --playbook-path mine
  says out "$(sed -n 2p which)"
  says out "00abcdef"
  # Without source and playbooks, too.
  rm -rf EDGE01 mine
  expect 6 "$rehome" verify edge.plan.run
  says out "$(sed -n 2p which)"
  says out "not planned again"
}

test_verify_tells_that_the_source_went_on() {
  use_plan
  expect 3 "$rehome" apply edge.plan --playbook-path mine --accept-warnings
  expect 0 "$rehome" verify edge.plan.run --playbook-path mine
  says out "planned again: nothing is left"
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Other]
"New"=dword:00000001
REG
  expect 0 "$rehome" verify edge.plan.run --playbook-path mine
  says out "the source has changed since the plan was made"
}

run_tests
