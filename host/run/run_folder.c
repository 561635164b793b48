/* The folder of a run: whether it may be used, making it, and taking it back. */
#include "run/run_internal.h"

#include <string.h>

/* A run must not be lost with its folder's name when the power fails. */
static rh_status sync_folders_above(const char *folder, rh_error *error) {
  rh_status status = RH_OK;
  char *path = rh_copy_text(folder);
  while (path) {
    char *above = rh_platform_folder_of(path);
    bool top = above && strcmp(above, path) == 0;
    /* One that may not be read is not one that was made just now. */
    if (above && !top && rh_platform_sync_folder(above, error) == RH_ERR_IO)
      status = RH_ERR_IO;
    rh_free(path);
    path = above;
    if (top || status != RH_OK)
      break;
  }
  if (!path)
    status = rh_error_memory(error);
  rh_free(path);
  return status;
}

rh_status rh_run_folder_make(rh_run *run, const char *folder, bool *made, rh_error *error) {
  *made = !rh_file_exists(folder);
  rh_status status = rh_file_make_folders(folder, 0700, error);
  if (status == RH_OK)
    status = rh_platform_absolute(&run->folder, folder, error);
  char *previous = status == RH_OK ? rh_run_path(run, "previous") : NULL;
  char *plan = status == RH_OK ? rh_run_path(run, "plan.json") : NULL;
  if (status == RH_OK && (!previous || !plan))
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = rh_file_make_folders(previous, 0700, error);
  if (status == RH_OK)
    status = sync_folders_above(previous, error);
  if (status == RH_OK)
    status = rh_plan_save(run->plan, plan, true, error);
  rh_free(previous);
  rh_free(plan);
  if (status == RH_OK)
    rh_run_reached("folder");
  return status;
}

/* Takes back what rh_run_folder_make and the journal have made. The journal goes first: without it
 * the folder is no run. */
void rh_run_folder_remove(const rh_run *run, bool made) {
  static const char *const files[] = {"journal.jsonl", "events.jsonl", "plan.json"};
  if (!run->folder)
    return;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char *path = rh_run_path(run, files[i]);
    if (path)
      rh_platform_remove(path, NULL);
    rh_free(path);
  }
  for (size_t i = 0; i < run->item_count; i++)
    rh_platform_remove(run->items[i].previous, NULL);
  char *previous = rh_run_path(run, "previous");
  if (previous)
    rh_platform_remove_folder(previous, NULL);
  rh_free(previous);
  if (made)
    rh_platform_remove_folder(run->folder, NULL);
}

rh_status rh_run_folder_check(const char *folder, rh_error *error) {
  rh_name_list list = {0};
  bool is_run = false, is_foreign = false, has_plan = false, has_previous = false;
  rh_status status = rh_platform_list(&list, folder, error);
  for (size_t i = 0; i < list.count; i++) {
    const char *name = list.names[i];
    if (strcmp(name, "previous") == 0)
      has_previous = true;
    else if (strncmp(name, "plan.json", 9) == 0)
      has_plan = true;
    else if (strcmp(name, "journal.jsonl") == 0)
      is_run = true;
    else
      is_foreign = true;
  }
  rh_name_list_dispose(&list);
  if (status != RH_OK)
    return status == RH_ERR_NOT_FOUND ? RH_OK : status;
  if (is_run) {
    status = rh_error_set(error, RH_ERR_EXISTS, folder, "holds a run already");
    rh_error_hint(error, "give another folder; rehome status %s tells how that run stands", folder);
  } else if (is_foreign || (has_plan && !has_previous)) {
    status = rh_error_set(error, RH_ERR_EXISTS, folder, "is not empty");
    rh_error_hint(error, "give a folder that does not exist yet");
  }
  return status;
}
