/* apply, resume and rollback: the commands that write to a destination. */
#include "command/command.h"

#include <string.h>

static void show_progress(void *payload, const char *phase, size_t done, size_t total) {
  rh_progress(payload, phase, done, total);
}

static void show_note(void *payload, const char *text) {
  rh_warn(payload, "%s", text);
}

static rh_exit ask_about_warnings(rh_cli *cli, const rh_plan *plan) {
  rh_error error = {0};
  size_t warnings = rh_count_warnings(plan);
  if (warnings == 0 || cli->accept_warnings)
    return RH_EXIT_DONE;
  char question[64];
  snprintf(question, sizeof question, "Go on in spite of %zu warning%s?", warnings,
           warnings == 1 ? "" : "s");
  if (rh_confirm(cli, question))
    return RH_EXIT_DONE;
  rh_error_set(&error, RH_ERR_BLOCKED, rh_plan_destination(plan),
               "%zu warning%s, and nobody accepted that; nothing was changed", warnings,
               warnings == 1 ? "" : "s");
  rh_error_hint(&error, "read the warnings ('rehome plan', 'rehome report'), then use "
                        "--accept-warnings");
  return rh_fail(cli, &error);
}

static rh_exit finish(rh_cli *cli, rh_run *run, json_t *document) {
  json_t *manual = NULL;
  rh_exit scripts = rh_write_first_start(cli, run);
  rh_exit code = rh_verify_run(cli, run, document);
  if (code == RH_EXIT_DONE)
    code = scripts;
  json_object_set_new(document, "run", rh_json_text(rh_run_folder(run)));
  rh_exit deferred = rh_defer_unattended(cli, run);
  if (code == RH_EXIT_DONE)
    code = deferred;
  rh_exit read = rh_read_manual(cli, run, &manual);
  if (code == RH_EXIT_DONE)
    code = read;
  size_t open = rh_count_open_manual(manual);
  json_object_set_new(document, "manual_open", json_integer((json_int_t)open));
  rh_view_manual(cli, manual);
  json_decref(manual);
  if (code == RH_EXIT_DONE && open > 0)
    code = RH_EXIT_MANUAL;
  return code;
}

/* What fails behind the last change must not be told as "failed, nothing changed". */
static rh_exit after_changes(rh_cli *cli, const rh_run *run, rh_exit code) {
  if (code != RH_EXIT_FAILED)
    return code;
  rh_warn(cli, "the changes were made; 'rehome resume %s' does the rest", rh_run_folder(run));
  return RH_EXIT_INTERRUPTED;
}

void rh_warn_unkept(rh_cli *cli, const rh_plan *plan) {
  rh_run_observer observer = {show_progress, show_note, cli};
  rh_error error = {0};
  if (rh_plan_change_count(plan) == 0)
    return;
  rh_status status = rh_run_foretell(plan, rh_plan_destination(plan), &observer, &error);
  if (status != RH_OK && status != RH_ERR_ARGUMENT) /* what is only read has nothing replaced */
    rh_warn(cli, "%s: what its volume cannot keep is not known: %s", error.object, error.message);
}

rh_exit rh_apply_plan(rh_cli *cli, const rh_plan *plan, rh_script *script, const char *run_folder,
                      json_t *document) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = {show_progress, show_note, cli};
  rh_warn_unkept(cli, plan);
  rh_exit code = ask_about_warnings(cli, plan);
  if (code == RH_EXIT_DONE)
    code = rh_check_unattended(cli, plan);
  if (code == RH_EXIT_DONE &&
      rh_run_apply(&run, run_folder, plan, rh_plan_destination(plan), &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code != RH_EXIT_DONE) {
    rh_script_free(script);
    return code;
  }
  cli->changed_by = run_folder;
  rh_say_title(cli, "Applied");
  rh_say(cli, "  %zu changes to %s", rh_plan_change_count(plan), rh_plan_destination(plan));
  code = rh_plan_again(cli, plan, script, false, document);
  rh_exit finished = finish(cli, run, document);
  rh_say(cli, "\nThe run is in %s; 'rehome rollback %s' undoes it.", run_folder, run_folder);
  code = after_changes(cli, run, code != RH_EXIT_DONE ? code : finished);
  rh_run_free(run);
  return code;
}

/* Adds the settings to what says which files are stale. */
static void name_stale_settings(const rh_plan *plan, rh_error *error) {
  rh_buffer names = {0};
  if (rh_plan_name_stale(&names, plan, rh_plan_destination(plan), NULL) == RH_OK && names.len > 0)
    rh_error_hint(error, "%s; make a new plan", rh_buffer_text(&names));
  rh_buffer_dispose(&names);
}

rh_exit rh_cmd_apply(rh_cli *cli) {
  rh_error error = {0};
  rh_plan *plan = NULL;
  rh_script *script = NULL;
  rh_buffer folder = {0};
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one plan file");
  const char *path = cli->arguments.items[0];
  rh_exit code = RH_EXIT_DONE;
  rh_status status = rh_plan_load(&plan, path, &error);
  if (status == RH_OK)
    status = rh_run_check_free(rh_plan_destination(plan), &error);
  if (status == RH_OK)
    status = rh_plan_check_fresh(plan, rh_plan_source(plan), rh_plan_destination(plan), &error);
  if (status == RH_ERR_STALE && plan)
    name_stale_settings(plan, &error);
  if (status == RH_OK)
    status = cli->run ? rh_buffer_append_text(&folder, cli->run, &error)
                      : rh_buffer_printf(&folder, &error, "%s.run", path);
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE && rh_open_planned_script(cli, plan, &script, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    json_t *document = json_object();
    code = rh_apply_plan(cli, plan, script, rh_buffer_text(&folder), document);
    script = NULL;
    if (code == RH_EXIT_DONE || code == RH_EXIT_MANUAL || code == RH_EXIT_DIFFERS)
      rh_print_json(cli, json_incref(document));
    json_decref(document);
  }
  rh_script_free(script);
  rh_plan_free(plan);
  rh_buffer_dispose(&folder);
  return code;
}

rh_exit rh_cmd_resume(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = {show_progress, show_note, cli};
  json_t *document = json_object();
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE && rh_run_resume(run, &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    rh_say(cli, "%s: %s", rh_run_folder(run), rh_run_state_name(rh_run_state_of(run)));
    if (rh_run_state_of(run) == RH_RUN_APPLIED)
      code = after_changes(cli, run, finish(cli, run, document));
    rh_print_json(cli, json_incref(document));
  }
  json_decref(document);
  rh_run_free(run);
  return code;
}

rh_exit rh_cmd_rollback(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = {show_progress, show_note, cli};
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE && rh_run_rollback(run, &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    rh_say(cli, "What the run changed in %s is as it was before.", rh_run_destination(run));
    rh_print_json(cli, json_pack("{s:o,s:s}", "run", rh_json_text(rh_run_folder(run)), "state",
                                 rh_run_state_name(rh_run_state_of(run))));
  }
  rh_run_free(run);
  return code;
}
