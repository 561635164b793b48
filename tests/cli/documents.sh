#!/bin/sh
# Commands and examples in the documents, run as they stand there.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

# fenced DOCUMENT KIND: the lines of its fenced blocks of that kind.
fenced() { awk -v open="^\`\`\`$2\$" '/^```/ { inside = !inside && $0 ~ open; next } inside' "$root/docs/$1"; }

test_store_format_commands() {
  need age
  need zstd
  use_servers
  use_key
  "$rehome" export --source EDGE01 --store STORE --recipient "$recipient" remote-access >/dev/null
  mv key.txt KEY
  mkdir FOLDER
  fenced store-format.md '' | grep '^age' | sed 's/   .*//' >script
  [ "$(wc -l <script)" -eq 3 ] || fail "the document's commands were not found"
  sh -e script >out 2>err || fail "$(cat err)"
  says out "manifest.xml"
  says out "urn:rehome:manifest:1"
  [ -f FOLDER/Windows/System32/config/SYSTEM ] || fail "not everything was unpacked"
}

test_manifest_example_fits_the_schema() {
  need xmllint
  fenced store-format.md xml >example.xml
  [ -s example.xml ] || fail "the document's example was not found"
  xmllint --noout --relaxng "$root/docs/manifest.rng" example.xml
}

test_plan_format_commands() {
  need jq
  use_servers
  "$rehome" migrate --source EDGE01 --destination EDGE02 --run run remote-access >/dev/null || [ $? -eq 3 ]
  cd run
  fenced plan-format.md sh >../script
  [ "$(wc -l <../script)" -ge 4 ] || fail "the document's commands were not found"
  sh -e ../script >../out 2>../err || fail "$(cat ../err)"
  cd ..
  says out "set-value"
  says out "Windows/System32/config/SYSTEM"
  # The last command prints the digest of the first record, and what the second says it is.
  tail -n 2 out | sed 's/ .*//' | uniq >digests
  [ "$(wc -l <digests)" -eq 1 ] || fail "$(tail -n 2 out)"
  command=$(sed -n 's/.*`\(jq -cjS[^`]*\)`.*/\1/p' "$root/docs/plan-format.md" | sed 's/\\|/|/g')
  (cd run && sh -c "$command") | sed 's/ .*//' >id
  [ "$(cat id)" = "$(jq -r .id run/plan.json)" ] || fail "the id is not what the document says"
}

test_map_example() {
  use_servers
  fenced command-line.md '' >map
  [ "$(grep -c = map)" -eq 3 ] || fail "the document's example was not found"
  # Its interfaces do not exist here: it is read, and the first of them is missed.
  expect 2 "$rehome" map EDGE01 EDGE02 --map map
  says err "Ethernet"
}

test_every_word_of_the_engine_is_in_the_document() {
  sed -n 's/.* name = "\([a-z_]*\)".*/\1/p' "$root"/stdlib/engine/declare/*_word*.lua >words
  [ "$(wc -l <words)" -ge 15 ] || fail "the engine's words were not found"
  while read -r word; do
    grep -qw "$word" "$root/docs/playbooks.md" || fail "the word $word is not in the document"
  done <words
}

run_tests
