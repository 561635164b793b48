#!/bin/sh
# Nasty surroundings: names that terminals obey, devices, pipes, closed streams, limits, playbooks
# that give anything but what they should. Nothing hangs, nothing is lost, nothing is left over.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# small NAME STEPS...: a playbook in the folder mine that reads and writes one key.
small() {
  mkdir -p "mine/$1"
  { cat <<LUA; cat; echo '} }'; } >"mine/$1/playbook.lua"
return playbook { id = "$1", title = "Small", version = "1.0",
  reads = { registry = { [[HKLM\SYSTEM\CurrentControlSet\Services\Small]] } },
  writes = { registry = { [[HKLM\SYSTEM\CurrentControlSet\Services\Small]] } }, steps = {
LUA
}

# with_small: both servers and the playbook "small", which copies one value.
with_small() {
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Small]
"Number"=dword:00000007
REG
  small small <<'LUA'
settings "all" { guide = "XX-MIG-01", key = [[HKLM\SYSTEM\CurrentControlSet\Services\Small]], migrate "*" },
LUA
}
machines="--playbook-path mine --source EDGE01 --destination EDGE02"
plan() { "$rehome" plan $machines "$@" small; }

utf16() { printf "$1" | iconv -f UTF-8 -t UTF-16LE | od -An -v -tx1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//'; }
internet='HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\{3D8C2F10-5B7A-4E31-9C44-7A1E0B5D2F61}\Connection'

# no_sequences FILE...: no byte of theirs is one that a terminal obeys (C0, DEL, C1, direction).
no_sequences() {
  LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$@" && fail "control characters in: $*"
  return 0
}

test_names_that_a_terminal_would_obey() {
  use_servers
  change EDGE01 SYSTEM <<REG
[$internet]
"Name"=hex(1):$(utf16 '\033[31mEVIL\302\2332J\342\200\256\nrehome: forged'),00,00
REG
  expect 0 "$rehome" inventory EDGE01
  says out '\x1B[31mEVIL\x9B2J\u202E'
  no_sequences out err
  grep -q '^rehome:' out && fail "a name stands where rehome's own words do"
  expect 1 "$rehome" inventory "$(printf '\033[2J\377nowhere')"
  says err '\x1B[2J\xFFnowhere'
  no_sequences out err
  expect 0 "$rehome" inventory EDGE01 --json
  jq -r '.interfaces[].name' out | grep -q EVIL
}

test_unpaired_surrogates_lose_no_interface() {
  with_small
  change EDGE01 SYSTEM <<REG
[$internet]
"Name"=hex(1):62,00,61,00,00,d8,64,00,00,00
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Small]
"Text"=hex(1):62,00,61,00,00,d8,64,00,00,00
REG
  expect 0 "$rehome" inventory EDGE01 --json
  [ "$(jq '.interfaces | length' out)" = 2 ]
  jq -r '.interfaces[].name' out | grep -qF 'ba\uD800d'
  expect 0 plan --json
  jq . out >/dev/null
}

test_a_device_path_that_no_key_can_have() {
  use_servers
  change EDGE01 SYSTEM <<REG
[$internet]
"PnpInstanceID"="PCI\\\\$(printf 'x%.0s' $(seq 300))"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Enum\\PCI]
REG
  expect 0 "$rehome" inventory EDGE01 --json
  [ "$(jq '.interfaces | length' out)" = 2 ]
}

test_what_is_no_file_is_not_replaced() {
  with_small
  use_key
  mkfifo pipe
  mkdir folder
  ln -s /dev/null link
  for target in pipe folder link; do
    expect 1 plan --output "$target" --overwrite
    says err "rehome: $target: is a"
    expect 1 "$rehome" export --playbook-path mine --source EDGE01 --store "$target" --overwrite --recipient "$recipient" small
    says err "rehome: $target: is a"
    expect 1 "$rehome" hive export "$(hive EDGE01 SYSTEM)" Select --output "$target" --overwrite
    says err "rehome: $target: is a"
  done
  [ -p pipe ] && [ -d folder ] && [ -L link ]
  ls -A . folder | grep 'rehome-' && fail "something was left over"
  return 0
}

test_errors_name_the_file_that_was_given() {
  with_small
  expect 1 plan --output nowhere/x.plan
  says err "rehome: nowhere/x.plan: cannot make the file"
  grep -q 'rehome-' err && fail "an error names a temporary file: $(cat err)"
  [ "$(wc -l <err)" = 2 ] || fail "no remedy: $(cat err)"
}

test_a_pipe_in_place_of_a_hive() {
  mkfifo pipe
  expect 1 timeout 20 "$rehome" hive info pipe
  says err "pipe: is not a regular file"
}

test_links_and_pipes_are_not_copied_into_an_image() {
  mkdir -p text/files
  mkfifo text/files/pipe
  expect 1 timeout 20 "$rehome" image build text --output image
  says err "text/files/pipe: is a link or a device"
  rm text/files/pipe
  ln -s . text/files/loop
  expect 1 timeout 20 "$rehome" image build text --output image
  says err "text/files/loop: is a link or a device"
  [ ! -e image ] || fail "half an image was left"
}

test_a_slash_at_the_end() {
  with_small
  expect 0 "$rehome" migrate --playbook-path mine --source EDGE01/ --destination EDGE02/ small
  [ -e EDGE02.run/journal.jsonl ] || fail "the run is not in EDGE02.run: $(ls -A)"
  expect 0 "$rehome" playbook new new/relay/
  [ -e new/relay/playbook.lua ]
}

test_a_secret_in_place_of_its_file_is_not_told() {
  for option in "--passphrase hunter2" "--passphrase=hunter2" "--secret=hunter2"; do
    expect 2 "$rehome" store inspect x $option
    says err "there is no option '--"
    grep -q hunter2 err out && fail "the secret is told: $(cat err)"
  done
  expect 2 "$rehome" store inspect --unattended -Zq
  says err "there is no option '-Z' here"
}

test_options_may_stand_anywhere() {
  use_servers
  expect 0 env POSIXLY_CORRECT=1 "$rehome" inventory EDGE01 --unattended
  expect 1 "$rehome" inventory -- --json
  says err "--json: there is no such folder"
}

test_answers_and_times() {
  with_small
  for text in '[1]' '{"x":null}' '{"x":[1]}' '{"x"' ''; do
    printf '%s' "$text" >answers
    expect 2 plan --answers answers
    says err "rehome: answers: "
    grep -q 'line -1' err && fail "a line that does not exist: $(cat err)"
  done
  for time in 2026-02-29 2026-1-1 ' 2026-01-01' 2026-01-01T-1:00:00Z 2026-01-01T12:00:00 2026-13-01 x; do
    expect 2 plan --time "$time"
    says err "is not a time"
  done
  expect 0 plan --time 2024-02-29
  expect 2 "$rehome" hive import "$(hive EDGE01 SYSTEM)" x.reg --code-page latin
}

test_a_store_is_no_destination() {
  with_small
  use_key
  "$rehome" export --playbook-path mine --source EDGE01 --store e.rehome --recipient "$recipient" small >/dev/null
  expect 2 "$rehome" plan --playbook-path mine --source EDGE01 --destination e.rehome --identity key.txt small
  says err "only read"
}

test_closed_streams() {
  use_servers
  echo 'Windows Registry Editor Version 5.00' >x.reg
  echo '[HKEY_LOCAL_MACHINE\SYSTEM\Small]' >>x.reg
  "$rehome" hive import new x.reg --create <&- >&- 2>&- && fail "nobody was told, and all is said to be well"
  [ ! -e new ] || fail "something was done that nobody would be told of"
  code=0
  "$rehome" inventory EDGE01 --json >&- 2>err || code=$?
  [ $code -eq 1 ]
  says err "standard output"
}

test_a_limit_on_file_sizes() {
  with_small
  use_key
  plan --output p.plan >/dev/null
  "$rehome" export --playbook-path mine --source EDGE01 --store e.rehome --recipient "$recipient" small >/dev/null
  fingerprint EDGE02 >before
  for command in "plan $machines --output big.plan small" "apply p.plan --playbook-path mine" \
    "export --playbook-path mine --source EDGE01 --store big.rehome --recipient $recipient small" \
    "store extract e.rehome --identity key.txt --output extracted" \
    "image build $root/examples/vpn-server/EDGE01 --output image"; do
    code=0
    (ulimit -f 4 && exec "$rehome" $command) 2>&1 >/dev/null | cat >err || code=$?
    says err "ulimit -f"
  done
  fingerprint EDGE02 | cmp before -
  for name in big.plan p.plan.run big.rehome extracted image; do
    [ ! -e "$name" ] || fail "$name was left"
  done
}

test_one_key_pair_for_one_name() {
  for i in 1 2 3 4 5 6; do
    ("$rehome" keygen --output key.txt >"out$i" 2>/dev/null && echo made >"made$i") &
  done
  wait
  [ "$(cat made* | wc -l)" = 1 ] || fail "$(cat made* | wc -l) keys were made in one file"
  recipient=$(sed -n 's/^# recipient: //p' key.txt)
  cat out* | grep -qx "$recipient"
}

# refuses CODE TEXT: a plan with the playbook "bad" ends so.
refuses() {
  expect "$1" timeout 60 "$rehome" plan $machines bad
  says err "$2"
  [ "$(grep -c '^rehome:' err)" = 1 ] || fail "not one error: $(cat err)"
  no_sequences out err
}

test_playbooks_that_give_nonsense() {
  with_small
  for value in true 42 'function() end' '{}' false 'nil, 1'; do
    printf '%s\n' "check \"c\" { guide = \"XX-CHK-01\", title = \"t\", severity = \"block\", problem = function() return $value end }" | small bad
    refuses 1 "bad/c: "
  done
  printf '%s\n' 'manual "m" { guide = "XX-POST-01", on = "people", phase = "after", text = function() return {} end }' | small bad
  refuses 1 "bad/m: text gives a table"
  for value in '{}' 'setmetatable({}, { __tostring = function() return 1 end })' 'nil' 'print' '{ message = print }'; do
    printf '%s\n' "step \"s\" { guide = \"XX-MIG-01\", title = \"t\", run = function() error($value) end }" | small bad
    refuses 1 "bad/playbook.lua:4"
  done
  printf '%s\n' 'step "s" { guide = "XX-MIG-01", title = "t", run = function() error("\27[2J\nrehome: forged", 0) end }' | small bad
  refuses 1 '\x1B[2J'
  printf '%s\n' 'step "s" { guide = "XX-MIG-01", title = "t", run = function(ctx) ctx:note({}) end }' | small bad
  refuses 1 'note: a text expected'
  printf '%s\n' 'step "s" { guide = "XX-MIG-01", title = "t", run = function(ctx) ctx.map[1].source = nil end }' | small bad
  refuses 1 'read-only'
  printf '%s\n' 'step "s" { guide = "XX-MIG-01", title = "t", run = function() print("\27[2Jx\nrehome: forged") end }' | small bad
  expect 0 "$rehome" plan $machines bad
  no_sequences out err
}

# Whatever it raises: the command failed, and nothing else.
test_a_playbook_chooses_no_exit_code() {
  with_small
  for code in ok end argument sealed stale blocked locked differs interrupted stopped 7; do
    printf '%s\n' "step \"s\" { guide = \"XX-MIG-01\", title = \"t\", run = function()
      error({ code = \"$code\", exit = 0, status = 3, exit_code = 9, message = \"mine\" }) end }" | small bad
    refuses 1 "mine"
  done
  for call in 'os.exit(0)' 'ctx.source:get("nonsense", "x")' 'ctx:refuse("none", "x")' \
    'assert(false, { code = "stale", message = "m" })'; do
    printf '%s\n' "step \"s\" { guide = \"XX-MIG-01\", title = \"t\", run = function(ctx) $call end }" | small bad
    expect 1 "$rehome" plan $machines bad
  done
}

# A private file is private by what it is: by its name wherever it lies, by its content, by whose second name it is.
test_private_files_are_for_no_playbook() {
  with_small
  use_key
  for server in EDGE01 EDGE02; do
    cd $server
    mkdir -p Windows/NTDS Windows/repair Windows/Panther Windows.old/Windows/System32/config Backup/RegBack Users/a \
      ProgramData/Microsoft/Crypto/RSA/MachineKeys ProgramData/Microsoft/Crypto/Keys ProgramData/Microsoft/Protect/S-1 \
      HarddiskVolumeShadowCopy1/Windows/System32/config Windows/System32/ras
    for file in Windows/System32/config/SAM Windows/NTDS/ntds.dit Windows/NTDS/edb.log Windows/repair/sam \
      Windows.old/Windows/System32/config/SECURITY Backup/RegBack/SYSTEM Backup/ntds.dit Backup/sam.bak \
      HarddiskVolumeShadowCopy1/Windows/System32/config/SAM Users/a/NTUSER.DAT Users/a/ntuser.dat.LOG1 \
      ProgramData/Microsoft/Crypto/RSA/MachineKeys/key ProgramData/Microsoft/Crypto/Keys/key \
      ProgramData/Microsoft/Protect/S-1/key Windows/Panther/unattend.xml Backup/Unattend.xml Backup/sysprep.inf \
      Windows/MEMORY.DMP; do
      [ -e $file ] || printf 'secret' >$file
    done
    cp Windows/System32/config/SYSTEM Backup/harmless.txt
    { printf '1234\357\315\253\211'; head -c 70000 /dev/zero; printf 'hiddentable'; } >Backup/other.edb
    { printf '1234\357\315\253\211'; head -c 70000 /dev/zero; printf 'ServerTable'; } >Backup/dhcp.mdb
    ln Windows/System32/config/SAM Backup/second.txt
    ln ProgramData/Microsoft/Crypto/Keys/key Backup/third.txt
    printf 'open' >Backup/open.txt
    ln Backup/open.txt Backup/open2.txt
    cd ..
  done
  cat >EDGE01.paths <<'PATHS'
Windows/System32/config/SAM
windows\SYSTEM32\Config\sam
%SystemRoot%\NTDS\ntds.dit
Windows/NTDS/edb.log
Windows/repair/sam
Windows.old/Windows/System32/config/SECURITY
Backup/RegBack/SYSTEM
Backup/ntds.dit
Backup/sam.bak
HarddiskVolumeShadowCopy1/Windows/System32/config/SAM
Users/a/NTUSER.DAT
Users/a/ntuser.dat.LOG1
%ProgramData%\Microsoft\Crypto\RSA\MachineKeys\key
ProgramData/Microsoft/Crypto/Keys/key
ProgramData/Microsoft/Protect/S-1/key
Windows/Panther/unattend.xml
Backup/Unattend.xml
Backup/sysprep.inf
Windows/MEMORY.DMP
Backup/harmless.txt
Backup/other.edb
Backup/second.txt
Backup/third.txt
PATHS
  # One playbook that may have all files: whatever it gets, or may write, it says.
  mkdir -p mine/bad
  {
    printf 'local paths = {\n'
    sed 's/.*/[[&]],/' EDGE01.paths
    cat <<'LUA'
}
return playbook { id = "bad", title = "Bad", version = "1", consults = { files = { "**" } }, writes = { files = { "**" } },
  steps = { step "s" { guide = "XX-MIG-01", title = "t", run = function(ctx)
    for _, path in ipairs(paths) do
      for _, call in ipairs { "read_file", "has_file", "write_file", "delete_file", "mark_secret_file" } do
        for _, side in ipairs { "source", "destination" } do
          local ok, problem = pcall(ctx[side][call], ctx[side], path, "x")
          if ok or problem.code ~= "access" then print("GOT", path, call, side, tostring(problem)) end
          if not ok and call == "read_file" then print(path, problem.message) end
        end
      end
    end
    for _, path in ipairs { "Backup/dhcp.mdb", "Backup/open.txt", "Backup/open2.txt" } do
      print("open", #ctx.source:read_file(path))
    end
  end } } }
LUA
  } >mine/bad/playbook.lua
  expect 0 "$rehome" plan $machines bad
  grep GOT out && fail "a playbook had a private file"
  says out "belongs to the keys and credentials that Windows protects"
  says out "belongs to the database of Active Directory"
  says out "the answers of Windows' setup"
  [ "$(grep -c '^open' out)" = 3 ]
  # And no export has them.
  while read -r path; do
    cat >mine/bad/playbook.lua <<LUA
return playbook { id = "bad", title = "Bad", version = "1", reads = { files = { [[$path]] } }, steps = {} }
LUA
    expect 2 "$rehome" export --playbook-path mine --source EDGE01 --store e.rehome --recipient "$recipient" bad
    says err "it is never captured"
    [ ! -e e.rehome ]
  done <EDGE01.paths
}

# declares NAME LUA: a playbook that shows the key Small, and does what LUA says to its declaration d, with
# OTHER, the list `later` of what its step does first, and lie(shown, own), a table that shows another one. Its
# step says what it could read and write.
declares() {
  mkdir -p "mine/$1"
  cat >"mine/$1/playbook.lua" <<LUA
local KEY, OTHER = [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\Small]], [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip]]
local later = {}
local function lie(shown, own)
  return setmetatable(own, { __index = shown, __len = function() return #shown end,
    __pairs = function() return next, shown, nil end })
end
local function probe(ctx)
  for _, change in ipairs(later) do pcall(change, ctx) end
  for _, key in ipairs { KEY, KEY .. [[\\Sub]], KEY .. "2", OTHER, OTHER .. [[\\Parameters]], [[HKLM\\SYSTEM\\CurrentControlSet\\Services]] } do
    if pcall(ctx.source.get, ctx.source, key, "Number") then print("read " .. key) end
    if pcall(ctx.destination.set, ctx.destination, key, "Hostile", "dword", 1) then print("write " .. key) end
  end
  for _, file in ipairs { [[%SystemRoot%\\System32\\ras\\router.pbk]], [[%SystemRoot%\\win.ini]] } do
    if pcall(ctx.source.has_file, ctx.source, file) then print("read " .. file) end
    if pcall(ctx.destination.write_file, ctx.destination, file, "x") then print("write " .. file) end
  end
  for _, store in ipairs { "MY", "ROOT" } do
    if pcall(ctx.source.certificates, ctx.source, store) then print("read " .. store) end
  end
  if pcall(ctx.source.accounts, ctx.source) then print("read accounts") end
end
local d = { id = "$1", title = "Hostile", version = "1.0",
  reads = { registry = { KEY } }, writes = { registry = { KEY } },
  steps = { step "probe" { guide = "XX-MIG-01", title = "t", run = probe } } }
$2
LUA
}

# What holds is what is shown: by "playbook show" beforehand, and again by its own reading of that.
test_thirty_declarations_that_lie() {
  with_small
  number=0
  shown=0
  refused=0
  while IFS= read -r case; do
    number=$((number + 1))
    declares "lie$number" "$case"
    code=0
    "$rehome" playbook show "lie$number" --playbook-path mine --json >shown 2>err || code=$?
    plan_code=0
    "$rehome" plan $machines "lie$number" >out 2>err || plan_code=$?
    if [ "$code" -ne 0 ]; then
      [ "$code" -eq 1 ] && [ "$plan_code" -eq 1 ] || fail "case $number: show ends with $code, plan with $plan_code: $case"
      grep -q '^read\|^write' out && fail "case $number was refused and ran: $case"
      refused=$((refused + 1))
    else
      [ "$plan_code" -eq 0 ] || fail "case $number: shown, but: $(cat err)"
      shown=$((shown + 1))
    fi
    [ "$code" -ne 0 ] || python3 - shown out <<'PYTHON' || fail "case $number: $case"
import json, sys
d = json.load(open(sys.argv[1]))[0]
def items(part, kind):
    scopes = d.get(part) or {}
    return [item.lower() for item in scopes.get(kind) or []]
def allows(part, what):
    what = what.lower()
    parts = [part] if part == "writes" else ["reads", "consults", "writes"]
    return any(what == key or what.startswith(key + "\\") for name in parts for key in items(name, "registry")) or \
        any(what == path for name in parts for path in items(name, "files")) or \
        part == "reads" and (what in items("reads", "certificates") + items("consults", "certificates") or
                             what == "accounts" and bool(items("reads", "accounts") + items("consults", "accounts")))
base = r"HKLM\SYSTEM\CurrentControlSet\Services"
probes = [base + end for end in (r"\Small", r"\Small\Sub", r"\Small2", r"\Tcpip", r"\Tcpip\Parameters", "")]
files = [r"%SystemRoot%\System32\ras\router.pbk", r"%SystemRoot%\win.ini"]
wanted = {"read " + p for p in probes + files + ["MY", "ROOT", "accounts"] if allows("reads", p)}
wanted |= {"write " + p for p in probes + files if allows("writes", p)}
got = {line.rstrip("\n") for line in open(sys.argv[2]) if line.startswith(("read ", "write "))}
if wanted != got or not got:
    sys.exit("shown %s\nholds %s" % (sorted(wanted), sorted(got)))
PYTHON
  done <<'CASES'
d.reads = lie({ registry = { KEY } }, { registry = { OTHER } }) return playbook(d)
d.writes = lie({ registry = { KEY } }, { registry = { OTHER } }) return playbook(d)
d.consults = lie({}, { registry = { OTHER } }) return playbook(d)
d.reads.registry = lie({ KEY }, { OTHER }) return playbook(d)
d.writes.registry = lie({ KEY }, { OTHER }) return playbook(d)
d.reads.files = lie({}, { [[%SystemRoot%\win.ini]] }) return playbook(d)
d.reads.certificates = lie({}, { "MY" }) return playbook(d)
d.reads.accounts = lie({}, { "users" }) return playbook(d)
setmetatable(d, { __index = { consults = { registry = { OTHER } } } }) return playbook(d)
setmetatable(d, { __metatable = false, __index = { consults = { registry = { OTHER } } } }) return playbook(d)
d.steps = setmetatable({}, { __index = d.steps }) return playbook(d)
d.params = setmetatable({}, { __index = function() d.reads.registry[2] = OTHER end }) return playbook(d)
local p = playbook(d) d.reads.registry[2] = OTHER d.writes.registry[2] = OTHER return p
local p = playbook(d) d.reads = { registry = { OTHER } } return p
local p = playbook(d) d.consults = { registry = { OTHER } } return p
local p = playbook(d) pcall(function() p.reads.registry[2] = OTHER end) return p
local p = playbook(d) pcall(function() p.writes = { registry = { OTHER } } end) return p
local p = playbook(d) pcall(rawset, p, "reads", { registry = { OTHER } }) return p
local p = playbook(d) pcall(setmetatable, p, { __index = { reads = { registry = { OTHER } } } }) return p
local p = playbook(d) pcall(table.insert, p.reads.registry, OTHER) return p
later[1] = function() d.reads.registry[2] = OTHER d.writes.registry[2] = OTHER end return playbook(d)
later[1] = function() d.reads, d.writes = { registry = { OTHER } }, { registry = { OTHER } } end return playbook(d)
later[1] = function(ctx) ctx.playbook = "small" ctx.params = { reads = OTHER } end return playbook(d)
later[1] = function(ctx) ctx.source = ctx.destination end return playbook(d)
later[1] = function(ctx) ctx.source.reads = { registry = { OTHER } } end return playbook(d)
local p = playbook(d) later[1] = function() p.reads.registry[1] = OTHER end return p
local p = playbook(d) d.reads.registry[1] = OTHER local q = playbook(d) return p, q
local p = playbook(d) d.reads.registry[2] = OTHER return playbook(d)
d.reads.registry = { KEY, [2] = OTHER } return playbook(d)
d.reads.registry = { KEY, [3] = OTHER } return playbook(d)
d.reads.registry = { KEY, hidden = OTHER } return playbook(d)
d.consults = { registry = { OTHER } } d.reads.files = { [[%SystemRoot%\win.ini]] } d.reads.accounts = { "groups" } return playbook(d)
d.READS = { registry = { OTHER } } return playbook(d)
d.reads.registry = { KEY:upper() } d.reads.certificates = { "my" } return playbook(d)
return setmetatable({ reads = { registry = { OTHER } } }, { __index = playbook(d) })
local n = 0 string.lower = function() return OTHER end return playbook(d)
CASES
  [ "$number" -ge 30 ] && [ "$shown" -ge 12 ] && [ "$refused" -ge 12 ] || fail "$number cases, $shown shown, $refused refused"
}

test_a_broken_playbook_hides_no_other() {
  with_small
  for value in '{ message = print }' 'setmetatable({}, { __index = error, __tostring = error })' 'nil' '"\27[2J"'; do
    mkdir -p mine/bad
    printf '%s\n' "error($value)" >mine/bad/playbook.lua
    expect 0 "$rehome" playbook list --playbook-path mine
    says out "small "
    says out "bad "
    no_sequences out err
    expect 0 "$rehome" inventory EDGE01 --playbook-path mine
    says out "small "
  done
  printf 'return playbook { id = "bad", title = "t", version = "1", present = function() error({}) end, steps = {} }\n' >mine/bad/playbook.lua
  expect 0 "$rehome" inventory EDGE01 --playbook-path mine
  says out "small "
}

# json CODE COMMAND...: with --json the command ends so and prints one JSON document, whatever happens.
json() {
  wanted=$1
  shift
  expect "$wanted" "$@" --json
  [ "$(jq -s length out)" = 1 ] || fail "not one JSON document: $* --json
$(cat out err)"
}

test_names_that_are_no_unicode_leave_json_whole() {
  with_small
  name=$(printf 'n\377m')
  expect 0 "$rehome" migrate $machines --run run small
  cp -R run "$name"
  for run in run "$name"; do
    json 0 "$rehome" status "$run"
    json 0 "$rehome" manual "$run"
    json 0 "$rehome" log verify "$run"
    json 0 "$rehome" manual "$run" --output "$run.md"
    json 0 "$rehome" report "$run" --output "$run.html"
  done
  jq -e '.report == "n\\xFFm.html"' out >/dev/null
  says "$name.html" 'n\xFFm'
}

test_usage_errors_are_json_too() {
  json 2 "$rehome" nosuch
  json 2 "$rehome" log
  json 2 "$rehome" log nosuch
  json 2 "$rehome" hive info --nosuch
  json 2 "$rehome" status
  expect 2 "$rehome" hive
  says err "rehome hive info"
  expect 0 "$rehome" hive --help
  says out "rehome hive info"
}

run_tests
