/* hive recover, check, rebuild: hives that were not closed cleanly, and damaged ones. */
#include "command/command.h"

#include <string.h>

rh_status rh_check_hive_output(rh_cli *cli, rh_error *error) {
  rh_file_info hive, output;
  const char *path = cli->arguments.items[0];
  if (rh_platform_target_info(cli->output, &output, NULL) != RH_OK)
    return RH_OK;
  if (rh_platform_target_info(path, &hive, NULL) == RH_OK && hive.volume == output.volume &&
      hive.serial == output.serial) {
    rh_error_set(error, RH_ERR_ARGUMENT, cli->output, "is the hive itself, which stays as it is");
    rh_error_hint(error, "choose another name");
    return RH_ERR_ARGUMENT;
  }
  if (cli->overwrite)
    return RH_OK;
  rh_error_set(error, RH_ERR_EXISTS, cli->output, "exists");
  rh_error_hint(error, "choose another name, or use --overwrite");
  return RH_ERR_EXISTS;
}

static rh_exit check_usage(rh_cli *cli) {
  rh_error error = {0};
  if (cli->arguments.count != 1)
    return rh_usage(cli, "it takes %s", cli->command->arguments);
  if (!cli->output)
    return rh_usage(cli, "--output is missing");
  return rh_check_hive_output(cli, &error) == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

static json_t *anomalies_json(const rh_anomaly_list *list) {
  json_t *items = json_array();
  for (size_t i = 0; i < list->count; i++) {
    const rh_anomaly *item = &list->items[i];
    json_array_append_new(
        items, json_pack("{s:s,s:I,s:o?,s:o?}", "kind", rh_anomaly_kind_name(item->kind), "offset",
                         (json_int_t)item->offset, "path", json_string(item->path), "message",
                         json_string(item->message)));
  }
  return items;
}

static void say_anomalies(rh_cli *cli, const rh_anomaly_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    const rh_anomaly *item = &list->items[i];
    rh_say(cli, "%-8s  0x%08llx  %s%s%s", rh_anomaly_kind_name(item->kind),
           (unsigned long long)item->offset, item->path, *item->path ? ": " : "", item->message);
  }
  if (list->total > list->count)
    rh_say(cli, "and %zu more", list->total - list->count);
}

/* What lies behind the bins belongs to no key. It is kept, so that the file has the size that
 * Windows gave it. */
static rh_status append_tail(rh_buffer *bytes, const char *path, rh_error *error) {
  rh_mapping mapping = {0};
  rh_status status = rh_platform_map(&mapping, path, error);
  if (status == RH_OK && mapping.len > bytes->len)
    status = rh_buffer_append(bytes, mapping.data + bytes->len, mapping.len - bytes->len, error);
  rh_platform_unmap(&mapping);
  return status;
}

static rh_status refuse_damage(rh_hive *hive, const char *path, rh_error *error) {
  rh_anomaly_list list = {0};
  rh_status status = rh_hive_check(hive, &list, NULL, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    if (list.items[i].kind != RH_ANOMALY_TREE && list.items[i].kind != RH_ANOMALY_LIST)
      continue;
    status = rh_error_set(error, RH_ERR_FORMAT, path, "is a damaged hive: %s: %s",
                          list.items[i].path, list.items[i].message);
    rh_error_hint(
        error, "make a fresh one of what can be read: rehome hive rebuild %s --output OUT", path);
  }
  rh_anomaly_list_dispose(&list);
  return status;
}

static rh_status write_recovered(rh_cli *cli, rh_hive *hive, rh_error *error) {
  const char *path = cli->arguments.items[0];
  rh_atomic_file *file = NULL;
  rh_hive *written = NULL;
  rh_buffer bytes = {0};
  rh_status status = refuse_damage(hive, path, error);
  if (status == RH_OK)
    status = rh_hive_serialize(hive, &bytes, error);
  if (status == RH_OK)
    status = append_tail(&bytes, path, error);
  if (status == RH_OK)
    status = rh_atomic_file_open(&file, cli->output, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_atomic_file_write(file, bytes.data, bytes.len, error);
  if (status == RH_OK)
    status = rh_atomic_file_prepare(file, error);
  if (status == RH_OK)
    status = rh_hive_open(&written, rh_atomic_file_temporary(file), error);
  rh_hive_free(written);
  if (status == RH_OK)
    status = rh_atomic_file_commit(file, NULL, error);
  rh_atomic_file_free(file);
  rh_buffer_dispose_secret(&bytes);
  return status;
}

static json_t *report_json(const rh_hive *hive, const rh_hive_recovery *report) {
  json_t *remarks = json_array();
  for (size_t i = 0; i < report->remarks.count; i++)
    json_array_append_new(remarks, json_string(report->remarks.names[i]));
  return json_pack("{s:s,s:I,s:I,s:s,s:o}", "state", rh_hive_state_name(hive), "entries",
                   (json_int_t)report->entries, "last_sequence", (json_int_t)report->last_sequence,
                   "logs", report->logs, "remarks", remarks);
}

rh_exit rh_cmd_hive_recover(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_hive_recovery report = {0};
  rh_error error = {0};
  const rh_hive_open_options options = {.use_logs = true,
                                        .force_logs = cli->force_logs,
                                        .accept_dirty = cli->accept_dirty,
                                        .all_bins = true};
  rh_exit code = check_usage(cli);
  if (code == RH_EXIT_DONE)
    code = rh_open_hive(cli, &hive, &options, &report);
  if (code == RH_EXIT_DONE && write_recovered(cli, hive, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    const char *what = report.left_out                     ? "recovered in part"
                       : report.state == RH_HIVE_RECOVERED ? "recovered"
                       : report.state == RH_HIVE_CLEAN     ? "was clean already"
                                                           : "taken as it was, now closed";
    rh_say(cli, "%s: %s", cli->output, what);
    rh_print_json(cli, report_json(hive, &report));
  }
  rh_hive_recovery_dispose(&report);
  rh_hive_free(hive);
  return code;
}

static const rh_hive_open_options tolerant = {
    .use_logs = true, .accept_dirty = true, .accept_damage = true};

rh_exit rh_cmd_hive_check(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_hive_recovery report = {0};
  rh_anomaly_list list = {0};
  rh_error error = {0};
  if (cli->arguments.count != 1)
    return rh_usage(cli, "it takes %s", cli->command->arguments);
  rh_exit code = rh_open_hive(cli, &hive, &tolerant, &report);
  if (code == RH_EXIT_DONE && rh_hive_check(hive, &list, NULL, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    say_anomalies(cli, &list);
    rh_say(cli, "%s: %zu anomalies", cli->arguments.items[0], list.total);
    json_t *document = report_json(hive, &report);
    json_object_set_new(document, "total", json_integer((json_int_t)list.total));
    json_object_set_new(document, "anomalies", anomalies_json(&list));
    rh_print_json(cli, document);
    code = list.total > 0 ? RH_EXIT_DIFFERS : RH_EXIT_DONE;
  }
  rh_anomaly_list_dispose(&list);
  rh_hive_recovery_dispose(&report);
  rh_hive_free(hive);
  return code;
}

rh_exit rh_cmd_hive_rebuild(rh_cli *cli) {
  rh_hive *hive = NULL, *fresh = NULL;
  rh_hive_recovery report = {0};
  rh_anomaly_list lost = {0};
  rh_error error = {0};
  rh_exit code = check_usage(cli);
  if (code == RH_EXIT_DONE)
    code = rh_open_hive(cli, &hive, &tolerant, &report);
  rh_hive_recovery_dispose(&report);
  if (code != RH_EXIT_DONE)
    return code;
  rh_status status = rh_hive_rebuild(&fresh, hive, &lost, &error);
  if (status == RH_OK)
    status = rh_hive_commit(fresh, cli->output, NULL, &error);
  if (status == RH_OK) {
    say_anomalies(cli, &lost);
    rh_say(cli, "%s: written; %zu things could not be kept", cli->output, lost.total);
    rh_print_json(cli, json_pack("{s:I,s:o}", "total", (json_int_t)lost.total, "lost",
                                 anomalies_json(&lost)));
    code = lost.total > 0 ? RH_EXIT_DIFFERS : RH_EXIT_DONE;
  } else {
    code = rh_fail(cli, &error);
  }
  rh_anomaly_list_dispose(&lost);
  rh_hive_free(fresh);
  rh_hive_free(hive);
  return code;
}
