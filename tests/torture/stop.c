/* For tests, preloaded: counts the system calls that write, and at one of them ends the process or
 * lets it fail. In rehome itself, or in the driver of a file system that rehome writes to.
 *
 *   STOP_AT=n          which one, from 1; without it all are counted only
 *   STOP_HOW=kill      SIGKILL after it (the default); "half": a write stops half-way first
 *           =pause     SIGSTOP after it
 *           =SIGINT, SIGTERM, SIGHUP
 *                      that signal after it
 *           =ENOSPC    it fails, and from then on everything that needs room: the disk stays full
 *           =EIO       it fails, and it alone
 *   STOP_COUNT=file    the numbers of the calls go there when the process ends by itself, one a
 *                      line, those of writes with a "w" before them */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNTED_MAX 100000

static unsigned long count;
static char is_write[COUNTED_MAX];

/* Whether this call needs room on the disk. */
typedef enum need { NEEDS_NOTHING, NEEDS_ROOM } need;

static unsigned long wanted(void) {
  const char *text = getenv("STOP_AT");
  return text ? strtoul(text, NULL, 10) : 0;
}

static int how(const char *name) {
  const char *text = getenv("STOP_HOW");
  return strcmp(text ? text : "kill", name) == 0;
}

/* Counts a call; an errno when it has to fail. */
static int before(need room) {
  count++;
  if (how("EIO") && count == wanted())
    return EIO;
  if (how("ENOSPC") && wanted() > 0 && room == NEEDS_ROOM && count >= wanted())
    return ENOSPC;
  return 0;
}

static void after(void) {
  static const struct {
    const char *name;
    int number;
  } signals[] = {{"pause", SIGSTOP}, {"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGHUP", SIGHUP}};
  int saved = errno;
  if (count == wanted() && (how("kill") || how("half")))
    kill(getpid(), SIGKILL);
  for (size_t i = 0; count == wanted() && i < sizeof signals / sizeof *signals; i++)
    if (how(signals[i].name))
      raise(signals[i].number);
  errno = saved;
}

static void *real(const char *name) {
  return dlsym(RTLD_NEXT, name);
}

#define CALL(type, name, parameters, arguments, need)                                              \
  __attribute__((visibility("default"))) type name parameters {                                    \
    type(*call) parameters = (type(*) parameters)(unsigned long)real(#name);                       \
    int failed = before(need);                                                                     \
    if (failed) {                                                                                  \
      errno = failed;                                                                              \
      return -1;                                                                                   \
    }                                                                                              \
    type result = call arguments;                                                                  \
    after();                                                                                       \
    return result;                                                                                 \
  }

CALL(int, fsync, (int descriptor), (descriptor), NEEDS_ROOM)
CALL(int, fdatasync, (int descriptor), (descriptor), NEEDS_ROOM)
CALL(int, ftruncate, (int descriptor, off_t len), (descriptor, len), NEEDS_ROOM)
CALL(int, rename, (const char *from, const char *to), (from, to), NEEDS_NOTHING)
CALL(int, link, (const char *from, const char *to), (from, to), NEEDS_ROOM)
CALL(int, unlink, (const char *path), (path), NEEDS_NOTHING)
CALL(int, rmdir, (const char *path), (path), NEEDS_NOTHING)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), NEEDS_ROOM)

/* A write that fails has written its first half, as on a disk that gets full. */
__attribute__((visibility("default"))) ssize_t write(int descriptor, const void *data, size_t len) {
  ssize_t (*call)(int, const void *, size_t) =
      (ssize_t(*)(int, const void *, size_t))(unsigned long)real("write");
  if (descriptor <= STDERR_FILENO)
    return call(descriptor, data, len);
  int failed = before(NEEDS_ROOM);
  is_write[count % COUNTED_MAX] = 1;
  if ((failed || (count == wanted() && how("half"))) && call(descriptor, data, len / 2) < 0)
    return -1;
  if (failed) {
    errno = failed;
    return -1;
  }
  if (count == wanted() && how("half"))
    kill(getpid(), SIGKILL);
  ssize_t result = call(descriptor, data, len);
  after();
  return result;
}

/* A driver writes to its volume at a place. */
#define WRITE_AT(name)                                                                             \
  __attribute__((visibility("default"))) ssize_t name(int descriptor, const void *data,            \
                                                      size_t len, off64_t offset) {                \
    ssize_t (*call)(int, const void *, size_t, off64_t) =                                          \
        (ssize_t(*)(int, const void *, size_t, off64_t))(unsigned long)real(#name);                \
    int failed = before(NEEDS_ROOM);                                                               \
    bool half = failed || (count == wanted() && how("half"));                                      \
    is_write[count % COUNTED_MAX] = 1;                                                             \
    ssize_t result = call(descriptor, data, half ? len / 2 : len, offset);                         \
    after();                                                                                       \
    if (!failed)                                                                                   \
      return result;                                                                               \
    errno = failed;                                                                                \
    return -1;                                                                                     \
  }

WRITE_AT(pwrite)
WRITE_AT(pwrite64)

static int open_as(const char *name, const char *path, int flags, mode_t mode) {
  int (*call)(const char *, int, ...) = (int (*)(const char *, int, ...))(unsigned long)real(name);
  if (!(flags & O_CREAT))
    return call(path, flags, mode);
  int failed = before(NEEDS_ROOM);
  if (failed) {
    errno = failed;
    return -1;
  }
  int result = call(path, flags, mode);
  after();
  return result;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(arguments, unsigned) : 0;
}

#define OPEN(name)                                                                                 \
  __attribute__((visibility("default"))) int name(const char *path, int flags, ...) {              \
    va_list arguments;                                                                             \
    va_start(arguments, flags);                                                                    \
    mode_t mode = mode_of(flags, arguments);                                                       \
    va_end(arguments);                                                                             \
    return open_as(#name, path, flags, mode);                                                      \
  }

OPEN(open)
OPEN(open64)

__attribute__((destructor)) static void tell_count(void) {
  const char *path = getenv("STOP_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file)
    return;
  for (unsigned long i = 1; i <= count; i++)
    fprintf(file, "%s%lu\n", is_write[i % COUNTED_MAX] ? "w" : "", i);
  fclose(file);
}
