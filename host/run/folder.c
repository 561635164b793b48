/* The folder of a run: whether it may be used, making it, and taking it back. */
#include "run/internal.h"

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

/* What a run has in its folder beside the journal and the replaced files. */
static const char *const beside_journal[] = {"events.jsonl", "heads.json", "plan.json"};
#define BESIDE_COUNT (sizeof beside_journal / sizeof *beside_journal)

static void remove_beside(const rh_run *run) {
  for (size_t i = 0; i < BESIDE_COUNT; i++) {
    char *path = rh_run_path(run, beside_journal[i]);
    if (path && rh_file_exists(path))
      rh_platform_remove(path, NULL);
    rh_free(path);
  }
}

void rh_run_folder_sweep(const char *folder) {
  rh_name_list list = {0};
  if (rh_platform_list(&list, folder, NULL) != RH_OK)
    return;
  for (size_t i = 0; i < list.count; i++) {
    char *path = strstr(list.names[i], ".rehome-") ? rh_platform_join(folder, list.names[i]) : NULL;
    if (path)
      rh_platform_remove(path, NULL);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
}

rh_status rh_run_folder_make(rh_run *run, const char *folder, bool *made, rh_error *error) {
  *made = !rh_file_exists(folder);
  rh_status status = rh_file_make_folders(folder, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_platform_absolute(&run->folder, folder, error);
  run->job.keep = status == RH_OK ? rh_run_path(run, "previous") : NULL;
  char *plan = status == RH_OK ? rh_run_path(run, "plan.json") : NULL;
  if (status == RH_OK && (!run->job.keep || !plan))
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = rh_file_make_folders(run->job.keep, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = sync_folders_above(run->job.keep, error);
  if (status == RH_OK) {
    rh_run_folder_sweep(run->folder);
    remove_beside(run);
    status = rh_plan_save(run->plan, plan, true, error);
  }
  rh_free(plan);
  if (status == RH_OK)
    rh_run_reached("folder");
  return status;
}

/* Takes back what rh_run_folder_make and the journal have made. The journal goes first: without it
 * the folder is no run. */
void rh_run_folder_remove(rh_run *run, bool made) {
  char *journal = run->folder ? rh_run_path(run, "journal.jsonl") : NULL;
  if (!journal)
    return;
  rh_run_close_events(run);
  rh_platform_remove(journal, NULL);
  rh_free(journal);
  rh_run_folder_sweep(run->folder);
  remove_beside(run);
  if (run->job.keep)
    rh_file_remove_tree(run->job.keep, NULL);
  if (made)
    rh_platform_remove_folder(run->folder, NULL);
}

/* True for a file of a run that is none: "plan.json", or what a killed process left of one. */
static bool is_left_over(const char *name) {
  bool known = strncmp(name, "journal.jsonl.rehome-", 21) == 0;
  for (size_t i = 0; !known && i < BESIDE_COUNT; i++) {
    size_t len = strlen(beside_journal[i]);
    known = strncmp(name, beside_journal[i], len) == 0 &&
            (!name[len] || strncmp(name + len, ".rehome-", 8) == 0);
  }
  return known;
}

rh_status rh_run_folder_check(const char *folder, rh_error *error) {
  rh_name_list list = {0};
  bool is_run = false, is_foreign = false, has_left_over = false, has_previous = false;
  rh_status status = rh_platform_list(&list, folder, error);
  for (size_t i = 0; i < list.count; i++) {
    const char *name = list.names[i];
    if (strcmp(name, "previous") == 0)
      has_previous = true;
    else if (strcmp(name, "journal.jsonl") == 0)
      is_run = true;
    else if (is_left_over(name))
      has_left_over = true;
    else
      is_foreign = true;
  }
  rh_name_list_dispose(&list);
  if (status != RH_OK)
    return status == RH_ERR_NOT_FOUND ? RH_OK : status;
  if (is_run) {
    status = rh_error_set(error, RH_ERR_EXISTS, folder, "holds a run already");
    rh_error_hint(error, "give another folder; rehome status %s tells how that run stands", folder);
  } else if (is_foreign || (has_left_over && !has_previous)) {
    status = rh_error_set(error, RH_ERR_EXISTS, folder, "is not empty");
    rh_error_hint(error, "give a folder that does not exist yet");
  }
  return status;
}
