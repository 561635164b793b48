/* Putting one prepared file in place, and the old one back.
 *
 * The old file is kept whole under its previous name before the new one takes its place by a
 * rename. Where that is atomic the file is the old one or the new one at every instant; where it is
 * not, a stop leaves nothing under the name, the old file under the previous one, and what was to
 * take the name under a temporary one: RH_ITEM_HALF, from which both ways lead on. */
#include "machine/image/internal.h"

#include "base/protection.h"

#include <string.h>

#define PARTS_OF_PLACED (RH_PART_ACCESS | RH_PART_MARKS | RH_PART_ATTRIBUTES | RH_PART_SHORT_NAME)
#define PARTS_OF_RESTORED (PARTS_OF_PLACED | RH_PART_TIMES)

rh_status image_sync_folder_of(const char *path, rh_error *error) {
  char *folder = rh_platform_folder_of(path);
  rh_status status = folder ? rh_platform_sync_folder(folder, error) : rh_error_memory(error);
  rh_free(folder);
  return status;
}

rh_status image_settle(const char *path, rh_error *error) {
  rh_status status = image_sync_folder_of(path, error);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status; /* its folder was removed, too */
}

/* The digest of a file, "" when there is none. */
static rh_status digest_of(char out[65], const char *path, rh_error *error) {
  rh_file_info info;
  out[0] = '\0';
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK && info.kind != RH_FILE_REGULAR)
    return rh_error_set(error, RH_ERR_DIFFERS, path, "is not a regular file any more");
  return status == RH_OK ? rh_file_sha256(out, path, error) : status;
}

rh_status image_tell_damaged(const char *path, rh_error *error) {
  rh_error_set(error, RH_ERR_IO, path,
               "the folder and the file do not agree about this name, as a driver leaves a volume "
               "when it is killed");
  rh_error_hint(error, "ntfsfix does not mend that, 'chkdsk /f' of Windows does; the file that was "
                       "there before is kept in the run's folder");
  return RH_ERR_IO;
}

/* A volume whose driver was killed may hold a file with a name that its folder has lost, or the
 * other way round, and ntfsfix leaves it so. ntfs-3g removes such a file and tells of a failure all
 * the same. */
static rh_status remove_damaged(const char *path, rh_error *error) {
  rh_status status = rh_platform_remove(path, error);
  if (status == RH_OK || !rh_file_exists(path))
    return RH_OK;
  return status == RH_ERR_NOT_FOUND ? image_tell_damaged(path, error) : status;
}

rh_status image_remove_file(const char *path, rh_error *error) {
  if (!rh_file_exists(path))
    return RH_OK;
  rh_status status = remove_damaged(path, error);
  return status == RH_OK ? image_sync_folder_of(path, error) : status;
}

/* A second name for a file, in place of what has that name. */
static rh_status keep_file(const char *path, const char *kept, rh_error *error) {
  rh_status status = image_remove_file(kept, error);
  if (status == RH_OK)
    status = rh_platform_keep(path, kept, error);
  return status == RH_OK ? image_sync_folder_of(kept, error) : status;
}

static rh_status previous_path(char **out, const rh_target_item *item, const char *keep,
                               rh_error *error) {
  *out = rh_platform_join(keep, item->previous);
  return *out ? RH_OK : rh_error_memory(error);
}

static rh_status is_kept(bool *out, const rh_target_item *item, const char *keep, rh_error *error) {
  char now[65] = "", *path = NULL;
  *out = false;
  if (!keep || !item->previous || !item->before[0])
    return RH_OK;
  rh_status status = previous_path(&path, item, keep, error);
  if (status == RH_OK)
    status = digest_of(now, path, error);
  *out = status == RH_OK && strcmp(now, item->before) == 0;
  rh_free(path);
  return status;
}

static rh_status is_prepared(bool *out, const rh_target_item *item, rh_error *error) {
  char now[65] = "";
  rh_status status = item->temporary ? digest_of(now, item->temporary, error) : RH_OK;
  *out = status == RH_OK && item->after[0] && strcmp(now, item->after) == 0;
  return status;
}

/* The name from which an old file goes back. */
static rh_status back_path(rh_buffer *out, const rh_target_item *item, rh_error *error) {
  return rh_buffer_printf(out, error, "%s" IMAGE_BACK, item->target);
}

/* Of a file that is not there: whether a rename was stopped, in either direction. */
static rh_status is_half(bool *out, const rh_target_item *item, const char *keep, rh_error *error) {
  char now[65] = "";
  rh_buffer back = {0};
  rh_status status = is_kept(out, item, keep, error);
  if (status != RH_OK || !*out)
    return status;
  status = is_prepared(out, item, error);
  if (status == RH_OK && !*out) {
    status = back_path(&back, item, error);
    if (status == RH_OK)
      status = digest_of(now, rh_buffer_text(&back), error);
    *out = status == RH_OK && strcmp(now, item->before) == 0;
  }
  rh_buffer_dispose(&back);
  return status;
}

rh_status image_check_item(rh_item_state *out, const rh_target_item *item, const char *keep,
                           rh_error *error) {
  char now[65];
  bool half = false;
  *out = RH_ITEM_OTHER;
  rh_status status = digest_of(now, item->target, error);
  if (status != RH_OK)
    return status;
  if (strcmp(now, item->after) == 0) {
    *out = RH_ITEM_AFTER;
  } else if (strcmp(now, item->before) == 0) {
    *out = RH_ITEM_BEFORE;
  } else if (!now[0]) {
    status = is_half(&half, item, keep, error);
    *out = half ? RH_ITEM_HALF : RH_ITEM_OTHER;
  }
  return status;
}

static rh_status check_prepared(const rh_target_item *item, rh_error *error) {
  bool prepared = false;
  rh_status status = item->after[0] ? is_prepared(&prepared, item, error) : RH_OK;
  if (status == RH_OK && item->after[0] && !prepared)
    status = rh_error_set(error, RH_ERR_DIFFERS, item->path,
                          "the file that was prepared for it is missing or damaged");
  return status;
}

static rh_status remove_if_of_item(const char *path, const rh_target_item *item, rh_error *error) {
  char now[65];
  rh_status status = digest_of(now, path, error);
  if (status == RH_OK && now[0] &&
      (strcmp(now, item->before) == 0 || strcmp(now, item->after) == 0))
    status = remove_damaged(path, error);
  return status;
}

static rh_status is_on_ntfs(bool *out, const char *folder, rh_error *error) {
  rh_volume volume;
  rh_status status = rh_platform_volume(&volume, folder, error);
  *out = status == RH_OK && volume.kind == RH_PROTECTION_NTFS;
  return status;
}

/* The names that an item may have beside its target, counted by the file behind them. */
typedef struct file_names {
  uint64_t volume, serial, links, count;
} file_names;

static rh_status count_name(file_names *file, const char *path, rh_error *error) {
  rh_file_info info;
  rh_status status = rh_platform_info(path, &info, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status != RH_OK)
    return status == RH_ERR_IO ? image_tell_damaged(path, error) : status;
  if (file->count == 0)
    *file = (file_names){info.volume, info.serial, info.links, 0};
  if (file->volume == info.volume && file->serial == info.serial)
    file->count++;
  return RH_OK;
}

/* Whether the names that a stopped rename leaves of a file are all its own: one that the folder has
 * and the file does not cannot be removed, and with the file's own name all would be lost. */
static rh_status check_names(const rh_target_item *item, const char *keep, rh_error *error) {
  rh_name_list list = {0};
  rh_buffer prefix = {0};
  bool on_ntfs = false;
  const char *name = rh_platform_base_name(item->target);
  char *folder = rh_platform_folder_of(item->target);
  char *kept = keep && item->previous ? rh_platform_join(keep, item->previous) : NULL;
  rh_status status = folder ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && rh_file_exists(folder))
    status = is_on_ntfs(&on_ntfs, folder, error);
  if (status == RH_OK && on_ntfs)
    status = rh_platform_list(&list, folder, error);
  if (status == RH_ERR_IO)
    status = image_tell_damaged(folder, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&prefix, error, "%s.", name);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    if (strcmp(list.names[i], name) != 0 &&
        strncmp(list.names[i], rh_buffer_text(&prefix), prefix.len) != 0)
      continue;
    char *path = rh_platform_join(folder, list.names[i]);
    file_names file = {0};
    status = path ? count_name(&file, path, error) : rh_error_memory(error);
    for (size_t j = 0; status == RH_OK && file.count > 0 && j < list.count; j++) {
      char *other = j == i ? NULL : rh_platform_join(folder, list.names[j]);
      if (other)
        status = count_name(&file, other, error);
      rh_free(other);
    }
    if (status == RH_OK && file.count > 0 && kept)
      status = count_name(&file, kept, error);
    if (status == RH_OK && file.count > file.links)
      status = image_tell_damaged(path, error);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
  rh_buffer_dispose(&prefix);
  rh_free(folder);
  rh_free(kept);
  return status;
}

/* ntfs-3g gives a file that a rename replaces another name first, NAME.ntfs-3g-NUMBER; killed, it
 * leaves it, and its next rename stops at it. What it holds is under NAME or kept by then. */
static rh_status sweep_driver(const rh_target_item *item, rh_error *error) {
  rh_name_list list = {0};
  rh_buffer prefix = {0};
  bool on_ntfs = false;
  char *folder = rh_platform_folder_of(item->target);
  rh_status status = folder ? is_on_ntfs(&on_ntfs, folder, error) : rh_error_memory(error);
  if (status == RH_OK && on_ntfs)
    status = rh_platform_list(&list, folder, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&prefix, error, "%s.ntfs-3g-", rh_platform_base_name(item->target));
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    if (strncmp(list.names[i], rh_buffer_text(&prefix), prefix.len) != 0)
      continue;
    char *path = rh_platform_join(folder, list.names[i]);
    status = path ? remove_if_of_item(path, item, error) : rh_error_memory(error);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
  rh_buffer_dispose(&prefix);
  rh_free(folder);
  return status;
}

/* The new file takes the name of the old one, which is kept. Where the driver cannot replace a
 * damaged one the name is made free first: RH_ITEM_HALF, as a rename is there anyway. */
static rh_status take_name(const char *from, const rh_target_item *item, rh_error *error) {
  rh_status status = sweep_driver(item, error); /* which cannot use that name twice */
  if (status == RH_OK)
    status = rh_platform_rename(from, item->target, error);
  bool on_ntfs = false;
  if (status != RH_ERR_IO || is_on_ntfs(&on_ntfs, from, NULL) != RH_OK || !on_ntfs)
    return status;
  status = sweep_driver(item, error);
  if (status == RH_OK && rh_file_exists(item->target))
    status = remove_damaged(item->target, error);
  return status == RH_OK ? rh_platform_rename(from, item->target, error) : status;
}

/* Behind the rename, which sets marks on NTFS and takes the short name away. */
static rh_status settle_placed(const rh_target_item *item, rh_error *error) {
  rh_status status = item->after[0]
                         ? image_guard_give(item->target, item->guard_after, PARTS_OF_PLACED, error)
                         : RH_OK;
  if (status == RH_OK)
    status = image_sync_folder_of(item->target, error);
  return status == RH_OK && item->after[0] ? sweep_driver(item, error) : status;
}

rh_status image_place_item(const rh_target_item *item, const char *keep, rh_error *error) {
  rh_item_state state;
  char *previous = NULL;
  rh_status status = check_names(item, keep, error);
  if (status == RH_OK)
    status = image_check_item(&state, item, keep, error);
  if (status != RH_OK)
    return status;
  if (state == RH_ITEM_AFTER) { /* but perhaps not yet on the disk, or with both names */
    status = settle_placed(item, error);
    return status == RH_OK && item->temporary ? image_remove_file(item->temporary, error) : status;
  }
  if (state == RH_ITEM_OTHER)
    return rh_error_set(error, RH_ERR_DIFFERS, item->path,
                        "was changed by somebody else after it was prepared");
  status = check_prepared(item, error);
  if (status == RH_OK && state == RH_ITEM_BEFORE && item->before[0] && keep) {
    status = previous_path(&previous, item, keep, error);
    if (status == RH_OK)
      status = keep_file(item->target, previous, error);
    rh_free(previous);
  }
  if (status != RH_OK)
    return status;
  if (!item->after[0])
    return image_remove_file(item->target, error);
  status = take_name(item->temporary, item, error);
  return status == RH_OK ? settle_placed(item, error) : status;
}

rh_status image_can_restore_item(bool *out, rh_item_state *state, const rh_target_item *item,
                                 const char *keep, rh_error *error) {
  *out = false;
  rh_status status = check_names(item, keep, error);
  if (status == RH_OK)
    status = image_check_item(state, item, keep, error);
  if (status != RH_OK)
    return status;
  *out = *state == RH_ITEM_BEFORE || !item->before[0];
  return *out ? RH_OK : is_kept(out, item, keep, error);
}

rh_status image_settle_restored(const rh_target_item *item, rh_error *error) {
  rh_status status = image_guard_give(item->target, item->guard_before, PARTS_OF_RESTORED, error);
  if (status == RH_OK)
    status = image_sync_folder_of(item->target, error);
  return status == RH_OK ? sweep_driver(item, error) : status;
}

/* A second name of the kept file becomes the target: what was there, owner and times included. What
 * a copy on another volume could not hold of that is given back before it has the name, and what
 * the rename takes away behind it. */
static rh_status put_back(const rh_target_item *item, const char *keep, rh_error *error) {
  rh_buffer temporary = {0};
  rh_name_list made = {0};
  char *previous = NULL, *folder = rh_platform_folder_of(item->target);
  /* Somebody may have taken its folder away. */
  rh_status status = folder ? image_make_folder(folder, &made, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = previous_path(&previous, item, keep, error);
  if (status == RH_OK)
    status = back_path(&temporary, item, error);
  if (status == RH_OK)
    status = keep_file(previous, rh_buffer_text(&temporary), error);
  if (status == RH_OK)
    status = image_guard_give(rh_buffer_text(&temporary), item->guard_before,
                              RH_PART_ACCESS | RH_PART_ATTRIBUTES, error);
  if (status == RH_OK)
    status = take_name(rh_buffer_text(&temporary), item, error);
  if (status == RH_OK)
    status = image_settle_restored(item, error);
  rh_free(folder);
  rh_free(previous);
  rh_name_list_dispose(&made);
  rh_buffer_dispose(&temporary);
  return status;
}

rh_status image_restore_item(const rh_target_item *item, const char *keep, rh_error *error) {
  char now[65];
  rh_status status = check_names(item, keep, error);
  if (status == RH_OK)
    status = digest_of(now, item->target, error);
  if (status == RH_OK && strcmp(now, item->before) == 0)
    return item->before[0] ? image_settle_restored(item, error) : image_settle(item->target, error);
  if (status != RH_OK)
    return status;
  if (!item->before[0])
    return image_remove_file(item->target, error);
  status = put_back(item, keep, error);
  if (status == RH_OK)
    status = digest_of(now, item->target, error);
  if (status == RH_OK && strcmp(now, item->before) != 0)
    status = rh_error_set(error, RH_ERR_DIFFERS, item->path, "is not what it was before the run");
  return status;
}
