/* A place that the user names on a machine. */
#include "machine/place.h"

#include "base/text.h"

#include <string.h>

static bool is_registry(const char *path) {
  return rh_name_compare(path, strlen(path) < 5 ? strlen(path) : 5, "HKLM\\", 5) == 0 ||
         rh_name_compare(path, strlen(path) < 19 ? strlen(path) : 19, "HKEY_LOCAL_MACHINE\\", 19) ==
             0;
}

rh_status rh_place_parse(rh_place *out, rh_machine *machine, const char *path, rh_error *error) {
  rh_buffer rest = {0};
  rh_registry *registry = NULL;
  *out = (rh_place){0};
  if (!is_registry(path))
    return rh_machine_file_path(machine, path + (strncmp(path, "file:", 5) == 0 ? 5 : 0),
                                &out->path, error);
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

void rh_place_dispose(rh_place *place) {
  rh_buffer_dispose(&place->path);
  *place = (rh_place){0};
}

bool rh_place_concerns(const rh_place *place, const rh_change *change) {
  const char *path = rh_buffer_text(&place->path);
  size_t len = place->path.len;
  if (!place->hive || !change->hive)
    return !place->hive && !change->hive && same(path, len, change->path, change->path_len);
  if (!same(place->hive, strlen(place->hive), change->hive, strlen(change->hive)))
    return false;
  if (same(path, len, change->path, change->path_len) ||
      is_below(path, len, change->path, change->path_len))
    return true;
  /* A key cannot go while something in it stays. */
  if (change->action == RH_DELETE_KEY && is_below(change->path, change->path_len, path, len))
    return true;
  if (!change->name || place->parent_len == 0 ||
      !same(path, place->parent_len - 1, change->path, change->path_len))
    return false;
  const char *name = path + place->parent_len;
  size_t name_len = len - place->parent_len;
  return same(name, name_len, change->name, change->name_len) ||
         (change->name_len == 0 && same(name, name_len, "@", 1));
}

rh_status rh_place_name(rh_buffer *out, const rh_change *change, rh_error *error) {
  if (!change->hive)
    return rh_buffer_printf(out, error, "file:%s", change->path);
  rh_status status = rh_buffer_printf(out, error, "HKLM\\%s", change->hive);
  if (status == RH_OK)
    status = rh_buffer_append(out, change->path, change->path_len, error);
  if (status == RH_OK && change->name)
    status = rh_buffer_append_text(out, "\\", error);
  if (status == RH_OK && change->name)
    status = change->name_len > 0 ? rh_buffer_append(out, change->name, change->name_len, error)
                                  : rh_buffer_append_text(out, "@", error);
  return status;
}
