#!/bin/sh
# Runs everything: formatting, lint, both compilers, and all tests with the sanitizers.
#
#     sh tests/run.sh            all of it
#     sh tests/run.sh cli        only the groups named: lint unit spec cli oracle fuzz
#
# Prints TAP lines and ends with "N passed, N failed, N skipped". As many programs run at a time as there are
# processors; what one prints stays together, in the order in which they end.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/prepare.sh

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export CMOCKA_MESSAGE_OUTPUT=TAP
# Torture preloads a library, which the sanitizers do not like: it takes a plain build.
export REHOME_PLAIN=$PWD/build/clang

# job NAME COMMAND: one program that prints TAP, to be run beside others.
job() { printf '%s\t%s\n' "$1" "$2" >>"$work/jobs"; }

# run_job NAME COMMAND: dying without a "not ok" counts as one.
run_job() {
  part=$(mktemp -p "$work")
  eval "$2" >"$part" 2>&1
  code=$?
  # cmocka writes a skipped test as "not ok 3 # SKIP name".
  sed -i 's/^not ok \(.*# SKIP\)/ok \1/' "$part"
  [ $code -eq 0 ] || grep -q '^not ok' "$part" || echo "not ok - $1 ended with code $code" >>"$part"
  (
    flock 9
    cat "$part" >>"$work/log"
    if grep -q '^not ok' "$part"; then cat "$part"; else grep -E '# SKIP|^skipped:' "$part"; fi
    echo "# $1: $(grep '^ok' "$part" | grep -vc '# SKIP') ok"
  ) 9>"$work/lock"
  rm -f "$part"
}

# one NAME COMMAND...: a command that is itself one test.
one() {
  label=$1
  shift
  if output=$("$@" 2>&1); then echo "ok - $label"; else
    echo "not ok - $label"
    echo "$output" | sed 's/^/    /'
    return 1
  fi
}

lint() {
  # shellcheck disable=SC2046 # file names without spaces
  one "clang-format" clang-format --dry-run -Werror $(find host tests -name '*.[ch]')
  one "luacheck" luacheck -q --no-color stdlib playbooks tests/spec tests/fuzz tests/reference.lua
}

spec() {
  build/asan/tests/run_spec tests/spec/*.lua
  for playbook in playbooks/*/; do
    name=$(basename "$playbook")
    [ -d "$playbook/tests" ] && one "playbook test $name" build/asan/rehome playbook test "$name"
  done
}

# Called by the queue below for each job.
if [ "${1:-}" = --job ]; then
  work=$2
  run_job "${3%%	*}" "${3#*	}"
  exit 0
fi

prepare test || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/jobs"
one "gcc builds without a warning" build_preset release | tee -a "$work/log"
one "clang builds without a warning" build_preset clang | tee -a "$work/log"
one "the sanitizers' build" build_preset asan | tee -a "$work/log"

for name in ${*:-cli oracle unit spec fuzz lint}; do
  case $name in
    lint | spec) job "$name" "$name" ;;
    unit) for test in build/asan/tests/test_*; do [ -x "$test" ] && job "unit $(basename "$test")" "$test"; done ;;
    cli | oracle)
      for test in tests/"$name"/*.sh; do
        job "$name $(basename "$test" .sh)" "REHOME=$PWD/build/asan/rehome sh $test"
      done
      ;;
    fuzz)
      for corpus in tests/fuzz/corpus/*; do
        parser=$(basename "$corpus")
        job "fuzz $parser" "one 'fuzz corpus $parser' build/asan/tests/fuzz_$parser $corpus"
      done
      ;;
    *)
      echo "there is no group '$name'" >&2
      exit 2
      ;;
  esac
done
xargs -d '\n' -n 1 -P "$(nproc)" sh tests/run.sh --job "$work" <"$work/jobs"

skipped=$(grep -c '^ok.*# SKIP' "$work/log")
passed=$(($(grep -c '^ok' "$work/log") - skipped))
failed=$(grep -c '^not ok' "$work/log")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
