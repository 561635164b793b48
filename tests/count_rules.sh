#!/bin/sh
# Counts what playbooks and the standard library say in code: steps, checks, long functions, lines.
#
#     sh tests/count_rules.sh [FOLDER]        FOLDER: a checkout, by default this one
#
# A line of code is one that is neither empty nor a comment. A function is long with more than ten of them. Tests, their
# servers and what only tests use are not counted.
set -eu
cd "${1:-$(dirname "$0")/..}"

files() { find playbooks stdlib -name '*.lua' ! -path '*/tests/*' ! -name 'test_*' | LC_ALL=C sort; }

# declarations WORD: how often `word "id" {` and `word("id") {` stand there.
declarations() { files | xargs grep -hoE "(^|[[:space:]{(])$1 ?(\"[^\"]+\"|\(\"[^)]+\)) ?[({]" | wc -l; }

# The code alone: texts become "", comments go, and so do empty lines.
code() {
  files | xargs awk '
    FNR == 1 { close_with = "" }
    {
      line = $0; out = ""
      while (line != "") {
        if (close_with != "") {
          at = index(line, close_with)
          if (!at) { if (is_text) out = out "x"; break }
          line = substr(line, at + length(close_with)); close_with = ""
        } else if (match(line, /^(--)?\[=*\[/)) {
          opening = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
          is_text = opening !~ /^--/
          sub(/^--/, "", opening); gsub(/\[/, "]", opening); close_with = opening
          if (is_text) out = out "x"
        } else if (line ~ /^--/) break
        else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
          out = out "x"; line = substr(line, RLENGTH + 1)
        } else { out = out substr(line, 1, 1); line = substr(line, 2) }
      }
      if (out ~ /[^ ]/) print out
    }'
}

code | awk -v steps="$(declarations step)" -v checks="$(declarations check)" '
  {
    lines++
    gsub(/[^A-Za-z_0-9]+/, " ")
    for (at = 1; at <= NF; at++) {
      if ($at == "function" || $at == "if" || $at == "do" || $at == "repeat") { kind[++depth] = $at; began[depth] = lines }
      else if ($at == "end" || $at == "until") {
        if (kind[depth] == "function" && lines - began[depth] + 1 > 10) long++
        depth--
      }
    }
  }
  END {
    printf "steps %d\nchecks %d\nlong functions %d\nlines of code %d\n", steps, checks, long, lines
    if (depth) { print "the blocks do not close" > "/dev/stderr"; exit 1 }
  }'
