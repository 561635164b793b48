/* The record that an image carries: a file of rehome's among the hives, guarded as they are, and
 * like all that lies there (rh_machine_is_private_file) neither captured nor shown to a playbook.
 */
#include "machine/image/internal.h"

#include "base/hash.h"
#include "base/protection.h"

#include <string.h>

#define RECORD "rehome-runs.json"
#define RECORD_LIMIT ((size_t)1 << 20)

/* The folder of the hives. SYSTEM itself may be away: a rename of it was stopped. */
static rh_status find_folder(char **out, const char *location, rh_error *error) {
  static const char *const names[] = {"Windows/System32/config", "WINNT/System32/config"};
  rh_status status = RH_OK;
  *out = NULL;
  for (size_t i = 0; status == RH_OK && !*out && i < sizeof names / sizeof *names; i++) {
    rh_buffer found = {0};
    machine_entry entry = MACHINE_NOTHING;
    status = image_walk(location, names[i], &found, &entry, error);
    if (status == RH_OK && entry == MACHINE_FOLDER) {
      *out = rh_platform_join(location, rh_buffer_text(&found));
      status = *out ? RH_OK : rh_error_memory(error);
    }
    rh_buffer_dispose(&found);
  }
  if (status == RH_OK && !*out)
    status = rh_error_set(error, RH_ERR_NOT_FOUND, location,
                          "is not a Windows image: it has no Windows/System32/config");
  return status;
}

/* What a killed ntfs-3g leaves of the record while another takes its name (see place.c); NULL when
 * there is nothing. */
static char *find_driver_left(const char *folder) {
  rh_name_list list = {0};
  char *found = NULL;
  rh_platform_list(&list, folder, NULL);
  for (size_t i = 0; !found && i < list.count; i++)
    if (strncmp(list.names[i], RECORD ".ntfs-3g-", sizeof RECORD ".ntfs-3g-" - 1) == 0)
      found = rh_platform_join(folder, list.names[i]);
  rh_name_list_dispose(&list);
  return found;
}

static rh_status find(char **folder, char **path, const rh_target *target, rh_error *error) {
  *path = NULL;
  rh_status status = find_folder(folder, target->location, error);
  if (status == RH_OK && !(*path = rh_platform_join(*folder, RECORD)))
    status = rh_error_memory(error);
  return status;
}

rh_status image_read_record(rh_buffer *out, rh_target *target, rh_error *error) {
  char *folder = NULL, *path = NULL, *left = NULL;
  rh_status status = find(&folder, &path, target, error);
  if (status == RH_OK && !rh_file_exists(path))
    left = find_driver_left(folder);
  if (status == RH_OK && (left || rh_file_exists(path)))
    status = rh_file_read(out, left ? left : path, RECORD_LIMIT, error);
  rh_free(left);
  rh_free(path);
  rh_free(folder);
  return status;
}

/* As the record that it replaces, the first one as the hives. */
static rh_status guard(rh_target_item *item, const char *folder, rh_error *error) {
  char *hive = rh_platform_join(folder, machine_hive_names[MACHINE_SYSTEM]);
  rh_status status = hive ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = image_guard_read(&item->guard_before, item->before[0] ? item->target : hive, error);
  if (status == RH_OK)
    status = image_guard_give(item->temporary, item->guard_before, RH_PART_ACCESS, error);
  if (status == RH_OK)
    status = image_guard_read(&item->guard_after, item->temporary, error);
  rh_free(hive);
  return status;
}

static rh_status replace(rh_target_item *item, const char *folder, const void *data, size_t len,
                         rh_error *error) {
  rh_atomic_file *file = NULL;
  rh_status status = rh_sha256_hex(item->after, data, len, error);
  if (status == RH_OK && rh_file_exists(item->target))
    status = rh_file_sha256(item->before, item->target, error);
  if (status == RH_OK)
    status = rh_atomic_file_open(&file, item->target, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_atomic_file_write(file, data, len, error);
  if (status == RH_OK)
    status = rh_atomic_file_prepare(file, error);
  if (status == RH_OK && !(item->temporary = rh_copy_text(rh_atomic_file_temporary(file))))
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = guard(item, folder, error);
  if (status == RH_OK)
    status = image_place_item(item, NULL, error);
  if (status == RH_OK)
    rh_atomic_file_detach(file);
  else
    rh_atomic_file_free(file);
  return status;
}

/* Older ones, of which nothing is needed when the record is what it is to be. */
static rh_status sweep_driver_left(const char *folder, rh_error *error) {
  rh_status status = RH_OK;
  for (char *left; status == RH_OK && (left = find_driver_left(folder)); rh_free(left))
    status = image_remove_file(left, error);
  return status;
}

rh_status image_write_record(rh_target *target, const void *data, size_t len, rh_error *error) {
  char *folder = NULL, *path = NULL, *left = NULL;
  rh_target_item item = {0};
  rh_status status = find(&folder, &path, target, error);
  if (status == RH_OK)
    status = image_sweep_beside(path, error);
  if (status == RH_OK && !rh_file_exists(path) && (left = find_driver_left(folder)))
    status = rh_platform_rename(left, path, error);
  if (status == RH_OK && len == 0)
    status = rh_file_exists(path) ? image_remove_file(path, error) : image_settle(path, error);
  if (status == RH_OK && len > 0) {
    item.path = rh_copy_text(RECORD);
    item.target = rh_copy_text(path);
    status = item.path && item.target ? replace(&item, folder, data, len, error)
                                      : rh_error_memory(error);
  }
  if (status == RH_OK)
    status = sweep_driver_left(folder, error);
  rh_target_item_dispose(&item);
  rh_free(left);
  rh_free(path);
  rh_free(folder);
  return status;
}
