/* Putting what was changed in memory beside an image's files: everything is written and read back
 * before the first file is put in place. */
#include "machine/image/internal.h"

#include "base/hash.h"

#include <string.h>

/* Files that a migration makes may hold secrets. */
#define FILE_ACCESS RH_FILE_PRIVATE
#define FOLDER_ACCESS RH_FILE_SHARED

/* While files are made: what is made must be known, to be removed again. */
typedef struct work {
  rh_machine *image;
  image_prepared *out;
  rh_atomic_file **files; /* by item; NULL for a deletion */
} work;

/* An item for path with the digest of what is there; what is there must still be what was read. */
static rh_status add_item(work *self, const char *path, rh_error *error) {
  image_prepared *out = self->out;
  rh_target_item *items = rh_resize(out->items, out->count + 1, sizeof *items);
  if (items)
    out->items = items;
  rh_atomic_file **files = rh_resize(self->files, out->count + 1, sizeof *files);
  if (files)
    self->files = files;
  if (!items || !files)
    return rh_error_memory(error);
  rh_target_item *added = &items[out->count];
  *added = (rh_target_item){.path = rh_copy_text(path)};
  files[out->count++] = NULL;
  rh_status status = added->path ? machine_image_path(&added->target, self->image, path, error)
                                 : rh_error_memory(error);
  if (status == RH_OK && rh_file_exists(added->target))
    status = rh_file_sha256(added->before, added->target, error);
  if (status == RH_OK && added->before[0])
    status = image_guard_read(&added->guard_before, added->target, error);
  const char *read = machine_fingerprint_find(self->image, path);
  const char *now = added->before[0] ? added->before : MACHINE_ABSENT;
  if (status == RH_OK && read && strcmp(read, now) != 0) {
    status = rh_error_set(error, RH_ERR_STALE, added->target,
                          "the file was changed by somebody else meanwhile");
    rh_error_hint(error, "make sure that nothing else works on the image, and make a new plan");
  }
  return status;
}

static rh_target_item *last_item(const work *self) {
  return &self->out->items[self->out->count - 1];
}

static rh_atomic_file **last_file(const work *self) {
  return &self->files[self->out->count - 1];
}

static rh_status finish_prepared(const work *self, rh_error *error) {
  rh_target_item *item = last_item(self);
  item->temporary = rh_copy_text(rh_atomic_file_temporary(*last_file(self)));
  rh_status status = item->temporary ? rh_file_sha256(item->after, item->temporary, error)
                                     : rh_error_memory(error);
  if (status == RH_OK)
    status = image_guard_prepared(item, error);
  return status == RH_OK ? image_sync_folder_of(item->target, error) : status;
}

static rh_status prepare_hive(work *self, machine_hive *hive, rh_error *error) {
  rh_status status = add_item(self, hive->path, error);
  if (status == RH_OK)
    status = rh_hive_prepare(hive->hive, last_item(self)->target, last_file(self), error);
  return status == RH_OK ? finish_prepared(self, error) : status;
}

rh_status image_make_folder(const char *folder, rh_name_list *made, rh_error *error) {
  char *above = NULL;
  rh_status status = RH_OK;
  if (rh_file_exists(folder))
    return RH_OK;
  above = rh_platform_folder_of(folder);
  if (!above)
    return rh_error_memory(error);
  if (strcmp(above, folder) != 0)
    status = image_make_folder(above, made, error);
  if (status == RH_OK)
    status = machine_names_add(made, folder, error);
  if (status == RH_OK) {
    status = rh_platform_make_folder(folder, FOLDER_ACCESS, error);
    if (status != RH_OK)
      rh_free(made->names[--made->count]);
  }
  if (status == RH_OK)
    status = image_guard_inherit(folder, above, true, error);
  if (status == RH_OK)
    status = rh_platform_sync_folder(above, error);
  rh_free(above);
  return status;
}

static rh_status prepare_content(work *self, const rh_buffer *data, const char *digest,
                                 rh_error *error) {
  rh_target_item *item = last_item(self);
  rh_atomic_file **file = last_file(self);
  char *folder = rh_platform_folder_of(item->target);
  rh_status status =
      folder ? image_make_folder(folder, &self->out->folders, error) : rh_error_memory(error);
  rh_free(folder);
  if (status == RH_OK)
    status = rh_atomic_file_open(file, item->target, FILE_ACCESS, error);
  if (status == RH_OK)
    status = rh_atomic_file_write(*file, data->data, data->len, error);
  if (status == RH_OK)
    status = rh_atomic_file_prepare(*file, error);
  if (status == RH_OK)
    status = finish_prepared(self, error);
  if (status == RH_OK && strcmp(digest, item->after) != 0)
    status = rh_error_set(error, RH_ERR_IO, item->target, "was not written as it should be");
  return status;
}

static rh_status prepare_file(work *self, const machine_file *file, rh_error *error) {
  char digest[65] = "";
  rh_status status = add_item(self, file->path, error);
  if (status == RH_OK && file->present)
    status = rh_sha256_hex(digest, file->data.data, file->data.len, error);
  if (status != RH_OK)
    return status;
  /* Changes may have taken each other back. */
  if (strcmp(digest, last_item(self)->before) == 0) {
    rh_target_item_dispose(last_item(self));
    self->out->count--;
    return RH_OK;
  }
  return file->present ? prepare_content(self, &file->data, digest, error) : RH_OK;
}

rh_status image_prepare(image_prepared *out, rh_machine *image, rh_error *error) {
  work self = {.image = image, .out = out};
  rh_status status = RH_OK;
  *out = (image_prepared){0};
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    if (image->hives[i].hive && rh_hive_changed(image->hives[i].hive))
      status = prepare_hive(&self, &image->hives[i], error);
  }
  for (size_t i = 0; status == RH_OK && i < image->files.count; i++)
    status = prepare_file(&self, &image->files.items[i], error);
  for (size_t i = 0; i < out->count; i++) {
    RH_ASSUME(self.files);
    if (status == RH_OK)
      rh_atomic_file_detach(self.files[i]);
    else
      rh_atomic_file_free(self.files[i]);
  }
  rh_free(self.files);
  if (status != RH_OK)
    image_prepared_discard(out);
  return status;
}

void image_prepared_discard(image_prepared *prepared) {
  for (size_t i = 0; i < prepared->count; i++) {
    if (prepared->items[i].temporary)
      rh_platform_remove(prepared->items[i].temporary, NULL);
  }
  for (size_t i = prepared->folders.count; i > 0; i--)
    rh_platform_remove_folder(prepared->folders.names[i - 1], NULL);
  image_prepared_dispose(prepared);
}

void image_prepared_dispose(image_prepared *prepared) {
  for (size_t i = 0; i < prepared->count; i++)
    rh_target_item_dispose(&prepared->items[i]);
  rh_free(prepared->items);
  rh_name_list_dispose(&prepared->folders);
  *prepared = (image_prepared){0};
}
