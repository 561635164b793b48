/* For tests, preloaded: writes down every call that changes files below a folder, for disk.py to
 * replay.
 *
 *   RECORD_BELOW=folder   an absolute path without links
 *   RECORD_LOG=file       one call a line is appended: its name and arguments between tabs, paths
 *                         below the folder, bytes in hexadecimal
 *   RECORD_LOSE=path      fsyncs of that file or folder are left out; with an asterisk at its end,
 * of all whose paths begin so. The log has them as "lost" RECORD_APART=1        link fails between
 * the folders in the folder, as between two disks
 *
 * Only calls that succeed are in the log. What is called in another way, by the C library itself
 * for example, is not: who reads the log compares what it leads to with the folder. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define NEXT(name) ((__typeof__(&(name)))(unsigned long)dlsym(RTLD_NEXT, #name))
#define FILES_MAX 1024

typedef char place[PATH_MAX];

static FILE *log_file;
static const char *below;
static char *opened[FILES_MAX]; /* by descriptor: the place that was opened; NULL for others */

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("RECORD_LOG");
  below = getenv("RECORD_BELOW");
  log_file = path && below ? fopen(path, "ae") : NULL;
}

/* Where a path leads, as a path below the folder; false for one elsewhere. Its last part need not
 * be there (any more). */
static bool find(place out, int at, const char *path) {
  char whole[PATH_MAX + 64], joined[2 * PATH_MAX];
  place folder;
  if (!log_file)
    return false;
  if (path[0] == '/')
    snprintf(whole, sizeof whole, "%s", path);
  else if (at == AT_FDCWD)
    snprintf(whole, sizeof whole, "./%s", path);
  else
    snprintf(whole, sizeof whole, "/proc/self/fd/%d/%s", at, path);
  for (size_t len = strlen(whole); len > 1 && whole[len - 1] == '/'; len--)
    whole[len - 1] = '\0';
  char *name = strrchr(whole, '/');
  *name++ = '\0';
  if (!realpath(whole[0] ? whole : "/", folder))
    return false;
  bool is_folder = strcmp(name, ".") == 0;
  snprintf(joined, sizeof joined, is_folder ? "%s" : "%s/%s", folder, name);
  size_t len = strlen(below);
  if (strncmp(joined, below, len) != 0 || (joined[len] != '/' && joined[len] != '\0'))
    return false;
  snprintf(out, PATH_MAX, "%s", joined[len] ? joined + len + 1 : ".");
  return true;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
  int saved = errno;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(log_file, format, arguments);
  va_end(arguments);
  fputc('\n', log_file);
  fflush(log_file);
  errno = saved;
}

static const char *opened_as(int descriptor) {
  return descriptor >= 0 && descriptor < FILES_MAX ? opened[descriptor] : NULL;
}

static void tell_bytes(const char *what, const void *data, size_t len) {
  fputs(what, log_file);
  for (size_t i = 0; i < len; i++)
    fprintf(log_file, "%02x", ((const unsigned char *)data)[i]);
  fputc('\n', log_file);
  fflush(log_file);
}

/* --- files that are opened, written and closed --- */

static void tell_open(int descriptor, int at, const char *path, int flags, bool was_there) {
  place to;
  struct stat stat;
  int saved = errno;
  if (descriptor < 0 || descriptor >= FILES_MAX || (flags & O_TMPFILE) == O_TMPFILE ||
      fstat(descriptor, &stat) != 0 || !find(to, at, path))
    goto done;
  opened[descriptor] = strdup(to);
  if (!was_there)
    tell("create\t%d\t%s\t%o\t%u\t%u", descriptor, to, stat.st_mode & 07777u, stat.st_uid,
         stat.st_gid);
  else
    tell("open\t%d\t%s", descriptor, to);
  if (was_there && (flags & O_TRUNC))
    tell("truncate\t%d\t0", descriptor);
done:
  errno = saved;
}

static int open_with(__typeof__(&openat) call, int at, const char *path, int flags, mode_t mode) {
  bool was_there = !(flags & O_CREAT) || faccessat(at, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  int descriptor = call(at, path, flags, mode);
  tell_open(descriptor, at, path, flags, was_there);
  return descriptor;
}

#define OPEN(name, next, at, parameters)                                                           \
  PUBLIC int name parameters {                                                                     \
    va_list arguments;                                                                             \
    va_start(arguments, flags);                                                                    \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(arguments, unsigned) : 0;         \
    va_end(arguments);                                                                             \
    return open_with(NEXT(next), at, path, flags, mode);                                           \
  }
OPEN(open, openat, AT_FDCWD, (const char *path, int flags, ...))
OPEN(open64, openat64, AT_FDCWD, (const char *path, int flags, ...))
OPEN(openat, openat, at, (int at, const char *path, int flags, ...))
OPEN(openat64, openat64, at, (int at, const char *path, int flags, ...))

PUBLIC int close(int descriptor) {
  if (opened_as(descriptor)) {
    tell("close\t%d", descriptor);
    free(opened[descriptor]);
    opened[descriptor] = NULL;
  }
  return NEXT(close)(descriptor);
}

static ssize_t tell_write(int descriptor, const void *data, ssize_t len, off_t end) {
  char start[64];
  if (len > 0 && opened_as(descriptor)) {
    snprintf(start, sizeof start, "write\t%d\t%lld\t", descriptor, (long long)(end - len));
    tell_bytes(start, data, (size_t)len);
  }
  return len;
}

PUBLIC ssize_t write(int descriptor, const void *data, size_t len) {
  ssize_t done = NEXT(write)(descriptor, data, len);
  return tell_write(descriptor, data, done,
                    opened_as(descriptor) ? lseek(descriptor, 0, SEEK_CUR) : 0);
}

PUBLIC ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  ssize_t done = 0;
  for (int i = 0; i < count; i++) {
    ssize_t part = write(descriptor, parts[i].iov_base, parts[i].iov_len);
    if (part < 0)
      return done > 0 ? done : part;
    done += part;
  }
  return done;
}

#define PWRITE(name)                                                                               \
  PUBLIC ssize_t name(int descriptor, const void *data, size_t len, off_t offset) {                \
    ssize_t done = NEXT(name)(descriptor, data, len, offset);                                      \
    return tell_write(descriptor, data, done, offset + done);                                      \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name)                                                                             \
  PUBLIC int name(int descriptor, off_t len) {                                                     \
    int failed = NEXT(name)(descriptor, len);                                                      \
    if (!failed && opened_as(descriptor))                                                          \
      tell("truncate\t%d\t%lld", descriptor, (long long)len);                                      \
    return failed;                                                                                 \
  }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

static bool is_lost(const char *path) {
  const char *which = getenv("RECORD_LOSE");
  if (!which)
    return false;
  size_t len = strcspn(which, "*");
  return strncmp(path, which, len) == 0 && (which[len] || !path[len]);
}

#define SYNC(name)                                                                                 \
  PUBLIC int name(int descriptor) {                                                                \
    const char *path = opened_as(descriptor);                                                      \
    bool lost = path && is_lost(path);                                                             \
    int failed = lost ? 0 : NEXT(name)(descriptor);                                                \
    if (!failed && path)                                                                           \
      tell("%s\t%d\t%s", lost ? "lost" : #name, descriptor, path);                                 \
    return failed;                                                                                 \
  }
SYNC(fsync)
SYNC(fdatasync)

/* --- names --- */

static int tell_names(int failed, const char *what, int at, const char *from, int to_at,
                      const char *to) {
  place first, second;
  if (!failed && find(first, at, from) && find(second, to_at, to))
    tell("%s\t%s\t%s", what, first, second);
  return failed;
}

PUBLIC int rename(const char *from, const char *to) {
  return tell_names(NEXT(rename)(from, to), "rename", AT_FDCWD, from, AT_FDCWD, to);
}
PUBLIC int renameat(int at, const char *from, int to_at, const char *to) {
  return tell_names(NEXT(renameat)(at, from, to_at, to), "rename", at, from, to_at, to);
}
PUBLIC int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
  return tell_names(NEXT(renameat2)(at, from, to_at, to, flags),
                    flags & RENAME_EXCHANGE ? "exchange" : "rename", at, from, to_at, to);
}

static bool are_apart(int at, const char *from, int to_at, const char *to) {
  place first, second;
  return getenv("RECORD_APART") && find(first, at, from) && find(second, to_at, to) &&
         (strcspn(first, "/") != strcspn(second, "/") ||
          strncmp(first, second, strcspn(first, "/")) != 0);
}

PUBLIC int linkat(int at, const char *from, int to_at, const char *to, int flags) {
  if (are_apart(at, from, to_at, to)) {
    errno = EXDEV;
    return -1;
  }
  return tell_names(NEXT(linkat)(at, from, to_at, to, flags), "link", at, from, to_at, to);
}
PUBLIC int link(const char *from, const char *to) {
  return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int tell_name(int failed, const char *what, int at, const char *path) {
  place where;
  if (!failed && find(where, at, path))
    tell("%s\t%s", what, where);
  return failed;
}

PUBLIC int unlink(const char *path) {
  return tell_name(NEXT(unlink)(path), "unlink", AT_FDCWD, path);
}
PUBLIC int unlinkat(int at, const char *path, int flags) {
  return tell_name(NEXT(unlinkat)(at, path, flags), "unlink", at, path);
}
PUBLIC int rmdir(const char *path) {
  return tell_name(NEXT(rmdir)(path), "unlink", AT_FDCWD, path);
}

PUBLIC int mkdirat(int at, const char *path, mode_t mode) {
  place where;
  struct stat stat;
  int failed = NEXT(mkdirat)(at, path, mode);
  if (!failed && find(where, at, path) && fstatat(at, path, &stat, 0) == 0)
    tell("mkdir\t%s\t%o\t%u\t%u", where, stat.st_mode & 07777u, stat.st_uid, stat.st_gid);
  return failed;
}
PUBLIC int mkdir(const char *path, mode_t mode) {
  return mkdirat(AT_FDCWD, path, mode);
}

/* --- attributes: mode, owner and extended attributes as they are then --- */

static int tell_attributes(int failed, int at, const char *path) {
  place where;
  struct stat stat;
  if (!failed && find(where, at, path) && fstatat(at, path, &stat, 0) == 0)
    tell("attributes\t%s\t%o\t%u\t%u", where, stat.st_mode & 07777u, stat.st_uid, stat.st_gid);
  return failed;
}
static int tell_attributes_of(int failed, int descriptor) {
  const char *path = opened_as(descriptor);
  struct stat stat;
  if (!failed && path && fstat(descriptor, &stat) == 0)
    tell("attributes\t%s\t%o\t%u\t%u", path, stat.st_mode & 07777u, stat.st_uid, stat.st_gid);
  return failed;
}

PUBLIC int chmod(const char *path, mode_t mode) {
  return tell_attributes(NEXT(chmod)(path, mode), AT_FDCWD, path);
}
PUBLIC int fchmod(int descriptor, mode_t mode) {
  return tell_attributes_of(NEXT(fchmod)(descriptor, mode), descriptor);
}
PUBLIC int chown(const char *path, uid_t user, gid_t group) {
  return tell_attributes(NEXT(chown)(path, user, group), AT_FDCWD, path);
}
PUBLIC int fchown(int descriptor, uid_t user, gid_t group) {
  return tell_attributes_of(NEXT(fchown)(descriptor, user, group), descriptor);
}

static void tell_extended(const char *path, const char *name, const void *data, size_t len) {
  char start[PATH_MAX + XATTR_NAME_MAX + 16];
  snprintf(start, sizeof start, "extended\t%s\t%s\t", path, name);
  tell_bytes(start, data, len);
}
PUBLIC int setxattr(const char *path, const char *name, const void *data, size_t len, int flags) {
  place where;
  int failed = NEXT(setxattr)(path, name, data, len, flags);
  if (!failed && find(where, AT_FDCWD, path))
    tell_extended(where, name, data, len);
  return failed;
}
PUBLIC int removexattr(const char *path, const char *name) {
  place where;
  int failed = NEXT(removexattr)(path, name);
  if (!failed && find(where, AT_FDCWD, path))
    tell("unextended\t%s\t%s", where, name);
  return failed;
}
PUBLIC int lsetxattr(const char *path, const char *name, const void *data, size_t len, int flags) {
  place where;
  int failed = NEXT(lsetxattr)(path, name, data, len, flags);
  if (!failed && find(where, AT_FDCWD, path))
    tell_extended(where, name, data, len);
  return failed;
}
PUBLIC int fsetxattr(int descriptor, const char *name, const void *data, size_t len, int flags) {
  int failed = NEXT(fsetxattr)(descriptor, name, data, len, flags);
  if (!failed && opened_as(descriptor))
    tell_extended(opened_as(descriptor), name, data, len);
  return failed;
}
