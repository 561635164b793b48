#!/bin/sh
# Fuzzes one parser with clang's libFuzzer: sh tests/fuzz/run.sh NAME SECONDS FOLDER
set -eu
[ $# -eq 3 ] || { echo "usage: sh tests/fuzz/run.sh NAME SECONDS FOLDER" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$3/corpus"
folder=$(cd "$3" && pwd)
sources=$(find "$root/host/base" "$root/host/registry" -name '*.c' ! -name '*_win32.c')
# shellcheck disable=SC2086 # a list of files
clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
  -I"$root/host" -o "$folder/fuzz_$1" "$root/tests/fuzz/fuzz_$1.c" $sources -lcrypto -lpthread
cd "$folder"
exec "./fuzz_$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
  corpus "$root/tests/fuzz/corpus/$1"
