#!/bin/sh
# A run that is stopped anywhere: after every system call that writes, by a full disk, by a broken
# one, by a kill at any moment. It goes on to the same end, or back to the same bytes.
#
# Needs the plain build (build/), since the sanitizers' does not take a preloaded library.
# REHOME_KILLS=n: so many kills at random moments (40).
[ -d /dev/shm ] && [ -z "${TMPDIR:-}" ] && export TMPDIR=/dev/shm # thousands of syncs
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../torture/small.sh"
. "$(dirname "$0")/../torture/stop.sh"

# image/ and untouched: the destination before, its bytes and permissions; finished/ and expected: the
# end of an undisturbed run, its files and the listings of its hives; world/: where runs take place.
make_world() {
  need jq
  need_stop
  if [ ! -e "$work/untouched" ]; then
    cd "$work"
    make_small
    cd "$world"
    cp "$work"/plans/small.plan .
    cp -R "$work/image" EDGE02
    "$rehome" apply small.plan --playbook-path "$work/mine" --run run >/dev/null
    listings EDGE02 run >"$work/expected"
    grep -q CLOCK "$work/expected"
    mv EDGE02 "$work/finished"
    modes "$work/image" >"$work/untouched"
    grep -q present.txt "$work/untouched"
    cd "$work/$name"
  fi
}

# modes FOLDER: every file and folder with its permissions.
modes() { (cd "$1" && find . -printf '%p %M\n' | LC_ALL=C sort); }

# listings IMAGE RUN: of its hives, with a name for the run's clock.
listings() {
  clock=$(sed -n '1s/.*"clock":"\([0-9]*\)".*/\1/p' "$2/journal.jsonl")
  for hive_name in SYSTEM SOFTWARE; do "$rehome" hive list "$(hive "$1" "$hive_name")"; done | sed "s/\t$clock\$/\tCLOCK/"
}

# A fresh destination, without a run.
start() {
  rm -rf "$world/EDGE02" "$world/run" "$world"/EDGE02.*
  cp -R "$work/image" "$world/EDGE02"
}

in_world() { (cd "$world" && expect "$@"); }

# True when there is something that resume and rollback can work with.
is_run() { [ -e "$world/run/journal.jsonl" ]; }

is_untouched() {
  diff -r "$work/image" "$world/EDGE02" || fail "$1: the destination was touched"
  modes "$world/EDGE02" | cmp "$work/untouched" - || fail "$1: the destination was touched"
}
is_finished() {
  diff -r -x SYSTEM -x SOFTWARE -x rehome-runs.json "$work/finished" "$world/EDGE02" || fail "$1: not the undisturbed end"
  listings "$world/EDGE02" "$world/run" | cmp "$work/expected" - || fail "$1: not the undisturbed end"
  [ ! -e "$world/EDGE02.rehome-lock" ] || fail "$1: the lock was not given back"
  in_world 0 "$rehome" log verify run
}

# The status has the word and the exit code for what the journal says.
status_fits() {
  in_world_code=0
  (cd "$world" && "$rehome" status run) >status 2>&1 || in_world_code=$?
  case $(sed -n 's/^state *//p' status) in
    started | applied | rolled-back) wanted=0 ;;
    placing | rolling-back) wanted=7 ;;
    *) fail "$1: no state: $(cat status)" ;;
  esac
  [ "$in_world_code" -eq "$wanted" ] || fail "$1: status gave $in_world_code: $(cat status)"
}

save() { rm -rf "$work/saved" && cp -R --preserve=all "$world" "$work/saved"; }
# Back to what was saved, under the same name: paths in the journal are absolute.
back() { rm -rf "$world" && cp -R --preserve=all "$work/saved" "$world"; }

# go_on WHAT: resume reaches the end; from the same state again, rollback the beginning.
go_on() {
  if ! is_run; then
    is_untouched "$1"
    in_world 1 "$rehome" status run
    in_world 0 "$rehome" apply small.plan --playbook-path "$work/mine" --run run
    is_finished "$1, applied again"
    return
  fi
  status_fits "$1"
  save
  in_world 0 "$rehome" resume run
  is_finished "$1, resumed"
  back
  in_world 0 "$rehome" rollback run
  is_untouched "$1, rolled back"
  in_world 0 "$rehome" log verify run
}

# each_call HOW [w]: an apply disturbed at each of its calls, or at each that is a write; with $every
# at each so manieth.
each_call() {
  make_world
  start
  numbers apply small.plan --playbook-path "$work/mine" --run run >list
  [ "$(wc -l <list)" -gt 40 ] || fail "only $(wc -l <list) calls were counted"
  for number in $(if [ -n "${2:-}" ]; then sed -n 's/^w//p' list; else tr -d w <list; fi | sed -n "0~${every:-1}p"); do
    start
    stopped "$number" "$1" apply small.plan --playbook-path "$work/mine" --run run
    "after_$1" "$number"
  done
}

after_kill() {
  [ "$code" -eq 137 ] || fail "call $1: ended with $code: $(cat err)"
  go_on "killed after call $1"
}
after_half() { after_kill "$1"; }

# A failing call: nothing changed, or half-way and told so, or not needed for the end.
after_failure() {
  case $code in
    0)
      rm -f "$world/EDGE02.rehome-lock" # removing it may be what failed
      is_finished "call $1 failed"
      ;;
    1)
      is_untouched "call $1 failed"
      ! is_run || go_on "call $1 failed"
      ;;
    7)
      grep -q "rehome resume" err || fail "call $1 failed: no remedy: $(cat err)"
      go_on "call $1 failed"
      ;;
    *) fail "call $1 failed: ended with $code: $(cat err)" ;;
  esac
}
after_ENOSPC() { after_failure "$1"; }
after_EIO() { after_failure "$1"; }

# Asked to end: at once, with nothing changed and nothing left; half-way, with what to type; or too late.
after_signal() {
  case $code in
    0) is_finished "signal at call $1" ;;
    1)
      says err "stopped by "
      says err "nothing was changed"
      is_untouched "signal at call $1"
      [ ! -e "$world/run" ] || fail "signal at call $1: a run folder was left"
      ;;
    7)
      grep -q "^rehome: .*stopped by SIG" err || fail "signal at call $1: $(cat err)"
      says err "rehome resume "
      says err "rehome rollback "
      [ "$(grep -c . err)" = 2 ] || fail "signal at call $1: not one error: $(cat err)"
      go_on "signal at call $1"
      ;;
    *) fail "signal at call $1: ended with $code: $(cat err)" ;;
  esac
  echo "$code" >>"$work/ends"
}
after_SIGTERM() { after_signal "$1"; }

test_asked_to_end_at_each_call() {
  every=2
  each_call SIGTERM
  for end in 0 1 7; do grep -qx $end "$work/ends" || fail "no signal ended with $end"; done
}

# The same of a way back, which is gone on with in its own direction.
test_asked_to_end_on_the_way_back() {
  make_world
  start
  in_world 0 "$rehome" apply small.plan --playbook-path "$work/mine" --run run
  rm -rf "$work/half" && cp -R --preserve=all "$world" "$work/half"
  numbers rollback run >list
  for number in $(tr -d w <list | sed -n '1~2p'); do
    rm -rf "$world" && cp -R --preserve=all "$work/half" "$world"
    stopped "$number" SIGHUP rollback run
    case $code in
      0) ;;
      1) [ "$(cd "$world" && "$rehome" status run | sed -n 's/^state *//p')" = applied ] || fail "call $number: changed" ;;
      7) says err "rehome rollback " ;;
      *) fail "call $number: ended with $code: $(cat err)" ;;
    esac
    echo "$code" >>ends
    [ "$code" -eq 0 ] || in_world 0 "$rehome" rollback run
    is_untouched "signal at call $number of the way back"
  done
  for end in 0 1 7; do grep -qx $end ends || fail "no signal ended with $end"; done
}

test_killed_after_each_call() { each_call kill; }
test_killed_inside_each_write() { each_call half w; }
test_disk_full_at_each_call() { each_call ENOSPC; }
test_disk_error_at_each_call() { each_call EIO; }

# each_call_of COMMAND SHARE: the command, on a run that was stopped when that share of its calls (in
# percent) was made, is itself disturbed at each of its calls.
each_call_of() {
  make_world
  start
  numbers apply small.plan --playbook-path "$work/mine" --run run >list
  start
  stopped $(($(wc -l <list) * $2 / 100)) kill apply small.plan --playbook-path "$work/mine" --run run
  is_run || fail "it was stopped too early"
  rm -rf "$work/half" && cp -R --preserve=all "$world" "$work/half"
  numbers "$1" run >list
  for number in $(tr -d w <list); do
    for how in kill EIO; do
      rm -rf "$world" && cp -R --preserve=all "$work/half" "$world"
      stopped "$number" $how "$1" run
      what="$1, $how at call $number"
      [ $how != kill ] || [ "$code" -eq 137 ] || fail "$what: ended with $code"
      case $(cd "$world" && "$rehome" status run | sed -n 's/^state *//p') in
        rolled-back) is_untouched "$what" ;;
        rolling-back)
          in_world 0 "$rehome" rollback run
          is_untouched "$what"
          ;;
        *) go_on "$what" ;;
      esac
    done
  done
}

test_resume_stopped_at_each_call() { each_call_of resume 70; }
test_rollback_stopped_at_each_call() { each_call_of rollback 80; }

test_killed_at_random_moments() {
  make_world
  count=0
  while [ "$count" -lt "${REHOME_KILLS:-40}" ]; do
    start
    (cd "$world" && exec "$rehome" apply small.plan --playbook-path "$work/mine" --run run) >/dev/null 2>&1 &
    process=$!
    # From within the start of the program to after its end.
    sleep "0.0$((count * 7 % 60 / 10))$((count * 7 % 10))"
    kill -9 "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
    go_on "killed at a random moment"
    count=$((count + 1))
  done
}

# A process that stands still holds the lock; the other one says which and since when.
test_two_at_once() {
  make_world
  start
  (cd "$world" && STOP_AT=60 STOP_HOW=pause LD_PRELOAD="$stop" exec "$rehome" apply small.plan --playbook-path "$work/mine" --run run) >/dev/null 2>&1 &
  process=$!
  for _ in $(seq 500); do
    grep -q '^State:.T' "/proc/$process/status" && break
    sleep 0.01
  done
  in_world 9 "$rehome" apply small.plan --playbook-path "$work/mine" --run other
  says "$world/err" "process $process (rehome apply, run folder run"
  says "$world/err" "since $(date -u +%Y-%m-%d)"
  [ ! -e "$world/other" ] || fail "a run folder was left"
  in_world 9 "$rehome" rollback run
  # Killed, it leaves its name; who comes next says so, and the events keep it.
  kill -9 "$process"
  wait "$process" || true
  [ -e "$world/EDGE02.rehome-lock" ] || fail "nothing tells of the lock that was left"
  in_world 0 "$rehome" resume run
  says "$world/err" "process $process"
  says "$world/err" "was taken over"
  jq -es "any(.what == \"lock-taken-over\" and .process == $process)" "$world/run/events.jsonl" >/dev/null
  is_finished "resumed"
}

run_tests
