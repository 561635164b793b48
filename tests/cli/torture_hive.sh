#!/bin/sh
# hive import stopped at each of its system calls that write: killed, killed inside a write, with a
# disk that is full or broken. The hive is the old one or the new one, whole.
[ -d /dev/shm ] && [ -z "${TMPDIR:-}" ] && export TMPDIR=/dev/shm # hundreds of syncs
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../torture/stop.sh"

content() { listing "$1" 2>/dev/null | sed 's/^\(K\t.*\t\)[0-9]*$/\1/'; }

# import COMMAND...: imports the change, in the words behind a command that runs rehome.
import() { "$@" hive import HIVE change.reg --create --prefix 'HKEY_LOCAL_MACHINE\HIVE'; }

# begin: the world as it was. before/ has a file for each of the hive, its logs, its older generation.
begin() {
  rm -rf "$world"
  cp -R "$work/$name/before" "$world"
}

# make_change: before/change.reg, and in old and new what the hive holds without and with it.
make_change() {
  printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\HIVE\\Made]\n"Value"="made"\n' >before/change.reg
  begin
  : >old
  [ ! -e before/HIVE ] || content before/HIVE >old
  "$rehome" hive import "$world/HIVE" "$world/change.reg" --create --prefix 'HKEY_LOCAL_MACHINE\HIVE' >/dev/null 2>&1
  content "$world/HIVE" >new
  ! cmp -s old new || fail "nothing was changed"
}

is_old() {
  if [ -e before/HIVE ]; then cmp "$world/HIVE" before/HIVE; else [ ! -e "$world/HIVE" ]; fi
}
is_new() {
  content "$world/HIVE" | cmp - new && "$rehome" hive check "$world/HIVE" >/dev/null
}
left_over() { find "$world" -name '*.rehome-*' | wc -l; }

# The older generation is there, and is one that was there, whole; the logs are not touched.
others_are_whole() {
  if [ -e "$world/HIVE.previous" ] || [ -e before/HIVE.previous ]; then
    cmp -s "$world/HIVE.previous" before/HIVE.previous || cmp "$world/HIVE.previous" before/HIVE
  fi
  for log in before/HIVE.LOG*; do
    [ ! -e "$log" ] || cmp "$log" "$world/${log#before/}"
  done
}

judge() {
  what="$1 at call $2"
  case $1:$code in
    kill:137 | half:137)
      is_old >/dev/null 2>&1 || is_new || fail "$what: neither the old nor the new hive"
      [ "$(left_over)" -le 2 ] || fail "$what: more than two files were left"
      ;;
    *:0) is_new || fail "$what: told as done" ;;
    *:1)
      is_old || fail "$what: told as unchanged: $(cat err)"
      [ "$(left_over)" -eq 0 ] || fail "$what: a file was left"
      ;;
    *:7)
      is_new || fail "$what: told as in place"
      says err "in place"
      ;;
    *) fail "$what: ended with $code: $(cat err)" ;;
  esac
  others_are_whole || fail "$what: another file is damaged"
  (cd "$world" && import "$rehome") >out 2>err || fail "$what: not possible again: $(cat err)"
  is_new || fail "$what: done again, it is not the new hive"
}

each_call() {
  make_change
  for how in kill half ENOSPC EIO; do
    begin
    import numbers >list
    [ "$(wc -l <list)" -ge "$1" ] || fail "only $(wc -l <list) calls were counted"
    for number in $(if [ $how = half ]; then sed -n 's/^w//p' list; else tr -d w <list; fi); do
      begin
      import stopped "$number" $how
      judge $how "$number"
    done
  done
}

test_one_more_generation() {
  need_stop
  mkdir before
  printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\H\\K]\n"V"="older"\n' >in.reg
  "$rehome" hive import before/HIVE.previous in.reg --create >/dev/null
  { cat in.reg && seq -f '"value %.0f"="some text that makes it a hive of several bins"' 3000; } >more.reg
  "$rehome" hive import before/HIVE more.reg --create >/dev/null
  each_call 9
}

test_the_first_generation() {
  need_stop
  mkdir before
  each_call 5
}

# Beside a dirty hive its logs stay: they fit the old hive, and not the new one.
test_dirty_hive_with_logs() {
  need_data
  need_stop
  mkdir before
  for ending in '' .LOG1 .LOG2; do
    xz -dc "$data/dirty/amcache_win10/Amcache.hve$ending.xz" >"before/HIVE$ending"
  done
  each_call 7
  [ "$(wc -l <old)" -eq $((471 + 10961)) ] || fail "the logs were not used"
}

run_tests
