/* What a playbook can reach: an allow-list of words, libraries behind read-only views.
 *
 * A playbook is a stranger's program, run by an administrator. How it could still break out or
 * hang, and what stops it:
 *
 * Bytecode. Lua does not verify it, so a crafted chunk owns the process. Only text is loaded, and
 * only by the engine: load, dofile, loadfile and string.dump do not exist.
 *
 * Words that are not there. io, os, debug, package, coroutine are never opened in this state, so
 * there is no path to them, however devious. math.random is absent because a plan has to be
 * repeatable. What is there is a view: writing to it raises, iterating it never hands out the table
 * behind it, and the metatable of texts cannot be had.
 *
 * Swallowing a limit. pcall and xpcall are ours. Once a limit is hit, each of them raises again,
 * and the hook fires at every instruction. Lua switches hooks off while it runs a message handler
 * for an error that came from a hook, so a handler is not called at all then; and while it runs
 * __gc, so a playbook cannot have __gc. __close is refused with it, though it would be bounded.
 *
 * Loops inside C. The hook does not fire there. Where the library would count as far as it is told
 * (rep of an empty text; insert, remove, sort, move of a table that only claims to be long) the
 * count is checked first. Memory that C asks for is Lua's, and limited; what machines and JSON hold
 * outside is charged. Patterns, which can backtrack for longer than anybody waits, are matched by
 * pattern.c, where each step counts as an instruction. Should anything else sit in C beyond the
 * time limit, the watchdog ends the process. That is rude, and safe: plans are made in memory, and
 * nothing is half-written.
 *
 * Depth. Lua bounds nested C calls and its stack; conversion to JSON has its own bound.
 *
 * What is not stopped: a playbook can write nonsense inside its own scopes. That is what the plan
 * is shown for. It can also learn how long things take; it has nobody to tell. */
#include "script/internal.h"

#include <lualib.h>
#include <string.h>

#define LONGEST_TABLE 50000000 /* more entries than the memory limit allows by default */

static const char words_key = 0;          /* registry: the words of a playbook */
static const char engine_words_key = 0;   /* registry: the words that only the engine has */
static const char raised_key = 0;         /* registry: set of error tables of playbooks, weak */
static const char own_metatables_key = 0; /* registry: set of metatables made here, weak */

/* The upvalue of a wrapper is the library's own function; called directly, so that its errors name
 * the caller's line. */
static int call_wrapped(lua_State *L) {
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void script_mark_raised(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 3, "error");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &raised_key);
  lua_pushvalue(L, index);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

bool script_is_raised(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &raised_key);
  lua_pushvalue(L, index);
  bool raised = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return raised;
}

/* error and assert: a table that a playbook raises is known as such, wherever it is raised again.
 */
static int safe_error(lua_State *L) {
  if (lua_istable(L, 1))
    script_mark_raised(L, 1);
  return call_wrapped(L);
}

static int safe_assert(lua_State *L) {
  if (!lua_toboolean(L, 1) && lua_istable(L, 2))
    script_mark_raised(L, 2);
  return call_wrapped(L);
}

static int safe_pcall(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  script_check_killed(L, status);
  if (status == LUA_OK)
    return lua_gettop(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

static int guarded_handler(lua_State *L) {
  lua_settop(L, 1);
  if (script_of(L)->limits.kill != SCRIPT_ALIVE)
    return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static int safe_xpcall(lua_State *L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 1);
  lua_replace(L, 1);
  lua_replace(L, 2);
  int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1);
  script_check_killed(L, status);
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* True when the table at index was made a metatable by a playbook. */
static bool is_own_metatable(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &own_metatables_key);
  lua_pushvalue(L, index);
  bool own = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return own;
}

static int safe_setmetatable(lua_State *L) {
  static const char *const refused[] = {"__gc", "__close", "__metatable"};
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
  lua_settop(L, 2);
  if (lua_getmetatable(L, 1) && !is_own_metatable(L, -1))
    return luaL_error(L, "this table's metatable is protected");
  lua_settop(L, 2);
  for (size_t i = 0; i < sizeof refused / sizeof *refused && lua_istable(L, 2); i++) {
    lua_pushstring(L, refused[i]);
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "a playbook's metatable cannot have %s", refused[i]);
    lua_pop(L, 1);
  }
  if (lua_istable(L, 2)) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_metatables_key);
    lua_pushvalue(L, 2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

/* The metatables of others can be changed through a reference to them, so none is given out. */
static int safe_getmetatable(lua_State *L) {
  luaL_checkany(L, 1);
  if (!lua_getmetatable(L, 1))
    lua_pushnil(L);
  else if (!is_own_metatable(L, -1))
    lua_pushliteral(L, "protected");
  return 1;
}

static int safe_rep(lua_State *L) {
  size_t len, separator_len;
  luaL_checklstring(L, 1, &len);
  luaL_optlstring(L, 3, "", &separator_len);
  if (len + separator_len > 0)
    return call_wrapped(L);
  luaL_checkinteger(L, 2);
  lua_pushliteral(L, "");
  return 1;
}

/* insert, remove, sort */
static int safe_table_change(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
    return luaL_error(L, "this table is read-only, or computes its length");
  if (lua_rawlen(L, 1) > LONGEST_TABLE)
    return luaL_error(L, "this table is too long");
  if (lua_rawlen(L, 1) > 1000) /* what may move all of it is work */
    script_spend(L, (unsigned)(lua_rawlen(L, 1) / 10));
  return call_wrapped(L);
}

static int safe_move(lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
  if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= LONGEST_TABLE)
    return luaL_error(L, "too many elements to move");
  if (last > first)
    script_spend(L, (unsigned)(last - first));
  return call_wrapped(L);
}

/* Wraps functions of the library on the top of the stack. */
static void wrap(lua_State *L, const char *name, lua_CFunction wrapper) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, wrapper, 1);
  lua_setfield(L, -2, name);
}

static void drop(lua_State *L, const char *name) {
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

/* Opens a library and enters its view into the table of words, which is on the top. */
static void add_library(lua_State *L, const char *name, lua_CFunction open) {
  /* Chance, and what only a Lua built to be compatible with older ones has. */
  static const char *const dropped[] = {"random", "randomseed", "atan2", "cosh",  "sinh",
                                        "tanh",   "pow",        "frexp", "ldexp", "log10"};
  luaL_requiref(L, name, open, 0);
  if (strcmp(name, "string") == 0) {
    drop(L, "dump");
    wrap(L, "rep", safe_rep);
    wrap(L, "format", script_format);
    luaL_setfuncs(L, script_pattern_functions, 0);
  } else if (strcmp(name, "table") == 0) {
    wrap(L, "insert", safe_table_change);
    wrap(L, "remove", safe_table_change);
    wrap(L, "sort", safe_table_change);
    wrap(L, "move", safe_move);
  } else if (strcmp(name, "math") == 0) {
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
      drop(L, dropped[i]);
  }
  script_push_frozen(L, -1, name);
  lua_setfield(L, -3, name);
  lua_pop(L, 1);
}

/* Copies named fields of the table at from into the table on the top. */
static void copy_words(lua_State *L, int from, const char *const *names) {
  for (; *names; names++) {
    lua_getfield(L, from, *names);
    lua_setfield(L, -2, *names);
  }
}

void script_open_sandbox(lua_State *L) {
  static const char *const plain[] = {"assert", "error",    "ipairs", "rawequal", "rawlen",
                                      "select", "tonumber", "type",   NULL};
  static const char *const trusted[] = {"assert", "error", "getmetatable", "setmetatable", "rawget",
                                        "rawset", NULL};
  static const luaL_Reg own[] = {
      {"pcall", safe_pcall},   {"xpcall", safe_xpcall},       {"setmetatable", safe_setmetatable},
      {"next", script_next},   {"pairs", script_pairs},       {"getmetatable", safe_getmetatable},
      {"print", script_print}, {"tostring", script_tostring}, {NULL, NULL}};
  script_new_weak_table(L, &own_metatables_key, "k");
  script_new_weak_table(L, &raised_key, "k");
  luaL_requiref(L, "_G", luaopen_base, 0);
  int base = lua_gettop(L);
  lua_newtable(L);
  copy_words(L, base, trusted);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_words_key);
  lua_newtable(L);
  copy_words(L, base, plain);
  luaL_setfuncs(L, own, 0);
  wrap(L, "error", safe_error);
  wrap(L, "assert", safe_assert);
  add_library(L, "string", luaopen_string);
  add_library(L, "table", luaopen_table);
  add_library(L, "math", luaopen_math);
  add_library(L, "utf8", luaopen_utf8);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &words_key);

  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushliteral(L, "protected");
  lua_setfield(L, -2, "__metatable");
  /* A chunk without an environment of its own finds nothing at all. */
  lua_newtable(L);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_settop(L, base - 1);
}

static void copy_all(lua_State *L, const void *key) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -5);
  }
  lua_pop(L, 1);
}

void script_push_sandbox(lua_State *L) {
  lua_newtable(L);
  copy_all(L, &words_key);
}

void script_push_engine_environment(lua_State *L) {
  lua_newtable(L);
  copy_all(L, &words_key);
  copy_all(L, &engine_words_key);
}
