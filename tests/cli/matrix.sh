#!/bin/sh
# All example sources to all destinations, there and back; what becomes of each setting is in golden/.
#
# A change of a rule shows here as a difference of readable text. When it is right:
#     UPDATE_GOLDEN=1 sh tests/cli/matrix.sh
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"
golden=$here/golden

# tell PLAN: what the plan decides, without what differs from run to run.
tell() {
  jq -r '
    def short: sub("^HKLM.SYSTEM.CurrentControlSet.(Services|Control).";"") | sub("^HKLM.";"");
    def because: if .why then " -- " + .why else "" end;
    "Checks that say something", (.checks[] | select(.ok | not) | "  \(.severity) \(.guide[0]): \(.message)"),
    (.steps[] as $s | "", "\($s.id): \($s.summary // $s.state)",
      (.verdicts[] | select(.step == $s.id) | "  \(.verdict): \(.path | short) \(.name // "")\(because)")),
    "", "Notes", (.notes[] | "  \(.text)"),
    "", "Steps by hand", (.manual[] | "  \(.phase) \(.on) \(.id)\(.details | map("; " + .) | add // "")")
  ' "$1" | sed -E 's/\b[0-9A-F]{40}\b/THUMBPRINT/g; s/ +$//'
}

# same_as_golden TEXT NAME
same_as_golden() {
  if [ -n "${UPDATE_GOLDEN:-}" ]; then
    cp "$1" "$golden/$2"
  else
    diff -u "$golden/$2" "$1" || fail "golden/$2 differs: look at it, then UPDATE_GOLDEN=1"
  fi
}

there_and_back() {
  fingerprint new >before
  fingerprint "$1" >source.before
  expect 0 "$rehome" plan --source "$1" --destination new --time 2030-01-01 --output new.plan remote-access
  all_judged new.plan
  [ "$(jq '.changes | length' new.plan)" -gt 8 ] || fail "hardly any changes"
  expect 3 "$rehome" apply new.plan --accept-warnings
  expect 0 "$rehome" verify new.plan.run
  expect 0 "$rehome" plan --source "$1" --destination new --json remote-access
  [ "$(jq .changes out)" = 0 ] || fail "changes are left: $(cat out)"
  expect 0 "$rehome" rollback new.plan.run
  fingerprint new | cmp before -
  fingerprint "$1" | cmp source.before -
}

# To 2012 the whole text is kept, to newer releases what differs from it: the same for all up to 2022.
to_2012() {
  use_pair "$1" "Windows Server 2012" 9200
  there_and_back "$1"
  tell new.plan >told
  same_as_golden told "$1-to-2012.txt"
}

# to_newer SOURCE NAME BUILD GOLDEN
to_newer() {
  mkdir "$3"
  (
    cd "$3"
    use_pair "$1" "$2" "$3"
    there_and_back "$1"
    tell new.plan | sed "s/$2/THE DESTINATION/" >told
    diff "$golden/$1-to-2012.txt" told | grep '^[<>]' >differences || true
    same_as_golden differences "$1-to-$4.diff"
  )
}

to_all() {
  to_newer "$1" "Windows Server 2012 R2" 9600 newer
  to_newer "$1" "Windows Server 2016" 14393 newer
  to_newer "$1" "Windows Server 2019" 17763 newer
  to_newer "$1" "Windows Server 2022" 20348 newer
  to_newer "$1" "Windows Server 2025" 26100 2025
}

test_2003_to_2012() { to_2012 BRANCH03; }
test_2003_to_newer() { to_all BRANCH03; }
test_2003_r2_to_2012() { to_2012 DIAL03R2; }
test_2003_r2_to_newer() { to_all DIAL03R2; }
test_2008_to_2012() { to_2012 ROUTE08; }
test_2008_to_newer() { to_all ROUTE08; }
test_2008_r2_to_2012() { to_2012 EDGE01; }
test_2008_r2_to_newer() { to_all EDGE01; }
test_2012_to_2012() { to_2012 VPN12; }
test_2012_to_newer() { to_all VPN12; }

run_tests
