#!/bin/sh
# A file server with fixed addresses moves to another machine, and back. hivexsh looks at the result.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../file_servers.sh"

# of KEY NAME: a value of the destination, as hivexget reads it.
of() { hivexget NEW/Windows/System32/config/SYSTEM "\\ControlSet001\\Services\\$1" "$2"; }

test_the_inventory_names_what_fits() {
  use_file_servers
  expect 0 "$rehome" inventory OLD --json
  jq -e '.playbooks | map({(.id): .}) | add | .["file-shares"].present and .["ip-configuration"].present' out >/dev/null
  says out "shares: 2"
  expect 0 "$rehome" inventory NEW --json
  jq -e '.playbooks[] | select(.id == "file-shares") | .present | not' out >/dev/null
}

test_a_drive_that_is_missing_blocks() {
  use_file_servers
  expect 5 "$rehome" plan --source OLD --destination NEW file-shares
  says out "D: (Data)"
  expect 5 "$rehome" plan --source OLD --destination NEW --param folders=D:=F: file-shares
  expect 0 "$rehome" plan --source OLD --destination NEW --param folders=D:=E: file-shares
}

test_there_and_back() {
  need hivexget
  use_file_servers
  find NEW -type f -exec sha256sum {} + | LC_ALL=C sort >before
  listing NEW/Windows/System32/config/SYSTEM >listing.before
  expect 3 "$rehome" migrate --source OLD --destination NEW --run run --accept-warnings \
    --param takes_over_name=yes --param hosts_files=carry --param folders=D:=E: \
    --param group_sids=$account=S-1-5-32-545 file-shares ip-configuration
  says out "planned again: nothing is left to change"
  for text in '\\OLD\D$\Data" "E:\Data" /E /COPYALL' "'LAN': 192.0.2.10" 'Printbrm.exe'; do says out "$text"; done
  [ "$(jq -r '[.playbooks[].id] | join(" ")' run/plan.json)" = "ip-configuration file-shares" ]
  all_judged run/plan.json

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
  use_file_servers
  expect 3 "$rehome" migrate --source OLD --destination NEW --run run --accept-warnings --param takes_over_name=yes \
    --param folders=D:=E: --param 'ipv6_addresses=LAN=2001:db8::5/64' file-shares ip-configuration
  for file in run/first-start.ps1 run/first-start-undo.ps1; do
    for pair in '{ }' '( )'; do
      [ "$(tr -cd "${pair% *}" <$file | wc -c)" = "$(tr -cd "${pair#* }" <$file | wc -c)" ] || fail "$file: $pair"
    done
  done
}

test_a_store_is_a_source_as_well() {
  use_file_servers
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
