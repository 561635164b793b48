#!/bin/sh
# Every hive and log of the collection under every command that reads: none of them is touched.
. "$(dirname "$0")/../harness.sh"

# run CODES COMMAND...: ends with one of the codes, as sound, damaged and refused files have it.
run() {
  codes=$1
  shift
  code=0
  "$rehome" hive "$@" >out 2>err || code=$?
  case " $codes " in *" $code "*) ;; *) fail "exit code $code: hive $*: $(head -c 2000 err)" ;; esac
  [ "$code" -eq 0 ] || [ -s err ] || [ -s out ] || fail "no word: hive $*"
}

# read_all GROUP CODES: what lies in a group of the collection, logs beside their hives, without
# permission to write. The last two commands write elsewhere.
read_all() {
  need_data
  mkdir files made
  for packed in "$data/$1"/* "$data/$1"/*/*; do
    [ -f "$packed" ] || continue
    folder=files/$(dirname "${packed#"$data"/}")
    mkdir -p "$folder"
    case $packed in
      *.xz) xz -dc "$packed" >"$folder/$(basename "$packed" .xz)" ;;
      *) cp "$packed" "$folder" ;;
    esac
  done
  find files -type f -exec chmod 400 {} + -exec sha256sum {} + >before
  find files -printf '%p %M %T@\n' | LC_ALL=C sort >times
  count=0
  while read -r _ file; do
    case $file in *.LOG*) continue ;; esac
    for command in info list check export; do run "$2" $command "$file"; done
    run "$2" info "$file" --force-logs --json
    run "$2" diff "$file" "$file"
    run "$2" recover "$file" --output made/hive --overwrite --accept-dirty
    run "$2" rebuild "$file" --output made/hive --overwrite
    count=$((count + 1))
  done <before
  [ $count -ge "$3" ] || fail "only $count files"
  sha256sum --quiet -c before
  find files -printf '%p %M %T@\n' | LC_ALL=C sort | cmp - times
}

test_sound() { read_all hives 0 13; }
# 6: check tells that the one without logs was not closed cleanly.
test_dirty() { read_all dirty '0 6' 4; }
# 1: a key with a NUL in its name cannot be exported.
test_made_for_tests() { read_all synthetic '0 1' 14; }
# 1: refused, 6: read as far as it goes.
test_damaged() { read_all corrupt '0 1 6' 11; }

run_tests
