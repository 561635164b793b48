#!/bin/sh
# hive diff: what differs, in each form, and that the .reg form turns the first hive into the second.
. "$(dirname "$0")/../harness.sh"

make_hive() {
  printf 'Windows Registry Editor Version 5.00\n\n' >"$1.reg"
  cat >>"$1.reg"
  "$rehome" hive import "$1" "$1.reg" --create --prefix 'HKEY_LOCAL_MACHINE\HIVE' >/dev/null
}

# Without times, in a stable order.
contents() { "$rehome" hive list "$1" | sed 's/^\(K\t[^\t]*\)\t.*/\1/' | LC_ALL=C sort; }

use_hives() {
  make_hive one <<'REG'
[HKEY_LOCAL_MACHINE\HIVE\Same]
"Kept"="kept"
"Changed"=dword:00000001
"Gone"=hex:01,02

[HKEY_LOCAL_MACHINE\HIVE\Old\Deeper]
"x"="y"
REG
  make_hive two <<'REG'
[HKEY_LOCAL_MACHINE\HIVE\SAME]
"KEPT"="kept"
"Changed"=dword:00000002
"Added"=hex(7):61,00,00,00,00,00

[HKEY_LOCAL_MACHINE\HIVE\New]
@="default"
REG
}

test_equal_hives() {
  use_hives
  cp one copy
  expect 0 "$rehome" hive diff one copy
  says out "keys: 0 added, 0 removed, 0 changed; values: 0 added, 0 removed, 0 changed"
  expect 0 "$rehome" hive diff one copy --json
  [ "$(jq '.differences | length' out)" = 0 ]
}

test_text_names_each_difference() {
  use_hives
  expect 6 "$rehome" hive diff one two
  grep -q '^+ key    \\New  20..-..-..T..:..:..Z$' out || fail "$(cat out)"
  grep -q '^- key    \\Old  20' out || fail "$(cat out)"
  says out '- value  \Old\Deeper  x  REG_SZ y'
  says out '~ value  \Same  Changed  REG_DWORD 0x00000001 (1)  ->  REG_DWORD 0x00000002 (2)'
  says out '- value  \Same  Gone  REG_BINARY 0102'
  says out '+ value  \Same  Added  REG_MULTI_SZ a'
  says out '+ value  \New  @  REG_SZ default'
  says out 'keys: 1 added, 2 removed, 0 changed; values: 2 added, 2 removed, 1 changed'
  [ "$(grep -c '^[-+~]' out)" = 8 ]
}

test_json() {
  use_hives
  expect 6 "$rehome" hive diff one two --json
  [ "$(jq '.differences | length' out)" = 8 ]
  [ "$(jq -r '.values_changed' out)" = 1 ]
  jq -e '.differences[] | select(.kind == "changed" and .of == "value" and .path == "\\Same"
         and .name == "Changed" and .a.hex == "01000000" and .b.hex == "02000000")' out >/dev/null
  jq -e '.differences[] | select(.kind == "removed" and .of == "key" and .path == "\\Old")
         | .a.last_write | test("^1[0-9]{17}$")' out >/dev/null
}

test_reg_turns_the_first_into_the_second() {
  use_hives
  expect 6 "$rehome" hive diff one two --reg --prefix 'HKEY_LOCAL_MACHINE\X' --output patch.reg
  iconv -f UTF-16LE -t UTF-8 patch.reg >patch.txt
  says patch.txt '[-HKEY_LOCAL_MACHINE\X\Old]'
  says patch.txt '"Gone"=-'
  grep -q 'Deeper' patch.txt && fail "a key inside a removed one is listed"
  expect 0 "$rehome" hive import one patch.reg --prefix 'HKEY_LOCAL_MACHINE\X'
  expect 0 "$rehome" hive diff one two
  expect 1 "$rehome" hive diff one two --reg --output patch.reg
  says err "exists"
  expect 0 "$rehome" hive diff one two --reg --output patch.reg --overwrite
}

test_one_key() {
  use_hives
  expect 6 "$rehome" hive diff one two Same --reg
  iconv -f UTF-16LE -t UTF-8 out >text
  says text '[HKEY_LOCAL_MACHINE\HIVE\Same]'
  grep -q 'Old\|New' text && fail "more than the key: $(cat text)"
  expect 1 "$rehome" hive diff one two Absent
}

test_wrong_usage() {
  use_hives
  expect 2 "$rehome" hive diff one
  expect 2 "$rehome" hive diff one two --json --reg
  expect 2 "$rehome" hive diff one two --output x
  expect 1 "$rehome" hive diff one absent
}

# Two real hives with nothing in common, and back.
test_real_hives() {
  need_data
  xz -dc "$data/hives/SAM_win8_gold.xz" >one
  xz -dc "$data/hives/SECURITY_win8_gold.xz" >two
  sha256sum one two >before
  expect 0 "$rehome" hive diff one one
  expect 6 "$rehome" hive diff one two --reg --prefix 'HKEY_LOCAL_MACHINE\X' --output patch.reg
  sha256sum --quiet -c before
  cp one three
  "$rehome" hive import three patch.reg --prefix 'HKEY_LOCAL_MACHINE\X' >/dev/null
  contents two >want
  contents three >got
  same want got
}

run_tests
