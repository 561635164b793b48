#!/bin/sh
# Local accounts: from the SAM hive to the script of the first start, and no hash on the way.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# sam IMAGE JSON: gives an image the accounts of a description.
sam() {
  mkdir -p made
  python3 "$root/tests/make_sam.py" <"$2" >made/SAM.reg
  rm -rf made.image
  "$rehome" image build made --output made.image --time 2020-01-01 >/dev/null
  cp made.image/Windows/System32/config/SAM "$1/Windows/System32/config/SAM"
  rm -r made made.image
}

use_accounts() {
  need python3
  need jq
  use_servers
  sam EDGE01 "${1:-$root/tests/cli/accounts.json}"
  jq '{sid: "S-1-5-21-5-6-7", users: [.users[] | select(.rid < 1000)], builtin: [.builtin[] | .members = []]}' \
    "$root/tests/cli/accounts.json" >there.json
  sam EDGE02 there.json
}

migrate() {
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings "$@" local-accounts
  tr -d '\r' <run/first-start.ps1 >script
}

# real IMAGE HIVE: puts a hive of the data folder in place.
real() { xz -dc "$data/hives/$2.xz" >"$1/Windows/System32/config/SAM"; }

test_the_script_creates_what_the_source_has() {
  use_accounts
  migrate
  says script "@{ Name = 'kralik'; FullName = 'Jana Králíková'; Description = 'looks after the servers'; Flags = 512; MustChange = \$true; Disabled = \$false }"
  says script "@{ Name = 'ras-branch'; FullName = 'Branch router'; Flags = 66112; MustChange = \$false; Disabled = \$false }"
  says script "LoginScript = 'logon.cmd'; HomeDirectory = '\\\\EDGE01\\home\\novak'; HomeDirDrive = 'H:'"
  says script "@{ Name = 'temp'; Description = 'left in 2019'; Flags = 514; MustChange = \$true; Disabled = \$true }"
  says script "@{ Name = 'VPN Users'; Description = 'may dial in'; Old = 'S-1-5-21-1004336348-1177238915-682003330-1010' }"
  says script "@{ Group = 'S-1-5-32-544'; MemberName = 'kralik' }"
  says script "@{ Group = 'S-1-5-32-555'; MemberName = 'novak' }"
  says script "@{ GroupName = 'VPN Users'; MemberName = 'ras-branch' }"
  says script "@{ Name = 'ras-branch'; Dialin = 'permit'; Policy = 'admin'; Number = '+420555123456' }"
  ! grep -q "Name = 'Administrator'\|Name = 'Guest'" script || fail "a built-in account would be created"
  jq -e '.accounted | .settings == .verdicts and .unjudged == 0 and .settings == 27' run/plan.json
  jq -e '.changes == []' run/plan.json
}

test_the_way_back() {
  use_accounts
  fingerprint EDGE02 >before
  migrate
  says run/first-start-undo.ps1 "Delete('user', \$name)"
  fingerprint EDGE02 >after
  same before after
  expect 0 "$rehome" report run --output report.html
  says report.html "Create the users"
  says report.html "ras-branch"
  expect 0 "$rehome" explain run/plan.json 'account:users\novak'
  says out "created at the first start"
  expect 0 "$rehome" rollback run
  fingerprint EDGE02 >after
  same before after
}

test_hostile_names_stay_texts() {
  need python3
  python3 - >hostile.json <<'PY'
import json
names = ["o'x", "$(calc)", "a`$b", "c d", "&calc", "{calc}", "(calc)", "#calc", "%calc%", "!x", "\u2019calc\u2018", "\u202ecalc"]
print(json.dumps({"sid": "S-1-5-21-1-2-3", "users": [
    {"rid": 1001 + at, "name": name, "comment": "x'; calc; '\r\n calc\u2019; calc"} for at, name in enumerate(names)],
    "groups": [{"rid": 1100, "name": "g'$(calc)", "members": [1001]}]}))
PY
  use_accounts hostile.json
  migrate
  says script "Name = 'o''x'; "
  says script "Name = '\$(calc)'; "
  says script "Name = 'a\`\$b'; "
  says script "Name = (-join [char[]](8217,99,97,108,99,8216)); "
  says script "GroupName = 'g''\$(calc)'; MemberName = 'o''x'"
  # What stands outside of quoted texts is the script's own.
  sed "s/'\([^']\|''\)*'//g" script | grep -v '^ *#' >code
  ! grep -q calc code || fail "a name became code: $(grep calc code)"
}

test_blocks_are_closed() {
  use_accounts
  migrate --param passwords=ask
  for file in script run/first-start-undo.ps1; do
    sed "s/'\([^']\|''\)*'//g; s/\"[^\"]*\"//g; /^ *#/d" $file >code
    for pair in '{ }' '( )' '[ ]'; do
      [ "$(tr -cd "${pair% *}" <code | wc -c)" = "$(tr -cd "${pair#* }" <code | wc -c)" ] || fail "$file: $pair"
    done
  done
}

test_names_that_are_there_already() {
  use_accounts
  jq '.users += [{rid: 1001, name: "Novak"}]' there.json >more.json
  sam EDGE02 more.json
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 local-accounts
  says out "novak"
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run skipped --accept-warnings local-accounts
  ! grep -q "'novak'" skipped/first-start.ps1 || fail "it was not skipped"
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run renamed --accept-warnings \
    --param collisions=rename local-accounts
  says renamed/first-start.ps1 "Name = 'novak-2'"
}

test_a_domain_controller_is_refused() {
  use_accounts
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ProductOptions]
"ProductType"="LanmanNT"
REG
  expect 5 "$rehome" plan --source EDGE01 --destination EDGE02 --output a.plan local-accounts
  says out "domain controller"
}

# A store is a machine like any other, and its accounts are the same.
test_a_store_gives_the_same_plan() {
  use_accounts
  use_key
  expect 0 "$rehome" export --source EDGE01 --store edge.rehome --recipient "$recipient" local-accounts
  "$rehome" plan --source EDGE01 --destination EDGE02 --output image.plan local-accounts >/dev/null
  "$rehome" plan --source edge.rehome --identity key.txt --destination EDGE02 --output store.plan local-accounts >/dev/null
  for plan in image store; do jq '{verdicts, deferred, accounted}' $plan.plan >$plan.json; done
  same image.json store.json
  expect 0 "$rehome" store inspect edge.rehome --identity key.txt
  says out "accounts:users"
}

# lister: a playbook that prints the accounts of the source as sampasswd and samusrgrp do.
lister() {
  mkdir -p mine/lister
  cat >mine/lister/playbook.lua <<'LUA'
return playbook { id = "lister", title = "Lister", version = "1", consults = { accounts = { "users", "groups" } },
  steps = { step "list" { guide = "XX-YY-01", run = function(ctx)
    local all = ctx.source:accounts()
    for _, user in ipairs(all.users) do print(("user %04x:%s:%03x"):format(user.rid, user.name, user.flags)) end
    for _, group in ipairs(all.groups) do print(("group %x:%s:%d"):format(group.rid, group.name, #group.members)) end
  end } } }
LUA
}

# Users with RIDs and flags, groups with RIDs and the number of members: chntpw's programs see the same. (The flags that
# sampasswd prints have a mark of its own, 0x8000.)
test_another_program_sees_the_same_accounts() {
  need sampasswd
  need_data
  use_accounts
  use_key
  lister
  for hive in SAM_win8_gold SAM_win10_velociraptor; do
    real EDGE01 $hive
    {
      sampasswd -l "$(hive EDGE01 SAM)" | awk -F: '{ print "user " $1 ":" $2 ":" substr($4, length($4) - 2) }' |
        sed 's/:\(.\{2\}\)$/:0\1/'
      samusrgrp -l "$(hive EDGE01 SAM)" | sed 's/^/group /'
    } | LC_ALL=C sort >theirs
    "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine lister >out 2>err
    cat out err | grep -o '\(user\|group\) [0-9a-f]*:.*' | LC_ALL=C sort >ours
    [ "$(wc -l <theirs)" -gt 15 ]
    diff theirs ours
    rm -f a.rehome
    "$rehome" export --source EDGE01 --store a.rehome --recipient "$recipient" --playbook-path mine lister >/dev/null
    "$rehome" plan --source a.rehome --identity key.txt --destination EDGE02 --playbook-path mine lister >out 2>err
    cat out err | grep -o '\(user\|group\) [0-9a-f]*:.*' | LC_ALL=C sort >sealed
    diff ours sealed
  done
}

# What the README of the data says, as the playbook sees it.
test_real_users() {
  need_data
  use_accounts
  for hive in 'SAM_win8_gold Administrator Guest gold_administrator' \
    'SAM_win10_velociraptor Administrator DefaultAccount Guest WDAGUtilityAccount test'; do
    set -- $hive
    real EDGE01 "$1"
    shift
    rm -f a.plan
    "$rehome" plan --source EDGE01 --destination EDGE02 --output a.plan local-accounts >/dev/null
    jq -r '.verdicts[] | select(.path == "account:users") | .name' a.plan | LC_ALL=C sort >found
    printf '%s\n' "$@" | LC_ALL=C sort >expected
    same found expected
    jq -e '.accounted.unjudged == 0' a.plan >/dev/null
  done
}

# secrets HIVE: 16 bytes of every hash and of everything like one, as hex.
secrets() {
  hivexregedit --export "$1" '\SAM\Domains\Account' >secrets.reg
  python3 - secrets.reg <<'PY'
import re, struct, sys
found = set()
for name, text in re.findall(r'^"(F|V|SupplementalCredentials|ResetData)"=hex\(3\):(.*)$', open(sys.argv[1]).read().replace("\\\n  ", ""), re.M):
    data = bytes.fromhex(text.replace(",", ""))
    if name == "V" and len(data) >= 204 and len(data) != 344 and len(data) != 400:
        for field in range(13, 17):
            at, size, _ = struct.unpack_from("<III", data, field * 12)
            found.add(data[204 + at:204 + at + size][-16:])
    elif name in ("SupplementalCredentials", "ResetData"):
        found.update(data[at:at + 16] for at in range(16, len(data) - 16, 48))
    elif name == "F" and len(data) > 80:
        found.add(data[-48:-32])
        found.add(data[0x88:0x98])
print("\n".join(mark.hex() for mark in found if len(mark) == 16 and len(set(mark)) > 8))
PY
}

# none_in MARKS FOLDER: no file has one of the marks, as bytes or as hex.
none_in() {
  python3 - "$1" "$2" <<'PY'
import os, sys
marks = [bytes.fromhex(line.strip()) for line in open(sys.argv[1])]
assert len(marks) >= 2, "there is nothing to look for"
wanted = [(mark, form) for mark in marks for form in
          (mark, mark.hex().encode(), mark.hex().upper().encode(), ",".join("%02x" % b for b in mark).encode())]
bad = []
for folder, _, names in os.walk(sys.argv[2]):
    for name in names:
        data = open(os.path.join(folder, name), "rb").read()
        bad += ["%s: %s" % (os.path.join(folder, name), mark.hex()) for mark, form in wanted if form in data]
print("\n".join(bad))
sys.exit(bool(bad))
PY
}

everything() {
  mkdir -p seen
  "$rehome" inventory EDGE01 --json >seen/inventory 2>&1
  "$rehome" export --source EDGE01 --store seen/edge.rehome --recipient "$recipient" local-accounts >seen/export 2>&1
  "$rehome" store extract seen/edge.rehome --identity key.txt --output seen/store >/dev/null
  "$rehome" plan --source EDGE01 --destination EDGE02 --output seen/a.plan local-accounts --details >seen/plan 2>&1
  "$rehome" plan --source EDGE01 --destination EDGE02 local-accounts --json >seen/json 2>&1
  "$rehome" apply seen/a.plan --accept-warnings >seen/apply 2>&1 || [ $? = 3 ]
  "$rehome" report seen/a.plan.run --output seen/report.html >/dev/null
  "$rehome" verify seen/a.plan.run >seen/verify 2>&1
}

test_no_hash_is_in_what_is_written() {
  need_data
  need hivexregedit
  need bsdtar
  use_accounts
  use_key
  for hive in SAM_win8_gold SAM_win10_velociraptor; do
    real EDGE01 $hive
    secrets "$(hive EDGE01 SAM)" >marks
    none_in marks EDGE01 >/dev/null && fail "the test finds nothing in the hive itself"
    rm -rf seen
    everything
    [ -s seen/store/Windows/System32/config/SAM ]
    none_in marks seen
  done
}

# While the result is written, and at the end, when freed memory is still there; the mapped hive is a file, not memory.
test_no_hash_is_in_memory() {
  need_data
  need gdb
  need hivexregedit
  # The program of a plain build, which the suite makes too.
  [ ! -x "${REHOME_PLAIN:-}/rehome" ] || rehome=$REHOME_PLAIN/rehome
  ! grep -q __asan_init "$rehome" || skip "a sanitizer's memory is too large to write down"
  use_accounts
  use_key
  for hive in SAM_win8_gold SAM_win10_velociraptor; do
    real EDGE01 $hive
    secrets "$(hive EDGE01 SAM)" >marks
    for what in plan export; do
      rm -rf memory a.plan a.rehome
      mkdir memory
      if [ $what = plan ]; then
        set -- plan --source EDGE01 --destination EDGE02 --output a.plan
      else
        set -- export --source EDGE01 --store a.rehome --recipient "$recipient"
      fi
      gdb -batch -nx -ex 'tcatch syscall fsync' -ex run -ex 'gcore memory/early' -ex 'catch syscall exit_group' \
        -ex continue -ex 'gcore memory/late' --args "$rehome" "$@" local-accounts >gdb.out 2>&1
      [ -s memory/late ] || fail "no memory was written: $(cat gdb.out)"
      # The names of users are there, so it is the right memory.
      LC_ALL=C grep -qaE 'gold_administrator|WDAGUtilityAccount' memory/early || fail "other memory: $(cat gdb.out)"
      none_in marks memory
    done
  done
}

test_raw_hives_are_not_for_playbooks() {
  use_accounts
  for scope in 'registry = { [[HKLM\SAM\SAM]] }' 'registry = { [[HKLM\SECURITY]] }'; do
    mkdir -p mine/thief
    cat >mine/thief/playbook.lua <<LUA
return playbook { id = "thief", title = "Thief", version = "1", reads = { $scope }, steps = {} }
LUA
    expect 1 "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine thief
    says err "holds password hashes"
  done
  cat >mine/thief/playbook.lua <<'LUA'
return playbook { id = "thief", title = "Thief", version = "1", reads = { files = { [[%SystemRoot%\System32\config\*]] } },
  steps = { step "x" { guide = "XX-YY-01", run = function(ctx) ctx.source:read_file [[%SystemRoot%\System32\config\SAM]] end } } }
LUA
  expect 1 "$rehome" plan --source EDGE01 --destination EDGE02 --playbook-path mine thief
  says err "holds password hashes"
  expect 2 "$rehome" export --source EDGE01 --store a.rehome --passphrase-file /dev/null --playbook-path mine thief
}

run_tests
