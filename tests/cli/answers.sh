#!/bin/sh
# Answers: several files and the command line, which of them counts, and where each value comes from.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

plan() { "$rehome" plan --source EDGE01 --destination EDGE02 "$@"; }

# The answers of a company, and of one of its servers.
two_files() {
  need jq
  use_servers
  echo '{"source_backup": "no", "outage_arranged": "yes", "reversible_passwords": true,
    "waive": ["remote-access/nps"]}' >company.json
  echo '{"source_backup": "yes", "outage_arranged": "no", "waive": ["remote-access/supported-source"]}' >edge.json
}

# answer NAME: the value of a parameter in edge.plan.
answer() { jq -r --arg name "$1" '.parameters."remote-access"[$name]' edge.plan; }

test_the_last_file_that_has_a_name_counts() {
  two_files
  expect 0 plan --answers company.json --answers edge.json --output edge.plan remote-access
  [ "$(answer source_backup) $(answer outage_arranged) $(answer reversible_passwords)" = "yes no true" ]
  expect 0 plan --answers edge.json --answers company.json --output edge.plan --overwrite remote-access
  [ "$(answer source_backup) $(answer outage_arranged) $(answer reversible_passwords)" = "no yes true" ]
  # Wherever it stands, --param goes before all files.
  expect 0 plan --param outage_arranged=yes --answers company.json --answers edge.json --output edge.plan --overwrite \
    remote-access
  [ "$(answer source_backup) $(answer outage_arranged) $(answer reversible_passwords)" = "yes yes true" ]
}

test_waivers_add_up() {
  two_files
  for files in "company.json --answers edge.json" "edge.json --answers company.json"; do
    # shellcheck disable=SC2086 # two files
    expect 0 plan --answers $files --waive remote-access/nps --output edge.plan --overwrite remote-access
    jq -e '[.waived[].name] | sort == ["remote-access/nps", "remote-access/supported-source"]' edge.plan >/dev/null
  done
}

test_what_is_left_aside_is_told_once() {
  two_files
  expect 5 plan --answers company.json --answers edge.json nps
  tr -s ' \n' ' ' <out >line
  says line "Left aside of the answers files, because remote-access takes no part here: outage_arranged, reversible_passwords, source_backup, waive remote-access/nps, waive remote-access/supported-source."
  [ "$(grep -c 'Left aside' out)" = 1 ]
}

test_a_mistake_names_its_file() {
  two_files
  echo '{"source_bakup": "yes"}' >wrong.json
  expect 2 plan --answers company.json --answers wrong.json remote-access
  says err "wrong.json: no playbook that takes part has a parameter 'source_bakup'"
  echo '{"source_backup": "perhaps"}' >wrong.json
  expect 2 plan --answers wrong.json remote-access
  says err "wrong.json: 'source_backup' cannot be 'perhaps'"
  # What a later one replaces is not looked at.
  expect 0 plan --answers wrong.json --answers edge.json remote-access
  expect 2 plan --answers company.json --param source_backup=perhaps remote-access
  says err "--param: 'source_backup' cannot be 'perhaps'"
  echo '{"waive": ["remote-access/nsp"]}' >wrong.json
  expect 2 plan --answers company.json --answers wrong.json remote-access
  says err "wrong.json, waive remote-access/nsp: "
  echo '{"source_backup": ["yes"]}' >wrong.json
  expect 2 plan --answers company.json --answers wrong.json remote-access
  says err "wrong.json: the value of \"source_backup\" is no text"
  expect 1 plan --answers company.json --answers none.json remote-access
  says err "none.json"
}

test_where_each_value_comes_from() {
  two_files
  explain() {
    "$rehome" "$@" --source EDGE01 --destination EDGE02 --answers company.json --answers edge.json --explain-answers \
      --param outage_arranged=yes --param takes_over_name=yes --waive remote-access/nps remote-access ip-configuration
  }
  for command in check plan; do
    expect 0 explain $command
    tr -s ' ' <out >text
    says text 'administrator "unknown" default (remote-access)'
    says text 'reversible_passwords true company.json (remote-access)'
    says text 'source_backup "yes" edge.json, in place of company.json (remote-access)'
    says text 'outage_arranged "yes" --param, in place of company.json, edge.json (remote-access)'
    says text 'takes_over_name true --param (ip-configuration, remote-access)'
    says text 'remote-access/nps --waive, company.json'
    says text 'remote-access/supported-source edge.json'
    expect 0 explain $command --json
    says err "Where the parameters come from"
    mv out $command.json
    jq '.answers' $command.json >answers
    [ -e first ] || cp answers first
    same first answers
  done
  expect 3 explain migrate --json --accept-warnings --run run
  jq '.answers' out >answers
  same first answers
  jq -e '[.parameters[] | select(.name == "source_backup")] == [{name: "source_backup", value: "yes",
    playbooks: ["remote-access"], from: "answers", file: "edge.json", over: [{from: "answers", file: "company.json"}]}]
    and ([.parameters[] | select(.name == "outage_arranged") | .from, .file, (.over | length)] == ["param", null, 2])
    and ([.parameters[] | select(.name == "administrator") | .from, .over] == ["default", []])
    and .waived[0] == {name: "remote-access/nps", by: [{from: "waive"}, {from: "answers", file: "company.json"}]}' first >/dev/null
  # Every parameter of the plan, with the value that it has there.
  jq -c '[.parameters[] | to_entries[] | {key, value: .value}] | unique' plan.json >planned
  jq -c '[.answers.parameters[] | {key: .name, value: .value}] | unique' plan.json >explained
  same planned explained
}

test_explaining_is_no_part_of_a_plan() {
  two_files
  expect 0 plan --answers company.json --time 2026-01-31T12:00:00Z --output one.plan remote-access
  expect 0 plan --answers company.json --time 2026-01-31T12:00:00Z --output two.plan --explain-answers remote-access
  same one.plan two.plan
  expect 0 plan --answers company.json --json remote-access
  jq -e 'has("answers") | not' out >/dev/null
  expect 2 plan --graph --explain-answers remote-access
  says err "--explain-answers"
}

run_tests
