#!/bin/sh
# Several roles in one plan: their order, what is missing, what is waived, and parts that go to other servers.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

plan() { "$rehome" plan --source EDGE01 --destination EDGE02 "$@"; }

# EDGE01 with an NPS of its own.
add_nps() {
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\IAS]
"Start"=dword:00000002
REG
}

# role ID FIELDS: a playbook of one step that writes its own value.
role() {
  mkdir -p "mine/$1"
  cat >"mine/$1/playbook.lua" <<LUA
local key = [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\$1]]
return playbook {
  id = "$1", title = "The role $1", version = "1", writes = { registry = { key } }, $2
  steps = {
    step "write" { guide = "XX-IMP-01", run = function(ctx) ctx.destination:set(key, "Moved", "dword", 1) end },
  },
}
LUA
}

test_remote_access_needs_the_nps_of_its_server() {
  use_servers
  add_nps
  expect 5 plan --output edge.plan remote-access
  says out "BLOCKED RA-CHK-26: Needs 'nps'"
  says out "--waive remote-access/nps"
  [ ! -e edge.plan ] || fail "a blocked plan was written"
  expect 0 plan --output edge.plan --waive remote-access/nps remote-access
  says out "WAIVED  RA-CHK-26: Needs 'nps'"
  need jq
  jq -e '.waived == [{name: "remote-access/nps", used: true, what: .waived[0].what,
    consequence: .waived[0].consequence}] and (.waived[0].consequence | test("sign in"))' edge.plan >/dev/null
  "$rehome" report edge.plan --output report.md >/dev/null
  says report.md "remote-access/nps"
  expect 0 "$rehome" explain edge.plan remote-access/nps
  says out "waived      remote-access/nps"
  # Planned again by apply, it waives the same: nothing is left to change.
  expect 3 "$rehome" apply edge.plan --accept-warnings
  says out "nothing is left to change"
}

test_a_waiver_stands_in_an_answers_file() {
  use_servers
  add_nps
  echo '{"waive": ["remote-access/nps"], "source_backup": "yes"}' >answers.json
  expect 0 plan --answers answers.json remote-access
  echo '{"waive": "remote-access/nps"}' >answers.json
  expect 2 plan --answers answers.json remote-access
  says err '"waive" is no list of texts'
}

# One answers file for the plans of two servers.
test_answers_for_playbooks_that_take_no_part() {
  use_servers
  add_nps
  # As an editor of Windows saves it: with a mark before the text.
  printf '\357\273\277{"source_backup": "yes", "later_policies": "disable", "waive": ["remote-access/nps"]}' >answers.json
  expect 0 plan --answers answers.json --output edge.plan remote-access
  says out "because nps takes no part here: later_policies."
  need jq
  jq -e '.parameters."remote-access".source_backup == "yes" and .waived[0].name == "remote-access/nps"' edge.plan >/dev/null
  # Blocked, since the servers have no ias.xml: the note is shown all the same.
  expect 5 plan --answers answers.json nps
  tr -s ' \n' ' ' <out >line
  says line "because remote-access takes no part here: source_backup, waive remote-access/nps."
  expect 5 "$rehome" check --source EDGE01 --destination EDGE02 --answers answers.json nps
  says out "because remote-access takes no part here"
  # What no playbook knows is refused, and so is what the command line of this plan gives.
  echo '{"source_bakup": "yes"}' >answers.json
  expect 2 plan --answers answers.json nps
  says err "'source_bakup'"
  echo '{"waive": ["remote-access/nsp"]}' >answers.json
  expect 2 plan --answers answers.json nps
  says err "remote-access/nsp"
  expect 2 plan --param source_backup=yes nps
  expect 2 plan --waive remote-access/nps nps
  printf '\377\376{\0}\0' >answers.json
  expect 2 plan --answers answers.json nps
  says err "is UTF-16"
}

test_waivers_that_fit_nothing() {
  use_servers
  expect 2 plan --waive remote-access/nsp remote-access
  says err "did you mean 'remote-access/nps'?"
  expect 2 plan --waive remote-access/cluster remote-access
  says err "cannot be waived"
  expect 0 plan --waive remote-access/nps remote-access
  says out "--waive remote-access/nps was not needed"
}

# A client has no release of its own; once waived it is read as the server that it shares its system with.
test_a_client_as_the_source() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ProductOptions]
"ProductType"="WinNT"
REG
  expect 5 plan remote-access
  says out "--waive remote-access/supported-source"
  expect 0 plan --waive remote-access/supported-source --details remote-access
  says out "WAIVED  RA-CHK-01"
}

test_the_order_of_the_arguments_means_nothing() {
  expect 0 "$rehome" plan --graph nps remote-access
  mv out one
  expect 0 "$rehome" plan --graph remote-access nps
  same out one
  says out "remote-access is after nps"
  expect 2 "$rehome" plan --graph=png nps
  says err "'text' or 'dot'"
  expect 2 "$rehome" plan --graph --output order.plan nps
  says err "makes no plan"
}

test_the_graph_is_drawn() {
  need dot
  "$rehome" plan --graph=dot nps remote-access >order.dot
  dot -Tplain order.dot >plain
  grep -q '^node "nps/import"' plain || grep -q 'nps/import' plain || fail "$(head plain)"
}

test_a_cycle() {
  use_servers
  role one 'after = { "two" },'
  role two 'requires = { "one" },'
  expect 2 plan --playbook-path mine one two
  says err "these wait for each other: one -> two (one is after two) -> one (two requires one)"
}

test_half_of_a_set_and_a_conflict() {
  use_servers
  role one 'together = { "two" },'
  role two 'conflicts = { { "one", why = "both own a port" } },'
  expect 5 plan --playbook-path mine one
  says out "one and two move together or not at all"
  expect 5 plan --playbook-path mine one two
  says out "two and one exclude each other: both own a port."
  expect 0 plan --playbook-path mine --waive two/one one two
}

test_two_that_write_one_setting() {
  use_servers
  role one ''
  role two ''
  sed -i 's/Services\\two/Services\\one/; s/"dword", 1/"dword", 2/' mine/two/playbook.lua
  expect 1 plan --playbook-path mine one two
  says err 'Services\one\Moved: two playbooks write it differently: one/write leaves it REG_DWORD 0x1 (1), two/write leaves it REG_DWORD 0x2 (2)'
}

two_servers() {
  use_servers
  cp -R EDGE02 EDGE03
  change EDGE03 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="EDGE03"
REG
  role one 'params = { takes_over_name = require("shared").takes_over_name() }, points = "all clients of one",'
  role two 'requires = { { "one", points = "Two asked one at 127.0.0.1." } }, takes = {},'
  sed -i 's/takes = {},/params = { takes_over_name = require("shared").takes_over_name() },/' mine/two/playbook.lua
}

test_one_source_to_two_servers() {
  two_servers
  expect 0 plan --playbook-path mine --output one.plan --param takes_over_name=yes one
  expect 5 "$rehome" plan --source EDGE01 --destination EDGE03 --playbook-path mine two
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE03 --playbook-path mine --beside one.plan --output two.plan two
  says out "one goes to EDGE02, by one.plan"
  says out "Two asked one at 127.0.0.1. The role one is on EDGE02 now."
  says out "Point at EDGE03 what looked for the source"
  expect 0 plan --playbook-path mine --beside two.plan --overwrite --output one.plan --param takes_over_name=yes one
  says out "Two asked one at 127.0.0.1. The role one is on EDGE02 now."
  # Applying plans again, beside the same.
  expect 3 "$rehome" apply two.plan --playbook-path mine --accept-warnings
  says out "nothing is left to change"
}

test_parts_that_do_not_fit() {
  two_servers
  expect 0 plan --playbook-path mine --output one.plan --param takes_over_name=yes one
  other() { "$rehome" plan --source EDGE01 --destination EDGE03 --playbook-path mine --beside one.plan "$@"; }
  expect 2 other --param takes_over_name=yes two
  says err "the source's name can go to one destination only: one (takes_over_name) gives it to EDGE02"
  expect 2 other one
  says err "'one' moves to EDGE02 by it, and to EDGE03 by the plan being made"
  sed -i 's/title = "The role one"/divisible = true, &/' mine/one/playbook.lua
  expect 0 other one
  expect 2 plan --playbook-path mine --beside one.plan two
  says err "goes to the same destination"
  add_nps
  expect 2 other two
  says err "was made from another source than EDGE01, or from one that has changed since"
}

test_inventory_tells_what_fits_and_what_is_unknown() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\CertSvc]
"Start"=dword:00000002
REG
  expect 0 "$rehome" inventory EDGE01
  says out "remote-access      yes"
  says out "BLOCKED RA-CHK-08: The source also runs Certificate Services."
  says out "checks need a destination"
  says out "CertSvc            Certificate Services: a role that no playbook moves"
  need jq
  "$rehome" inventory EDGE01 --json 2>/dev/null | jq -e '[.playbooks[] | select(.id == "remote-access").checks[].state]
    | unique == ["failed", "needs a destination", "not needed", "ok"]' >/dev/null
}

# Which services a playbook moves it says itself: a role of somebody's own counts as any other.
test_a_playbook_of_ones_own_moves_another_role() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\WINS]
"Start"=dword:00000002
REG
  cp -R EDGE02 EDGE03
  change EDGE03 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="EDGE03"
REG
  role wins 'services = { "WINS" },'
  expect 5 plan remote-access
  says out "BLOCKED RA-CHK-08"
  says out "The source also runs WINS Server."
  says out "--param other_roles=WINS"
  expect 0 plan --playbook-path mine --output edge.plan wins remote-access
  says out "The source also runs WINS Server, which have a plan of their own."
  # It moves to another server, by a plan beside this one.
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE03 --playbook-path mine --output wins.plan wins
  expect 0 plan --playbook-path mine --beside wins.plan --overwrite --output edge.plan remote-access
  expect 0 "$rehome" inventory EDGE01
  says out "WINS               WINS Server: a role that no playbook moves"
}

test_inventory_of_what_is_only_consulted_and_of_what_cannot_be_read() {
  use_servers
  expect 0 "$rehome" inventory EDGE01
  says out "certificates       yes: certificates in the Personal store of the computer: 1"
  grep -F "outside its declared scopes" out && fail "a playbook asks for more than it may"
  head -c 6000 "$(hive EDGE01 SYSTEM)" >"$(hive EDGE01 SAM)"
  expect 0 "$rehome" inventory EDGE01
  says out "local-accounts     cannot be told: EDGE01/Windows/System32/config/SAM: "
  says out "is a truncated registry hive"
}

run_tests
