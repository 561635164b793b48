/* Opening a hive with the transaction logs beside it. */
#include "registry/hive/log.h"

#include "base/text.h"

#include <string.h>

/* The logs of a hive, in the order in which they are looked at; a missing one is empty. */
typedef struct log_files {
  char *names[HIVE_LOGS_MAX];
  rh_mapping mappings[HIVE_LOGS_MAX];
  hive_log logs[HIVE_LOGS_MAX];
} log_files;

static void dispose_files(log_files *files) {
  for (size_t i = 0; i < HIVE_LOGS_MAX; i++) {
    rh_platform_unmap(&files->mappings[i]);
    rh_free(files->names[i]);
  }
}

/* Chooses among names that differ in case only: the exact one, else the first by bytes, so that the
 * order of the folder does not matter. */
static rh_status choose(char **chosen, const char *name, const char *wanted, rh_error *error) {
  if (!rh_utf8_is_valid(name, strlen(name)) || !rh_name_equal(name, wanted))
    return RH_OK;
  bool better = !*chosen || strcmp(name, wanted) == 0 ||
                (strcmp(*chosen, wanted) != 0 && strcmp(name, *chosen) < 0);
  if (!better)
    return RH_OK;
  rh_free(*chosen);
  *chosen = rh_copy_text(name);
  return *chosen ? RH_OK : rh_error_memory(error);
}

static rh_status map_log(log_files *files, size_t index, const char *folder,
                         rh_hive_recovery *report, rh_error *error) {
  rh_file_info info;
  char *path = rh_platform_join(folder, files->names[index]);
  rh_status status = path ? rh_platform_info(path, &info, error) : rh_error_memory(error);
  if (status == RH_OK && info.kind != RH_FILE_REGULAR)
    status =
        hive_remark(report, error, "%s: is no regular file and was not read", files->names[index]);
  else if (status == RH_OK)
    status = rh_platform_map(&files->mappings[index], path, error);
  files->logs[index] = (hive_log){.name = files->names[index],
                                  .data = files->mappings[index].data,
                                  .len = files->mappings[index].len};
  rh_free(path);
  return status;
}

static rh_status find_logs(log_files *files, const char *path, rh_hive_recovery *report,
                           rh_error *error) {
  static const char *const endings[HIVE_LOGS_MAX] = {".LOG1", ".LOG2", ".LOG"};
  rh_name_list list = {0};
  char *folder = rh_platform_folder_of(path);
  rh_status status = folder ? rh_platform_list(&list, folder, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < HIVE_LOGS_MAX; i++) {
    rh_buffer wanted = {0};
    status = rh_buffer_printf(&wanted, error, "%s%s", rh_platform_base_name(path), endings[i]);
    for (size_t n = 0; status == RH_OK && n < list.count; n++)
      status = choose(&files->names[i], list.names[n], rh_buffer_text(&wanted), error);
    rh_buffer_dispose(&wanted);
    if (status == RH_OK && files->names[i])
      status = map_log(files, i, folder, report, error);
  }
  rh_name_list_dispose(&list);
  rh_free(folder);
  return status;
}

/* Puts what the logs give, if anything, in the place of the file's bytes. */
static rh_status use_logs(rh_hive *hive, const char *path, bool force, rh_hive_recovery *report,
                          rh_error *error) {
  log_files files = {0};
  hive_target target = {0};
  rh_status status = find_logs(&files, path, report, error);
  bool found = files.logs[0].len + files.logs[1].len + files.logs[2].len > 0;
  if (status == RH_OK && found)
    status = hive_recover(&target, hive->data, hive->mapping.len, files.logs, HIVE_LOGS_MAX, force,
                          report, &hive->newest, error);
  if (status == RH_OK && report->state == RH_HIVE_RECOVERED) {
    rh_platform_unmap(&hive->mapping);
    hive->memory = target.bytes;
    hive->data = hive->memory.data;
    target.bytes = (rh_buffer){0};
    hive->left_out = report->left_out;
  }
  rh_buffer_dispose_secret(&target.bytes);
  dispose_files(&files);
  return status;
}

static rh_status tell_dirty(const rh_hive *hive, rh_hive_recovery *report, rh_error *error) {
  return hive_remark(report, error,
                     "the hive was not closed cleanly (%u/%u%s) and no log helps: what was written "
                     "last may be missing or half there",
                     (unsigned)rh_load_u32(hive->data + BASE_PRIMARY),
                     (unsigned)rh_load_u32(hive->data + BASE_SECONDARY),
                     rh_load_u32(hive->data + BASE_CHECKSUM) == hive_checksum(hive->data)
                         ? ""
                         : ", with a wrong checksum");
}

rh_status rh_hive_open_with(rh_hive **out, const char *path, const rh_hive_open_options *options,
                            rh_hive_recovery *report, rh_error *error) {
  rh_hive *hive = NULL;
  rh_hive_recovery own = {0}, *told = report ? report : &own;
  *told = (rh_hive_recovery){0};
  rh_status status = hive_new(&hive, path, error);
  if (status == RH_OK)
    status = rh_platform_map(&hive->mapping, path, error);
  if (status == RH_OK) {
    hive->data = hive->mapping.data;
    if (options->use_logs || options->force_logs)
      status = use_logs(hive, path, options->force_logs, told, error);
  }
  if (status == RH_OK)
    status =
        hive_enter(hive, hive->memory.data ? hive->memory.len : hive->mapping.len, options, error);
  if (status == RH_OK && hive->state == RH_HIVE_DIRTY && !hive->left_out)
    status = tell_dirty(hive, told, error);
  if (status == RH_OK && hive->base_made)
    status =
        hive_remark(told, error,
                    "its base block is lost: what it said is taken from the bins, and the hive "
                    "cannot be changed");
  else if (status == RH_OK && hive->damaged)
    status = hive_remark(told, error,
                         "bins of it are broken or missing: it is read as far as it "
                         "goes, and cannot be changed");
  if (status == RH_OK) {
    if (told->state == RH_HIVE_RECOVERED && !hive->left_out)
      hive->state = RH_HIVE_RECOVERED;
    told->state = hive->state;
    told->damaged = hive->damaged;
  }
  rh_hive_recovery_dispose(&own);
  return hive_finish(out, hive, status);
}
