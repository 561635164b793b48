/* hive export and import: registry hives as .reg text, and back. */
#include "command/command.h"
#include "registry/hive/hive.h"
#include "registry/text/regtext.h"

#include <stdlib.h>
#include <string.h>

static rh_status write_to_file(void *payload, const void *data, size_t len, rh_error *error) {
  return rh_atomic_file_write(payload, data, len, error);
}

static rh_status write_to_output(void *payload, const void *data, size_t len, rh_error *error) {
  (void)payload;
  if (fwrite(data, 1, len, stdout) != len)
    return rh_error_set(error, RH_ERR_IO, "standard output", "cannot write");
  return RH_OK;
}

rh_status rh_hive_text_prefix(rh_cli *cli, size_t index, rh_buffer *out, rh_error *error) {
  const char *root = cli->prefix ? cli->prefix : "HKEY_LOCAL_MACHINE\\HIVE";
  const char *path = cli->arguments.count > index ? cli->arguments.items[index] : "";
  const char *rest = rh_behind_machine(path);
  if (rest != path && !cli->prefix) /* called as on a running Windows */
    return rh_buffer_printf(out, error, "HKEY_LOCAL_MACHINE%s", path + strcspn(path, "\\"));
  return rh_buffer_printf(out, error, "%s%s%s", root, *rest ? "\\" : "", rest);
}

rh_exit rh_cmd_hive_export(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_atomic_file *file = NULL;
  rh_buffer prefix = {0};
  rh_error error = {0};
  rh_key key;
  if (cli->arguments.count < 1 || cli->arguments.count > 2)
    return rh_usage(cli, "it takes %s", cli->command->arguments);
  if (cli->json && !cli->output)
    return rh_usage(cli, "with --json the text needs a file of its own: give --output");
  const rh_hive_open_options options = {
      .use_logs = true, .force_logs = cli->force_logs, .accept_dirty = true};
  rh_hive_recovery report = {0};
  const char *set = NULL;
  rh_exit code = rh_control_set_option(cli, &set);
  if (code == RH_EXIT_DONE)
    code = rh_open_hive(cli, &hive, &options, &report);
  rh_hive_recovery_dispose(&report);
  if (code != RH_EXIT_DONE)
    return code;
  rh_status status =
      rh_find_hive_key(cli, rh_hive_registry(hive),
                       cli->arguments.count == 2 ? cli->arguments.items[1] : "", &key, &error);
  if (status == RH_OK)
    status = rh_hive_text_prefix(cli, 1, &prefix, &error);
  if (status == RH_OK && cli->output)
    status = rh_check_hive_output(cli, &error);
  if (status == RH_OK && cli->output)
    status = rh_atomic_file_open(&file, cli->output, RH_FILE_PRIVATE, &error);
  if (status == RH_OK)
    status = rh_regtext_write(rh_hive_registry(hive), key, rh_buffer_text(&prefix),
                              file ? write_to_file : write_to_output, file, &error);
  if (status == RH_OK && file)
    status = rh_atomic_file_commit(file, NULL, &error);
  rh_atomic_file_free(file);
  rh_buffer_dispose(&prefix);
  rh_hive_free(hive);
  if (status == RH_OK && cli->output)
    rh_print_json(cli, json_pack("{s:o}", "output", rh_json_text(cli->output)));
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

static rh_status open_or_create(rh_cli *cli, rh_hive **out, const char *path, bool *is_new,
                                rh_error *error) {
  *is_new = !rh_file_exists(path);
  if (*is_new && cli->create)
    return rh_hive_create(out, &(rh_hive_options){0}, error);
  const rh_hive_open_options options = {
      .use_logs = true, .accept_dirty = cli->accept_dirty, .all_bins = true};
  rh_hive_recovery report = {0};
  rh_status status = rh_hive_open_with(out, path, &options, &report, error);
  if (report.entries > 0)
    rh_warn(cli, "%s: was not closed cleanly; recovered from %s", path, report.logs);
  for (size_t i = 0; i < report.remarks.count; i++)
    rh_warn(cli, "%s: %s", path, report.remarks.names[i]);
  rh_hive_recovery_dispose(&report);
  if (status == RH_ERR_NOT_FOUND)
    rh_error_hint(error, "use --create to make a new hive");
  return status;
}

static rh_status pull_from_file(void *payload, void *out, size_t capacity, size_t *len,
                                rh_error *error) {
  return rh_platform_read(payload, out, capacity, len, error);
}

static rh_status import_files(rh_cli *cli, rh_hive *hive, const rh_regtext_read_options *options,
                              rh_regtext_counts *total, rh_error *error) {
  rh_status status = RH_OK;
  *total = (rh_regtext_counts){0};
  for (size_t i = 1; status == RH_OK && i < cli->arguments.count; i++) {
    const char *path = cli->arguments.items[i];
    rh_regtext_counts counts = {0};
    rh_file *file = NULL;
    status = rh_platform_open(&file, path, error);
    if (status == RH_OK)
      status = rh_regtext_read_stream(rh_hive_registry(hive), pull_from_file, file, path, options,
                                      &counts, error);
    rh_platform_close(file, NULL);
    total->keys += counts.keys;
    total->values += counts.values;
    total->deleted_keys += counts.deleted_keys;
    total->deleted_values += counts.deleted_values;
    total->skipped_keys += counts.skipped_keys;
  }
  return status;
}

/* Which control set is the current one may stand behind the first key of CurrentControlSet: then it
 * is read before, and all of the text once more. */
static rh_status import_all(rh_cli *cli, rh_hive *hive, const rh_regtext_read_options *options,
                            rh_regtext_counts *total, rh_error *error) {
  rh_regtext_read_options select = *options;
  rh_regtext_counts found = {0};
  rh_status status = import_files(cli, hive, options, total, error);
  if (status != RH_ERR_NOT_FOUND)
    return status;
  select.only = "Select";
  select.skip_other_keys = true;
  status = import_files(cli, hive, &select, &found, error);
  return status == RH_OK ? import_files(cli, hive, options, total, error) : status;
}

void rh_say_skipped_keys(rh_cli *cli, size_t count) {
  if (count > 0)
    rh_say(cli, "%zu keys were left out: they lie in other hives", count);
}

static rh_exit import_options(rh_cli *cli, rh_regtext_read_options *out) {
  *out = (rh_regtext_read_options){.prefix = cli->prefix, .skip_other_keys = cli->skip_other_hives};
  if (cli->skip_other_hives && !cli->prefix)
    return rh_usage(cli, "'--skip-other-hives' needs --prefix, which says what hive this one is");
  if (cli->code_page) {
    size_t digits = strspn(cli->code_page, "0123456789");
    if (digits == 0 || digits > 5 || cli->code_page[digits])
      return rh_usage(cli, "'%s' is no number of a code page", cli->code_page);
    out->code_page = (unsigned)strtoul(cli->code_page, NULL, 10);
  }
  return rh_control_set_option(cli, &out->control_set);
}

rh_exit rh_cmd_hive_import(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_buffer previous = {0};
  rh_error error = {0};
  rh_regtext_counts total = {0};
  bool is_new = false;
  if (cli->arguments.count < 2)
    return rh_usage(cli, "it takes %s", cli->command->arguments);
  const char *path = cli->arguments.items[0];
  rh_regtext_read_options options;
  rh_exit code = import_options(cli, &options);
  if (code != RH_EXIT_DONE)
    return code;
  rh_status status = open_or_create(cli, &hive, path, &is_new, &error);
  if (status == RH_OK)
    status = import_all(cli, hive, &options, &total, &error);
  if (status == RH_OK && !is_new)
    status = rh_buffer_printf(&previous, &error, "%s.previous", path);
  if (status == RH_OK)
    status = rh_hive_commit(hive, path, is_new ? NULL : rh_buffer_text(&previous), &error);
  rh_hive_free(hive);
  rh_buffer_dispose(&previous);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  cli->changed = true;
  rh_say(cli, "%s: %zu keys and %zu values set, %zu keys and %zu values deleted", path, total.keys,
         total.values, total.deleted_keys, total.deleted_values);
  rh_say_skipped_keys(cli, total.skipped_keys);
  rh_print_json(cli,
                json_pack("{s:I,s:I,s:I,s:I,s:I}", "keys", (json_int_t)total.keys, "values",
                          (json_int_t)total.values, "deleted_keys", (json_int_t)total.deleted_keys,
                          "deleted_values", (json_int_t)total.deleted_values, "skipped_keys",
                          (json_int_t)total.skipped_keys));
  return RH_EXIT_DONE;
}
