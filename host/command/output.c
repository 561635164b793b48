/* All printing: lines for people, errors, progress, the JSON document. */
#include "command/command.h"

#include "base/text.h"

#include <string.h>

static FILE *people(const rh_cli *cli) {
  return cli->json ? stderr : stdout;
}

static void say(rh_cli *cli, FILE *stream, const char *before, const char *after,
                const char *format, va_list arguments) {
  rh_progress_end(cli);
  fputs(before, stream);
  vfprintf(stream, format, arguments);
  fputs(after, stream);
  fputc('\n', stream);
}

void rh_say(rh_cli *cli, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(cli, people(cli), "", "", format, arguments);
  va_end(arguments);
}

void rh_say_title(rh_cli *cli, const char *format, ...) {
  va_list arguments;
  bool bold = rh_platform_is_terminal(people(cli));
  va_start(arguments, format);
  say(cli, people(cli), bold ? "\n\033[1m" : "\n", bold ? "\033[0m" : "", format, arguments);
  va_end(arguments);
}

void rh_warn(rh_cli *cli, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fflush(stdout);
  say(cli, stderr, "warning: ", "", format, arguments);
  va_end(arguments);
}

rh_exit rh_exit_of(rh_status status) {
  switch (status) {
  case RH_OK:
  case RH_END:
    return RH_EXIT_DONE;
  case RH_ERR_ARGUMENT:
    return RH_EXIT_USAGE;
  case RH_ERR_STALE:
    return RH_EXIT_STALE;
  case RH_ERR_BLOCKED:
    return RH_EXIT_BLOCKED;
  case RH_ERR_DIFFERS:
    return RH_EXIT_DIFFERS;
  case RH_ERR_INTERRUPTED:
    return RH_EXIT_INTERRUPTED;
  case RH_ERR_SEALED:
    return RH_EXIT_SEALED;
  case RH_ERR_LOCKED:
    return RH_EXIT_LOCKED;
  default:
    return RH_EXIT_FAILED;
  }
}

/* Text from foreign files may hold bytes that a terminal would obey, or that JSON refuses. */
static void make_printable(char *out, size_t size, const char *text) {
  size_t used = 0;
  for (; *text && used + 1 < size; text++) {
    unsigned char sign = (unsigned char)*text;
    out[used++] = sign < 0x20 || sign == 0x7F ? ' ' : (char)sign;
  }
  out[used] = '\0';
  if (!rh_utf8_is_valid(out, used))
    for (char *sign = out; *sign; sign++)
      if ((unsigned char)*sign >= 0x80)
        *sign = '?';
}

rh_exit rh_fail(rh_cli *cli, const rh_error *error) {
  char object[sizeof error->object], message[sizeof error->message], hint[sizeof error->hint];
  make_printable(object, sizeof object, error->object);
  make_printable(message, sizeof message, error->message);
  make_printable(hint, sizeof hint, error->hint);
  rh_progress_end(cli);
  fflush(stdout);
  fprintf(stderr, "rehome: %s%s%s\n", object, *object ? ": " : "", message);
  if (*hint)
    fprintf(stderr, "        %s\n", hint);
  if (cli->json)
    rh_print_json(cli,
                  json_pack("{s:{s:s,s:s,s:s,s:s}}", "error", "code", rh_status_name(error->code),
                            "object", object, "message", message, "hint", hint));
  return rh_exit_of(error->code);
}

rh_exit rh_usage(rh_cli *cli, const char *format, ...) {
  rh_error error = {.code = RH_ERR_ARGUMENT};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error.message, sizeof error.message, format, arguments);
  va_end(arguments);
  if (cli->command) {
    snprintf(error.object, sizeof error.object, "%s", cli->command->name);
    rh_error_hint(&error, "'rehome %s --help' tells what it takes", cli->command->name);
  } else {
    rh_error_hint(&error, "'rehome --help' lists the commands");
  }
  return rh_fail(cli, &error);
}

void rh_print_json(rh_cli *cli, json_t *document) {
  if (cli->json && document) {
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    fputc('\n', stdout);
  }
  json_decref(document);
}

void rh_progress(rh_cli *cli, const char *phase, uint64_t done, uint64_t total) {
  if (!rh_platform_is_terminal(stderr))
    return;
  if (total > 0)
    fprintf(stderr, "\r\033[K%s %u%%", phase, (unsigned)(done * 100 / total));
  else
    fprintf(stderr, "\r\033[K%s", phase);
  fflush(stderr);
  cli->progress_open = true;
}

void rh_progress_end(rh_cli *cli) {
  if (cli->progress_open)
    fputs("\r\033[K", stderr);
  cli->progress_open = false;
}

bool rh_confirm(rh_cli *cli, const char *text) {
  char answer[16] = "";
  if (cli->unattended || !rh_platform_is_terminal(stdin) || !rh_platform_is_terminal(stderr))
    return false;
  rh_progress_end(cli);
  fprintf(stderr, "%s [y/N] ", text);
  if (!fgets(answer, sizeof answer, stdin))
    return false;
  return answer[0] == 'y' || answer[0] == 'Y';
}

const char *rh_size_text(char out[24], uint64_t len) {
  static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
  size_t unit = 0;
  double size = (double)len;
  while (size >= 1000 && unit < 4) {
    size /= 1000;
    unit++;
  }
  snprintf(out, 24, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return out;
}
