#!/bin/sh
# Hives that thousands of random changes went through, as libhivex and reglookup see them.
. "$(dirname "$0")/../harness.sh"
program=$(dirname "$rehome")/tests/test_hive_random

# make_hives: hives/NAME and hives/NAME.expected, what it must hold; once for all tests.
make_hives() {
  [ -x "$program" ] || skip "$program is not built"
  [ -d "$work/hives" ] && return
  mkdir "$work/hives"
  REHOME_KEEP_HIVES=$work/hives "$program" >/dev/null 2>&1
  [ -e "$work/hives/made-3-5000" ] || fail "no hive was kept"
}

test_libhivex_sees_what_must_be_there() {
  perl -MWin::Hivex -e 1 2>/dev/null || skip "libwin-hivex-perl is not installed"
  make_hives
  for expected in "$work"/hives/*.expected; do
    perl "$here/hivex_listing.pl" "${expected%.expected}" | sed 's/^\(K\t.*\t\)[0-9]*$/\10/' | LC_ALL=C sort >theirs
    cmp theirs "$expected" || fail "$expected"
  done
}

test_reglookup_sees_what_must_be_there() {
  need reglookup
  make_hives
  for expected in "$work"/hives/*.expected; do
    case $expected in *made-4*) continue ;; esac # it knows segments from format 1.5 on
    reglookup -H "${expected%.expected}" >found 2>err
    python3 "$here/reglookup_differences.py" "$expected" <found >differences
    [ ! -s differences ] || fail "$expected: $(head -n 5 differences)"
    # Random bytes are no text, random names not ASCII, and one of the real hives has a root without
    # the root's flag; nothing else may strike it.
    ! grep -v 'could not be interpreted\|while converting\|no root key found' err || fail "$expected"
  done
}

test_rehome_sees_what_must_be_there() {
  make_hives
  for expected in "$work"/hives/*.expected; do
    listing "${expected%.expected}" | sed 's/^\(K\t.*\t\)[0-9]*$/\10/' | cmp - "$expected" || fail "$expected"
  done
}

run_tests
