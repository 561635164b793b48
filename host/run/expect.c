/* Settings that a run did not have to change since they were right already: the plan's verdicts
 * tell where they are and the digest of their data. */
#include "run/internal.h"

#include "base/hash.h"
#include "base/text.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

/* The setting in the form of a change, for comparing and for people. The hive's name is borrowed.
 */
static rh_status setting_of(rh_change *out, rh_machine *image, const json_t *to, rh_buffer *path,
                            rh_error *error) {
  rh_buffer below = {0};
  rh_registry *registry = NULL;
  const char *hive = NULL;
  rh_status status =
      rh_machine_resolve(image, text_of(to, "path"), &registry, &below, &hive, error);
  rh_buffer_clear(path);
  if (status == RH_OK)
    status = rh_buffer_append_text(path, "\\", error);
  if (status == RH_OK)
    status = rh_buffer_append(path, below.data, below.len, error);
  rh_buffer_dispose(&below);
  *out = (rh_change){.action = RH_SET_VALUE,
                     .hive = (char *)(uintptr_t)hive,
                     .path = (char *)path->data,
                     .path_len = path->len,
                     .name = (char *)(uintptr_t)text_of(to, "name"),
                     .name_len = strlen(text_of(to, "name"))};
  return status;
}

static bool is_changed_by_run(const rh_run *run, const rh_change *setting) {
  for (size_t i = 0; i < run->job.changes.count; i++) {
    const rh_change *change = &run->job.changes.items[i];
    if (change->hive && change->name && strcmp(change->hive, setting->hive) == 0 &&
        rh_name_compare(change->path, change->path_len, setting->path, setting->path_len) == 0 &&
        rh_name_compare(change->name, change->name_len, setting->name, setting->name_len) == 0)
      return true;
  }
  return false;
}

static rh_status fits(bool *out, const json_t *to, const rh_change_side *now, rh_error *error) {
  char digest[RH_SHA256_HEX], number[16];
  *out = false;
  if (!now->present || strcmp(rh_value_type_name(now->type, number), text_of(to, "type")) != 0)
    return RH_OK;
  rh_status status = rh_sha256_hex(digest, now->data.data, now->data.len, error);
  *out = status == RH_OK && strcmp(digest, text_of(to, "sha256")) == 0;
  return status;
}

static rh_status check_setting(rh_difference_list *list, rh_machine *image, const json_t *verdict,
                               const rh_change *setting, rh_error *error) {
  const json_t *to = json_object_get(verdict, "to");
  rh_change_side now = {0};
  rh_buffer found = {0}, expected = {0};
  bool same = false;
  rh_status status = rh_machine_read_side(&now, image, setting, error);
  if (status == RH_OK)
    status = fits(&same, to, &now, error);
  if (status == RH_OK && !same) {
    status = rh_change_describe_side(&found, setting, &now, error);
    if (status == RH_OK)
      status = *text_of(verdict, "after")
                   ? rh_buffer_append_text(&expected, text_of(verdict, "after"), error)
                   : rh_buffer_printf(&expected, error, "%s, SHA-256 %s", text_of(to, "type"),
                                      text_of(to, "sha256"));
    if (status == RH_OK)
      status = rh_run_add_difference(list, setting, rh_buffer_text(&found),
                                     rh_buffer_text(&expected), error);
  }
  rh_buffer_dispose_secret(&now.data);
  rh_buffer_dispose(&now.security);
  rh_buffer_dispose(&found);
  rh_buffer_dispose(&expected);
  return status;
}

rh_status rh_run_check_expected(const rh_run *run, rh_machine *image, rh_difference_list *list,
                                size_t *checked, rh_error *error) {
  rh_status status = RH_OK;
  rh_buffer path = {0};
  size_t index;
  json_t *verdict;
  json_array_foreach(json_object_get(rh_plan_document(run->plan), "verdicts"), index, verdict) {
    const json_t *to = json_object_get(verdict, "to");
    rh_change setting;
    if (status != RH_OK || !*text_of(to, "sha256"))
      continue;
    status = setting_of(&setting, image, to, &path, error);
    if (status != RH_OK || is_changed_by_run(run, &setting))
      continue;
    status = check_setting(list, image, verdict, &setting, error);
    ++*checked;
  }
  rh_buffer_dispose(&path);
  return status;
}
