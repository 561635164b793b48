/* hive info, list, get: looking into registry hives. */
#include "base/hash.h"
#include "base/reader.h"
#include "base/text.h"
#include "command/command.h"
#include "registry/control_set.h"
#include "registry/hive/hive.h"

#include <stdlib.h>
#include <string.h>

rh_exit rh_open_hive(rh_cli *cli, rh_hive **out, const rh_hive_open_options *options,
                     rh_hive_recovery *report) {
  rh_error error = {0};
  const char *path = cli->arguments.items[0];
  rh_status status = rh_hive_open_with(out, path, options, report, &error);
  if (report->entries > 0)
    rh_warn(cli, "%s: recovered from %s (%zu entries, up to number %u)", path, report->logs,
            report->entries, report->last_sequence);
  /* Who accepts a dirty hive has been told. */
  for (size_t i = 0; i < report->remarks.count; i++)
    if (!cli->accept_dirty || report->state != RH_HIVE_DIRTY || report->left_out)
      rh_warn(cli, "%s: %s", path, report->remarks.names[i]);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

static rh_exit open_hive(rh_cli *cli, rh_hive **out, bool all_bins, size_t least, size_t most) {
  const rh_hive_open_options options = {
      .use_logs = true, .force_logs = cli->force_logs, .accept_dirty = true, .all_bins = all_bins};
  rh_hive_recovery report = {0};
  const char *set = NULL;
  *out = NULL;
  if (cli->arguments.count < least || cli->arguments.count > most)
    return rh_usage(cli, "it takes %s", cli->command->arguments);
  rh_exit code = rh_control_set_option(cli, &set);
  if (code == RH_EXIT_DONE)
    code = rh_open_hive(cli, out, &options, &report);
  rh_hive_recovery_dispose(&report);
  return code;
}

rh_exit rh_control_set_option(rh_cli *cli, const char **out) {
  const char *given = cli->control_set;
  static const char name[] = "ControlSet";
  *out = NULL;
  if (!given)
    return RH_EXIT_DONE;
  const char *number = given;
  if (strlen(given) > strlen(name) && rh_name_compare(given, strlen(name), name, strlen(name)) == 0)
    number += strlen(name);
  size_t digits = strspn(number, "0123456789");
  unsigned long value = strtoul(number, NULL, 10);
  if (digits == 0 || digits > 3 || number[digits] || value == 0)
    return rh_usage(cli, "'%s' is no control set; give ControlSet001 or its number", given);
  snprintf(cli->control_set_name, sizeof cli->control_set_name, "%s%03u", name, (unsigned)value);
  *out = cli->control_set_name;
  return RH_EXIT_DONE;
}

const char *rh_behind_machine(const char *path) {
  static const char *const roots[] = {"HKLM", "HKEY_LOCAL_MACHINE"};
  size_t len = strcspn(path, "\\");
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    if (path[len] == '\0' || rh_name_compare(path, len, roots[i], strlen(roots[i])) != 0)
      continue;
    const char *hive = path + len + 1;
    size_t hive_len = strcspn(hive, "\\");
    return hive + hive_len + (hive[hive_len] == '\\');
  }
  return path;
}

rh_status rh_find_hive_key(rh_cli *cli, rh_registry *registry, const char *path, rh_key *out,
                           rh_error *error) {
  rh_buffer resolved = {0};
  const char *set = cli->control_set ? cli->control_set_name : NULL;
  path = rh_behind_machine(path + (path[0] == '\\' && path[1] != '\0'));
  rh_status status = rh_registry_root(registry, out, error);
  if (status == RH_OK)
    status = rh_control_set_resolve(&resolved, registry, path, strlen(path), set, error);
  if (status == RH_OK)
    status = rh_registry_find_path(registry, *out, rh_buffer_text(&resolved), out, error);
  rh_buffer_dispose(&resolved);
  return status;
}

/* The key that argument index names, the root without one. */
static rh_status find_argument_key(rh_cli *cli, rh_hive *hive, size_t index, rh_key *out,
                                   rh_error *error) {
  const char *path = cli->arguments.count > index ? cli->arguments.items[index] : "";
  return rh_find_hive_key(cli, rh_hive_registry(hive), path, out, error);
}

typedef struct counts {
  rh_cli *cli;
  size_t keys, values, damaged;
  uint64_t bytes;
} counts;

static rh_status count_key(void *payload, const rh_visit *visit, rh_error *error) {
  counts *total = payload;
  (void)visit;
  (void)error;
  total->keys++;
  return RH_OK;
}

static rh_status count_value(void *payload, const rh_visit *visit, const rh_value *value,
                             rh_error *error) {
  counts *total = payload;
  (void)visit;
  (void)error;
  total->values++;
  total->bytes += value->len;
  return RH_OK;
}

static rh_status say_damage(void *payload, const char *path, size_t path_len,
                            const rh_error *damage) {
  counts *total = payload;
  (void)path_len;
  total->damaged++;
  rh_warn(total->cli, "%s: %s: %s", *path ? path : "root", damage->object, damage->message);
  return RH_OK;
}

rh_exit rh_cmd_hive_info(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_error error = {0};
  rh_hive_header header;
  rh_hive_space space = {0};
  rh_anomaly_list anomalies = {0};
  rh_key root;
  counts total = {.cli = cli};
  char size[24], free_size[24];
  rh_exit code = open_hive(cli, &hive, true, 1, 1);
  if (code != RH_EXIT_DONE)
    return code;
  rh_walker walker = {count_key, count_value, say_damage, &total};
  rh_hive_header_get(hive, &header);
  rh_status status = find_argument_key(cli, hive, 1, &root, &error);
  if (status == RH_OK)
    status = rh_registry_walk(rh_hive_registry(hive), root, &walker, &error);
  if (status == RH_OK)
    status = rh_hive_check(hive, &anomalies, &space, &error);
  size_t anomaly_count = anomalies.total;
  rh_anomaly_list_dispose(&anomalies);
  if (status != RH_OK) {
    rh_hive_free(hive);
    return rh_fail(cli, &error);
  }
  rh_say(cli, "version      %u.%u", header.major_version, header.minor_version);
  rh_say(cli, "name         %s", header.file_name);
  rh_say(cli, "sequence     %u / %u", header.primary_sequence, header.secondary_sequence);
  rh_say(cli, "state        %s", rh_hive_state_name(hive));
  rh_say(cli, "bins         %zu (%s, %s of it free)", space.bins,
         rh_size_text(size, header.bins_size), rh_size_text(free_size, space.free_bytes));
  rh_say(cli, "keys         %zu", total.keys);
  rh_say(cli, "values       %zu (%s)", total.values, rh_size_text(size, total.bytes));
  rh_say(cli, "damaged      %zu", total.damaged);
  rh_say(cli, "anomalies    %zu", anomaly_count);
  rh_print_json(cli,
                json_pack("{s:i,s:i,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:I,s:I,s:I}", "major",
                          (int)header.major_version, "minor", (int)header.minor_version, "name",
                          header.file_name, "primary_sequence", (json_int_t)header.primary_sequence,
                          "secondary_sequence", (json_int_t)header.secondary_sequence, "bins_size",
                          (json_int_t)header.bins_size, "keys", (json_int_t)total.keys, "values",
                          (json_int_t)total.values, "damaged", (json_int_t)total.damaged, "state",
                          rh_hive_state_name(hive), "bins", (json_int_t)space.bins, "free_bytes",
                          (json_int_t)space.free_bytes, "anomalies", (json_int_t)anomaly_count));
  rh_hive_free(hive);
  return total.damaged > 0 ? RH_EXIT_DIFFERS : RH_EXIT_DONE;
}

static rh_status print_key(void *payload, const rh_visit *visit, rh_error *error) {
  (void)payload;
  (void)error;
  fputs("K\t", stdout);
  rh_put(stdout, visit->path, visit->path_len);
  printf("\t%llu\n", (unsigned long long)visit->info->last_write);
  return RH_OK;
}

static rh_status print_value(void *payload, const rh_visit *visit, const rh_value *value,
                             rh_error *error) {
  char digest[RH_SHA256_HEX];
  (void)payload;
  rh_status status = rh_sha256_hex(digest, value->data, value->len, error);
  if (status != RH_OK)
    return status;
  fputs("V\t", stdout);
  rh_put(stdout, visit->path, visit->path_len);
  fputc('\t', stdout);
  rh_put(stdout, value->name, value->name_len);
  printf("\t%u\t%zu\t%s\n", value->type, value->len, digest);
  return RH_OK;
}

rh_exit rh_cmd_hive_list(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_error error = {0};
  rh_key key;
  counts total = {.cli = cli};
  rh_exit code = open_hive(cli, &hive, false, 1, 2);
  if (code != RH_EXIT_DONE)
    return code;
  if (cli->json) {
    rh_hive_free(hive);
    return rh_usage(cli, "its lines are for machines already; there is no --json form");
  }
  rh_walker walker = {print_key, print_value, say_damage, &total};
  rh_status status = find_argument_key(cli, hive, 1, &key, &error);
  if (status == RH_OK)
    status = rh_registry_walk(rh_hive_registry(hive), key, &walker, &error);
  rh_hive_free(hive);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  return total.damaged > 0 ? RH_EXIT_DIFFERS : RH_EXIT_DONE;
}

static bool is_one_text(const rh_value *value) {
  return (value->type == RH_REG_SZ || value->type == RH_REG_EXPAND_SZ ||
          value->type == RH_REG_LINK) &&
         value->len % 2 == 0;
}

/* The bytes of a text without its NUL and what is behind it. */
static size_t text_len(const rh_value *value) {
  size_t len = 0;
  while (len < value->len && rh_load_u16(value->data + len) != 0)
    len += 2;
  return len;
}

rh_status rh_describe_rest(const rh_value *value, rh_buffer *out, rh_error *error) {
  size_t end = is_one_text(value) ? text_len(value) + 2 : value->len;
  if (end >= value->len)
    return RH_OK;
  size_t shown = value->len - end < 16 ? value->len - end : 16;
  rh_status status =
      rh_buffer_printf(out, error, "  (and %zu bytes behind its end: ", value->len - end);
  if (status == RH_OK)
    status = rh_buffer_append_hex(out, value->data + end, shown, error);
  return status == RH_OK
             ? rh_buffer_append_text(out, end + shown < value->len ? "...)" : ")", error)
             : status;
}

rh_status rh_describe_data(const rh_value *value, rh_buffer *out, rh_error *error) {
  bool is_text = is_one_text(value) || (value->type == RH_REG_MULTI_SZ && value->len % 2 == 0);
  if (value->type == RH_REG_DWORD && value->len == 4) {
    unsigned number = rh_load_u32(value->data);
    return rh_buffer_printf(out, error, "0x%08x (%u)", number, number);
  }
  if (!is_text)
    return rh_buffer_append_hex(out, value->data, value->len, error);
  rh_buffer text = {0};
  size_t len = is_one_text(value) ? text_len(value) : value->len;
  rh_status status = rh_utf8_from_utf16(&text, value->data, len, error);
  while (text.len > 0 && text.data[text.len - 1] == 0)
    text.len--;
  for (size_t i = 0; status == RH_OK && i < text.len; i++)
    status = text.data[i] ? rh_buffer_append(out, &text.data[i], 1, error)
                          : rh_buffer_append_text(out, "; ", error);
  rh_buffer_dispose(&text);
  return status;
}

static rh_status add_value(rh_cli *cli, json_t *list, const rh_value *value, rh_error *error) {
  char type[16];
  rh_buffer text = {0}, rest = {0}, hex = {0};
  const char *type_name = rh_value_type_name(value->type, type);
  rh_status status = rh_describe_data(value, &text, error);
  if (status == RH_OK)
    status = rh_describe_rest(value, &rest, error);
  if (status == RH_OK)
    status = rh_buffer_append_hex(&hex, value->data, value->len, error);
  if (status == RH_OK) {
    rh_say(cli, "%.*s%s%s  %s%s", (int)value->name_len, value->name, value->name_len ? "  " : "@  ",
           type_name, rh_buffer_text(&text), rh_buffer_text(&rest));
    json_array_append_new(
        list, json_pack("{s:o?,s:s,s:o?,s:s}", "name", json_stringn(value->name, value->name_len),
                        "type", type_name, "text", json_stringn(rh_buffer_text(&text), text.len),
                        "hex", rh_buffer_text(&hex)));
  }
  rh_buffer_dispose(&text);
  rh_buffer_dispose(&rest);
  rh_buffer_dispose(&hex);
  return status;
}

rh_exit rh_cmd_hive_get(rh_cli *cli) {
  rh_hive *hive = NULL;
  rh_error error = {0};
  rh_key key;
  rh_value value = {0};
  json_t *list = json_array();
  rh_exit code = open_hive(cli, &hive, false, 2, 3);
  if (code != RH_EXIT_DONE) {
    json_decref(list);
    return code;
  }
  rh_registry *registry = rh_hive_registry(hive);
  rh_status status = find_argument_key(cli, hive, 1, &key, &error);
  if (status == RH_OK && cli->arguments.count == 3) {
    const char *name = cli->arguments.items[2];
    status = rh_registry_find_value(registry, key, name, strlen(name), &value, &error);
    if (status == RH_OK)
      status = add_value(cli, list, &value, &error);
  } else if (status == RH_OK) {
    rh_cursor cursor = rh_registry_values(registry, key);
    while (status == RH_OK && (status = rh_cursor_next_value(&cursor, &value, &error)) == RH_OK)
      status = add_value(cli, list, &value, &error);
    if (status == RH_END)
      status = RH_OK;
  }
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  else
    rh_print_json(cli, json_incref(list));
  json_decref(list);
  rh_value_dispose(&value);
  rh_hive_free(hive);
  return code;
}
