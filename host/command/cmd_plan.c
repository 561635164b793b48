/* check and plan: what stands in the way, and what would be done. */
#include "command/command.h"

#include <string.h>

rh_exit rh_cmd_check(rh_cli *cli) {
  rh_migration migration = {0};
  rh_error error = {0};
  json_t *result = NULL;
  rh_exit code = rh_migration_open(cli, &migration);
  if (code == RH_EXIT_DONE) {
    rh_status status = rh_script_check(migration.script, &migration.session, &result, &error);
    if (status != RH_OK)
      code = rh_fail(cli, &error);
  }
  if (code == RH_EXIT_DONE) {
    rh_view_own_playbooks(cli, json_object_get(result, "playbooks"));
    rh_say_title(cli, "Checks");
    rh_view_checks(cli, json_object_get(result, "checks"));
    rh_view_notes(cli, json_object_get(result, "notes"));
    if (json_is_true(json_object_get(result, "blocked")))
      code = RH_EXIT_BLOCKED;
    rh_add_explained_answers(result, &migration);
    rh_print_json(cli, json_incref(result));
  }
  json_decref(result);
  rh_migration_remarks(cli, &migration);
  rh_migration_close(&migration);
  return code;
}

rh_exit rh_make_plan(rh_cli *cli, rh_migration *migration, rh_plan **out) {
  rh_error error = {0};
  rh_status status = rh_plan_new(out, &error);
  if (status == RH_OK) {
    rh_progress(cli, "planning", 0, 0);
    status = rh_script_plan(migration->script, &migration->session, *out, &error);
  }
  if (status != RH_OK && status != RH_ERR_BLOCKED)
    return rh_fail(cli, &error);
  rh_view_own_playbooks(cli, json_object_get(rh_plan_document(*out), "playbooks"));
  rh_say_title(cli, "Checks");
  rh_view_checks(cli, json_object_get(rh_plan_document(*out), "checks"));
  if (status == RH_ERR_BLOCKED)
    rh_view_notes(cli, json_object_get(rh_plan_document(*out), "notes"));
  return status == RH_OK ? RH_EXIT_DONE : RH_EXIT_BLOCKED;
}

/* The plan without the data that it would write, and without what the fingerprints of secrets are
 * made with: what --json shows. */
static json_t *shown_plan(const rh_plan *plan) {
  char id[65];
  json_t *shown = json_copy(rh_plan_document(plan));
  static const char *const sides[] = {"source", "destination"};
  json_object_set_new(shown, "changes", json_integer((json_int_t)rh_plan_change_count(plan)));
  json_object_del(shown, "secret_key");
  if (rh_plan_id(plan, id, NULL) == RH_OK)
    json_object_set_new(shown, "id", json_string(id));
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
    json_t *side = json_copy(json_object_get(shown, sides[i]));
    json_object_del(side, "fingerprints");
    json_object_set_new(shown, sides[i], side);
  }
  return shown;
}

static void say_lines(rh_cli *cli, const char *text) {
  for (size_t len; *text; text += len + (text[len] == '\n')) {
    len = strcspn(text, "\n");
    rh_say(cli, "%.*s", (int)len, text);
  }
}

static rh_exit show_graph(rh_cli *cli) {
  rh_script *script = NULL;
  rh_error error = {0};
  json_t *graph = NULL;
  const char *kind = *cli->graph ? cli->graph : "text";
  if (strcmp(kind, "text") != 0 && strcmp(kind, "dot") != 0)
    return rh_usage(cli, "--graph is 'text' or 'dot', not '%s'", kind);
  if (cli->output || cli->explain_answers)
    return rh_usage(cli, "--graph makes no plan, so there is none for --%s",
                    cli->output ? "output" : "explain-answers");
  rh_exit code = rh_open_script(cli, &script, &cli->arguments);
  if (code == RH_EXIT_DONE && rh_script_graph(script, &graph, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    say_lines(cli, json_string_value(json_object_get(graph, kind)));
    rh_print_json(cli, json_incref(graph));
  }
  json_decref(graph);
  rh_script_free(script);
  return code;
}

static rh_exit save(rh_cli *cli, const rh_plan *plan) {
  char id[65];
  rh_error error = {0};
  rh_status status = rh_plan_id(plan, id, &error);
  if (status == RH_OK)
    status = rh_plan_save(plan, cli->output, cli->overwrite, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  rh_say(cli, "\nPlan %.12s written to %s. Next: rehome apply %s", id, cli->output, cli->output);
  return RH_EXIT_DONE;
}

rh_exit rh_cmd_plan(rh_cli *cli) {
  if (cli->graph)
    return show_graph(cli);
  rh_migration migration = {0};
  rh_plan *plan = NULL;
  rh_exit code = rh_migration_open(cli, &migration);
  if (code == RH_EXIT_DONE)
    code = rh_make_plan(cli, &migration, &plan);
  if (code == RH_EXIT_DONE) {
    rh_view_plan(cli, plan);
    rh_view_unjudged(cli, rh_plan_document(plan));
    rh_view_manual(cli, json_object_get(rh_plan_document(plan), "manual"));
    rh_warn_unkept(cli, plan);
    if (cli->output)
      code = save(cli, plan);
  }
  if (plan && (code == RH_EXIT_DONE || code == RH_EXIT_BLOCKED)) {
    json_t *shown = shown_plan(plan);
    rh_add_explained_answers(shown, &migration);
    rh_print_json(cli, shown);
  }
  rh_plan_free(plan);
  rh_migration_remarks(cli, &migration);
  rh_migration_close(&migration);
  return code;
}
