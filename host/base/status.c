/* Status codes and the error that a caller is told. */
#include "base/platform.h"

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

void rh_error_tell(rh_error *error, const char *object, const char *format, ...) {
  if (!error)
    return;
  va_list arguments;
  char message[sizeof error->message];
  va_start(arguments, format);
  print_text(message, sizeof message, format, arguments);
  va_end(arguments);
  error->system_code = 0;
  if (object != error->object && snprintf(error->object, sizeof error->object, "%s",
                                          object ? object : "") >= (int)sizeof error->object)
    trim_partial_character(error->object);
  memcpy(error->message, message, sizeof message);
  error->hint[0] = '\0';
}

rh_status rh_error_tell_system(rh_error *error, int system_code, const char *object,
                               const char *format, ...) {
  rh_platform_failure failure;
  va_list arguments;
  char message[256];
  rh_platform_explain(&failure, system_code);
  if (!error)
    return failure.code;
  va_start(arguments, format);
  print_text(message, sizeof message, format, arguments);
  va_end(arguments);
  rh_error_set(error, failure.code, object, "%s: %s", message, failure.text);
  rh_error_hint(error, "%s", failure.remedy);
  error->system_code = system_code;
  return failure.code;
}

void rh_error_hint(rh_error *error, const char *format, ...) {
  if (!error)
    return;
  va_list arguments;
  va_start(arguments, format);
  print_text(error->hint, sizeof error->hint, format, arguments);
  va_end(arguments);
}

rh_status rh_check_stop(rh_error *error) {
  const char *asked = rh_platform_stop_asked();
  if (!asked)
    return RH_OK;
  rh_error_set(error, RH_ERR_STOPPED, NULL, "stopped by %s", asked);
  rh_error_hint(error, "nothing was changed");
  return RH_ERR_STOPPED;
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
  case RH_ERR_STOPPED:
    return "stopped";
  case RH_ERR_SCRIPT:
    return "script";
  case RH_ERR_SCOPE:
    return "scope";
  }
  return "unknown";
}
