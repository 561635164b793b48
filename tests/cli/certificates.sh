#!/bin/sh
# Certificates as files: without one a manual step, with it an import at the first start; what is wrong with a file.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

password='Tp5w Jx8c Lr3m'

# use_files: EDGE01 with its certificate for SSTP, EDGE02 without it; vpn.pfx with it, and others.
use_files() {
  need openssl
  if [ ! -d "$work/files" ]; then
    cp -R "$root/examples/vpn-server" "$work/text"
    sed "s|^trap .*|trap 'cp \"\$work\"/*.key \"\$work\"/*.cer $work/text; rm -rf \"\$work\"' EXIT|" \
      "$root/examples/vpn-server/certificates.sh" >"$work/make.sh"
    sh "$work/make.sh" "$work/text" >/dev/null 2>&1
    rm -r "$work/text/EDGE02/certificates/MY"
    mkdir "$work/files"
    for server in EDGE01 EDGE02; do
      "$rehome" image build "$work/text/$server" --output "$work/files/$server" --time 2020-01-01 >/dev/null
    done
    (
      cd "$work/files"
      printf '%s\n' "$password" >password
      cp "$work/text/vpn.cer" "$work/text/vpn.key" .
      openssl pkcs12 -export -inkey vpn.key -in vpn.cer -certfile "$work/text/ca.cer" -legacy -macalg sha1 \
        -passout file:password -out vpn.pfx 2>/dev/null
      openssl pkcs12 -export -nokeys -in vpn.cer -passout file:password -out no-key.pfx
      openssl pkcs12 -export -inkey "$work/text/ca.key" -in "$work/text/ca.cer" -passout pass:other -out other.pfx
      openssl pkcs12 -export -inkey vpn.key -in vpn.cer -passout pass: -out open.pfx
    )
  fi
  cp -R "$work/files/." .
  thumbprint=$(openssl x509 -in vpn.cer -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')
}

plan_with() {
  wanted=$1
  shift
  expect "$wanted" "$rehome" plan --source EDGE01 --destination EDGE02 --unattended "$@" remote-access
}

test_without_a_file_a_manual_step_names_the_certificate() {
  use_files
  plan_with 0 --output edge.plan
  jq -r '.manual[] | select(.id == "shared/import-certificates") | .text, .details[]' edge.plan >text
  for word in "$thumbprint" "CN=vpn.example.com" "Personal" "--certificate FILE" "valid until"; do says text "$word"; done
  [ "$(jq '[.deferred[] | select(.id | startswith("rehome/import"))] | length' edge.plan)" = 0 ]
  [ "$(jq '.request.certificates | length' edge.plan)" = 0 ]
  jq -e '.verdicts[] | select(.name == "SHA256CertificateHash") | .verdict == "defaulted"' edge.plan >/dev/null
}

test_with_the_file_it_is_imported_at_the_first_start() {
  use_files
  need jq
  plan_with 0 --certificate vpn.pfx --certificate-password-file password --output edge.plan
  [ "$(jq '[.manual[] | select(.id == "shared/import-certificates")] | length' edge.plan)" = 0 ] || fail "asked again"
  jq -e '.verdicts[] | select(.name == "SHA256CertificateHash") | .verdict == "migrated"' edge.plan >/dev/null
  [ "$(jq -r '.request.certificates[0].certificate.thumbprint' edge.plan)" = "$thumbprint" ]
  [ "$(jq -r '.request.certificates[0].sha256' edge.plan)" = "$(sha256sum <vpn.pfx | cut -d' ' -f1)" ]
  [ "$(jq -r '.request.certificates[0].chain | length' edge.plan)" = 1 ]
  expect 3 "$rehome" apply edge.plan --accept-warnings
  says out "nothing is left to change"
  says edge.plan.run/first-start.ps1 "$thumbprint"
  says edge.plan.run/first-start.ps1 "$(sha256sum <vpn.pfx | cut -d' ' -f1 | tr a-f A-F)"
  grep -nE "^Add-Action" edge.plan.run/first-start.ps1 | head -n 1 >first
  says first "rehome/import-"
  says edge.plan.run/first-start-undo.ps1 "-DeleteKey"
  # The destination's own hive says what SSTP will use; the store itself has nothing that lacks its key.
  "$rehome" hive get "$(hive EDGE02 SYSTEM)" 'ControlSet001\Services\SstpSvc\Parameters' SHA1CertificateHash >value
  grep -qi "$thumbprint" value || fail "$(cat value)"
  "$rehome" hive list "$(hive EDGE02 SOFTWARE)" | grep "MY.Certificates.$thumbprint" && fail "it was placed without a key"
  expect 0 "$rehome" verify edge.plan.run
  expect 0 "$rehome" rollback edge.plan.run
}

# The destination is a Server 2012; OpenSSL encrypts with AES and SHA-256 unless it is told otherwise.
test_a_file_that_the_destination_cannot_open_is_told() {
  use_files
  openssl pkcs12 -export -inkey vpn.key -in vpn.cer -passout file:password -out aes.pfx
  openssl pkcs12 -export -inkey vpn.key -in vpn.cer -legacy -macalg sha256 -passout file:password -out mac.pfx
  for file in aes mac; do
    plan_with 0 --certificate $file.pfx --certificate-password-file password --output $file.plan
    says out "$file.pfx: encrypted with AES and SHA-256, which Windows Server 2012 cannot open"
    jq -r '.checks[] | select(.id == "certificate-files") | .severity, .hint' $file.plan >said
    says said warn
    says said TripleDES_SHA1
    expect 5 "$rehome" apply $file.plan --unattended
  done
  plan_with 0 --certificate vpn.pfx --certificate-password-file password --output edge.plan
  [ "$(jq '[.checks[] | select(.id == "certificate-files")] | length' edge.plan)" = 0 ] || fail "told of a usable file"
}

test_in_one_go() {
  use_files
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings --unattended \
    --certificate vpn.pfx --certificate-password-file password remote-access
  says run/first-start.ps1 "$thumbprint"
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --unattended \
    --certificate vpn.pfx --certificate-password-file password remote-access
}

test_what_is_wrong_with_a_file_is_one_error() {
  use_files
  echo "$password." >wrong
  plan_with 8 --certificate vpn.pfx --certificate-password-file wrong --output edge.plan
  [ "$(grep -c . err)" = 2 ] || fail "not an error and its remedy: $(cat err)"
  says err "vpn.pfx: the password does not fit"
  grep -F -- "$password" err && fail "the password is in the error"
  [ ! -e edge.plan ]
  plan_with 8 --certificate vpn.pfx
  says err "--certificate-password-file"
  head -c 1000 vpn.pfx >cut.pfx
  plan_with 1 --certificate cut.pfx --certificate-password-file password
  says err "is no PKCS#12 file, or a damaged one"
  plan_with 1 --certificate no-key.pfx --certificate-password-file password
  says err "it holds no private key"
  plan_with 1 --certificate absent.pfx --certificate-password-file password
  says err "absent.pfx"
  plan_with 2 --certificate-password-file password
  says err "--certificate FILE"
  says "$root/docs/command-line.md" "certificate file"
}

test_passwords_a_line_each_or_one_for_all() {
  use_files
  printf '%s\r\nother\n' "$password" >two
  plan_with 0 --certificate vpn.pfx --certificate other.pfx --certificate-password-file two
  plan_with 8 --certificate other.pfx --certificate vpn.pfx --certificate-password-file two
  plan_with 8 --certificate vpn.pfx --certificate other.pfx --certificate-password-file password
  says err "other.pfx"
  plan_with 2 --certificate vpn.pfx --certificate-password-file two
  says err "has 2 lines for 1 certificate files"
  plan_with 2 --certificate vpn.pfx --certificate vpn.pfx --certificate-password-file password
  says err "and so does"
  # A file without a password needs none.
  plan_with 0 --certificate open.pfx
  expect 2 "$rehome" plan --source EDGE01 --destination EDGE02 --certificate vpn.pfx --certificate-password "$password" remote-access
  grep -F -- "$password" err && fail "the password is in the error"
  return 0
}

test_a_mark_of_the_encoding_is_none_of_the_password() {
  use_files
  printf '\357\273\277%s\r\n' "$(cat password)" >marked
  plan_with 0 --certificate vpn.pfx --certificate-password-file marked --output edge.plan
  printf '\377\376a\0' >sixteen
  plan_with 2 --certificate vpn.pfx --certificate-password-file sixteen --output other.plan
  says err "is UTF-16"
}

test_the_plan_is_bound_to_the_file() {
  use_files
  plan_with 0 --certificate vpn.pfx --certificate-password-file password --output edge.plan
  fingerprint EDGE02 >before
  mv vpn.pfx kept.pfx
  expect 4 "$rehome" apply edge.plan --accept-warnings
  says err "vpn.pfx"
  cp open.pfx vpn.pfx
  expect 4 "$rehome" apply edge.plan --accept-warnings
  fingerprint EDGE02 | cmp before -
  mv kept.pfx vpn.pfx
  expect 3 "$rehome" apply edge.plan --accept-warnings
}

run_tests
