/* hive diff: what differs between two registry hives, as text, JSON or .reg text. */
#include "base/calendar.h"
#include "base/table.h"
#include "command/command.h"
#include "plan/json.h"
#include "registry/diff.h"
#include "registry/text/regtext.h"

#include <string.h>

typedef struct view {
  rh_cli *cli;
  size_t keys[3], values[3]; /* by rh_registry_difference_kind */
  size_t damaged;
  rh_buffer text;
  rh_regtext_writer *writer;
  rh_buffer key; /* the path of the key that the writer is at */
  bool has_key;
} view;

static const char *const kind_names[] = {"added", "removed", "changed"};
RH_TABLE_FITS(kind_names, RH_REGISTRY_CHANGED);
static const char kind_signs[] = {'+', '-', '~'};
RH_TABLE_FITS(kind_signs, RH_REGISTRY_CHANGED);

static bool of_value(const rh_registry_difference *difference) {
  return difference->a_value || difference->b_value;
}

static void count(view *self, const rh_registry_difference *difference) {
  (of_value(difference) ? self->values : self->keys)[difference->kind]++;
}

/* A name from a hive, without what a terminal would obey. */
static void put_name(const char *name, size_t len) {
  for (size_t i = 0; i < len; i++)
    fputc((unsigned char)name[i] < 0x20 || name[i] == 0x7F ? '?' : name[i], stdout);
}

static void put_time(const char *before, const rh_key_info *key) {
  char text[40];
  int64_t seconds = rh_seconds_from_filetime(key->last_write);
  if (seconds >= 0 && seconds <= RH_TIME_LAST)
    rh_time_print(text, seconds);
  else
    snprintf(text, sizeof text, "time %llu", (unsigned long long)key->last_write);
  printf("%s%s", before, text);
}

static rh_status put_value(view *self, const char *before, const rh_value *value, rh_error *error) {
  char type[16];
  rh_buffer_clear(&self->text);
  rh_status status = rh_describe_data(value, &self->text, error);
  if (status == RH_OK)
    status = rh_describe_rest(value, &self->text, error);
  if (status != RH_OK)
    return status;
  printf("%s%s ", before, rh_value_type_name(value->type, type));
  put_name(rh_buffer_text(&self->text), self->text.len);
  return RH_OK;
}

static rh_status say_text(void *payload, const rh_registry_difference *difference,
                          rh_error *error) {
  view *self = payload;
  const rh_value *value = difference->a_value ? difference->a_value : difference->b_value;
  rh_status status = RH_OK;
  count(self, difference);
  printf("%c %s  ", kind_signs[difference->kind], value ? "value" : "key  ");
  put_name(difference->path_len ? difference->path : "\\",
           difference->path_len ? difference->path_len : 1);
  if (value) {
    fputs("  ", stdout);
    put_name(value->name_len ? value->name : "@", value->name_len ? value->name_len : 1);
    if (difference->a_value)
      status = put_value(self, "  ", difference->a_value, error);
    if (status == RH_OK && difference->b_value)
      status = put_value(self, difference->a_value ? "  ->  " : "  ", difference->b_value, error);
  } else {
    if (difference->class_differs)
      fputs("  class", stdout);
    if (difference->security_differs)
      fputs("  security", stdout);
    if (difference->a_key)
      put_time("  ", difference->a_key);
    if (difference->b_key)
      put_time(difference->a_key ? "  ->  " : "  ", difference->b_key);
  }
  fputc('\n', stdout);
  return status;
}

/* --- JSON: one document, written as it comes --- */

static json_t *json_value(const rh_value *value) {
  char type[16];
  return json_pack("{s:s,s:o}", "type", rh_value_type_name(value->type, type), "hex",
                   rh_json_from_bytes(value->data, value->len));
}

static json_t *json_key(const rh_key_info *key) {
  return json_pack("{s:o,s:o,s:o}", "last_write", rh_json_from_time(key->last_write), "class",
                   rh_json_from_bytes(key->class_name, key->class_len), "security",
                   rh_json_from_bytes(key->security, key->security_len));
}

static rh_status say_json(void *payload, const rh_registry_difference *difference,
                          rh_error *error) {
  view *self = payload;
  const rh_value *value = difference->a_value ? difference->a_value : difference->b_value;
  size_t before = 0;
  for (size_t i = 0; i < 3; i++)
    before += self->keys[i] + self->values[i];
  count(self, difference);
  json_t *json = json_pack("{s:s,s:s,s:o}", "kind", kind_names[difference->kind], "of",
                           value ? "value" : "key", "path",
                           rh_json_from_name(difference->path, difference->path_len));
  rh_status status = json ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && value)
    status = rh_json_set(json, "name", rh_json_from_name(value->name, value->name_len), error);
  if (status == RH_OK && value && difference->a_value)
    status = rh_json_set(json, "a", json_value(difference->a_value), error);
  if (status == RH_OK && value && difference->b_value)
    status = rh_json_set(json, "b", json_value(difference->b_value), error);
  if (status == RH_OK && !value && difference->a_key)
    status = rh_json_set(json, "a", json_key(difference->a_key), error);
  if (status == RH_OK && !value && difference->b_key)
    status = rh_json_set(json, "b", json_key(difference->b_key), error);
  rh_buffer_clear(&self->text);
  if (status == RH_OK)
    status = rh_json_dump(&self->text, json, JSON_COMPACT, error);
  if (status == RH_OK)
    printf("%s\n  %s", before ? "," : "", rh_buffer_text(&self->text));
  json_decref(json);
  return status;
}

/* --- .reg text that turns a into b --- */

static rh_status go_to_key(view *self, const rh_registry_difference *difference, rh_error *error) {
  const char *path = difference->path;
  size_t len = difference->path_len;
  if (self->has_key && self->key.len == len && (len == 0 || memcmp(self->key.data, path, len) == 0))
    return RH_OK;
  rh_buffer_clear(&self->key);
  self->has_key = true;
  rh_status status = rh_buffer_append(&self->key, path, len, error);
  return status == RH_OK ? rh_regtext_writer_key(self->writer, path, len, false, error) : status;
}

static rh_status say_reg(void *payload, const rh_registry_difference *difference, rh_error *error) {
  view *self = payload;
  const char *path = difference->path;
  size_t len = difference->path_len;
  count(self, difference);
  if (difference->kind == RH_REGISTRY_REMOVED && difference->within)
    return RH_OK; /* goes with the key above */
  if (!of_value(difference) && difference->kind == RH_REGISTRY_REMOVED) {
    self->has_key = false;
    return rh_regtext_writer_key(self->writer, path, len, true, error);
  }
  rh_status status = go_to_key(self, difference, error);
  if (status != RH_OK)
    return status;
  if (of_value(difference))
    return rh_regtext_writer_value(self->writer, path, len,
                                   difference->b_value ? difference->b_value : difference->a_value,
                                   !difference->b_value, error);
  if (difference->kind != RH_REGISTRY_CHANGED)
    return RH_OK;
  const char *what = difference->class_differs && difference->security_differs
                         ? "class and security differ, which .reg text cannot express"
                     : difference->class_differs
                         ? "the class differs, which .reg text cannot express"
                         : "the security differs, which .reg text cannot "
                           "express";
  return rh_regtext_writer_comment(self->writer, what, strlen(what), error);
}

static rh_status say_damage(void *payload, bool in_b, const char *path, size_t path_len,
                            const rh_error *damage) {
  view *self = payload;
  (void)path_len;
  self->damaged++;
  rh_warn(self->cli, "%s: %s: %s", self->cli->arguments.items[in_b ? 1 : 0], *path ? path : "\\",
          damage->message);
  return RH_OK;
}

static rh_status write_reg(void *payload, const void *data, size_t len, rh_error *error) {
  if (payload)
    return rh_atomic_file_write(payload, data, len, error);
  if (fwrite(data, 1, len, stdout) != len)
    return rh_error_set(error, RH_ERR_IO, "standard output", "cannot write");
  return RH_OK;
}

static rh_status diff_as_reg(view *self, rh_registry_differ *differ, rh_registry *a, rh_key a_key,
                             rh_registry *b, rh_key b_key, rh_error *error) {
  rh_cli *cli = self->cli;
  rh_buffer prefix = {0};
  rh_atomic_file *file = NULL;
  rh_status status = RH_OK;
  if (cli->output && !cli->overwrite && rh_file_exists(cli->output)) {
    rh_error_set(error, RH_ERR_EXISTS, cli->output, "exists");
    rh_error_hint(error, "choose another name, or use --overwrite");
    return RH_ERR_EXISTS;
  }
  status = rh_hive_text_prefix(cli, 2, &prefix, error);
  if (status == RH_OK && cli->output)
    status = rh_atomic_file_open(&file, cli->output, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_regtext_writer_open(&self->writer, rh_buffer_text(&prefix), b->label, write_reg,
                                    file, error);
  differ->on_difference = say_reg;
  if (status == RH_OK)
    status = rh_registry_diff(a, a_key, b, b_key, differ, error);
  if (status == RH_OK)
    status = rh_regtext_writer_close(self->writer, error);
  if (status == RH_OK && file)
    status = rh_atomic_file_commit(file, NULL, error);
  rh_regtext_writer_free(self->writer);
  rh_atomic_file_free(file);
  rh_buffer_dispose(&prefix);
  return status;
}

static rh_status diff_as_json(view *self, rh_registry_differ *differ, rh_registry *a, rh_key a_key,
                              rh_registry *b, rh_key b_key, rh_error *error) {
  fputs("{\"differences\": [", stdout);
  differ->on_difference = say_json;
  rh_status status = rh_registry_diff(a, a_key, b, b_key, differ, error);
  fputs("\n]", stdout);
  for (size_t i = 0; i < 3; i++)
    printf(", \"keys_%s\": %zu, \"values_%s\": %zu", kind_names[i], self->keys[i], kind_names[i],
           self->values[i]);
  printf(", \"damaged\": %zu}\n", self->damaged);
  return status;
}

static rh_status diff_as_text(view *self, rh_registry_differ *differ, rh_registry *a, rh_key a_key,
                              rh_registry *b, rh_key b_key, rh_error *error) {
  differ->on_difference = say_text;
  rh_status status = rh_registry_diff(a, a_key, b, b_key, differ, error);
  if (status == RH_OK)
    rh_say(self->cli,
           "keys: %zu added, %zu removed, %zu changed; values: %zu added, %zu removed, "
           "%zu changed",
           self->keys[0], self->keys[1], self->keys[2], self->values[0], self->values[1],
           self->values[2]);
  return status;
}

static rh_exit open_both(rh_cli *cli, rh_hive *hives[2]) {
  const rh_hive_open_options options = {
      .use_logs = true, .force_logs = cli->force_logs, .accept_dirty = true, .all_bins = true};
  const char *set = NULL;
  rh_exit code = rh_control_set_option(cli, &set);
  for (size_t i = 0; code == RH_EXIT_DONE && i < 2; i++) {
    rh_hive_recovery report = {0};
    rh_cli one = *cli;
    one.arguments.items += i;
    code = rh_open_hive(&one, &hives[i], &options, &report);
    rh_hive_recovery_dispose(&report);
  }
  return code;
}

rh_exit rh_cmd_hive_diff(rh_cli *cli) {
  rh_hive *hives[2] = {NULL, NULL};
  rh_key keys[2] = {RH_KEY_NONE, RH_KEY_NONE};
  rh_error error = {0};
  view self = {.cli = cli};
  rh_registry_differ differ = {.on_damage = say_damage, .payload = &self};
  rh_status status = RH_OK;
  if (cli->arguments.count < 2 || cli->arguments.count > 3)
    return rh_usage(cli, "it takes %s", cli->command->arguments);
  if (cli->json && cli->reg)
    return rh_usage(cli, "'--json' and '--reg' exclude each other");
  if (cli->output && !cli->reg)
    return rh_usage(cli, "'--output' goes with '--reg'");
  rh_exit code = open_both(cli, hives);
  for (size_t i = 0; code == RH_EXIT_DONE && status == RH_OK && i < 2; i++) {
    status =
        rh_find_hive_key(cli, rh_hive_registry(hives[i]),
                         cli->arguments.count > 2 ? cli->arguments.items[2] : "", &keys[i], &error);
  }
  if (code == RH_EXIT_DONE && status == RH_OK) {
    rh_registry *a = rh_hive_registry(hives[0]), *b = rh_hive_registry(hives[1]);
    status = (cli->reg    ? diff_as_reg
              : cli->json ? diff_as_json
                          : diff_as_text)(&self, &differ, a, keys[0], b, keys[1], &error);
  }
  rh_hive_free(hives[0]);
  rh_hive_free(hives[1]);
  rh_buffer_dispose(&self.text);
  rh_buffer_dispose(&self.key);
  if (code != RH_EXIT_DONE || status != RH_OK)
    return code != RH_EXIT_DONE ? code : rh_fail(cli, &error);
  size_t differences = self.damaged;
  for (size_t i = 0; i < 3; i++)
    differences += self.keys[i] + self.values[i];
  return differences ? RH_EXIT_DIFFERS : RH_EXIT_DONE;
}
