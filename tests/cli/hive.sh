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

# reg: .reg text of the lines on standard input.
reg() { printf 'Windows Registry Editor Version 5.00\n\n' && cat; }

test_text_is_shown_to_its_end_and_the_rest_is_said() {
  reg <<'REG' >in.reg
[HKEY_LOCAL_MACHINE\SOFTWARE\K]
"rest"=hex(1):61,00,62,00,00,00,78,00,79,00
"zeros"=hex(2):61,00,00,00,00,00
"plain"="a\\b"
"open"=hex(1):61,00,62,00
REG
  "$rehome" hive import one in.reg --create >/dev/null
  expect 0 "$rehome" hive get one K
  says out 'rest  REG_SZ  ab  (and 4 bytes behind its end: 78007900)'
  says out 'zeros  REG_EXPAND_SZ  a  (and 2 bytes behind its end: 0000)'
  grep -qx 'plain  REG_SZ  a\\b' out || fail "$(cat out)"
  grep -qx 'open  REG_SZ  ab' out || fail "$(cat out)"
  expect 0 "$rehome" hive get one K rest --json
  [ "$(jq -c '.[0] | [.text, .hex]' out)" = '["ab","61006200000078007900"]' ] || fail "$(cat out)"
  sed 's/78,00,79,00/78,00/' in.reg >other.reg
  "$rehome" hive import two other.reg --create >/dev/null
  expect 6 "$rehome" hive diff one two
  says out 'behind its end: 78007900'
  says out 'behind its end: 7800)'
}

# It is no key of a hive, but a link that a running Windows has.
test_the_current_control_set_is_the_one_that_select_names() {
  reg <<'REG' >select.reg
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:2
REG
  reg <<'REG' >start.reg
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Dhcp]
"Start"=dword:3
REG
  expect 1 "$rehome" hive import new start.reg --create
  says err "line 3"
  says err "Select"
  says err "--control-set"
  [ ! -e new ] || fail "a hive was made"
  "$rehome" hive import new select.reg --create >/dev/null
  expect 0 "$rehome" hive import new start.reg
  expect 0 "$rehome" hive list new
  ! grep -i currentcontrolset out || fail "a key of that name"
  says out '\ControlSet002\Services\Dhcp'
  for path in 'CurrentControlSet\Services\Dhcp' 'HKLM\SYSTEM\CURRENTCONTROLSET\Services\Dhcp' \
    'HKEY_LOCAL_MACHINE\SYSTEM\ControlSet002\Services\Dhcp'; do
    expect 0 "$rehome" hive get new "$path" Start
    says out "0x00000003"
    expect 0 "$rehome" hive list new "$path"
    [ "$(wc -l <out)" -eq 2 ] || fail "$(cat out)"
    expect 0 "$rehome" hive diff new new "$path"
    expect 0 "$rehome" hive get new "$path" Start --control-set ControlSet002
  done || exit 1
  expect 1 "$rehome" hive get new 'CurrentControlSet\Services\Dhcp' Start --control-set 1
}

test_an_export_of_the_current_control_set_is_read_back() {
  reg <<'REG' >in.reg
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Dhcp]
"Start"=dword:3
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:7
REG
  "$rehome" hive import one in.reg --create >/dev/null
  "$rehome" hive export one 'HKLM\SYSTEM\CurrentControlSet\Services' --output out.reg
  iconv -f utf-16 -t utf-8 out.reg >text
  says text '[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Dhcp]'
  expect 2 "$rehome" hive import two out.reg --create --control-set 0
  expect 0 "$rehome" hive import two out.reg --create --control-set 7
  "$rehome" hive get two 'ControlSet007\Services\Dhcp' Start >/dev/null
}

test_keys_of_other_hives_are_left_out_when_that_is_said() {
  reg <<'REG' >in.reg
[HKEY_LOCAL_MACHINE\SOFTWARE\Vendor]
"Edition"="Branch"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Vendor]
"Start"=dword:3
[-HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Old]
[HKEY_CURRENT_USER\Software\Vendor]
REG
  for prefix in '' --prefix=HKLM\\SOFTWARE --prefix=HKLM\\SYSTEM; do
    code=0
    "$rehome" hive import new in.reg --create $prefix >out 2>err || code=$?
    [ $code -eq 2 ] || fail "exit code $code"
    says err "--skip-other-hives"
    [ ! -e new ] || fail "a hive was made"
  done
  expect 2 "$rehome" hive import new in.reg --create --skip-other-hives
  expect 0 "$rehome" hive import new in.reg --create --skip-other-hives --prefix 'HKLM\SYSTEM' --json
  [ "$(jq .skipped_keys out)" -eq 2 ] || fail "$(cat out)"
  says err "2 keys were left out"
  expect 0 "$rehome" hive list new
  [ "$(grep -c ^K out)" -eq 4 ] || fail "$(cat out)"
}

test_a_machine_gets_each_key_into_its_hive() {
  mkdir in
  reg <<'REG' >in/all.reg
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Vendor]
"Start"=dword:3
[HKEY_LOCAL_MACHINE\SOFTWARE\Vendor]
"Edition"="Branch"
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:1
[HKEY_USERS\S-1-5-18\Software]
REG
  expect 2 "$rehome" image build in --output image
  says err "line 9"
  [ ! -e image ] || fail "an image was made"
  expect 0 "$rehome" image build in --output image --skip-other-hives
  says out "1 keys were left out"
  config=image/Windows/System32/config
  "$rehome" hive get $config/SYSTEM 'ControlSet001\Services\Vendor' Start >/dev/null
  "$rehome" hive get $config/SOFTWARE Vendor Edition >/dev/null
  [ "$("$rehome" hive list $config/SOFTWARE | wc -l)" -eq 3 ] || fail "more in SOFTWARE"
}

run_tests
