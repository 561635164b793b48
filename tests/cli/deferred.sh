#!/bin/sh
# Deferred actions: what a destination that is switched off cannot do, as scripts for its first start.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

use_run() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
}

# at FILE TEXT: the number of the first line that holds it.
at() { grep -nF -- "$2" "$1" | head -n 1 | cut -d: -f1; }

test_the_scripts_keep_the_order_of_the_guide() {
  use_run
  for file in first-start.ps1 first-start-undo.ps1; do
    [ "$(stat -c %a run/$file)" = 600 ] || fail "$file is open to others"
    says run/$file "EDGE02"
  done
  stop=$(at run/first-start.ps1 "Stop-AndWait 'RasMan'")
  start=$(at run/first-start.ps1 "Start-AndWait 'RemoteAccess'")
  rules=$(at run/first-start.ps1 'Enable-Rules @(')
  [ "$stop" -lt "$start" ] && [ "$start" -lt "$rules" ] || fail "order: $stop $start $rules"
  [ "$(at run/first-start-undo.ps1 'Disable-Rules @(')" -lt "$(at run/first-start-undo.ps1 "Restore-Service 'RemoteAccess'")" ]
  for guide in RA-IMP-04 RA-IMP-05 RA-POST-06; do says run/first-start.ps1 "$guide"; done
}

# The service is not started without its certificate; the way back is the other way round.
test_an_action_names_what_it_needs() {
  use_run
  bind=remote-access/bind-sstp-certificate start=remote-access/restart-service
  says run/first-start.ps1 "Add-Action '$start' @('$bind') "
  says run/first-start.ps1 "Add-Action '$bind' @() "
  says run/first-start-undo.ps1 "Add-Action '$bind' @('$start') "
  says run/first-start-undo.ps1 "Add-Action '$start' @() "
  jq -e '.deferred[] | select(.id == "'$start'") | .requires == ["'$bind'"]' run/plan.json >/dev/null
}

# result STATE: first-start.json of the run's script, whose last action ended so.
result() {
  jq -n --arg key "$(tr -d '\r' <run/first-start.ps1 | sed -n "s/^\$key = '\(.*\)'/\1/p")" --arg state "$1" --slurpfile plan run/plan.json '
    {format: 1, $key, script: "first-start.ps1", computer: "EDGE02", time: "2030-01-02T03:04:05Z",
     actions: ([$plan[0].deferred[] | {id, state: "done", said: ""}] | .[-1].state = $state)}' >first-start.json
}
state_of_the_step() { "$rehome" manual run --json | jq -r '.manual[] | select(.id == "rehome/first-start") | .state'; }

test_what_the_script_did_comes_back_as_evidence() {
  need jq
  use_run
  result failed
  expect 0 "$rehome" verify run --first-start first-start.json
  says out "failed"
  [ "$(state_of_the_step)" = open ] || fail "it is $(state_of_the_step)"
  result done
  expect 0 "$rehome" verify run --first-start first-start.json --json
  [ "$(jq -r '.first_start | map(.state) | unique[]' out)" = done ]
  [ "$(state_of_the_step)" = done ]
  expect 3 "$rehome" manual run
  says out "first-start.ps1 on EDGE02 at 2030-01-02T03:04:05Z"
}

# A manual step that an action does is closed by it, whatever became of others, and what a person said of it stays.
test_an_action_closes_the_step_that_it_does() {
  need jq
  use_run
  jq -e '.deferred[] | select(.id == "remote-access/restart-service") | .closes == ["remote-access/first-start"]' run/plan.json >/dev/null
  result failed
  expect 0 "$rehome" verify run --first-start first-start.json
  expect 3 "$rehome" manual run --json
  jq -r '.manual[] | select(.id == "remote-access/first-start") | .state, .evidence.by, .evidence.note' out >told
  printf '%s\n' done rehome "first-start.ps1 on EDGE02 at 2030-01-02T03:04:05Z: remote-access/restart-service" >wanted
  same wanted told
  expect 0 "$rehome" rollback run
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run second --accept-warnings remote-access
  expect 3 "$rehome" manual second remote-access/first-start done --by Ann --note seen
  mv run first && mv second run
  result done
  expect 0 "$rehome" verify run --first-start first-start.json
  [ "$("$rehome" manual run --json | jq -r '.manual[] | select(.id == "remote-access/first-start") | .evidence.by')" = Ann ]
  result failed
  jq '.actions[1].state = "failed"' first-start.json >none.json
  expect 0 "$rehome" verify run --first-start none.json
  [ "$(state_of_the_step)" = open ]
}

test_a_step_that_is_closed_has_to_be_there() {
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
return playbook {
  id = "small", title = "Small", version = "1",
  steps = { deferred "text" { guide = "RA-VER-05", title = "Text", run = "1", undo = "", closes = "not-there" } },
}
LUA
  expect 1 "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine small
  says err "has no manual step 'not-there', which its action 'text' closes"
}

test_what_changed_after_the_first_start_is_told_so() {
  need jq
  use_run
  result done
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess]
"Start"=dword:00000004
REG
  expect 6 "$rehome" verify run --first-start first-start.json
  says out "changed since"
}

test_the_result_of_something_else_is_refused() {
  need jq
  use_run
  result done
  jq '.key = "0"' first-start.json >other.json
  jq '.script = "first-start-undo.ps1"' first-start.json >undo.json
  jq '.format = 2' first-start.json >newer.json
  head -c 100 first-start.json >cut.json
  for wrong in 'other 2' 'undo 2' 'newer 1' 'cut 1' 'absent 1'; do
    file=${wrong% *}.json
    expect "${wrong#* }" "$rehome" verify run --first-start "$file"
    says err "$file"
    [ "$(state_of_the_step)" = open ] || fail "$file counts"
  done
}

test_only_the_ports_in_use_get_firewall_rules() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}\0003]
"EnableForRas"=dword:00000000
REG
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  says run/first-start.ps1 "'RRAS-L2TP-In-UDP', 'SSTP-IN-TCP'"
  ! grep -q 'PPTP' run/first-start.ps1 || fail "PPTP is off and gets a rule"
}

test_a_manual_step_tells_to_run_it() {
  use_run
  jq -e '.manual[] | select(.id == "rehome/first-start") | .details | length == 3' run/plan.json >/dev/null
  says out "first-start.ps1"
}

test_windows_can_read_the_scripts() {
  use_run
  for file in run/first-start.ps1 run/first-start-undo.ps1; do
    [ "$(head -c 3 $file | od -An -tx1 | tr -d ' ')" = efbbbf ] || fail "$file has no mark of its encoding"
    [ "$(grep -c . $file)" = "$(grep -c "$(printf '\r')" $file | cut -d: -f1)" ] || [ "$(tr -cd '\r' <$file | wc -c)" = "$(wc -l <$file)" ]
    # Every block and every parenthesis is closed.
    for pair in '{ }' '( )'; do
      [ "$(tr -cd "${pair% *}" <$file | wc -c)" = "$(tr -cd "${pair#* }" <$file | wc -c)" ] || fail "$file: $pair"
    done
  done
}

# PowerShell takes typographic quotes for quotes: U+2018 to U+201B end 'text', U+201C to U+201E end "text".
test_a_hostile_computer_name_stays_text() {
  use_servers
  for sign in 2018 2019 201A 201B 201C 201D 201E 2028 202E 0085 0027 0022 0060 0024 000A; do
    low=${sign#??},${sign%??}
    name="45,00,$low,$low,3b,00,20,00,$low,28,00,63,00,61,00,6c,00,63,00,29,00,00,00"
    change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"=hex(1):$name
REG
    rm -rf run
    expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
    for file in run/first-start.ps1 run/first-start-undo.ps1; do
      grep 'calc' $file >lines
      [ "$(wc -l <lines)" = 2 ] || fail "U+$sign: the name is not in one line each: $(cat lines)"
      LC_ALL=C grep -q "^\$computer = 'E[^']*(calc)'.\$" lines || fail "U+$sign: $(cat lines)"
      LC_ALL=C grep -qP '\xe2\x80|\xc2\x85' lines && fail "U+$sign is still there"
    done
    expect 0 "$rehome" rollback run
  done
}

test_lines_of_an_action_stay_as_they_are() {
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
return playbook {
  id = "small", title = "Small", version = "1",
  steps = { deferred "text" { guide = "RA-VER-05", title = "Text", run = "$a = @'\none\n\ntwo\n'@\nSet-Content x $a",
                              undo = "Remove-Item x" } },
}
LUA
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --playbook-path mine small
  tr -d '\r' <run/first-start.ps1 | sed -n "/^\$a = @'/,/^}/p" >lines
  printf '%s\n' "\$a = @'" one '' two "'@" 'Set-Content x $a' '}' >wanted
  same wanted lines
}

test_without_deferred_actions_there_are_no_scripts() {
  use_servers
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
local key = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]
return playbook {
  id = "small", title = "Small", version = "1", reads = { registry = { key } }, writes = { registry = { key } },
  steps = { settings "all" { guide = "RA-VER-05", key = key, migrate "AllowPPTPWeakCrypto", keep [[**]] } },
}
LUA
  expect 0 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --playbook-path mine small
  [ ! -e run/first-start.ps1 ]
}

run_tests
