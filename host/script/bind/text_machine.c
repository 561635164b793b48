/* Machines made of text: specs have servers so, and given certificates are seen through one. */
#include "machine/memory/memory.h"
#include "script/internal.h"

#include <string.h>

#define MACHINE_COST 65536 /* bytes that an empty machine takes, about */

/* The hive that a key names: "HKLM\\SYSTEM", "HKEY_LOCAL_MACHINE\\SYSTEM" or "SYSTEM". */
static const char *hive_name(const char *key) {
  const char *slash = strrchr(key, '\\');
  return slash ? slash + 1 : key;
}

/* Calls back for each text of the table field of the argument; a missing one is empty. */
static void for_each_text(lua_State *L, const char *field, rh_machine *machine,
                          rh_status (*add)(rh_machine *machine, const char *name, const char *text,
                                           size_t len, rh_error *error)) {
  lua_getfield(L, 1, field);
  if (lua_isnil(L, -1))
    lua_newtable(L);
  luaL_checktype(L, -1, LUA_TTABLE);
  script_unfreeze(L, -1);
  int table = lua_gettop(L);
  script_push_sorted_keys(L, table);
  for (lua_Integer i = 1; lua_rawgeti(L, table + 1, i) != LUA_TNIL; i++) {
    size_t len;
    const char *name = script_check_text(L, -1);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    luaL_checktype(L, -1, LUA_TSTRING);
    const char *text = lua_tolstring(L, -1, &len);
    script_charge(L, len);
    if (add(machine, name, text, len, &script_begin(L)->error) != RH_OK)
      script_raise(L);
    lua_pop(L, 2);
  }
  lua_settop(L, table - 1);
}

static rh_status add_hive(rh_machine *machine, const char *name, const char *text, size_t len,
                          rh_error *error) {
  return rh_memory_machine_set_hive(machine, hive_name(name), text, len, error);
}

static rh_status add_file(rh_machine *machine, const char *path, const char *text, size_t len,
                          rh_error *error) {
  return rh_memory_machine_set_file(machine, path, text, len, error);
}

/* host.new_machine{registry = {SYSTEM = ".reg text"}, files = {["Windows/x"] = "text"}} */
int script_host_new_machine(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  script_unfreeze(L, 1);
  script_tick(L);
  script_charge(L, MACHINE_COST);
  script_machine *self = script_push_machine(L);
  if (rh_memory_machine_new(&self->base, "machine made of text", &script_begin(L)->error) != RH_OK)
    return script_raise(L);
  for_each_text(L, "registry", self->base, add_hive);
  script_charge(L, rh_memory_machine_hive_len(self->base));
  for_each_text(L, "files", self->base, add_file);
  if (rh_machine_overlay(&self->machine, self->base, &script_begin(L)->error) != RH_OK)
    return script_raise(L);
  lua_settop(L, 2);
  return 1;
}
