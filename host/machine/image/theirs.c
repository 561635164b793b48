/* Keeping what others made of a file before it goes back to what it was. */
#include "machine/image/internal.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PIECE 65536
#define NAMES_MAX 1000

static rh_status copy_private(const char *from, const char *to, rh_error *error) {
  rh_file *in = NULL;
  rh_atomic_file *out = NULL;
  size_t done = 1;
  unsigned char *piece = rh_alloc(PIECE);
  rh_status status = piece ? rh_platform_open(&in, from, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_atomic_file_open(&out, to, RH_FILE_PRIVATE, error);
  while (status == RH_OK && done > 0) {
    status = rh_platform_read(in, piece, PIECE, &done, error);
    if (status == RH_OK && done > 0)
      status = rh_atomic_file_write(out, piece, done, error);
  }
  if (status == RH_OK)
    status = rh_atomic_file_commit(out, NULL, error);
  rh_atomic_file_free(out);
  rh_platform_close(in, NULL);
  rh_free_secret(piece, piece ? PIECE : 0);
  return status;
}

/* The first name that is free, or has the same content already: what was kept before stays. */
static rh_status keep(const char *target, const char *folder, const char *name, const char *ending,
                      rh_error *error) {
  char digest[65], other[65], number[16] = "";
  rh_status status = rh_file_sha256(digest, target, error);
  for (unsigned i = 1; status == RH_OK && i < NAMES_MAX; i++) {
    rh_buffer file = {0};
    if (i > 1)
      snprintf(number, sizeof number, ".%u", i);
    status = rh_buffer_printf(&file, error, "%s%s%s" RH_TARGET_THEIRS, name, ending, number);
    char *path = status == RH_OK ? rh_platform_join(folder, rh_buffer_text(&file)) : NULL;
    rh_buffer_dispose(&file);
    if (!path)
      return rh_error_memory(error);
    bool is_new = !rh_file_exists(path), same = false;
    if (is_new)
      status = copy_private(target, path, error);
    else if ((status = rh_file_sha256(other, path, error)) == RH_OK)
      same = strcmp(digest, other) == 0;
    rh_free(path);
    if (status != RH_OK || is_new || same)
      return status;
  }
  return status == RH_OK
             ? rh_error_set(error, RH_ERR_EXISTS, folder, "holds too many files of %s", name)
             : status;
}

/* What a hive that was not closed cleanly holds is partly in its logs. */
static rh_status keep_logs(const char *target, const char *folder, const char *name,
                           rh_error *error) {
  static const char *const endings[] = {".LOG", ".LOG1", ".LOG2"};
  const char *hive = rh_platform_base_name(target);
  const rh_hive_open_options options = {0};
  rh_name_list list = {0};
  rh_hive *clean = NULL;
  rh_buffer log = {0};
  bool is_clean = rh_hive_open_with(&clean, target, &options, NULL, NULL) == RH_OK;
  rh_hive_free(clean);
  if (is_clean)
    return RH_OK;
  char *beside = rh_platform_folder_of(target);
  rh_status status = beside ? rh_platform_list(&list, beside, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < list.count * 3; i++) {
    const char *found = list.names[i / 3], *ending = endings[i % 3];
    rh_buffer_clear(&log);
    status = rh_buffer_printf(&log, error, "%s%s", hive, ending);
    if (status != RH_OK || !rh_name_equal(found, rh_buffer_text(&log)))
      continue;
    char *path = rh_platform_join(beside, found);
    status = path ? keep(path, folder, name, ending, error) : rh_error_memory(error);
    rh_free(path);
  }
  rh_free(beside);
  rh_buffer_dispose(&log);
  rh_name_list_dispose(&list);
  return status;
}

rh_status image_keep_theirs(const char *target, const char *path, const char *folder,
                            const char *name, rh_error *error) {
  if (!rh_file_exists(target)) /* deleted: nothing is left of it */
    return RH_OK;
  rh_status status =
      image_hive_of(path) < MACHINE_HIVES ? keep_logs(target, folder, name, error) : RH_OK;
  return status == RH_OK ? keep(target, folder, name, "", error) : status;
}
