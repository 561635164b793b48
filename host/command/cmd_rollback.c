/* rollback: a destination as it was before a run, and what becomes of what others changed since. */
#include "command/command.h"

#include <string.h>

#define SHOWN_MAX 20 /* of a list; --details and --json have all of it */

static size_t shown(const rh_cli *cli, size_t count) {
  return cli->details || count <= SHOWN_MAX ? count : SHOWN_MAX;
}

static void say_rest(rh_cli *cli, size_t count) {
  if (shown(cli, count) < count)
    rh_say(cli, "  and %zu more; --details and --json list all %zu", count - shown(cli, count),
           count);
}

static const char *plural(size_t count) {
  return count == 1 ? "" : "s";
}

/* --- what would be done --- */

static const char *choice_name(const rh_rollback_item *item) {
  if (item->is_before)
    return "as-before";
  return item->choice == RH_SINCE_KEEP ? "keep" : item->choice == RH_SINCE_DISCARD ? "discard" : "";
}

static const char *choice_text(const rh_rollback_item *item) {
  if (item->is_before)
    return "  (as it was before the run)";
  return item->choice == RH_SINCE_KEEP      ? "  (is kept)"
         : item->choice == RH_SINCE_DISCARD ? "  (is discarded)"
                                            : "";
}

static void say_since(rh_cli *cli, const rh_rollback_list *list) {
  rh_say_title(cli, "Changed since the run");
  if (list->count == 0)
    rh_say(cli, "  nothing");
  for (size_t i = 0; i < shown(cli, list->count); i++) {
    const rh_rollback_item *item = &list->items[i];
    rh_say(cli, "  %-8s %s%s\n      the run left  %s\n      is now        %s", item->kind,
           item->path, choice_text(item), item->left, item->now);
  }
  say_rest(cli, list->count);
}

static void say_restored(rh_cli *cli, const rh_rollback_list *list) {
  rh_say_title(cli, "Goes back");
  if (list->count == 0)
    rh_say(cli, "  nothing");
  for (size_t i = 0; i < shown(cli, list->count); i++)
    rh_say(cli, "  %s\n      to %s", list->items[i].path, list->items[i].now);
  say_rest(cli, list->count);
}

static json_t *since_to_json(const rh_rollback_list *list) {
  json_t *out = json_array();
  for (size_t i = 0; i < list->count; i++) {
    const rh_rollback_item *item = &list->items[i];
    const char *choice = choice_name(item);
    json_array_append_new(out, json_pack("{s:o,s:s,s:o,s:o,s:o}", "path", rh_json_text(item->path),
                                         "kind", item->kind, "left", rh_json_text(item->left),
                                         "now", rh_json_text(item->now), "choice",
                                         *choice ? json_string(choice) : json_null()));
  }
  return out;
}

static json_t *restored_to_json(const rh_rollback_list *list) {
  json_t *out = json_array();
  for (size_t i = 0; i < list->count; i++)
    json_array_append_new(out, json_pack("{s:o,s:o,s:o}", "path", rh_json_text(list->items[i].path),
                                         "left", rh_json_text(list->items[i].left), "before",
                                         rh_json_text(list->items[i].now)));
  return out;
}

static rh_exit dry_run(rh_cli *cli, rh_run *run) {
  rh_rollback_view view;
  rh_error error = {0};
  if (rh_run_foresee_rollback(run, &view, &error) != RH_OK)
    return rh_fail(cli, &error);
  say_since(cli, &view.since);
  say_restored(cli, &view.restored);
  rh_say(
      cli,
      "\n%zu changed since the run, %zu of them to be decided; %zu go%s back. Nothing was written.",
      view.since.count, view.undecided, view.restored.count, view.restored.count == 1 ? "es" : "");
  if (view.undecided > 0)
    rh_say(cli, "Decide with --keep-changed or --discard-changed, or by name with --keep PATH and "
                "--discard PATH.");
  rh_print_json(cli,
                json_pack("{s:o,s:s,s:b,s:o,s:o,s:I}", "run", rh_json_text(rh_run_folder(run)),
                          "state", rh_run_state_name(rh_run_state_of(run)), "dry_run", 1, "changed",
                          since_to_json(&view.since), "restores", restored_to_json(&view.restored),
                          "undecided", (json_int_t)view.undecided));
  rh_rollback_view_dispose(&view);
  return RH_EXIT_DONE;
}

/* --- asking --- */

static rh_status choose(rh_cli *cli, rh_run *run, rh_since_choice rest, rh_error *error) {
  return rh_run_choose(run, rest, cli->kept.items, cli->kept.count, cli->discarded.items,
                       cli->discarded.count, error);
}

/* Says what nobody has decided about and asks once; UNDECIDED when nobody answers. */
static rh_since_choice ask(rh_cli *cli, const rh_rollback_view *view) {
  char question[160];
  snprintf(question, sizeof question,
           "%zu setting%s or file%s changed since the run: [k]eep, [d]iscard, [s]top?",
           view->undecided, plural(view->undecided), view->undecided == 1 ? " was" : "s were");
  switch (rh_ask(cli, question, "kds")) {
  case 'k':
    return RH_SINCE_KEEP;
  case 'd':
    return RH_SINCE_DISCARD;
  default:
    return RH_SINCE_UNDECIDED;
  }
}

/* The error with the whole list. */
static rh_exit fail_with_list(rh_cli *cli, const rh_rollback_view *view, const rh_error *error) {
  rh_print_json(cli, json_pack("{s:{s:s,s:o,s:o,s:o},s:o}", "error", "code",
                               rh_status_name(error->code), "object", rh_json_text(error->object),
                               "message", rh_json_text(error->message), "hint",
                               rh_json_text(error->hint), "changed", since_to_json(&view->since)));
  return rh_fail(cli, error);
}

/* Lists what is undecided; RH_EXIT_DONE when somebody at the terminal has decided. */
static rh_exit settle(rh_cli *cli, rh_run *run, const rh_error *blocked) {
  rh_rollback_view view;
  rh_error error = {0};
  rh_exit code = RH_EXIT_DONE;
  if (rh_run_foresee_rollback(run, &view, &error) != RH_OK)
    return rh_fail(cli, &error);
  say_since(cli, &view.since);
  rh_since_choice rest = ask(cli, &view);
  if (rest == RH_SINCE_UNDECIDED)
    code = fail_with_list(cli, &view, blocked);
  else if (choose(cli, run, rest, &error) != RH_OK)
    code = rh_fail(cli, &error);
  rh_rollback_view_dispose(&view);
  return code;
}

/* --- what was done --- */

static const char *text_of(const json_t *value) {
  const char *text = json_string_value(value);
  return text ? text : json_is_object(value) ? "(a name that is not Unicode)" : "";
}

static void say_paths(rh_cli *cli, const char *title, const json_t *list) {
  size_t index, count = json_array_size(list);
  json_t *item;
  if (count == 0)
    return;
  rh_say_title(cli, "%s", title);
  json_array_foreach(list, index, item) {
    if (index < shown(cli, count) && json_is_object(item) && json_object_get(item, "path"))
      rh_say(cli, "  %-8s %s", text_of(json_object_get(item, "kind")),
             text_of(json_object_get(item, "path")));
    else if (index < shown(cli, count))
      rh_say(cli, "  %s", text_of(item));
  }
  say_rest(cli, count);
}

void rh_view_rolled_back(rh_cli *cli, const rh_run *run, json_t *document) {
  json_t *facts = NULL;
  rh_error error = {0};
  if (rh_run_rollback_facts(run, &facts, &error) != RH_OK)
    rh_warn(cli, "what became of what others changed is not known: %s", error.message);
  if (!facts)
    return;
  const json_t *theirs = json_object_get(facts, "theirs");
  say_paths(cli, "Changed by others since the run, and kept", json_object_get(facts, "kept"));
  say_paths(cli, "Changed by others since the run, and taken back",
            json_object_get(facts, "discarded"));
  say_paths(cli, "What they had made of the files is in the run folder as", theirs);
  json_object_update(document, facts);
  json_decref(facts);
}

static rh_exit rolled_back(rh_cli *cli, const rh_run *run) {
  json_t *document = json_pack("{s:o,s:s}", "run", rh_json_text(rh_run_folder(run)), "state",
                               rh_run_state_name(rh_run_state_of(run)));
  json_t *facts = NULL;
  rh_run_rollback_facts(run, &facts, NULL);
  size_t kept = json_array_size(json_object_get(facts, "kept"));
  json_decref(facts);
  if (kept == 0)
    rh_say(cli, "What the run changed in %s is as it was before.", rh_run_destination(run));
  else
    rh_say(cli,
           "What the run changed in %s is as it was before, but for what others changed since: "
           "%zu setting%s or file%s kept as %s now.",
           rh_run_destination(run), kept, plural(kept), kept == 1 ? " is" : "s are",
           kept == 1 ? "it is" : "they are");
  cli->changed = true;
  rh_view_rolled_back(cli, run, document);
  rh_print_json(cli, document);
  return RH_EXIT_DONE;
}

static rh_exit roll_back(rh_cli *cli, rh_run *run) {
  rh_run_observer observer = rh_observe(cli);
  rh_error error = {0};
  rh_status status = rh_run_rollback(run, &observer, &error);
  if (status == RH_ERR_BLOCKED) {
    rh_exit code = settle(cli, run, &error);
    if (code != RH_EXIT_DONE)
      return code;
    status = rh_run_rollback(run, &observer, &error);
  }
  return status == RH_OK ? rolled_back(cli, run) : rh_fail(cli, &error);
}

rh_exit rh_cmd_rollback(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  if (cli->keep_changed && cli->discard_changed)
    return rh_usage(cli, "--keep-changed and --discard-changed cannot both be");
  rh_exit code = rh_find_run(cli, &run);
  rh_since_choice rest = cli->keep_changed      ? RH_SINCE_KEEP
                         : cli->discard_changed ? RH_SINCE_DISCARD
                                                : RH_SINCE_UNDECIDED;
  bool chosen = rest != RH_SINCE_UNDECIDED || cli->kept.count + cli->discarded.count > 0;
  if (code == RH_EXIT_DONE && chosen && choose(cli, run, rest, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE)
    code = cli->dry_run ? dry_run(cli, run) : roll_back(cli, run);
  rh_run_free(run);
  return code;
}
