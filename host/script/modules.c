/* The engine and the other modules of stdlib: how they are found, loaded once, and kept apart.
 *
 * The engine's own modules ("engine", "engine.x") are trusted: they see the table host. All others
 * live in the same sandbox as playbooks and are handed out read-only, since every playbook shares
 * them. A module requires others while it is loaded and at no other time: so what a playbook is
 * made of is known when it is loaded, and the same whatever else was loaded or done. */
#include "base/hash.h"
#include "script/internal.h"

#include <stdio.h>
#include <string.h>

static const char engine_key = 0;      /* registry: the engine's table */
static const char engine_env_key = 0;  /* registry: what engine modules see */
static const char engine_mods_key = 0; /* registry: loaded engine modules by name */
static const char public_env_key = 0;  /* registry: what other modules see */
static const char public_mods_key = 0; /* registry: loaded other modules by name */
static const char loading_mark = 0;    /* a light userdata in place of a module being loaded */
static const char required_key = 0;    /* registry: what each module requires: name -> set */

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

/* "engine.declare.words" -> "stdlib/engine/declare/words.lua". False for what is no module name. */
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

static void push_module(lua_State *L, const char *name);

/* Notes that a module requires another. The first time it has to be while it is loaded. */
static void note_required(lua_State *L, const char *by, const char *name) {
  luaL_checkstack(L, 4, "modules");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &required_key);
  lua_getfield(L, -1, by);
  if (lua_getfield(L, -1, name) == LUA_TNIL) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, is_engine_module(by) ? &engine_mods_key : &public_mods_key);
    lua_getfield(L, -1, by);
    if (lua_touserdata(L, -1) != (const void *)&loading_mark)
      luaL_error(L, "require '%s': a module requires others while it is loaded, not later", name);
    lua_pop(L, 2);
    lua_pushboolean(L, true);
    lua_setfield(L, -3, name);
  }
  lua_pop(L, 3);
}

/* require of one of stdlib's modules, whose name is the upvalue. */
static int module_require(lua_State *L) {
  const char *name = script_check_text(L, 1);
  const char *by = lua_tostring(L, lua_upvalueindex(1));
  note_required(L, by, name);
  if (is_engine_module(name) && !is_engine_module(by))
    lua_pushnil(L);
  else
    push_module(L, name);
  if (lua_isnil(L, -1))
    return luaL_error(L, "stdlib has no module '%s'", name);
  return 1;
}

/* Pushes what a module sees: what all of its kind see, and a require of its own. */
static void push_environment(lua_State *L, const char *name) {
  bool trusted = is_engine_module(name);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &required_key);
  lua_newtable(L);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushstring(L, name);
  lua_pushcclosure(L, module_require, 1);
  lua_setfield(L, -2, "require");
  lua_createtable(L, 0, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, trusted ? &engine_env_key : &public_env_key);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  if (!trusted) {
    script_push_frozen(L, -1, "the table of globals");
    lua_remove(L, -2);
  }
}

/* Modules that are no text of the standard library. */
static const struct {
  const char *name;
  void (*push)(lua_State *L);
} native_modules[] = {
    {"luaunit", load_luaunit}, {"xmlscan", script_push_xmlscan}, {"wintext", script_push_wintext}};
#define NATIVE_MODULES (sizeof native_modules / sizeof *native_modules)

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
  size_t native = 0;
  while (native < NATIVE_MODULES && strcmp(name, native_modules[native].name) != 0)
    native++;
  const rh_embedded_file *file = NULL;
  if (module_path(name, path, sizeof path))
    file = script_find_embedded(path);
  if (!file && native == NATIVE_MODULES) {
    lua_replace(L, modules);
    return;
  }
  lua_pop(L, 1);
  lua_pushlightuserdata(L, (void *)(uintptr_t)&loading_mark);
  lua_setfield(L, modules, name);
  if (native < NATIVE_MODULES) {
    native_modules[native].push(L);
  } else {
    snprintf(chunk, sizeof chunk, "@%s", path);
    push_environment(L, name);
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

/* host.module(name): {sha256, requires}: of a module of stdlib the digest of its text and, once it
 * is loaded, the names that it requires; nil for what has no text there. */
int script_host_module(lua_State *L) {
  const char *name = script_check_text(L, 1);
  script_scratch *scratch = script_begin(L);
  const rh_embedded_file *file = NULL;
  char path[160], hex[RH_SHA256_HEX];
  if (module_path(name, path, sizeof path))
    file = script_find_embedded(path);
  if (!file)
    return 0;
  if (rh_sha256_hex(hex, file->data, file->len, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_createtable(L, 0, 2);
  lua_pushstring(L, hex);
  lua_setfield(L, -2, "sha256");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &required_key);
  if (lua_getfield(L, -1, name) == LUA_TTABLE)
    script_push_sorted_keys(L, -1);
  else
    lua_newtable(L);
  lua_setfield(L, 2, "requires");
  lua_settop(L, 2);
  return 1;
}

static void mark_engine(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_mods_key);
  lua_insert(L, -2);
  lua_setfield(L, -2, "engine");
  lua_pop(L, 1);
}

void script_open_engine(lua_State *L, const char *engine, size_t len) {
  if (!engine) {
    const rh_embedded_file *file = script_find_embedded("stdlib/engine.lua");
    if (!file) {
      luaL_error(L, "the program was built without its engine (stdlib/engine.lua)");
      return;
    }
    engine = (const char *)file->data;
    len = file->len;
  }
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_mods_key);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &public_mods_key);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &required_key);
  script_push_sandbox(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &public_env_key);
  script_push_engine_environment(L);
  script_push_host(L);
  lua_setfield(L, -2, "host");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_env_key);
  lua_pushlightuserdata(L, (void *)(uintptr_t)&loading_mark);
  mark_engine(L);
  push_environment(L, "engine");
  if (script_load(L, engine, len, "@stdlib/engine.lua", -1) != 1)
    lua_error(L);
  lua_call(L, 0, 1);
  if (!lua_istable(L, -1))
    luaL_error(L, "the engine gives no table");
  lua_pushvalue(L, -1);
  mark_engine(L);
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
