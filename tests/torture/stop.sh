# Sourced behind harness.sh by tests that stop rehome at a system call: stop.c, preloaded, does it.
# Commands run in the folder $world.
#
# It takes the plain build (build/, or $REHOME_PLAIN), since the sanitizers' does not take a preloaded
# library.

plain=${REHOME_PLAIN:-$root/build}
rehome=$plain/rehome
stop=$plain/tests/libstop.so

need_stop() {
  [ -e "$stop" ] || skip "$stop is not built"
  world=$work/world
}

# stopped N HOW COMMAND...: the command with system call N disturbed; its exit code in $code.
stopped() {
  at=$1 how=$2
  shift 2
  code=0
  # The shell tells of killed children on its standard error.
  { (cd "$world" && STOP_AT=$at STOP_HOW=$how STOP_COUNT="$PWD/calls" LD_PRELOAD="$stop" exec "$rehome" "$@") >out 2>err || code=$?; } 2>/dev/null
}

# numbers COMMAND...: of the system calls that a command makes, one a line.
numbers() {
  stopped 0 kill "$@"
  [ "$code" -eq 0 ] || fail "undisturbed: $(cat err)"
  cat "$world/calls"
}
