#!/bin/sh
# docs/reference.md and docs/words.lua say what the entries of the language say, and luacheck knows the same words.
#
# After a change of the language:
#     UPDATE_GOLDEN=1 sh tests/cli/reference.sh
. "$(dirname "$0")/../harness.sh"

# made: the files as the engine would have them, below the current folder.
made() {
  "$(dirname "$rehome")/tests/run_spec" "$root/tests/reference.lua" >printed
  mkdir -p docs
  awk '/^== / { file = $2; next } /^ok - reference.lua: / { next } { print > file }' printed
  [ -s docs/reference.md ] && [ -s docs/words.lua ] || fail "$(cat printed)"
}

test_the_documents_are_those_of_the_language() {
  made
  for file in docs/reference.md docs/words.lua; do
    sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' $file # no empty lines at the end
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
      cp $file "$root/$file"
    else
      diff -u "$root/$file" $file || fail "$file is behind: look at it, then UPDATE_GOLDEN=1"
    fi
  done
}

test_luacheck_knows_the_words() {
  need luacheck
  printf 'return { nonsense "x" }\n' >unknown.lua
  sed -n 's/^function \([a-z_]*\)(.*/local _ = \1/p' "$root/docs/words.lua" >known.lua
  [ "$(wc -l <known.lua)" -ge 20 ] || fail "$(cat known.lua)"
  (cd "$root" && luacheck -q --no-color --filename playbooks/some/known.lua - <"$OLDPWD/known.lua") >out || fail "$(cat out)"
  ! (cd "$root" && luacheck -q --no-color --filename playbooks/some/unknown.lua - <"$OLDPWD/unknown.lua") >out \
    || fail "luacheck knows a word that is none"
}

run_tests
