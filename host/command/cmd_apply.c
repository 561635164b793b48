/* apply and resume: the commands that carry a plan out. */
#include "command/command.h"

#include <string.h>

static void count_text(char *out, size_t size, size_t count, const char *what) {
  snprintf(out, size, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static rh_exit not_accepted(rh_cli *cli, const rh_plan *plan, size_t warnings, size_t open) {
  rh_error error = {0};
  char what[64];
  if (rh_check_stop(&error) != RH_OK) /* that ended the question */
    return rh_fail(cli, &error);
  if (warnings > 0)
    count_text(what, sizeof what, warnings, "warning");
  else
    count_text(what, sizeof what, open, "step");
  rh_error_set(&error, RH_ERR_BLOCKED, rh_plan_destination(plan),
               warnings > 0 ? "%s, and nobody accepted that; nothing was changed"
                            : "%s to do first, and nobody said to go on; nothing was changed",
               what);
  rh_error_hint(&error, warnings > 0
                            ? "read the warnings ('rehome plan', 'rehome report'), then use "
                              "--accept-warnings"
                            : "do them, and record that with 'rehome manual PLAN STEP done'");
  return rh_fail(cli, &error);
}

/* One question for all that speaks against going on. Where nobody can be asked, warnings have to be
 * accepted by an option; steps to be done first were told. */
static rh_exit ask_whether_to_go_on(rh_cli *cli, const rh_plan *plan, size_t open) {
  size_t warnings = cli->accept_warnings ? 0 : rh_count_warnings(plan);
  char of_warnings[48], of_steps[64], question[160];
  if (!rh_can_ask(cli))
    open = 0;
  if (warnings + open == 0)
    return RH_EXIT_DONE;
  count_text(of_warnings, sizeof of_warnings, warnings, "warning");
  count_text(of_steps, sizeof of_steps, open, "open step");
  snprintf(question, sizeof question, "Go on in spite of %s%s%s?", warnings > 0 ? of_warnings : "",
           warnings > 0 && open > 0 ? " and " : "", open > 0 ? of_steps : "");
  return rh_confirm(cli, question) ? RH_EXIT_DONE : not_accepted(cli, plan, warnings, open);
}

/* What speaks against going on. manual is what was recorded of steps by now; a new reference. */
static rh_exit look_before(rh_cli *cli, const rh_application *application, json_t **manual) {
  rh_error error = {0};
  json_t *steps = NULL;
  size_t others = 0, open = 0;
  rh_status status = RH_OK;
  *manual = NULL;
  rh_say_target(cli, rh_destination_of(cli, application->plan), application->run_folder);
  rh_warn_unkept(cli, application->plan);
  if (application->path)
    status = rh_manual_before(manual, &others, application->plan, application->path, &error);
  if (status == RH_OK)
    status = rh_manual_with_before(&steps, application->plan, *manual, &error);
  rh_exit code = status == RH_OK ? rh_check_manual_before(cli, steps, &open) : rh_fail(cli, &error);
  if (code == RH_EXIT_DONE)
    code = rh_settle_unjudged(cli, application->plan);
  if (code == RH_EXIT_DONE)
    code = ask_whether_to_go_on(cli, application->plan, open);
  json_decref(steps);
  return code;
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
  rh_exit told = rh_tell_manual(cli, manual, document);
  json_decref(manual);
  if (code == RH_EXIT_DONE)
    code = read == RH_EXIT_DONE ? told : read;
  return code;
}

/* What fails behind the last change must not be told as "failed, nothing changed". */
static rh_exit after_changes(rh_cli *cli, const rh_run *run, rh_exit code) {
  if (code != RH_EXIT_FAILED) /* RH_EXIT_INTERRUPTED was told with what to do */
    return code;
  rh_warn(cli, "the changes were made; 'rehome resume %s' does the rest", rh_run_folder(run));
  return RH_EXIT_INTERRUPTED;
}

const char *rh_destination_of(const rh_cli *cli, const rh_plan *plan) {
  return cli->destination ? cli->destination : rh_plan_destination(plan);
}

void rh_warn_unkept(rh_cli *cli, const rh_plan *plan) {
  rh_run_observer observer = rh_observe(cli);
  rh_error error = {0};
  if (rh_plan_change_count(plan) == 0)
    return;
  rh_status status = rh_run_foretell(plan, rh_destination_of(cli, plan), &observer, &error);
  if (status != RH_OK && status != RH_ERR_ARGUMENT) /* what is only read has nothing replaced */
    rh_warn(cli, "%s: what its volume cannot keep is not known: %s", error.object, error.message);
}

rh_exit rh_apply_plan(rh_cli *cli, rh_application *application, json_t *document) {
  const rh_plan *plan = application->plan;
  const char *folder = application->run_folder;
  rh_run *run = NULL;
  rh_error error = {0};
  json_t *manual = NULL;
  rh_run_observer observer = rh_observe(cli);
  rh_exit code = look_before(cli, application, &manual);
  const rh_run_origin origin = {.manual = manual, .without_source = cli->without_source};
  if (code == RH_EXIT_DONE)
    code = rh_check_output(cli);
  if (code == RH_EXIT_DONE && rh_run_apply(&run, folder, plan, rh_destination_of(cli, plan),
                                           &origin, &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  json_decref(manual);
  if (code != RH_EXIT_DONE)
    return code;
  cli->changed_by = folder;
  cli->changed = true;
  rh_say_title(cli, "Applied");
  rh_say(cli, "  %zu changes to %s", rh_plan_change_count(plan), rh_run_destination(run));
  json_object_set_new(document, "changed", json_boolean(rh_plan_change_count(plan) > 0));
  code = rh_plan_again(cli, plan, &application->again, false, document);
  rh_exit finished = code == RH_EXIT_INTERRUPTED ? code : finish(cli, run, document);
  rh_say(cli, "\nThe run is in %s; 'rehome rollback %s' undoes it.", folder, folder);
  code = after_changes(cli, run, code != RH_EXIT_DONE ? code : finished);
  rh_run_free(run);
  return code;
}

static bool is_beginning_of_id(const char *text) {
  size_t len = strlen(text);
  return len >= 8 && len <= 64 && strspn(text, "0123456789abcdef") == len;
}

static rh_status check_expected(rh_cli *cli, const rh_plan *plan, const char *path,
                                rh_error *error) {
  char id[65];
  rh_status status = rh_plan_id(plan, id, error);
  if (status != RH_OK || !cli->expect || strncmp(id, cli->expect, strlen(cli->expect)) == 0)
    return status;
  rh_error_set(error, RH_ERR_STALE, path, "is the plan %.12s, and %s is expected", id, cli->expect);
  rh_error_hint(error,
                "see what is in it with 'rehome report', and expect its id if that is meant");
  return RH_ERR_STALE;
}

static rh_exit apply_first_time(rh_cli *cli, rh_application *application) {
  rh_error error = {0};
  rh_buffer folder = {0};
  json_t *document = json_object();
  rh_status status = rh_run_check_whole(application->again.destination, &error);
  if (status == RH_OK)
    status =
        rh_check_planned(cli, application->plan, application->path, &application->again, &error);
  if (status == RH_OK && !cli->run)
    status = rh_default_run(&folder, application->plan, application->path, &error);
  application->run_folder = cli->run ? cli->run : rh_buffer_text(&folder);
  rh_exit code = status == RH_OK ? rh_apply_plan(cli, application, document) : rh_fail(cli, &error);
  if (code == RH_EXIT_DONE || code == RH_EXIT_MANUAL || code == RH_EXIT_DIFFERS)
    rh_print_json(cli, json_incref(document));
  json_decref(document);
  rh_buffer_dispose(&folder);
  return code;
}

static bool has_changed_something(const rh_run *run) {
  rh_run_state state = rh_run_state_of(run);
  return state == RH_RUN_APPLIED || state == RH_RUN_PLACING || state == RH_RUN_ROLLING_BACK;
}

rh_exit rh_cmd_apply(rh_cli *cli) {
  rh_error error = {0};
  rh_plan *plan = NULL;
  rh_run *run = NULL;
  rh_exit code;
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one plan file");
  if (cli->expect && !is_beginning_of_id(cli->expect))
    return rh_usage(cli, "--expect takes a plan's id as 'rehome plan' tells it, or 8 digits of it "
                         "and more");
  rh_application application = {.path = cli->arguments.items[0]};
  rh_status status = rh_plan_load(&plan, application.path, &error);
  if (status == RH_OK)
    status = check_expected(cli, plan, application.path, &error);
  if (status == RH_OK)
    status = rh_run_check_free(rh_destination_of(cli, plan), &error);
  if (status == RH_OK)
    run = rh_find_run_of(cli, plan, application.path);
  application.plan = plan;
  application.again.destination = status == RH_OK ? rh_destination_of(cli, plan) : NULL;
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  else if (run && has_changed_something(run))
    code = rh_tell_applied(cli, run);
  else
    code = apply_first_time(cli, &application);
  rh_again_close(&application.again);
  rh_run_free(run);
  rh_plan_free(plan);
  return code;
}

rh_exit rh_find_run(rh_cli *cli, rh_run **out) {
  rh_exit code = rh_open_run(cli, out);
  if (code == RH_EXIT_DONE)
    code = rh_find_destination(cli, *out);
  if (code != RH_EXIT_DONE)
    return code;
  rh_run_state state = rh_run_state_of(*out);
  if (state != RH_RUN_ROLLED_BACK && state != RH_RUN_CLOSING && state != RH_RUN_CLOSED)
    rh_say_target(cli, rh_run_destination(*out), rh_run_folder(*out));
  return code;
}

rh_exit rh_cmd_resume(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = rh_observe(cli);
  json_t *document = json_object();
  rh_exit code = rh_find_run(cli, &run);
  if (code == RH_EXIT_DONE && rh_run_resume(run, &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    cli->changed = true;
    rh_say(cli, "%s: %s", rh_run_folder(run), rh_run_state_name(rh_run_state_of(run)));
    rh_view_rolled_back(cli, run, document);
    if (rh_run_state_of(run) == RH_RUN_APPLIED)
      cli->changed_by = rh_run_folder(run);
    if (rh_run_state_of(run) == RH_RUN_APPLIED)
      code = after_changes(cli, run, finish(cli, run, document));
    rh_print_json(cli, json_incref(document));
    cli->changed_by = NULL; /* the run's own text */
  }
  json_decref(document);
  rh_run_free(run);
  return code;
}
