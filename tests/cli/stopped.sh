#!/bin/sh
# Commands that are asked to end, and that nobody listens to: the exit code and the words say what
# became of the destination, and nothing half-written is left. Runs at each call: torture.sh.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../torture/small.sh"
. "$(dirname "$0")/../torture/stop.sh"

# looping NAME WHEN: a playbook that changes one value, and says "here" and loops when that holds.
looping() {
  mkdir -p "mine/$1"
  cat >"mine/$1/playbook.lua" <<LUA
local key = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]
return playbook {
  id = "$1", title = "$1", version = "1",
  consults = { registry = { key } }, writes = { registry = { key } },
  steps = { step "all" { guide = "XX-TEST-01", run = function(ctx)
    local done = ctx.destination:get(key, "Stopped") ~= nil
    if $2 then
      print "here"
      while true do pcall(function() while true do end end) end
    end
    ctx.destination:set(key, "Stopped", "dword", 1)
  end } },
}
LUA
}

# asked SIGNAL COMMAND...: the command, asked to end once it said "here"; its exit code in $code.
asked() {
  signal=$1
  shift
  : >err
  env --default-signal="$signal" "$rehome" "$@" --json >out 2>err &
  process=$!
  for _ in $(seq 1000); do
    grep -q here err && break
    sleep 0.02
  done
  kill -s "$signal" "$process"
  code=0
  wait "$process" || code=$?
}

test_a_playbook_that_loops_is_stopped() {
  use_servers
  looping loops true
  fingerprint EDGE02 >before
  for signal in INT TERM HUP; do
    asked $signal plan --source EDGE01 --destination EDGE02 --playbook-path mine --output p.plan loops
    [ "$code" -eq 1 ] || fail "$signal: ended with $code: $(cat err)"
    says err "rehome: stopped by SIG$signal"
    says err "nothing was changed"
    [ "$(jq -r .error.code out)" = stopped ]
    [ ! -e p.plan ]
  done
  fingerprint EDGE02 | cmp before -
}

test_planning_again_behind_the_changes() {
  use_servers
  looping loops done
  fingerprint EDGE02 >before
  asked TERM migrate --source EDGE01 --destination EDGE02 --playbook-path mine --run run loops
  [ "$code" -eq 7 ] || fail "ended with $code: $(cat err)"
  says err "the changes were made before; to go on: rehome resume run, to undo them: rehome rollback run"
  [ "$("$rehome" status run | sed -n 's/^state *//p')" = applied ]
  expect 0 "$rehome" resume run
  expect 0 "$rehome" rollback run
  fingerprint EDGE02 | cmp before -
}

test_nothing_half_written_is_left() {
  need_stop
  mkdir world
  world=$PWD/world
  use_servers
  use_key
  playbook small ''
  head -c 300000 /dev/urandom >EDGE01/Windows/System32/ras/large.bin
  mv EDGE01 EDGE02 mine key.txt world
  cd world
  "$rehome" export --source EDGE01 --store ready --recipient "$recipient" --playbook-path mine small >/dev/null
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output ready.plan small >/dev/null
  ends=
  for command in "export --source EDGE01 --store made --recipient $recipient --playbook-path mine small" \
    "plan --source EDGE01 --destination EDGE02 --playbook-path mine --output made small" \
    "report ready.plan --output made.html" "store extract ready --identity key.txt --output made" \
    "hive export EDGE01/Windows/System32/config/SYSTEM --output made" \
    "hive rebuild EDGE01/Windows/System32/config/SYSTEM --output made" \
    "image build $root/examples/vpn-server/EDGE01 --output made"; do
    numbers $command | tr -d w >list
    rm -rf made made.html calls out err
    ls -AR >"$work/names"
    for number in $(awk 'NR <= 3 || NR % 12 == 0' list); do
      stopped "$number" SIGTERM $command
      rm -f calls
      if [ "$code" -eq 0 ]; then
        rm -r made*
      else
        [ "$code" -eq 1 ] || fail "$command, call $number: ended with $code: $(cat err)"
        says err "stopped by SIGTERM"
      fi
      rm -f out err
      ls -AR | diff "$work/names" - || fail "$command, call $number: something was left"
      ends="$ends $code"
    done
  done
  case $ends in *0*1* | *1*0*) ;; *) fail "only:$ends" ;; esac
}

# At a question on a terminal, too.
test_waiting_for_an_answer() {
  use_servers
  looping asks false
  sed -i 's/steps = {/steps = { check "w" { guide = "XX-CHK-01", severity = "warn", title = "W", problem = function() return "w", "h" end },/' mine/asks/playbook.lua
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --output p.plan asks >/dev/null
  fingerprint EDGE02 >before
  python3 - "$rehome" <<'PYTHON'
import os, pty, signal, sys
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[1], [sys.argv[1], "apply", "p.plan", "--playbook-path", "mine"])
said = b""
while b"[y/N]" not in said:
    said += os.read(terminal, 1000)
os.kill(process, signal.SIGTERM)
try:
    while True:
        part = os.read(terminal, 1000)
        said += part
        if not part:
            break
except OSError: # how a terminal says that its program ended
    pass
code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
assert code == 1 and b"stopped by SIGTERM" in said and b"nothing was changed" in said, (code, said)
PYTHON
  fingerprint EDGE02 | cmp before -
  [ ! -e p.plan.run ]
}

test_an_output_that_cannot_be_written() {
  use_servers
  looping one false
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --time 2026-01-01 --output p.plan one >/dev/null
  fingerprint EDGE02 >before
  # Closed: known before anything is done.
  code=0
  "$rehome" apply p.plan --playbook-path mine >&- 2>err || code=$?
  [ $code -eq 1 ]
  says err "standard output"
  says err "nothing was changed"
  fingerprint EDGE02 | cmp before -
  # Full, or without a reader, before the changes: they are not made. ("migrate" shows the plan first.)
  code=0
  "$rehome" migrate --source EDGE01 --destination EDGE02 --playbook-path mine --run run one >/dev/full 2>err || code=$?
  [ $code -eq 1 ]
  says err "nothing was changed"
  fingerprint EDGE02 | cmp before -
  # Behind the changes, as a document is written: they are what the exit code tells of.
  for sink in /dev/full pipe; do
    code=0
    if [ $sink = pipe ]; then
      { code=0; "$rehome" apply p.plan --playbook-path mine --json 2>err || code=$?; echo "$code" >code; } | true
      code=$(cat code)
    else
      "$rehome" apply p.plan --playbook-path mine --json >/dev/full 2>err || code=$?
    fi
    [ "$code" -eq 0 ] || fail "$sink: ended with $code: $(cat err)"
    says err "standard output: cannot write; what the command does is done all the same"
    [ "$(grep -c '^rehome:' err)" = 1 ]
    [ "$("$rehome" status p.plan.run | sed -n 's/^state *//p')" = applied ]
    code=0
    "$rehome" rollback p.plan.run >/dev/full 2>err || code=$?
    [ "$code" -eq 0 ] || fail "$sink: ended with $code: $(cat err)"
    fingerprint EDGE02 | cmp before -
    rm -r p.plan.run
  done
  "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine --time 2026-01-01 --output q.plan one >/dev/full 2>err
  cmp p.plan q.plan
  code=0
  "$rehome" inventory EDGE01 >/dev/full 2>err || code=$?
  [ $code -eq 1 ]
}

test_listings_end_with_their_reader() {
  use_servers
  for command in "hive list EDGE01/Windows/System32/config/SYSTEM" "inventory EDGE01" "help"; do
    # shellcheck disable=SC2086 # words
    "$rehome" $command 2>err | head -n 1 >out
    [ -s out ] && [ ! -s err ] || fail "$command: $(cat err)"
  done
}

run_tests
