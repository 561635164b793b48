#!/bin/sh
# One old server with five roles: to one new server, and with its roles split over two.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

roles="remote-access nps dhcp-server file-shares ip-configuration local-accounts certificates"

# migrate RUN DESTINATION PLAYBOOK...: unattended, as a job would.
migrate() {
  run=$1 destination=$2
  shift 2
  expect 3 "$rehome" migrate --source EDGE01 --destination "$destination" --run "$run" --answers answers.json \
    --unattended --accept-warnings "$@"
}

# What hivexsh reads: value MACHINE HIVE KEY NAME.
value() { printf 'cd %s\nlsval %s\n' "$3" "$4" | hivexsh "$(hive "$1" "$2")"; }

test_all_roles_to_one_server_and_back() {
  need jq
  use_roles
  fingerprint EDGE01 >source
  fingerprint EDGE02 >before
  # shellcheck disable=SC2086 # a list of playbooks
  migrate run EDGE02 $roles
  says out " 0 differ"
  says out "planned again: nothing is left to change"
  jq -e '.accounted | .settings == .verdicts and .unjudged == 0 and .settings > 200' run/plan.json >/dev/null
  # shellcheck disable=SC2086
  "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json $roles --json >again.json 2>/dev/null
  [ "$(jq '.changes | length' again.json)" = 0 ] || fail "the second plan is not empty"
  expect 0 "$rehome" verify run
  expect 0 "$rehome" rollback run
  fingerprint EDGE02 >after
  same before after
  fingerprint EDGE01 | cmp source -
}

test_each_role_has_arrived() {
  need hivexsh
  need xmllint
  need jq
  use_roles
  # shellcheck disable=SC2086
  migrate run EDGE02 $roles
  services='\ControlSet001\Services'
  [ "$(value EDGE02 SYSTEM "$services\\RemoteAccess" Start)" = 2 ]
  [ "$(value EDGE02 SYSTEM "$services\\DHCPServer\\Parameters" DetectConflictRetries)" = 2 ]
  value EDGE02 SYSTEM "$services\\LanmanServer\\Shares" Projects | grep -q 'Path=D:\\Projects'
  value EDGE02 SYSTEM "$services\\Tcpip\\Parameters\\PersistentRoutes" "10.40.0.0,255.255.0.0,10.20.10.254,1" >/dev/null
  ias=Windows/System32/ias/ias.xml
  for place in Clients NetworkPolicy; do
    [ "$(xmllint --xpath "count(//*[local-name()='$place']/*/*)" EDGE01/$ias)" = \
      "$(xmllint --xpath "count(//*[local-name()='$place']/*/*)" EDGE02/$ias)" ] || fail "$place of NPS"
  done
  same EDGE01/Windows/System32/dhcp/rehome-export.dat EDGE02/Windows/System32/dhcp/rehome-export.dat
  for text in "Name = 'ras-branch'" "Name = 'Drafting'" "'dhcp', 'server', 'import'"; do says run/first-start.ps1 "$text"; done
}

test_the_order_does_not_depend_on_the_command_line() {
  need jq
  use_roles
  # shellcheck disable=SC2086
  "$rehome" plan --graph $roles >one
  "$rehome" plan --graph certificates local-accounts ip-configuration file-shares dhcp-server nps remote-access >two
  same one two
  grep -nE '^ +[0-9]+\. (nps|remote-access) ' one | head -2 | sed 's/.*\. \([a-z-]*\).*/\1/' | tr '\n' ' ' >order
  [ "$(cat order)" = "nps remote-access " ] || fail "the order is $(cat order)"
}

test_what_is_needed_once_is_asked_once() {
  need jq
  use_roles
  # shellcheck disable=SC2086
  "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --output all.plan $roles >/dev/null
  [ "$(jq '[.manual[] | select(.id == "shared/rename-computer")] | length' all.plan)" = 1 ]
  [ "$(jq -c '.manual[] | select(.id == "shared/rename-computer").users' all.plan)" = \
    '["dhcp-server","file-shares","nps","remote-access"]' ] || fail "$(jq -c '.manual[] | select(.id == "shared/rename-computer").users' all.plan)"
}

# ip-configuration writes the addresses; without it somebody gives them.
test_addresses_are_given_by_hand_or_by_the_plan() {
  need jq
  use_roles
  for set in "file-shares:1" "file-shares ip-configuration:0"; do
    # shellcheck disable=SC2086
    "$rehome" plan --source EDGE01 --destination EDGE02 --param takes_over_name=yes --overwrite --output some.plan ${set%:*} >/dev/null
    [ "$(jq '[.manual[] | select(.id == "shared/take-over-addresses")] | length' some.plan)" = "${set#*:}" ] || fail "$set"
  done
}

# A policy of NPS names a group of the domain, a share a local one. SAM tells which SIDs are the server's own.
test_groups_of_the_domain_stay_and_own_ones_are_named() {
  need jq
  use_roles
  known() { jq '.checks[] | select(.id == "unknown-groups") | .ok' "$1"; }
  "$rehome" plan --source EDGE01 --destination EDGE02 --output one.plan nps file-shares >shown
  [ "$(known one.plan)" = true ] || fail "a group of the domain is not known"
  says shown "Drafting (S-1-5-21-1004336348-1177238915-682003330-1011): change"
  ! grep -q 'S-1-5-21-2127521184' shown || fail "a group of the domain is told as unknown"
  rm EDGE01/Windows/System32/config/SAM
  "$rehome" plan --source EDGE01 --destination EDGE02 --output two.plan nps >/dev/null
  [ "$(known two.plan)" = false ]
}

# The destination's own SID in a policy named nobody on the source.
test_a_sid_of_the_destination_gains_no_right() {
  need jq
  use_roles
  ias=EDGE01/Windows/System32/ias/ias.xml
  sed -i 's/S-1-5-21-3623811015-3361044348-30300820-1003/S-1-5-21-725345543-1390067357-1644491937-500/' $ias
  grep -q 'S-1-5-21-725345543-1390067357-1644491937-500' $ias
  "$rehome" plan --source EDGE01 --destination EDGE02 --output own.plan nps >/dev/null
  jq -e '.checks[] | select(.id == "unknown-groups") | .ok == false' own.plan >/dev/null
}

test_remote_access_alone_is_refused_or_waived_by_name() {
  need jq
  use_roles
  expect 5 "$rehome" plan --source EDGE01 --destination EDGE02 --param other_roles=DHCPServer remote-access
  says out "nps"
  says out "--waive remote-access/nps"
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --param other_roles=DHCPServer \
    --waive remote-access/nps --output waived.plan remote-access
  jq -e '.waived[] | select(.name == "remote-access/nps")' waived.plan >/dev/null
}

# NPS goes to RADIUS02, the rest with the name to EDGE02.
test_two_destinations() {
  need jq
  use_roles
  "$rehome" plan --source EDGE01 --destination RADIUS02 --output nps.plan nps >/dev/null
  # shellcheck disable=SC2046
  "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --beside nps.plan --output rest.plan \
    $(echo "$roles" | sed 's/ nps//') >shown
  says shown "nps goes to RADIUS02"
  jq -e '.takes | map(.what) | index("name") != null' rest.plan >/dev/null
  # Remote Access asked the NPS on its own server.
  jq -r '.manual[] | select(.id | test("RADIUS02|nps|beside|point"; "i")) | .text' rest.plan | grep -q 'RADIUS' \
    || fail "nothing points Remote Access at RADIUS02"
  for plan in nps rest; do expect 3 "$rehome" apply $plan.plan --unattended --accept-warnings; done
  for plan in nps rest; do expect 0 "$rehome" verify $plan.plan.run; done
  jq -s '[.[].accounted.unjudged] | add == 0' nps.plan rest.plan | grep -qx true
}

test_the_name_goes_to_one_destination_only() {
  need jq
  use_roles
  "$rehome" plan --source EDGE01 --destination RADIUS02 --param takes_over_name=yes --output nps.plan nps >/dev/null
  expect 2 "$rehome" plan --source EDGE01 --destination EDGE02 --param takes_over_name=yes --beside nps.plan \
    --output rest.plan dhcp-server file-shares
  for text in "name can go to one destination only" RADIUS02 EDGE02 nps.plan; do says err "$text"; done
  [ ! -e rest.plan ]
}

test_a_role_moves_once() {
  need jq
  use_roles
  "$rehome" plan --source EDGE01 --destination RADIUS02 --output nps.plan nps >/dev/null
  expect 2 "$rehome" plan --source EDGE01 --destination EDGE02 --beside nps.plan --output rest.plan nps
  says err "'nps' moves to"
}

run_tests
