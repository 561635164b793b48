#!/bin/sh
# What is beside the role, on servers from the field: roles and programs that nothing moves, shares of Windows and of
# roles, services that log on as a user who gets another password.
. "$(dirname "$0")/../harness.sh"
cases=$root/../shared/cases/roles

# machines NUMBER: builds src and dst of a case.
machines() {
  [ -d "$cases" ] || skip "no cases beside the checkout"
  for side in src dst; do
    expect 0 "$rehome" image build "$cases/$1"-*/$side --output "$side"
  done
}

test_every_role_and_program_is_named() {
  machines 34
  expect 0 "$rehome" inventory src --json
  jq -r '.unknown[] | .title' out >titles
  for title in "Active Directory Lightweight Directory Services (hr)" "Remote Desktop Gateway" \
    "Remote Desktop Licensing" "Windows Deployment Services" "SNMP Service" "LPD (printing from UNIX)" \
    "Print Server (Kyocera)" "SQL Server (SQLEXPRESS)" "Hyper-V" "Scheduled tasks" "Backup Agent"; do
    says titles "$title"
  done
  jq -e '.not_looked_for | length > 0' out >/dev/null
  expect 0 "$rehome" inventory src
  says out "Not looked for:"
}

test_a_store_tells_the_same_roles() {
  machines 34
  printf secret >key && chmod 600 key
  expect 0 "$rehome" export --source src --store s.store --passphrase-file key file-shares
  expect 0 "$rehome" inventory s.store --passphrase-file key --json
  jq -S '[.roles[] | {service, title, start}]' out >store.json
  expect 0 "$rehome" inventory src --json
  jq -S '[.roles[] | {service, title, start}]' out >image.json
  same store.json image.json
}

test_shares_of_windows_and_of_roles_are_no_data() {
  machines 38
  code=0
  "$rehome" plan --source src --destination dst -o case.plan file-shares >out 2>err || code=$?
  says out "The source is a domain controller."
  for name in SYSVOL NETLOGON; do
    jq -e --arg n "$name" '[.verdicts[] | select(.name == $n) | .verdict] | unique == ["dropped"]' case.plan >/dev/null
  done
  for name in CertEnroll WsusContent REMINST; do
    jq -e --arg n "$name" '[.verdicts[] | select(.name == $n) | .verdict] | unique == ["manual"]' case.plan >/dev/null
  done
}

test_services_that_log_on_as_a_user_are_named() {
  machines 30
  expect 0 "$rehome" plan --source src --destination dst local-accounts
  says out "the service BackupAgent (Backup Agent) as anna"
}

run_tests
