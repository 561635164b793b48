#!/bin/sh
# Files as editors save them: marks of the encoding, line ends, UTF-16.
. "$(dirname "$0")/../harness.sh"

# A machine, a key, and a store that is sealed for it.
use_store() {
  if [ ! -d "$work/sealed" ]; then
    mkdir "$work/sealed"
    "$rehome" image build "$root/examples/vpn-server/EDGE01" --output "$work/sealed/EDGE01" >/dev/null
    "$rehome" keygen --output "$work/sealed/key.txt" >/dev/null 2>&1
    recipient=$(sed -n 's/^# recipient: //p' "$work/sealed/key.txt")
    "$rehome" export --source "$work/sealed/EDGE01" --store "$work/sealed/edge.rehome" --recipient "$recipient" nps \
      >/dev/null 2>&1
  fi
  cp -R "$work/sealed/." .
}

test_an_identity_file_as_notepad_saves_it() {
  use_store
  { printf '\357\273\277' && cat key.txt; } >marked.txt
  sed 's/$/\r/' marked.txt >both.txt
  sed 's/$/\r/' key.txt >lines.txt
  for file in key marked lines both; do
    expect 0 "$rehome" store verify edge.rehome --identity $file.txt
  done
  iconv -f utf-8 -t utf-16 key.txt >wide.txt
  expect 2 "$rehome" store verify edge.rehome --identity wide.txt
  says err "wide.txt: is UTF-16"
  ! grep -q AGE-SECRET err || fail "the key is told"
}

run_tests
