#!/bin/sh
# Playbooks of a user's own beside those that come with rehome, and in place of them.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

plan() { "$rehome" plan --source EDGE01 --destination EDGE02 "$@"; }

# role FOLDER ID TITLE [FIELDS]: a playbook of one step that writes its own value.
role() {
  mkdir -p "$1/$2"
  cat >"$1/$2/playbook.lua" <<LUA
local key = [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\$2]]
return playbook {
  id = "$2", title = "$3", version = "0.7", writes = { registry = { key } }, ${4:-}
  steps = {
    step "write" { guide = "XX-IMP-01", run = function(ctx) ctx.destination:set(key, "Moved", "dword", 1) end },
  },
}
LUA
}

# digests OPTIONS: id and SHA-256 of every embedded playbook.
digests() {
  for id in $("$rehome" playbook list --json 2>/dev/null | jq -r '.[].id'); do
    "$rehome" playbook show "$id" --json "$@" 2>/dev/null | jq -r '.[0] | .id + " " + .sha256 + " " + .source'
  done
}

test_a_folder_hides_none_of_the_others() {
  need jq
  use_servers
  mkdir empty
  role mine own "My own"
  digests >plain
  [ "$(grep -c embedded plain)" -ge 8 ] || fail "$(cat plain)"
  for folder in empty mine; do
    digests --playbook-path $folder >with
    same plain with
    expect 0 "$rehome" playbook list --playbook-path $folder
    grep -v 'My own' out >list
    "$rehome" playbook list >out
    same out list
    "$rehome" inventory EDGE01 --json 2>/dev/null | jq '.playbooks' >one
    "$rehome" inventory EDGE01 --json --playbook-path $folder 2>/dev/null | jq '[.playbooks[] | select(.id != "own")]' >two
    same one two
    for id in remote-access ip-configuration; do
      expect 0 plan $id
      mv out one
      expect 0 plan --playbook-path $folder $id
      same one out
    done
    expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --playbook-path $folder remote-access
  done
  expect 1 plan --playbook-path mine remote-acess
  says err "ip-configuration, local-accounts, nps, own, remote-access; --playbook-path"
}

test_one_plan_of_own_and_embedded_ones_in_every_order() {
  need jq
  use_servers
  role mine own "My own" 'after = { "ip-configuration" }, before = { "remote-access" },'
  for order in "own ip-configuration remote-access" "own remote-access ip-configuration" \
    "ip-configuration own remote-access" "remote-access own ip-configuration" \
    "ip-configuration remote-access own" "remote-access ip-configuration own"; do
    # shellcheck disable=SC2086 # three words
    expect 0 plan --playbook-path mine --time 2026-01-31T12:00:00Z --output edge.plan --overwrite $order
    says out "Playbooks of your own"
    says out "  own 0.7"
    # Only what was asked for is told in the order in which it was named.
    jq -r '.request.playbooks | join(" ")' edge.plan | grep -qxF "$order"
    jq 'del(.id, .parts, .request.playbooks)' edge.plan >plan
    [ -e first ] || cp plan first
    same first plan
  done
  jq -r '.playbooks[] | [.id, .source, .replaces // "-"] | join(" ")' edge.plan >order
  printf 'ip-configuration embedded -\nown folder -\nremote-access embedded -\n' | cmp - order
  digests >plain
  jq -r '.playbooks[] | select(.id != "own") | .id + " " + .sha256 + " " + .source' edge.plan | while read -r line; do
    says plain "$line"
  done
  jq -e '[.changes[].path] | any(endswith("\\Services\\own"))' edge.plan >/dev/null
  # The plan does not tell where on this computer the folder is.
  jq '.playbooks' edge.plan >playbooks
  ! grep -F "mine" playbooks || fail "the folder stands in the plan"
  expect 1 "$rehome" apply edge.plan --run run --accept-warnings
  says err "own: the plan was made with a playbook of your own, and it is not there"
  says err "--playbook-path"
  expect 3 "$rehome" apply edge.plan --run run --accept-warnings --playbook-path mine
  says out "nothing is left to change"
  expect 0 "$rehome" verify run --playbook-path mine
  says out "nothing is left to change"
}

test_one_in_place_of_an_embedded_one_is_told() {
  need jq
  use_servers
  mkdir mine
  cp -R "$root/playbooks/remote-access" mine/
  sed -i 's/version *= *"[^"]*"/version = "9.9"/' mine/remote-access/playbook.lua
  expect 0 plan --playbook-path mine --output edge.plan remote-access ip-configuration
  says out "  remote-access 9.9, in place of the one that comes with rehome"
  jq -e '[.playbooks[] | select(.source == "folder") | .id, .replaces] == ["remote-access", "embedded"]' edge.plan >/dev/null
  plan --playbook-path mine --json remote-access 2>/dev/null | jq -e '.playbooks[0].replaces == "embedded"' >/dev/null
  for format in html md; do
    expect 0 "$rehome" report edge.plan --output report.$format
    sed 's/&#39;/'"'"'/g' report.$format >text
    says text "remote-access is a playbook of the user's own, in place of the one that comes with rehome"
  done
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --playbook-path mine remote-access
  says out "  remote-access 9.9, in place of the one that comes with rehome"
  expect 0 "$rehome" check --source EDGE01 --destination EDGE02 --playbook-path mine ip-configuration
  ! grep "Playbooks of your own" out || fail "it takes no part"
  expect 0 "$rehome" playbook list --playbook-path mine
  says out "(mine, in place of the embedded one)"
  # Another one than the plan's, and not a changed one.
  fingerprint EDGE02 >before
  expect 4 "$rehome" apply edge.plan --accept-warnings
  says err "remote-access: the plan was made with a playbook of your own, and this one comes with rehome"
  says err "--playbook-path"
  expect 0 plan --output plain.plan remote-access
  expect 4 "$rehome" apply plain.plan --accept-warnings --playbook-path mine
  says err "leave that --playbook-path out"
  fingerprint EDGE02 | cmp before -
  expect 3 "$rehome" apply edge.plan --accept-warnings --playbook-path mine
  says out "nothing is left to change"
  expect 0 "$rehome" report edge.plan.run --output run.md
  says run.md "in place of the one that comes with rehome"
}

test_of_several_folders_the_first_that_has_it_wins() {
  need jq
  use_servers
  role one own "The first"
  role two own "The second"
  role two other "Only here"
  role two nps "Not the real one"
  expect 0 "$rehome" playbook list --playbook-path one --playbook-path two
  says out "The first  (one, in place of two)"
  says out "Only here  (two)"
  says out "Not the real one  (two, in place of the embedded one)"
  expect 0 "$rehome" playbook list --playbook-path two --playbook-path one --json
  jq -e '[.[] | select(.id == "own") | .title, .source, .folder, .shadows] ==
    ["The second", "folder", "two", [{source: "folder", folder: "one"}]]' out >/dev/null
  jq -e '[.[] | select(.id == "nps") | .shadows] == [[{source: "embedded"}]]' out >/dev/null
  jq -e '[.[] | select(.id == "remote-access") | .source, .folder, .shadows] == ["embedded", null, []]' out >/dev/null
  expect 0 "$rehome" playbook show own --playbook-path one --playbook-path two
  says out "The first"
  says out "from       one, in place of two"
  expect 0 plan --playbook-path one --playbook-path two --output edge.plan own other nps
  jq -r '.playbooks[] | [.id, .title, .source, .replaces // "-"] | join(" ")' edge.plan >order
  printf '%s\n' "nps Not the real one folder embedded" "other Only here folder -" "own The first folder -" | cmp - order
  expect 2 "$rehome" playbook list --playbook-path one --playbook-path one/own/playbook.lua
  says err "one/own/playbook.lua"
  expect 1 "$rehome" playbook list --playbook-path one --playbook-path nowhere
  says err "nowhere"
}

run_tests
