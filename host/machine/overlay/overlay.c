/* The overlay backend: copy-on-write on top of another machine, registry and files. */
#include "machine/internal.h"

#include <string.h>

/* What was written last to a hive that was not closed cleanly may be half there: changes are not to
 * be built on that unless the user says so. */
static rh_status refuse_dirty(const rh_machine *base, size_t index, rh_error *error) {
  const rh_hive *hive = base->hives[index].hive;
  if (!hive || base->accept_dirty || rh_hive_state_of(hive) != RH_HIVE_DIRTY)
    return RH_OK;
  char *path = rh_platform_join(base->location, base->hives[index].path);
  rh_error_set(error, RH_ERR_DIRTY, path,
               "the hive was not closed cleanly and no log helps: it is not written");
  rh_free(path);
  rh_error_hint(error, "copy its .LOG1 and .LOG2 beside it, or shut the server down cleanly and "
                       "copy it again; --accept-dirty takes it as it is");
  return RH_ERR_DIRTY;
}

static rh_status open_hive(rh_machine *machine, size_t index, machine_hive *out, rh_error *error) {
  rh_registry *base = NULL;
  rh_status status = rh_machine_hive(machine->base, machine_hive_names[index], &base, error);
  if (status == RH_OK)
    status = refuse_dirty(machine->base, index, error);
  if (status == RH_OK)
    status = rh_overlay_open(&out->registry, base, error);
  if (status == RH_OK)
    rh_overlay_set_origin(out->registry, machine->origin);
  return status;
}

static rh_status locate(rh_machine *machine, rh_buffer *path, machine_entry *out, rh_error *error) {
  rh_status status = machine->base->backend->locate(machine->base, path, out, error);
  if (status == RH_OK)
    machine_files_look(&machine->files, path, out);
  return status;
}

static rh_status touch(rh_machine *machine, const char *path, machine_entry entry,
                       rh_error *error) {
  rh_machine *base = machine->base;
  if (!base->backend->touch || machine_files_find(&machine->files, path))
    return RH_OK;
  return base->backend->touch(base, path, entry, error);
}

static rh_status read_file(rh_machine *machine, const char *path, rh_buffer *out, rh_error *error) {
  const machine_file *file = machine_files_find(&machine->files, path);
  if (!file)
    return machine->base->backend->read(machine->base, path, out, error);
  return rh_buffer_append(out, file->data.data, file->data.len, error);
}

static rh_status list_files(rh_machine *machine, const char *folder, rh_name_list *out,
                            rh_error *error) {
  rh_status status = machine->base->backend->list(machine->base, folder, out, error);
  if (status == RH_OK)
    status = machine_files_merge(&machine->files, folder, out, error);
  return status;
}

static const machine_backend overlay_backend = {.open_hive = open_hive,
                                                .locate = locate,
                                                .touch = touch,
                                                .read = read_file,
                                                .list = list_files};

rh_status rh_machine_overlay(rh_machine **out, rh_machine *base, rh_error *error) {
  rh_machine *machine = NULL;
  *out = NULL;
  rh_status status =
      machine_new(&machine, RH_MACHINE_OVERLAY, &overlay_backend, base->location, error);
  if (status != RH_OK)
    return status;
  machine->base = base;
  machine->windows = rh_copy_text(base->windows);
  if (!machine->windows) {
    rh_machine_free(machine);
    return rh_error_memory(error);
  }
  *out = machine;
  return RH_OK;
}

void rh_machine_set_origin(rh_machine *machine, uint32_t origin) {
  if (machine->kind != RH_MACHINE_OVERLAY)
    return;
  machine->origin = origin;
  for (size_t i = 0; i < MACHINE_HIVES; i++) {
    if (machine->hives[i].registry)
      rh_overlay_set_origin(machine->hives[i].registry, origin);
  }
}

static rh_status check_overlay(const rh_machine *machine, rh_error *error) {
  return machine->kind == RH_MACHINE_OVERLAY
             ? RH_OK
             : rh_error_set(error, RH_ERR_UNSUPPORTED, machine->location, "is read-only");
}

/* Locates a path for changing it: what it is now, and in the base. */
static rh_status locate_both(rh_machine *machine, const char *path, rh_buffer *found,
                             machine_entry *now, machine_entry *below, rh_error *error) {
  rh_buffer copy = {0};
  rh_status status = check_overlay(machine, error);
  if (status == RH_OK)
    status = machine_path_locate(found, machine, path, now, error);
  if (status == RH_OK)
    status = machine_path_check_writable(machine, rh_buffer_text(found), error);
  if (status == RH_OK)
    status = rh_buffer_append(&copy, found->data, found->len, error);
  if (status == RH_OK)
    status = machine->base->backend->locate(machine->base, &copy, below, error);
  if (status == RH_OK && machine->base->backend->touch)
    status = machine->base->backend->touch(machine->base, rh_buffer_text(&copy), *below, error);
  rh_buffer_dispose(&copy);
  return status;
}

static bool equals(const rh_buffer *buffer, const void *data, size_t len) {
  return buffer->len == len && (len == 0 || memcmp(buffer->data, data, len) == 0);
}

rh_status rh_machine_file_write(rh_machine *machine, const char *path, const void *data, size_t len,
                                rh_error *error) {
  rh_buffer found = {0}, present = {0};
  machine_entry now = MACHINE_NOTHING, below = MACHINE_NOTHING;
  rh_status status = locate_both(machine, path, &found, &now, &below, error);
  if (status == RH_OK && len > RH_FILE_LIMIT)
    status = rh_error_set(error, RH_ERR_LIMIT, path, "is larger than %u bytes", RH_FILE_LIMIT);
  if (status == RH_OK)
    status = machine_files_check_place(machine, rh_buffer_text(&found), now, error);
  if (status == RH_OK && below == MACHINE_FILE)
    status = machine->base->backend->read(machine->base, rh_buffer_text(&found), &present, error);
  if (status == RH_OK && below == MACHINE_FILE && equals(&present, data, len))
    machine_files_remove(&machine->files, rh_buffer_text(&found));
  else if (status == RH_OK)
    status = machine_files_set(&machine->files, rh_buffer_text(&found), true, data, len,
                               machine->origin, error);
  rh_buffer_dispose(&found);
  rh_buffer_dispose_secret(&present);
  return status;
}

rh_status rh_machine_file_delete(rh_machine *machine, const char *path, rh_error *error) {
  rh_buffer found = {0};
  machine_entry now = MACHINE_NOTHING, below = MACHINE_NOTHING;
  rh_status status = locate_both(machine, path, &found, &now, &below, error);
  if (status == RH_OK && now == MACHINE_NOTHING)
    status = rh_error_set(error, RH_ERR_NOT_FOUND, path, "there is no such file in %s",
                          machine->location);
  else if (status == RH_OK && now == MACHINE_FOLDER)
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is a folder");
  if (status == RH_OK && below == MACHINE_FILE)
    status = machine_files_set(&machine->files, rh_buffer_text(&found), false, NULL, 0,
                               machine->origin, error);
  else if (status == RH_OK)
    machine_files_remove(&machine->files, rh_buffer_text(&found));
  rh_buffer_dispose(&found);
  return status;
}

rh_status rh_machine_file_mark_secret(rh_machine *machine, const char *path, rh_error *error) {
  rh_buffer found = {0};
  machine_entry now = MACHINE_NOTHING;
  machine_file *file = NULL;
  rh_status status = check_overlay(machine, error);
  if (status == RH_OK)
    status = machine_path_locate(&found, machine, path, &now, error);
  if (status == RH_OK)
    file = machine_files_find(&machine->files, rh_buffer_text(&found));
  if (file)
    file->secret = true;
  rh_buffer_dispose(&found);
  return status;
}
