#!/bin/sh
# A destination on a real NTFS volume, mounted by ntfs-3g: what guards its files (security descriptors,
# DOS attributes) is as before, by programs that know nothing of rehome.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../ntfs.sh"

# Owner Administrators, group SYSTEM; full control for Administrators, then for SYSTEM, and nobody else; protected.
# FLAGS 03: passed on to files and folders. Laid out by hand [MS-DTYP 2.4.6].
closed_to_others() {
  printf '%s' 0100049448000000580000000000000014000000 0200340002000000 \
    "00${1}1800ff011f0001020000000000052000000020020000" "00${1}1400ff011f00010100000000000512000000" \
    01020000000000052000000020020000 010100000000000512000000
}
make_playbook() {
  mkdir -p mine/small
  cat >mine/small/playbook.lua <<'LUA'
local ras = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan]]
local files = { [[%SystemRoot%\System32\ras\**]], [[%SystemRoot%\System32\ias\*]] }
return playbook {
  id = "small", title = "Small", version = "1",
  consults = { registry = { ras, [[HKLM\SOFTWARE\Microsoft\RAS]] }, files = files },
  writes = { registry = { ras, [[HKLM\SOFTWARE\Microsoft\RAS]] }, files = files },
  steps = { step "all" { guide = "XX-TEST-01", run = function(ctx)
    local to = ctx.destination
    to:set(ras .. [[\Parameters]], "Moved", "dword", 7)
    to:set([[HKLM\SOFTWARE\Microsoft\RAS\Made]], "Value", "binary", "bytes")
    to:write_file([[%SystemRoot%\System32\ias\ias.xml]], "<Root>new</Root>")
    to:write_file([[%SystemRoot%\System32\ras\new\deep.txt]], "new")
    to:write_file([[%SystemRoot%\System32\ras\added.txt]], "added")
    to:delete_file([[%SystemRoot%\System32\ras\old.txt]])
  end } },
}
LUA
}

# disk/EDGE02 on the volume, closed to all but SYSTEM and Administrators, hives and ias.xml hidden and system;
# EDGE01 and the playbook beside it.
use_volume() {
  need_ntfs
  use_servers
  make_playbook
  make_ntfs image
  mount_ntfs image disk
  cp -R EDGE02 disk/
  rm -r EDGE02
  windows=disk/EDGE02/Windows
  mkdir -p $windows/System32/ras $windows/System32/ias
  printf old >$windows/System32/ras/old.txt
  printf '<Root>old</Root>' >$windows/System32/ias/ias.xml
  find disk/EDGE02 -type d | while read -r folder; do set_guard "$folder" "$(closed_to_others 03)" 00000010; done
  find disk/EDGE02 -type f | while read -r file; do set_guard "$file" "$(closed_to_others 00)" 00000020; done
  for file in $windows/System32/config/* $windows/System32/ias/ias.xml; do
    set_guard "$file" "$(closed_to_others 00)" 00000006
  done
  guards disk >before
}

small() { expect 0 "$rehome" "$@" --playbook-path mine; }

apply() {
  small plan --source EDGE01 --destination disk/EDGE02 --output small.plan small
  small apply small.plan --run run
}

# kept PATH: guarded as before, by getfattr.
kept() {
  guards disk >now
  for list in before now; do grep -A2 -x "./$1" $list >$list.one; done
  cmp -s before.one now.one || fail "$1 is guarded otherwise: $(cat before.one now.one)"
}
test_what_is_replaced_is_guarded_as_before() {
  use_volume
  apply
  for file in config/SYSTEM config/SOFTWARE ias/ias.xml; do kept "EDGE02/Windows/System32/$file"; done
  grep -q new disk/EDGE02/Windows/System32/ias/ias.xml
  # The same from the volume itself.
  unmount_ntfs disk
  records image /EDGE02/Windows/System32/config/SYSTEM /EDGE02/Windows/System32/ias/ias.xml >now
  [ "$(grep -c 'HIDDEN SYSTEM (0x00000006)' now)" -ge 2 ] || fail "$(cat now)"
  says now "Security ID"
}

# all_as_before: every file and folder on the volume is there and guarded as it was, run folders and locks apart.
all_as_before() {
  guards disk | awk '/^\.\// { skip = /^\.\/(run(\/|$)|EDGE02\.rehome-lock)/ } !skip' >now
  cmp -s before now || fail "$1: $(diff before now)"
}

# attributes PATH: the DOS attributes as getfattr says them.
attributes() { getfattr -h -e hex -n system.ntfs_attrib_be "$1" 2>/dev/null | sed -n 's/.*_be=//p'; }
descriptor() { getfattr -h -e hex -n system.ntfs_acl --only-values "$1" 2>/dev/null | od -An -tx1 -v | tr -d ' \n'; }

# there_and_back RUN: the run's folder beside the volume or on it.
there_and_back() {
  use_volume
  (cd disk && find EDGE02 -type f -exec sha256sum {} + | sort) >content
  small plan --source EDGE01 --destination disk/EDGE02 --output small.plan small
  small apply small.plan --run "$1"
  for file in config/SYSTEM config/SOFTWARE ias/ias.xml; do kept "EDGE02/Windows/System32/$file"; done
  expect 0 "$rehome" verify "$1"
  expect 0 "$rehome" rollback "$1"
  (cd disk && find EDGE02 -type f -exec sha256sum {} + | sort) | cmp content - || fail "other content"
  all_as_before "after the rollback"
  unmount_ntfs disk
  mount_ntfs image disk
  all_as_before "after a new mount"
}

test_rollback_from_a_run_beside_the_volume() { there_and_back run; }
test_rollback_from_a_run_on_the_volume() { there_and_back disk/run; }

# What Windows computes: the entries of the folder with INHERITED (10), owner Administrators, group SYSTEM; of the
# protected folder's list none is lost and none is added.
test_what_is_new_inherits() {
  use_volume
  apply
  ras=disk/EDGE02/Windows/System32/ras
  for made in $ras/added.txt $ras/new/deep.txt; do
    descriptor $made >now
    says now "00101800ff011f0001020000000000052000000020020000"
    says now "00101400ff011f00010100000000000512000000"
    ! grep -q 010100000000000100000000 now || fail "Everyone: $(cat now)"
    [ "$(attributes $made)" = 0x00000020 ] || fail "$made: $(attributes $made)"
  done
  descriptor $ras/new >now
  says now "00131800ff011f0001020000000000052000000020020000"
  says now "00131400ff011f00010100000000000512000000"
  expect 0 "$rehome" rollback run
  [ ! -e $ras/new ] || fail "$ras/new is still there"
  all_as_before "after the rollback"
}

test_verify_names_other_permissions() {
  use_volume
  apply
  windows=disk/EDGE02/Windows/System32
  setfattr -n system.ntfs_attrib_be -v 0x00000020 $windows/ias/ias.xml
  expect 6 "$rehome" verify run
  says out "permissions of Windows/System32/ias/ias.xml"
  says out "inherits nothing; hidden, system"
  setfattr -n system.ntfs_attrib_be -v 0x00000006 $windows/ias/ias.xml
  expect 0 "$rehome" verify run
  setfattr -n system.ntfs_acl -v "0x$(closed_to_others 00)" $windows/ras/added.txt
  expect 6 "$rehome" verify run
  says out "permissions of Windows/System32/ras/added.txt"
  # The way back gives what was there.
  setfattr -n system.ntfs_attrib_be -v 0x00000020 $windows/config/SYSTEM
  expect 0 "$rehome" rollback run
  all_as_before "after the rollback"
}

# Somebody changed a value since: the way back goes setting by setting, and guards the hive as before all the same.
test_rollback_by_settings() {
  use_volume
  apply
  rm -r run/previous
  expect 0 "$rehome" rollback run
  for file in config/SYSTEM config/SOFTWARE ias/ias.xml ras/old.txt; do kept "EDGE02/Windows/System32/$file"; done
}

test_a_short_name_comes_back() {
  use_volume
  named=disk/EDGE02/Windows/System32/ias/ias.xml
  setfattr -n system.ntfs_dos_name -v IASOLD~1.XML $named || skip "this driver sets no short names"
  apply
  getfattr -n system.ntfs_dos_name --only-values $named >now
  says now "IASOLD~1.XML"
  expect 0 "$rehome" rollback run
  getfattr -n system.ntfs_dos_name --only-values $named >now
  says now "IASOLD~1.XML"
  all_as_before "after the rollback"
}

# A stream that is too long for the system to show is told before anything is changed.
test_what_cannot_be_kept_is_told() {
  need ntfscp
  use_volume
  head -c 100000 /dev/zero >long
  unmount_ntfs disk
  ntfscp -f -q -N big image long /EDGE02/Windows/System32/ias/ias.xml >/dev/null 2>&1 || skip "ntfscp writes no streams"
  mount_ntfs image disk
  small plan --source EDGE01 --destination disk/EDGE02 --output small.plan small
  says err "Windows/System32/ias/ias.xml: the new file will not have the stream user.big"
  small apply small.plan --run run
  says err "Windows/System32/ias/ias.xml: the new file will not have the stream user.big"
  expect 0 "$rehome" verify run
}

# The same on a system with POSIX permissions: owner, mode and access lists by getfacl.
test_posix_permissions() {
  need_ntfs
  need setfacl
  need getfacl
  make_ntfs image
  mount_ntfs image elsewhere
  use_servers
  make_playbook
  system=EDGE02/Windows/System32
  mkdir -p $system/ras $system/ias
  printf old >$system/ras/old.txt
  printf '<Root>old</Root>' >$system/ias/ias.xml
  chown 1234:2345 $system/ias/ias.xml $system/config/SYSTEM
  chmod 640 $system/ias/ias.xml $system/config/SYSTEM
  setfacl -m u:4321:r,g:5432:rw $system/ias/ias.xml || skip "no access lists here"
  setfacl -m u:4321:rw $system/config/SOFTWARE
  getfacl -Rnp EDGE02 >before
  replaced="$system/ias/ias.xml $system/config/SYSTEM $system/config/SOFTWARE"
  getfacl -np $replaced >before.replaced
  for run in run elsewhere/run; do
    small plan --source EDGE01 --destination EDGE02 --output small.plan small
    small apply small.plan --run "$run"
    getfacl -np $replaced | cmp before.replaced - || fail "guarded otherwise after the apply"
    expect 0 "$rehome" verify "$run"
    chmod 600 $system/ias/ias.xml
    expect 6 "$rehome" verify "$run"
    says out "permissions of Windows/System32/ias/ias.xml"
    expect 0 "$rehome" rollback "$run"
    getfacl -Rnp EDGE02 >now
    cmp -s before now || fail "after the rollback: $(diff before now)"
    rm -rf "$run" small.plan
  done
}

# ntfs-3g gives a replaced file another name first, and leaves it when it is killed.
test_what_a_driver_left_is_removed() {
  use_volume
  config=disk/EDGE02/Windows/System32/config
  cp $config/SYSTEM $config/SYSTEM.ntfs-3g-0000000001
  printf mine >$config/SYSTEM.ntfs-3g-mine
  apply
  [ ! -e $config/SYSTEM.ntfs-3g-0000000001 ] || fail "the old file is still there under the driver's name"
  cp $config/SYSTEM $config/SYSTEM.ntfs-3g-0000000003
  expect 0 "$rehome" rollback run
  [ ! -e $config/SYSTEM.ntfs-3g-0000000003 ] || fail "the new file is still there under the driver's name"
  [ "$(cat $config/SYSTEM.ntfs-3g-mine)" = mine ] || fail "a file of somebody else is gone"
  rm $config/SYSTEM.ntfs-3g-mine
  all_as_before "after the rollback"
}

# The record of the runs is guarded as the hives are; what a killed driver leaves of it still tells the runs.
test_the_record_of_the_runs() {
  use_volume
  record=disk/EDGE02/Windows/System32/config/rehome-runs.json
  apply
  [ "$(descriptor $record)" = "$(closed_to_others 00)" ] || fail "other permissions: $(descriptor $record)"
  [ "$(grep -c '"state": "applied"' $record)" = 1 ]
  mv $record $record.ntfs-3g-0000000001
  expect 0 "$rehome" status --destination disk/EDGE02
  says out "applied"
  expect 0 "$rehome" verify run
  expect 0 "$rehome" rollback run
  all_as_before "after the rollback"
}

test_verify_after_a_new_mount() {
  use_volume
  apply
  unmount_ntfs disk
  mount_ntfs image disk
  expect 0 "$rehome" verify run
}

# Who has the volume may read what the run keeps there: nobody but the two.
test_a_run_on_the_volume_is_private() {
  use_volume
  small plan --source EDGE01 --destination disk/EDGE02 --output small.plan small
  small apply small.plan --run disk/run
  guards disk | sed -n '/^\.\/run/{n;p}' | sort -u >now
  [ "$(wc -l <now)" -le 3 ] || fail "$(cat now)"
  ! grep -q 010100000000000100000000 now || fail "Everyone: $(cat now)"
}

# Windows finds a file by any spelling of its name, and here the driver does as well; it lists all in lower
# case. Two scopes with different spellings are one file, which is told as the volume spells it.
test_a_volume_that_ignores_case() {
  need_ntfs
  need lowntfs-3g
  use_servers
  make_ntfs image
  ntfs_driver="lowntfs-3g -o no_detach,ignore_case"
  mount_ntfs image disk
  cp -R EDGE01 disk/
  mkdir -p mine/spelling
  cat >mine/spelling/playbook.lua <<'LUA'
return playbook {
  id = "spelling", title = "Spelling", version = "1",
  consults = { files = { [[%SystemRoot%\System32\RAS\Router.pbk]], [[%SystemRoot%\SYSTEM32\ras\**]] } },
  writes = { files = { [[%SystemRoot%\System32\ras\*]] } },
  steps = { step "all" { guide = "XX-TEST-01", run = function(ctx)
    local text = ctx.source:read_file([[%SystemRoot%\System32\Ras\ROUTER.PBK]])
    ctx.destination:write_file([[%SystemRoot%\System32\Ras\Router.PBK]], text)
  end } },
}
LUA
  "$rehome" keygen --output key.txt >/dev/null
  small export --source disk/EDGE01 --store one.store --recipient "$(sed -n 's/^# recipient: //p' key.txt)" spelling
  expect 0 "$rehome" store inspect one.store --identity key.txt --json
  jq -r '.members[].path' out | grep -i router.pbk >members
  [ "$(cat members)" = windows/system32/ras/router.pbk ] || fail "$(cat members)"
  cp -R EDGE02 disk/new
  mkdir -p disk/new/windows/system32/ras
  printf old >disk/new/windows/system32/ras/ROUTER.pbk
  small plan --source disk/EDGE01 --destination disk/new --output one.plan spelling
  jq -r '.changes[].path, (.source, .destination | .fingerprints[]?.name?, (.fingerprints | keys[]?))' one.plan >told
  ! grep -iE 'router' told | grep -q '[A-Z]' || fail "$(cat told)"
  small apply one.plan --run run
  cmp disk/new/Windows/System32/RAS/router.pbk EDGE01/Windows/System32/ras/router.pbk
}

run_tests
