/* The files of a run's destination: digests, replacing and removing, what is left over. */
#include "run/internal.h"

#include <stdio.h>
#include <string.h>

rh_status rh_run_digest(char out[65], const char *path, rh_error *error) {
  rh_file_info info;
  out[0] = '\0';
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK && info.kind != RH_FILE_REGULAR)
    return rh_error_set(error, RH_ERR_DIFFERS, path, "is not a regular file any more");
  return status == RH_OK ? rh_file_sha256(out, path, error) : status;
}

static rh_status sync_folder_of(const char *path, rh_error *error) {
  char *folder = rh_platform_folder_of(path);
  rh_status status = folder ? rh_platform_sync_folder(folder, error) : rh_error_memory(error);
  rh_free(folder);
  return status;
}

rh_status rh_run_remove(const char *path, rh_error *error) {
  if (!rh_file_exists(path))
    return RH_OK;
  rh_status status = rh_platform_remove(path, error);
  return status == RH_OK ? sync_folder_of(path, error) : status;
}

rh_status rh_run_keep(const char *path, const char *previous, rh_error *error) {
  rh_status status = rh_run_remove(previous, error);
  if (status == RH_OK)
    status = rh_platform_keep(path, previous, error);
  return status == RH_OK ? sync_folder_of(previous, error) : status;
}

rh_status rh_run_put(const char *temporary, const char *target, rh_error *error) {
  rh_status status = rh_platform_rename(temporary, target, error);
  return status == RH_OK ? sync_folder_of(target, error) : status;
}

static bool holds(const rh_name_list *list, const char *name) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->names[i], name) == 0)
      return true;
  return false;
}

static rh_status add_name(rh_name_list *list, const char *name, rh_error *error) {
  char **names = rh_resize(list->names, list->count + 1, sizeof *names);
  if (!names)
    return rh_error_memory(error);
  list->names = names;
  names[list->count] = rh_copy_text(name);
  if (!names[list->count])
    return rh_error_memory(error);
  list->count++;
  return RH_OK;
}

/* Adds the folders above an image-relative path that are not there, outer first. */
static rh_status add_folders_above(rh_run *run, const char *path, rh_error *error) {
  rh_status status = RH_OK;
  for (const char *slash = strchr(path, '/'); status == RH_OK && slash;
       slash = strchr(slash + 1, '/')) {
    char *folder = rh_copy_bytes(path, (size_t)(slash - path));
    char *target = folder ? rh_platform_join(run->destination, folder) : NULL;
    if (!target)
      status = rh_error_memory(error);
    else if (!rh_file_exists(target) && !holds(&run->made_folders, folder))
      status = add_name(&run->made_folders, folder, error);
    rh_free(folder);
    rh_free(target);
  }
  return status;
}

rh_status rh_run_find_new_folders(rh_run *run, rh_machine *image, rh_error *error) {
  rh_buffer path = {0};
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < run->changes.count; i++) {
    const rh_change *change = &run->changes.items[i];
    if (change->action != RH_WRITE_FILE || change->before.present)
      continue;
    status = rh_machine_file_path(image, change->path, &path, error);
    if (status == RH_OK)
      status = add_folders_above(run, rh_buffer_text(&path), error);
  }
  rh_buffer_dispose(&path);
  return status;
}

/* A folder that somebody has put a file into stays. */
static rh_status remove_empty(const char *folder, rh_error *error) {
  rh_name_list list = {0};
  rh_status status = rh_platform_remove_folder(folder, error);
  if (status != RH_OK && (rh_platform_list(&list, folder, NULL) != RH_OK || list.count > 0))
    status = RH_OK;
  rh_name_list_dispose(&list);
  return status;
}

rh_status rh_run_remove_new_folders(rh_run *run, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = run->made_folders.count; status == RH_OK && i > 0; i--) {
    char *folder = rh_platform_join(run->destination, run->made_folders.names[i - 1]);
    status = folder ? remove_empty(folder, error) : rh_error_memory(error);
    rh_free(folder);
  }
  return status;
}

/* Removes what base/file.h leaves beside a target when its process is killed. */
static rh_status sweep_beside(const char *target, rh_error *error) {
  rh_name_list list = {0};
  rh_buffer prefix = {0};
  char *folder = rh_platform_folder_of(target);
  rh_status status = folder ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_buffer_printf(&prefix, error, "%s.rehome-", rh_platform_base_name(target));
  /* A folder that is not there, or may not be read, has nothing of the run's. */
  if (status == RH_OK)
    rh_platform_list(&list, folder, NULL);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    if (strncmp(list.names[i], rh_buffer_text(&prefix), prefix.len) != 0)
      continue;
    char *path = rh_platform_join(folder, list.names[i]);
    status = path ? rh_platform_remove(path, error) : rh_error_memory(error);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
  rh_buffer_dispose(&prefix);
  rh_free(folder);
  return status;
}

static rh_status sweep_change(rh_run *run, rh_machine *image, const rh_change *change,
                              rh_error *error) {
  rh_buffer wanted = {0}, found = {0};
  char *target = NULL;
  rh_status status =
      change->hive
          ? rh_buffer_printf(&wanted, error, "%%SystemRoot%%\\System32\\config\\%s", change->hive)
          : rh_buffer_append(&wanted, change->path, change->path_len, error);
  if (status == RH_OK)
    status = rh_machine_file_path(image, rh_buffer_text(&wanted), &found, error);
  if (status == RH_OK && !(target = rh_platform_join(run->destination, rh_buffer_text(&found))))
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = sweep_beside(target, error);
  rh_free(target);
  rh_buffer_dispose(&wanted);
  rh_buffer_dispose(&found);
  return status;
}

rh_status rh_run_sweep(rh_run *run, rh_error *error) {
  rh_machine *image = NULL;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < run->item_count; i++)
    if (run->items[i].temporary && rh_file_exists(run->items[i].temporary))
      status = rh_platform_remove(run->items[i].temporary, error);
  if (status == RH_OK)
    status = rh_machine_open(&image, run->destination, NULL, error);
  const char *hive = NULL;
  for (size_t i = 0; status == RH_OK && i < run->changes.count; i++) {
    const rh_change *change = &run->changes.items[i];
    if (!change->hive || !hive || strcmp(hive, change->hive) != 0)
      status = sweep_change(run, image, change, error);
    hive = change->hive;
  }
  rh_machine_free(image);
  return status;
}
