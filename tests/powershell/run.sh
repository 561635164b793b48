#!/bin/sh
# Scripts of the first start, run by PowerShell 7 in the bench: sh tests/powershell/run.sh PART...
# Parts: run, guards, hostile, once, fail, end. Of calls that fail and steps behind which all ends the last three take
# one in $STRIDE, beginning as $REHOME_SEED (1) says; STRIDE=1 takes all.
# The scripts are those of the examples and of all playbooks' tests.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
. "$(dirname "$0")/../file_servers.sh"
. "$(dirname "$0")/prepare.sh"
tools=$(cd "$(dirname "$rehome")/tests" && pwd)

# keep NAME PLAN FILE...: the scripts of a plan, with files that lie beside them.
keep() {
  mkdir -p "$scripts/$1"
  "$tools/first_start_of" "$2" "$scripts/$1"
  [ $# -lt 3 ] || cp "$3" "$4" "$scripts/$1/"
}

plan() {
  name=$1 source=$2 destination=$3
  shift 3
  "$rehome" plan --source "$source" --destination "$destination" --time 2030-01-01 --output "$name.plan" "$@" >out 2>err ||
    fail "planning $name: $(cat out err)"
}

example() {
  for server in "$2" "$3"; do
    "$rehome" image build "$root/examples/$1/$server" --output "$server" --time 2020-01-01 >/dev/null
  done
}

collect_examples() {
  use_roles
  plan roles EDGE01 EDGE02 --answers answers.json remote-access nps dhcp-server file-shares ip-configuration \
    local-accounts certificates
  keep roles roles.plan
  example dhcp-dns-server INFRA01 INFRA02
  plan dhcp-dns INFRA01 INFRA02 dhcp-server dns-server
  keep dhcp-dns dhcp-dns.plan
  use_file_servers
  plan files OLD NEW --param takes_over_name=yes --param hosts_files=carry --param folders=D:=E: \
    --param group_sids="$account"=S-1-5-32-545 file-shares ip-configuration
  keep files files.plan
  rm -rf EDGE01 EDGE02
  use_servers
  plan vpn EDGE01 EDGE02 remote-access
  keep vpn vpn.plan
  plan once EDGE01 EDGE02 --first-start run-once remote-access
  keep once once.plan
}

# Accounts whose names mean something to PowerShell.
collect_hostile() {
  use_servers
  python3 "$here/hostile.py" "$scripts/hostile.json" accounts.json
  for server in EDGE01 EDGE02; do
    mkdir -p made
    python3 "$root/tests/make_sam.py" <accounts.json >made/SAM.reg
    rm -rf made.image
    "$rehome" image build made --output made.image --time 2020-01-01 >/dev/null
    cp made.image/Windows/System32/config/SAM "$(hive $server SAM)"
    echo '{"sid": "S-1-5-21-5-6-7"}' >accounts.json
  done
  plan hostile EDGE01 EDGE02 local-accounts
  keep hostile hostile.plan
}

# What playbooks' tests plan: their files run with a few words in front, which print the plans.
collect_playbooks() {
  cp -R "$root/playbooks" mine
  for file in mine/*/tests/*.lua; do
    { tr '\n' ' ' <"$here/collect.lua"; cat "$file"; } >one && mv one "$file"
  done
  for playbook in mine/*/tests; do
    playbook=$(basename "$(dirname "$playbook")")
    # Whether they pass is asked elsewhere; a copy may read less than what comes with rehome.
    "$rehome" playbook test --playbook-path mine "$playbook" >said 2>&1 || grep -q "passed, " said || fail "$(cat said)"
    sed -n 's/^@@//p' said | LC_ALL=C sort -u | split -l 1 -a 3 -d - "plans.$playbook."
  done
  for one in plans.*; do keep "${one#plans.}" "$one"; done
}

find_powershell || { echo "ok - scripts of the first start # SKIP neither PowerShell 7 nor the .NET SDK is here"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts=${SCRIPTS:-$work/scripts}
mkdir "$scripts" "$work/first" "$work/second" "$work/third"
set -e
(cd "$work/first" && collect_examples)
(cd "$work/second" && collect_playbooks)
(cd "$work/third" && collect_hostile)
# As many parts at a time as there are processors; what one prints stays together.
export pwsh here scripts work POWERSHELL_TELEMETRY_OPTOUT=1
# shellcheck disable=SC2016 # for the inner shell
[ $# -eq 0 ] || printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c '
  "$pwsh" -NoProfile -NonInteractive -File "$here/test.ps1" "$scripts" {} "${STRIDE:-5}" "${REHOME_SEED:-1}" >"$work/{}.tap" 2>&1 ||
    grep -q "^not ok" "$work/{}.tap" || echo "not ok - part {} ended early" >>"$work/{}.tap"
  cat "$work/{}.tap"'
! grep -q '^not ok' "$work"/*.tap 2>/dev/null
