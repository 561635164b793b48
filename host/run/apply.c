/* Applying a plan, and going on with a run that stopped on its way there. */
#include "run/internal.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define FLAT_NAME_MAX 200 /* bytes; longer ones get a number instead */

/* "Windows%2FSystem32%2Fconfig%2FSYSTEM": readable, one level, no two alike. */
static rh_status previous_name(rh_buffer *out, const char *path, size_t index, rh_error *error) {
  rh_status status = RH_OK;
  rh_buffer_clear(out);
  for (const char *sign = path; status == RH_OK && *sign; sign++) {
    if (strchr("/\\%:", *sign))
      status = rh_buffer_printf(out, error, "%%%02X", (unsigned)*sign);
    else
      status = rh_buffer_append(out, sign, 1, error);
  }
  if (status == RH_OK && (out->len > FLAT_NAME_MAX || !rh_utf8_is_valid(out->data, out->len))) {
    rh_buffer_clear(out);
    status = rh_buffer_printf(out, error, "file-%04zu", index + 1);
  }
  return status;
}

/* Takes previous over. */
static rh_status take_item(rh_run *run, const rh_commit_item *from, char *previous,
                           rh_error *error) {
  rh_run_item *item = &run->items[run->item_count++];
  item->path = rh_copy_text(from->path);
  item->target = rh_copy_text(from->target);
  item->temporary = rh_copy_text(from->temporary);
  item->previous = previous;
  memcpy(item->before, from->before_sha256, sizeof item->before);
  memcpy(item->after, from->after_sha256, sizeof item->after);
  if (!item->path || !item->target || (from->temporary && !item->temporary) || !item->previous)
    return rh_error_memory(error);
  return RH_OK;
}

static rh_status take_items(rh_run *run, const rh_commit *commit, rh_error *error) {
  rh_buffer name = {0};
  size_t count = rh_commit_count(commit);
  rh_run_items_clear(run);
  char *folder = rh_run_path(run, "previous");
  run->items = rh_alloc_zero(count + 1, sizeof *run->items);
  rh_status status = run->items && folder ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    const rh_commit_item *from = rh_commit_item_at(commit, i);
    status = previous_name(&name, from->path, i, error);
    char *previous = status == RH_OK ? rh_platform_join(folder, rh_buffer_text(&name)) : NULL;
    if (status == RH_OK)
      status = take_item(run, from, previous, error);
  }
  rh_buffer_dispose(&name);
  rh_free(folder);
  return status;
}

/* Applies all changes in memory and puts the new files on the disk, not yet in place. */
static rh_status prepare(rh_commit **out, rh_run *run, rh_machine *image,
                         const rh_run_observer *observer, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < run->changes.count; i++) {
    status = rh_machine_apply(image, &run->changes.items[i], run->clock, false, error);
    rh_run_progress(observer, "changes", i + 1, run->changes.count);
  }
  if (status == RH_OK)
    status = rh_commit_open(out, image, error);
  if (status == RH_OK)
    status = take_items(run, *out, error);
  if (status == RH_OK)
    rh_run_reached("prepared");
  if (status == RH_OK)
    status = rh_run_record_prepared(run, error);
  if (status == RH_OK)
    run->state = RH_RUN_PLACING;
  return status;
}

static rh_status note_placed(rh_run *run, size_t index, const rh_run_observer *observer,
                             rh_error *error) {
  const char *path = run->items[index].path;
  rh_run_reached("placed-file");
  rh_status status = rh_run_record(run, "placed", path, error);
  rh_run_tell(run, "placed", path);
  rh_run_progress(observer, "files", index + 1, run->item_count);
  return status;
}

static rh_status note_applied(rh_run *run, rh_error *error) {
  rh_status status = rh_run_record(run, "applied", NULL, error);
  if (status != RH_OK)
    return rh_run_interrupted(run, error);
  run->state = RH_RUN_APPLIED;
  rh_run_tell_applied(run);
  return RH_OK;
}

/* True when at least one file of the destination is the run's. */
static bool any_placed(const rh_run *run) {
  char now[65];
  for (size_t i = 0; i < run->item_count; i++)
    if (rh_run_digest(now, run->items[i].target, NULL) != RH_OK ||
        strcmp(now, run->items[i].before) != 0)
      return true;
  return false;
}

/* From the journalled changes to the end. An error before the first placing leaves the destination
 * as it was. */
static rh_status carry_out(rh_run *run, rh_machine *image, const rh_run_observer *observer,
                           rh_error *error) {
  rh_commit *commit = NULL;
  rh_status status = prepare(&commit, run, image, observer, error);
  size_t placed = 0;
  while (status == RH_OK && placed < run->item_count) {
    status = rh_commit_place(commit, placed, run->items[placed].previous, error);
    if (status == RH_OK)
      status = note_placed(run, placed, observer, error);
    placed++;
  }
  rh_commit_free(commit);
  if (status == RH_OK)
    return note_applied(run, error);
  if (placed > 0 && any_placed(run))
    return rh_run_interrupted(run, error);
  /* What cannot be tidied up now is tidied up by a rollback. */
  if ((placed > 0 && rh_run_sweep(run, NULL) != RH_OK) ||
      rh_run_remove_new_folders(run, NULL) != RH_OK)
    return rh_run_interrupted(run, error);
  return status;
}

/* A copy of the plan that lives as long as the run. */
static rh_status copy_plan(rh_run *run, const rh_plan *plan, rh_error *error) {
  rh_status status = rh_plan_new(&run->plan, error);
  if (status != RH_OK)
    return status;
  json_decref(run->plan->document);
  run->plan->document = json_deep_copy(plan->document);
  if (!run->plan->document)
    return rh_error_memory(error);
  return rh_plan_changes(run->plan, &run->changes, error);
}

static rh_status start(rh_run *run, const char *folder, const rh_run_guard *guard,
                       const rh_run_observer *observer, rh_error *error) {
  rh_machine *image = NULL;
  bool made = false;
  rh_status status = rh_machine_open(&image, run->destination, NULL, error);
  if (status == RH_OK)
    status = rh_run_find_new_folders(run, image, error);
  if (status != RH_OK)
    goto done;
  status = rh_run_folder_make(run, folder, &made, error);
  if (status == RH_OK)
    status = rh_run_record_begin(run, error);
  if (status == RH_OK) {
    rh_run_tell_plan(run);
    rh_run_tell_left(run, guard, observer);
    status = carry_out(run, image, observer, error);
  }
  if (status == RH_ERR_INTERRUPTED)
    rh_run_tell_error(run, error);
  else if (status != RH_OK)
    rh_run_folder_remove(run, made);
done:
  rh_machine_free(image);
  return status;
}

rh_status rh_run_apply(rh_run **out, const char *folder, const rh_plan *plan,
                       const char *destination_location, const rh_run_observer *observer,
                       rh_error *error) {
  rh_run_guard *guard = NULL;
  *out = NULL;
  rh_run *run = rh_alloc_zero(1, sizeof *run);
  rh_status status = run ? rh_run_folder_check(folder, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_platform_absolute(&run->destination, destination_location, error);
  if (status == RH_OK && !rh_utf8_is_valid(run->destination, strlen(run->destination)))
    status = rh_error_set(error, RH_ERR_UNSUPPORTED, destination_location,
                          "is a path that is not UTF-8");
  if (status == RH_OK)
    status = rh_run_lock(&guard, run->destination, "apply", folder, error);
  if (status == RH_OK)
    status = copy_plan(run, plan, error);
  if (status == RH_OK)
    status = rh_plan_check_fresh(plan, NULL, run->destination, error);
  if (status == RH_OK) {
    run->clock = rh_platform_filetime();
    status = start(run, folder, guard, observer, error);
  }
  rh_run_unlock(guard);
  if (status != RH_OK) {
    rh_run_free(run);
    return status;
  }
  *out = run;
  return RH_OK;
}

/* Puts one prepared file in place unless it is there already. RH_ERR_DIFFERS when that cannot be.
 */
static rh_status place_prepared(const rh_run_item *item, rh_error *error) {
  char now[65], prepared[65];
  rh_status status = rh_run_digest(now, item->target, error);
  if (status != RH_OK || strcmp(now, item->after) == 0)
    return status;
  if (strcmp(now, item->before) != 0)
    return rh_error_set(error, RH_ERR_DIFFERS, item->path,
                        "was changed by somebody else after the run stopped");
  if (item->after[0]) {
    status = rh_run_digest(prepared, item->temporary ? item->temporary : "", error);
    if (status == RH_OK && strcmp(prepared, item->after) != 0)
      status = rh_error_set(error, RH_ERR_DIFFERS, item->path,
                            "the file that was prepared for it is missing or damaged");
  }
  if (status == RH_OK && item->before[0])
    status = rh_run_keep(item->target, item->previous, error);
  if (status != RH_OK)
    return status;
  return item->after[0] ? rh_run_put(item->temporary, item->target, error)
                        : rh_run_remove(item->target, error);
}

static rh_status go_on_placing(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  for (size_t i = 0; i < run->item_count; i++) {
    rh_status status = place_prepared(&run->items[i], error);
    bool blocked = status == RH_ERR_DIFFERS;
    if (status == RH_OK)
      status = note_placed(run, i, observer, error);
    if (status == RH_OK)
      continue;
    status = rh_run_interrupted(run, error);
    if (blocked)
      rh_error_hint(error, "rehome rollback %s", run->folder);
    return status;
  }
  return note_applied(run, error);
}

static rh_status begin_again(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_machine *image = NULL;
  rh_status status = rh_run_sweep(run, error);
  if (status == RH_OK)
    status = rh_machine_open(&image, run->destination, NULL, error);
  if (status == RH_OK)
    status = carry_out(run, image, observer, error);
  rh_machine_free(image);
  return status;
}

static rh_status refuse_rolled_back(const rh_run *run, rh_error *error) {
  rh_error_set(error, RH_ERR_ARGUMENT, run->folder, "was rolled back: nothing is left to do");
  rh_error_hint(error, "to apply the plan once more: rehome apply, with a new run folder");
  return RH_ERR_ARGUMENT;
}

static rh_status resume_locked(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  if (run->state == RH_RUN_APPLIED)
    return RH_OK;
  if (run->state == RH_RUN_ROLLED_BACK)
    return refuse_rolled_back(run, error);
  rh_run_tell(run, "resumed", NULL);
  if (run->state == RH_RUN_ROLLING_BACK)
    return rh_run_go_back(run, observer, error);
  return run->state == RH_RUN_PLACING && any_placed(run) ? go_on_placing(run, observer, error)
                                                         : begin_again(run, observer, error);
}

rh_status rh_run_resume(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_run_guard *guard = NULL;
  rh_status status = rh_run_lock(&guard, run->destination, "resume", run->folder, error);
  if (status != RH_OK)
    return status;
  status = rh_run_read_again(run, error);
  if (status == RH_OK) {
    rh_run_tell_left(run, guard, observer);
    status = resume_locked(run, observer, error);
    if (status != RH_OK)
      rh_run_tell_error(run, error);
  }
  rh_run_unlock(guard);
  return status;
}
