#!/bin/sh
# The map: what is proposed, what is written, and that the written map is one that plan takes.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

test_equal_names() {
  use_servers
  expect 0 "$rehome" map EDGE01 EDGE02 --output edge.map
  says out "same name"
  [ "$(grep -c '^"' edge.map)" = 2 ] || fail "$(cat edge.map)"
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --map edge.map remote-access
  expect 0 "$rehome" map EDGE01 EDGE02 --json
  [ "$(jq -r '[.[].reason] | unique | join(" ")' out)" = name ] || fail "$(cat out)"
}

# Renames an interface of EDGE02.
rename() {
  guid=$("$rehome" inventory EDGE02 --json 2>/dev/null | jq -r ".interfaces[] | select(.name == \"$1\").guid")
  change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\$guid\\Connection]
"Name"="$2"
REG
}

test_names_with_signs_survive() {
  use_servers
  rename Internet '# a = b'
  printf '"Internet" = "# a = b"\n' >mine
  expect 0 "$rehome" map EDGE01 EDGE02 --map mine --output edge.map
  says out "given"
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --map edge.map remote-access
}

test_same_subnet_is_only_proposed() {
  use_servers
  rename Internet 'Ethernet 9'
  expect 0 "$rehome" map EDGE01 EDGE02 --output edge.map
  says out "a proposal"
  expect 5 "$rehome" check --source EDGE01 --destination EDGE02 --map edge.map remote-access
  sed -i 's/^# "/"/' edge.map
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --map edge.map remote-access
}

test_an_output_that_exists_is_kept() {
  use_servers
  echo precious >kept
  expect 1 "$rehome" map EDGE01 EDGE02 --output kept
  [ "$(cat kept)" = precious ]
}

test_wrong_usage() {
  use_servers
  expect 2 "$rehome" map EDGE01
  expect 1 "$rehome" map EDGE01 nowhere
  says err nowhere
}

run_tests
