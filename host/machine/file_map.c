/* Files that differ from what is below them: kept in memory, sorted, seen through. */
#include "machine/internal.h"

#include "base/text.h"

#include <string.h>

/* Index of path, or where it would go. */
static size_t search(const machine_files *files, const char *path, bool *found) {
  size_t low = 0, high = files->count;
  *found = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const char *other = files->items[middle].path;
    int order = rh_name_compare(other, strlen(other), path, strlen(path));
    if (order == 0) {
      *found = true;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

machine_file *machine_files_find(const machine_files *files, const char *path) {
  bool found;
  size_t index = search(files, path, &found);
  if (!found)
    return NULL;
  RH_ASSUME(files->items);
  return &files->items[index];
}

static rh_status insert(machine_files *files, size_t index, const char *path, rh_error *error) {
  if (files->count == files->capacity) {
    size_t capacity = files->capacity ? files->capacity * 2 : 16;
    machine_file *items = rh_resize(files->items, capacity, sizeof *items);
    if (!items)
      return rh_error_memory(error);
    files->items = items;
    files->capacity = capacity;
  }
  char *copy = rh_copy_text(path);
  if (!copy)
    return rh_error_memory(error);
  memmove(&files->items[index + 1], &files->items[index],
          (files->count - index) * sizeof *files->items);
  files->items[index] = (machine_file){.path = copy};
  files->count++;
  return RH_OK;
}

rh_status machine_files_set(machine_files *files, const char *path, bool present, const void *data,
                            size_t len, uint32_t origin, rh_error *error) {
  rh_buffer copy = {0};
  bool found;
  rh_status status = rh_buffer_append(&copy, data, len, error);
  size_t index = search(files, path, &found);
  if (status == RH_OK && !found)
    status = insert(files, index, path, error);
  if (status != RH_OK) {
    rh_buffer_dispose_secret(&copy);
    return status;
  }
  machine_file *file = &files->items[index];
  rh_buffer_dispose_secret(&file->data);
  file->data = copy;
  file->present = present;
  file->origin = origin;
  return RH_OK;
}

void machine_files_remove(machine_files *files, const char *path) {
  bool found;
  size_t index = search(files, path, &found);
  if (!found)
    return;
  rh_free(files->items[index].path);
  rh_buffer_dispose_secret(&files->items[index].data);
  files->count--;
  memmove(&files->items[index], &files->items[index + 1],
          (files->count - index) * sizeof *files->items);
}

/* Length of the leading whole folders that two paths share without case; both spellings of a path
 * in two cases may differ in bytes, so that each has its own length. */
static size_t shared_folders(const char *ours, const char *theirs, size_t *their_len) {
  size_t len = 0;
  *their_len = 0;
  for (;;) {
    size_t a = strcspn(ours + len, "/"), b = strcspn(theirs + *their_len, "/");
    if (ours[len + a] != '/' || theirs[*their_len + b] != '/' ||
        rh_name_compare(ours + len, a, theirs + *their_len, b) != 0)
      return len;
    len += a + 1;
    *their_len += b + 1;
  }
}

/* The spelling of the file whose folders agree longest with path. */
static const machine_file *nearest(const machine_files *files, const char *path, size_t *len,
                                   size_t *their_len) {
  const machine_file *best = NULL;
  *len = *their_len = 0;
  for (size_t i = 0; i < files->count; i++) {
    size_t theirs, ours = shared_folders(path, files->items[i].path, &theirs);
    if (files->items[i].present && ours > *len) {
      best = &files->items[i];
      *len = ours;
      *their_len = theirs;
    }
  }
  return best;
}

/* A name's two cases are equally long in UTF-8 but for a few letters; those keep their own. */
void machine_files_look(const machine_files *files, rh_buffer *path, machine_entry *entry) {
  size_t len, their_len;
  const machine_file *file = machine_files_find(files, rh_buffer_text(path));
  if (file) {
    *entry = file->present ? MACHINE_FILE : MACHINE_NOTHING;
    if (file->present && strlen(file->path) == path->len)
      memcpy(path->data, file->path, path->len);
    return;
  }
  if (*entry != MACHINE_NOTHING)
    return;
  for (size_t i = 0; *entry == MACHINE_NOTHING && i < files->count; i++) {
    file = &files->items[i];
    if (!file->present || !machine_path_is_below(file->path, rh_buffer_text(path)))
      continue;
    *entry = MACHINE_FOLDER;
    if (strlen(file->path) > path->len && file->path[path->len] == '/')
      memcpy(path->data, file->path, path->len);
  }
  if (*entry != MACHINE_NOTHING)
    return;
  file = nearest(files, rh_buffer_text(path), &len, &their_len);
  if (file && len == their_len)
    memcpy(path->data, file->path, len);
}

rh_status machine_files_merge(const machine_files *files, const char *folder, rh_name_list *list,
                              rh_error *error) {
  rh_status status = RH_OK;
  size_t kept = 0;
  if (files->count == 0)
    return RH_OK;
  for (size_t i = 0; i < list->count; i++) {
    if (machine_files_find(files, list->names[i]))
      rh_free(list->names[i]);
    else
      list->names[kept++] = list->names[i];
  }
  list->count = kept;
  for (size_t i = 0; status == RH_OK && i < files->count; i++) {
    const machine_file *file = &files->items[i];
    if (file->present && machine_path_is_below(file->path, folder))
      status = machine_names_add(list, file->path, error);
  }
  return status;
}

rh_status machine_files_check_place(rh_machine *machine, const char *path, machine_entry entry,
                                    rh_error *error) {
  rh_buffer above = {0};
  rh_status status = RH_OK;
  if (entry == MACHINE_FOLDER)
    return rh_error_set(error, RH_ERR_EXISTS, path, "is a folder");
  for (const char *slash = strchr(path, '/'); status == RH_OK && slash && entry == MACHINE_NOTHING;
       slash = strchr(slash + 1, '/')) {
    machine_entry at = MACHINE_NOTHING;
    rh_buffer_clear(&above);
    status = rh_buffer_append(&above, path, (size_t)(slash - path), error);
    if (status == RH_OK)
      status = machine->backend->locate(machine, &above, &at, error);
    if (status == RH_OK && at == MACHINE_FILE)
      status = rh_error_set(error, RH_ERR_EXISTS, rh_buffer_text(&above),
                            "is a file, so that %s cannot be made", path);
    if (at == MACHINE_NOTHING)
      break;
  }
  rh_buffer_dispose(&above);
  return status;
}

void machine_files_dispose(machine_files *files) {
  for (size_t i = 0; i < files->count; i++) {
    rh_free(files->items[i].path);
    rh_buffer_dispose_secret(&files->items[i].data);
  }
  rh_free(files->items);
  *files = (machine_files){0};
}
