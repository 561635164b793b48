/* Making one change in memory: in the hives, and in the list of files that differ. Every change is
 * checked against its before-image first. */
#include "machine/internal.h"

#include <string.h>

typedef struct target {
  const rh_change *change;
  rh_registry *registry;
  rh_key key;    /* of the change; RH_KEY_NONE when it is not there */
  rh_key parent; /* RH_KEY_NONE for the root */
} target;

static rh_status stale(const rh_change *change, rh_error *error, const char *why) {
  rh_buffer text = {0};
  rh_status status = rh_change_describe(&text, change, error);
  if (status == RH_OK) {
    status = rh_error_set(error, RH_ERR_STALE, rh_buffer_text(&text), "%s", why);
    rh_error_hint(error, "the machine is not what the change was made for: make a new plan");
  }
  rh_buffer_dispose(&text);
  return status;
}

static bool same(const rh_buffer *buffer, const void *data, size_t len) {
  return buffer->len == len && (len == 0 || memcmp(buffer->data, data, len) == 0);
}

/* Goes down to the change's key and its parent. Only the last key of the path may be missing, and
 * only for a change that expects that. */
static rh_status find_target(target *self, rh_error *error) {
  const rh_change *change = self->change;
  rh_status status = rh_registry_root(self->registry, &self->key, error);
  if (status == RH_OK && change->path_len > 0 && change->path[0] != '\\')
    return rh_error_set(error, RH_ERR_ARGUMENT, change->path, "is no key path of a change");
  for (size_t at = 0; status == RH_OK && at < change->path_len;) {
    const char *name = change->path + at + 1;
    const char *end = memchr(name, '\\', change->path_len - at - 1);
    size_t len = end ? (size_t)(end - name) : change->path_len - at - 1;
    self->parent = self->key;
    at += len + 1;
    status = rh_registry_find_key(self->registry, self->parent, name, len, &self->key, error);
    if (status == RH_ERR_NOT_FOUND && at == change->path_len && change->action == RH_CREATE_KEY)
      return RH_OK;
    if (status == RH_ERR_NOT_FOUND)
      return stale(change, error, "the key, or one above it, is not there");
  }
  return status;
}

static rh_status set_time(const target *self, rh_key key, uint64_t time, rh_error *error) {
  const rh_key_details details = {.last_write = time};
  if (time == 0 || key == RH_KEY_NONE)
    return RH_OK;
  return rh_registry_set_details(self->registry, key, &details, error);
}

static rh_status set_details(const target *self, const rh_change_side *side, rh_error *error) {
  const rh_key_details details = {.class_name = side->data.len ? side->data.data : NULL,
                                  .class_len = side->data.len,
                                  .clear_class = side->data.len == 0,
                                  .security = side->security.len ? side->security.data : NULL,
                                  .security_len = side->security.len};
  return rh_registry_set_details(self->registry, self->key, &details, error);
}

/* A side without security leaves open what it is: a new key has its parent's then. */
static rh_status check_details(const target *self, bool empty, rh_error *error) {
  const rh_change_side *before = &self->change->before;
  rh_key_info info = {0};
  rh_status status = rh_registry_read_key(self->registry, self->key, &info, error);
  if (status == RH_OK && empty && (info.subkey_count || info.value_count))
    status = stale(self->change, error,
                   "the key holds values or subkeys that the plan does not "
                   "know");
  if (status == RH_OK && !same(&before->data, info.class_name, info.class_len))
    status = stale(self->change, error, "the key has another class name");
  if (status == RH_OK && before->security.len &&
      !same(&before->security, info.security, info.security_len))
    status = stale(self->change, error, "the key has another security descriptor");
  rh_key_info_dispose(&info);
  return status;
}

static rh_status create_key(target *self, rh_error *error) {
  const rh_change *change = self->change;
  if (self->key != RH_KEY_NONE)
    return stale(change, error, "the key exists already");
  size_t start = change->path_len;
  while (change->path[start - 1] != '\\')
    start--;
  rh_status status = rh_registry_create_key(self->registry, self->parent, change->path + start,
                                            change->path_len - start, &self->key, error);
  return status == RH_OK ? set_details(self, &change->after, error) : status;
}

static rh_status delete_key(target *self, rh_error *error) {
  rh_status status = check_details(self, true, error);
  if (status == RH_OK)
    status = rh_registry_delete_key(self->registry, self->key, error);
  self->key = RH_KEY_NONE;
  return status;
}

static rh_status check_value(const target *self, rh_error *error) {
  const rh_change *change = self->change;
  rh_value value = {0};
  rh_status status = rh_registry_find_value(self->registry, self->key, change->name,
                                            change->name_len, &value, error);
  if (status == RH_ERR_NOT_FOUND)
    status = change->before.present ? stale(change, error, "the value is not there") : RH_OK;
  else if (status == RH_OK && !change->before.present)
    status = stale(change, error, "the value exists already");
  else if (status == RH_OK && (value.type != change->before.type ||
                               !same(&change->before.data, value.data, value.len)))
    status = stale(change, error, "the value is another one");
  rh_value_dispose(&value);
  return status;
}

static rh_status change_value(target *self, rh_error *error) {
  const rh_change *change = self->change;
  rh_status status = check_value(self, error);
  if (status != RH_OK)
    return status;
  if (change->action == RH_DELETE_VALUE)
    return rh_registry_delete_value(self->registry, self->key, change->name, change->name_len,
                                    error);
  return rh_registry_set_value(self->registry, self->key, change->name, change->name_len,
                               change->after.type, change->after.data.data, change->after.data.len,
                               error);
}

static rh_status change_registry(target *self, rh_error *error) {
  rh_status status;
  switch (self->change->action) {
  case RH_CREATE_KEY:
    return create_key(self, error);
  case RH_DELETE_KEY:
    return delete_key(self, error);
  case RH_SET_DETAILS:
    status = check_details(self, false, error);
    return status == RH_OK ? set_details(self, &self->change->after, error) : status;
  case RH_SET_VALUE:
  case RH_DELETE_VALUE:
    return change_value(self, error);
  case RH_WRITE_FILE:
  case RH_DELETE_FILE:
    break;
  }
  return RH_OK;
}

/* The times that change.h promises for the way back. */
static rh_status restore(const target *self, rh_error *error) {
  const rh_change *change = self->change;
  uint64_t above = change->action == RH_CREATE_KEY   ? change->before.time
                   : change->action == RH_DELETE_KEY ? change->after.time
                                                     : 0;
  rh_status status = set_time(self, self->parent, above, error);
  return status == RH_OK ? set_time(self, self->key, change->after.time, error) : status;
}

static rh_status apply_to_hive(rh_machine *machine, const rh_change *change, uint64_t clock,
                               bool restore_times, rh_error *error) {
  target self = {.change = change};
  bool needs_name = change->action == RH_SET_VALUE || change->action == RH_DELETE_VALUE;
  if (!change->hive || !change->path || (needs_name && !change->name))
    return rh_error_set(error, RH_ERR_ARGUMENT, rh_change_action_name(change->action),
                        "a change names no hive, key or value");
  rh_status status = rh_machine_hive(machine, change->hive, &self.registry, error);
  if (status == RH_OK)
    status = find_target(&self, error);
  if (status != RH_OK)
    return status;
  self.registry->clock = clock;
  status = change_registry(&self, error);
  return status == RH_OK && restore_times ? restore(&self, error) : status;
}

static rh_status check_file(rh_machine *machine, const rh_change *change, const char *path,
                            machine_entry entry, rh_error *error) {
  rh_buffer data = {0};
  rh_status status = RH_OK;
  if (change->before.present != (entry == MACHINE_FILE))
    return stale(change, error,
                 entry == MACHINE_FILE ? "the file exists already" : "the file is not there");
  if (entry == MACHINE_FILE)
    status = machine->backend->read(machine, path, &data, error);
  if (status == RH_OK && entry == MACHINE_FILE && !same(&change->before.data, data.data, data.len))
    status = stale(change, error, "the file has other content");
  rh_buffer_dispose_secret(&data);
  return status;
}

static rh_status apply_to_file(rh_machine *machine, const rh_change *change, rh_error *error) {
  bool present = change->action == RH_WRITE_FILE;
  rh_buffer path = {0};
  machine_entry entry = MACHINE_NOTHING;
  if (!change->path)
    return rh_error_set(error, RH_ERR_ARGUMENT, rh_change_action_name(change->action),
                        "a change names no file");
  rh_status status = machine_path_locate(&path, machine, change->path, &entry, error);
  if (status == RH_OK)
    status = machine_path_check_writable(machine, rh_buffer_text(&path), error);
  if (status == RH_OK)
    status = check_file(machine, change, rh_buffer_text(&path), entry, error);
  if (status == RH_OK && present)
    status = machine_files_check_place(machine, rh_buffer_text(&path), entry, error);
  if (status == RH_OK)
    status = machine_files_set(&machine->files, rh_buffer_text(&path), present,
                               present ? change->after.data.data : NULL,
                               present ? change->after.data.len : 0, change->origin, error);
  rh_buffer_dispose(&path);
  return status;
}

rh_status machine_apply_change(rh_machine *machine, const rh_change *change, uint64_t clock,
                               bool restore_times, rh_error *error) {
  if (change->action == RH_WRITE_FILE || change->action == RH_DELETE_FILE)
    return apply_to_file(machine, change, error);
  return apply_to_hive(machine, change, clock, restore_times, error);
}
