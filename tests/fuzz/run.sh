#!/bin/sh
# Fuzzes one parser with clang's libFuzzer: sh tests/fuzz/run.sh NAME SECONDS FOLDER
set -eu
[ $# -eq 3 ] || { echo "usage: sh tests/fuzz/run.sh NAME SECONDS FOLDER" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$3/corpus"
folder=$(cd "$3" && pwd)
cmake -S "$root" -B "$folder/build" -DREHOME_FUZZ=ON -DREHOME_SANITIZE=ON -DCMAKE_C_COMPILER=clang \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-g -O1"
cmake --build "$folder/build" --target "fuzz_$1"
cd "$folder"
# Between two inputs Lua's heap is not the same; looking for leaks each time would take all the time.
[ ! -f "$root/tests/fuzz/$1.lua" ] || set -- "$@" -detect_leaks=0
name=$1 seconds=$2
shift 3
exec "build/tests/fuzz_$name" "$@" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
  corpus "$root/tests/fuzz/corpus/$name"
