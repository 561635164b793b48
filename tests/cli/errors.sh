#!/bin/sh
# Bad input: one error each, with object, cause and remedy, the right exit code, nothing touched.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# refused CODE COMMAND...: fails with the code, says one error, and changes neither server.
refused() {
  fingerprint EDGE01 >.one
  fingerprint EDGE02 >.two
  expect "$@"
  [ "$(grep -c '^rehome: ' err)" -le 1 ] || fail "more than one error: $(cat err)"
  grep -v '^\./\.' .one >/dev/null
  fingerprint EDGE01 | cmp -s .one - || fail "the source was touched"
  fingerprint EDGE02 | cmp -s .two - || fail "the destination was touched"
}
migrate() { refused "$1" "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access; }

test_missing_hive() {
  use_servers
  rm "$(hive EDGE01 SYSTEM)"
  migrate 1
  says err "EDGE01"
  says err "SYSTEM"
}

test_no_select_key() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[-HKEY_LOCAL_MACHINE\SYSTEM\Select]
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet002]
REG
  migrate 1
  says err "Select"
}

test_not_a_hive() {
  use_servers
  echo "this is no hive" >"$(hive EDGE01 SYSTEM)"
  migrate 1
  says err "SYSTEM"
}

test_dirty_hive() {
  use_servers
  # The primary sequence number, which makes the header's checksum wrong too.
  printf '\377' | dd of="$(hive EDGE02 SYSTEM)" bs=1 seek=4 conv=notrunc 2>/dev/null
  migrate 1
  says err "Windows/System32/config/SYSTEM"
  says err "shut the server down cleanly"
  says err "--accept-dirty"
}

test_unsupported_destination() {
  use_servers
  change EDGE02 SOFTWARE <<'REG'
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"CurrentBuildNumber"="7601"
"CurrentBuild"="7601"
"CurrentVersion"="6.1"
REG
  migrate 5
  says out "RA-CHK-01"
}

test_fewer_adapters() {
  use_servers
  guid=$("$rehome" inventory EDGE02 --json 2>/dev/null | jq -r '.interfaces[] | select(.name == "Internet").guid')
  # The card's Class key is the one whose NetCfgInstanceId is its GUID.
  "$rehome" hive list "$(hive EDGE02 SYSTEM)" | grep -i NetCfgInstanceId | cut -f2 >keys
  while read -r key; do
    "$rehome" hive get "$(hive EDGE02 SYSTEM)" "${key#?}" NetCfgInstanceId | grep -qi "$guid" || continue
    class=$key
  done <keys
  change EDGE02 SYSTEM <<REG
[-HKEY_LOCAL_MACHINE\\SYSTEM$class]
[-HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\$guid]
REG
  migrate 5
  says out "RA-CHK-12"
}

test_other_language() {
  use_servers
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Nls\Language]
"InstallLanguage"="0407"
REG
  migrate 5
  says out "RA-CHK-05"
  says out "German"
}

test_unreadable_store() {
  use_servers
  echo "age-encryption.org/v1" >bad.rehome
  echo x >pass
  refused 8 "$rehome" plan --source bad.rehome --passphrase-file pass --destination EDGE02 remote-access
  says err "bad.rehome"
}

test_store_without_a_key() {
  use_servers
  use_key
  "$rehome" export --source EDGE01 --store e.rehome --recipient "$recipient" remote-access >/dev/null
  refused 8 "$rehome" plan --source e.rehome --destination EDGE02 --unattended remote-access
  says err "--identity"
}

test_unknown_parameter() {
  use_servers
  refused 2 "$rehome" plan --source EDGE01 --destination EDGE02 --param nonsense=1 remote-access
  says err "nonsense"
}

test_unknown_playbook() {
  use_servers
  refused 1 "$rehome" plan --source EDGE01 --destination EDGE02 remote-acess
  says err "remote-access"
}

test_map_that_does_not_fit() {
  use_servers
  echo "No Such Card = Internet" >map
  refused 2 "$rehome" plan --source EDGE01 --destination EDGE02 --map map remote-access
  says err "No Such Card"
  echo "no equals sign" >map
  refused 1 "$rehome" plan --source EDGE01 --destination EDGE02 --map map remote-access
  says err "line 1"
}

test_no_such_machine() {
  use_servers
  refused 1 "$rehome" inventory nowhere
  says err "nowhere"
  mkdir empty
  refused 1 "$rehome" inventory empty
  says err "Windows/System32/config"
}

test_wrong_usage() {
  use_servers
  refused 2 "$rehome" plan --source EDGE01 remote-access
  says err "--destination is missing"
  refused 2 "$rehome" plan --souce EDGE01 --destination EDGE02 remote-access
  says err "--souce"
  refused 2 "$rehome" frobnicate
  refused 2 "$rehome" store frobnicate
  refused 2 "$rehome" export --source EDGE01 --store x.rehome --unattended remote-access
  says err "--recipient"
  [ ! -e x.rehome ] || fail "an unsealed store was made"
  refused 2 "$rehome" export --source EDGE01 --store x.rehome --recipient age1wrong remote-access
}

# Whichever of the two was meant, the other would be forgotten.
test_an_option_given_twice() {
  need jq
  use_servers
  plan="$rehome plan --source EDGE01 --destination EDGE02"
  refused 2 $plan --source EDGE02 remote-access
  says err "'--source' is given twice, and takes one value"
  refused 2 $plan --source=EDGE01 remote-access
  says err "--source"
  refused 2 $plan -o one.plan --output two.plan remote-access
  says err "'--output' is given twice"
  [ ! -e one.plan ] && [ ! -e two.plan ] || fail "a plan was written"
  refused 2 $plan --graph --graph=dot remote-access
  says err "'--graph' is given twice"
  refused 2 $plan --param source_backup=yes --param source_backup=no remote-access
  says err "--param: 'source_backup' is given twice"
  refused 2 "$rehome" export --store a --store b remote-access --json
  jq -e '.error.message | test("--store")' out >/dev/null
  # What says yes may say it twice.
  expect 0 $plan --details --details remote-access --json --json
}

# Every option that takes a value either is told to repeat, or is refused the second time.
test_every_option_repeats_or_is_refused() {
  "$rehome" --help | sed -n 's/^  rehome \(.\{15\}\).*/\1/p' | sed 's/ *$//' | while read -r command; do
    # shellcheck disable=SC2086 # a command may be two words
    "$rehome" $command --help | sed -n 's/^ .*--\([a-z-]*\) [A-Z].*/\1 &/p' | while read -r option line; do
      # shellcheck disable=SC2086
      "$rehome" $command --$option x --$option y >out 2>err && fail "$command --$option"
      case $line in
        *"may be repeated"*) ! grep "is given twice" err || fail "$command: $line" ;;
        *) says err "'--$option' is given twice, and takes one value" ;;
      esac
      echo "$option" >>seen
    done
  done
  [ "$(sort -u seen | wc -l)" -ge 20 ] || fail "hardly any options: $(cat seen)"
}

test_warnings_need_acceptance() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\DHCPServer]
"Start"=dword:00000002
"ImagePath"="x"
REG
  refused 5 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --unattended \
    --param other_roles=DHCPServer remote-access
  says err "--accept-warnings"
}

test_full_disk() {
  use_servers
  [ "$(id -u)" -eq 0 ] || skip "mounting a small disk needs root"
  mkdir small
  mount -t tmpfs -o size=600k tmpfs small 2>/dev/null || skip "no disk can be mounted here"
  trap 'umount small' EXIT
  cp -R EDGE02 small/ || fail "the test's disk is too small for the image"
  "$rehome" plan --source EDGE01 --destination small/EDGE02 --output edge.plan remote-access >/dev/null
  dd if=/dev/zero of=small/filler bs=1k 2>/dev/null || true
  fingerprint small/EDGE02 >before
  expect 1 "$rehome" apply edge.plan --accept-warnings
  says err "No space left"
  fingerprint small/EDGE02 | cmp before -
  expect 1 "$rehome" export --source EDGE01 --store small/e.rehome --recipient \
    age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p remote-access
  [ ! -e small/e.rehome ] || fail "half a store was left"
}

test_another_run_holds_the_lock() {
  use_servers
  command -v flock >/dev/null || skip "flock is not installed"
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access >/dev/null
  flock EDGE02 sh -c "\"$rehome\" apply edge.plan --accept-warnings >out 2>err; echo \$? >code" || true
  [ "$(cat code)" = 9 ] || fail "exit code $(cat code): $(cat err)"
}

test_output_that_exists_is_kept() {
  use_servers
  echo precious >edge.plan
  refused 1 "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access
  [ "$(cat edge.plan)" = precious ]
  expect 0 "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan --overwrite remote-access
  echo precious >key.txt
  refused 1 "$rehome" keygen --output key.txt
  [ "$(cat key.txt)" = precious ]
}

test_standard_output_on_a_full_disk() {
  use_servers
  [ -c /dev/full ] || skip "there is no /dev/full"
  "$rehome" hive list "$(hive EDGE01 SYSTEM)" >/dev/full 2>err && fail "it says that all is well"
  says err "standard output"
}

run_tests
