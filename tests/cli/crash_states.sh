#!/bin/sh
# Losses of power: what each command did to its files is recorded, and from every state that a disk may
# be in afterwards (tests/torture/disk.py says which) rehome goes on, or back, exactly.
#
# REHOME_CRASH_STATES=n: so many states of each command (40), by a seed. REHOME_CRASH_STARTS=n: so many
# more places from which resume and rollback start (0). REHOME_SEED=n: another choice (1).
[ -d /dev/shm ] && [ -z "${TMPDIR:-}" ] && export TMPDIR=/dev/shm # thousands of syncs
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../torture/small.sh"
. "$(dirname "$0")/../torture/stop.sh"
. "$(dirname "$0")/../torture/programs.sh"

# every_state OPERATION
every_state() {
  torture crash_states --states "${REHOME_CRASH_STATES:-40}" --starts "${REHOME_CRASH_STARTS:-0}" \
    --seed "${REHOME_SEED:-1}" "$1"
}

test_apply() { every_state apply; }
test_resume() { every_state resume; }
test_rollback() { every_state rollback; }
test_export() { every_state export; }
test_hive_import() { every_state hive-import; }
test_manual() { every_state manual; }
test_close() { every_state close; }

# The machinery sees when a file or a folder is not synced. REHOME_CRASH_LOSE: the commands for which
# that is tried.
test_a_missing_sync_is_seen() {
  # shellcheck disable=SC2086 # a list of words
  torture crash_states --states "${REHOME_CRASH_STATES:-40}" --lose ${REHOME_CRASH_LOSE:-hive-import export}
}

run_tests
