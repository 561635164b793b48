/* What was carried out before: a plan that is applied a second time, a migration that has nothing
 * to do. */
#include "base/calendar.h"
#include "command/command.h"

#include <string.h>

rh_status rh_default_run(rh_buffer *out, const rh_plan *plan, const char *path, rh_error *error) {
  /* A plan has the destination's full path: no slash at its end, no "." */
  return rh_buffer_printf(out, error, "%s.run",
                          path ? path : rh_platform_base_name(rh_plan_destination(plan)));
}

static bool is_of_plan(const rh_run *run, const rh_plan *plan) {
  char id[65], of_run[65];
  return rh_plan_id(plan, id, NULL) == RH_OK &&
         rh_plan_id(rh_run_plan(run), of_run, NULL) == RH_OK && strcmp(id, of_run) == 0;
}

/* A run that changes nothing is known to no machine. */
static bool is_of_destination(const rh_cli *cli, rh_run *run, const rh_plan *plan) {
  if (rh_plan_change_count(rh_run_plan(run)) == 0)
    return strcmp(rh_run_destination(run), rh_plan_destination(plan)) == 0;
  return rh_run_find(run, rh_destination_of(cli, plan), false, NULL) == RH_OK;
}

/* The run in that folder; NULL for none, and for one of another destination or plan. */
static rh_run *run_in(const rh_cli *cli, const char *folder, const rh_plan *plan, bool of_plan) {
  rh_run *run = NULL;
  if (rh_run_open(&run, folder, NULL) != RH_OK)
    return NULL;
  if (is_of_destination(cli, run, plan) && (!of_plan || is_of_plan(run, plan)))
    return run;
  rh_run_free(run);
  return NULL;
}

/* A run that is not where it would be by itself has to be named with --run. */
static rh_run *find_run(rh_cli *cli, const rh_plan *plan, const char *path, bool of_plan) {
  rh_buffer folder = {0};
  rh_run *run = cli->run ? run_in(cli, cli->run, plan, of_plan) : NULL;
  if (!run && rh_default_run(&folder, plan, path, NULL) == RH_OK)
    run = run_in(cli, rh_buffer_text(&folder), plan, of_plan);
  rh_buffer_dispose(&folder);
  return run;
}

rh_run *rh_find_run_of(rh_cli *cli, const rh_plan *plan, const char *path) {
  return find_run(cli, plan, path, true);
}

static rh_exit half_way(rh_cli *cli, const rh_run *run) {
  rh_error error = {0};
  const char *folder = rh_run_folder(run);
  rh_error_set(&error, RH_ERR_INTERRUPTED, folder, "the run of this plan is half-way (%s)",
               rh_run_state_name(rh_run_state_of(run)));
  if (rh_run_state_of(run) == RH_RUN_PLACING)
    rh_error_hint(&error, "'rehome resume %s' goes on, 'rehome rollback %s' goes back", folder,
                  folder);
  else
    rh_error_hint(&error, "'rehome rollback %s' goes on", folder);
  return rh_fail(cli, &error);
}

static rh_exit compare(rh_cli *cli, rh_run *run, json_t *document) {
  char time[RH_TIME_TEXT];
  json_t *manual = NULL;
  rh_time_print(time, rh_seconds_from_filetime(rh_run_time(run)));
  rh_say(cli, "Already applied at %s by %s.", time, rh_run_folder(run));
  json_object_set_new(document, "applied", json_string(time));
  json_object_set_new(document, "run", rh_json_text(rh_run_folder(run)));
  json_object_set_new(document, "changed", json_false());
  rh_exit code = rh_verify_run(cli, run, document);
  if (code == RH_EXIT_DONE)
    rh_say(cli, "  nothing to do");
  rh_exit read =
      code == RH_EXIT_DONE || code == RH_EXIT_DIFFERS ? rh_read_manual(cli, run, &manual) : code;
  if (read == RH_EXIT_DONE)
    read = rh_tell_manual(cli, manual, document);
  json_decref(manual);
  return code == RH_EXIT_DONE ? read : code;
}

rh_exit rh_tell_applied(rh_cli *cli, rh_run *run) {
  if (rh_run_state_of(run) != RH_RUN_APPLIED)
    return half_way(cli, run);
  json_t *document = json_object();
  rh_exit code = compare(cli, run, document);
  if (code == RH_EXIT_DONE || code == RH_EXIT_MANUAL || code == RH_EXIT_DIFFERS)
    rh_print_json(cli, json_incref(document));
  json_decref(document);
  return code;
}

static bool has_same_deferred(const rh_run *run, const rh_plan *plan) {
  const json_t *deferred = json_object_get(rh_plan_document(plan), "deferred");
  if (json_array_size(deferred) == 0)
    return true;
  return run &&
         json_equal(deferred, json_object_get(rh_plan_document(rh_run_plan(run)), "deferred"));
}

bool rh_is_as_planned(rh_cli *cli, const rh_plan *plan, rh_exit *code, json_t *document) {
  json_t *manual = NULL;
  if (rh_plan_change_count(plan) > 0)
    return false;
  rh_run *run = find_run(cli, plan, NULL, false);
  if (run && rh_run_state_of(run) != RH_RUN_APPLIED) {
    rh_run_free(run);
    run = NULL;
  }
  bool is_done = has_same_deferred(run, plan);
  if (is_done) {
    rh_say(cli, "\n%s is already as it should be: nothing to do.", rh_plan_destination(plan));
    json_object_set_new(document, "changed", json_false());
    if (run)
      json_object_set_new(document, "run", rh_json_text(rh_run_folder(run)));
    /* What was done by hand is known to the run, and not to a plan that was made just now. */
    *code = run ? rh_read_manual(cli, run, &manual) : RH_EXIT_DONE;
    if (*code == RH_EXIT_DONE)
      *code = rh_tell_manual(cli, run ? manual : json_object_get(rh_plan_document(plan), "manual"),
                             document);
  }
  json_decref(manual);
  rh_run_free(run);
  return is_done;
}
