/* The machine in Lua: its userdata, views with scopes, and what its scopes allow. */
#include "base/table.h"
#include "script/internal.h"

#include <string.h>

/* User values of a machine: what is behind a view, the texts of its scopes, and what was written
 * to since host.touched asked first. */
enum { VALUE_BEHIND = 1, VALUE_TEXTS, VALUE_TOUCHED, VALUE_COUNT = VALUE_TOUCHED };

static script_machine *new_machine(lua_State *L, size_t text_count) {
  size_t len = sizeof(script_machine) + text_count * sizeof(const char *);
  script_machine *self = lua_newuserdatauv(L, len, VALUE_COUNT);
  memset(self, 0, len);
  luaL_setmetatable(L, SCRIPT_MACHINE);
  return self;
}

script_machine *script_push_machine(lua_State *L) {
  return new_machine(L, 0);
}

void script_machine_close(script_machine *self) {
  if (!self->borrowed)
    rh_machine_free(self->machine);
  rh_machine_free(self->base);
  self->machine = NULL;
  self->base = NULL;
}

static int machine_close(lua_State *L) {
  script_machine_close(luaL_checkudata(L, 1, SCRIPT_MACHINE));
  return 0;
}

rh_machine *script_machine_of(const script_machine *self) {
  return self->behind ? self->behind->machine : self->machine;
}

static int machine_tostring(lua_State *L) {
  const script_machine *self = luaL_checkudata(L, 1, SCRIPT_MACHINE);
  const rh_machine *machine = script_machine_of(self);
  lua_pushfstring(L, "machine (%s)", machine ? rh_machine_kind_name(machine) : "closed");
  return 1;
}

script_machine *script_check_machine(lua_State *L, int index) {
  script_machine *self = luaL_checkudata(L, index, SCRIPT_MACHINE);
  if (!script_machine_of(self))
    luaL_error(L, "this machine is closed: it can be used only in the call that it was given to");
  script_tick(L);
  return self;
}

const char *script_check_text(lua_State *L, int index) {
  size_t len;
  luaL_checktype(L, index, LUA_TSTRING);
  const char *text = lua_tolstring(L, index, &len);
  luaL_argcheck(L, strlen(text) == len, index, "text without NUL expected");
  return text;
}

static void outside(lua_State *L, const script_machine *self, script_access access,
                    const char *what, const char *object, const char *hint_object,
                    const char *list) {
  static const char *const verbs[] = {"reads", "writes"};
  RH_TABLE_FITS(verbs, SCRIPT_WRITES);
  rh_error *error = &script_begin(L)->error;
  rh_error_set(error, RH_ERR_SCOPE, object, "%s: %s %s%s, which is outside its declared scopes",
               self->label, verbs[access], what, object);
  rh_error_hint(error, "add %s to %s.%s in playbook.lua", hint_object, verbs[access], list);
  script_raise(L);
}

static void need_writable(lua_State *L, const script_machine *self) {
  rh_machine *machine = script_machine_of(self);
  if (rh_machine_kind_of(machine) == RH_MACHINE_OVERLAY)
    return;
  rh_error *error = &script_begin(L)->error;
  rh_error_set(error, RH_ERR_ACCESS, rh_machine_location(machine), "this machine is read-only");
  rh_error_hint(error, "write to the destination; the source stays as it is");
  script_raise(L);
}

/* Whatever the scopes say, and also for the engine. */
static void refuse_private(lua_State *L, const char *object, const char *why) {
  rh_error *error = &script_begin(L)->error;
  rh_error_set(error, RH_ERR_ACCESS, object, "%s; no playbook gets it", why);
  rh_error_hint(error, "leave it out; for users and groups declare reads.accounts and ask "
                       "machine:accounts()");
  script_raise(L);
}

void script_need_key(lua_State *L, const script_machine *self, script_access access,
                     const char *path) {
  if (rh_machine_is_private_key(path))
    refuse_private(L, path, "holds password hashes and secrets of the system");
  bool allowed = !self->scoped || rh_scopes_allow_key(&self->writes, path) ||
                 (access == SCRIPT_READS && rh_scopes_allow_key(&self->reads, path));
  if (!allowed)
    outside(L, self, access, "", path, lua_pushfstring(L, "[[%s]]", path), "registry");
  if (access == SCRIPT_WRITES)
    need_writable(L, self);
}

void script_need_file(lua_State *L, const script_machine *self, script_access access,
                      const char *path) {
  rh_machine *machine = script_machine_of(self);
  const char *private_by = rh_machine_private_file(machine, path);
  if (private_by)
    refuse_private(L, path, private_by);
  bool allowed = !self->scoped || rh_scopes_allow_file(&self->writes, machine, path) ||
                 (access == SCRIPT_READS && rh_scopes_allow_file(&self->reads, machine, path));
  if (!allowed)
    outside(L, self, access, "", path, lua_pushfstring(L, "[[%s]]", path), "files");
  if (access == SCRIPT_WRITES)
    need_writable(L, self);
}

void script_need_certificates(lua_State *L, const script_machine *self, const char *store) {
  if (self->scoped && !rh_scopes_allow_certificates(&self->reads, store))
    outside(L, self, SCRIPT_READS, "the certificates of ", store,
            lua_pushfstring(L, "\"%s\"", store), "certificates");
}

void script_need_accounts(lua_State *L, const script_machine *self, bool *users, bool *groups) {
  *users = !self->scoped || rh_scopes_allow_accounts(&self->reads, "users");
  *groups = !self->scoped || rh_scopes_allow_accounts(&self->reads, "groups");
  if (!*users && !*groups)
    outside(L, self, SCRIPT_READS, "the local ", "accounts", "\"users\" or \"groups\"", "accounts");
}

/* Appends the texts of scopes[list] to the table at texts; an absent list is empty. */
static size_t collect(lua_State *L, int scopes, const char *list, int texts) {
  lua_Integer count = 0;
  if (lua_isnil(L, scopes))
    return 0;
  luaL_checktype(L, scopes, LUA_TTABLE);
  script_unfreeze(L, scopes);
  lua_getfield(L, scopes, list);
  if (!lua_isnil(L, -1)) {
    luaL_checktype(L, -1, LUA_TTABLE);
    script_unfreeze(L, -1);
    while (lua_rawgeti(L, -1, count + 1) != LUA_TNIL) {
      script_check_text(L, -1);
      lua_rawseti(L, texts, (lua_Integer)lua_rawlen(L, texts) + 1);
      count++;
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return (size_t)count;
}

int script_host_scoped(lua_State *L) {
  script_machine *behind = script_check_machine(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  script_check_text(L, 3);
  luaL_argcheck(L, !behind->scoped, 1, "a machine without scopes expected");
  lua_settop(L, 3);
  script_unfreeze(L, 2);
  lua_newtable(L);             /* 4: texts */
  lua_getfield(L, 2, "reads"); /* 5 */
  lua_getfield(L, 2, "writes");
  rh_scopes reads = {0}, writes = {0};
  reads.registry_count = collect(L, 5, "registry", 4);
  reads.file_count = collect(L, 5, "files", 4);
  reads.certificate_count = collect(L, 5, "certificates", 4);
  reads.account_count = collect(L, 5, "accounts", 4);
  writes.registry_count = collect(L, 6, "registry", 4);
  writes.file_count = collect(L, 6, "files", 4);
  size_t count = lua_rawlen(L, 4);
  script_machine *self = new_machine(L, count);
  const char **texts = (const char **)(self + 1);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 4, (lua_Integer)i + 1);
    texts[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  reads.registry = texts;
  reads.files = reads.registry + reads.registry_count;
  reads.certificates = reads.files + reads.file_count;
  reads.accounts = reads.certificates + reads.certificate_count;
  writes.registry = reads.accounts + reads.account_count;
  writes.files = writes.registry + writes.registry_count;
  lua_pushvalue(L, 3);
  lua_rawseti(L, 4, (lua_Integer)count + 1);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, VALUE_BEHIND);
  lua_pushvalue(L, 4);
  lua_setiuservalue(L, -2, VALUE_TEXTS);
  self->behind = behind;
  self->reads = reads;
  self->writes = writes;
  self->label = lua_tostring(L, 3);
  self->scoped = true;
  return 1;
}

void script_touch(lua_State *L, const char *kind, const char *name, size_t len) {
  const script_machine *self = luaL_checkudata(L, 1, SCRIPT_MACHINE);
  luaL_checkstack(L, 5, "writes");
  if (self->scoped)
    lua_getiuservalue(L, 1, VALUE_BEHIND);
  else
    lua_pushvalue(L, 1);
  if (lua_getiuservalue(L, -1, VALUE_TOUCHED) == LUA_TTABLE) {
    lua_createtable(L, 0, 3);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "path");
    if (name)
      lua_pushlstring(L, name, len);
    else
      lua_pushnil(L);
    lua_setfield(L, -2, "name");
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
  lua_pop(L, 2);
}

/* host.touched(machine): what was written to since the last call, [{kind, path, name}]; empty at
 * the first call, from which on it is noted. */
int script_host_touched(lua_State *L) {
  script_check_machine(L, 1);
  lua_settop(L, 1);
  if (lua_getiuservalue(L, 1, VALUE_TOUCHED) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
  }
  lua_newtable(L);
  lua_setiuservalue(L, 1, VALUE_TOUCHED);
  return 1;
}

void script_open_machine(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", machine_close},
                                  {"__close", machine_close},
                                  {"__tostring", machine_tostring},
                                  {NULL, NULL}};
  static const luaL_Reg *const methods[] = {script_registry_methods,  script_change_methods,
                                            script_file_methods,      script_certificate_methods,
                                            script_interface_methods, script_service_methods,
                                            script_account_methods,   script_store_methods};
  luaL_newmetatable(L, SCRIPT_MACHINE);
  luaL_setfuncs(L, meta, 0);
  lua_pushliteral(L, "protected");
  lua_setfield(L, -2, "__metatable");
  lua_newtable(L);
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
    luaL_setfuncs(L, methods[i], 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
