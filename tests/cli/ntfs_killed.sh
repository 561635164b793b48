#!/bin/sh
# The driver of the destination's volume is killed behind one of its writes, and the volume mended and
# mounted again: a run goes on to its end or back to the beginning, or says what of it cannot be.
#
# Needs the plain build (build/), for what is preloaded. REHOME_KILLS: so many kills (4), chosen by
# REHOME_SEED (1), or "all".
[ -d /dev/shm ] && [ -z "${TMPDIR:-}" ] && export TMPDIR=/dev/shm
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../ntfs.sh"
. "$(dirname "$0")/../torture/small.sh"
rehome=${REHOME_PLAIN:-$root/build}/rehome

contents() { (cd "$1" && find . -type f ! -name '*.rehome-lock*' -exec sha256sum {} + | LC_ALL=C sort -k 2); }

# start: the volume as it was before any run, not mounted.
start() {
  rm -rf run
  cp --sparse=always before.image image
}

# stopped N COMMAND...: the command, on a volume whose driver is killed behind its n-th write; what is
# left of the volume is mended and mounted.
stopped() {
  at=$1
  shift
  mount_ntfs_stopped "$at" image disk
  code=0
  "$rehome" "$@" >out 2>err || code=$?
  unmount_ntfs disk
  mend_ntfs image
  mount_ntfs image disk
}

# prepare: before.image with a destination, its files in the list `before`; small.plan for it; the list
# `after` of an undisturbed end, and the numbers of its writes in `numbers`.
prepare() {
  need_ntfs
  use_servers
  playbook small ''
  mkdir -p EDGE02/Windows/System32/ras
  printf old >EDGE02/Windows/System32/ras/old.txt
  printf before >EDGE02/Windows/System32/ras/present.txt
  make_ntfs image
  mount_ntfs image disk
  cp -R EDGE02 disk/
  contents disk >before
  "$rehome" plan --source EDGE01 --destination disk/EDGE02 --playbook-path mine --output small.plan small >/dev/null
  unmount_ntfs disk
  cp --sparse=always image before.image
  mount_ntfs_stopped 0 image disk
  expect 0 "$rehome" apply small.plan --playbook-path mine --run run
  contents disk >after
  unmount_ntfs disk
  tr -d w <writes >numbers
}

# came_of COMMAND LIST: the command led to what the list says; or it says that the volume has to be mended first.
came_of() {
  code=0
  "$rehome" "$1" run >out 2>err || code=$?
  contents disk >now 2>lost || true
  case $code in
    0)
      [ ! -s lost ] || fail "driver killed at write $number: $1 ends well on a damaged volume: $(cat lost)"
      sed 's/^[0-9a-f]* //' "$2" >wanted
      sed 's/^[0-9a-f]* //' now | cmp -s wanted - || fail "driver killed at write $number: $1: $(diff "$2" now)"
      [ "$1" = resume ] || same "$2" now
      ;;
    7) says err "'chkdsk /f' of Windows does" && says err "rehome rollback " ;;
    1) # nothing was in place yet
      says err "'chkdsk /f' of Windows does"
      "$rehome" status run | grep -q '^state *started' || fail "driver killed at write $number: $1 ended with 1 half-way"
      ;;
    *) fail "driver killed at write $number: $1 ended with $code: $(cat err)" ;;
  esac
  ends="$ends $1:$code"
}

test_a_driver_that_is_killed() {
  prepare
  kills=${REHOME_KILLS:-4} ends=
  [ "$kills" = all ] && kills=$(wc -l <numbers)
  # One in each share of the calls, where the seed says.
  for number in $(awk -v kills="$kills" -v seed="${REHOME_SEED:-1}" '
    { all[NR] = $1 }
    END { srand(seed); for (i = 0; i < kills; i++) print all[int((i + rand()) * NR / kills) + 1] }' numbers); do
    start
    stopped "$number" apply small.plan --playbook-path mine --run run
    if [ ! -e run/journal.jsonl ]; then
      contents disk >now
      [ "$code" -eq 0 ] || same before now
      unmount_ntfs disk
      continue
    fi
    # 6: applied, and not to be compared any more.
    case $code in 0 | 1 | 6 | 7) ;; *) fail "driver killed at write $number: apply ended with $code: $(cat err)" ;; esac
    unmount_ntfs disk
    cp --sparse=always image stopped.image
    rm -rf stopped.run
    cp -R run stopped.run
    mount_ntfs image disk
    came_of rollback before
    unmount_ntfs disk
    cp --sparse=always stopped.image image
    rm -rf run
    cp -R stopped.run run
    mount_ntfs image disk
    came_of resume after
    unmount_ntfs disk
  done
  for end in rollback:0 resume:0; do
    case $ends in *$end*) ;; *) fail "no $end:$ends" ;; esac
  done
}

run_tests
