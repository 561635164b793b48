#!/bin/sh
# System calls that fail: each call about files that a command makes fails once, by strace, in each way
# that is listed in tests/torture/faults.py. What comes of it is exact, or refused with nothing changed.
#
# REHOME_FAULTS=n: so many of each command (25), by a seed; "all". REHOME_SEED=n: another choice (1).
[ -d /dev/shm ] && [ -z "${TMPDIR:-}" ] && export TMPDIR=/dev/shm # thousands of syncs
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../torture/small.sh"
. "$(dirname "$0")/../torture/stop.sh"
. "$(dirname "$0")/../torture/programs.sh"

# every_fault OPERATION
every_fault() {
  need strace
  strace -o /dev/null true 2>/dev/null || skip "processes may not be traced here"
  torture faults --faults "${REHOME_FAULTS:-25}" --seed "${REHOME_SEED:-1}" "$1"
}

test_apply() { every_fault apply; }
test_resume() { every_fault resume; }
test_rollback() { every_fault rollback; }
test_rollback_of_one_that_was_placing() { every_fault rollback-placing; }
test_manual() { every_fault manual; }
test_close() { every_fault close; }
test_hive_recover() { every_fault hive-recover; }

run_tests
