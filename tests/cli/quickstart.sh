#!/bin/sh
# The quickstart, twice, in a copy of the sources without what was built.
. "$(dirname "$0")/../harness.sh"

test_quickstart_twice() {
  mkdir copy
  (cd "$root" && tar -cf - CMakeLists.txt CMakePresets.json host stdlib playbooks examples tests docs) | tar -xf - -C copy
  for round in first second; do
    sh copy/examples/quickstart.sh >"$round" 2>&1 || fail "$(tail -n 30 "$round")"
    grep -q " 0 differ" "$round"
    grep -q "To do by hand after the apply" "$round"
  done
  build=copy/build
  [ -x $build/rehome ]
  [ -d $build/example/EDGE02.plan.run ]
}

run_tests
