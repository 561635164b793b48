#!/bin/sh
# Hives that were not closed cleanly, and damaged ones: recover, check, rebuild, and machines with
# such hives.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# --- making a dirty hive and a log from a clean hive ---

number() { od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '; }
put_number() {
  # shellcheck disable=SC2059 # the format is the bytes
  printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($3 & 255)) $(($3 >> 8 & 255)) \
    $(($3 >> 16 & 255)) $(($3 >> 24 & 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
# A field of the base block, and the checksum with it, which is the exclusive or of all fields.
put_field() {
  sum=$(($(number "$1" 508) ^ $(number "$1" "$2") ^ $3))
  put_number "$1" "$2" "$3"
  put_number "$1" 508 "$sum"
}
# dirty HIVE: as if the system had stopped while it was written.
dirty() { put_field "$1" 4 $(($(number "$1" 4) + 1)); }
# empty_log HIVE LOG: an old-format log of it without a dirty page.
empty_log() {
  head -c 512 "$1" >"$2"
  put_field "$2" 28 1
  put_field "$2" 4 "$(number "$2" 8)"
  { printf DIRT && head -c $(($(number "$1" 40) / 4096)) /dev/zero; } >>"$2"
  truncate -s %512 "$2" # whole sectors
}

# --- recover ---

use_amcache() {
  need_data
  for name in Amcache.hve Amcache.hve.LOG1 Amcache.hve.LOG2; do
    xz -dc "$data/dirty/amcache_$1/$name.xz" >$name
  done
  sha256sum Amcache.hve* >originals
}

# Digests of the listing and of the recovered bytes are those of the collection's documentation.
check_amcache() {
  use_amcache "$1"
  expect 0 "$rehome" hive recover Amcache.hve --output clean
  says err "recovered from $4"
  [ "$(tail -c +4097 clean | md5sum | cut -c1-32)" = "$3" ] || fail "other bytes"
  [ "$(listing clean | sha256sum | cut -c1-64)" = "$2" ] || fail "another listing"
  expect 0 "$rehome" hive check clean
  [ ! -s err ] || fail "$(cat err)"
  "$rehome" hive list Amcache.hve 2>err | LC_ALL=C sort | sha256sum | grep -q "$2" ||
    fail "list does not use the logs"
  says err "recovered from $4"
  sha256sum --quiet -c originals
}
test_windows_10_logs() {
  check_amcache win10 ee18b3d7b6e70b917ca4a0db0cc3282deabdfefa796f1f6ebe9ab1fe926ea3a6 \
    d8d68a1a485a16ea28dd92c2a9d33530 "Amcache.hve.LOG1, Amcache.hve.LOG2"
}
test_windows_11_logs_second_one_first() {
  check_amcache win11 45ea417332892f4c59ae6262b5982e54245a3cce1160276bb8a74e9bd8ff84f3 \
    f87a60fbc35bca9761e4ebcb82e5a5cd "Amcache.hve.LOG2, Amcache.hve.LOG1"
}

test_letter_case_of_logs_does_not_matter() {
  use_amcache win10
  mv Amcache.hve AMCACHE.HVE
  mv Amcache.hve.LOG1 amcache.hve.log1
  expect 0 "$rehome" hive info AMCACHE.HVE --json
  says err "recovered from amcache.hve.log1, Amcache.hve.LOG2"
  [ "$(jq -r .state out)" = recovered ]
  [ "$(jq .keys out)" = 471 ]
  [ "$(jq .values out)" = 10961 ]
}

test_recover_tells_json() {
  use_amcache win10
  expect 0 "$rehome" hive recover Amcache.hve --output clean --json
  [ "$(jq -r '.state, .entries, .last_sequence' out | tr '\n' ' ')" = "recovered 4 39 " ]
}

test_recover_does_not_touch_the_hive_nor_another_file() {
  use_amcache win10
  expect 2 "$rehome" hive recover Amcache.hve
  expect 2 "$rehome" hive recover Amcache.hve --output Amcache.hve --overwrite
  says err "the hive itself"
  ln -s Amcache.hve link
  expect 2 "$rehome" hive recover Amcache.hve --output link --overwrite
  echo mine >there
  expect 1 "$rehome" hive recover Amcache.hve --output there
  says err "exists"
  [ "$(cat there)" = mine ]
  expect 0 "$rehome" hive recover Amcache.hve --output there --overwrite
  sha256sum --quiet -c originals
}

test_recover_without_logs_needs_a_word() {
  need_data
  xz -dc "$data/dirty/SYSTEM_win8_SENSEI_dirty-nolog.xz" >dirty
  expect 1 "$rehome" hive recover dirty --output clean
  says err "--accept-dirty"
  [ ! -e clean ] || fail "a file was written"
  expect 0 "$rehome" hive recover dirty --output clean --accept-dirty
  expect 0 "$rehome" hive info clean --json
  [ "$(jq .keys out)" = 20015 ]
  [ "$(jq .values out)" = 49779 ]
  [ "$(jq -r .state out)" = clean ]
}

test_clean_hive_with_old_logs_stays_as_it_is() {
  need_data
  for name in NTUSER.DAT NTUSER.DAT.LOG NTUSER.DAT.LOG1; do
    xz -dc "$data/dirty/ntuser_win7_clean-with-logs/$name.xz" >$name
  done
  listing NTUSER.DAT >alone
  expect 0 "$rehome" hive recover NTUSER.DAT --output clean --force-logs
  says out "clean already"
  [ "$(wc -l <alone)" -eq $((885 + 1305)) ]
  listing clean | cmp - alone
}

# --- check and rebuild ---

test_check_tells_each_anomaly() {
  need_data
  expect 0 "$rehome" hive check "$data/synthetic/hivex_special"
  says out "0 anomalies"
  expect 6 "$rehome" hive check "$data/corrupt/corrupt_sub_key_list.hiv"
  says out "0x00001020"
  says out "its subkey at offset 0x4480 cannot be read"
  says out "1 anomalies"
  expect 6 "$rehome" hive check "$data/corrupt/corrupt_sub_key_list.hiv" --json
  [ "$(jq '.total, .anomalies[0].offset' out | tr '\n' ' ')" = "1 4128 " ]
  expect 1 "$rehome" hive check "$data/corrupt/NotAHive"
}

# What is left is read, check tells where it is broken, and who writes is refused.
test_badly_damaged_hive() {
  need_data
  xz -dc "$data/corrupt/SYSTEM_winxp-sp3_GINEVRA_corrupted.xz" >bad
  sha256sum bad >before
  expect 6 "$rehome" hive list bad
  [ "$(grep -c '^K' out)" = 1687 ]
  [ "$(grep -c '^V' out)" = 5616 ]
  says err "\\WPA\\Key-CJ27J3P2XV9J9JCPB4DVT"
  printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\H\\K]\n' >in.reg
  expect 1 "$rehome" hive import bad in.reg
  says err "the bin at 0x1a000 is broken"
  says err "rehome hive rebuild"
  expect 1 "$rehome" hive recover bad --output good
  says err "the bin at 0x1a000 is broken"
  expect 6 "$rehome" hive check bad
  says out "bin       0x0001a000"
  expect 6 "$rehome" hive rebuild bad --output good
  says out "\\WPA\\Key-CJ27J3P2XV9J9JCPB4DVT"
  expect 0 "$rehome" hive check good
  expect 0 "$rehome" hive info good --json
  [ "$(jq .keys out)" = 1687 ]
  [ "$(jq .values out)" = 5616 ]
  expect 0 "$rehome" hive get good Select Current
  says out "0x00000001"
  sha256sum --quiet -c before
}

test_rebuilding_a_sound_hive_loses_nothing() {
  use_servers
  expect 0 "$rehome" hive rebuild "$(hive EDGE01 SYSTEM)" --output again
  says out "0 things could not be kept"
  listing "$(hive EDGE01 SYSTEM)" >one
  listing again >two
  same one two
}

test_damaged_hive_is_not_written() {
  need_data
  cp "$data/corrupt/corrupt_sub_key_list.hiv" bad
  sha256sum bad >before
  printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\H\\K]\n' >in.reg
  expect 1 "$rehome" hive import bad in.reg
  says err "rehome hive rebuild"
  expect 1 "$rehome" hive recover bad --output good
  says err "rehome hive rebuild"
  [ ! -e good ] || fail "a file was written"
  sha256sum --quiet -c before
}

# --- machines ---

# Two servers and a role with one setting, which is what a new playbook migrates.
use_role() {
  use_servers
  "$rehome" playbook new mine/role >/dev/null
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Example\Parameters]
"Setting"=dword:0000002a
REG
}
plan() { "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine "$@" role; }

test_machine_with_a_log_is_recovered_by_itself() {
  use_role
  for server in EDGE01 EDGE02; do
    system=$(hive $server SYSTEM)
    dirty "$system"
    empty_log "$system" "$system.log1"
    : >"$system.LOG2"
  done
  fingerprint EDGE01 >source.before
  fingerprint EDGE02 >before
  expect 0 "$rehome" inventory EDGE01
  says err "SYSTEM: was not closed cleanly; recovered from SYSTEM.log1"
  expect 0 plan --output edge.plan
  says err "EDGE02: Windows/System32/config/SYSTEM: was not closed cleanly; recovered from SYSTEM.log1"
  expect 3 "$rehome" apply edge.plan --playbook-path mine
  says out "planned again: nothing is left to change"
  expect 0 "$rehome" hive info "$(hive EDGE02 SYSTEM)" --json --force-logs
  [ "$(jq -r .state out)" = clean ] || fail "the hive that was written is not clean"
  fingerprint EDGE01 | cmp source.before -
  # Back is back: the hive as it was with the log that fits it.
  expect 0 "$rehome" rollback edge.plan.run
  fingerprint EDGE02 | cmp before -
}

test_plan_is_bound_to_the_logs_that_it_was_made_with() {
  use_role
  system=$(hive EDGE02 SYSTEM)
  dirty "$system"
  empty_log "$system" "$system.LOG1"
  expect 0 plan --output edge.plan
  : >"$system.LOG2"
  expect 4 "$rehome" apply edge.plan --playbook-path mine
  says err "SYSTEM.LOG2"
}

test_dirty_machine_without_logs_is_a_source_but_no_destination() {
  use_role
  dirty "$(hive EDGE01 SYSTEM)"
  expect 0 plan
  says err "EDGE01: Windows/System32/config/SYSTEM: the hive was not closed cleanly"
  dirty "$(hive EDGE02 SYSTEM)"
  fingerprint EDGE02 >before
  expect 1 plan --output edge.plan
  says err "it is not written"
  says err "--accept-dirty"
  expect 0 plan --output edge.plan --accept-dirty
  fingerprint EDGE02 | cmp before -
  expect 3 "$rehome" apply edge.plan --playbook-path mine
  says out "planned again: nothing is left to change"
  expect 0 "$rehome" hive check "$(hive EDGE02 SYSTEM)"
}

run_tests
