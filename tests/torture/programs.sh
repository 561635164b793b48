# Sourced behind stop.sh by tests that run the Python programs here, and like it takes the plain build.

record=$plain/tests/librecord.so

# torture PROGRAM ARGUMENT...: in a scene that is made once a test file.
torture() {
  program=$1
  shift
  need python3
  [ -e "$record" ] || skip "$record is not built"
  if [ ! -d "$work/scene" ]; then
    mkdir "$work/scene"
    (cd "$work/scene" && make_small)
  fi
  python3 -B "$root/tests/torture/$program.py" --rehome "$rehome" --record "$record" --scene "$work/scene" "$@"
}
