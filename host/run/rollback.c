/* Undoing a run: byte for byte while its files are untouched, else setting by setting. */
#include "run/internal.h"

#include <string.h>

/* True when every file is either as it was or as the run left it, with what it was at hand. */
static bool can_restore_files(const rh_run *run) {
  char now[65], kept[65];
  for (size_t i = 0; i < run->item_count; i++) {
    const rh_run_item *item = &run->items[i];
    if (rh_run_digest(now, item->target, NULL) != RH_OK)
      return false;
    if (strcmp(now, item->before) == 0)
      continue;
    if (strcmp(now, item->after) != 0)
      return false;
    if (item->before[0] &&
        (rh_run_digest(kept, item->previous, NULL) != RH_OK || strcmp(kept, item->before) != 0))
      return false;
  }
  return true;
}

static rh_status begin(rh_run *run, rh_error *error) {
  rh_status status = rh_run_record(run, "rollback", NULL, error);
  if (status == RH_OK) {
    run->state = RH_RUN_ROLLING_BACK;
    rh_run_tell(run, "rollback", NULL);
  }
  return status;
}

static rh_status note_restored(rh_run *run, const char *path, rh_error *error) {
  rh_run_reached("restored-file");
  rh_status status = rh_run_record(run, "restored", path, error);
  rh_run_tell(run, "restored", path);
  return status;
}

static rh_status end(rh_run *run, rh_error *error) {
  rh_status status = rh_run_sweep(run, error);
  if (status == RH_OK)
    status = rh_run_remove_new_folders(run, error);
  if (status == RH_OK)
    status = rh_run_record(run, "rolled-back", NULL, error);
  if (status != RH_OK)
    return rh_run_interrupted(run, error);
  run->state = RH_RUN_ROLLED_BACK;
  rh_run_tell(run, "rolled-back", NULL);
  return RH_OK;
}

/* A second name of the kept file becomes the target: what was there, owner and times included. */
static rh_status restore_file(const rh_run_item *item, rh_error *error) {
  char now[65];
  rh_buffer temporary = {0};
  rh_status status = rh_run_digest(now, item->target, error);
  if (status != RH_OK || strcmp(now, item->before) == 0)
    return status;
  if (!item->before[0])
    return rh_run_remove(item->target, error);
  status = rh_buffer_printf(&temporary, error, "%s.rehome-back", item->target);
  if (status == RH_OK)
    status = rh_run_keep(item->previous, rh_buffer_text(&temporary), error);
  if (status == RH_OK)
    status = rh_run_put(rh_buffer_text(&temporary), item->target, error);
  if (status == RH_OK)
    status = rh_run_digest(now, item->target, error);
  if (status == RH_OK && strcmp(now, item->before) != 0)
    status = rh_error_set(error, RH_ERR_DIFFERS, item->path, "is not what it was before the run");
  rh_buffer_dispose(&temporary);
  return status;
}

static rh_status restore_files(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_status status = begin(run, error);
  if (status != RH_OK)
    return status;
  for (size_t i = run->item_count; i > 0; i--) {
    status = restore_file(&run->items[i - 1], error);
    if (status == RH_OK)
      status = note_restored(run, run->items[i - 1].path, error);
    if (status != RH_OK)
      return rh_run_interrupted(run, error);
    rh_run_progress(observer, "files", run->item_count - i + 1, run->item_count);
  }
  status = end(run, error);
  /* The destination has them again. */
  char *previous = status == RH_OK ? rh_run_path(run, "previous") : NULL;
  if (previous)
    rh_file_remove_tree(previous, NULL);
  rh_free(previous);
  return status;
}

static rh_status refuse(const rh_change *inverse, const char *why, rh_error *error) {
  rh_buffer what = {0};
  rh_status status = rh_change_describe(&what, inverse, error);
  if (status == RH_OK) {
    status = rh_error_set(error, RH_ERR_DIFFERS, rh_buffer_text(&what), "%s", why);
    rh_error_hint(error, "undo that by hand, then roll back again; nothing was rolled back");
  }
  rh_buffer_dispose(&what);
  return status;
}

/* Undoes one change in memory. One that is undone already (an earlier rollback was stopped, or
 * somebody did it) is left alone. */
static rh_status undo_change(rh_machine *image, const rh_change *inverse, rh_error *error) {
  bool same = false;
  rh_buffer why = {0};
  rh_status status = rh_machine_compare(&same, NULL, image, inverse, &inverse->after, error);
  if (status != RH_OK || same)
    return status;
  status = rh_buffer_append_text(&why, "was changed after the run: it is ", error);
  if (status == RH_OK)
    status = rh_machine_compare(&same, &why, image, inverse, &inverse->before, error);
  if (status == RH_OK && !same) {
    status = rh_buffer_append_text(&why, ", and the run left ", error);
    if (status == RH_OK)
      status = rh_change_describe_side(&why, inverse, &inverse->before, error);
    if (status == RH_OK)
      status = refuse(inverse, rh_buffer_text(&why), error);
  } else if (status == RH_OK && inverse->action == RH_DELETE_KEY) {
    bool empty = false;
    status = rh_machine_key_is_empty(&empty, image, inverse, error);
    if (status == RH_OK && !empty)
      status = refuse(inverse, "was made by the run and holds what was added since", error);
  }
  if (status == RH_OK)
    status = rh_machine_apply(image, inverse, rh_platform_filetime(), true, error);
  rh_buffer_dispose(&why);
  return status;
}

static rh_status undo_changes(rh_run *run, rh_machine *image, const rh_run_observer *observer,
                              rh_error *error) {
  size_t count = run->changes.count;
  rh_status status = RH_OK;
  for (size_t i = count; status == RH_OK && i > 0; i--) {
    rh_change inverse = {0};
    status = rh_change_invert(&inverse, &run->changes.items[i - 1], error);
    if (status == RH_OK)
      status = undo_change(image, &inverse, error);
    rh_change_dispose(&inverse);
    rh_run_progress(observer, "changes", count - i + 1, count);
  }
  return status;
}

static rh_status check_undone(rh_run *run, rh_error *error) {
  rh_machine *image = NULL;
  rh_buffer what = {0};
  rh_status status = rh_machine_open(&image, run->destination, NULL, error);
  for (size_t i = 0; status == RH_OK && i < run->changes.count; i++) {
    const rh_change *change = &run->changes.items[i];
    bool same = false;
    status = rh_machine_compare(&same, NULL, image, change, &change->before, error);
    if (status == RH_OK && !same)
      status = rh_change_describe(&what, change, error);
    if (status == RH_OK && !same)
      status = rh_error_set(error, RH_ERR_DIFFERS, rh_buffer_text(&what),
                            "is not what it was before the run");
  }
  rh_buffer_dispose(&what);
  rh_machine_free(image);
  return status;
}

static rh_status restore_settings(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_machine *image = NULL;
  rh_commit *commit = NULL;
  rh_status status = rh_machine_open(&image, run->destination, NULL, error);
  if (status == RH_OK)
    status = undo_changes(run, image, observer, error);
  if (status == RH_OK)
    status = rh_commit_open(&commit, image, error);
  if (status == RH_OK)
    status = begin(run, error);
  if (status != RH_OK)
    goto done;
  size_t count = rh_commit_count(commit);
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    status = rh_commit_place(commit, i, NULL, error);
    if (status == RH_OK)
      status = note_restored(run, rh_commit_item_at(commit, i)->path, error);
    rh_run_progress(observer, "files", i + 1, count);
  }
  if (status == RH_OK)
    status = check_undone(run, error);
  status = status == RH_OK ? end(run, error) : rh_run_interrupted(run, error);
done:
  rh_commit_free(commit);
  rh_machine_free(image);
  return status;
}

rh_status rh_run_go_back(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  if (run->state == RH_RUN_ROLLED_BACK)
    return RH_OK;
  return can_restore_files(run) ? restore_files(run, observer, error)
                                : restore_settings(run, observer, error);
}

rh_status rh_run_rollback(rh_run *run, const rh_run_observer *observer, rh_error *error) {
  rh_run_guard *guard = NULL;
  rh_status status = rh_run_lock(&guard, run->destination, "rollback", run->folder, error);
  if (status != RH_OK)
    return status;
  status = rh_run_read_again(run, error);
  if (status == RH_OK) {
    rh_run_tell_left(run, guard, observer);
    status = rh_run_go_back(run, observer, error);
    if (status != RH_OK)
      rh_run_tell_error(run, error);
  }
  rh_run_unlock(guard);
  return status;
}
