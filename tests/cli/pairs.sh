#!/bin/sh
# Every role from each release to newer ones: what a pair is told, in golden/pairs.txt; there and back for one. When a
# difference is right: UPDATE_GOLDEN=1 sh tests/cli/pairs.sh
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
golden=$here/golden/pairs.txt
roles="remote-access nps dhcp-server dns-server file-shares ip-configuration"

# version_of KEY: key:version:build
version_of() {
  case $1 in
    2003) echo 2003:5.2:3790 ;;
    2008) echo 2008:6.0:6002 ;;
    2008r2) echo 2008r2:6.1:7601 ;;
    2012) echo 2012:6.2:9200 ;;
    2012r2) echo 2012r2:6.3:9600 ;;
    2016) echo 2016:6.3:14393 ;;
    2019) echo 2019:6.3:17763 ;;
    2022) echo 2022:6.3:20348 ;;
    2025) echo 2025:6.3:26100 ;;
  esac
}

# become IMAGE RELEASE: key:version:build
become() {
  pack=
  case $2 in 2003:* | 2008:*) pack="Service Pack 2" ;; esac
  rest=${2#*:}
  change "$1" SOFTWARE <<REG
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"ProductName"="Windows Server ${2%%:*}"
"CSDVersion"="$pack"
"CurrentVersion"="${rest%:*}"
"CurrentBuildNumber"="${rest#*:}"
REG
}

plan() {
  # shellcheck disable=SC2086 # a list
  "$rehome" plan --source EDGE01 --destination EDGE02 --answers answers.json --output pair.plan --time 2030-01-01 \
    "$@" $roles >out 2>err || true
}

# told FROM TO: one line a role: each check of releases that says something.
told() {
  plan --json
  for role in $roles; do
    jq -r --arg pair "$1 to $2" --arg role "$role" '
      [.checks[] | select(.playbook == $role and (.ok | not)) | select(.id | IN("supported-pair", "supported-source",
        "supported-destination", "not-older", "beyond-the-guide", "old-clients", "health", "ntlm1", "old-tls",
        "short-keys", "tunnels", "last-direct-access", "internal-database"))
        | if .severity == "block" then "BLOCK " + .id else .id end] as $said
      | "\($pair) \($role): \($said | if length > 0 then join(", ") else "nothing to say" end)"' out
  done
}

# told_all DESTINATION SOURCE...
told_all() {
  become EDGE02 "$(version_of "$1")"
  to=$1
  shift
  for from in "$@"; do
    become EDGE01 "$(version_of "$from")"
    told "$from" "$to"
  done
}

# Each source to 2025; each destination from the oldest source, its own release and the one before; two that go back in
# time.
test_what_each_pair_is_told() {
  need jq
  use_roles
  {
    told_all 2012 2003 2008r2 2012 2012r2
    told_all 2012r2 2003 2012 2012r2
    told_all 2016 2003 2012r2 2016
    told_all 2019 2003 2016 2019 2022
    told_all 2025 2003 2008 2008r2 2012 2012r2 2016 2019 2022
  } >told.txt
  if [ -n "${UPDATE_GOLDEN:-}" ]; then cp told.txt "$golden"; else diff -u "$golden" told.txt; fi
}

test_there_and_back() {
  need jq
  use_roles
  become EDGE01 "$(version_of 2012r2)"
  become EDGE02 "$(version_of 2022)"
  fingerprint EDGE02 >before
  roles="remote-access nps dhcp-server file-shares ip-configuration"
  plan
  all_judged pair.plan
  expect 3 "$rehome" apply pair.plan --accept-warnings
  expect 0 "$rehome" verify pair.plan.run
  expect 0 "$rehome" rollback pair.plan.run
  fingerprint EDGE02 | cmp before -
}

run_tests
