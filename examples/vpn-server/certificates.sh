#!/bin/sh
# Makes the certificates of the example: a small authority, and vpn.example.com signed by it.
#
#   certificates.sh FOLDER
#
# FOLDER holds copies of EDGE01 and EDGE02, and gets beside their .reg files:
#   EDGE01/certificates/   MY/vpn with a private key, and the authority in ROOT
#   EDGE01/SYSTEM-sstp.reg the certificate as the one that an administrator chose for SSTP
#   EDGE02/certificates/   the same: it was imported there beforehand (RA-MAN-03)
set -eu

if [ $# -ne 1 ]; then
  echo "usage: certificates.sh FOLDER" >&2
  exit 2
fi
out=$1
days=3650
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Configuration of our own, so that the machine's openssl.cnf adds nothing.
cat > "$work/openssl.cnf" <<'END'
[req]
distinguished_name = name
prompt = no
string_mask = utf8only
[name]
O = Example
CN = Example VPN Authority
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, 1.3.6.1.5.5.8.2.2
subjectAltName = DNS:vpn.example.com
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END

openssl req -config "$work/openssl.cnf" -x509 -newkey rsa:2048 -nodes -sha256 -days "$days" \
  -extensions authority -keyout "$work/ca.key" -out "$work/ca.cer" 2>/dev/null
openssl req -config "$work/openssl.cnf" -new -newkey rsa:2048 -nodes -sha256 \
  -subj "/O=Example/CN=vpn.example.com" -keyout "$work/vpn.key" -out "$work/vpn.csr" 2>/dev/null
openssl x509 -req -in "$work/vpn.csr" -CA "$work/ca.cer" -CAkey "$work/ca.key" -set_serial 4097 -sha256 \
  -days "$days" -extfile "$work/openssl.cnf" -extensions server -out "$work/vpn.cer" 2>/dev/null

for server in EDGE01 EDGE02; do
  mkdir -p "$out/$server/certificates/MY" "$out/$server/certificates/ROOT"
  cp "$work/ca.cer" "$out/$server/certificates/ROOT/ca.cer"
  cp "$work/vpn.cer" "$out/$server/certificates/MY/vpn.cer"
  echo "rehome-example-$server" > "$out/$server/certificates/MY/vpn.container"
done

# "AB:CD" of openssl becomes "ab,cd" of .reg text.
hash_of() {
  openssl x509 -in "$work/vpn.cer" -noout -fingerprint "$1" | sed 's/.*=//' | tr 'A-F:' 'a-f,'
}
sha1=$(hash_of -sha1)
sha256=$(hash_of -sha256)

cat > "$out/EDGE01/SYSTEM-sstp.reg" <<END
Windows Registry Editor Version 5.00

; The administrator of EDGE01 chose the certificate of vpn.example.com for SSTP.
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\SstpSvc\\Parameters]
"isHashConfiguredByAdmin"=dword:00000001
"SHA1CertificateHash"=hex:$sha1
"SHA256CertificateHash"=hex:$sha256

; SSTP has bound it to port 443 of all addresses, in http.sys.
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\HTTP\\Parameters\\SslBindingInfo\\0.0.0.0:443]
"AppId"="{ba195980-cd49-458b-9e23-c84ee0adcd75}"
"SslCertHash"=hex:$sha1
"SslCertStoreName"="MY"
END
