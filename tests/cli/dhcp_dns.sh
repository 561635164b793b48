#!/bin/sh
# DHCP Server and DNS Server in one plan, on the example servers: there and back, looked at with other programs.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

use_infra() {
  for server in INFRA01 INFRA02; do
    "$rehome" image build "$root/examples/dhcp-dns-server/$server" --output $server --time 2020-01-01 >/dev/null
  done
}
plan() { "$rehome" plan --source "${1:-INFRA01}" --destination INFRA02 --output infra.plan dhcp-server dns-server; }

# value HIVE KEY NAME: what hivexsh reads on the destination.
value() { printf 'cd %s\nlsval %s\n' "$2" "$3" | hivexsh "$(hive INFRA02 "$1")"; }

dhcp='\ControlSet001\Services\DHCPServer\Parameters'
dns='\ControlSet001\Services\DNS\Parameters'
zones='\Microsoft\Windows NT\CurrentVersion\DNS Server\Zones'
dns_folder=Windows/System32/dns

test_there_and_back() {
  use_infra
  fingerprint INFRA02 >before
  plan >/dev/null
  fingerprint INFRA02 | cmp -s before - || fail "planning wrote to the destination"
  expect 3 "$rehome" apply infra.plan
  says out " 0 differ"
  says out "planned again: nothing is left to change"
  expect 0 "$rehome" verify infra.plan.run
  expect 0 "$rehome" rollback infra.plan.run
  fingerprint INFRA02 | cmp before -
}

test_what_hivex_reads_on_the_destination() {
  need hivexsh
  use_infra
  plan >/dev/null
  expect 3 "$rehome" apply infra.plan
  [ "$(value SYSTEM "$dhcp" DetectConflictRetries)" = 2 ]
  [ "$(value SYSTEM "$dhcp" BackupInterval)" = 60 ]
  [ "$(value SYSTEM "$dhcp" BackupDatabasePath)" = 'D:\dhcp-backup' ]
  # The second adapter is not bound on the source; the first one is.
  adapters='\ControlSet001\Services\Tcpip\Parameters\Interfaces'
  [ "$(value SYSTEM "$adapters\\{D9E8F7A6-B5C4-4D3E-8F2A-1B0C9D8E7F60}" BindToDHCPServer)" = 0 ]
  [ -z "$(value SYSTEM "$adapters\\{B3D5F7A9-1C2E-4A6B-9D8F-0E1F2A3B4C50}" BindToDHCPServer 2>/dev/null)" ]
  [ "$(value SYSTEM "$dns" Forwarders)" = "192.0.2.53 192.0.2.54" ]
  [ "$(value SYSTEM "$dns" BootMethod)" = 2 ]
  [ "$(value SYSTEM "$dns" ListenAddresses)" = 10.30.0.6 ]
  [ "$(value SOFTWARE "$zones\\corp.example.com" DatabaseFile)" = corp.example.com.dns ]
  [ "$(value SOFTWARE "$zones\\partner.example" MasterServers)" = "192.0.2.10 192.0.2.11" ]
  [ "$(value SOFTWARE "$zones\\branch.example" Type)" = 4 ]
}

test_files_arrive_byte_for_byte() {
  use_infra
  cp INFRA02/$dns_folder/cache.dns own-hints
  plan >/dev/null
  expect 3 "$rehome" apply infra.plan
  for file in $dns_folder/corp.example.com.dns $dns_folder/0.30.10.in-addr.arpa.dns \
    $dns_folder/partner.example.dns Windows/System32/dhcp/rehome-export.dat; do
    same INFRA01/$file INFRA02/$file
  done
  same own-hints INFRA02/$dns_folder/cache.dns
}

test_every_setting_has_a_verdict() {
  need jq
  use_infra
  plan >/dev/null
  all_judged infra.plan
  [ "$(jq -r '[.playbooks[].id] | join(" ")' infra.plan)" = "dns-server dhcp-server" ]
  jq -r '.manual[] | select(.id == "dns-server/records").details[]' infra.plan >records
  grep -q '^corp.example.com.dns:13: infra01.corp.example.com A 10.30.0.5$' records
  # What grep finds in the files, by file and line, and no more.
  (cd INFRA01/$dns_folder && grep -nE 'infra01\.example\.com|10\.30\.0\.5' -- *.dns) | cut -d: -f1,2 | sort >expected
  cut -d: -f1,2 records | sort | diff expected -
}

test_the_script_of_the_first_start() {
  use_infra
  plan >/dev/null
  expect 3 "$rehome" apply infra.plan
  script=infra.plan.run/first-start.ps1
  says $script "'netsh.exe' @('dhcp', 'server', 'import', \$file, 'all')"
  says $script "Get-Service -ComputerName 'INFRA01'"
  says $script "'0.30.10.in-addr.arpa', 'branch.example', 'corp.example.com', 'partner.example'"
  # DNS answers before DHCP hands its address out; the destination is authorised when it has the scopes.
  grep -o '^Add-Action .[a-z/-]*' $script | tr -d "'" | sed 's/.* //' >actions
  printf '%s\n' dns-server/firewall-rules dns-server/restart-service dhcp-server/security-groups \
    dhcp-server/import dhcp-server/authorise dhcp-server/configured | diff - actions
}

test_a_store_gives_the_same_changes() {
  need jq
  use_infra
  use_key
  "$rehome" export --source INFRA01 --store i.rehome --recipient "$recipient" dhcp-server dns-server >/dev/null
  plan >/dev/null
  jq -S .changes infra.plan >one
  "$rehome" plan --source i.rehome --identity key.txt --destination INFRA02 --output store.plan \
    dhcp-server dns-server >/dev/null
  jq -S .changes store.plan | cmp one -
}

test_the_inventory_names_both_roles() {
  need jq
  use_infra
  expect 0 "$rehome" inventory INFRA01 --json
  [ "$(jq -c '[.playbooks[] | select(.id | test("^d")) | .present]' out)" = "[true,true]" ] || fail "$(cat out)"
  expect 0 "$rehome" inventory INFRA02 --json
  jq -e '.playbooks[] | select(.id == "dns-server").present' out >/dev/null
}

run_tests
