/* Closing a run: the end of its way back, and of the secrets that lead there.
 *
 * The journal says that it is being closed, and what the plan will be called then; from there on
 * each step can be done once more. Last it is written anew, as a chain of its own that names the
 * end of the one before: what a line of it holds cannot be taken out of a chain. */
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

static bool is_closed(const rh_run *run) {
  return run->state == RH_RUN_CLOSING || run->state == RH_RUN_CLOSED;
}

rh_status rh_run_refuse_closed(const rh_run *run, rh_error *error) {
  if (!is_closed(run))
    return RH_OK;
  rh_error_set(error, RH_ERR_ARGUMENT, run->folder,
               "was closed: what leads back is gone, and nothing is left to do");
  if (run->state == RH_RUN_CLOSING)
    rh_error_hint(error, "the closing was stopped; rehome close %s finishes it", run->folder);
  else
    rh_error_hint(error, "rehome report %s --output FILE tells what the run did", run->folder);
  return RH_ERR_ARGUMENT;
}

static rh_status check(const rh_run *run, rh_target *target, rh_error *error) {
  if (is_closed(run))
    return RH_OK;
  if (run->state == RH_RUN_APPLIED || run->state == RH_RUN_ROLLED_BACK)
    return run->state == RH_RUN_APPLIED ? rh_run_stack_check_top(run, target, error) : RH_OK;
  rh_error_set(error, RH_ERR_INTERRUPTED, run->folder, "is half-way (%s) and cannot be closed",
               rh_run_state_name(run->state));
  rh_error_hint(error, "first: rehome resume %s, or rehome rollback %s", run->folder, run->folder);
  return RH_ERR_INTERRUPTED;
}

rh_status rh_run_check_close(rh_run *run, rh_error *error) {
  rh_target *target = NULL;
  rh_status status = run->is_found ? RH_OK : rh_run_find(run, NULL, false, error);
  if (status == RH_OK)
    status = rh_target_open(&target, run->destination, error);
  if (status == RH_OK)
    status = check(run, target, error);
  rh_target_free(target);
  return status;
}

/* The plan as it will be: empty where the run has lost it. */
static rh_status forget_plan(rh_buffer *out, char id[65], const char *path, rh_error *error) {
  id[0] = '\0';
  return rh_file_exists(path) ? rh_plan_forget(out, id, path, error) : RH_OK;
}

static rh_status begin(rh_run *run, const char *plan_id, rh_error *error) {
  if (run->state == RH_RUN_CLOSING)
    return RH_OK;
  json_t *records =
      json_pack("[{s:s, s:s*}]", "kind", "closing", "plan", plan_id[0] ? plan_id : NULL);
  rh_status status =
      records ? rh_journal_append(run->journal, records, error) : rh_error_memory(error);
  json_decref(records);
  if (status != RH_OK)
    return status;
  run->state = RH_RUN_CLOSING;
  rh_run_reached("closing");
  rh_run_tell(run, "closing", NULL);
  return RH_OK;
}

static rh_status remove_kept(const rh_run *run, rh_error *error) {
  rh_status status =
      rh_file_exists(run->job.keep) ? rh_file_remove_tree(run->job.keep, error) : RH_OK;
  if (status == RH_OK)
    status = rh_run_remove_theirs(run, error);
  if (status == RH_OK)
    status = rh_platform_sync_folder(run->folder, error);
  if (status == RH_OK)
    rh_run_reached("unkept");
  return status;
}

static void forget_changes(const json_t *records) {
  size_t index;
  json_t *record;
  json_array_foreach(records, index, record) {
    rh_change_forget(json_object_get(record, "change"));
    forget_changes(json_object_get(record, "discarded"));
  }
}

/* heads.json must not know the old chain any more when the new one is there. */
static rh_status write_journal(rh_run *run, rh_error *error) {
  rh_journal *old = NULL;
  rh_journal_end end = {0};
  json_t *records = NULL;
  char *path = rh_run_path(run, "journal.jsonl");
  rh_status status = path ? rh_journal_open(&old, path, &records, error) : rh_error_memory(error);
  if (status == RH_OK) {
    rh_journal_tell_end(old, &end);
    forget_changes(records);
  }
  if (status == RH_OK &&
      json_array_append_new(records, json_pack("{s:s, s:I, s:s}", "kind", "closed", "records",
                                               end.count, "digest", end.digest)) != 0)
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = rh_run_forget_head(run, error);
  if (status == RH_OK) {
    rh_journal_free(run->journal);
    run->journal = NULL;
    status = rh_journal_create(&run->journal, path, records, error);
  }
  rh_journal_free(old);
  json_decref(records);
  rh_free(path);
  if (status == RH_OK)
    rh_run_reached("closed");
  return status;
}

/* From the journalled closing to the end. */
static rh_status finish(rh_run *run, rh_target *target, const char *path, const rh_buffer *plan,
                        rh_error *error) {
  rh_status status = remove_kept(run, error);
  if (status == RH_OK && plan->len > 0)
    status = rh_file_write_private(path, plan->data, plan->len, error);
  if (status == RH_OK)
    rh_run_reached("forgotten");
  if (status == RH_OK)
    status = rh_run_stack_take(run, target, error);
  if (status == RH_OK)
    status = write_journal(run, error);
  if (status != RH_OK)
    return rh_run_interrupted(run, error);
  run->state = RH_RUN_CLOSED;
  rh_run_tell(run, "closed", NULL);
  return RH_OK;
}

static rh_status close_locked(rh_run *run, rh_target *target, rh_error *error) {
  rh_buffer plan = {0};
  char id[65];
  if (run->state == RH_RUN_CLOSED)
    return RH_OK;
  char *path = rh_run_path(run, "plan.json");
  rh_status status = path ? check(run, target, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = forget_plan(&plan, id, path, error);
  if (status == RH_OK)
    status = begin(run, id, error);
  if (status == RH_OK)
    status = finish(run, target, path, &plan, error);
  rh_buffer_dispose_secret(&plan);
  rh_free(path);
  return status;
}

rh_status rh_run_close(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_target *target = NULL;
  rh_run_guard *guard = NULL;
  rh_status status = rh_run_take_up(run, &target, &guard, "close", observer, error);
  if (status == RH_OK) {
    status = close_locked(run, target, error);
    if (status != RH_OK)
      rh_run_tell_error(run, error);
  }
  rh_target_free(target);
  rh_run_unlock(guard);
  return status;
}
