/* Plans, checks and manual steps, written for people. */
#include "command/command.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* The first guide id of an item, with a space behind it; empty without one. */
static void guide_of(char *out, size_t size, const json_t *item) {
  const json_t *guide = json_object_get(item, "guide");
  const char *id =
      json_is_array(guide) ? json_string_value(json_array_get(guide, 0)) : json_string_value(guide);
  snprintf(out, size, "%s", id ? id : "");
}

void rh_say_wrapped(rh_cli *cli, const char *indent, const char *text) {
  while (*text) {
    size_t line = strcspn(text, "\n");
    size_t take = line;
    if (take > 88) {
      take = 88;
      while (take > 40 && text[take] != ' ')
        take--;
      if (text[take] != ' ')
        take = strcspn(text, " \n");
    }
    rh_say(cli, "%s%.*s", indent, (int)take, text);
    text += take;
    text += *text == ' ' || *text == '\n';
  }
}

void rh_view_own_playbooks(rh_cli *cli, const json_t *playbooks) {
  size_t index;
  json_t *playbook;
  bool titled = false;
  json_array_foreach(playbooks, index, playbook) {
    if (strcmp(text_of(playbook, "source"), "folder") != 0)
      continue;
    if (!titled)
      rh_say_title(cli, "Playbooks of your own");
    titled = true;
    rh_say(cli, "  %s %s%s", text_of(playbook, "id"), text_of(playbook, "version"),
           *text_of(playbook, "replaces") ? ", in place of the one that comes with rehome" : "");
  }
}

void rh_view_checks(rh_cli *cli, const json_t *checks) {
  size_t index, passed = 0;
  json_t *check;
  json_array_foreach(checks, index, check) {
    char guide[32];
    if (json_is_true(json_object_get(check, "ok"))) {
      passed++;
      continue;
    }
    const char *severity = text_of(check, "severity");
    guide_of(guide, sizeof guide, check);
    bool waived = json_is_true(json_object_get(check, "waived"));
    bool blocked = strcmp(severity, "block") == 0;
    rh_say(cli, "  %-7s %s%s%s",
           waived    ? "WAIVED"
           : blocked ? "BLOCKED"
                     : severity,
           guide, *guide ? ": " : "", text_of(check, "title"));
    rh_say_wrapped(cli, "          ", text_of(check, "message"));
    if (*text_of(check, "hint") && !waived)
      rh_say_wrapped(cli, "          ", text_of(check, "hint"));
  }
  rh_say(cli, "  %zu of %zu checks passed", passed, json_array_size(checks));
}

static void say_summary(rh_cli *cli, const json_t *summary) {
  size_t index;
  json_t *outcome;
  rh_say_title(cli, "What becomes of the source's settings");
  json_array_foreach(summary, index, outcome) {
    rh_say(cli, "  %-9s %5d  %s", text_of(outcome, "name"),
           (int)json_integer_value(json_object_get(outcome, "count")), text_of(outcome, "meaning"));
  }
}

static void say_verdicts(rh_cli *cli, const json_t *plan, const char *step) {
  size_t index;
  json_t *item;
  json_array_foreach(json_object_get(plan, "verdicts"), index, item) {
    if (strcmp(text_of(item, "step"), step) != 0)
      continue;
    rh_say(cli, "      %-12s %s%s%s", text_of(item, "verdict"), text_of(item, "path"),
           *text_of(item, "name") ? " : " : "", text_of(item, "name"));
    const char *before = text_of(item, "before"), *after = text_of(item, "after");
    if (*before || *after)
      rh_say(cli, "                   %s%s%s", before, strcmp(before, after) ? " -> " : "",
             strcmp(before, after) ? (*after ? after : "(none)") : "");
    if (*text_of(item, "why"))
      rh_say_wrapped(cli, "                   ", text_of(item, "why"));
  }
}

static void say_steps(rh_cli *cli, const json_t *plan) {
  size_t index;
  json_t *step;
  json_array_foreach(json_object_get(plan, "steps"), index, step) {
    char guide[32];
    bool needed = strcmp(text_of(step, "state"), "planned") == 0;
    guide_of(guide, sizeof guide, step);
    if (!needed && !cli->details)
      continue;
    const char *summary = needed ? text_of(step, "summary") : "not needed";
    rh_say(cli, "  %-12s %s%s%s", guide, text_of(step, "title"), *summary ? ": " : "", summary);
    if (cli->details)
      say_verdicts(cli, plan, text_of(step, "id"));
  }
}

static void say_changes(rh_cli *cli, const rh_plan *plan) {
  rh_change_list changes = {0};
  rh_error error = {0};
  if (rh_plan_changes(plan, &changes, &error) != RH_OK) {
    rh_fail(cli, &error);
    return;
  }
  for (size_t i = 0; i < changes.count; i++) {
    rh_buffer text = {0};
    if (rh_change_describe(&text, &changes.items[i], NULL) == RH_OK)
      rh_say(cli, "  %-13s %s", rh_change_action_name(changes.items[i].action),
             rh_buffer_text(&text));
    rh_buffer_dispose(&text);
  }
  rh_change_list_dispose(&changes);
}

static void say_list(rh_cli *cli, const json_t *list, const char *field) {
  size_t index;
  json_t *item;
  json_array_foreach(list, index, item) {
    rh_say_wrapped(cli, "  ", text_of(item, field));
  }
}

static void say_waived(rh_cli *cli, const json_t *list) {
  size_t index;
  json_t *item;
  bool titled = false;
  json_array_foreach(list, index, item) {
    if (!json_is_true(json_object_get(item, "used")))
      continue;
    if (!titled)
      rh_say_title(cli, "Waived");
    titled = true;
    rh_say(cli, "  %s", text_of(item, "name"));
    rh_say_wrapped(cli, "      ", text_of(item, "what"));
    rh_say_wrapped(cli, "      ", text_of(item, "consequence"));
  }
}

/* The other parts of the source, and what of it this destination takes over. */
static void say_parts(rh_cli *cli, const json_t *document) {
  size_t index, at;
  json_t *part, *playbook, *take;
  const json_t *parts = json_object_get(json_object_get(document, "request"), "beside");
  const json_t *takes = json_object_get(document, "takes");
  if (json_array_size(parts) + json_array_size(takes) > 0)
    rh_say_title(cli,
                 json_array_size(parts) > 0 ? "One source, several servers" : "Name and addresses");
  json_array_foreach(takes, index, take) {
    rh_say(cli, "  this destination takes over the source's %s (%s)", text_of(take, "what"),
           text_of(take, "playbook"));
  }
  json_array_foreach(parts, index, part) {
    json_array_foreach(json_object_get(part, "playbooks"), at, playbook) {
      rh_say(cli, "  %s goes to %s, by %s", text_of(playbook, "id"), text_of(part, "destination"),
             text_of(part, "file"));
    }
    json_array_foreach(json_object_get(part, "takes"), at, take) {
      rh_say(cli, "  the source's %s goes to %s", text_of(take, "what"),
             text_of(part, "destination"));
    }
  }
}

/* ", for nps, remote-access": whom a shared step serves. */
static void users_of(char *out, size_t size, const json_t *item) {
  size_t index, len = 0;
  json_t *user;
  out[0] = '\0';
  json_array_foreach(json_object_get(item, "users"), index, user) {
    const char *name = json_string_value(user);
    if (len < size)
      len += (size_t)snprintf(out + len, size - len, "%s%s", index == 0 ? ", for " : ", ",
                              name ? name : "");
  }
}

void rh_view_notes(rh_cli *cli, const json_t *notes) {
  if (json_array_size(notes) == 0)
    return;
  rh_say_title(cli, "To know");
  say_list(cli, notes, "text");
}

void rh_view_plan(rh_cli *cli, const rh_plan *plan) {
  const json_t *document = rh_plan_document(plan);
  say_waived(cli, json_object_get(document, "waived"));
  say_parts(cli, document);
  rh_say_title(cli, "Steps");
  say_steps(cli, document);
  say_summary(cli, json_object_get(document, "summary"));
  if (cli->details) {
    rh_say_title(cli, "Changes to the destination");
    say_changes(cli, plan);
  }
  rh_view_notes(cli, json_object_get(document, "notes"));
  rh_say(cli, "\n%zu changes to the destination", rh_plan_change_count(plan));
}

bool rh_manual_is_open(const json_t *step) {
  return strcmp(text_of(step, "phase"), "back") != 0 &&
         (strcmp(text_of(step, "state"), "open") == 0 ||
          strcmp(text_of(step, "state"), "deferred") == 0);
}

size_t rh_count_open_manual(const json_t *manual) {
  size_t index, count = 0;
  json_t *item;
  json_array_foreach(manual, index, item) {
    count += rh_manual_is_open(item);
  }
  return count;
}

size_t rh_count_warnings(const rh_plan *plan) {
  size_t index, count = 0;
  json_t *item;
  json_array_foreach(json_object_get(rh_plan_document(plan), "checks"), index, item) {
    count += json_is_false(json_object_get(item, "ok")) &&
             strcmp(text_of(item, "severity"), "warn") == 0;
  }
  return count;
}

static void say_manual_phase(rh_cli *cli, const json_t *manual, const char *phase) {
  size_t index;
  json_t *item;
  bool titled = false;
  json_array_foreach(manual, index, item) {
    if (strcmp(text_of(item, "phase"), phase) != 0 || !rh_manual_is_open(item))
      continue;
    char guide[32], users[256];
    if (!titled)
      rh_say_title(cli, "To do by hand %s the apply", phase);
    titled = true;
    guide_of(guide, sizeof guide, item);
    users_of(users, sizeof users, item);
    /* Its number in the whole list: 'rehome manual' takes it. */
    rh_say(cli, "  %zu. %s  (%s%s%s%s)", index + 1, text_of(item, "title"), guide,
           *guide ? ", " : "", text_of(item, "on"), users);
    rh_say_wrapped(cli, "     ", text_of(item, "text"));
    size_t at;
    json_t *detail;
    json_array_foreach(json_object_get(item, "details"), at, detail) {
      rh_say(cli, "       - %s", json_string_value(detail));
    }
  }
}

void rh_view_manual(rh_cli *cli, const json_t *manual) {
  say_manual_phase(cli, manual, "before");
  say_manual_phase(cli, manual, "after");
  size_t index, back = 0;
  json_t *item;
  json_array_foreach(manual, index, item) {
    back += strcmp(text_of(item, "phase"), "back") == 0;
  }
  if (back > 0)
    rh_say(cli, "\n%zu more %s for the way back, if it is needed; 'rehome manual' tells", back,
           back == 1 ? "is" : "are");
  size_t settled = json_array_size(manual) - rh_count_open_manual(manual) - back;
  if (settled > 0)
    rh_say(cli, "\n%zu more %s settled: done or skipped", settled, settled == 1 ? "is" : "are");
}
