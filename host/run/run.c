/* A run: opening its folder, its state, and what the other files about runs need of it. */
#include "run/internal.h"

#include "base/table.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void (*rh_run_test_stop)(const char *step);

void rh_run_reached(const char *step) {
  if (rh_run_test_stop)
    rh_run_test_stop(step);
}

void rh_run_free(rh_run *run) {
  if (!run)
    return;
  rh_target_job_dispose(&run->job);
  run->chosen = false;
  rh_run_forget_rollback(run);
  rh_run_close_events(run);
  rh_journal_free(run->journal);
  rh_plan_free(run->plan);
  rh_free(run->recorded);
  rh_free(run->destination);
  rh_free(run->folder);
  rh_free(run);
}

rh_run_state rh_run_state_of(const rh_run *run) {
  return run->state;
}

const char *rh_run_state_name(rh_run_state state) {
  static const char *const names[] = {"started",      "placing", "applied", "rolled-back",
                                      "rolling-back", "closing", "closed"};
  RH_TABLE_FITS(names, RH_RUN_CLOSED);
  return (size_t)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

const rh_plan *rh_run_plan(const rh_run *run) {
  return run->plan;
}

const char *rh_run_folder(const rh_run *run) {
  return run->folder;
}

const char *rh_run_destination(const rh_run *run) {
  return run->destination;
}

uint64_t rh_run_time(const rh_run *run) {
  return run->job.clock;
}

bool rh_run_was_without_source(const rh_run *run) {
  return run->without_source;
}

char *rh_run_path(const rh_run *run, const char *name) {
  return rh_platform_join(run->folder, name);
}

rh_status rh_run_read_again(rh_run *run, rh_error *error) {
  char id[65];
  rh_target_job_dispose(&run->job);
  rh_journal_free(run->journal);
  run->journal = NULL;
  rh_free(run->recorded);
  run->recorded = NULL;
  run->is_undone = false;
  rh_run_folder_sweep(run->folder);
  return rh_run_read_journal(run, id, error);
}

rh_status rh_run_interrupted(const rh_run *run, rh_error *error) {
  if (!error)
    return RH_ERR_INTERRUPTED;
  rh_error cause = *error;
  /* Who stopped it knows the cause, and is told which run it is. */
  bool asked = cause.code == RH_ERR_STOPPED;
  const char *when = asked ? "to go on" : "when the cause is gone";
  rh_error_set(error, RH_ERR_INTERRUPTED, asked ? run->folder : cause.object,
               "the run stopped half-way: %s", cause.message);
  error->system_code = cause.system_code;
  if (run->state == RH_RUN_CLOSING)
    rh_error_hint(error, "%s: rehome close %s", when, run->folder);
  else if (run->state == RH_RUN_ROLLING_BACK)
    rh_error_hint(error, "%s: rehome rollback %s", when, run->folder);
  else
    rh_error_hint(error, "%s: rehome resume %s, %s: rehome rollback %s", when, run->folder,
                  asked ? "to undo it" : "or", run->folder);
  return RH_ERR_INTERRUPTED;
}

rh_status rh_run_check_stop(const rh_target *target, size_t done, size_t count, rh_error *error) {
  const char *asked = rh_platform_stop_asked();
  if (!asked)
    return RH_OK;
  rh_error_set(error, RH_ERR_STOPPED, NULL, "stopped by %s when %zu of %zu %s were done", asked,
               done, count, rh_target_unit(target));
  rh_error_hint(error, "nothing was changed"); /* rh_run_interrupted knows better */
  return RH_ERR_STOPPED;
}

bool rh_run_is_half_way(const rh_run *run) {
  return run->state == RH_RUN_PLACING || run->state == RH_RUN_ROLLING_BACK;
}

rh_status rh_run_failed_in(const rh_run *run, rh_status status, rh_error *error) {
  bool ends = status == RH_OK || status == RH_ERR_DIFFERS || status == RH_ERR_INTERRUPTED ||
              status == RH_ERR_BLOCKED || status == RH_ERR_ARGUMENT;
  return !ends && rh_run_is_half_way(run) ? rh_run_interrupted(run, error) : status;
}

void rh_run_progress(const rh_run_observer *observer, const char *phase, size_t done,
                     size_t total) {
  if (observer && observer->on_progress)
    observer->on_progress(observer->payload, phase, done, total);
}

static void tell_phase(void *payload, size_t done, size_t total) {
  const rh_run_phase *phase = payload;
  rh_run_progress(phase->observer, phase->phase, done, total);
}

rh_target_progress rh_run_phase_progress(rh_run_phase *phase) {
  return (rh_target_progress){tell_phase, phase};
}

rh_status rh_run_take_up(rh_run *run, rh_target **target, rh_run_guard **guard, const char *command,
                         const rh_run_observer *observer, rh_error *error) {
  const bool half_way = rh_run_is_half_way(run);
  *guard = NULL;
  *target = NULL;
  rh_status status = run->is_found ? RH_OK : rh_run_find(run, NULL, false, error);
  if (status != RH_OK)
    return status;
  status = rh_target_open(target, run->destination, error);
  if (status == RH_OK)
    status = rh_run_lock(guard, *target, command, run->folder, error);
  if (status == RH_OK)
    status = rh_run_read_again(run, error);
  if (status == RH_OK)
    rh_run_tell_left(run, *guard, observer);
  else if (half_way && status != RH_ERR_LOCKED)
    status = rh_run_interrupted(run, error);
  return status;
}

/* The journal alone is enough to go on or back: a plan that was lost is put together from it. */
static rh_status plan_from_journal(rh_run *run, rh_error *error) {
  json_t *changes = NULL;
  rh_status status = rh_plan_new(&run->plan, error);
  if (status == RH_OK)
    status = rh_changes_to_json(&changes, &run->job.changes, error);
  if (status != RH_OK)
    return status;
  json_t *document = rh_plan_document(run->plan);
  json_t *machine = json_object_get(json_object_get(document, "request"), "destination");
  if (json_object_set_new(document, "changes", changes) != 0 ||
      json_object_set_new(machine, "location", json_string(run->destination)) != 0)
    return rh_error_memory(error);
  return RH_OK;
}

static rh_status load_plan(rh_run *run, const char *id, rh_error *error) {
  char found[65];
  char *path = rh_run_path(run, "plan.json");
  if (!path)
    return rh_error_memory(error);
  rh_status status = rh_plan_load_of_run(&run->plan, path, error);
  if (status == RH_ERR_NOT_FOUND) {
    status = plan_from_journal(run, error);
  } else if (status == RH_OK) {
    status = rh_plan_id(run->plan, found, error);
    if (status == RH_OK && strcmp(found, id) != 0 && strcmp(found, run->closed_plan) != 0)
      status =
          rh_error_set(error, RH_ERR_FORMAT, path, "is not the plan that the journal tells of");
  }
  if (status == RH_ERR_FORMAT || status == RH_ERR_STALE) {
    status = RH_ERR_FORMAT;
    if (error)
      error->code = status;
    rh_error_hint(error, "move the file away: the journal alone is enough to resume or roll back");
  }
  rh_free(path);
  return status;
}

rh_status rh_run_open(rh_run **out, const char *folder, rh_error *error) {
  char id[65];
  *out = NULL;
  rh_run *run = rh_alloc_zero(1, sizeof *run);
  rh_status status = run ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_platform_absolute(&run->folder, folder, error);
  if (status == RH_OK)
    status = rh_run_read_journal(run, id, error);
  if (status == RH_ERR_NOT_FOUND) {
    rh_error_set(error, status, folder, "holds no run: there is no journal.jsonl in it");
    rh_error_hint(error, "give the folder that rehome apply made");
  }
  if (status == RH_OK)
    status = load_plan(run, id, error);
  if (status != RH_OK) {
    rh_run_free(run);
    return status;
  }
  *out = run;
  return RH_OK;
}
