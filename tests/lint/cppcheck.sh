#!/bin/sh
# Has cppcheck look at the host as a whole, also for functions that nothing calls; or at the files named.
#
#     tests/lint/cppcheck.sh [FILE...]
set -u
cd "$(dirname "$0")/../.." || exit 1
look="cppcheck --quiet --std=c11 --error-exitcode=1 --suppressions-list=tests/lint/cppcheck.txt -I host"
# base/status.h shows an analyser of this name which code an error has.
look="$look -D__clang_analyzer__"
# shellcheck disable=SC2086 # words
if [ $# -gt 0 ]; then
  $look --enable=warning,performance,portability "$@"
else
  $look --enable=warning,performance,portability,unusedFunction host
fi
