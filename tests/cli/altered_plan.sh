#!/bin/sh
# A plan is what its request gives, or it is not applied: edits whose digests all fit, and what vouches for a plan where
# its source is not at hand.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# use_plan: edge.plan, of a destination that gets files, secrets, scripts and accounts.
use_plan() {
  need jq
  use_roles
  "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --output edge.plan \
    local-accounts nps remote-access >/dev/null
  fingerprint EDGE02 >before
}

# use_forged PLACE VALUE: forged-1.plan, with a value more or another one, and an id that fits.
use_forged() {
  python3 -c "import jsonschema" || skip "python3-jsonschema is not installed"
  printf '%s\t%s\n' "$1" "$2" | python3 "$root/tests/forge_plans.py" "$root/docs/plan.schema.json" edge.plan >/dev/null
}

id() { jq -r .id "$1"; }

# refused PLAN: exit code 4, and nothing is written.
refused() {
  plan=$1
  shift
  expect 4 "$rehome" apply "$plan" --accept-warnings "$@"
  fingerprint EDGE02 | cmp before -
  [ ! -e "$plan.run" ] || fail "a run folder was left"
  [ ! -e EDGE02.rehome-lock ]
}

test_every_edit_is_refused_by_name() {
  use_plan
  python3 -c "import jsonschema" || skip "python3-jsonschema is not installed"
  python3 "$root/tests/alter_plans.py" edge.plan >edits
  [ "$(wc -l <edits)" -ge 30 ] || fail "$(cat edits)"
  while IFS='	' read -r name named; do
    refused "altered-$name.plan"
    says err "rehome: altered-$name.plan: "
    says err "$named"
    says err "it was altered after it was made"
  done <edits
  # The same plan as it was made is the one that its request gives.
  expect 3 "$rehome" apply edge.plan --accept-warnings
}

# What was written into it is named by its place, not by its value.
test_a_refusal_tells_no_secret() {
  use_plan
  secret=$(jq -r '[.changes[] | select(.secret)][0].after.data' edge.plan)
  index=$(jq '[.changes[].secret] | index(true)' edge.plan)
  use_forged "changes[$index].after.data" "\"${secret}00\""
  refused forged-1.plan
  says err ": after.data"
  ! grep -qiF "$secret" err || fail "the secret is told"
}

# Without the source nobody can know: that has to be said, and is told for ever.
test_without_its_source_a_plan_is_trusted_on_purpose() {
  use_plan
  use_forged notes '[]'
  cp forged-1.plan edge.plan
  mv EDGE01 away
  expect 1 "$rehome" apply edge.plan --accept-warnings --unattended
  says err "EDGE01: the source cannot be read"
  says err "--without-source"
  fingerprint EDGE02 | cmp before -
  expect 3 "$rehome" apply edge.plan --accept-warnings --without-source
  says err "it was not planned again"
  expect 3 "$rehome" status edge.plan.run
  says out "applied without planning again"
  expect 3 "$rehome" status edge.plan.run --json
  jq -e .without_source out >/dev/null
  expect 0 "$rehome" report edge.plan.run --output run.md
  says run.md "applied without planning again"
  jq -se 'any(.kind == "run" and .what == "without-source")' edge.plan.run/events.jsonl >/dev/null
  head -n 1 edge.plan.run/journal.jsonl | jq -e '.kind == "begin" and .without_source' >/dev/null
  expect 0 "$rehome" log verify edge.plan.run
  expect 0 "$rehome" rollback edge.plan.run
  fingerprint EDGE02 | cmp before -
}

test_a_store_needs_its_key_again() {
  use_servers
  use_key
  fingerprint EDGE02 >before
  "$rehome" export --source EDGE01 --store e.rehome --recipient "$recipient" remote-access >/dev/null
  "$rehome" plan --source e.rehome --identity key.txt --destination EDGE02 --output edge.plan remote-access >/dev/null
  expect 8 "$rehome" apply edge.plan --accept-warnings --unattended
  says err "--identity"
  says err "--without-source"
  fingerprint EDGE02 | cmp before -
  expect 3 "$rehome" apply edge.plan --accept-warnings --unattended --without-source
  expect 0 "$rehome" rollback edge.plan.run
  rm -r edge.plan.run
  use_forged notes '[]'
  refused forged-1.plan --identity key.txt
  expect 3 "$rehome" apply edge.plan --accept-warnings --identity key.txt
  says out "planned again: nothing is left to change"
  expect 3 "$rehome" status edge.plan.run
  ! grep "without planning" out || fail "it was planned again"
}

# What was asked for may be asked for otherwise: that is another plan, with another id.
test_an_edited_request_is_another_plan() {
  use_plan
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --output other.plan --json local-accounts
  jq -e --arg id "$(id other.plan)" '.id == $id' out >/dev/null || fail "--json tells another id"
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --output third.plan local-accounts
  says out "Plan $(id third.plan | cut -c 1-12) written to third.plan"
  use_forged request.time "$(jq '.request.time + 1' edge.plan)"
  [ "$(id forged-1.plan)" != "$(id edge.plan)" ]
  for digits in 64 12 8; do
    refused forged-1.plan --expect "$(id edge.plan | cut -c "1-$digits")"
    says err "is the plan $(id forged-1.plan | cut -c 1-12), and $(id edge.plan | cut -c "1-$digits") is expected"
  done
  for wrong in 1234567 "$(id edge.plan)0" XYZ; do expect 2 "$rehome" apply edge.plan --expect "$wrong"; done
  fingerprint EDGE02 | cmp before -
  expect 3 "$rehome" apply forged-1.plan --accept-warnings --expect "$(id forged-1.plan | cut -c 1-12)"
}

run_tests
