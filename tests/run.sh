#!/bin/sh
# Runs everything: formatting, lint, both compilers, and all tests with the sanitizers.
#
#     sh tests/run.sh            all of it
#     sh tests/run.sh cli        only the groups named: lint unit spec cli oracle fuzz, and powershell, which only runs
#                                when it is named
#
# Prints TAP lines and ends with "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/prepare.sh
. tests/tap.sh

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export CMOCKA_MESSAGE_OUTPUT=TAP
# Torture preloads a library, which the sanitizers do not like: it takes a plain build.
export REHOME_PLAIN=$PWD/build/clang

lint() {
  # shellcheck disable=SC2046 # file names without spaces
  one "clang-format" clang-format --dry-run -Werror $(find host tests -name '*.[ch]')
  one "luacheck" luacheck -q --no-color stdlib playbooks tests/spec tests/fuzz tests/reference.lua
  one "host/ includes itself in its layers' direction" python3 tests/lint/includes.py
  one "what a system knows stays below base/platform.h" python3 tests/lint/system.py
  one "tables hold an item for each constant of their enumeration" python3 tests/lint/tables.py
  python3 tests/lint/faults.py
}

spec() {
  build/asan/tests/run_spec tests/spec/*.lua
  for playbook in playbooks/*/; do
    name=$(basename "$playbook")
    [ -d "$playbook/tests" ] && one "playbook test $name" build/asan/rehome playbook test "$name"
  done
}

take_job "$@"
prepare test || exit 1
begin_queue
one "gcc builds without a warning" build_preset release | tee -a "$work/log"
one "clang builds without a warning" build_preset clang | tee -a "$work/log"
one "the sanitizers' build" build_preset asan | tee -a "$work/log"

for name in ${*:-cli oracle unit spec fuzz lint}; do
  case $name in
    lint)
      job lint lint
      for check in cppcheck windows clang_tidy; do job "lint $check" "one $check sh tests/lint/$check.sh"; done
      ;;
    spec) job spec spec ;;
    unit) for test in build/asan/tests/test_*; do [ -x "$test" ] && job "unit $(basename "$test")" "$test"; done ;;
    cli | oracle)
      for test in tests/"$name"/*.sh; do
        job "$name $(basename "$test" .sh)" "REHOME=$PWD/build/asan/rehome sh $test"
      done
      ;;
    powershell) job powershell "REHOME=$PWD/build/asan/rehome sh tests/powershell/run.sh fail run once hostile guards" ;;
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
run_queue tests/run.sh
