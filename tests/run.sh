#!/bin/sh
# Runs everything: formatting, lint, both compilers, and all tests with the sanitizers.
#
#     sh tests/run.sh            all of it
#     sh tests/run.sh cli        only the groups named: lint unit spec cli oracle fuzz
#
# Prints TAP lines and ends with "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/prepare.sh

prepare test || exit 1
groups=${*:-lint unit spec cli oracle fuzz}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# group NAME COMMAND...: runs one program that prints TAP; dying without a "not ok" counts as one.
group() {
  group=$1
  shift
  part=$(mktemp)
  "$@" >"$part" 2>&1
  code=$?
  # cmocka writes a skipped test as "not ok 3 # SKIP name".
  sed -i 's/^not ok \(.*# SKIP\)/ok \1/' "$part"
  [ $code -eq 0 ] || grep -q '^not ok' "$part" || echo "not ok - $group ended with code $code" >>"$part"
  if grep -q '^not ok' "$part"; then cat "$part"; else grep -E '# SKIP|^skipped:' "$part"; fi
  echo "# $group: $(grep '^ok' "$part" | grep -vc '# SKIP') ok"
  cat "$part" >>"$log"
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

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export CMOCKA_MESSAGE_OUTPUT=TAP
one "gcc builds without a warning" build_preset release | tee -a "$log"
one "clang builds without a warning" build_preset clang | tee -a "$log"
one "the sanitizers' build" build_preset asan | tee -a "$log"
# Torture preloads a library, which the sanitizers do not like: it takes a plain build.
export REHOME_PLAIN=$PWD/build/clang

for name in $groups; do
  case $name in
    lint) group lint lint ;;
    unit) for test in build/asan/tests/test_*; do [ -x "$test" ] && group "unit $(basename "$test")" "$test"; done ;;
    spec) group spec spec ;;
    cli | oracle)
      for test in tests/"$name"/*.sh; do
        REHOME=$PWD/build/asan/rehome group "$name $(basename "$test" .sh)" sh "$test"
      done
      ;;
    fuzz)
      for corpus in tests/fuzz/corpus/*; do
        parser=$(basename "$corpus")
        group "fuzz $parser" one "fuzz corpus $parser" "build/asan/tests/fuzz_$parser" "$corpus"
      done
      ;;
    *)
      echo "there is no group '$name'" >&2
      exit 2
      ;;
  esac
done

skipped=$(grep -c '^ok.*# SKIP' "$log")
passed=$(($(grep -c '^ok' "$log") - skipped))
failed=$(grep -c '^not ok' "$log")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
