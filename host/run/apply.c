/* Applying a plan, and going on with a run that stopped on its way there. */
#include "run/internal.h"

#include "base/text.h"

#include <string.h>

static void note_unkept(void *payload, const char *path, const char *unkept) {
  const rh_run_observer *observer = payload;
  rh_buffer text = {0};
  if (rh_buffer_printf(&text, NULL, "%s: the new file will not have %s", path, unkept) == RH_OK)
    observer->on_note(observer->payload, rh_buffer_text(&text));
  rh_buffer_dispose(&text);
}

rh_status rh_run_foretell(const rh_plan *plan, const char *destination, rh_run_observer *observer,
                          rh_error *error) {
  rh_target *target = NULL;
  rh_target_job job = {0};
  rh_status status = rh_target_open(&target, destination, error);
  if (status == RH_OK)
    status = rh_plan_changes(plan, &job.changes, error);
  if (status == RH_OK)
    status = rh_target_foretell(target, &job, note_unkept, observer, error);
  rh_target_job_dispose(&job);
  rh_target_free(target);
  return status;
}

/* What this user may not give to the new files is said before anything is in place. */
static void tell_unkept(const rh_run *run, const rh_run_observer *observer) {
  for (size_t i = 0; i < run->job.item_count; i++) {
    const rh_target_item *item = &run->job.items[i];
    rh_buffer text = {0};
    if (item->unkept && observer && observer->on_note &&
        rh_buffer_printf(&text, NULL, "%s: the new file could not be given all of the old one's %s",
                         item->path, item->unkept) == RH_OK)
      observer->on_note(observer->payload, rh_buffer_text(&text));
    rh_buffer_dispose(&text);
  }
}

/* Checks all changes and makes ready what is to be put in place. */
static rh_status prepare(rh_run *run, rh_target *target, const rh_run_observer *observer,
                         rh_error *error) {
  rh_run_phase phase = {observer, "changes"};
  const rh_target_progress progress = rh_run_phase_progress(&phase);
  rh_status status = rh_target_prepare(target, &run->job, &progress, error);
  if (status == RH_OK)
    tell_unkept(run, observer);
  if (status == RH_OK)
    rh_run_reached("prepared");
  if (status == RH_OK)
    status = rh_run_record_prepared(run, error);
  if (status == RH_OK)
    run->state = RH_RUN_PLACING;
  return status;
}

static rh_status place_item(rh_run *run, rh_target *target, size_t index, rh_error *error) {
  const char *path = run->job.items[index].path;
  rh_status status = rh_run_check_stop(target, index, run->job.item_count, error);
  if (status != RH_OK)
    return status;
  status = rh_target_place(target, &run->job, index, error);
  if (status != RH_OK)
    return status;
  rh_run_reached("placed-item");
  status = rh_run_record(run, "placed", path, error);
  rh_run_tell(run, "placed", path);
  return status;
}

static rh_status place_items(rh_run *run, rh_target *target, const rh_run_observer *observer,
                             rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < run->job.item_count; i++) {
    status = place_item(run, target, i, error);
    rh_run_progress(observer, rh_target_unit(target), i + 1, run->job.item_count);
  }
  return status;
}

static rh_status note_applied(rh_run *run, rh_target *target, rh_error *error) {
  rh_status status = rh_run_record(run, "applied", NULL, error);
  if (status != RH_OK)
    return rh_run_interrupted(run, error);
  run->state = RH_RUN_APPLIED;
  rh_run_tell_applied(run);
  status = rh_run_stack_put(run, target, run->state, error);
  return status == RH_OK ? RH_OK : rh_run_interrupted(run, error);
}

/* From the journalled changes to the end. An error that is not RH_ERR_INTERRUPTED means that the
 * destination is as it was. */
static rh_status carry_out(rh_run *run, rh_target *target, const rh_run_observer *observer,
                           rh_error *error) {
  rh_status status = rh_run_stack_put(run, target, RH_RUN_PLACING, error);
  if (status == RH_OK)
    status = prepare(run, target, observer, error);
  if (status == RH_OK)
    status = place_items(run, target, observer, error);
  if (status == RH_OK)
    return note_applied(run, target, error);
  /* What cannot be tidied up now is tidied up by a rollback. */
  if (rh_target_has_changed(target, &run->job) || rh_target_clear(target, &run->job, NULL) != RH_OK)
    return rh_run_interrupted(run, error);
  return status;
}

static rh_status start(rh_run *run, rh_target *target, const char *folder, const json_t *manual,
                       const rh_run_guard *guard, const rh_run_observer *observer,
                       rh_error *error) {
  bool made = false;
  rh_status status = rh_target_foresee(target, &run->job, error);
  if (status != RH_OK)
    return status;
  status = rh_run_folder_make(run, folder, &made, error);
  if (status == RH_OK)
    status = rh_run_record_begin(run, error);
  if (status == RH_OK) {
    rh_run_tell_plan(run, manual);
    rh_run_tell_left(run, guard, observer);
    status = carry_out(run, target, observer, error);
    if (status != RH_OK && status != RH_ERR_INTERRUPTED &&
        rh_run_stack_take(run, target, NULL) != RH_OK)
      status = rh_run_interrupted(run, error);
  }
  if (status == RH_ERR_INTERRUPTED)
    rh_run_tell_error(run, error);
  else if (status != RH_OK)
    rh_run_folder_remove(run, made);
  return status;
}

/* What the journal says of the destination is JSON. */
static rh_status take_location(rh_run *run, const rh_target *target, rh_error *error) {
  const char *location = rh_target_location(target);
  run->recorded = rh_copy_text(location);
  run->destination = rh_copy_text(location);
  run->is_found = true;
  if (!run->recorded || !run->destination)
    return rh_error_memory(error);
  if (!rh_utf8_is_valid(location, strlen(location)))
    return rh_error_set(error, RH_ERR_UNSUPPORTED, location, "is a path that is not UTF-8");
  return RH_OK;
}

rh_status rh_run_apply(rh_run **out, const char *folder, const rh_plan *plan,
                       const char *destination_location, const rh_run_origin *origin,
                       const rh_run_observer *observer, rh_error *error) {
  rh_target *target = NULL;
  rh_run_guard *guard = NULL;
  *out = NULL;
  rh_run *run = rh_alloc_zero(1, sizeof *run);
  rh_status status = run ? rh_run_folder_check(folder, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_target_open(&target, destination_location, error);
  if (status == RH_OK)
    status = take_location(run, target, error);
  if (status == RH_OK)
    status = rh_run_lock(&guard, target, "apply", folder, error);
  if (status == RH_OK)
    status = rh_plan_copy(&run->plan, plan, error);
  if (status == RH_OK)
    status = rh_plan_changes(run->plan, &run->job.changes, error);
  if (status == RH_OK)
    status = rh_run_stack_check_whole(target, error);
  if (status == RH_OK)
    status = rh_plan_check_fresh(plan, NULL, run->destination, error);
  if (status == RH_OK)
    status = rh_random_id(run->id, error);
  if (status == RH_OK) {
    run->job.clock = rh_platform_filetime();
    run->without_source = origin && origin->without_source;
    status = start(run, target, folder, origin ? origin->manual : NULL, guard, observer, error);
  }
  rh_target_free(target);
  rh_run_unlock(guard);
  if (status != RH_OK) {
    rh_run_free(run);
    return status;
  }
  *out = run;
  return RH_OK;
}

static rh_status go_on_placing(rh_run *run, rh_target *target, const rh_run_observer *observer,
                               rh_error *error) {
  rh_status status = rh_run_stack_put(run, target, RH_RUN_PLACING, error);
  if (status == RH_OK)
    status = place_items(run, target, observer, error);
  if (status == RH_OK)
    return note_applied(run, target, error);
  bool blocked = status == RH_ERR_DIFFERS;
  status = rh_run_interrupted(run, error);
  if (blocked)
    rh_error_hint(error, "rehome rollback %s", run->folder);
  return status;
}

static rh_status begin_again(rh_run *run, rh_target *target, const rh_run_observer *observer,
                             rh_error *error) {
  rh_status status = rh_target_clear(target, &run->job, error);
  return status == RH_OK ? carry_out(run, target, observer, error) : status;
}

static rh_status refuse_rolled_back(const rh_run *run, rh_error *error) {
  rh_error_set(error, RH_ERR_ARGUMENT, run->folder, "was rolled back: nothing is left to do");
  rh_error_hint(error, "to apply the plan once more: rehome apply, with a new run folder");
  return RH_ERR_ARGUMENT;
}

/* It may have been stopped before the machine's record told that all is in place, or on its way
 * back before that began. */
static rh_status settle_applied(rh_run *run, rh_target *target, rh_error *error) {
  rh_status status = rh_run_stack_put(run, target, RH_RUN_APPLIED, error);
  if (status == RH_OK && rh_run_stack_check_top(run, target, NULL) == RH_OK)
    status = rh_target_clear(target, &run->job, error);
  return status;
}

static rh_status resume_locked(rh_run *run, rh_target *target, const rh_run_observer *observer,
                               rh_error *error) {
  rh_status status = rh_run_refuse_closed(run, error);
  if (status != RH_OK)
    return status;
  if (run->state == RH_RUN_APPLIED)
    return settle_applied(run, target, error);
  if (run->state == RH_RUN_ROLLED_BACK)
    return refuse_rolled_back(run, error);
  rh_run_tell(run, "resumed", NULL);
  if (run->state == RH_RUN_ROLLING_BACK)
    return rh_run_go_back(run, target, observer, error);
  return run->state == RH_RUN_PLACING && rh_target_has_changed(target, &run->job)
             ? go_on_placing(run, target, observer, error)
             : begin_again(run, target, observer, error);
}

rh_status rh_run_resume(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_target *target = NULL;
  rh_run_guard *guard = NULL;
  rh_status status = rh_run_refuse_closed(run, error);
  if (status == RH_OK)
    status = rh_run_take_up(run, &target, &guard, "resume", observer, error);
  if (status == RH_OK) {
    status = rh_run_failed_in(run, resume_locked(run, target, observer, error), error);
    if (status != RH_OK)
      rh_run_tell_error(run, error);
  }
  rh_target_free(target);
  rh_run_unlock(guard);
  return status;
}
