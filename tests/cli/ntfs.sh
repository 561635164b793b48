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

run_tests
