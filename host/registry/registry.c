/* The registry interface: argument checks, limits, and the way to the backend. */
#include "registry/registry.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Data lengths are 31 bits in a hive; the top bit of the field has a meaning of its own. */
#define VALUE_DATA_MAX 0x7FFFFFFFu
#define CLASS_MAX 0xFFFFu

void rh_key_info_dispose(rh_key_info *info) {
  rh_buffer_dispose(&info->storage);
  *info = (rh_key_info){0};
}

void rh_value_dispose(rh_value *value) {
  rh_buffer_dispose(&value->name_storage);
  rh_buffer_dispose_secret(&value->data_storage);
  *value = (rh_value){0};
}

void rh_registry_free(rh_registry *registry) {
  if (registry && registry->backend->free)
    registry->backend->free(registry);
}

static rh_status read_only(const rh_registry *registry, rh_error *error) {
  return rh_error_set(error, RH_ERR_UNSUPPORTED, registry->label, "is read-only");
}

/* Names are shown cut: a value name may be longer than an error's text. */
static int shown(size_t len) {
  return (int)(len < 200 ? len : 200);
}

static rh_status check_name(const rh_registry *registry, const char *what, const char *name,
                            size_t len, size_t limit, rh_error *error) {
  size_t units = rh_utf16_count(name, len);
  if (units == SIZE_MAX)
    return rh_error_set(error, RH_ERR_ARGUMENT, registry->label, "a %s name is not valid UTF-8",
                        what);
  if (units > limit)
    return rh_error_set(error, RH_ERR_LIMIT, registry->label,
                        "the %s name \"%.*s...\" is longer than %zu characters", what, shown(len),
                        name, limit);
  return RH_OK;
}

static rh_status check_key_name(const rh_registry *registry, const char *name, size_t len,
                                rh_error *error) {
  if (len == 0)
    return rh_error_set(error, RH_ERR_ARGUMENT, registry->label, "a key name is empty");
  if (memchr(name, '\\', len))
    return rh_error_set(error, RH_ERR_ARGUMENT, registry->label,
                        "the key name \"%.*s\" holds a backslash", shown(len), name);
  return check_name(registry, "key", name, len, RH_KEY_NAME_MAX, error);
}

rh_status rh_registry_root(rh_registry *registry, rh_key *out, rh_error *error) {
  *out = RH_KEY_NONE;
  return registry->backend->root(registry, out, error);
}

rh_status rh_registry_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                               rh_key *out, rh_error *error) {
  *out = RH_KEY_NONE;
  rh_status status = check_key_name(registry, name, len, error);
  if (status != RH_OK)
    return status;
  return registry->backend->find_key(registry, parent, name, len, out, error);
}

typedef rh_status (*enter_function)(rh_registry *, rh_key, const char *, size_t, rh_key *,
                                    rh_error *);

/* Goes down a path, by finding or by creating each key. One leading backslash is allowed, so that
 * the paths that a walk tells can be given back. */
static rh_status descend(rh_registry *registry, rh_key parent, const char *path,
                         enter_function enter, rh_key *out, rh_error *error) {
  *out = RH_KEY_NONE;
  rh_key key = parent;
  const char *rest = path[0] == '\\' && path[1] != '\0' ? path + 1 : path;
  for (size_t depth = 0; *rest != '\0'; depth++) {
    size_t len = strcspn(rest, "\\");
    if (len == 0 || (rest[len] == '\\' && rest[len + 1] == '\0'))
      return rh_error_set(error, RH_ERR_ARGUMENT, registry->label,
                          "the path \"%.*s\" has an empty component", shown(strlen(path)), path);
    if (depth == RH_KEY_DEPTH_MAX)
      return rh_error_set(error, RH_ERR_LIMIT, registry->label,
                          "the path \"%.*s...\" has more than %d keys", shown(strlen(path)), path,
                          RH_KEY_DEPTH_MAX);
    rh_key child = RH_KEY_NONE;
    rh_status status = enter(registry, key, rest, len, &child, error);
    if (status != RH_OK)
      return status;
    key = child;
    rest += rest[len] == '\\' ? len + 1 : len;
  }
  *out = key;
  return RH_OK;
}

rh_status rh_registry_find_path(rh_registry *registry, rh_key parent, const char *path, rh_key *out,
                                rh_error *error) {
  rh_status status = descend(registry, parent, path, rh_registry_find_key, out, error);
  if (status == RH_ERR_NOT_FOUND)
    return rh_error_set(error, status, registry->label, "the key \"%s\" does not exist", path);
  return status;
}

rh_status rh_registry_read_key(rh_registry *registry, rh_key key, rh_key_info *out,
                               rh_error *error) {
  return registry->backend->read_key(registry, key, out, error);
}

rh_cursor rh_registry_keys(rh_registry *registry, rh_key key) {
  return (rh_cursor){.registry = registry, .key = key};
}

rh_cursor rh_registry_values(rh_registry *registry, rh_key key) {
  return (rh_cursor){.registry = registry, .key = key};
}

rh_status rh_cursor_next_key(rh_cursor *cursor, rh_key *out, rh_error *error) {
  *out = RH_KEY_NONE;
  return cursor->registry->backend->next_key(cursor, out, error);
}

rh_status rh_cursor_next_value(rh_cursor *cursor, rh_value *out, rh_error *error) {
  return cursor->registry->backend->next_value(cursor, out, error);
}

rh_status rh_registry_find_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                 rh_value *out, rh_error *error) {
  rh_status status = check_name(registry, "value", name, len, RH_VALUE_NAME_MAX, error);
  if (status != RH_OK)
    return status;
  return registry->backend->find_value(registry, key, name, len, out, error);
}

rh_status rh_registry_get(rh_registry *registry, const char *path, const char *name, rh_value *out,
                          rh_error *error) {
  rh_key key = RH_KEY_NONE;
  rh_status status = rh_registry_root(registry, &key, error);
  if (status == RH_OK)
    status = rh_registry_find_path(registry, key, path, &key, error);
  if (status != RH_OK)
    return status;
  status = rh_registry_find_value(registry, key, name, strlen(name), out, error);
  if (status == RH_ERR_NOT_FOUND)
    return rh_error_set(error, status, registry->label,
                        "the key \"%s\" has no value named \"%.*s\"", path, shown(strlen(name)),
                        name);
  return status;
}

rh_status rh_registry_create_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                                 rh_key *out, rh_error *error) {
  *out = RH_KEY_NONE;
  if (!registry->backend->create_key)
    return read_only(registry, error);
  rh_status status = check_key_name(registry, name, len, error);
  if (status != RH_OK)
    return status;
  return registry->backend->create_key(registry, parent, name, len, out, error);
}

rh_status rh_registry_create_path(rh_registry *registry, rh_key parent, const char *path,
                                  rh_key *out, rh_error *error) {
  return descend(registry, parent, path, rh_registry_create_key, out, error);
}

rh_status rh_registry_delete_key(rh_registry *registry, rh_key key, rh_error *error) {
  if (!registry->backend->delete_key)
    return read_only(registry, error);
  rh_key root = RH_KEY_NONE;
  rh_status status = rh_registry_root(registry, &root, error);
  if (status != RH_OK)
    return status;
  if (key == root)
    return rh_error_set(error, RH_ERR_ARGUMENT, registry->label, "the root cannot be deleted");
  return registry->backend->delete_key(registry, key, error);
}

/* RH_OK when the value is there with that type and those data, RH_END when it is not. */
static rh_status is_present(rh_registry *registry, rh_key key, const char *name, size_t name_len,
                            uint32_t type, const void *data, size_t len, rh_error *error) {
  rh_value present = {0};
  /* Mostly it is not there, and no text is made for that. */
  rh_status status = registry->backend->find_value(registry, key, name, name_len, &present, NULL);
  if (status != RH_OK && status != RH_ERR_NOT_FOUND && status != RH_ERR_FORMAT)
    status = registry->backend->find_value(registry, key, name, name_len, &present, error);
  bool replaced = status == RH_ERR_NOT_FOUND || status == RH_ERR_FORMAT; /* also a damaged one */
  if (replaced || (status == RH_OK && (present.type != type || present.len != len ||
                                       (len > 0 && memcmp(present.data, data, len) != 0))))
    status = RH_END;
  rh_value_dispose(&present);
  return status;
}

rh_status rh_registry_set_value(rh_registry *registry, rh_key key, const char *name,
                                size_t name_len, uint32_t type, const void *data, size_t len,
                                rh_error *error) {
  if (!registry->backend->set_value)
    return read_only(registry, error);
  rh_status status = check_name(registry, "value", name, name_len, RH_VALUE_NAME_MAX, error);
  if (status == RH_OK && len > VALUE_DATA_MAX)
    status = rh_error_set(error, RH_ERR_LIMIT, registry->label,
                          "the value \"%.*s\" is larger than %u bytes", shown(name_len), name,
                          VALUE_DATA_MAX);
  if (status == RH_OK)
    status = is_present(registry, key, name, name_len, type, data, len, error);
  if (status != RH_END)
    return status;
  return registry->backend->set_value(registry, key, name, name_len, type, data, len, error);
}

rh_status rh_registry_delete_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                   rh_error *error) {
  if (!registry->backend->delete_value)
    return read_only(registry, error);
  rh_status status = check_name(registry, "value", name, len, RH_VALUE_NAME_MAX, error);
  if (status != RH_OK)
    return status;
  return registry->backend->delete_value(registry, key, name, len, error);
}

rh_status rh_registry_set_details(rh_registry *registry, rh_key key, const rh_key_details *details,
                                  rh_error *error) {
  if (!registry->backend->set_details)
    return read_only(registry, error);
  if (details->class_len > CLASS_MAX)
    return rh_error_set(error, RH_ERR_LIMIT, registry->label,
                        "a class name is longer than %u bytes", CLASS_MAX);
  return registry->backend->set_details(registry, key, details, error);
}

const char *rh_value_type_name(uint32_t type, char out[16]) {
  /* [MS-RRP] 3.1.1.5 and winnt.h's numbers */
  static const char *const names[] = {"REG_NONE",
                                      "REG_SZ",
                                      "REG_EXPAND_SZ",
                                      "REG_BINARY",
                                      "REG_DWORD",
                                      "REG_DWORD_BIG_ENDIAN",
                                      "REG_LINK",
                                      "REG_MULTI_SZ",
                                      "REG_RESOURCE_LIST",
                                      "REG_FULL_RESOURCE_DESCRIPTOR",
                                      "REG_RESOURCE_REQUIREMENTS_LIST",
                                      "REG_QWORD"};
  if (type < sizeof names / sizeof *names)
    return names[type];
  snprintf(out, 16, "0x%x", (unsigned)type);
  return out;
}
