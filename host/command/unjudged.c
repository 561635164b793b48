/* What no rule judges: listed, and in the way of an apply until somebody says what becomes of it.
 */
#include "command/command.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

static bool is_unjudged(const json_t *verdict) {
  return strcmp(text_of(verdict, "verdict"), "unjudged") == 0;
}

static size_t count_unjudged(const json_t *document) {
  size_t index, count = 0;
  json_t *item;
  json_array_foreach(json_object_get(document, "verdicts"), index, item) {
    count += is_unjudged(item);
  }
  return count;
}

/* A file or a certificate has no name, a default value an empty one. */
static const char *name_of(const json_t *verdict) {
  if (!json_object_get(verdict, "name"))
    return "(all of it)";
  const char *name = text_of(verdict, "name");
  return *name ? name : "@";
}

static void say_setting(rh_cli *cli, const json_t *verdict) {
  const char *before = text_of(verdict, "before"), *after = text_of(verdict, "after");
  rh_say(cli, "      %-28s %s; on the destination %s", name_of(verdict),
         *before ? before : "(not shown)", *after ? after : "nothing");
  if (*text_of(verdict, "why"))
    rh_say(cli, "      %-28s %s", "", text_of(verdict, "why"));
}

void rh_view_unjudged(rh_cli *cli, const json_t *document) {
  size_t index, count = count_unjudged(document);
  json_t *item;
  const char *path = "";
  if (count == 0)
    return;
  rh_say_title(cli, "Unjudged: no rule says what becomes of these settings of the source");
  json_array_foreach(json_object_get(document, "verdicts"), index, item) {
    if (!is_unjudged(item))
      continue;
    if (strcmp(path, text_of(item, "path")) != 0)
      rh_say(cli, "  %s", text_of(item, "path"));
    path = text_of(item, "path");
    say_setting(cli, item);
  }
  rh_warn(cli,
          "%zu setting%s of the source %s unjudged; nothing is applied until each is carried or "
          "left: --carry PATH, --leave PATH, of a key or a value",
          count, count == 1 ? "" : "s", count == 1 ? "is" : "are");
}

/* As many names as an error holds. */
static void name_unjudged(rh_buffer *out, const json_t *document, size_t count) {
  enum { NAMED = 12 };
  size_t index, named = 0;
  json_t *item;
  json_array_foreach(json_object_get(document, "verdicts"), index, item) {
    if (is_unjudged(item) && named < NAMED && out->len < 500)
      (void)rh_buffer_printf(out, NULL, "%s%s", named++ == 0 ? "" : ", ", name_of(item));
  }
  if (named < count)
    (void)rh_buffer_printf(out, NULL, " and %zu more", count - named);
}

rh_exit rh_settle_unjudged(rh_cli *cli, const rh_plan *plan) {
  rh_error error = {0};
  rh_buffer names = {0};
  char question[96];
  const json_t *document = rh_plan_document(plan);
  size_t count = count_unjudged(document);
  if (count == 0)
    return RH_EXIT_DONE;
  rh_view_unjudged(cli, document);
  snprintf(question, sizeof question, "Leave %s behind?",
           count == 1 ? "this setting" : "these settings");
  if (rh_confirm(cli, question))
    return RH_EXIT_DONE;
  name_unjudged(&names, document, count);
  rh_error_set(&error, RH_ERR_BLOCKED, rh_plan_destination(plan),
               "%zu setting%s of the source %s unjudged (%s); nothing was changed", count,
               count == 1 ? "" : "s", count == 1 ? "is" : "are", rh_buffer_text(&names));
  rh_error_hint(&error, "plan again with --carry PATH or --leave PATH for each, by its key or by "
                        "key and name; --accept-warnings does not cover them");
  rh_buffer_dispose(&names);
  return rh_fail(cli, &error);
}
