/* Status codes and the error that a caller is told. */
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Ends a text that may have been cut inside a UTF-8 character at the last whole one. */
static void trim_partial_character(char *text) {
  size_t len = strlen(text);
  size_t start = len;
  while (start > 0 && ((unsigned char)text[start - 1] & 0xC0u) == 0x80u)
    start--;
  if (start == 0)
    return;
  unsigned char lead = (unsigned char)text[start - 1];
  size_t need = lead >= 0xF0u ? 3 : lead >= 0xE0u ? 2 : lead >= 0xC0u ? 1 : 0;
  if (len - start < need)
    text[start - 1] = '\0';
}

static void print_text(char *out, size_t size, const char *format, va_list arguments) {
  if (vsnprintf(out, size, format, arguments) >= (int)size)
    trim_partial_character(out);
}

rh_status rh_error_set(rh_error *error, rh_status code, const char *object, const char *format,
                       ...) {
  if (!error)
    return code;
  va_list arguments;
  char message[sizeof error->message];
  va_start(arguments, format);
  print_text(message, sizeof message, format, arguments);
  va_end(arguments);
  error->code = code;
  error->system_code = 0;
  if (object != error->object && snprintf(error->object, sizeof error->object, "%s",
                                          object ? object : "") >= (int)sizeof error->object)
    trim_partial_character(error->object);
  memcpy(error->message, message, sizeof message);
  error->hint[0] = '\0';
  return code;
}

static rh_status code_of(int system_code) {
  switch (system_code) {
  case ENOENT:
  case ENOTDIR:
    return RH_ERR_NOT_FOUND;
  case EACCES:
  case EPERM:
  case EROFS:
    return RH_ERR_ACCESS;
  case EEXIST:
    return RH_ERR_EXISTS;
  case ENOMEM:
    return RH_ERR_MEMORY;
  default:
    return RH_ERR_IO;
  }
}

static const char *remedy_of(int system_code) {
  switch (system_code) {
  case ENOSPC:
  case EDQUOT:
    return "free some space on that disk and run the command again";
  case EFBIG:
    return "lift the limit on file sizes (ulimit -f) and run the command again";
  case EMFILE:
  case ENFILE:
    return "allow more open files (ulimit -n) and run the command again";
  case EACCES:
  case EPERM:
    return "check the permissions, or run as a user that has them";
  case EROFS:
    return "mount the disk for writing, or give a place on another one";
  case ENOENT:
  case ENOTDIR:
  case EISDIR:
  case ENAMETOOLONG:
  case ELOOP:
    return "check the path";
  default:
    return "";
  }
}

rh_status rh_error_system(rh_error *error, int system_code, const char *object, const char *format,
                          ...) {
  rh_status code = code_of(system_code);
  va_list arguments;
  char message[256];
  va_start(arguments, format);
  print_text(message, sizeof message, format, arguments);
  va_end(arguments);
  rh_error_set(error, code, object, "%s: %s", message, strerror(system_code));
  if (!error)
    return code;
  error->system_code = system_code;
  rh_error_hint(error, "%s", remedy_of(system_code));
  return code;
}

void rh_error_hint(rh_error *error, const char *format, ...) {
  if (!error)
    return;
  va_list arguments;
  va_start(arguments, format);
  print_text(error->hint, sizeof error->hint, format, arguments);
  va_end(arguments);
}

rh_status rh_error_memory(rh_error *error) {
  return rh_error_set(error, RH_ERR_MEMORY, "memory", "out of memory");
}

const char *rh_status_name(rh_status code) {
  switch (code) {
  case RH_OK:
    return "ok";
  case RH_END:
    return "end";
  case RH_ERR_MEMORY:
    return "memory";
  case RH_ERR_ARGUMENT:
    return "argument";
  case RH_ERR_NOT_FOUND:
    return "not-found";
  case RH_ERR_EXISTS:
    return "exists";
  case RH_ERR_IO:
    return "io";
  case RH_ERR_ACCESS:
    return "access";
  case RH_ERR_FORMAT:
    return "format";
  case RH_ERR_UNSUPPORTED:
    return "unsupported";
  case RH_ERR_LIMIT:
    return "limit";
  case RH_ERR_DIRTY:
    return "dirty";
  case RH_ERR_SEALED:
    return "sealed";
  case RH_ERR_STALE:
    return "stale";
  case RH_ERR_BLOCKED:
    return "blocked";
  case RH_ERR_LOCKED:
    return "locked";
  case RH_ERR_DIFFERS:
    return "differs";
  case RH_ERR_INTERRUPTED:
    return "interrupted";
  case RH_ERR_SCRIPT:
    return "script";
  case RH_ERR_SCOPE:
    return "scope";
  }
  return "unknown";
}
