#!/bin/sh
# What a playbook says of the guide it follows: the table of the README, and the table of releases.
. "$(dirname "$0")/../harness.sh"

# The rows of README.md: an item of the guide, and the steps that have it or the reason why none does.
rows='.[0] as $p | $p.guide[] | . as $i | [$p.steps[] | select(.guide | index($i.id)) | .id] as $s
  | "| \($i.id) | \($i.item) | \(if $s | length > 0 then $s | join(", ") else $i.why end) |"'

guided() {
  for folder in "$root"/playbooks/*/; do
    [ ! -f "$folder/guide.lua" ] || basename "$folder"
  done
}

test_readme_has_the_table_of_the_playbook() {
  need jq
  for id in $(guided); do
    "$rehome" playbook show "$id" --json 2>/dev/null | jq -r "$rows" >expected
    [ -s expected ] || fail "$id: no items"
    grep -E '^\| [A-Z]+-[A-Z]+(-[0-9a-z]+)? \|' "$root/playbooks/$id/README.md" >found || true
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
      awk 'NR == FNR { rows = rows $0 "\n"; next }
        /^\| [A-Z]+-[A-Z]+(-[0-9a-z]+)? \|/ { printf "%s", rows; rows = ""; next } { print }' \
        expected "$root/playbooks/$id/README.md" >new && cp new "$root/playbooks/$id/README.md"
    else
      diff -u found expected || fail "the README of $id is behind: UPDATE_GOLDEN=1 sh tests/cli/guide.sh"
    fi
  done
}

test_each_item_has_a_step_or_a_reason_and_not_both() {
  need jq
  for id in $(guided); do
    "$rehome" playbook show "$id" --json 2>/dev/null >shown
    jq -r '.[0] as $p | ([$p.steps[].guide[]] | unique) as $s | $p.guide[] | .id as $i
      | select((($s | index($i)) != null) == (.why != null) or (.why != null and (.why | length) < 20)) | $i' shown >wrong
    [ ! -s wrong ] || fail "$id: neither or both, or no real reason: $(cat wrong)"
    jq -r '.[0] as $p | ([$p.steps[].guide[]] | unique) - [$p.guide[].id] | .[]' shown >unknown
    [ ! -s unknown ] || fail "$id: steps name what is not in the list: $(cat unknown)"
    jq -r '.[0].guide[].id' shown | sort | uniq -d >twice
    [ ! -s twice ] || fail "$id: twice in the list: $(cat twice)"
  done
}

test_compat_prints_the_table_of_releases() {
  expect 0 "$rehome" playbook show remote-access --compat
  grep -E '^RA-GAP-02 +SSTP ports +enable-default( +as-is\*){7} +Ports$' out
  grep -E '^Id +Item +2003 +2008 +2008r2 +2012 +2012r2 +2016 +2019 +2022 +Where$' out
  grep -E '^Id +Item +2012 +2012r2 +2016 +2019 +2022 +2025 +Where$' out
  [ "$(grep -c '^RA-GAP-' out)" = 14 ] || fail "rows are missing: $(cat out)"
  grep -qE '^sstp +the certificate is chosen' out
}

test_compat_as_json() {
  need jq
  expect 0 "$rehome" playbook show remote-access --compat --json
  [ "$(jq -r '.[0].compat[0].rows[] | select(.id == "RA-GAP-12").cells[0]' out)" = parameter ]
}

test_compat_of_a_playbook_without_the_table() {
  mkdir mine
  "$rehome" playbook new mine/plain >/dev/null
  expect 2 "$rehome" playbook show plain --compat --playbook-path mine
  says err "no such table"
}

test_a_row_that_lacks_a_cell() {
  mkdir -p mine/bad
  cat >mine/bad/playbook.lua <<'LUA'
return playbook { id = "bad", title = "Bad", version = "1", steps = {}, compat = {
  { title = "By release", columns = { "2003", "2012" }, rows = {
    { id = "XX-GAP-01", item = "Something", where = "Somewhere", cells = { "default" } } } } } }
LUA
  expect 1 "$rehome" playbook lint bad --playbook-path mine
  says err "XX-GAP-01 has 1 cells for 2 columns"
}

run_tests
