# Sourced after harness.sh: the example servers, made once a test file, copied into each test.

# use_servers: EDGE01 and EDGE02 as images in the current folder.
use_servers() {
  if [ ! -d "$work/servers" ]; then
    mkdir "$work/making"
    cp -R "$root/examples/vpn-server" "$work/making/text"
    sh "$root/examples/vpn-server/certificates.sh" "$work/making/text" >/dev/null 2>&1
    for server in EDGE01 EDGE02; do
      "$rehome" image build "$work/making/text/$server" --output "$work/making/$server" --time 2020-01-01 >/dev/null
    done
    mv "$work/making" "$work/servers"
  fi
  cp -R "$work/servers/EDGE01" "$work/servers/EDGE02" .
}

# use_roles: EDGE01 with several roles, EDGE02 and RADIUS02 to take them, and the answers of who knows the servers.
use_roles() {
  if [ ! -d "$work/roles" ]; then
    sh "$root/examples/several-roles/machines.sh" "$work/text" >/dev/null 2>&1
    mkdir "$work/roles.making"
    for server in EDGE01 EDGE02 RADIUS02; do
      "$rehome" image build "$work/text/$server" --output "$work/roles.making/$server" --time 2020-01-01 >/dev/null
    done
    cp "$root/examples/several-roles/answers.json" "$work/roles.making"
    mv "$work/roles.making" "$work/roles"
  fi
  cp -R "$work/roles/." .
}

# A key pair: key.txt, and the recipient in $recipient.
use_key() {
  "$rehome" keygen --output key.txt >/dev/null
  recipient=$(sed -n 's/^# recipient: //p' key.txt)
}

# change IMAGE HIVE TEXT: applies lines of .reg text, keys from the hive's root on.
change() {
  { printf 'Windows Registry Editor Version 5.00\n\n'; cat; } >change.reg
  "$rehome" hive import "$1/Windows/System32/config/$2" change.reg \
    --prefix "HKEY_LOCAL_MACHINE\\$2" >/dev/null
  rm -f change.reg "$1/Windows/System32/config/$2.previous"
}

hive() { echo "$1/Windows/System32/config/$2"; }

# fingerprint FOLDER: names and digests of all files.
fingerprint() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum); }

# use_pair SOURCE NAME BUILD: the source, and the destination "new" with that system.
use_pair() {
  need jq
  use_servers
  [ -d "$1" ] || "$rehome" image build "$root/examples/sources/$1" --output "$1" --time 2020-01-01 >/dev/null
  mv EDGE02 new
  [ "$3" = 9200 ] && return
  change new SOFTWARE <<REG
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"ProductName"="$2 Standard"
"CurrentVersion"="6.3"
"CurrentBuildNumber"="$3"
REG
  # Preferences in the form of 2012 R2 and newer: local 1, RIP 120.
  change new SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess\RouterManagers\Ip]
"GlobalInfo"=hex:01,00,00,00,58,00,00,00,02,00,00,00,03,00,ff,ff,08,00,00,00,\
  01,00,00,00,30,00,00,00,17,00,ff,ff,1c,00,00,00,01,00,00,00,38,00,00,00,00,\
  00,00,00,00,00,00,00,01,00,00,00,02,00,00,00,02,00,00,00,00,00,00,00,01,00,\
  00,00,08,00,00,00,00,00,00,00,78,00,00,00,00,00,00,00
REG
}
