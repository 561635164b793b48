#!/bin/sh
# Runs what takes longer than the suite (run.sh): the same questions, asked thousands of times.
#
#     sh tests/long.sh            all of it
#     sh tests/long.sh crash      only the groups named:
#
#     crash      losses of power: thousands of states of the disk for each command, and whether they show it
#                when a file or folder is not synced, for each that is
#     driver     ntfs-3g is killed behind each of its writes
#     powershell each call of Windows that a script of the first start makes fails once, and all ends behind each step
#     faults     system calls: each that a command makes about files fails in each way
#
# Prints TAP lines and ends with "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/prepare.sh
. tests/tap.sh

export REHOME_PLAIN=$PWD/build/clang REHOME=$PWD/build/clang/rehome

# long GROUP FILE SETTINGS: each test of a file of the suite as a job, with variables that make more of it.
long() {
  for test in $(grep -o '^test_[A-Za-z0-9_]*()' "tests/cli/$2.sh" | tr -d '()'); do
    job "$1 $test" "REHOME_TESTS=$test $3 sh tests/cli/$2.sh"
  done
}

take_job "$@"
prepare test || exit 1
begin_queue
one "clang builds without a warning" build_preset clang | tee -a "$work/log"

for name in ${*:-crash driver faults powershell}; do
  case $name in
    powershell) job powershell "STRIDE=1 sh tests/powershell/run.sh fail end once" ;;
    crash)
      long crash crash_states "REHOME_CRASH_STATES=4000 REHOME_CRASH_STARTS=20 \
        REHOME_CRASH_LOSE='apply resume rollback export hive-import manual'"
      ;;
    driver) long driver ntfs_killed REHOME_KILLS=all ;;
    faults) long faults faults REHOME_FAULTS=all ;;
    *)
      echo "there is no group '$name'" >&2
      exit 2
      ;;
  esac
done
run_queue tests/long.sh
