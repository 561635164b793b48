#!/bin/sh
# The hive commands, on hives made here and on real ones.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

test_import_list_get_export() {
  cat >in.reg <<'REG'
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\HIVE\Key]
@="default"
"Number"=dword:0000002a
"List"=hex(7):61,00,00,00,62,00,00,00,00,00

[HKEY_LOCAL_MACHINE\HIVE\Key\Sub]
REG
  expect 0 "$rehome" hive import new in.reg --create --prefix 'HKEY_LOCAL_MACHINE\HIVE'
  "$rehome" hive list new | cut -f1-2,3 | grep '^V' | cut -f3 | sort >names
  printf '\nList\nNumber\n' | cmp - names

}

test_get_shows_values() {
  printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\H\\K]\n"N"=dword:2a\n"T"="text"\n' >in.reg
  "$rehome" hive import h in.reg --create >/dev/null
  expect 0 "$rehome" hive get h k n
  says out "REG_DWORD  0x0000002a (42)"
  expect 0 "$rehome" hive get h K --json
  [ "$(jq -r '.[] | select(.name == "T").text' out)" = text ]
  expect 1 "$rehome" hive get h K absent
  expect 1 "$rehome" hive get h Absent
}

test_export_and_import_make_the_same_hive() {
  use_servers
  "$rehome" hive export "$(hive EDGE01 SYSTEM)" --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' --output s.reg
  "$rehome" hive import copy s.reg --create --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' >/dev/null
  "$rehome" hive list "$(hive EDGE01 SYSTEM)" | cut -f1-2,3-7 | grep '^V' | LC_ALL=C sort >one
  "$rehome" hive list copy | grep '^V' | LC_ALL=C sort >two
  same one two
}

test_export_does_not_replace_the_hive_itself() {
  use_servers
  sha256sum "$(hive EDGE01 SYSTEM)" >before
  expect 2 "$rehome" hive export "$(hive EDGE01 SYSTEM)" --output "$(hive EDGE01 SYSTEM)" --overwrite
  sha256sum --quiet -c before
}

test_import_error_names_line_and_changes_nothing() {
  use_servers
  printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\X]\n"a"=dword:zz\n' >bad.reg
  sha256sum "$(hive EDGE01 SYSTEM)" >before
  expect 1 "$rehome" hive import "$(hive EDGE01 SYSTEM)" bad.reg --prefix 'HKEY_LOCAL_MACHINE\SYSTEM'
  says err "bad.reg"
  says err "4"
  sha256sum --quiet -c before
}

test_previous_generation_is_kept() {
  use_servers
  cp "$(hive EDGE01 SYSTEM)" before
  printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\X]\n' >x.reg
  "$rehome" hive import "$(hive EDGE01 SYSTEM)" x.reg --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' >/dev/null
  same before "$(hive EDGE01 SYSTEM).previous"
}

test_wrong_files_are_refused_by_name() {
  need_data
  expect 1 "$rehome" hive info "$data/corrupt/NotAHive"
  says err "NotAHive"
  xz -dc "$data/corrupt/win9x_CREG_SYSTEM.DAT.xz" >creg
  expect 1 "$rehome" hive info creg
  says err "Windows 95"
  xz -dc "$data/corrupt/SAM_BadHBinHeader.xz" >bad
  expect 1 "$rehome" hive info bad
}

# Without its logs it is read as it is, and not written: what was written last may be half there.
test_a_dirty_hive_is_read_with_a_warning() {
  need_data
  xz -dc "$data/dirty/SYSTEM_win8_SENSEI_dirty-nolog.xz" >dirty
  expect 0 "$rehome" hive info dirty
  says err "not closed cleanly"
  says out "20015"
  says out "49779"
  expect 0 "$rehome" hive info dirty --accept-dirty
  [ ! -s err ] || fail "a warning about what was accepted: $(cat err)"
  printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\H\\K]\n' >in.reg
  sha256sum dirty >before
  expect 1 "$rehome" hive import dirty in.reg
  says err "not closed cleanly"
  says err "--accept-dirty"
  sha256sum --quiet -c before
  expect 0 "$rehome" hive import dirty in.reg --accept-dirty
  expect 0 "$rehome" hive check dirty
}

test_damage_is_reported_and_reading_goes_on() {
  need_data
  code=0
  "$rehome" hive list "$data/corrupt/corrupt_sub_key_list.hiv" >out 2>err || code=$?
  [ $code -eq 6 ] || [ $code -eq 1 ] || fail "exit code $code"
  [ -s err ] || fail "no word about the damage"
}

test_originals_stay_as_they_are() {
  need_data
  xz -dc "$data/hives/SAM_win8_gold.xz" >sam
  chmod 400 sam
  sha256sum sam >before
  "$rehome" hive info sam >/dev/null
  "$rehome" hive list sam >/dev/null
  "$rehome" hive export sam >/dev/null
  sha256sum --quiet -c before
}

# It blocks in writing its listing, and what it has not read yet goes away.
test_a_hive_that_becomes_shorter_while_it_is_read() {
  {
    printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\HIVE\\Key]\n'
    seq -f '"a value with a name that fills the pipe %.0f"="text"' 20000
  } >in.reg
  "$rehome" hive import hive in.reg --create --prefix 'HKEY_LOCAL_MACHINE\HIVE' >/dev/null
  mkfifo pipe
  "$rehome" hive list hive >pipe 2>err &
  process=$!
  exec 4<pipe
  read -r line <&4
  truncate -s 4096 hive
  cat <&4 >/dev/null
  code=0
  wait "$process" || code=$?
  [ "$code" -eq 7 ] || fail "exit code $code: $(cat err)"
  says err "became shorter"
}

run_tests
