# Sourced by shell tests: runs test functions and prints TAP, as the C tests do.
#
# A test file defines functions test_NAME and ends with `run_tests`. Each runs in a subshell with an
# empty folder of its own as the current one; its first failing command fails it. `skip REASON` skips.
# REHOME_TESTS: the names of those that are run, instead of all.
# A folder outside, named in $place, goes at the end as well.

set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rehome=${REHOME:-$root/build/rehome}
data=$root/../shared/data
[ -d "$data" ] && data=$(cd "$data" && pwd)

# A test that needs real data skips, visibly, where there is none.
need_data() { [ -d "$data" ] || skip "no test data beside the checkout"; }
need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }
skip() {
  echo "SKIP $*" >&3
  exit 0
}
fail() {
  echo "$*" >&2
  exit 1
}

# expect CODE COMMAND...: the exit code is CODE; output in the files out and err.
expect() {
  wanted=$1
  shift
  code=0
  "$@" >out 2>err || code=$?
  [ "$code" -eq "$wanted" ] || fail "exit code $code, not $wanted: $*
$(cat out err)"
}

# says FILE TEXT: a fixed text stands in the file.
says() { grep -qF -- "$2" "$1" || fail "'$2' is not in $1:
$(cat "$1")"; }

# all_judged PLAN: a rule has judged every setting.
all_judged() {
  jq -e '[.verdicts[] | select(.verdict == "unjudged")] == []' "$1" >/dev/null ||
    fail "unjudged: $(jq -c '[.verdicts[] | select(.verdict == "unjudged")]' "$1")"
}

same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }

# What a test has taken and must not keep; ntfs.sh has something.
release() { :; }

# listing HIVE: the sorted listing of a hive.
listing() { "$rehome" hive list "$1" | LC_ALL=C sort; }

run_tests() {
  work=$(mktemp -d)
  # Files that a test leaves without permissions must not stop the clean-up.
  trap 'release; chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" ${place:+"$place"}' EXIT
  failed=0
  for name in ${REHOME_TESTS:-$(grep -o '^test_[A-Za-z0-9_]*()' "$0" | tr -d '()')}; do
    mkdir -p "$work/$name"
    # Not as a condition: there, set -e would have no effect.
    (
      cd "$work/$name"
      set -e
      "$name"
    ) >"$work/log" 2>&1 3>"$work/skip"
    code=$?
    release
    if [ $code -eq 0 ]; then
      if [ -s "$work/skip" ]; then
        echo "ok - $name # $(cat "$work/skip")"
      else
        echo "ok - $name"
      fi
    else
      echo "not ok - $name"
      tail -n 25 "$work/log" | sed 's/^/    /'
      failed=1
    fi
  done
  check_plans || failed=1
  exit $failed
}

# Whatever the tests left of plans is what docs/plan.schema.json says.
check_plans() {
  chmod -R u+rwX "$work" 2>/dev/null
  grep -qrs '^ "tool": "rehome",$' "$work" || return 0
  if ! python3 -c "import jsonschema" 2>/dev/null; then
    echo "ok - plans and their schema # SKIP python3-jsonschema is not installed"
  elif python3 "$root/tests/check_plans.py" "$root/docs/plan.schema.json" "$work" >"$work/log" 2>&1; then
    echo "ok - plans and their schema: $(tail -n 1 "$work/log")"
  else
    echo "not ok - plans and their schema"
    tail -n 25 "$work/log" | sed 's/^/    /'
    return 1
  fi
}
