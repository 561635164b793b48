#!/bin/sh
# Damage of what the router has on an adapter, and adapters that are not cards: what a person is told, and exit codes.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# Input filters whose data lies outside the block, and the status of the interface, which is sound.
damaged=01,00,00,00,38,00,00,00,02,00,00,00,01,00,ff,ff,28,00,00,00,01,00,00,00,00,10,00,00,04,00,ff,ff,04,00,00,00,01
damaged=$damaged,00,00,00,30,00,00,00,00,00,00,00,01,00,00,00,00,00,00,00

services='HKLM\SYSTEM\CurrentControlSet\Services'

use_damage() {
  use_servers
  change EDGE01 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\RemoteAccess\\Interfaces\\2\\Ip]
"InterfaceInfo"=$1
REG
}

plan() { "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan --overwrite --json "$@" remote-access; }
failed_checks() { jq -r '.checks[] | select(.ok == false) | .message' out >message; }

test_lost_filters_block_until_they_are_waived() {
  use_damage "hex:$damaged"
  expect 5 plan
  failed_checks
  says message "'Internet', IPv4: input filters (damaged: its data lies outside the block)"
  expect 0 plan --waive remote-access/filters-readable
  expect 0 "$rehome" explain edge.plan "$services\\RemoteAccess\\Interfaces\\2\\Ip\\InterfaceInfo"
  says out "input filters dropped: damaged: its data lies outside the block"
  jq -r '.manual[] | select(.id == "remote-access/lost-routing") | .details[]' edge.plan >details
  says details "'Internet', IPv4: input filters"
}

test_a_block_that_is_no_block() {
  use_damage 'hex:'
  expect 5 plan
  failed_checks
  says message "'Internet', IPv4: all of its settings"
}

# A team of two cards takes the place of the card of the intranet.
use_team() {
  use_servers
  net='{4D36E972-E325-11CE-BFC1-08002BE10318}'
  for one in '1 NIC1 PCI\\VEN_14E4\\A' '2 NIC2 PCI\\VEN_14E4\\B' '3 Front COMPOSITEBUS\\MS_IMPLAT_MP\\C'; do
    # shellcheck disable=SC2086 # three words
    set -- $one
    guid="{77777777-0000-0000-0000-00000000000$1}"
    cat <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Network\\$net\\$guid\\Connection]
"Name"="$2"
"PnpInstanceID"="$3"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\$net\\090$1]
"NetCfgInstanceId"="$guid"
REG
    [ "$2" != Front ] || printf '%s\n' \
      "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\$guid]" \
      '"EnableDHCP"=dword:00000000' \
      '"IPAddress"=hex(7):31,00,30,00,2e,00,39,00,2e,00,30,00,2e,00,35,00,00,00,00,00' \
      '"SubnetMask"=hex(7):32,00,35,00,35,00,2e,00,30,00,2e,00,30,00,2e,00,30,00,00,00,00,00'
  done >team.reg
  change EDGE01 SYSTEM <team.reg
}

test_inventory_tells_teams_and_members() {
  use_team
  expect 0 "$rehome" inventory EDGE01 --json
  jq -r '.interfaces[] | select(.kind == "team" or .member) | "\(.name) \(.kind) \(.of // "-")"' out >told
  printf '%s\n' 'Front team -' 'NIC1 card Front' 'NIC2 card Front' >wanted
  same told wanted
  expect 0 "$rehome" inventory EDGE01
  says out "member of Front"
  says out "team (Windows)"
}

test_a_team_blocks_by_name_and_its_members_do_not() {
  use_team
  expect 5 plan
  failed_checks
  says message "No adapter of the destination is called 'Front' (a team of adapters)."
  printf '"Front" =\n' >map
  expect 0 plan --map map
}

# A store tells the same as the machine that it is of.
test_a_store_keeps_what_tells_adapters_apart() {
  use_team
  printf 'a passphrase of some length\n' >pass
  "$rehome" export --source EDGE01 --store edge.store --passphrase-file pass ip-configuration >/dev/null 2>&1
  expect 0 "$rehome" inventory EDGE01 --json
  jq -S '.interfaces' out >machine
  expect 0 "$rehome" inventory edge.store --passphrase-file pass --json
  jq -S '.interfaces' out >store
  same machine store
}

run_tests
