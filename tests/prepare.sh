# Sourced: installs the Debian packages that are missing, asks nothing, says nothing when all are there.
#
#   prepare build     what building rehome needs
#   prepare example   what the example needs beside it
#   prepare test      what the tests need beside that

packages_build="gcc cmake pkg-config make liblua5.4-dev libxml2-dev libarchive-dev libssl-dev libjansson-dev lua-unit"
packages_example="openssl"
packages_test="clang clang-format clang-tidy cppcheck gcc-mingw-w64-x86-64-win32 libcmocka-dev lua-check libxml2-utils libhivex-bin libwin-hivex-perl reglookup age zstd xz-utils jq libarchive-tools python3 python3-jsonschema chntpw gdb graphviz strace ntfs-3g attr acl"

prepare() {
  wanted=$packages_build
  case $1 in
    example) wanted="$wanted $packages_example" ;;
    test) wanted="$wanted $packages_example $packages_test" ;;
  esac
  missing=
  for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing and only root can install them:$missing" >&2; return 1; }
    as_root=sudo
  fi
  echo "Installing:$missing"
  quietly $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# quietly COMMAND...: its output is shown when it fails.
quietly() {
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
}

# build_preset NAME: configures and builds a preset.
build_preset() {
  quietly cmake --preset "$1" && quietly cmake --build --preset "$1" -j "$(nproc)" && return 0
  echo "building the preset $1 failed" >&2
  return 1
}
