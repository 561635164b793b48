/* Status codes and the error that a caller is told: object, cause and remedy.
 *
 * Every fallible function returns an rh_status and, when that is neither RH_OK nor RH_END, fills
 * the rh_error it was given (NULL is allowed: the caller wants the code only). There is no other
 * error state. Texts are UTF-8, cut at the array's end on a character border. */
#ifndef RH_BASE_STATUS_H
#define RH_BASE_STATUS_H

#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>

typedef enum rh_status {
  RH_OK = 0,
  RH_END,             /* an iteration is over; not an error, no rh_error is filled */
  RH_ERR_MEMORY,      /* out of memory */
  RH_ERR_ARGUMENT,    /* a name, path, option or parameter is not acceptable */
  RH_ERR_NOT_FOUND,   /* the object does not exist */
  RH_ERR_EXISTS,      /* the object exists and must not */
  RH_ERR_IO,          /* the system failed to read or write (disk full, broken disk) */
  RH_ERR_ACCESS,      /* no permission */
  RH_ERR_FORMAT,      /* the bytes are not what they should be: another format, or damaged */
  RH_ERR_UNSUPPORTED, /* well-formed, but not something rehome works with */
  RH_ERR_LIMIT,       /* a documented limit is exceeded */
  RH_ERR_DIRTY,       /* a hive was not shut down cleanly */
  RH_ERR_SEALED,      /* a store cannot be opened: wrong key, damaged, altered */
  RH_ERR_STALE,       /* a plan no longer fits what it was made from */
  RH_ERR_BLOCKED,     /* a check forbids to go on */
  RH_ERR_LOCKED,      /* another run holds the lock */
  RH_ERR_DIFFERS,     /* verification found differences */
  RH_ERR_INTERRUPTED, /* a run stopped half-way, or a new file may not last */
  RH_ERR_STOPPED,     /* the user asked the process to end, before it had changed anything */
  RH_ERR_SCRIPT,      /* a playbook raised an error */
  RH_ERR_SCOPE        /* a playbook left the scopes that it declares */
} rh_status;

typedef struct rh_error {
  rh_status code;
  int system_code;   /* the system's own number of a failure, 0 when it did not fail */
  char object[512];  /* what it is about: a path, a key, a member */
  char message[768]; /* the cause */
  char hint[512];    /* the remedy; empty when there is none to give */
} rh_error;

/* Fills error (unless NULL) and returns code. object may be NULL; a printf format and its arguments
 * follow. A macro, so that whoever reads the caller sees which code comes back: to a static
 * analyser a call would be one that may return RH_OK. */
#define rh_error_set(error, code, object, ...)                                                     \
  (rh_error_tell(error, object, __VA_ARGS__), rh_error_code(error, code))

/* The same for a failed system call: appends the system's own text and its remedy, and chooses the
 * code by system_code. Never RH_OK. */
#define rh_error_system(error, system_code, object, ...)                                           \
  rh_error_failed(rh_error_tell_system(error, system_code, object, __VA_ARGS__))

/* The parts of the two macros; not to be called otherwise. */
void rh_error_tell(rh_error *error, const char *object, const char *format, ...) RH_PRINTF(3, 4);
rh_status rh_error_tell_system(rh_error *error, int system_code, const char *object,
                               const char *format, ...) RH_PRINTF(4, 5);

#ifdef __clang_analyzer__ /* it does not look into calls that are nested deeper than five */
#define rh_error_code(error, code) (code)
#else
static inline rh_status rh_error_code(rh_error *error, rh_status code) {
  if (error)
    error->code = code;
  return code;
}
#endif

static inline rh_status rh_error_failed(rh_status code) {
  return code == RH_OK ? RH_ERR_IO : code;
}

/* Sets the remedy of an error that has been filled. */
void rh_error_hint(rh_error *error, const char *format, ...) RH_PRINTF(2, 3);

#define rh_error_memory(error) rh_error_set(error, RH_ERR_MEMORY, "memory", "out of memory")

/* RH_ERR_STOPPED when the user has asked the process to end (rh_platform_stop_asked). For loops
 * that take long, and only where what was begun can be left: not inside a commit. */
rh_status rh_check_stop(rh_error *error);

/* A short word for a code ("not-found"), for JSON and for Lua's err.code. Never NULL. */
const char *rh_status_name(rh_status code);

#endif
