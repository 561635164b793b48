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

/* What stands before a key's path: the prefix of the root, and the key's own path. */
static rh_status key_prefix(rh_cli *cli, rh_buffer *out, rh_error *error) {
  const char *root = cli->prefix ? cli->prefix : "HKEY_LOCAL_MACHINE\\HIVE";
  if (cli->arguments.count < 2)
    return rh_buffer_append_text(out, root, error);
  return rh_buffer_printf(out, error, "%s\\%s", root, cli->arguments.items[1]);
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
  rh_exit code = rh_open_hive(cli, &hive, &options, &report);
  rh_hive_recovery_dispose(&report);
  if (code != RH_EXIT_DONE)
    return code;
  rh_status status = rh_registry_root(rh_hive_registry(hive), &key, &error);
  if (status == RH_OK && cli->arguments.count == 2)
    status =
        rh_registry_find_path(rh_hive_registry(hive), key, cli->arguments.items[1], &key, &error);
  if (status == RH_OK)
    status = key_prefix(cli, &prefix, &error);
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
  if (report.state == RH_HIVE_RECOVERED)
    rh_warn(cli, "%s: was not closed cleanly; recovered from %s", path, report.logs);
  rh_hive_recovery_dispose(&report);
  if (status == RH_ERR_NOT_FOUND)
    rh_error_hint(error, "use --create to make a new hive");
  return status;
}

static rh_status pull_from_file(void *payload, void *out, size_t capacity, size_t *len,
                                rh_error *error) {
  return rh_platform_read(payload, out, capacity, len, error);
}

static rh_status import_file(rh_hive *hive, const char *path,
                             const rh_regtext_read_options *options, rh_regtext_counts *counts,
                             rh_error *error) {
  rh_file *file = NULL;
  rh_status status = rh_platform_open(&file, path, error);
  if (status == RH_OK)
    status = rh_regtext_read_stream(rh_hive_registry(hive), pull_from_file, file, path, options,
                                    counts, error);
  rh_platform_close(file, NULL);
  return status;
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
  rh_regtext_read_options options = {.prefix = cli->prefix, .control_set = cli->control_set};
  if (cli->code_page) {
    size_t digits = strspn(cli->code_page, "0123456789");
    if (digits == 0 || digits > 5 || cli->code_page[digits])
      return rh_usage(cli, "'%s' is no number of a code page", cli->code_page);
    options.code_page = (unsigned)strtoul(cli->code_page, NULL, 10);
  }
  rh_status status = open_or_create(cli, &hive, path, &is_new, &error);
  for (size_t i = 1; status == RH_OK && i < cli->arguments.count; i++) {
    rh_regtext_counts counts = {0};
    status = import_file(hive, cli->arguments.items[i], &options, &counts, &error);
    total.keys += counts.keys;
    total.values += counts.values;
    total.deleted_keys += counts.deleted_keys;
    total.deleted_values += counts.deleted_values;
  }
  if (status == RH_OK && !is_new)
    status = rh_buffer_printf(&previous, &error, "%s.previous", path);
  if (status == RH_OK)
    status = rh_hive_commit(hive, path, is_new ? NULL : rh_buffer_text(&previous), &error);
  rh_hive_free(hive);
  rh_buffer_dispose(&previous);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  rh_say(cli, "%s: %zu keys and %zu values set, %zu keys and %zu values deleted", path, total.keys,
         total.values, total.deleted_keys, total.deleted_values);
  rh_print_json(cli,
                json_pack("{s:I,s:I,s:I,s:I}", "keys", (json_int_t)total.keys, "values",
                          (json_int_t)total.values, "deleted_keys", (json_int_t)total.deleted_keys,
                          "deleted_values", (json_int_t)total.deleted_values));
  return RH_EXIT_DONE;
}
