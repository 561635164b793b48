/* The table `host`: what the engine can do that no playbook can. */
#include "base/hash.h"
#include "script/internal.h"

static int host_sandbox(lua_State *L) {
  script_push_sandbox(L);
  return 1;
}

/* host.freeze(t, name): name is for the message, "table" when absent. */
static int host_freeze(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  script_push_frozen(L, 1, luaL_optstring(L, 2, "table"));
  return 1;
}

static int host_set_origin(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  lua_Integer origin = luaL_checkinteger(L, 2);
  luaL_argcheck(L, origin >= 0 && origin <= UINT32_MAX, 2, "a number of a step expected");
  rh_machine_set_origin(script_machine_of(self), (uint32_t)origin);
  script_begin_print(script_of(L));
  return 0;
}

static int host_sha256(lua_State *L) {
  size_t len;
  char hex[RH_SHA256_HEX];
  const char *text = luaL_checklstring(L, 1, &len);
  script_scratch *scratch = script_begin(L);
  if (rh_sha256_hex(hex, text, len, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_pushstring(L, hex);
  return 1;
}

/* host.hmac(key, text): HMAC-SHA-256 in hex. */
static int host_hmac(lua_State *L) {
  size_t key_len, len;
  char hex[RH_SHA256_HEX];
  const char *key = luaL_checklstring(L, 1, &key_len), *text = luaL_checklstring(L, 2, &len);
  script_scratch *scratch = script_begin(L);
  if (rh_hmac_sha256_hex(hex, key, key_len, text, len, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_pushstring(L, hex);
  return 1;
}

/* host.fingerprint(machine): one SHA-256 in hex over all that was read of it so far. */
static int host_fingerprint(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  script_scratch *scratch = script_begin(L);
  rh_fingerprint_list list = {0};
  char hex[RH_SHA256_HEX];
  rh_status status = rh_machine_fingerprints(script_machine_of(self), &list, &scratch->error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++)
    status = rh_buffer_printf(&scratch->text, &scratch->error, "%s %s\n", list.items[i].sha256,
                              list.items[i].name);
  rh_fingerprint_list_dispose(&list);
  if (status == RH_OK)
    status = rh_sha256_hex(hex, scratch->text.data, scratch->text.len, &scratch->error);
  if (status != RH_OK)
    return script_raise(L);
  lua_pushstring(L, hex);
  return 1;
}

/* host.file_path(machine, path): its image-relative form; nil on a drive that the machine has not.
 */
static int host_file_path(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const char *path = script_check_text(L, 2);
  script_scratch *scratch = script_begin(L);
  rh_status status =
      rh_machine_file_path(script_machine_of(self), path, &scratch->path, &scratch->error);
  if (status != RH_OK && status != RH_ERR_NOT_FOUND)
    return script_raise(L);
  if (status == RH_OK)
    lua_pushlstring(L, rh_buffer_text(&scratch->path), scratch->path.len);
  else
    lua_pushnil(L);
  return 1;
}

/* host.value(type, bytes): a value table, as machines give it, from the number of a type. */
static int host_value(lua_State *L) {
  size_t len;
  lua_Integer type = luaL_checkinteger(L, 1);
  luaL_argcheck(L, type >= 0 && type <= UINT32_MAX, 1, "a value's type expected");
  const char *data = luaL_checklstring(L, 2, &len);
  rh_value value = {.type = (uint32_t)type, .data = (const unsigned char *)data, .len = len};
  script_begin(L);
  script_push_value(L, &value);
  return 1;
}

void script_push_host(lua_State *L) {
  static const luaL_Reg functions[] = {{"sandbox", host_sandbox},
                                       {"freeze", host_freeze},
                                       {"plain", script_host_plain},
                                       {"scoped", script_host_scoped},
                                       {"set_origin", host_set_origin},
                                       {"touched", script_host_touched},
                                       {"sha256", host_sha256},
                                       {"hmac", host_hmac},
                                       {"fingerprint", host_fingerprint},
                                       {"file_path", host_file_path},
                                       {"value", host_value},
                                       {"stdlib", script_host_stdlib},
                                       {"module", script_host_module},
                                       {"new_machine", script_host_new_machine},
                                       {NULL, NULL}};
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  luaL_setfuncs(L, script_loader_functions, 0);
  script_push_sandbox(L);
  lua_getfield(L, -1, "print");
  lua_setfield(L, -3, "print");
  lua_pop(L, 1);
}
