#!/bin/sh
# What the destination of every example holds after its migration, byte for byte: a change of the language, of a rule
# or of the engine that is not meant to change that cannot do so unseen.
#
# golden/destinations.txt has a digest of each hive's listing, without last-write times, of each other file, and of
# what the first start runs. To see a difference: KEEP=FOLDER keeps the listings themselves, of two programs to
# compare. When it is right:
#     UPDATE_GOLDEN=1 sh tests/cli/destinations.sh
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../file_servers.sh"
golden=$here/golden/destinations.txt

# The examples' certificates are made anew for each run: what holds one, or its thumbprint, is told as that of a side.
without_certificates() {
  while IFS= read -r line; do
    case $line in
      *SystemCertificates* | *CertificateHash* | *SslCertHash*)
        data=${line##*	}
        if grep -qF "$data" source.listing; then
          printf '%s\tas on the source\n' "${line%	*	*}"
        elif grep -qF "$data" destination.listing; then
          printf '%s\tas it was on the destination\n' "${line%	*	*}"
        else
          printf '%s\n' "$line"
        fi
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done | sed -E 's/\b[0-9A-F]{40}\b/THUMBPRINT/g'
}

hives_of() { (cd "$1" && find Windows/System32/config -type f ! -name '*.*' | LC_ALL=C sort); }
listings() { for hive in $(hives_of "$1"); do listing "$1/$hive"; done; }

# The third field of a key's line is its last-write time.
plain() { awk -F '\t' -v OFS='\t' '$1 == "K" { $3 = "" } { print }'; }

# tell NAME DESTINATION RUN: the digests, as lines of the golden file.
tell() {
  mkdir -p kept
  for hive in $(hives_of "$2"); do
    listing "$2/$hive" | plain | without_certificates | LC_ALL=C sort >"kept/$1.$(basename "$hive")"
  done
  jq -r '.deferred[] | "\(.id)\n\(.run)\n\(.undo)"' "$3/plan.json" | sed -E 's/\b[0-9A-Fa-f]{40}\b/THUMBPRINT/g' \
    >"kept/$1.first-start"
  (
    cd kept
    sha256sum "$1".*
  ) | sed 's/  / /'
  (
    cd "$2"
    find . -type f ! -path './Windows/System32/config/*' | LC_ALL=C sort | xargs -r sha256sum
  ) | sed "s|  \./| $1 |"
  [ -z "${KEEP:-}" ] || { mkdir -p "$KEEP" && cp kept/* "$KEEP"; }
}

# arrives NAME SOURCE DESTINATION ARGUMENT...: migrates, and compares the lines of NAME with the golden file.
arrives() {
  name=$1 source=$2 destination=$3
  shift 3
  need jq
  listings "$source" >source.listing
  listings "$destination" >destination.listing
  expect 3 "$rehome" migrate --source "$source" --destination "$destination" --run run --time 2030-01-01 \
    --accept-warnings "$@"
  tell "$name" "$destination" run >told
  if [ -n "${UPDATE_GOLDEN:-}" ]; then
    touch "$golden"
    { grep -vE "^[0-9a-f]{64} $name[. ]" "$golden" || true; cat told; } >all
    LC_ALL=C sort -k 2 all >"$golden"
  else
    grep -E "^[0-9a-f]{64} $name[. ]" "$golden" | LC_ALL=C sort -k 2 >wanted
    LC_ALL=C sort -k 2 told | diff -u wanted - || fail "golden/destinations.txt differs for $name"
  fi
}

# vpn SOURCE NAME BUILD
vpn() {
  use_pair "$1" "$2" "$3"
  arrives "$1-to-$3" "$1" new remote-access
}

test_2003() { vpn BRANCH03 "Windows Server 2012" 9200; }
test_2003_to_newer() { vpn BRANCH03 "Windows Server 2019" 17763; }
test_2003_r2() { vpn DIAL03R2 "Windows Server 2012" 9200; }
test_2003_r2_to_newer() { vpn DIAL03R2 "Windows Server 2019" 17763; }
test_2008() { vpn ROUTE08 "Windows Server 2012" 9200; }
test_2008_to_newer() { vpn ROUTE08 "Windows Server 2019" 17763; }
test_2008_r2() { vpn EDGE01 "Windows Server 2012" 9200; }
test_2008_r2_to_newer() { vpn EDGE01 "Windows Server 2025" 26100; }
test_2012() { vpn VPN12 "Windows Server 2012" 9200; }
test_2012_to_newer() { vpn VPN12 "Windows Server 2019" 17763; }

example() {
  for server in "$2" "$3"; do
    "$rehome" image build "$root/examples/$1/$server" --output "$server" --time 2020-01-01 >/dev/null
  done
}

test_dhcp_and_dns() {
  example dhcp-dns-server INFRA01 INFRA02
  arrives dhcp-dns INFRA01 INFRA02 dhcp-server dns-server
}

test_dhcp_and_dns_under_the_same_name() {
  example dhcp-dns-server INFRA01 INFRA02
  arrives dhcp-dns-name INFRA01 INFRA02 --param takes_over_name=yes dhcp-server dns-server
}

test_nps() {
  example nps-server RADIUS01 RADIUS02
  arrives nps RADIUS01 RADIUS02 nps
}

test_several_roles() {
  use_roles
  arrives roles EDGE01 EDGE02 --answers answers.json remote-access nps dhcp-server file-shares ip-configuration \
    local-accounts certificates
}

test_file_server() {
  use_file_servers
  arrives files OLD NEW --param folders=D:=E: file-shares ip-configuration
}

test_file_server_under_the_same_name() {
  use_file_servers
  arrives files-name OLD NEW --param takes_over_name=yes --param hosts_files=carry --param folders=D:=E: \
    --param group_sids="$account"=S-1-5-32-545 file-shares ip-configuration
}

run_tests
