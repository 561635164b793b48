/* Methods of machines that change the registry. */
#include "base/text.h"
#include "registry/overlay/overlay.h"
#include "script/internal.h"

#include <string.h>

#define KEY_COST 512   /* bytes that a change of a key takes in memory, about */
#define VALUE_COST 512 /* the same of a value, beside its data */

/* The machine and path arguments, which have to be writable. */
static rh_machine *check_target(lua_State *L, const char **path) {
  const script_machine *self = script_check_machine(L, 1);
  *path = script_check_text(L, 2);
  script_need_key(L, self, SCRIPT_WRITES, *path);
  return script_machine_of(self);
}

/* The key at path, made when absent. */
static rh_status make_key(rh_machine *machine, const char *path, script_scratch *scratch,
                          rh_registry **registry, rh_key *key) {
  rh_key root;
  rh_status status =
      rh_machine_resolve(machine, path, registry, &scratch->path, NULL, &scratch->error);
  if (status == RH_OK)
    status = rh_registry_root(*registry, &root, &scratch->error);
  if (status == RH_OK)
    status = rh_registry_create_path(*registry, root, rh_buffer_text(&scratch->path), key,
                                     &scratch->error);
  return status;
}

/* m:set(path, name, type, value) and m:set(path, name, {type=, raw= or value=}) */
static int machine_set(lua_State *L) {
  const char *path;
  rh_machine *machine = check_target(L, &path);
  rh_registry *registry;
  rh_key key;
  size_t name_len, raw_len = 0;
  const char *name = script_check_name(L, 3, &name_len);
  const char *raw = NULL;
  lua_settop(L, 5);
  if (lua_type(L, 4) == LUA_TTABLE) {
    script_unfreeze(L, 4);
    lua_getfield(L, 4, "value");
    lua_replace(L, 5);
    lua_getfield(L, 4, "raw");
    if (!lua_isnil(L, -1)) {
      luaL_checktype(L, -1, LUA_TSTRING);
      raw = lua_tolstring(L, -1, &raw_len);
    }
    lua_getfield(L, 4, "type");
    lua_copy(L, -1, 4);
  }
  uint32_t type = script_check_type(L, 4);
  if (!raw) {
    script_encode_value(L, type, 5);
    raw_len = script_of(L)->scratch.data.len;
  } else {
    script_begin(L);
  }
  script_charge(L, VALUE_COST + name_len + raw_len);
  script_scratch *scratch = &script_of(L)->scratch;
  const void *data = raw ? (const void *)raw : scratch->data.data;
  rh_status status = make_key(machine, path, scratch, &registry, &key);
  if (status == RH_OK)
    status =
        rh_registry_set_value(registry, key, name, name_len, type, data, raw_len, &scratch->error);
  if (status != RH_OK)
    return script_raise(L);
  script_touch(L, "value", name, name_len);
  return 0;
}

static int machine_create_key(lua_State *L) {
  const char *path;
  rh_machine *machine = check_target(L, &path);
  rh_registry *registry;
  rh_key key;
  script_charge(L, KEY_COST);
  script_scratch *scratch = script_begin(L);
  if (make_key(machine, path, scratch, &registry, &key) != RH_OK)
    return script_raise(L);
  script_touch(L, "key", NULL, 0);
  return 0;
}

static int machine_mark_secret(lua_State *L) {
  const char *path;
  rh_machine *machine = check_target(L, &path);
  rh_registry *registry;
  rh_key key;
  size_t len;
  const char *name = script_check_name(L, 3, &len);
  script_scratch *scratch = script_begin(L);
  rh_status status = rh_machine_find_key(machine, path, &registry, &key, &scratch->error);
  if (status == RH_OK)
    status = rh_overlay_mark_secret(registry, key, name, len, &scratch->error);
  if (status != RH_OK)
    return script_raise(L);
  script_touch(L, "secret", name, len);
  return 0;
}

static int push_found(lua_State *L, rh_status status) {
  if (status != RH_OK && status != RH_ERR_NOT_FOUND)
    return script_raise(L);
  lua_pushboolean(L, status == RH_OK);
  return 1;
}

static int machine_delete_value(lua_State *L) {
  const char *path;
  rh_machine *machine = check_target(L, &path);
  rh_registry *registry;
  rh_key key;
  size_t len;
  const char *name = script_check_name(L, 3, &len);
  script_charge(L, VALUE_COST);
  script_scratch *scratch = script_begin(L);
  rh_status status = rh_machine_find_key(machine, path, &registry, &key, &scratch->error);
  if (status == RH_OK)
    status = rh_registry_delete_value(registry, key, name, len, &scratch->error);
  script_touch(L, "value", name, len);
  return push_found(L, status);
}

static int machine_delete_key(lua_State *L) {
  const char *path;
  rh_machine *machine = check_target(L, &path);
  rh_registry *registry;
  rh_key key;
  script_charge(L, KEY_COST);
  script_scratch *scratch = script_begin(L);
  rh_status status = rh_machine_find_key(machine, path, &registry, &key, &scratch->error);
  if (status == RH_OK)
    status = rh_registry_delete_key(registry, key, &scratch->error);
  script_touch(L, "tree", NULL, 0);
  return push_found(L, status);
}

static rh_status count_key(void *payload, const rh_visit *visit, rh_error *error) {
  size_t *total = payload;
  (void)error;
  *total += KEY_COST + visit->info->class_len + visit->info->security_len;
  return RH_OK;
}

static rh_status count_value(void *payload, const rh_visit *visit, const rh_value *value,
                             rh_error *error) {
  size_t *total = payload;
  (void)visit;
  (void)error;
  *total += VALUE_COST + value->len;
  return RH_OK;
}

/* True when one of two keys of the same registry is the other, or below it. */
static bool nested(const rh_buffer *a, const rh_buffer *b) {
  const rh_buffer *outer = a->len <= b->len ? a : b, *inner = outer == a ? b : a;
  return outer->len == 0 || (rh_name_compare((const char *)outer->data, outer->len,
                                             (const char *)inner->data, outer->len) == 0 &&
                             (inner->len == outer->len || inner->data[outer->len] == '\\'));
}

/* m:copy_key(path, from, from_path): false when there is no such key to copy. */
static int machine_copy_key(lua_State *L) {
  const char *path;
  rh_machine *machine = check_target(L, &path);
  const script_machine *from = script_check_machine(L, 3);
  const char *from_path = script_check_text(L, 4);
  rh_registry *registry, *from_registry;
  rh_key key, from_key;
  size_t total = 0;
  script_need_key(L, from, SCRIPT_READS, from_path);
  script_scratch *scratch = script_begin(L);
  rh_status status = rh_machine_find_key(script_machine_of(from), from_path, &from_registry,
                                         &from_key, &scratch->error);
  if (status != RH_OK)
    return push_found(L, status);
  rh_walker counter = {.on_key = count_key, .on_value = count_value, .payload = &total};
  if (rh_registry_walk(from_registry, from_key, &counter, &scratch->error) != RH_OK)
    return script_raise(L);
  script_charge(L, total);
  status = rh_machine_resolve(script_machine_of(from), from_path, &from_registry, &scratch->text,
                              NULL, &scratch->error);
  if (status == RH_OK)
    status = rh_machine_resolve(machine, path, &registry, &scratch->path, NULL, &scratch->error);
  if (status == RH_OK && registry == from_registry && nested(&scratch->path, &scratch->text))
    status = rh_error_set(&scratch->error, RH_ERR_ARGUMENT, path,
                          "a key cannot be copied onto itself, into itself or over what holds it");
  if (status == RH_OK) {
    status = rh_machine_find_key(machine, path, &registry, &key, &scratch->error);
    if (status == RH_OK)
      status = rh_registry_delete_key(registry, key, &scratch->error);
    else if (status == RH_ERR_NOT_FOUND)
      status = RH_OK;
  }
  if (status == RH_OK)
    status = make_key(machine, path, scratch, &registry, &key);
  if (status == RH_OK)
    status = rh_registry_copy(registry, key, from_registry, from_key, true, &scratch->error);
  if (status != RH_OK)
    return script_raise(L);
  script_touch(L, "tree", NULL, 0);
  lua_pushboolean(L, 1);
  return 1;
}

const luaL_Reg script_change_methods[] = {{"set", machine_set},
                                          {"mark_secret", machine_mark_secret},
                                          {"delete_value", machine_delete_value},
                                          {"delete_key", machine_delete_key},
                                          {"create_key", machine_create_key},
                                          {"copy_key", machine_copy_key},
                                          {NULL, NULL}};
