/* Methods of machines that read the registry. */
#include "script/internal.h"

#include <string.h>

/* Finds the key of the path argument. False when it is absent; raises for all else. */
static bool find_key(lua_State *L, rh_registry **registry, rh_key *key) {
  const script_machine *self = script_check_machine(L, 1);
  const char *path = script_check_text(L, 2);
  script_need_key(L, self, SCRIPT_READS, path);
  script_scratch *scratch = script_begin(L);
  rh_status status =
      rh_machine_find_key(script_machine_of(self), path, registry, key, &scratch->error);
  if (status != RH_OK && status != RH_ERR_NOT_FOUND)
    script_raise(L);
  return status == RH_OK;
}

/* Reads the value of the path and name arguments into the scratch space. */
static const rh_value *find_value(lua_State *L) {
  rh_registry *registry;
  rh_key key;
  size_t len;
  luaL_checkudata(L, 1, SCRIPT_MACHINE);
  const char *name = script_check_name(L, 3, &len);
  if (!find_key(L, &registry, &key))
    return NULL;
  script_scratch *scratch = &script_of(L)->scratch;
  rh_status status =
      rh_registry_find_value(registry, key, name, len, &scratch->value, &scratch->error);
  if (status != RH_OK && status != RH_ERR_NOT_FOUND)
    script_raise(L);
  return status == RH_OK ? &scratch->value : NULL;
}

static int machine_get(lua_State *L) {
  const rh_value *value = find_value(L);
  if (!value)
    return 0;
  script_push_value(L, value);
  return 1;
}

static int machine_read(lua_State *L) {
  const rh_value *value = find_value(L);
  if (!value)
    return 0;
  script_push_interpreted(L, value->type, value->data, value->len);
  return 1;
}

static int machine_values(lua_State *L) {
  rh_registry *registry;
  rh_key key;
  rh_status status = RH_END;
  lua_Integer count = 0;
  bool found = find_key(L, &registry, &key);
  lua_newtable(L);
  if (!found)
    return 1;
  script_scratch *scratch = &script_of(L)->scratch;
  rh_cursor cursor = rh_registry_values(registry, key);
  while ((status = rh_cursor_next_value(&cursor, &scratch->value, &scratch->error)) == RH_OK) {
    script_push_value(L, &scratch->value);
    lua_rawseti(L, -2, ++count);
  }
  return status == RH_END ? 1 : script_raise(L);
}

static int machine_keys(lua_State *L) {
  rh_registry *registry;
  rh_key key, child;
  rh_status status = RH_END;
  lua_Integer count = 0;
  bool found = find_key(L, &registry, &key);
  lua_newtable(L);
  if (!found)
    return 1;
  script_scratch *scratch = &script_of(L)->scratch;
  rh_cursor cursor = rh_registry_keys(registry, key);
  while ((status = rh_cursor_next_key(&cursor, &child, &scratch->error)) == RH_OK) {
    status = rh_registry_read_key(registry, child, &scratch->info, &scratch->error);
    if (status != RH_OK)
      break;
    lua_pushlstring(L, scratch->info.name_len ? scratch->info.name : "", scratch->info.name_len);
    lua_rawseti(L, -2, ++count);
  }
  return status == RH_END ? 1 : script_raise(L);
}

static int machine_has_key(lua_State *L) {
  rh_registry *registry;
  rh_key key;
  lua_pushboolean(L, find_key(L, &registry, &key));
  return 1;
}

/* What a path means on this machine; says nothing about what is there, so no scope is needed. */
static int machine_resolve(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const char *path = script_check_text(L, 2), *hive = NULL;
  script_scratch *scratch = script_begin(L);
  rh_registry *registry;
  rh_status status = rh_machine_resolve(script_machine_of(self), path, &registry, &scratch->path,
                                        &hive, &scratch->error);
  if (status == RH_ERR_NOT_FOUND)
    return 0;
  if (status != RH_OK)
    return script_raise(L);
  lua_pushfstring(L, scratch->path.len ? "HKLM\\%s\\%s" : "HKLM\\%s", hive,
                  rh_buffer_text(&scratch->path));
  return 1;
}

const luaL_Reg script_registry_methods[] = {{"get", machine_get},
                                            {"read", machine_read},
                                            {"values", machine_values},
                                            {"keys", machine_keys},
                                            {"has_key", machine_has_key},
                                            {"resolve", machine_resolve},
                                            {NULL, NULL}};
