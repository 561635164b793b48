#!/bin/sh
# A rollback after the server has run: what was changed since is listed whole, and the user decides about it.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

system32=Windows/System32
parameters='\ControlSet001\Services\RasMan\Parameters'

# used: a run over values, keys and files of EDGE02, whose state before is EDGE02.before, and what "Windows" then made
# of it in five places, EDGE02.since.
used() {
  need jq
  if [ ! -d "$work/used" ]; then
    mkdir -p "$work/used.making"
    (cd "$work/used.making" && make_used)
    mv "$work/used.making" "$work/used"
  fi
  cp -Rp "$work/used/." .
  # A run knows its destination by the path that it had.
  apply_here
}

make_used() {
  use_servers
  folder=EDGE02/$system32
  mkdir -p "$folder/dns" "$folder/ras" mine/small
  printf '; zone\n@ A 192.0.2.1\n' >"$folder/dns/example.dns"
  printf '[Office]\r\n' >"$folder/ras/router.pbk"
  printf 'old' >"$folder/ras/old.dat"
  chmod 640 "$folder/ras/router.pbk"
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"Ours"=dword:00000001
"Stays"=dword:00000002
"Gone"=dword:00000003
REG
  cat >mine/small/playbook.lua <<'LUA'
local key = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters]]
local files = [[%SystemRoot%\System32\]]
local software = [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion]]
return playbook {
  id = "small", title = "Small", version = "1", consults = { registry = { key, software } },
  writes = { registry = { key, software }, files = { files .. [[dns\*]], files .. [[ras\*]], files .. [[made\*]] } },
  steps = {
    step "all" { guide = "XX-TEST-01", run = function(ctx)
      local to = ctx.destination
      to:set(key, "Ours", "dword", 7)
      to:set(key, "Stays", "dword", 8)
      to:delete_value(key, "Gone")
      to:set(key .. [[\Made\Deep]], "In", "dword", 1)
      to:set(key, "Password", "sz", "hunter2-of-the-run")
      to:mark_secret(key, "Password")
      to:set(software, "RehomeTest", "sz", "new")
      to:write_file(files .. [[dns\example.dns]], "; zone\n@ A 198.51.100.1\n")
      to:write_file(files .. [[ras\router.pbk]], "[Branch]\r\n")
      to:write_file(files .. [[ras\old.dat]], "new")
      to:write_file(files .. [[made\one.txt]], "one")
    end },
  },
}
LUA
  cp -Rp EDGE02 EDGE02.before
}

migrate() {
  expect 0 "$rehome" migrate --source EDGE01 --destination EDGE02 --playbook-path mine --run run --accept-warnings small
}

apply_here() {
  migrate
  windows
  cp -Rp EDGE02 EDGE02.since
}

windows() {
  folder=EDGE02/$system32
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"Ours"=dword:00000009
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Added]
REG
  printf '; zone\n@ A 198.51.100.1\nnew A 198.51.100.2\n' >"$folder/dns/example.dns"
  printf '[Branch]\r\nDevice=1\r\n' >"$folder/ras/router.pbk"
  rm "$folder/ras/old.dat"
}

# Everything about a machine's files that a rollback can hold: names, permissions, times of change, bytes.
exactly() { (cd "$1" && find . -type f | LC_ALL=C sort | while read -r file; do
  printf '%s %s ' "$(stat -c '%a %Y' "$file")" "$file" && sha256sum <"$file"; done); }
bytes() { (cd "$1" && find . | LC_ALL=C sort | while read -r file; do
  if [ -f "$file" ]; then sha256sum "$file"; else echo "$file"; fi; done); }
untouched() {
  bytes "${1:-EDGE02}" >is
  bytes "${2:-EDGE02.since}" | cmp - is || fail "${1:-EDGE02} was written to"
}
# settings HIVE-FILE: values and keys without times.
settings() { listing "$1" | sed 's/^\(K\t[^\t]*\)\t.*/\1/'; }
file() { echo "${2:-EDGE02}/$system32/$1"; }
value() { "$rehome" hive get "$(hive EDGE02 SYSTEM)" "$1" "$2" 2>/dev/null; }

all_five='HKLM\SYSTEM\ControlSet001\Services\Added new key
HKLM\SYSTEM\ControlSet001\Services\RasMan\Parameters\Ours changed REG_DWORD 00000009
file:Windows/System32/dns/example.dns changed
file:Windows/System32/ras/old.dat deleted absent
file:Windows/System32/ras/router.pbk changed'
five() {
  jq -r '.changed[] | "\(.path) \(.kind) \(.now)"' "$1" | sed 's/ [0-9]* bytes, SHA-256 .*//' | LC_ALL=C sort >found
  printf '%s\n' "$all_five" | diff - found
}

test_a_dry_run_tells_all_and_writes_nothing() {
  used
  bytes run >run.before
  expect 0 "$rehome" rollback run --dry-run --json
  five out
  jq -e '.undecided == 5 and .dry_run and .state == "applied"' out >/dev/null
  jq -e '.changed[] | select(.path | endswith("Ours")) | .left == "REG_DWORD 00000007" and .choice == null' out >/dev/null
  jq -e '.restores[] | select(.path | endswith("Stays")) | .left == "REG_DWORD 00000008" and .before == "REG_DWORD 00000002"' out >/dev/null
  jq -e '[.restores[].path] | all(test("Ours|example.dns") | not)' out >/dev/null
  grep -q hunter2 out err && fail "a secret is shown"
  expect 0 "$rehome" rollback run --dry-run
  says out 'the run left  REG_DWORD 00000007'
  says out 'is now        REG_DWORD 00000009'
  says out '5 changed since the run, 5 of them to be decided'
  # With a choice it tells what that comes to.
  expect 0 "$rehome" rollback run --dry-run --json --keep-changed --discard 'file:Windows/System32/dns/example.dns'
  [ "$(jq -r '[.changed[].choice] | sort | join(" ")' out)" = 'discard keep keep keep keep' ]
  jq -e '[.restores[].path] | any(endswith("example.dns"))' out >/dev/null
  bytes run | cmp run.before -
  untouched
}

test_without_a_choice_nothing_is_done() {
  used
  expect 5 "$rehome" rollback run --unattended
  says out 'Services\Added'
  says out 'old.dat'
  says err '5 settings or files were changed since the run'
  says err '--keep-changed'
  says err '--discard-changed'
  says err '--keep PATH'
  expect 5 "$rehome" rollback run --json
  five out
  [ "$(jq -r .error.code out)" = blocked ]
  untouched
  expect 0 "$rehome" status run
  says out applied
}

# As before, but for the value, the key and the files that others changed.
assert_kept() {
  settings "$(hive EDGE02.before SYSTEM)" | sed '/Parameters\tOurs\t/d' >expected
  settings "$(hive EDGE02 SYSTEM)" | sed '/Parameters\tOurs\t/d; /^K\t\\ControlSet001\\Services\\Added$/d' | diff expected -
  value "$parameters" Ours | grep -q 9
  settings "$(hive EDGE02 SYSTEM)" | grep -q '^K.\\ControlSet001\\Services\\Added$'
  same "$(hive EDGE02 SOFTWARE)" "$(hive EDGE02.before SOFTWARE)"
  for name in dns/example.dns ras/router.pbk; do same "$(file $name)" "$(file $name EDGE02.since)"; done
  [ ! -e "$(file ras/old.dat)" ]
  [ ! -e "$(file made)" ]
}

test_keeping_takes_back_the_rest_alone() {
  used
  "$rehome" hive list "$(hive EDGE02.since SYSTEM)" | grep 'Parameters.Ours' >theirs
  expect 0 "$rehome" rollback run --keep-changed --json
  jq -e '.state == "rolled-back" and (.kept | length) == 5 and .choice.rest == "keep" and .theirs == []' out >/dev/null
  says err 'as it was before, but for what others changed since: 5 settings or files are kept'
  assert_kept
  "$rehome" hive list "$(hive EDGE02 SYSTEM)" | grep 'Parameters.Ours' | cmp theirs -
  if command -v hivexget >/dev/null; then
    [ "$(hivexget "$(hive EDGE02 SYSTEM)" "$parameters" Stays)" = 2 ]
    [ "$(hivexget "$(hive EDGE02 SYSTEM)" "$parameters" Ours)" = 9 ]
  fi
  [ "$(stat -c %a "$(hive EDGE02 SYSTEM)")" = "$(stat -c %a "$(hive EDGE02.before SYSTEM)")" ]
  expect 0 "$rehome" status run --json
  jq -e '(.kept | length) == 5 and .choice.rest == "keep"' out >/dev/null
  expect 0 "$rehome" status run
  says out 'and kept'
  expect 0 "$rehome" report run --output report.md
  grep -q '^| kept | new | .*Services.*Added |$' report.md
  expect 0 "$rehome" log verify run
  grep -q hunter2 run/events.jsonl report.md && fail "a secret is told"
  # Nothing is left to do, and nothing more is said than is so.
  expect 0 "$rehome" rollback run
  says out 'but for what others changed since'
}

test_discarding_takes_all_back_to_the_byte() {
  used
  exactly EDGE02.before >before
  expect 0 "$rehome" rollback run --discard-changed --json
  jq -e '.kept == [] and (.discarded | length) == 5 and (.theirs | length) == 3' out >/dev/null
  jq -e '.discarded[] | select(.path | endswith("old.dat")) | .kind == "deleted"' out >/dev/null
  says err "as it was before."
  exactly EDGE02 | diff before -
  bytes EDGE02.before >before
  bytes EDGE02 | diff before -
  for name in dns/example.dns ras/router.pbk config/SYSTEM; do
    kept=run/Windows%2FSystem32%2F$(echo $name | sed 's,/,%2F,').changed
    same "$kept" "$(file $name EDGE02.since)"
    [ "$(stat -c %a "$kept")" = 600 ]
  done
  expect 0 "$rehome" status run
  says out 'config%2FSYSTEM.changed'
  says out 'and taken back'
  expect 0 "$rehome" log verify run
  expect 0 "$rehome" close run --yes
  [ -z "$(find run -name '*.changed' -o -name previous)" ] || fail "$(ls run)"
}

test_each_place_by_name() {
  used
  expect 5 "$rehome" rollback run --keep 'HKLM\SYSTEM\CurrentControlSet\Services\RasMan' \
    --discard 'HKLM\SYSTEM\ControlSet001\Services\Added' --discard '%SystemRoot%\System32\dns\example.dns' --unattended
  says err '2 settings or files were changed'
  expect 2 "$rehome" rollback run --keep-changed --discard 'HKLM\SYSTEM\ControlSet001\Services\Addde'
  says err 'nothing was changed there'
  expect 2 "$rehome" rollback run --keep-changed --discard-changed
  untouched
  expect 0 "$rehome" rollback run --keep 'HKLM\SYSTEM\CurrentControlSet\Services\RasMan' \
    --discard 'HKLM\SYSTEM\ControlSet001\Services\Added' --discard '%SystemRoot%\System32\dns\example.dns' \
    --discard 'C:\Windows\System32\ras\old.dat' --keep file:windows/system32/ras/router.pbk --unattended
  settings "$(hive EDGE02.before SYSTEM)" | sed '/Parameters\tOurs\t/d' >expected
  settings "$(hive EDGE02 SYSTEM)" | sed '/Parameters\tOurs\t/d' | diff expected -
  value "$parameters" Ours | grep -q 9
  same "$(file dns/example.dns)" "$(file dns/example.dns EDGE02.before)"
  same "$(file ras/old.dat)" "$(file ras/old.dat EDGE02.before)"
  same "$(file ras/router.pbk)" "$(file ras/router.pbk EDGE02.since)"
  same "run/Windows%2FSystem32%2Fconfig%2FSYSTEM.changed" "$(hive EDGE02.since SYSTEM)"
}

# What no choice can decide about stops it, named, before anything goes back.
test_a_folder_in_place_of_a_file_is_named() {
  used
  mkdir hidden
  mv "$(file ras/router.pbk)" hidden
  mkdir "$(file ras/router.pbk)"
  expect 6 "$rehome" rollback run --keep-changed
  says err 'router.pbk'
  rmdir "$(file ras/router.pbk)"
  mv hidden/router.pbk "$(file ras)"
  untouched
  expect 0 "$rehome" rollback run --keep-changed
  assert_kept
}

test_a_default_and_its_exceptions() {
  used
  expect 0 "$rehome" rollback run --discard-changed --keep "HKLM\\SYSTEM$parameters\\Ours" --json
  jq -e '[.kept[].path] == ["HKLM\\SYSTEM\\ControlSet001\\Services\\RasMan\\Parameters\\Ours"]' out >/dev/null
  settings "$(hive EDGE02.before SYSTEM)" | sed '/Parameters\tOurs\t/d' >expected
  settings "$(hive EDGE02 SYSTEM)" | sed '/Parameters\tOurs\t/d' | diff expected -
  value "$parameters" Ours | grep -q 9
  for name in dns/example.dns ras/router.pbk ras/old.dat config/SOFTWARE; do
    same "$(file $name)" "$(file $name EDGE02.before)"
  done
}

# answer LETTER: a rollback at a terminal, and what it says there.
answer() {
  python3 - "$rehome" "$1" <<'PY' >terminal
import os, pty, sys
asked = False
def read(fd):
    global asked
    data = os.read(fd, 4096)
    if b"[s]top?" in data and not asked:
        asked = True
        os.write(fd, sys.argv[2].encode() + b"\n")
    return data
status = pty.spawn([sys.argv[1], "rollback", "run"], read)
sys.exit(os.waitstatus_to_exitcode(status))
PY
}

test_a_terminal_is_asked_once() {
  need python3
  used
  expect 5 answer s
  says terminal 'Services\Added'
  says terminal '[k]eep, [d]iscard, [s]top?'
  untouched
  expect 0 answer k
  assert_kept
}

test_a_terminal_discards() {
  need python3
  used
  expect 0 answer d
  bytes EDGE02.before >before
  bytes EDGE02 | diff before -
}

test_what_others_put_into_keys_and_folders_of_the_run() {
  used
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters\Made\Deep]
"Foreign"="hunter3"
REG
  mkdir "$(file made/sub)"
  printf theirs >"$(file made/sub/two.txt)"
  cp -Rp EDGE02 copy
  cp -Rp run run.copy
  expect 0 "$rehome" rollback run --dry-run --json
  jq -e '.undecided == 7' out >/dev/null
  # Nobody has said that this is no secret.
  grep -q hunter3 out && fail "a value of others is shown"
  expect 0 "$rehome" rollback run --keep-changed
  says out 'made/sub/two.txt'
  settings "$(hive EDGE02 SYSTEM)" | grep '^V.*Made.Deep' | cut -f3 >names
  [ "$(cat names)" = Foreign ]
  [ ! -e "$(file made/one.txt)" ]
  [ "$(cat "$(file made/sub/two.txt)")" = theirs ]

  rm -rf EDGE02 run
  mv copy EDGE02
  mv run.copy run
  expect 0 "$rehome" rollback run --discard-changed
  bytes EDGE02.before >before
  bytes EDGE02 | diff before -
  [ "$(cat run/Windows%2FSystem32%2Fmade%2Fsub%2Ftwo.txt.changed)" = theirs ]
}

test_what_is_as_before_again_needs_no_choice() {
  used
  rm -rf EDGE02 run
  cp -Rp EDGE02.before EDGE02
  migrate
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"Ours"=dword:00000001
REG
  expect 0 "$rehome" rollback run --dry-run --json
  jq -e '.undecided == 0 and [.changed[].choice] == ["as-before"]' out >/dev/null
  expect 0 "$rehome" rollback run
  says out 'is as it was before.'
  settings "$(hive EDGE02.before SYSTEM)" >expected
  settings "$(hive EDGE02 SYSTEM)" | diff expected -
}

test_with_nothing_changed_since_all_is_exact() {
  used
  rm -rf EDGE02 run
  cp -Rp EDGE02.before EDGE02
  migrate
  exactly EDGE02.before >before
  expect 0 "$rehome" rollback run --dry-run --json
  jq -e '.changed == [] and (.restores | length) > 9' out >/dev/null
  expect 0 "$rehome" rollback run
  exactly EDGE02 | diff before -
}

run_tests
