#!/bin/sh
# Files of the field that went wrong for somebody, kept beside the checkout: each ends as its README says.
. "$(dirname "$0")/../harness.sh"

cases=$root/../shared/cases/formats
use() {
  [ -d "$cases" ] || skip "no cases beside the checkout"
  for name in "$@"; do cp -R "$cases/$name" .; done
  chmod -R u+w .
}
v5='Windows Registry Editor Version 5.00\n\n'

test_current_control_set() {
  use ccs-start.reg
  expect 1 "$rehome" hive import none ccs-start.reg --create
  says err "--control-set"
  [ ! -e none ] || fail "a hive was made"
  printf "$v5"'[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]\n"Current"=dword:2\n' >select.reg
  "$rehome" hive import SYSTEM select.reg --create >/dev/null
  expect 0 "$rehome" hive import SYSTEM ccs-start.reg
  expect 0 "$rehome" hive list SYSTEM
  ! grep -qi currentcontrolset out || fail "$(cat out)"
  expect 0 "$rehome" hive get SYSTEM 'HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess' Start
  says out 0x00000004
  expect 0 "$rehome" hive get SYSTEM 'ControlSet002\Services\RemoteAccess' Start
}

test_several_hives() {
  use several-hives.reg
  expect 2 "$rehome" hive import one several-hives.reg --create
  says err "--skip-other-hives"
  expect 0 "$rehome" hive import one several-hives.reg --create --prefix 'HKLM\SYSTEM' --skip-other-hives
  says out "2 keys were left out"
  mkdir in
  cp several-hives.reg in
  expect 0 "$rehome" image build in --output image
  config=image/Windows/System32/config
  expect 0 "$rehome" hive get $config/SOFTWARE Northwind Edition
  expect 0 "$rehome" hive get $config/SYSTEM 'ControlSet001\Services\Northwind' Start
}

test_names_that_windows_keeps_apart() {
  use greek-values.reg greek-final-sigma.reg
  "$rehome" hive import values greek-values.reg --create >/dev/null
  [ "$("$rehome" hive list values | grep -c ^V)" -eq 2 ] || fail "not two values"
  "$rehome" hive import keys greek-final-sigma.reg --create >/dev/null
  "$rehome" hive list keys | cut -f2 | tail -n 3 >order
  printf '%s\n' '\G\οα' '\G\οτ' '\G\ος' | cmp - order
  [ "$(od -An -v -tx4 -w4 keys | grep -c 000089bd)" -eq 1 ] || fail "not the hash 89bd"
  expect 0 "$rehome" hive check keys
}

test_text_as_regedit_reads_it() {
  use wine-accepted.reg whisky185-utf16le-nobom.reg
  "$rehome" hive import one wine-accepted.reg --create >/dev/null
  expect 0 "$rehome" hive get one T a
  says out "REG_BINARY  01020304"
  "$rehome" hive import two whisky185-utf16le-nobom.reg --create >/dev/null
  expect 0 "$rehome" hive get two T a
  says out "REG_SZ  b"
}

test_a_base_block_that_is_lost() {
  use c-base-zero-dual e-checksum-bad-dual y-base-zero-nolog
  for name in c-base-zero-dual e-checksum-bad-dual; do
    expect 6 "$rehome" hive check $name/H
    says out "the base block is lost"
    says err "H.LOG1: its entries 5 to 6 are left out"
    expect 0 "$rehome" hive info $name/H
    says out "recovered in part"
  done
  expect 6 "$rehome" hive check y-base-zero-nolog/H
  says out "the base block is lost"
  expect 1 "$rehome" hive list y-base-zero-nolog/H
  says err "rehome hive rebuild"
  expect 0 "$rehome" hive rebuild y-base-zero-nolog/H --output fresh
  expect 0 "$rehome" hive check fresh
  # Eight keys below the root, a value in each, as the same hive has with its logs.
  [ "$("$rehome" hive list fresh | grep -c ^K)" -eq 9 ] && [ "$("$rehome" hive list fresh | grep -c ^V)" -eq 8 ]
}

test_what_windows_would_not_find() {
  use q-wrong-order h-wrong-hash
  printf "$v5"'[HKEY_LOCAL_MACHINE\\T\\New]\n' >new.reg
  for name in q-wrong-order:order h-wrong-hash:hash; do
    file=${name%:*}
    expect 6 "$rehome" hive check "$file"
    says out "${name#*:}"
    sha256sum "$file" >before
    code=0
    "$rehome" hive import "$file" new.reg >out 2>err || code=$?
    [ $code -eq 1 ] || fail "exit code $code"
    says err "rehome hive rebuild"
    sha256sum --quiet -c before
    expect 0 "$rehome" hive rebuild "$file" --output "$file.new"
    expect 0 "$rehome" hive check "$file.new"
    expect 0 "$rehome" hive import "$file.new" new.reg
  done
}

test_text_with_bytes_behind_its_end() {
  use a-oddvalues
  expect 0 "$rehome" hive get a-oddvalues '' sz_embedded
  says out "REG_SZ  Pacific Standard Time  (and 16 bytes behind its end: 6700"
}

# with_book NAME INTERFACE: a server with that phonebook, whose demand-dial interface is called so.
with_book() {
  use "$1.pbk"
  roles=$cases/../roles/11-rras-documented-parameters
  rm -rf text source destination
  cp -R "$roles/src" text
  chmod -R u+w text
  cp "$1.pbk" text/files/Windows/System32/ras/router.pbk
  sed -i "s/\"InterfaceName\"=\"Branch Office\"/\"InterfaceName\"=\"$2\"/" text/SYSTEM.reg
  "$rehome" image build text --output source >/dev/null
  "$rehome" image build "$roles/dst" --output destination >/dev/null
}
plan_book() {
  set -- plan --source source --destination destination --unattended --output plan "$@" remote-access
  for name in source_backup=yes pending_changes=no outage_arranged=yes domain_reachable=yes administrator=yes; do
    set -- "$@" --param $name
  done
  rm -f plan
  "$rehome" "$@" >out 2>err
}

test_two_sections_of_one_name() {
  with_book p7min "Branch Office"
  plan_book || fail "$(cat err)"
  jq -r '.notes[].text' plan >notes
  says notes "two entries are called 'Branch Office'; the first is used"
}

test_a_section_keeps_its_interface() {
  for name in n3-ansi-noenc n2-utf8-othercase; do
    with_book $name "Büro Süd"
    plan_book || fail "$(cat err)"
    says out "moved: 1 of 1"
  done
}

test_a_phonebook_in_utf16() {
  with_book p4-utf16 "Branch Office"
  ! plan_book || fail "it was planned"
  says err "UTF-16"
}

test_a_certificate_file_that_the_destination_cannot_open() {
  use aes256.pfx
  with_book p7min "Branch Office"
  echo 123 >password
  plan_book --certificate aes256.pfx --certificate-password-file password || fail "$(cat err)"
  says out "aes256.pfx: encrypted with AES and SHA-256"
  says out "TripleDES_SHA1"
}

run_tests
