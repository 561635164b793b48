/* The target of an image: its items are its files, hives among them. */
#include "machine/image/internal.h"

#include <string.h>

typedef struct image_target {
  rh_target head;
  image_back back;
} image_target;

static image_target *target_of(rh_target *target) {
  return (image_target *)target; /* head is its first member */
}

static void dispose(rh_target *target) {
  image_back_drop(&target_of(target)->back);
}

/* --- folders of new files --- */

static bool holds(const rh_name_list *list, const char *name) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->names[i], name) == 0)
      return true;
  return false;
}

/* Adds the folders above an image-relative path that are not there, outer first. */
static rh_status add_folders_above(rh_target_job *job, const char *location, const char *path,
                                   rh_error *error) {
  rh_status status = RH_OK;
  for (const char *slash = strchr(path, '/'); status == RH_OK && slash;
       slash = strchr(slash + 1, '/')) {
    rh_file_info info;
    char *folder = rh_copy_bytes(path, (size_t)(slash - path));
    char *full = folder ? rh_platform_join(location, folder) : NULL;
    status = full ? rh_platform_info(full, &info, error) : rh_error_memory(error);
    if (status == RH_ERR_NOT_FOUND)
      status =
          holds(&job->folders, folder) ? RH_OK : machine_names_add(&job->folders, folder, error);
    rh_free(folder);
    rh_free(full);
  }
  return status;
}

static rh_status foresee(rh_target *target, rh_target_job *job, rh_error *error) {
  rh_machine *image = NULL;
  rh_buffer path = {0};
  rh_status status = rh_machine_open(&image, target->location, NULL, error);
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++) {
    const rh_change *change = &job->changes.items[i];
    if (change->action != RH_WRITE_FILE || change->before.present)
      continue;
    status = rh_machine_file_path(image, change->path, &path, error);
    if (status == RH_OK)
      status = add_folders_above(job, target->location, rh_buffer_text(&path), error);
  }
  rh_buffer_dispose(&path);
  rh_machine_free(image);
  return status;
}

/* A folder that somebody has put a file into stays. */
static rh_status remove_empty(const char *folder, rh_error *error) {
  rh_name_list list = {0};
  rh_status status = rh_platform_remove_folder(folder, error);
  if (status == RH_OK || status == RH_ERR_NOT_FOUND)
    return image_settle(folder, error);
  if (rh_platform_list(&list, folder, NULL) == RH_OK && list.count > 0)
    status = RH_OK;
  rh_name_list_dispose(&list);
  return status;
}

static rh_status remove_new_folders(const rh_target *target, const rh_target_job *job,
                                    rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = job->folders.count; status == RH_OK && i > 0; i--) {
    char *folder = rh_platform_join(target->location, job->folders.names[i - 1]);
    status = folder ? remove_empty(folder, error) : rh_error_memory(error);
    rh_free(folder);
  }
  return status;
}

/* --- forward --- */

static rh_status read_folder_guards(const rh_target *target, rh_target_job *job, rh_error *error) {
  rh_status status = RH_OK;
  rh_name_list_dispose(&job->folder_guards);
  for (size_t i = 0; status == RH_OK && i < job->folders.count; i++) {
    char *guard = NULL, *folder = rh_platform_join(target->location, job->folders.names[i]);
    status = folder ? RH_OK : rh_error_memory(error);
    if (status == RH_OK && rh_file_exists(folder)) /* changes may have taken each other back */
      status = image_guard_read(&guard, folder, error);
    if (status == RH_OK)
      status = machine_names_add(&job->folder_guards, guard ? guard : "", error);
    rh_free(guard);
    rh_free(folder);
  }
  return status;
}

static rh_status prepare(rh_target *target, rh_target_job *job, const rh_target_progress *progress,
                         rh_error *error) {
  rh_machine *image = NULL;
  image_prepared prepared = {0};
  rh_status status = rh_machine_open(&image, target->location, NULL, error);
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++) {
    status = machine_apply_change(image, &job->changes.items[i], job->clock, false, error);
    if (status == RH_OK)
      status = rh_check_stop(error);
    machine_tell_progress(progress, i + 1, job->changes.count);
  }
  if (status == RH_OK)
    status = image_prepare(&prepared, image, error);
  /* Closed before anything is placed: a system may not replace what is mapped. */
  rh_machine_free(image);
  for (size_t i = 0; status == RH_OK && i < prepared.count; i++)
    status = image_flat_name(&prepared.items[i].previous, prepared.items[i].path, i, error);
  if (status == RH_OK)
    status = read_folder_guards(target, job, error);
  if (status != RH_OK) {
    image_prepared_discard(&prepared);
    return status;
  }
  job->items = prepared.items;
  job->item_count = prepared.count;
  rh_name_list_dispose(&prepared.folders);
  return RH_OK;
}

/* An item is what somebody may have written into a journal. */
static rh_status check_is_file(const rh_target_item *item, rh_error *error) {
  if (item->target && item->previous)
    return RH_OK;
  return rh_error_set(error, RH_ERR_FORMAT, item->path, "is no file of an image");
}

static rh_status check(rh_item_state *out, rh_target *target, const rh_target_job *job,
                       size_t index, rh_error *error) {
  const rh_target_item *item = &job->items[index];
  (void)target;
  rh_status status = check_is_file(item, error);
  return status == RH_OK ? image_check_item(out, item, job->keep, error) : status;
}

static rh_status place(rh_target *target, const rh_target_job *job, size_t index, rh_error *error) {
  const rh_target_item *item = &job->items[index];
  (void)target;
  rh_status status = check_is_file(item, error);
  return status == RH_OK ? image_place_item(item, job->keep, error) : status;
}

/* --- back (back.c) --- */

static rh_status check_items(const rh_target_job *job, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < job->item_count; i++)
    status = check_is_file(&job->items[i], error);
  return status;
}

static rh_status find_since(rh_target *target, rh_target_job *job, rh_error *error) {
  rh_status status = check_items(job, error);
  return status == RH_OK ? image_back_find_since(job, target->location, error) : status;
}

static rh_status prepare_undo(size_t *out, rh_target *target, const rh_target_job *job,
                              const rh_target_progress *progress, rh_error *error) {
  image_target *self = target_of(target);
  image_back_drop(&self->back);
  rh_status status = check_items(job, error);
  if (status == RH_OK)
    status = image_back_prepare(&self->back, target->location, job, progress, error);
  *out = self->back.count;
  return status;
}

static rh_status undo(const char **path, rh_target *target, const rh_target_job *job, size_t index,
                      rh_error *error) {
  return image_back_step(path, &target_of(target)->back, job, index, error);
}

static rh_status check_undone(rh_target *target, const rh_target_job *job, rh_error *error) {
  return image_back_check(&target_of(target)->back, target->location, job, error);
}

static rh_status tell_guard(const char *path, const char *full, const char *guard,
                            rh_target_tell tell, void *payload, rh_error *error) {
  rh_buffer found = {0}, expected = {0};
  rh_status status = image_guard_compare(&found, &expected, full, guard, error);
  if (status == RH_OK && found.len > 0)
    status = tell(payload, path, rh_buffer_text(&found), rh_buffer_text(&expected), error);
  rh_buffer_dispose(&found);
  rh_buffer_dispose(&expected);
  return status;
}

static rh_status check_guards(rh_target *target, const rh_target_job *job, rh_target_tell tell,
                              void *payload, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < job->item_count; i++) {
    const rh_target_item *item = &job->items[i];
    status = tell_guard(item->path, item->target, item->guard_after, tell, payload, error);
  }
  for (size_t i = 0; status == RH_OK && i < job->folder_guards.count; i++) {
    const char *name = job->folders.names[i];
    char *folder = rh_platform_join(target->location, name);
    status = folder ? tell_guard(name, folder, job->folder_guards.names[i], tell, payload, error)
                    : rh_error_memory(error);
    rh_free(folder);
  }
  return status;
}

/* --- left over --- */

rh_status image_sweep_beside(const char *target, rh_error *error) {
  rh_name_list list = {0};
  rh_buffer back = {0};
  bool removed = false;
  const char *name = rh_platform_base_name(target);
  char *folder = rh_platform_folder_of(target);
  rh_status status = folder ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_buffer_printf(&back, error, "%s" IMAGE_BACK, name);
  /* A folder that is not there, or may not be read, has nothing of the run's. */
  if (status == RH_OK && rh_platform_list(&list, folder, NULL) == RH_ERR_IO)
    status = image_tell_damaged(folder, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    if (!rh_atomic_file_is_left_over(list.names[i], name) &&
        strcmp(list.names[i], rh_buffer_text(&back)) != 0)
      continue;
    char *path = rh_platform_join(folder, list.names[i]);
    status = !path                  ? rh_error_memory(error)
             : rh_file_exists(path) ? image_remove_file(path, error)
                                    : image_tell_damaged(path, error); /* listed just now */
    removed = true;
    rh_free(path);
  }
  if (status == RH_OK && removed)
    status = rh_platform_sync_folder(folder, error);
  rh_name_list_dispose(&list);
  rh_buffer_dispose(&back);
  rh_free(folder);
  return status;
}

/* The file that a change is made in: its image-relative path, and where it lies. */
static rh_status file_of_change(rh_buffer *found, char **target, rh_machine *image,
                                const rh_change *change, rh_error *error) {
  rh_buffer wanted = {0};
  rh_status status =
      change->hive
          ? rh_buffer_printf(&wanted, error, "%%SystemRoot%%\\System32\\config\\%s", change->hive)
          : rh_buffer_append(&wanted, change->path, change->path_len, error);
  if (status == RH_OK)
    status = rh_machine_file_path(image, rh_buffer_text(&wanted), found, error);
  if (status == RH_OK)
    status = machine_image_path(target, image, rh_buffer_text(found), error);
  rh_buffer_dispose(&wanted);
  return status;
}

static rh_status sweep_change(rh_machine *image, const rh_change *change, rh_error *error) {
  rh_buffer found = {0};
  char *target = NULL;
  rh_status status = file_of_change(&found, &target, image, change, error);
  if (status == RH_OK)
    status = image_sweep_beside(target, error);
  rh_free(target);
  rh_buffer_dispose(&found);
  return status;
}

static rh_status foretell_change(rh_machine *image, const rh_change *change, rh_target_note note,
                                 void *payload, rh_error *error) {
  rh_buffer found = {0}, list = {0};
  char *target = NULL;
  rh_status status = file_of_change(&found, &target, image, change, error);
  if (status == RH_OK)
    status = image_guard_foretell(&list, target, error);
  if (status == RH_OK && list.len > 0)
    note(payload, rh_buffer_text(&found), rh_buffer_text(&list));
  rh_free(target);
  rh_buffer_dispose(&found);
  rh_buffer_dispose(&list);
  return status;
}

/* Changes of a hive follow each other. */
static rh_status foretell(rh_target *target, const rh_target_job *job, rh_target_note note,
                          void *payload, rh_error *error) {
  rh_machine *image = NULL;
  const char *hive = NULL;
  rh_status status = rh_machine_open(&image, target->location, NULL, error);
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++) {
    const rh_change *change = &job->changes.items[i];
    if (!change->hive ? change->action == RH_WRITE_FILE : !hive || strcmp(hive, change->hive) != 0)
      status = foretell_change(image, change, note, payload, error);
    hive = change->hive;
  }
  rh_machine_free(image);
  return status;
}

/* Of the files that have their names again. */
static void remove_kept(const rh_target_job *job) {
  for (size_t i = 0; i < job->item_count; i++) {
    rh_item_state state;
    const rh_target_item *item = &job->items[i];
    char *kept = item->previous ? rh_platform_join(job->keep, item->previous) : NULL;
    if (kept && rh_file_exists(kept) && image_check_item(&state, item, job->keep, NULL) == RH_OK &&
        state == RH_ITEM_BEFORE) {
      rh_platform_remove(kept, NULL);
      image_settle_restored(item, NULL); /* with one name again it can have a short one */
    }
    rh_free(kept);
  }
}

static rh_status clear(rh_target *target, const rh_target_job *job, rh_error *error) {
  rh_machine *image = NULL;
  const char *hive = NULL;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < job->item_count; i++)
    if (job->items[i].temporary)
      status = image_remove_file(job->items[i].temporary, error);
  if (status == RH_OK)
    status = rh_machine_open(&image, target->location, NULL, error);
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++) {
    const rh_change *change = &job->changes.items[i];
    if (!change->hive || !hive || strcmp(hive, change->hive) != 0)
      status = sweep_change(image, change, error);
    hive = change->hive;
  }
  rh_machine_free(image);
  if (status == RH_OK)
    status = remove_new_folders(target, job, error);
  if (status == RH_OK)
    remove_kept(job);
  return status;
}

const machine_target machine_image_target = {.unit = "files",
                                             .size = sizeof(image_target),
                                             .dispose = dispose,
                                             .foresee = foresee,
                                             .prepare = prepare,
                                             .check = check,
                                             .place = place,
                                             .find_since = find_since,
                                             .prepare_undo = prepare_undo,
                                             .undo = undo,
                                             .check_undone = check_undone,
                                             .clear = clear,
                                             .check_guards = check_guards,
                                             .foretell = foretell,
                                             .read_record = image_read_record,
                                             .write_record = image_write_record};
