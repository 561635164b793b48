/* Undoing a run. */
#include "run/internal.h"

/* The same for people and machines, without data. */
static void tell_begin(rh_run *run, const json_t *record) {
  json_t *facts = json_deep_copy(record), *entry;
  size_t index;
  json_object_del(facts, "kind");
  json_object_set_new(facts, "what", json_string("rollback"));
  json_array_foreach(json_object_get(facts, "discarded"), index, entry) {
    json_object_del(entry, "change");
  }
  rh_run_event(run, "run", facts, NULL);
  json_decref(facts);
}

static rh_status begin(rh_run *run, rh_target *target, rh_error *error) {
  json_t *record = NULL;
  rh_status status = rh_run_rollback_record(&record, run, error);
  json_t *told = json_deep_copy(record);
  if (status == RH_OK)
    status = rh_run_record_json(run, json_incref(record), error);
  if (status == RH_OK)
    status = rh_run_read_rollback(run, told, error);
  if (status == RH_OK) {
    run->state = RH_RUN_ROLLING_BACK;
    tell_begin(run, told);
    status = rh_run_stack_put(run, target, run->state, error);
    if (status != RH_OK)
      status = rh_run_interrupted(run, error);
  }
  json_decref(told);
  json_decref(record);
  return status;
}

/* From here on the machine need not know the run, and another may be applied to it. */
static rh_status leave(rh_run *run, rh_target *target, rh_error *error) {
  rh_status status = rh_run_stack_take(run, target, error);
  if (status == RH_OK)
    status = rh_run_record(run, "rolled-back", NULL, error);
  if (status != RH_OK)
    return rh_run_interrupted(run, error);
  run->state = RH_RUN_ROLLED_BACK;
  rh_run_tell(run, "rolled-back", NULL);
  rh_platform_remove_folder(run->job.keep, NULL); /* empty when what was kept is back in place */
  return RH_OK;
}

static rh_status undo_item(rh_run *run, rh_target *target, size_t index, size_t count,
                           rh_error *error) {
  const char *path = NULL;
  rh_status status = rh_run_check_stop(target, index, count, error);
  if (status != RH_OK)
    return status;
  status = rh_target_undo(&path, target, &run->job, index, error);
  if (status != RH_OK)
    return status;
  rh_run_reached("undone-item");
  if (!path) /* it stays as it is */
    return RH_OK;
  status = rh_run_record(run, "restored", path, error);
  rh_run_tell(run, "restored", path);
  return status;
}

static rh_status undo_items(rh_run *run, rh_target *target, size_t count,
                            const rh_run_observer *observer, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    status = undo_item(run, target, i, count, error);
    rh_run_progress(observer, rh_target_unit(target), i + 1, count);
  }
  if (status == RH_OK)
    status = rh_target_check_undone(target, &run->job, error);
  if (status == RH_OK)
    status = rh_target_clear(target, &run->job, error);
  if (status == RH_OK)
    status = rh_run_record(run, "undone", NULL, error);
  run->is_undone = status == RH_OK;
  return status;
}

rh_status rh_run_go_back(rh_run *run, rh_target *target, const rh_run_observer *observer,
                         rh_error *error) {
  size_t count = 0;
  rh_run_phase phase = {observer, "changes"};
  const rh_target_progress progress = rh_run_phase_progress(&phase);
  if (run->state == RH_RUN_ROLLED_BACK)
    return RH_OK;
  if (run->is_undone)
    return leave(run, target, error);
  run->job.done = run->state == RH_RUN_APPLIED;
  rh_status status = run->state == RH_RUN_STARTED ? RH_OK /* nothing of it is there */
                                                  : rh_run_stack_check_top(run, target, error);
  if (status == RH_OK)
    status = rh_run_decide(run, target, error);
  if (status == RH_OK)
    status = rh_target_prepare_undo(&count, target, &run->job, &progress, error);
  if (status == RH_OK)
    status = rh_check_stop(error);
  if (status == RH_OK)
    status = begin(run, target, error);
  if (status != RH_OK)
    return status;
  status = undo_items(run, target, count, observer, error);
  return status == RH_OK ? leave(run, target, error) : rh_run_interrupted(run, error);
}

rh_status rh_run_rollback(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_target *target = NULL;
  rh_run_guard *guard = NULL;
  rh_status status = rh_run_refuse_closed(run, error);
  if (status == RH_OK)
    status = rh_run_take_up(run, &target, &guard, "rollback", observer, error);
  if (status == RH_OK) {
    status = rh_run_refuse_closed(run, error);
    if (status == RH_OK)
      status = rh_run_failed_in(run, rh_run_go_back(run, target, observer, error), error);
    if (status != RH_OK)
      rh_run_tell_error(run, error);
  }
  rh_target_free(target);
  rh_run_unlock(guard);
  return status;
}
