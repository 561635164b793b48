#!/bin/sh
# What names the old server in a role's own data, on servers from the field: each place is told, in plan and report.
. "$(dirname "$0")/../harness.sh"
cases=$root/../shared/cases/roles

# machines NUMBER: builds src and dst of a case.
machines() {
  [ -d "$cases" ] || skip "no cases beside the checkout"
  for side in src dst; do
    expect 0 "$rehome" image build "$cases/$1"-*/$side --output "$side"
  done
}

test_options_of_dhcp_that_name_the_source_are_listed() {
  machines 16
  expect 0 "$rehome" plan --source src --destination dst -o case.plan dhcp-server dns-server
  jq -r '.manual[] | select(.id == "dhcp-server/options") | .details[]' case.plan >told
  printf '%s\n' "server, option 6: 10.30.0.5 (the destination has 10.30.0.6)" \
    "server, option 44: 10.30.0.5 (the destination has 10.30.0.6)" \
    "scope 10.30.0.0, option 66: infra01.example.com" | diff - told
  says out "scope 10.30.0.0, option 66: infra01.example.com"
  expect 0 "$rehome" report case.plan -o report.html
  says report.html "scope 10.30.0.0, option 66: infra01.example.com"
}

test_nothing_is_listed_where_the_name_goes_along() {
  machines 16
  expect 0 "$rehome" plan --source src --destination dst -o case.plan \
    --param takes_over_name=yes dhcp-server
  jq -e '[.manual[] | select(.id == "dhcp-server/options")] == []' case.plan >/dev/null
}

run_tests
