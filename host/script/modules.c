/* The engine and the other modules of stdlib: how they are found, loaded once, and kept apart.
 *
 * The engine's own modules ("engine", "engine.x") are trusted: they see the table host. All others
 * live in the same sandbox as playbooks and are handed out read-only, since every playbook shares
 * them. */
#include "script/internal.h"

#include <stdio.h>
#include <string.h>

static const char engine_key = 0;      /* registry: the engine's table */
static const char engine_env_key = 0;  /* registry: what engine modules see */
static const char engine_mods_key = 0; /* registry: loaded engine modules by name */
static const char public_env_key = 0;  /* registry: what other modules see */
static const char public_mods_key = 0; /* registry: loaded other modules by name */
static const char loading_mark = 0;    /* a light userdata in place of a module being loaded */

/* LuaUnit expects a whole Lua around it. Its runner, which would use these, is never called. */
static const char luaunit_surroundings[] =
    "local words, rawget = ...\n"
    "local function nothing() end\n"
    "local function zero() return 0 end\n"
    "local stream = { write = nothing, flush = nothing }\n"
    "local numbers = { random = zero, randomseed = nothing }\n"
    "for name, value in words.pairs(words.math) do numbers[name] = value end\n"
    "words.math = numbers\n"
    "words._G = words\n"
    "words.rawget = rawget\n"
    "words.require = nothing\n"
    "words.os = { exit = nothing, clock = zero, time = zero, getenv = nothing, date = nothing }\n"
    "words.io = { stdout = stream, stderr = stream, open = nothing }\n";

static bool is_engine_module(const char *name) {
  return strcmp(name, "engine") == 0 || strncmp(name, "engine.", 7) == 0;
}

/* "engine.words" -> "stdlib/engine/declare/words.lua". False for what is no module name. */
static bool module_path(const char *name, char *out, size_t size) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  if (name[strspn(name, letters)] != '\0' || name[0] == '.' || strstr(name, "..") ||
      snprintf(out, size, "stdlib/%s.lua", name) >= (int)size)
    return false;
  size_t end = strlen(out) - 4;
  for (size_t i = 0; i < end; i++)
    if (out[i] == '.')
      out[i] = '/';
  return true;
}

/* Loads an embedded file in the environment at that index and calls it; leaves one result. */
static void run_file(lua_State *L, const rh_embedded_file *file, const char *chunk,
                     int environment) {
  if (script_load(L, (const char *)file->data, file->len, chunk, environment) != 1)
    lua_error(L);
  lua_call(L, 0, 1);
}

static bool is_assertion(const char *name) {
  return strncmp(name, "assert", 6) == 0 || strncmp(name, "fail", 4) == 0 ||
         strcmp(name, "prettystr") == 0;
}

/* Leaves a table of LuaUnit's assertions. */
static void load_luaunit(lua_State *L) {
  const rh_embedded_file *file = script_find_embedded("luaunit.lua");
  script_push_sandbox(L);
  int words = lua_gettop(L);
  if (script_load(L, luaunit_surroundings, sizeof luaunit_surroundings - 1, "@stdlib/luaunit.lua",
                  words) != 1)
    lua_error(L);
  lua_pushvalue(L, words);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_env_key);
  lua_getfield(L, -1, "rawget");
  lua_remove(L, -2);
  lua_call(L, 2, 0);
  run_file(L, file, "@stdlib/luaunit.lua", words);
  int all = lua_gettop(L);
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, all)) {
    if (lua_type(L, -2) == LUA_TSTRING && lua_isfunction(L, -1) &&
        is_assertion(lua_tostring(L, -2))) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, -4);
    } else {
      lua_pop(L, 1);
    }
  }
  lua_replace(L, words);
  lua_settop(L, words);
}

/* Pushes a module, loaded at the first time, or nil when there is none. */
static void push_module(lua_State *L, const char *name) {
  bool trusted = is_engine_module(name);
  char path[160], chunk[161];
  luaL_checkstack(L, 10, "modules");
  lua_rawgetp(L, LUA_REGISTRYINDEX, trusted ? &engine_mods_key : &public_mods_key);
  int modules = lua_gettop(L);
  if (lua_getfield(L, modules, name) != LUA_TNIL) {
    if (lua_touserdata(L, -1) == (const void *)&loading_mark)
      luaL_error(L, "module '%s' requires itself", name);
    lua_remove(L, modules);
    return;
  }
  bool luaunit = strcmp(name, "luaunit") == 0, xmlscan = strcmp(name, "xmlscan") == 0;
  const rh_embedded_file *file = NULL;
  if (module_path(name, path, sizeof path))
    file = script_find_embedded(path);
  if (!file && !luaunit && !xmlscan) {
    lua_replace(L, modules);
    return;
  }
  lua_pop(L, 1);
  lua_pushlightuserdata(L, (void *)(uintptr_t)&loading_mark);
  lua_setfield(L, modules, name);
  if (luaunit) {
    load_luaunit(L);
  } else if (xmlscan) {
    script_push_xmlscan(L);
  } else {
    snprintf(chunk, sizeof chunk, "@%s", path);
    lua_rawgetp(L, LUA_REGISTRYINDEX, trusted ? &engine_env_key : &public_env_key);
    run_file(L, file, chunk, -1);
  }
  if (!trusted && lua_istable(L, -1)) {
    script_push_frozen(L, -1, name);
    lua_remove(L, -2);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, modules, name);
  lua_replace(L, modules);
  lua_settop(L, modules);
}

int script_host_stdlib(lua_State *L) {
  const char *name = script_check_text(L, 1);
  if (is_engine_module(name))
    return 0;
  push_module(L, name);
  return 1;
}

/* require of stdlib's modules; of engine modules as well when the upvalue is true. */
static int module_require(lua_State *L) {
  const char *name = script_check_text(L, 1);
  bool trusted = lua_toboolean(L, lua_upvalueindex(1));
  if (is_engine_module(name) && !trusted)
    lua_pushnil(L);
  else
    push_module(L, name);
  if (lua_isnil(L, -1))
    return luaL_error(L, "stdlib has no module '%s'", name);
  return 1;
}

static void add_require(lua_State *L, bool trusted) {
  lua_pushboolean(L, trusted);
  lua_pushcclosure(L, module_require, 1);
  lua_setfield(L, -2, "require");
}

void script_open_engine(lua_State *L, const char *engine, size_t len) {
  const rh_embedded_file *file = script_find_embedded("stdlib/engine.lua");
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_mods_key);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &public_mods_key);
  script_push_sandbox(L);
  add_require(L, false);
  script_push_frozen(L, -1, "the table of globals");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &public_env_key);
  script_push_engine_environment(L);
  add_require(L, true);
  script_push_host(L);
  lua_setfield(L, -2, "host");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_env_key);
  if (!engine && !file)
    luaL_error(L, "the program was built without its engine (stdlib/engine.lua)");
  if (!engine) {
    engine = (const char *)file->data;
    len = file->len;
  }
  if (script_load(L, engine, len, "@stdlib/engine.lua", -1) != 1)
    lua_error(L);
  lua_call(L, 0, 1);
  if (!lua_istable(L, -1))
    luaL_error(L, "the engine gives no table");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_key);
}

void script_call_engine(lua_State *L, const char *name, int count) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
  if (lua_getfield(L, -1, name) != LUA_TFUNCTION)
    luaL_error(L, "the engine has no function '%s'", name);
  lua_remove(L, -2);
  lua_insert(L, -count - 1);
  lua_call(L, count, 1);
}
