# Sourced by run.sh and long.sh: a queue of programs that print TAP, as many of which run at a time as there
# are processors. What one prints stays together, in the order in which they end.

# one NAME COMMAND...: a command that is itself one test.
one() {
  label=$1
  shift
  if output=$("$@" 2>&1); then echo "ok - $label"; else
    echo "not ok - $label"
    echo "$output" | sed 's/^/    /'
    return 1
  fi
}

# begin_queue: $work is a folder of its own, which goes with the script; what stands in $work/log counts.
begin_queue() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  : >"$work/jobs"
}

# job NAME COMMAND: queues one program that prints TAP.
job() { printf '%s\t%s\n' "$1" "$2" >>"$work/jobs"; }

# run_queue SCRIPT: runs the jobs, and prints the last line; fails when a test did. Each job is run by the
# script itself, which has to call take_job before it does anything else.
run_queue() {
  xargs -d '\n' -n 1 -P "$(nproc)" sh "$1" --job "$work" <"$work/jobs"
  skipped=$(grep -c '^ok.*# SKIP' "$work/log")
  passed=$(($(grep -c '^ok' "$work/log") - skipped))
  failed=$(grep -c '^not ok' "$work/log")
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

take_job() {
  [ "${1:-}" = --job ] || return 0
  work=$2
  run_job "${3%%	*}" "${3#*	}"
  exit 0
}

# run_job NAME COMMAND: dying without a "not ok" counts as one.
run_job() {
  part=$(mktemp -p "$work")
  eval "$2" >"$part" 2>&1
  code=$?
  # cmocka writes a skipped test as "not ok 3 # SKIP name".
  sed -i 's/^not ok \(.*# SKIP\)/ok \1/' "$part"
  [ $code -eq 0 ] || grep -q '^not ok' "$part" || echo "not ok - $1 ended with code $code" >>"$part"
  (
    flock 9
    cat "$part" >>"$work/log"
    if grep -q '^not ok' "$part"; then cat "$part"; else grep -E '# SKIP|^skipped:' "$part"; fi
    echo "# $1: $(grep '^ok' "$part" | grep -vc '# SKIP') ok"
  ) 9>"$work/lock"
  rm -f "$part"
}
