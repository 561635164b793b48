#!/bin/sh
# Remote Access of real Windows systems, clients all: each block and phonebook of theirs comes back byte for byte,
# and each of their trees passes through the playbook without a setting that nobody told of.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

services='HKLM\SYSTEM\CurrentControlSet\Services'
diagnostic=reg/win7sp1-x64_ras-diagnostic-registry.reg

# use_hive NAME FILE: an image whose SYSTEM is the hive.
use_hive() {
  need_data
  mkdir -p "$1/Windows/System32/config"
  xz -dc "$data/$2" >"$(hive "$1" SYSTEM)"
}

# use_diagnostic NAME: an image of the .reg text, which has no Select and no name of the computer.
use_diagnostic() {
  need_data
  mkdir -p "$1/Windows/System32/config"
  for name in SYSTEM SOFTWARE; do
    { echo 'Windows Registry Editor Version 5.00'; awk -v key="[HKEY_LOCAL_MACHINE\\\\$name\\\\" '
      /^\[/ { on = index($0, key) == 1 } on' "$data/$diagnostic"; } >part.reg
    "$rehome" hive import "$(hive "$1" "$name")" part.reg --create --prefix "HKEY_LOCAL_MACHINE\\$name" \
      --control-set ControlSet001 >/dev/null
  done
  change "$1" SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ComputerName\ComputerName]
"ComputerName"="REPORT"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ProductOptions]
"ProductType"="WinNT"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Nls\Language]
"InstallLanguage"="0409"
REG
}

# configured IMAGE NAME VERSION BUILD: as if Remote Access were set up on it; the system is what it is.
configured() {
  printf 'Windows Registry Editor Version 5.00\n\n%s\n%s\n%s\n%s\n' \
    '[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]' \
    "\"ProductName\"=\"$2\"" "\"CurrentVersion\"=\"$3\"" "\"CurrentBuildNumber\"=\"$4\"" >software.reg
  create=--create
  [ ! -f "$(hive "$1" SOFTWARE)" ] || create=
  "$rehome" hive import "$(hive "$1" SOFTWARE)" software.reg $create --prefix 'HKEY_LOCAL_MACHINE\SOFTWARE' >/dev/null
  printf 'Windows Registry Editor Version 5.00\n\n%s\n%s\n' \
    '[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess]' '"ConfigurationFlags"=dword:00000001' >on.reg
  "$rehome" hive import "$(hive "$1" SYSTEM)" on.reg --accept-dirty --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' >/dev/null
}

# there SOURCE MAP: onto the example EDGE02, whose language and domain are made the source's.
there() {
  use_servers
  change EDGE02 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Nls\Language]
"InstallLanguage"="${language:-0409}"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Tcpip\Parameters]
"Domain"="${domain:-}"
"NV Domain"="${domain:-}"
REG
  printf "$2" >map
  fingerprint EDGE02 >before
  expect 5 "$rehome" plan --source "$1" --destination EDGE02 --map map remote-access
  says out "is not supported"
  expect 0 "$rehome" plan --source "$1" --destination EDGE02 --map map --waive remote-access/supported-source \
    --output plan remote-access
  all_judged plan
  expect 3 "$rehome" apply plan --accept-warnings
  expect 0 "$rehome" verify plan.run
  expect 0 "$rehome" plan --source "$1" --destination EDGE02 --map map --waive remote-access/supported-source \
    --json remote-access
  [ "$(jq .changes out)" = 0 ] || fail "changes are left: $(cat out)"
}

# and_back: takes the migration back.
and_back() {
  expect 0 "$rehome" rollback plan.run
  fingerprint EDGE02 | cmp before -
}

# blocks IMAGE GUID: digests of the blocks of the interface of that name.
blocks() {
  key='ControlSet001\Services\RemoteAccess\Interfaces'
  for number in 0 1 2 3 4 5 6 7 8 9 10 11 12 13; do
    "$rehome" hive get "$(hive "$1" SYSTEM)" "$key\\$number" InterfaceName --accept-dirty 2>/dev/null | grep -qi "$2" || continue
    "$rehome" hive list "$(hive "$1" SYSTEM)" "$key\\$number" --accept-dirty 2>/dev/null | grep InterfaceInfo | cut -f 2,6
  done | sed 's/.*\\//'
}

# same_blocks SOURCE GUID CONNECTION: what the interface had is what the destination's connection has now.
same_blocks() {
  guid=$("$rehome" inventory EDGE02 --json 2>/dev/null | jq -r ".interfaces[] | select(.name == \"$3\").guid")
  blocks "$1" "$2" >was
  blocks EDGE02 "$guid" >is
  [ "$(wc -l <was)" = "${4:-2}" ] || fail "the source has $(cat was)"
  same was is
}

# use_reader: a playbook that reads every block and phonebook of the source and writes each back, in memory.
use_reader() {
  mkdir -p mine/reader
  cat >mine/reader/playbook.lua <<'LUA'
local infoblock, nat, phonebook, routing = require "format.infoblock", require "format.nat", require "format.phonebook", require "format.routing"
local codecs = {}
for id, name in pairs { [0xFFFF0003] = "global_info", [0xFFFF0004] = "status", [0xFFFF0006] = "priority_info",
                        [0xFFFF0007] = "router_discovery", [0xFFFF000F] = "global_info", [0x270F] = "relay_global" } do
  codecs[id] = routing[name]
end

local function check_block(data, where)
  local block, err = infoblock.parse(data)
  if not block then error(where .. ": " .. err.message, 0) end
  if #block.warnings > 0 or infoblock.build(block) ~= data then error(where .. ": other bytes", 0) end
  for _, entry in ipairs(block.entries) do
    local name = infoblock.type_name(entry.type)
    if name:find "^0x" then error(where .. ": unknown " .. name, 0) end
    local codec = entry.type == infoblock.types.nat and nat.global or codecs[entry.type]
    if codec and #entry.data > 0 and codec.encode(assert(codec.decode(entry.data))) ~= entry.data then
      error(where .. ": other bytes in " .. name, 0)
    end
  end
end

local function walk(machine, path)
  local count = 0
  for _, value in ipairs(machine:values(path)) do
    if value.name == "InterfaceInfo" or value.name == "GlobalInfo" then
      check_block(value.raw, path)
      count = count + 1
    end
  end
  for _, name in ipairs(machine:keys(path)) do count = count + walk(machine, path .. "\\" .. name) end
  return count
end

return playbook {
  id = "reader", title = "Reader", version = "1",
  consults = { registry = { [[HKLM\SYSTEM]] }, files = { [[%SystemRoot%\System32\ras\*]] } },
  steps = {
    step "blocks" { guide = "XX-01", title = "Blocks", run = function(ctx)
      local count = 0
      for _, set in ipairs(ctx.source:keys [[HKLM\SYSTEM]]) do
        count = count + walk(ctx.source, [[HKLM\SYSTEM\]] .. set .. [[\Services\RemoteAccess]])
      end
      return "blocks " .. count
    end },
    step "phonebooks" { guide = "XX-02", title = "Phonebooks", run = function(ctx)
      local count = 0
      for _, file in ipairs(ctx.source:files [[%SystemRoot%\System32\ras]]) do
        local text = ctx.source:read_file(file)
        local book = assert(phonebook.parse(text))
        if #book.warnings > 0 or phonebook.build(book) ~= text then error(file .. ": other bytes", 0) end
        count = count + #book.entries
      end
      return "entries " .. count
    end },
  },
}
LUA
}

# read_all IMAGE: what the reader counts.
read_all() {
  expect 0 "$rehome" plan --source "$1" --destination "$1" --playbook-path mine --json reader
  jq -r '.steps[].summary' out
}

test_every_real_block_comes_back_byte_for_byte() {
  need hivexregedit
  use_reader
  use_hive W7 hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz
  use_hive W8 dirty/SYSTEM_win8_SENSEI_dirty-nolog.xz
  use_hive XP hives/SYSTEM_winxp-sp2-cs_POOKY.xz
  use_hive W10 hives/SYSTEM_win10_DESKTOP-M3OSHQU.xz
  use_diagnostic REPORT
  total=0
  for image in W7 W8 XP W10 REPORT; do
    blocks=0
    for set in ControlSet001 ControlSet002; do
      found=$(hivexregedit --export --unsafe "$(hive $image SYSTEM)" "\\$set\\Services\\RemoteAccess" 2>/dev/null |
        grep -cE '^"(Interface|Global)Info"=' || true)
      blocks=$((blocks + found))
    done
    read_all $image | grep -qx "blocks $blocks" || fail "$image: $(cat out), hivexregedit finds $blocks"
    total=$((total + blocks))
  done
  [ $total -ge 68 ] || fail "only $total blocks"
}

test_every_real_phonebook_comes_back_byte_for_byte() {
  use_servers
  use_reader
  need_data
  mkdir -p EDGE02/Windows/System32/ras
  for book in "$data"/ras/*.pbk; do
    cp "$book" EDGE02/Windows/System32/ras
  done
  entries=$(cat EDGE02/Windows/System32/ras/*.pbk | grep -c '^\[')
  [ "$entries" -ge 2 ] || fail "hardly any entry"
  read_all EDGE02 | grep -qx "entries $entries" || fail "$(cat out), not $entries"
}

test_windows_7_migrates() {
  use_hive W7 hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz
  configured W7 "Windows 7 Enterprise" 6.1 7601
  domain=shieldbase.local
  there W7 '"Local Area Connection" = Intranet\n"Local Area Connection 2" = Internet\n'
  same_blocks W7 6AAFC9A9-0542-4DB2-8760-CCFFA953737C Intranet
  same_blocks W7 698E50A9-4F58-4D86-B61D-F42E58DCACF6 Internet
  and_back
}

# Its hive was not closed cleanly, and one of its interfaces is of a card that was removed.
test_windows_8_migrates() {
  use_hive W8 dirty/SYSTEM_win8_SENSEI_dirty-nolog.xz
  configured W8 "Windows 8 Pro" 6.2 9200
  there W8 'Ethernet = Intranet\n'
  same_blocks W8 B0E24C4B-50F2-4B60-BCB3-EF2C3FF3394E Intranet
  jq -r '.notes[].text' plan | grep -q "8718928D-CBEB-45EA-A621-800A9249001D.* is not migrated: .*removed"
  and_back
}

# Czech: its loopback and internal interfaces have names of their own, and are still those of the destination.
test_windows_xp_migrates() {
  use_hive XP hives/SYSTEM_winxp-sp2-cs_POOKY.xz
  xz -dc "$data/hives/SOFTWARE_winxp-sp3_RAWR.xz" >"$(hive XP SOFTWARE)"
  configured XP "Microsoft Windows XP" 5.1 2600
  language=0405
  there XP '{390358CA-4248-4290-AE00-936587D12C58} = Internet\n'
  jq -r '.verdicts[] | select(.name == "InterfaceInfo") | "\(.verdict) \(.why)"' plan | sort | uniq -c >told
  says told "3 transformed static routes converted: 0 routes rewritten from the Windows 2003 layout"
  jq -r '.verdicts[] | select(.name == "ServerFlags") | .why' plan | grep -q "MS-CHAP (0x100) is cleared: no longer exists"
  if jq -r '.notes[].text' plan | grep -E "'(loopback|internal)' on the source"; then fail "matched by name"; fi
  and_back
}

test_the_diagnostic_report_of_windows_7_migrates() {
  use_diagnostic REPORT
  configured REPORT "Windows 7 Professional" 6.1 7601
  change REPORT SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Enum\PCI\VEN_14E4&DEV_432B&SUBSYS_008E106B&REV_01\A9464BFFFF9B002500]
REG
  there REPORT '"Wireless Network Connection" = Intranet\n'
  guid=$("$rehome" inventory REPORT --json 2>/dev/null | jq -r '.interfaces[] | select(.name == "Wireless Network Connection").guid')
  same_blocks REPORT "$guid" Intranet
  [ "$(jq -r '[.notes[].text | select(test("Interface .* is not migrated"))] | length' plan)" = 11 ]
  and_back
}

run_tests
