/* What the user took out of a plan stays as it is on the destination, whatever a playbook wrote. */
#include "base/text.h"
#include "script/internal.h"

#include <string.h>

/* An excluded path, taken apart: a key or the value `last` of the key before it, or a file. */
typedef struct excluded_path {
  const char *hive; /* NULL for a file; borrowed */
  rh_buffer path;   /* a key as in a change, "\ControlSet001\..."; or an image-relative file */
  size_t parent_len;
} excluded_path;

static bool is_registry(const char *path) {
  return rh_name_compare(path, strlen(path) < 5 ? strlen(path) : 5, "HKLM\\", 5) == 0 ||
         rh_name_compare(path, strlen(path) < 19 ? strlen(path) : 19, "HKEY_LOCAL_MACHINE\\", 19) ==
             0;
}

static rh_status take_apart(excluded_path *out, rh_machine *machine, const char *path,
                            rh_error *error) {
  rh_buffer rest = {0};
  rh_registry *registry = NULL;
  if (!is_registry(path))
    return rh_machine_file_path(machine, path, &out->path, error);
  rh_status status = rh_machine_resolve(machine, path, &registry, &rest, &out->hive, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&out->path, error, "\\%s", rh_buffer_text(&rest));
  rh_buffer_dispose(&rest);
  out->parent_len = out->path.len;
  while (status == RH_OK && out->parent_len > 0 && out->path.data[out->parent_len - 1] != '\\')
    out->parent_len--;
  return status;
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len) {
  return rh_name_compare(a, a_len, b, b_len) == 0;
}

/* b is below a. */
static bool is_below(const char *a, size_t a_len, const char *b, size_t b_len) {
  return b_len > a_len && b[a_len] == '\\' && same(a, a_len, b, a_len);
}

static bool concerns(const excluded_path *excluded, const rh_change *change) {
  const char *path = rh_buffer_text(&excluded->path);
  size_t len = excluded->path.len;
  if (!excluded->hive || !change->hive)
    return !excluded->hive && !change->hive && same(path, len, change->path, change->path_len);
  if (!same(excluded->hive, strlen(excluded->hive), change->hive, strlen(change->hive)))
    return false;
  if (same(path, len, change->path, change->path_len) ||
      is_below(path, len, change->path, change->path_len))
    return true;
  /* A key cannot go while something in it stays. */
  if (change->action == RH_DELETE_KEY && is_below(change->path, change->path_len, path, len))
    return true;
  if (!change->name || excluded->parent_len == 0 ||
      !same(path, excluded->parent_len - 1, change->path, change->path_len))
    return false;
  const char *name = path + excluded->parent_len;
  size_t name_len = len - excluded->parent_len;
  return same(name, name_len, change->name, change->name_len) ||
         (change->name_len == 0 && same(name, name_len, "@", 1));
}

static rh_status drop_one(json_t *changes, const rh_plan *plan, rh_machine *machine,
                          const char *path, rh_error *error) {
  rh_change_list list = {0};
  excluded_path excluded = {0};
  rh_status status = take_apart(&excluded, machine, path, error);
  if (status == RH_ERR_NOT_FOUND) {
    rh_buffer_dispose(&excluded.path);
    return RH_OK; /* the destination has no such hive or drive */
  }
  if (status == RH_OK)
    status = rh_plan_changes(plan, &list, error);
  for (size_t i = list.count; status == RH_OK && i > 0; i--)
    if (concerns(&excluded, &list.items[i - 1]))
      json_array_remove(changes, i - 1);
  rh_change_list_dispose(&list);
  rh_buffer_dispose(&excluded.path);
  return status;
}

rh_status script_drop_excluded(rh_plan *plan, rh_machine *destination, const json_t *excluded,
                               rh_error *error) {
  json_t *changes = json_object_get(rh_plan_document(plan), "changes"), *path;
  rh_status status = RH_OK;
  size_t index;
  json_array_foreach(excluded, index, path) {
    if (status == RH_OK && json_is_string(path))
      status = drop_one(changes, plan, destination, json_string_value(path), error);
  }
  return status;
}
