/* An overlay's changes as a list that can be planned, journalled and applied. */
#include "machine/internal.h"

#include "base/table.h"

#include <string.h>

typedef struct collector {
  rh_registry *base;
  const char *hive;
  rh_change_list *list;
} collector;

/* The last write of a key of the base, 0 when it is not there. */
static rh_status base_time(const collector *self, const char *path, size_t len, uint64_t *out,
                           rh_error *error) {
  rh_key_info info = {0};
  rh_key key = RH_KEY_NONE;
  rh_status status = rh_registry_root(self->base, &key, error);
  *out = 0;
  for (size_t at = 0; status == RH_OK && at < len;) {
    const char *name = path + at + 1, *end = memchr(name, '\\', len - at - 1);
    size_t name_len = end ? (size_t)(end - name) : len - at - 1;
    rh_key child = RH_KEY_NONE;
    status = rh_registry_find_key(self->base, key, name, name_len, &child, error);
    key = child;
    at += name_len + 1;
  }
  if (status == RH_OK)
    status = rh_registry_read_key(self->base, key, &info, error);
  if (status == RH_OK)
    *out = info.last_write;
  rh_key_info_dispose(&info);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static size_t parent_len(const char *path, size_t len) {
  while (len > 0 && path[--len] != '\\')
    ;
  return len;
}

static rh_status take_value(rh_change_side *side, const rh_value *value, rh_error *error) {
  if (!value)
    return RH_OK;
  side->present = true;
  side->type = value->type;
  return rh_buffer_append(&side->data, value->data, value->len, error);
}

static rh_status take_key(rh_change_side *side, const rh_key_info *info, rh_error *error) {
  if (!info)
    return RH_OK;
  side->present = true;
  rh_status status = rh_buffer_append(&side->data, info->class_name, info->class_len, error);
  if (status == RH_OK)
    status = rh_buffer_append(&side->security, info->security, info->security_len, error);
  return status;
}

/* See change.h for what the two times of a change are. */
static rh_status take_times(const collector *self, rh_change *change, rh_error *error) {
  size_t above = parent_len(change->path, change->path_len);
  if (change->action == RH_CREATE_KEY)
    return base_time(self, change->path, above, &change->before.time, error);
  rh_status status = base_time(self, change->path, change->path_len, &change->before.time, error);
  if (status == RH_OK && change->action == RH_DELETE_KEY)
    status = base_time(self, change->path, above, &change->after.time, error);
  return status;
}

static rh_status collect(void *payload, const rh_overlay_change *told, rh_error *error) {
  static const rh_change_action actions[] = {[RH_CHANGE_KEY_CREATED] = RH_CREATE_KEY,
                                             [RH_CHANGE_KEY_DELETED] = RH_DELETE_KEY,
                                             [RH_CHANGE_KEY_DETAILS] = RH_SET_DETAILS,
                                             [RH_CHANGE_VALUE_SET] = RH_SET_VALUE,
                                             [RH_CHANGE_VALUE_DELETED] = RH_DELETE_VALUE};
  RH_TABLE_FITS(actions, RH_CHANGE_VALUE_DELETED);
  const collector *self = payload;
  const rh_value *value = told->value_after ? told->value_after : told->value_before;
  rh_change *change = NULL;
  rh_status status = rh_change_list_add(self->list, &change, error);
  if (status != RH_OK)
    return status;
  change->action = actions[told->kind];
  change->origin = told->origin;
  change->secret = told->secret;
  change->path_len = told->path_len;
  change->name_len = value ? value->name_len : 0;
  change->hive = rh_copy_text(self->hive);
  change->path = rh_copy_bytes(told->path, told->path_len);
  change->name = value ? rh_copy_bytes(value->name, value->name_len) : NULL;
  if (!change->hive || !change->path || (value && !change->name))
    return rh_error_memory(error);
  status = take_value(&change->before, told->value_before, error);
  if (status == RH_OK)
    status = take_value(&change->after, told->value_after, error);
  if (status == RH_OK)
    status = take_key(&change->before, told->key_before, error);
  if (status == RH_OK)
    status = take_key(&change->after, told->key_after, error);
  return status == RH_OK ? take_times(self, change, error) : status;
}

static rh_status collect_file(rh_machine *machine, const machine_file *file, rh_change_list *out,
                              rh_error *error) {
  rh_machine *base = machine->base;
  rh_buffer path = {0};
  machine_entry below = MACHINE_NOTHING;
  rh_change *change = NULL;
  rh_status status = rh_change_list_add(out, &change, error);
  if (status != RH_OK)
    return status;
  change->action = file->present ? RH_WRITE_FILE : RH_DELETE_FILE;
  change->origin = file->origin;
  change->secret = file->secret;
  change->path = rh_copy_text(file->path);
  if (!change->path)
    return rh_error_memory(error);
  change->path_len = strlen(file->path);
  change->after.present = file->present;
  status = rh_buffer_append(&change->after.data, file->data.data, file->data.len, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(&path, file->path, error);
  if (status == RH_OK)
    status = base->backend->locate(base, &path, &below, error);
  change->before.present = below == MACHINE_FILE;
  if (status == RH_OK && change->before.present)
    status = base->backend->read(base, rh_buffer_text(&path), &change->before.data, error);
  rh_buffer_dispose(&path);
  return status;
}

rh_status rh_machine_changes(rh_machine *machine, rh_change_list *out, rh_error *error) {
  rh_status status = RH_OK;
  *out = (rh_change_list){0};
  if (machine->kind != RH_MACHINE_OVERLAY)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, machine->location, "is no overlay");
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    collector self = {.hive = machine_hive_names[i], .list = out};
    if (!machine->hives[i].registry)
      continue;
    status = rh_machine_hive(machine->base, machine_hive_names[i], &self.base, error);
    if (status == RH_OK)
      status = rh_overlay_changes(machine->hives[i].registry, collect, &self, error);
  }
  for (size_t i = 0; status == RH_OK && i < machine->files.count; i++)
    status = collect_file(machine, &machine->files.items[i], out, error);
  if (status != RH_OK)
    rh_change_list_dispose(out);
  return status;
}
