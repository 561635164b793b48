/* All printing: lines for people, errors, progress, the JSON document. */
#include "command/command.h"

#include "base/text.h"

#include <string.h>

#define SECONDS_BETWEEN_LINES 10 /* of progress that goes to a file */

static FILE *people(const rh_cli *cli) {
  return cli->json ? stderr : stdout;
}

/* What a terminal would obey instead of showing it: control characters, and those that turn the
 * direction of text. */
static bool is_shown(uint32_t unit) {
  return unit >= 0x20 && !(unit >= 0x7F && unit < 0xA0) && unit != 0x200E && unit != 0x200F &&
         !(unit >= 0x202A && unit <= 0x202E) && !(unit >= 0x2066 && unit <= 0x2069) &&
         !(unit >= 0xD800 && unit < 0xE000);
}

/* A line break stays one, but nothing of the text gets to a line's beginning, where rehome's own
 * words stand. */
static rh_status append_break(rh_buffer *out, const char *rest, size_t len) {
  bool indent = out->len > 0 && len > 0 && rest[0] != ' ' && rest[0] != '\n';
  return rh_buffer_append_text(out, indent ? "\n    " : "\n", NULL);
}

/* Text from foreign files may hold anything; what cannot be shown appears as \x1B or \u202E. */
static rh_status append_shown(rh_buffer *out, const char *text, size_t len, bool lines) {
  rh_status status = RH_OK;
  for (size_t position = 0; status == RH_OK && position < len;) {
    size_t start = position;
    uint16_t pair = 0;
    int32_t unit = rh_utf16_next(text, len, &position, &pair);
    if (unit < 0) {
      status = rh_buffer_printf(out, NULL, "\\x%02X", (unsigned char)text[start]);
      position = start + 1;
    } else if (unit == '\n' && lines) {
      status = append_break(out, text + position, len - position);
    } else if (pair || unit == '\t' || is_shown((uint32_t)unit)) {
      status = rh_buffer_append(out, text + start, position - start, NULL);
    } else {
      status = rh_buffer_printf(out, NULL, unit < 0x100 ? "\\x%02X" : "\\u%04X", (unsigned)unit);
    }
  }
  return status;
}

void rh_put(FILE *stream, const char *text, size_t len) {
  rh_buffer shown = {0};
  if (!rh_platform_is_terminal(stream))
    fwrite(text, 1, len, stream);
  else if (append_shown(&shown, text, len, false) == RH_OK)
    fwrite(rh_buffer_text(&shown), 1, shown.len, stream);
  rh_buffer_dispose(&shown);
}

json_t *rh_json_text(const char *text) {
  rh_buffer shown = {0};
  json_t *json = json_string(text);
  if (!json && append_shown(&shown, text, strlen(text), false) == RH_OK)
    json = json_string(rh_buffer_text(&shown));
  rh_buffer_dispose(&shown);
  return json;
}

static void say(rh_cli *cli, FILE *stream, const char *before, const char *after,
                const char *format, va_list arguments) {
  rh_buffer shown = {0};
  va_list again;
  rh_progress_end(cli);
  va_copy(again, arguments);
  int len = vsnprintf(NULL, 0, format, again);
  va_end(again);
  char *text = len < 0 ? NULL : rh_alloc((size_t)len + 1);
  if (text) {
    vsnprintf(text, (size_t)len + 1, format, arguments);
    append_shown(&shown, text, (size_t)len, true);
  }
  fprintf(stream, "%s%s%s\n", before, rh_buffer_text(&shown), after);
  rh_buffer_dispose_secret(&shown);
  rh_free(text);
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

/* Whoever stops a command behind the last change has to know of the change. */
static void tell_changed(const rh_cli *cli, rh_error *error) {
  error->code = RH_ERR_INTERRUPTED;
  rh_error_hint(error,
                "the changes were made before; to go on: rehome resume %s, to undo them: "
                "rehome rollback %s",
                cli->changed_by, cli->changed_by);
}

rh_exit rh_fail(rh_cli *cli, const rh_error *cause) {
  rh_error copy = *cause, *error = &copy;
  if (error->code == RH_ERR_STOPPED && cli->changed_by)
    tell_changed(cli, error);
  rh_buffer object = {0}, message = {0}, hint = {0};
  append_shown(&object, error->object, strlen(error->object), false);
  append_shown(&message, error->message, strlen(error->message), false);
  append_shown(&hint, error->hint, strlen(error->hint), false);
  rh_progress_end(cli);
  fflush(stdout);
  fprintf(stderr, "rehome: %s%s%s\n", rh_buffer_text(&object), object.len ? ": " : "",
          rh_buffer_text(&message));
  if (hint.len)
    fprintf(stderr, "        %s\n", rh_buffer_text(&hint));
  rh_print_json(cli, json_pack("{s:{s:s,s:s,s:s,s:s}}", "error", "code",
                               rh_status_name(error->code), "object", rh_buffer_text(&object),
                               "message", rh_buffer_text(&message), "hint", rh_buffer_text(&hint)));
  rh_buffer_dispose(&object);
  rh_buffer_dispose(&message);
  rh_buffer_dispose(&hint);
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
  if (cli->json && document && !cli->json_printed) {
    size_t flags = JSON_INDENT(2) | JSON_SORT_KEYS;
    json_dumpf(document, stdout,
               rh_platform_is_terminal(stdout) ? flags | JSON_ENSURE_ASCII : flags);
    fputc('\n', stdout);
    cli->json_printed = true;
  }
  json_decref(document);
}

/* Where nobody watches, only work that takes long is told. */
static void log_progress(rh_cli *cli, const char *phase, uint64_t done, uint64_t total) {
  double now = rh_platform_seconds();
  if (cli->progress_next > 0 && now < cli->progress_next)
    return;
  if (cli->progress_next > 0 && total > 0)
    fprintf(stderr, "%s %u%%\n", phase, (unsigned)(done * 100 / total));
  else if (cli->progress_next > 0)
    fprintf(stderr, "%s\n", phase);
  cli->progress_next = now + SECONDS_BETWEEN_LINES;
}

void rh_progress(rh_cli *cli, const char *phase, uint64_t done, uint64_t total) {
  if (!rh_platform_is_terminal(stderr)) {
    log_progress(cli, phase, done, total);
    return;
  }
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

rh_exit rh_check_output(rh_cli *cli) {
  rh_error error = {0};
  if (rh_platform_is_writable(stdout) && fflush(stdout) == 0 && !ferror(stdout))
    return RH_EXIT_DONE;
  clearerr(stdout); /* told here, not once more at the end */
  rh_error_set(&error, RH_ERR_IO, "standard output", "cannot be written to; nothing was changed");
  rh_error_hint(&error, "open it, make room where it goes, or send it elsewhere");
  return rh_fail(cli, &error);
}

bool rh_can_ask(const rh_cli *cli) {
  return !cli->unattended && rh_platform_is_terminal(stdin) && rh_platform_is_terminal(stderr);
}

static void show_progress(void *payload, const char *phase, size_t done, size_t total) {
  rh_progress(payload, phase, done, total);
}

static void show_note(void *payload, const char *text) {
  rh_warn(payload, "%s", text);
}

rh_run_observer rh_observe(rh_cli *cli) {
  return (rh_run_observer){show_progress, show_note, cli};
}

char rh_ask(rh_cli *cli, const char *text, const char *letters) {
  char answer[16] = "";
  bool answered;
  if (!rh_can_ask(cli))
    return '\0';
  rh_progress_end(cli);
  fflush(stdout);
  fprintf(stderr, "%s ", text);
  answered = rh_platform_wait_for_line(stdin) && fgets(answer, sizeof answer, stdin);
  if (!answered)
    fputc('\n', stderr);
  if (answer[0] >= 'A' && answer[0] <= 'Z')
    answer[0] = (char)(answer[0] - 'A' + 'a');
  if (!answered || !answer[0] || !strchr(letters, answer[0]))
    return '\0';
  return answer[0];
}

bool rh_confirm(rh_cli *cli, const char *text) {
  char question[256];
  snprintf(question, sizeof question, "%s [y/N]", text);
  return rh_ask(cli, question, "y") == 'y';
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
