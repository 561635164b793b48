/* What others have changed since in the files of an image that a job changed, and in folders that
 * it made. */
#include "machine/image/internal.h"

#include "base/text.h"

#include <string.h>

size_t image_hive_of(const char *path) {
  static const char folder[] = "/System32/config/";
  const char *name = rh_platform_base_name(path);
  size_t folder_len = sizeof folder - 1, len = (size_t)(name - path);
  if (len < folder_len || rh_name_compare(name - folder_len, folder_len, folder, folder_len) != 0)
    return MACHINE_HIVES;
  return machine_hive_index(name, strlen(name));
}

rh_status image_open_previous(rh_hive **out, const rh_target_item *item, const char *keep,
                              rh_error *error) {
  const rh_hive_open_options options = {.all_bins = true};
  char *path = rh_platform_join(keep, item->previous);
  *out = NULL;
  rh_status status =
      path ? rh_hive_open_with(out, path, &options, NULL, error) : rh_error_memory(error);
  rh_free(path);
  return status;
}

/* --- hives --- */

/* A machine that has that one hive and nothing else. Takes it. */
static rh_status machine_of_hive(rh_machine **out, rh_hive *hive, size_t index,
                                 const char *location, rh_error *error) {
  rh_status status = machine_new(out, RH_MACHINE_IMAGE, &machine_image_backend, location, error);
  if (status != RH_OK) {
    rh_hive_free(hive);
    return status;
  }
  (*out)->hives[index] = (machine_hive){.hive = hive, .registry = rh_hive_registry(hive)};
  return RH_OK;
}

static rh_status apply_to(rh_machine *left, const rh_target_job *job, const char *hive,
                          rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++) {
    const rh_change *change = &job->changes.items[i];
    if (change->hive && strcmp(change->hive, hive) == 0)
      status = machine_apply_change(left, change, job->clock, false, error);
  }
  return status;
}

/* The hive as the job left it: the old one with its changes. */
static rh_status open_left(rh_machine **out, const rh_target_job *job, const rh_target_item *item,
                           const char *location, size_t index, rh_error *error) {
  rh_hive *hive = NULL;
  *out = NULL;
  rh_status status = image_open_previous(&hive, item, job->keep, error);
  if (status == RH_OK)
    status = machine_of_hive(out, hive, index, location, error);
  if (status == RH_OK)
    status = apply_to(*out, job, machine_hive_names[index], error);
  if (status != RH_OK) {
    rh_machine_free(*out);
    *out = NULL;
  }
  return status;
}

static rh_status open_now(rh_machine **out, const rh_target_item *item, const char *location,
                          size_t index, rh_error *error) {
  const rh_hive_open_options options = {.use_logs = true, .accept_dirty = true, .all_bins = true};
  rh_hive *hive = NULL;
  rh_status status = rh_hive_open_with(&hive, item->target, &options, NULL, error);
  return status == RH_OK ? machine_of_hive(out, hive, index, location, error) : status;
}

static rh_status look_at_hive(rh_target_job *job, const rh_target_item *item, const char *location,
                              size_t index, rh_error *error) {
  rh_machine *left = NULL, *now = NULL;
  const char *hive = machine_hive_names[index];
  rh_status status = open_now(&now, item, location, index, error);
  /* Where the old hive cannot be read, the job's own places are all that is known. */
  if (status == RH_OK && open_left(&left, job, item, location, index, NULL) == RH_OK)
    status = machine_since_hive(&job->since, hive, left->hives[index].registry,
                                now->hives[index].registry, error);
  else if (status == RH_OK)
    status = machine_since_settings(&job->since, now, &job->changes, hive, job->done, error);
  rh_machine_free(left);
  rh_machine_free(now);
  return status;
}

/* --- files --- */

static rh_status add_file(rh_target_job *job, const rh_change *left, const char *target,
                          rh_error *error) {
  rh_change_side now = {.present = rh_file_exists(target)};
  rh_status status = now.present ? rh_file_read(&now.data, target, RH_FILE_LIMIT, error) : RH_OK;
  if (status == RH_OK)
    status = machine_since_add_place(&job->since, left, &now, error);
  rh_buffer_dispose_secret(&now.data);
  return status;
}

static rh_status look_at_file(rh_target_job *job, const rh_target_item *item, rh_error *error) {
  for (size_t i = 0; i < job->changes.count; i++) {
    const rh_change *change = &job->changes.items[i];
    if (!change->hive &&
        rh_name_compare(change->path, change->path_len, item->path, strlen(item->path)) == 0)
      return add_file(job, change, item->target, error);
  }
  return RH_OK;
}

static rh_status look_at_item(rh_target_job *job, const rh_target_item *item, const char *location,
                              rh_error *error) {
  rh_item_state state;
  size_t hive = image_hive_of(item->path);
  rh_status status = image_check_item(&state, item, job->keep, error);
  if (status != RH_OK || state == RH_ITEM_AFTER || state == RH_ITEM_HALF ||
      (state == RH_ITEM_BEFORE && !job->done))
    return status;
  return hive < MACHINE_HIVES ? look_at_hive(job, item, location, hive, error)
                              : look_at_file(job, item, error);
}

/* --- folders that the job made --- */

/* A file of the job, or what a killed process left of one. */
static bool is_of_job(const rh_target_job *job, const char *path) {
  for (size_t i = 0; i < job->item_count; i++) {
    const char *item = job->items[i].path;
    size_t len = strlen(item);
    if (rh_name_equal(path, item) || rh_atomic_file_is_left_over(path, item) ||
        (strncmp(path, item, len) == 0 && strcmp(path + len, IMAGE_BACK) == 0))
      return true;
  }
  return false;
}

static rh_status look_at_folder(rh_target_job *job, rh_machine *machine, const char *folder,
                                rh_error *error) {
  rh_name_list files = {0};
  rh_status status = machine->backend->list(machine, folder, &files, error);
  for (size_t i = 0; status == RH_OK && i < files.count; i++) {
    char *path = files.names[i], *target = NULL;
    const rh_change left = {.action = RH_DELETE_FILE, .path = path, .path_len = strlen(path)};
    if (is_of_job(job, path))
      continue;
    status = machine_image_path(&target, machine, path, error);
    if (status == RH_OK)
      status = add_file(job, &left, target, error);
    rh_free(target);
  }
  rh_name_list_dispose(&files);
  return status;
}

static bool is_in_another(const rh_name_list *folders, const char *folder) {
  for (size_t i = 0; i < folders->count; i++) {
    size_t len = strlen(folders->names[i]);
    if (strncmp(folder, folders->names[i], len) == 0 && folder[len] == '/')
      return true;
  }
  return false;
}

static rh_status look_at_folders(rh_target_job *job, const char *location, rh_error *error) {
  rh_machine *machine = NULL;
  rh_status status =
      machine_new(&machine, RH_MACHINE_IMAGE, &machine_image_backend, location, error);
  for (size_t i = 0; status == RH_OK && i < job->folders.count; i++)
    if (!is_in_another(&job->folders, job->folders.names[i]))
      status = look_at_folder(job, machine, job->folders.names[i], error);
  rh_machine_free(machine);
  return status;
}

rh_status image_back_find_since(rh_target_job *job, const char *location, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < job->item_count; i++)
    status = look_at_item(job, &job->items[i], location, error);
  return status == RH_OK && job->item_count > 0 ? look_at_folders(job, location, error) : status;
}
