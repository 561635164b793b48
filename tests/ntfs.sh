# Sourced behind harness.sh: NTFS volumes in files, mounted by ntfs-3g. Only root can mount one.
#
# What a test leaves mounted is unmounted behind it. Each driver runs in the foreground of a job of
# its own, so that a volume is known to be written when unmount_ntfs returns.

need_ntfs() {
  need mkntfs
  need ntfs-3g
  need getfattr
  need setfattr
  [ "$(id -u)" -eq 0 ] || skip "only root can mount an NTFS volume"
  [ -w /dev/fuse ] || skip "/dev/fuse cannot be used"
}

# make_ntfs IMAGE [SIZE]: an empty volume (64M).
make_ntfs() {
  truncate -s "${2:-64M}" "$1"
  mkntfs -qF "$1" >/dev/null 2>&1
}

# mount_ntfs IMAGE FOLDER [VARIABLE=VALUE...]: with the driver in that environment. ntfs_driver may name another.
mount_ntfs() {
  image=$1 mounted=$2
  shift 2
  mkdir -p "$mounted" "$work/drivers"
  mounted=$(cd "$mounted" && pwd)
  env "$@" ${ntfs_driver:-ntfs-3g -o no_detach} "$image" "$mounted" >"$work/drivers/log" 2>&1 &
  driver=$!
  echo "$mounted" >"$work/drivers/$driver"
  for _ in $(seq 1000); do
    ! is_mounted "$mounted" || return 0
    kill -0 "$driver" 2>/dev/null || break
    sleep 0.01
  done
  is_mounted "$mounted" || fail "$image cannot be mounted: $(cat "$work/drivers/log")"
}

# mount_ntfs_stopped N IMAGE FOLDER: the driver is killed behind its n-th call that writes, from the
# mounting on (torture/stop.c). 0: it lives, and the file writes has the calls when it is unmounted.
mount_ntfs_stopped() {
  stop=${REHOME_PLAIN:-$root/build}/tests/libstop.so
  [ -e "$stop" ] || skip "$stop is not built"
  mount_ntfs "$2" "$3" "LD_PRELOAD=$stop" "STOP_AT=$1" "STOP_COUNT=$PWD/writes"
}

# mend_ntfs IMAGE: what has to be done where a driver was killed between two copies of the same record.
mend_ntfs() { ntfsfix "$1" >"$work/drivers/mended" 2>&1 || fail "$1 cannot be mended: $(cat "$work/drivers/mended")"; }

is_mounted() { grep -qF " $1 " /proc/self/mounts; }

# unmount_ntfs FOLDER: when it returns, the driver has ended and the image is whole. A driver that was
# killed leaves its mount point, which is taken away.
unmount_ntfs() {
  unmounted=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
  umount "$unmounted" 2>/dev/null || umount -l "$unmounted" 2>/dev/null || true
  for job in "$work"/drivers/*; do
    [ "$(cat "$job")" = "$unmounted" ] || continue
    driver=$(basename "$job")
    for _ in $(seq 1000); do
      is_running "$driver" || break
      sleep 0.01
    done
    rm "$job"
  done
}

# A process that has ended but that nobody has waited for is not running.
is_running() { [ -e "/proc/$1/stat" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

# Called by run_tests behind each test.
release() {
  for job in "$work"/drivers/[0-9]*; do
    [ -e "$job" ] || continue
    unmount_ntfs "$(cat "$job")"
  done
}

# set_guard PATH DESCRIPTOR MARKS: security descriptor in hex, DOS attributes as eight hex digits.
set_guard() {
  setfattr -h -n system.ntfs_acl -v "0x$2" "$1"
  setfattr -h -n system.ntfs_attrib_be -v "0x$3" "$1"
}

# guards FOLDER: what getfattr says of every file and folder: name, security descriptor, attributes.
guards() {
  (cd "$1" && find . | LC_ALL=C sort | while read -r guarded; do
    echo "$guarded"
    getfattr -h -e hex -n system.ntfs_acl --only-values "$guarded" 2>/dev/null | od -An -tx1 -v | tr -d ' \n'
    echo
    getfattr -h -e hex -n system.ntfs_attrib_be "$guarded" 2>/dev/null | grep attrib
  done)
}

# records IMAGE PATH...: what ntfsinfo says of files of a volume that is not mounted: attributes and
# where the security descriptor is.
records() {
  image=$1
  shift
  for record; do
    echo "$record"
    ntfsinfo -F "$record" "$image" | grep -E 'File attributes|Security ID|Owner SID|Group SID|SID:|access:|Control:'
  done
}
