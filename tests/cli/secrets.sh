#!/bin/sh
# Secrets stay where the documents say that they are, readable by the owner alone.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# Sixteen signs, as long as a password of RIP can be.
rip_password=Kq7vTz2mXw9pLc4s
phonebook_secret=Hb5rNy8dQe3gUj6f
radius_secret=Ms6bZj2kTv8xRn5h
certificate_password=Jd9wXb4tPn7kFz2h
passphrase='Vw4k Zt7n Mx2c Rp9s'

plain_hex() { printf %s "$1" | od -An -tx1 -v | tr -d ' \n'; }
utf16_hex() { plain_hex "$1" | sed 's/../&00/g'; }

# found_in SECRET: the files here that hold it, as text, UTF-16 or hex of either. Servers and inputs are left out.
found_in() {
  {
    grep -rlaFi -e "$1" -e "$(plain_hex "$1")" -e "$(utf16_hex "$1")" . || true
    LC_ALL=C grep -rlaP "$(printf %s "$1" | sed 's/./&\\x00/g')" . || true
  } | grep -v -e '^./EDGE0' -e '^./inputs/' | LC_ALL=C sort -u
}

# ias_xml CLIENTS: a configuration of NPS, as short as one can be.
ias_xml() {
  cat <<XML
<?xml version="1.0"?>
<Root xmlns:dt="urn:schemas-microsoft-com:datatypes"><Children><Version name="Version" dt:dt="int">257</Version>
<Microsoft_Internet_Authentication_Service name="Microsoft_Internet_Authentication_Service"><Children>
<RadiusProfiles name="RadiusProfiles"><Children></Children></RadiusProfiles>
<NetworkPolicy name="NetworkPolicy"><Children></Children></NetworkPolicy>
<Proxy_Policies name="Proxy_Policies"><Children></Children></Proxy_Policies>
<Proxy_Profiles name="Proxy_Profiles"><Children></Children></Proxy_Profiles>
<Protocols name="Protocols"><Children><Microsoft_Radius_Protocol name="Microsoft Radius Protocol"><Children>
<Clients name="Clients"><Children>$1</Children></Clients><Vendors name="Vendors"><Children></Children></Vendors>
</Children><Properties><Component_Id dt:dt="int">1</Component_Id>
<Authentication_Port dt:dt="string">1812,1645</Authentication_Port>
<Accounting_Port dt:dt="string">1813,1646</Accounting_Port></Properties></Microsoft_Radius_Protocol></Children></Protocols>
<RequestHandlers name="RequestHandlers"><Children>
<Microsoft_Accounting name="Microsoft Accounting"><Properties></Properties></Microsoft_Accounting>
<Microsoft_NT_SAM_Authentication name="Microsoft NT SAM Authentication"><Properties>
<Allow_LM_Authentication dt:dt="boolean">1</Allow_LM_Authentication></Properties></Microsoft_NT_SAM_Authentication>
</Children></RequestHandlers><RADIUS_Server_Groups name="RADIUS_Server_Groups"><Children></Children></RADIUS_Server_Groups>
</Children><Properties></Properties></Microsoft_Internet_Authentication_Service>
<SDO_Schema name="SDO_Schema"></SDO_Schema></Children></Root>
XML
}

use_nps() {
  for server in EDGE01 EDGE02; do
    mkdir -p $server/Windows/System32/ias
    change $server SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\IAS]
"Start"=dword:00000002
REG
  done
  client='<Switch name="Switch"><Properties><IP_Address dt:dt="string">10.20.10.77</IP_Address>'
  client=$client'<Radius_Client_Enabled dt:dt="boolean">1</Radius_Client_Enabled>'
  client=$client'<Shared_Secret dt:dt="string">'$radius_secret'</Shared_Secret></Properties></Switch>'
  ias_xml "$client" >EDGE01/Windows/System32/ias/ias.xml
  ias_xml "" >EDGE02/Windows/System32/ias/ias.xml
}

# give_certificate: EDGE02 loses the certificate of SSTP, and gets it as a file with its key. The key's number d, in
# the last places of which no two keys agree, is looked for as hex.
give_certificate() {
  # grep looks at lines: a key with the byte of a line's end would not be found.
  while :; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=vpn.example.com \
      -addext extendedKeyUsage=serverAuth -keyout inputs/vpn.key -out inputs/vpn.cer 2>/dev/null
    private_key=$(openssl ec -in inputs/vpn.key -noout -text 2>/dev/null | sed -n '/^priv:/,/^pub:/p' | tr -dc '0-9a-f\n' |
      grep -v '^[a-f]*$' | tr -d '\n' | tail -c 48)
    echo "$private_key" | sed 's/../& /g' | grep -q '0a ' || break
  done
  openssl pkcs12 -export -inkey inputs/vpn.key -in inputs/vpn.cer -legacy -macalg sha1 \
    -passout "pass:$certificate_password" -out inputs/vpn.pfx 2>/dev/null
  echo "$certificate_password" >inputs/certificate-password
  [ ${#private_key} = 48 ] || fail "no private key: $private_key"
}

# A secret in every place that holds one: the password of RIP, the phonebook, the configuration of NPS, the passphrase
# and the key of a store.
plant() {
  use_servers
  use_nps
  mkdir inputs
  give_certificate
  printf '%s\n' "$passphrase" >inputs/passphrase
  "$rehome" keygen --output inputs/key.txt >/dev/null
  recipient=$(sed -n 's/^# recipient: //p' inputs/key.txt)
  sed -i "s/^CustomDialFunc=\r\{0,1\}$/CustomAuthKey=$phonebook_secret\r/" EDGE01/Windows/System32/ras/router.pbk
  grep -q "$phonebook_secret" EDGE01/Windows/System32/ras/router.pbk
  # An info block of one entry, RIP on an interface, with authentication by password.
  key=$(plain_hex "$rip_password" | sed 's/../&,/g; s/,$//')
  zeros=$(printf '00,%.0s' $(seq 1 32))
  change EDGE01 SYSTEM <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\RemoteAccess\\Interfaces\\3\\Ip]
"InterfaceInfo"=hex:01,00,00,00,78,00,00,00,01,00,00,00,08,00,00,00,54,00,00,00,01,00,00,00,20,00,00,00,00,00,00,00,00,00,00,00,01,00,00,00,00,00,00,00,03,00,00,00,03,00,00,00,01,00,00,00,b4,00,00,00,78,00,00,00,1e,00,00,00,02,00,00,00,$key,${zeros%,}
REG
}

# run NAME COMMAND...: what it says goes to NAME.out and NAME.err.
run() {
  name=$1
  shift
  code=0
  "$@" >"$name.out" 2>"$name.err" || code=$?
  [ $code -eq 0 ] || [ $code -eq 3 ] || fail "$name: exit code $code: $(cat "$name.err")"
}

everything() {
  interface='HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Interfaces'
  run inventory "$rehome" inventory EDGE01 --json
  run export "$rehome" export --source EDGE01 --store sealed.rehome --passphrase-file inputs/passphrase nps remote-access
  run export2 "$rehome" export --source EDGE01 --store keyed.rehome --recipient "$recipient" nps remote-access
  run check "$rehome" check --source keyed.rehome --identity inputs/key.txt --destination EDGE02 nps remote-access --json
  run shown "$rehome" plan --source sealed.rehome --passphrase-file inputs/passphrase --destination EDGE02 nps remote-access --details
  run json "$rehome" plan --source sealed.rehome --passphrase-file inputs/passphrase --destination EDGE02 nps remote-access --json
  run plan "$rehome" plan --source keyed.rehome --identity inputs/key.txt --destination EDGE02 --output edge.plan \
    --certificate inputs/vpn.pfx --certificate-password-file inputs/certificate-password nps remote-access
  run report "$rehome" report edge.plan --output plan.html
  run explain "$rehome" explain edge.plan "$interface\\3\\Ip\\InterfaceInfo"
  run explain2 "$rehome" explain edge.plan "$interface" --json
  run explain3 "$rehome" explain edge.plan 'C:\Windows\System32\ras\router.pbk' --json
  run explain4 "$rehome" explain edge.plan 'C:\Windows\System32\ias\ias.xml'
  run apply "$rehome" apply edge.plan --identity inputs/key.txt --accept-warnings
  run verify "$rehome" verify edge.plan.run --json
  run status "$rehome" status edge.plan.run
  run report2 "$rehome" report edge.plan.run --output run.html
  run report3 "$rehome" report edge.plan.run --output run.md
}

test_secrets_are_found_in_the_documented_files_alone() {
  plant
  everything
  for secret in "$rip_password" "$phonebook_secret" "$radius_secret"; do
    found_in "$secret" >found
    grep -v -x -e ./edge.plan -e ./edge.plan.run/plan.json -e ./edge.plan.run/journal.jsonl \
      -e './edge.plan.run/previous/.*' found >elsewhere || true
    [ ! -s elsewhere ] || fail "$secret is in $(cat elsewhere)"
    grep -qx ./edge.plan found || fail "the test finds nothing: $secret is not even in the plan"
    while read -r file; do
      [ "$(stat -c %a "$file")" = 600 ] || fail "$file can be read by others"
    done <found
    rm found elsewhere
  done
  [ "$(stat -c %a edge.plan.run)" = 700 ] || fail "the run folder is open to others"
  for file in plan.json journal.jsonl previous; do says "$root/docs/plan-format.md" "$file"; done
}

test_passphrase_and_identity_are_found_nowhere() {
  plant
  everything
  [ -z "$(found_in "$passphrase")" ] || fail "the passphrase is in $(found_in "$passphrase")"
  identity=$(grep '^AGE-SECRET-KEY-' inputs/key.txt)
  [ -z "$(found_in "$identity")" ] || fail "the identity is in $(found_in "$identity")"
}

# As its bytes or in hex; the certificate itself has to be in the plan, or nothing was looked at.
test_the_password_and_key_of_a_certificate_are_found_nowhere() {
  need openssl
  plant
  everything
  [ -z "$(found_in "$certificate_password")" ] || fail "the password is in $(found_in "$certificate_password")"
  bytes=$(printf %s "$private_key" | sed 's/../\\x&/g')
  LC_ALL=C grep -rlaP -e "$bytes" . | grep -v '^./inputs/' >found && fail "the key is in $(cat found)"
  grep -rlai -e "$private_key" . | grep -v '^./inputs/' >found && fail "the key is in $(cat found)"
  openssl pkey -in inputs/vpn.key -outform DER | LC_ALL=C grep -qaP -e "$bytes" || fail "this is not the key"
  grep -q "$(openssl x509 -in inputs/vpn.cer -outform DER | od -An -tx1 -v | tr -d ' \n')" edge.plan
  says edge.plan.run/first-start.ps1 "$(openssl x509 -in inputs/vpn.cer -noout -fingerprint | sed 's/.*=//; s/://g')"
}

# in_memory PROCESS HEX...: which of these bytes the process has in its memory, one a line.
in_memory() {
  python3 - "$@" <<'PYTHON'
import re, sys
process, wanted = sys.argv[1], [bytes.fromhex(text) for text in sys.argv[2:]]
found = set()
with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
    for line in maps:
        first, last, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
        size = int(last, 16) - int(first, 16)
        if "rw" not in rights or size > 1 << 28:  # what is larger is the sanitizers' own
            continue
        try:
            memory.seek(int(first, 16))
            data = memory.read(size)
        except (OSError, ValueError):
            continue
        found |= {secret.hex() for secret in wanted if secret in data}
print("\n".join(sorted(found)))
PYTHON
}

# The process waits, its work done, for somebody to read what it says: the certificate is in its memory, password and
# key were wiped.
test_memory_holds_neither_password_nor_key() {
  need openssl
  need python3
  plant
  thumbprint=$(openssl x509 -in inputs/vpn.cer -noout -fingerprint | sed 's/.*=//; s/://g')
  mkfifo pipe
  sleep 600 <pipe &
  reader=$!
  "$rehome" plan --source EDGE01 --destination EDGE02 --json --details --certificate inputs/vpn.pfx \
    --certificate-password-file inputs/certificate-password nps remote-access >pipe 2>/dev/null &
  process=$!
  for _ in $(seq 1 300); do
    grep -q pipe_write "/proc/$process/wchan" && break
    sleep 0.2
  done
  in_memory $process "$(plain_hex "$certificate_password")" "$(utf16_hex "$certificate_password")" "$private_key" \
    "$(plain_hex "$thumbprint")" >found || skip "the system does not let us look"
  kill $process $reader
  [ "$(cat found)" = "$(plain_hex "$thumbprint")" ] || fail "in memory: $(cat found)"
}

# A wrong passphrase, a damaged block, a plan that was altered: errors have none of it either.
test_errors_hold_no_secret() {
  plant
  everything
  printf 'Other words than these\n' >inputs/wrong
  "$rehome" plan --source sealed.rehome --passphrase-file inputs/wrong --destination EDGE02 nps remote-access >e1.out 2>e1.err && fail "opened"
  sed 's/"secret": true/"secret": false/' edge.plan >altered.plan && chmod 600 altered.plan
  "$rehome" apply altered.plan >e2.out 2>e2.err && fail "applied"
  change EDGE02 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RemoteAccess\Interfaces\3\Ip]
"InterfaceInfo"=hex:01
REG
  "$rehome" verify edge.plan.run >e3.out 2>e3.err || true
  says e3.out "InterfaceInfo"
  "$rehome" rollback edge.plan.run >e4.out 2>e4.err || true
  rm altered.plan
  for secret in "$rip_password" "$passphrase" "$phonebook_secret" "$radius_secret"; do
    found_in "$secret" | grep -e '\.out$' -e '\.err$' >found && fail "$secret is in $(cat found)"
  done
  return 0
}

# Equal secrets look equal; and the stand-in is no digest of the secret that anybody could compute.
test_a_secret_has_a_keyed_fingerprint() {
  plant
  everything
  grep -o 'REG_BINARY (secret [0-9a-f]\{8\})' explain.out | sort -u >seen
  [ "$(wc -l <seen)" = 1 ] || fail "source and destination: $(cat seen)"
  print=$(grep -o '[0-9a-f]\{8\}' seen)
  for digest in md5sum sha1sum sha256sum; do
    printf %s "$rip_password" | $digest | grep -q "$print" && fail "$digest"
  done
  ! grep -e secret_key -e '"fingerprints"' json.out || fail "--json shows what the fingerprints are made with"
}

run_tests
