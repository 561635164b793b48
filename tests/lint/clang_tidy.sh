#!/bin/sh
# Has clang-tidy look at the host, or at the files named; .clang-tidy says for what.
#
#     tests/lint/clang_tidy.sh [FILE...]
#
# One process a file: of several files in one, it takes a va_list of the second for one not begun.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ $# -gt 0 ]; then printf '%s\0' "$@"; else find host -name '*.c' -print0; fi |
  xargs -0 -P "$(nproc)" -n 1 clang-tidy -p build/clang --config-file=.clang-tidy --quiet 2>/dev/null
