/* Whole files, and the one way in which rehome writes them durably. */
#include "base/file.h"

#include "base/hash.h"
#include "base/protection.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct rh_atomic_file {
  char *path;
  char *temporary;
  rh_file *file; /* NULL once prepared */
  bool on_disk;  /* the temporary file exists */
  bool has_model;
  rh_protection model; /* of the file that is to be replaced */
};

/* A name that no other run uses: a left-over of a killed process must not stop the next one. */
static char *temporary_name(const char *path) {
  static unsigned counter;
  rh_buffer name = {0};
  uint64_t now = rh_platform_filetime();
  if (rh_buffer_printf(&name, NULL, "%s.rehome-%llx-%x", path, (unsigned long long)now,
                       counter++) != RH_OK)
    rh_buffer_dispose(&name);
  return (char *)name.data;
}

bool rh_atomic_file_is_left_over(const char *name, const char *target) {
  static const char hex[] = "0123456789abcdef";
  size_t len = strlen(target);
  if (strncmp(name, target, len) != 0 || strncmp(name + len, ".rehome-", 8) != 0)
    return false;
  const char *time = name + len + 8, *counter = time + strspn(time, hex);
  size_t digits = *counter == '-' ? strspn(counter + 1, hex) : 0;
  return counter > time && digits > 0 && counter[1 + digits] == '\0';
}

/* A folder cannot be replaced by a file, and a device (/dev/null, /dev/stdout) must not be. */
static rh_status check_replaceable(const char *path, rh_error *error) {
  rh_file_info info;
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_ERR_NOT_FOUND || (status == RH_OK && info.kind == RH_FILE_REGULAR))
    return RH_OK;
  if (status != RH_OK)
    return status;
  rh_error_set(error, RH_ERR_EXISTS, path, "is a %s, which no file can replace",
               info.kind == RH_FILE_FOLDER ? "folder" : "device");
  rh_error_hint(error, "give the name of a file");
  return RH_ERR_EXISTS;
}

/* The user knows the target, and nothing of a temporary file. */
static rh_status about_target(rh_status status, const rh_atomic_file *file, rh_error *error) {
  if (status != RH_OK && error && strcmp(error->object, file->temporary) == 0)
    snprintf(error->object, sizeof error->object, "%s", file->path);
  return status;
}

/* What the volume cannot hold of it is nobody's; see rh_protection_write. */
static rh_status protect_like_target(rh_atomic_file *file, rh_error *error) {
  unsigned lost;
  rh_status status = rh_protection_read(&file->model, file->path, error);
  if (status == RH_ERR_NOT_FOUND) /* a link to nothing */
    return RH_OK;
  if (status == RH_OK)
    status = rh_protection_write(file->temporary, &file->model, RH_PART_ACCESS | RH_PART_ATTRIBUTES,
                                 &lost, error);
  file->has_model = status == RH_OK;
  return status;
}

/* Behind what sets marks by itself on NTFS: writing and renaming add ARCHIVE. */
static rh_status mark_like_target(const rh_atomic_file *file, const char *path, rh_error *error) {
  unsigned lost;
  if (!file->has_model || file->model.kind != RH_PROTECTION_NTFS)
    return RH_OK;
  return rh_protection_write(path, &file->model, RH_PART_MARKS, &lost, error);
}

/* like_target: with owner and permissions of the file that is there. */
static rh_status open_beside(rh_atomic_file **out, const char *path, rh_file_access access,
                             bool like_target, rh_error *error) {
  *out = NULL;
  rh_atomic_file *file = rh_alloc_zero(1, sizeof *file);
  if (!file)
    return rh_error_memory(error);
  file->path = rh_copy_text(path);
  file->temporary = temporary_name(path);
  rh_status status =
      file->path && file->temporary ? check_replaceable(path, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = about_target(
        rh_platform_create(&file->file, file->temporary, RH_FILE_CREATE_NEW, access, error), file,
        error);
  if (status != RH_OK) {
    rh_atomic_file_free(file);
    return status;
  }
  file->on_disk = true;
  if (like_target && rh_file_exists(path))
    status = about_target(protect_like_target(file, error), file, error);
  if (status != RH_OK) {
    rh_atomic_file_free(file);
    return status;
  }
  *out = file;
  return RH_OK;
}

rh_status rh_atomic_file_open(rh_atomic_file **out, const char *path, rh_file_access access,
                              rh_error *error) {
  return open_beside(out, path, access, true, error);
}

static rh_status write_part(rh_atomic_file *file, const void *data, size_t len, rh_error *error) {
  return about_target(rh_platform_write(file->file, data, len, error), file, error);
}

rh_status rh_atomic_file_write(rh_atomic_file *file, const void *data, size_t len,
                               rh_error *error) {
  rh_status status = rh_check_stop(error);
  return status == RH_OK ? write_part(file, data, len, error) : status;
}

void rh_atomic_file_begin_sync(rh_atomic_file *file) {
  rh_platform_begin_sync(file->file);
}

rh_status rh_atomic_file_prepare(rh_atomic_file *file, rh_error *error) {
  if (!file->file)
    return RH_OK;
  rh_status status = mark_like_target(file, file->temporary, error);
  if (status == RH_OK)
    status = rh_platform_sync(file->file, error);
  rh_status closed = rh_platform_close(file->file, status == RH_OK ? error : NULL);
  file->file = NULL;
  return about_target(status != RH_OK ? status : closed, file, error);
}

const char *rh_atomic_file_temporary(const rh_atomic_file *file) {
  return file->temporary;
}

static rh_status sync_folder_of(const char *path, rh_error *error) {
  char *folder = rh_platform_folder_of(path);
  if (!folder)
    return rh_error_memory(error);
  rh_status status = rh_platform_sync_folder(folder, error);
  rh_free(folder);
  return status;
}

/* Under a name of its own first where there is one that was kept before: it stays until the new one
 * can take its place. */
static rh_status keep_as(const char *path, const char *kept, rh_error *error) {
  if (!rh_file_exists(kept))
    return rh_platform_keep(path, kept, error);
  char *temporary = temporary_name(kept);
  rh_status status = temporary ? rh_platform_keep(path, temporary, error) : rh_error_memory(error);
  if (status == RH_OK) {
    status = rh_platform_rename(temporary, kept, error);
    /* It is still there when that failed, and where kept was a second name of path already. */
    rh_platform_remove(temporary, NULL);
  }
  rh_free(temporary);
  return status;
}

/* The new file has the name already, and nothing takes it back. */
static rh_status tell_unsure(const char *path, const rh_error *cause, rh_error *error) {
  rh_error_set(error, RH_ERR_INTERRUPTED, path,
               "the new file is in place, but the disk may not keep it: %s: %s. After a power "
               "failure the file that was there before, or none, may be back",
               cause->object, cause->message);
  rh_error_hint(error, "check the disk, then look at the file or do it again");
  return RH_ERR_INTERRUPTED;
}

rh_status rh_atomic_file_commit(rh_atomic_file *file, const char *keep_previous, rh_error *error) {
  char *folder =
      rh_platform_folder_of(file->path); /* now: behind the rename nothing may be wanting */
  rh_error cause = {0};
  rh_status status = folder ? rh_atomic_file_prepare(file, error) : rh_error_memory(error);
  if (status == RH_OK && keep_previous && rh_file_exists(file->path)) {
    status = keep_as(file->path, keep_previous, error);
    if (status == RH_OK)
      status = sync_folder_of(keep_previous, error);
  }
  if (status == RH_OK)
    status = rh_platform_rename(file->temporary, file->path, error);
  if (status == RH_OK) {
    file->on_disk = false;
    mark_like_target(file, file->path, NULL);
    if (rh_platform_sync_folder(folder, &cause) != RH_OK)
      status = tell_unsure(file->path, &cause, error);
  }
  rh_free(folder);
  return status;
}

void rh_atomic_file_free(rh_atomic_file *file) {
  if (!file)
    return;
  rh_platform_close(file->file, NULL);
  if (file->on_disk)
    rh_platform_remove(file->temporary, NULL);
  rh_protection_dispose(&file->model);
  rh_free(file->path);
  rh_free(file->temporary);
  rh_free(file);
}

void rh_atomic_file_detach(rh_atomic_file *file) {
  if (file)
    file->on_disk = false;
  rh_atomic_file_free(file);
}

rh_status rh_file_read(rh_buffer *out, const char *path, size_t limit, rh_error *error) {
  rh_file *file = NULL;
  rh_buffer_clear(out);
  rh_status status = rh_platform_open(&file, path, error);
  while (status == RH_OK) {
    size_t done = 0;
    status = rh_buffer_reserve(out, 65536, error);
    if (status == RH_OK)
      status = rh_platform_read(file, out->data + out->len, 65536, &done, error);
    if (status != RH_OK || done == 0)
      break;
    out->len += done;
    if (out->len > limit)
      status = rh_error_set(error, RH_ERR_LIMIT, path, "is larger than %zu bytes", limit);
  }
  if (status == RH_OK)
    out->data[out->len] = 0;
  rh_platform_close(file, NULL);
  return status;
}

static rh_status write_all(const char *path, const void *data, size_t len, rh_file_access access,
                           bool like_target, rh_error *error) {
  rh_atomic_file *file = NULL;
  rh_status status = open_beside(&file, path, access, like_target, error);
  if (status == RH_OK)
    status = write_part(file, data, len, error); /* one: what follows a commit needs it, too */
  if (status == RH_OK)
    status = rh_atomic_file_commit(file, NULL, error);
  rh_atomic_file_free(file);
  if (status != RH_ERR_INTERRUPTED)
    return status;
  if (error)
    error->code = RH_ERR_IO; /* for these callers a file that may not last is a write that failed */
  return RH_ERR_IO;
}

rh_status rh_file_write(const char *path, const void *data, size_t len, rh_file_access access,
                        rh_error *error) {
  return write_all(path, data, len, access, true, error);
}

rh_status rh_file_write_private(const char *path, const void *data, size_t len, rh_error *error) {
  return write_all(path, data, len, RH_FILE_PRIVATE, false, error);
}

rh_status rh_file_write_new(const char *path, const void *data, size_t len, rh_error *error) {
  rh_file *file = NULL;
  rh_status status = rh_platform_create(&file, path, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, error);
  if (status != RH_OK)
    return status;
  status = rh_platform_write(file, data, len, error);
  if (status == RH_OK)
    status = rh_platform_sync(file, error);
  rh_status closed = rh_platform_close(file, status == RH_OK ? error : NULL);
  if (status == RH_OK)
    status = closed;
  if (status == RH_OK)
    return sync_folder_of(path, error);
  rh_platform_remove(path, NULL);
  return status;
}

rh_status rh_file_sha256(char out[65], const char *path, rh_error *error) {
  rh_file *file = NULL;
  rh_hash *hash = NULL;
  unsigned char *block = rh_alloc(65536);
  rh_status status = block ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_hash_new(&hash, error);
  if (status == RH_OK)
    status = rh_platform_open(&file, path, error);
  for (size_t done = 1; status == RH_OK && done > 0;) {
    status = rh_platform_read(file, block, 65536, &done, error);
    if (status == RH_OK)
      status = rh_hash_add(hash, block, done, error);
  }
  if (status == RH_OK)
    status = rh_hash_finish(hash, out, error);
  rh_platform_close(file, NULL);
  rh_hash_free(hash);
  rh_free_secret(block, 65536); /* the file may hold secrets that nobody reads otherwise */
  return status;
}

bool rh_file_exists(const char *path) {
  rh_file_info info;
  return rh_platform_info(path, &info, NULL) != RH_ERR_NOT_FOUND;
}

rh_status rh_file_make_folders(const char *folder, rh_file_access access, rh_error *error) {
  rh_file_info info;
  rh_status status = rh_platform_target_info(folder, &info, error);
  if (status == RH_OK && info.kind != RH_FILE_FOLDER)
    return rh_error_set(error, RH_ERR_EXISTS, folder, "exists and is not a folder");
  if (status != RH_ERR_NOT_FOUND)
    return status;
  char *above = rh_platform_folder_of(folder);
  if (!above)
    return rh_error_memory(error);
  status = strcmp(above, folder) == 0 ? RH_OK : rh_file_make_folders(above, access, error);
  rh_free(above);
  if (status == RH_OK)
    status = rh_platform_make_folder(folder, access, error);
  return status;
}

rh_status rh_file_remove_tree(const char *folder, rh_error *error) {
  rh_name_list list = {0};
  rh_status status = rh_platform_list(&list, folder, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    rh_file_info info;
    char *path = rh_platform_join(folder, list.names[i]);
    if (!path)
      status = rh_error_memory(error);
    else if ((status = rh_platform_info(path, &info, error)) == RH_OK)
      status = info.kind == RH_FILE_FOLDER ? rh_file_remove_tree(path, error)
                                           : rh_platform_remove(path, error);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
  return status == RH_OK ? rh_platform_remove_folder(folder, error) : status;
}
