#!/bin/sh
# Makes the text of the example: EDGE01 of the VPN example as a server of several roles, its two destinations.
#
#   machines.sh FOLDER
#
# FOLDER gets EDGE01 (VPN, NPS, DHCP, shares, local accounts), EDGE02, which takes all of it, and RADIUS02, which takes
# NPS when the roles are split. `rehome image build` makes machines of them.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: machines.sh FOLDER" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
examples=$(dirname "$here")
mkdir -p "$1"
cp -R "$examples/vpn-server/EDGE01" "$examples/vpn-server/EDGE02" "$examples/nps-server/RADIUS02" "$1"
sh "$examples/vpn-server/certificates.sh" "$1"
for server in EDGE01 EDGE02; do
  cp -R "$here/$server/." "$1/$server"
  mkdir -p "$1/$server/files/Windows/System32/ias" "$1/$server/files/Windows/System32/dhcp"
done
cp "$examples/nps-server/RADIUS01/files/Windows/System32/ias/ias.xml" "$1/EDGE01/files/Windows/System32/ias"
cp "$examples/nps-server/RADIUS02/files/Windows/System32/ias/ias.xml" "$1/EDGE02/files/Windows/System32/ias"
cp "$examples/dhcp-dns-server/INFRA01/files/Windows/System32/dhcp/rehome-export.dat" \
  "$1/EDGE01/files/Windows/System32/dhcp"
