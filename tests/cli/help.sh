#!/bin/sh
# Help: every command has it, every example in it and in the documents is one that the program takes.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

test_every_command_has_help_with_an_example() {
  "$rehome" --help | sed -n 's/^  rehome \(.\{15\}\).*/\1/p' | sed 's/ *$//' >commands
  [ "$(wc -l <commands)" -gt 20 ] || fail "hardly any commands: $(cat commands)"
  while read -r command; do
    # shellcheck disable=SC2086 # a command may be two words
    expect 0 "$rehome" $command --help
    says out "usage: rehome $command"
    says out "Example:"
    says out "--json"
  done <commands
}

test_no_arguments_shows_the_commands() {
  expect 2 "$rehome"
  says err "rehome migrate"
  expect 0 "$rehome" --version
}

# The indented lines of the README's "Use it", on the example servers, as they stand there.
test_readme_commands_work() {
  use_servers
  mkdir roles
  (cd roles && use_roles)
  cp roles/answers.json .
  mkdir -p bin && ln -s "$rehome" bin/rehome
  sed -n '/^## Use it/,/^## /p' "$root/README.md" | sed -n 's/^    //p' |
    sed 's|/mnt/edge0|EDGE0|g; s|/mnt/old|roles/EDGE01|; s|/mnt/new|roles/EDGE02|; s|/mnt/radius|roles/RADIUS02|
         s|--recipient age1\.\.\.|--recipient $(sed -n "s/^# recipient: //p" key.txt)|; s|apply .*|& --accept-warnings|' >script
  sed -i 's/^rehome apply.*/& || [ $? -eq 3 ]/' script
  [ "$(grep -c '^rehome' script)" -ge 8 ] || fail "the README's commands were not found"
  PATH="$PWD/bin:$PATH" sh -e script >log 2>&1 || fail "$(cat log)"
}

# The commands that docs/playbooks.md names.
test_playbook_document_commands_work() {
  mkdir -p bin mine && ln -s "$rehome" bin/rehome
  sed -n 's/^    \(rehome playbook [a-z]* \{0,1\}[a-z-]*\).*/\1/p' "$root/docs/playbooks.md" >script
  [ "$(wc -l <script)" -ge 5 ] || fail "the document's commands were not found"
  sed -i 's,new my-role,new mine/my-role,; s,\(lint\|test\) my-role,\1 --playbook-path mine my-role,' script
  PATH="$PWD/bin:$PATH" sh -e script >log 2>&1 || fail "$(cat log)"
}

test_exit_codes_in_help_and_document_agree() {
  for code in 0 1 2 3 4 5 6 7 8 9; do
    grep -q "^| $code |" "$root/docs/command-line.md" || fail "code $code is not in the document"
  done
  for command in $("$rehome" --help | sed -n 's/^  rehome \([a-z]*\) .*/\1/p' | sort -u); do
    grep -q "\`$command" "$root/docs/command-line.md" || fail "$command is not in the document"
  done
}

run_tests
