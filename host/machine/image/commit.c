/* Putting what was applied to an image on its disk: everything is prepared and read back before
 * the first file is put in place. */
#include "machine/internal.h"

#include "base/hash.h"

#include <string.h>

typedef struct entry {
  rh_commit_item item;
  rh_atomic_file *file; /* NULL for a deletion */
  char *path, *target;
} entry;

struct rh_commit {
  entry *entries;
  size_t count;
  rh_name_list made; /* folders that were made for new files, outer ones first */
  bool placed;
};

/* An entry for path with the digest of what is there; what is there must still be what was read. */
static rh_status add_entry(rh_commit *commit, const rh_machine *image, const char *path,
                           entry **out, rh_error *error) {
  entry *entries = rh_resize(commit->entries, commit->count + 1, sizeof *entries);
  if (!entries)
    return rh_error_memory(error);
  commit->entries = entries;
  entry *added = &entries[commit->count++];
  *added = (entry){.path = rh_copy_text(path)};
  rh_status status = added->path ? machine_image_target(&added->target, image, path, error)
                                 : rh_error_memory(error);
  if (status != RH_OK)
    return status;
  added->item.path = added->path;
  added->item.target = added->target;
  if (rh_file_exists(added->target))
    status = rh_file_sha256(added->item.before_sha256, added->target, error);
  const char *read = machine_fingerprint_find(image, path);
  const char *now = added->item.before_sha256[0] ? added->item.before_sha256 : MACHINE_ABSENT;
  if (status == RH_OK && read && strcmp(read, now) != 0) {
    status = rh_error_set(error, RH_ERR_STALE, added->target,
                          "the file was changed by somebody else meanwhile");
    rh_error_hint(error, "make sure that nothing else works on the image, and make a new plan");
  }
  *out = added;
  return status;
}

/* A name in a folder is durable when the folder is: a later process may have to find it. */
static rh_status sync_folder_of(const char *path, rh_error *error) {
  char *folder = rh_platform_folder_of(path);
  rh_status status = folder ? rh_platform_sync_folder(folder, error) : rh_error_memory(error);
  rh_free(folder);
  return status;
}

static rh_status finish_prepared(entry *prepared, rh_error *error) {
  prepared->item.temporary = rh_atomic_file_temporary(prepared->file);
  rh_status status = rh_file_sha256(prepared->item.after_sha256, prepared->item.temporary, error);
  return status == RH_OK ? sync_folder_of(prepared->target, error) : status;
}

static rh_status prepare_hive(rh_commit *commit, rh_machine *image, machine_hive *hive,
                              rh_error *error) {
  entry *added = NULL;
  rh_status status = add_entry(commit, image, hive->path, &added, error);
  if (status == RH_OK)
    status = rh_hive_prepare(hive->hive, added->target, &added->file, error);
  return status == RH_OK ? finish_prepared(added, error) : status;
}

static rh_status make_folder(rh_commit *commit, const char *folder, rh_error *error) {
  char *above = NULL;
  rh_status status = RH_OK;
  if (rh_file_exists(folder))
    return RH_OK;
  above = rh_platform_folder_of(folder);
  if (!above)
    return rh_error_memory(error);
  if (strcmp(above, folder) != 0)
    status = make_folder(commit, above, error);
  /* Named first: what was made must be known, to be removed again. */
  if (status == RH_OK)
    status = machine_names_add(&commit->made, folder, error);
  if (status == RH_OK) {
    status = rh_platform_make_folder(folder, RH_FILE_SHARED, error);
    if (status != RH_OK)
      rh_free(commit->made.names[--commit->made.count]);
  }
  if (status == RH_OK)
    status = rh_platform_sync_folder(above, error);
  rh_free(above);
  return status;
}

static rh_status prepare_content(rh_commit *commit, entry *added, const rh_buffer *data,
                                 rh_error *error) {
  char expected[65];
  char *folder = rh_platform_folder_of(added->target);
  rh_status status = folder ? make_folder(commit, folder, error) : rh_error_memory(error);
  rh_free(folder);
  if (status == RH_OK)
    status = rh_atomic_file_open(&added->file, added->target, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_atomic_file_write(added->file, data->data, data->len, error);
  if (status == RH_OK)
    status = rh_atomic_file_prepare(added->file, error);
  if (status == RH_OK)
    status = finish_prepared(added, error);
  if (status == RH_OK)
    status = rh_sha256_hex(expected, data->data, data->len, error);
  if (status == RH_OK && strcmp(expected, added->item.after_sha256) != 0)
    status = rh_error_set(error, RH_ERR_IO, added->target, "was not written as it should be");
  return status;
}

static rh_status prepare_file(rh_commit *commit, rh_machine *image, const machine_file *file,
                              rh_error *error) {
  entry *added = NULL;
  char digest[65] = "";
  rh_status status = add_entry(commit, image, file->path, &added, error);
  if (status == RH_OK && file->present)
    status = rh_sha256_hex(digest, file->data.data, file->data.len, error);
  if (status != RH_OK)
    return status;
  /* Changes may have taken each other back. */
  if (strcmp(digest, added->item.before_sha256) == 0) {
    commit->count--;
    rh_free(added->path);
    rh_free(added->target);
    return RH_OK;
  }
  return file->present ? prepare_content(commit, added, &file->data, error) : RH_OK;
}

rh_status rh_commit_open(rh_commit **out, rh_machine *image, rh_error *error) {
  rh_status status = RH_OK;
  *out = NULL;
  if (image->kind != RH_MACHINE_IMAGE)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, image->location,
                        "changes can be committed to an image only");
  rh_commit *commit = rh_alloc_zero(1, sizeof *commit);
  if (!commit)
    return rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    if (image->hives[i].hive && rh_hive_changed(image->hives[i].hive))
      status = prepare_hive(commit, image, &image->hives[i], error);
  }
  for (size_t i = 0; status == RH_OK && i < image->files.count; i++)
    status = prepare_file(commit, image, &image->files.items[i], error);
  if (status != RH_OK) {
    rh_commit_free(commit);
    return status;
  }
  *out = commit;
  return RH_OK;
}

size_t rh_commit_count(const rh_commit *commit) {
  return commit->count;
}

const rh_commit_item *rh_commit_item_at(const rh_commit *commit, size_t index) {
  return &commit->entries[index].item;
}

static rh_status remove_file(const char *target, const char *keep_previous, rh_error *error) {
  rh_status status = RH_OK;
  if (keep_previous && rh_file_exists(keep_previous))
    status = rh_platform_remove(keep_previous, error);
  if (status == RH_OK && keep_previous)
    status = rh_platform_keep(target, keep_previous, error);
  if (status == RH_OK && keep_previous)
    status = sync_folder_of(keep_previous, error);
  if (status == RH_OK)
    status = rh_platform_remove(target, error);
  return status == RH_OK ? sync_folder_of(target, error) : status;
}

rh_status rh_commit_place(rh_commit *commit, size_t index, const char *keep_previous,
                          rh_error *error) {
  entry *chosen = &commit->entries[index];
  commit->placed = true;
  return chosen->file ? rh_atomic_file_commit(chosen->file, keep_previous, error)
                      : remove_file(chosen->target, keep_previous, error);
}

void rh_commit_free(rh_commit *commit) {
  if (!commit)
    return;
  for (size_t i = 0; i < commit->count; i++) {
    if (commit->placed)
      rh_atomic_file_detach(commit->entries[i].file);
    else
      rh_atomic_file_free(commit->entries[i].file);
    rh_free(commit->entries[i].path);
    rh_free(commit->entries[i].target);
  }
  for (size_t i = commit->made.count; !commit->placed && i > 0; i--)
    rh_platform_remove_folder(commit->made.names[i - 1], NULL);
  rh_name_list_dispose(&commit->made);
  rh_free(commit->entries);
  rh_free(commit);
}
