#!/bin/sh
# Moves an example Remote Access server to another machine: all of rehome's main job in one go.
#
#     sh examples/quickstart.sh
#
# Installs what is missing, builds the program (build/rehome), makes two example servers in
# build/example from the text in examples/vpn-server, and migrates one to the other.
set -eu
cd "$(dirname "$0")/.."
. tests/prepare.sh

prepare example
build_preset release
rehome=$PWD/build/rehome

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '$ rehome %s\n' "$*"; "$rehome" "$@"; }

example=build/example
rm -rf "$example"
mkdir -p "$example"
cp -R examples/vpn-server "$example/text"

say "Two servers from text: EDGE01 (2008 R2, the old one) and EDGE02 (2012, fresh)"
sh examples/vpn-server/certificates.sh "$example/text"
cd "$example"
show image build text/EDGE01 --output EDGE01
show image build text/EDGE02 --output EDGE02

say "What is on the old server"
show inventory EDGE01

say "What stands in the way"
show check --source EDGE01 --destination EDGE02 remote-access

say "What Remote Access needs, sealed into a migration store"
show keygen --output key.txt
recipient=$(sed -n 's/^# recipient: //p' key.txt)
show export --source EDGE01 --store EDGE01.rehome --recipient "$recipient" remote-access

say "The plan: every change, and none is made yet"
show plan --source EDGE01.rehome --identity key.txt --destination EDGE02 --output EDGE02.plan remote-access

say "Applied, compared, planned again, and what is left to do by hand"
status=0
show apply EDGE02.plan --identity key.txt --accept-warnings || status=$?
# 3: done and verified, manual steps are open.
[ "$status" -eq 0 ] || [ "$status" -eq 3 ]

say "Verified once more, from the run folder alone"
show verify EDGE02.plan.run

printf '\nThe destination is in %s/EDGE02. To take it all back:\n  build/rehome rollback %s/EDGE02.plan.run\n' \
  "$example" "$example"
