#!/bin/sh
# What a plan may hold: docs/plan.schema.json and the program refuse the same, and name it.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

use_plan() {
  need jq
  use_servers
  if [ ! -e "$work/sound" ]; then
    printf '"Internet" = "Internet"\n' >map
    echo '{"source_backup": true}' >answers.json
    "$rehome" plan --source EDGE01 --destination EDGE02 --map map --answers answers.json --param takes_over_name=yes \
      --exclude 'HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters\AllowPPTPWeakCrypto' \
      --output "$work/sound" remote-access >/dev/null
  fi
  cp "$work/sound" sound
}

# forge: a change a line makes forged-1.plan and so on, whose ids fit; what they are stands in the file forged.
forge() {
  python3 -c "import jsonschema" || skip "python3-jsonschema is not installed"
  python3 "$root/tests/forge_plans.py" "$root/docs/plan.schema.json" sound >forged
}

# It is a plan; that it is not the one that its request gives is seen where it is to be applied.
test_a_plan_that_was_forged_well_is_read() {
  use_plan
  printf 'notes\t[{"step": "x", "text": "one more"}]\n' | forge
  grep -q accepted forged
  expect 0 "$rehome" report forged-1.plan --output r.md
  says r.md "one more"
  expect 4 "$rehome" apply forged-1.plan --accept-warnings
}

# A key more, a key less, another kind: at every depth.
changes() {
  for place in colour request.colour request.source.password 'request.answers[0].from' source.identity.colour \
    'playbooks[0].colour' 'checks[1].colour' 'steps[0].colour' 'verdicts[7].colour' 'manual[2].colour' \
    'deferred[0].colour' 'changes[3].colour' 'changes[3].before.colour' accounted.colour 'map[0].source.colour'; do
    printf '%s\t"red"\n' "$place"
  done
  for place in version engine request parts request.time 'request.map[0].destination' destination.fingerprints \
    'playbooks[0].modules' secret_key verdicts 'verdicts[5].rule' 'changes[0].secret' 'manual[0].text'; do
    printf '%s\n' "$place"
  done
  printf '%s\t%s\n' request.time '"now"' changes '{}' 'playbooks[0].modules.x' '"00"' parameters.remote-access '[]'
}

test_what_does_not_belong_is_refused_by_name() {
  use_plan
  changes | forge
  [ "$(grep -c refused forged)" -eq "$(changes | wc -l)" ] || fail "the schema accepts: $(grep -v refused forged)"
  fingerprint EDGE02 >before
  while IFS='	' read -r plan place _; do
    expect 1 "$rehome" apply "$plan" --accept-warnings
    says err "rehome: $plan: $place: "
    says err "plan again"
    [ ! -e "$plan.run" ] || fail "a run folder was left"
  done <forged
  fingerprint EDGE02 | cmp before -
}

test_every_command_that_reads_a_plan_refuses_it() {
  use_plan
  printf 'colour\t"red"\n' | forge
  for command in "report --output r.html forged-1.plan" "explain forged-1.plan HKLM\\SYSTEM" \
    "plan --source EDGE01 --destination EDGE02 --beside forged-1.plan remote-access"; do
    # shellcheck disable=SC2086 # words without blanks
    expect 1 "$rehome" $command
    says err "rehome: forged-1.plan: colour: does not belong here"
  done
}

# What was made before format 2 is made anew.
test_a_plan_of_format_1_is_refused() {
  use_servers
  tar -xJf "$root/tests/fixtures/0.1.0/runs.tar.xz" --strip-components=1 rehome-fixture-0.1.0/nps.plan
  for command in "apply --accept-warnings nps.plan" "report --output r.html nps.plan" "explain nps.plan HKLM\\SYSTEM" \
    "plan --source EDGE01 --destination EDGE02 --beside nps.plan remote-access"; do
    # shellcheck disable=SC2086 # words without blanks
    expect 4 "$rehome" $command
    says err "rehome: nps.plan: format: is 1"
    says err "make a new plan"
  done
  [ ! -e r.html ]
}

run_tests
