#!/bin/sh
# A file server with fixed addresses moves to another machine, and back. hivexsh looks at the result.
. "$(dirname "$0")/../harness.sh"

old_card='{11111111-0000-0000-0000-000000000001}'
new_card='{22222222-0000-0000-0000-000000000001}'
account=S-1-5-21-7-8-9-1004

# utf16 TEXT: its bytes as .reg text writes them; | ends a text of a list.
utf16() { printf '%s' "$1" | iconv -f UTF-8 -t UTF-16LE | od -An -v -tx1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//; s/7c,00/00,00/g'; }

# make NAME PRODUCT VERSION BUILD CARD ADDRESS GATEWAY: a server; standard input adds to SYSTEM.
make() {
  mkdir -p "text/$1/files/Windows/System32/drivers/etc"
  printf '192.0.2.9 old-app\r\n' >"text/$1/files/Windows/System32/drivers/etc/hosts"
  [ "$1" = OLD ] || printf '# none\r\n' >"text/$1/files/Windows/System32/drivers/etc/hosts"
  cat >"text/$1/SOFTWARE.reg" <<REG
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]
"ProductName"="$2"
"CurrentVersion"="$3"
"CurrentBuildNumber"="$4"
"SystemRoot"="C:\\\\Windows"
REG
  { cat <<REG
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName]
"ComputerName"="$1"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\ProductOptions]
"ProductType"="ServerNT"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\$5\\Connection]
"Name"="LAN"
"PnpInstanceID"="PCI\\\\VEN_8086\\\\1"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\$5]
"EnableDHCP"=dword:00000000
"IPAddress"=hex(7):$(utf16 "$6||")
"SubnetMask"=hex(7):$(utf16 '255.255.255.0||')
"DefaultGateway"=hex(7):$(utf16 "$7||")
"NameServer"="192.0.2.53"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters\\PersistentRoutes]
"0.0.0.0,0.0.0.0,$7,-1"=""
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\LanmanServer]
"Start"=dword:00000002
[HKEY_LOCAL_MACHINE\\SYSTEM\\MountedDevices]
"\\\\DosDevices\\\\C:"=hex:3e,a0,be,5c,00,00,10,00,00,00,00,00
"\\\\DosDevices\\\\E:"=hex:3e,a0,be,5d,00,00,10,00,00,00,00,00
REG
    cat; } >"text/$1/SYSTEM.reg"
  "$rehome" image build "text/$1" --output "$1" --time 2020-01-01 >/dev/null
}

# Permissions by hand [MS-DTYP 2.4.6]: Everyone reads, the account of the source changes; owner Administrators.
zero=00,00,00,00
everyone=01,01,00,00,00,00,00,01,$zero
administrators=01,02,00,00,00,00,00,05,20,00,00,00,20,02,00,00
someone=01,05,00,00,00,00,00,05,15,00,00,00,07,00,00,00,08,00,00,00,09,00,00,00,ec,03,00,00
list=02,00,40,00,02,00,00,00,00,00,14,00,a9,00,12,00,$everyone,00,00,24,00,bf,01,13,00,$someone
permissions=01,00,04,80,54,00,00,00,$zero,$zero,14,00,00,00,$list,$administrators

use_servers() {
  make OLD 'Windows Server 2008 R2 Standard' 6.1 7601 "$old_card" 192.0.2.10 192.0.2.1 <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters]
"SearchList"="corp.example,example.net"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\LanmanServer\\Shares]
"Data"=hex(7):$(utf16 'CSCFlags=2048|MaxUses=4294967295|Path=D:\Data|Permissions=0|Remark=für alle|ShareName=Data|Type=0||')
"HP"=hex(7):$(utf16 'CSCFlags=0|MaxUses=4294967295|Path=HP,LocalsplOnly|Permissions=0|ShareName=HP|Type=1||')
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\LanmanServer\\Shares\\Security]
"Data"=hex:$permissions
REG
  make NEW 'Windows Server 2012 R2 Standard' 6.3 9600 "$new_card" 192.0.2.20 192.0.2.2 </dev/null
}

# of KEY NAME: a value of the destination, as hivexget reads it.
of() { hivexget NEW/Windows/System32/config/SYSTEM "\\ControlSet001\\Services\\$1" "$2"; }

test_the_inventory_names_what_fits() {
  use_servers
  expect 0 "$rehome" inventory OLD --json
  jq -e '.playbooks | map({(.id): .}) | add | .["file-shares"].present and .["ip-configuration"].present' out >/dev/null
  says out "shares: 2"
  expect 0 "$rehome" inventory NEW --json
  jq -e '.playbooks[] | select(.id == "file-shares") | .present | not' out >/dev/null
}

test_a_drive_that_is_missing_blocks() {
  use_servers
  expect 5 "$rehome" plan --source OLD --destination NEW file-shares
  says out "D: (Data)"
  expect 5 "$rehome" plan --source OLD --destination NEW --param folders=D:=F: file-shares
  expect 0 "$rehome" plan --source OLD --destination NEW --param folders=D:=E: file-shares
}

test_there_and_back() {
  need hivexget
  use_servers
  find NEW -type f -exec sha256sum {} + | LC_ALL=C sort >before
  listing NEW/Windows/System32/config/SYSTEM >listing.before
  expect 3 "$rehome" migrate --source OLD --destination NEW --run run --accept-warnings \
    --param takes_over_name=yes --param hosts_files=carry --param folders=D:=E: \
    --param group_sids=$account=S-1-5-32-545 file-shares ip-configuration
  says out "planned again: nothing is left to change"
  for text in '\\OLD\D$\Data" "E:\Data" /E /COPYALL' "'LAN': 192.0.2.10" 'Printbrm.exe'; do says out "$text"; done
  [ "$(jq -r '[.playbooks[].id] | join(" ")' run/plan.json)" = "ip-configuration file-shares" ]
  [ "$(jq '.unaccounted | length' run/plan.json)" = 0 ]

  adapter="Tcpip\\Parameters\\Interfaces\\$new_card"
  [ "$(of "$adapter" IPAddress)" = 192.0.2.10 ] || fail "$(of "$adapter" IPAddress)"
  [ "$(of "$adapter" DefaultGateway)" = 192.0.2.1 ]
  [ "$(of 'Tcpip\Parameters' SearchList)" = corp.example,example.net ]
  routes=$(hivexregedit --export NEW/Windows/System32/config/SYSTEM '\ControlSet001\Services\Tcpip\Parameters\PersistentRoutes')
  [ "$(echo "$routes" | grep -c '^"')" = 1 ]
  echo "$routes" | grep -qF '"0.0.0.0,0.0.0.0,192.0.2.1,-1"' || fail "$routes"
  printf '%s\n' CSCFlags=2048 MaxUses=4294967295 'Path=E:\Data' Permissions=0 'Remark=für alle' ShareName=Data Type=0 >wanted
  of 'LanmanServer\Shares' Data | sed '/^$/d' >share
  same wanted share
  [ "$(of 'LanmanServer\Shares' HP 2>/dev/null)" = "" ]
  # 545 (Users) in place of the account; Everyone and Administrators as they were.
  hivexregedit --export NEW/Windows/System32/config/SYSTEM '\ControlSet001\Services\LanmanServer\Shares\Security' >security
  says security "bf,01,13,00,01,02,00,00,00,00,00,05,20,00,00,00,21,02,00,00"
  says security "a9,00,12,00,$everyone"
  ! grep -qF "$someone" security || fail "$(cat security)"
  tr -d '\r' <NEW/Windows/System32/drivers/etc/hosts | tail -n 1 | grep -qx '192.0.2.9 old-app'
  says run/first-start.ps1 "'192.0.2.10/24'"
  says run/first-start-undo.ps1 "'192.0.2.20/24'"

  expect 0 "$rehome" verify run
  expect 0 "$rehome" rollback run
  find NEW -type f -exec sha256sum {} + | LC_ALL=C sort >after
  same before after
  listing NEW/Windows/System32/config/SYSTEM >listing.after
  same listing.before listing.after
}

test_windows_can_read_the_scripts() {
  use_servers
  expect 3 "$rehome" migrate --source OLD --destination NEW --run run --accept-warnings --param takes_over_name=yes \
    --param folders=D:=E: --param 'ipv6_addresses=LAN=2001:db8::5/64' file-shares ip-configuration
  for file in run/first-start.ps1 run/first-start-undo.ps1; do
    for pair in '{ }' '( )'; do
      [ "$(tr -cd "${pair% *}" <$file | wc -c)" = "$(tr -cd "${pair#* }" <$file | wc -c)" ] || fail "$file: $pair"
    done
  done
}

test_a_store_is_a_source_as_well() {
  use_servers
  "$rehome" keygen --output key.txt >/dev/null
  recipient=$(sed -n 's/^# recipient: //p' key.txt)
  expect 0 "$rehome" export --source OLD --store old.rehome --recipient "$recipient" file-shares ip-configuration
  for source in OLD old.rehome; do
    expect 0 "$rehome" plan --source $source --identity key.txt --destination NEW --output $source.plan \
      --param folders=D:=E: file-shares ip-configuration
    jq -S '.verdicts, .changes' $source.plan >$source.what
  done
  same OLD.what old.rehome.what
}

run_tests
