/* Tables as playbooks see them: read-only views, and pairs in an order that is always the same. */
#include "script/internal.h"

#include <stdlib.h>
#include <string.h>

/* Lua seeds the hash of texts anew in every process, and pairs follows it; the same playbook on the
 * same machines has to give the same plan, byte for byte. */

#define PLAIN_DEPTH_MAX 32

static const char views_key = 0;     /* registry: table -> its view, both weak */
static const char originals_key = 0; /* registry: view -> table, weak keys */
static const char names_key = 0;     /* registry: view -> name, weak keys */
static const char meta_key = 0;      /* registry: the metatable of all views */

/* Replaces the view at index by its table, if it is one. */
void script_unfreeze(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE)
    return;
  index = lua_absindex(L, index);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &originals_key);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TNIL)
    lua_pop(L, 1);
  else
    lua_replace(L, index);
  lua_pop(L, 1);
}

static bool is_plain_table(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE)
    return false;
  if (!lua_getmetatable(L, index))
    return true;
  lua_pop(L, 1);
  return false;
}

void script_push_frozen(lua_State *L, int index, const char *name) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 6, "read-only view");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &views_key);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) != LUA_TNIL) {
    lua_remove(L, -2);
    return;
  }
  lua_pop(L, 1);
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &originals_key);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, index);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
  lua_pushvalue(L, -2);
  lua_pushstring(L, name);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_key);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, index);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
  lua_remove(L, -2);
}

/* Makes a plain table on the top read-only as well. */
static void freeze_value(lua_State *L, const char *name) {
  if (!is_plain_table(L, -1))
    return;
  script_push_frozen(L, -1, name);
  lua_remove(L, -2);
}

static int view_index(lua_State *L) {
  script_unfreeze(L, 1);
  lua_pushvalue(L, 2);
  lua_gettable(L, 1);
  freeze_value(L, lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "table");
  return 1;
}

static int view_newindex(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
  lua_pushvalue(L, 1);
  lua_rawget(L, -2);
  return luaL_error(L, "%s is read-only", luaL_optstring(L, -1, "table"));
}

static int view_len(lua_State *L) {
  script_unfreeze(L, 1);
  lua_len(L, 1);
  return 1;
}

/* Pushes a copy of the table at index that shares no table with it. Raw throughout: what a
 * metatable would show could be another thing each time. 2 and 3 are the arguments of
 * script_host_plain. */
static void push_plain(lua_State *L, int index, int depth) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 8, "a declaration");
  if (depth > PLAIN_DEPTH_MAX)
    luaL_error(L, "%s: its tables lie in each other more than %d deep", lua_tostring(L, 2),
               PLAIN_DEPTH_MAX);
  if (!is_plain_table(L, index))
    luaL_error(L, "%s: a table with a metatable stands in it; a declaration holds plain tables",
               lua_tostring(L, 2));
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    script_unfreeze(L, -1);
    bool kept = false;
    if (lua_type(L, -1) == LUA_TTABLE) {
      lua_pushvalue(L, -1);
      kept = lua_rawget(L, 3) != LUA_TNIL;
      lua_pop(L, 1);
    }
    if (lua_type(L, -1) == LUA_TTABLE && !kept) {
      push_plain(L, -1, depth + 1);
      lua_replace(L, -2);
    }
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
}

int script_host_plain(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  script_check_text(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  script_unfreeze(L, 1);
  push_plain(L, 1, 0);
  return 1;
}

int script_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  script_unfreeze(L, 1);
  bool view = !lua_rawequal(L, 1, 3);
  lua_settop(L, 2);
  if (!lua_next(L, 1)) {
    lua_pushnil(L);
    return 1;
  }
  if (view)
    freeze_value(L, "table");
  return 2;
}

typedef struct table_key {
  lua_Integer position; /* in the unsorted list */
  int kind;             /* 0 a number, 1 a text, 2 else */
  lua_Number number;
  const char *text; /* borrowed: the list holds it */
  size_t len;
} table_key;

static int compare_keys(const void *left, const void *right) {
  const table_key *a = left, *b = right;
  if (a->kind != b->kind)
    return a->kind - b->kind;
  if (a->kind == 0 && a->number < b->number)
    return -1;
  if (a->kind == 0 && a->number > b->number)
    return 1;
  if (a->kind == 1) {
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, len);
    if (order != 0)
      return order;
    if (a->len != b->len)
      return a->len < b->len ? -1 : 1;
  }
  return a->position < b->position ? -1 : a->position > b->position;
}

void script_push_sorted_keys(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 8, "keys");
  lua_newtable(L);
  int list = lua_gettop(L);
  lua_Integer count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, list, ++count);
  }
  table_key *keys = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *keys, 0);
  for (lua_Integer i = 0; i < count; i++) {
    table_key *key = &keys[i];
    *key = (table_key){.position = i + 1, .kind = 2};
    int type = lua_rawgeti(L, list, i + 1);
    if (type == LUA_TNUMBER) {
      key->kind = 0;
      key->number = lua_tonumber(L, -1);
    } else if (type == LUA_TSTRING) {
      key->kind = 1;
      key->text = lua_tolstring(L, -1, &key->len);
    }
    lua_pop(L, 1);
  }
  qsort(keys, (size_t)count, sizeof *keys, compare_keys);
  lua_createtable(L, count < 100000000 ? (int)count : 0, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, list, keys[i].position);
    lua_rawseti(L, -2, i + 1);
  }
  lua_replace(L, list);
  lua_settop(L, list);
}

/* Upvalues: table, keys, position, whether tables in it are shown read-only. */
static int next_pair(lua_State *L) {
  lua_Integer position = lua_tointeger(L, lua_upvalueindex(3));
  for (;;) {
    int type = lua_rawgeti(L, lua_upvalueindex(2), ++position);
    if (type == LUA_TNIL)
      return 1;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
      break;
    lua_pop(L, 2);
  }
  lua_pushinteger(L, position);
  lua_replace(L, lua_upvalueindex(3));
  if (lua_toboolean(L, lua_upvalueindex(4)))
    freeze_value(L, "table");
  return 2;
}

int script_pairs(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  script_unfreeze(L, 1);
  bool view = !lua_rawequal(L, 1, 2);
  lua_settop(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  script_push_sorted_keys(L, 1);
  lua_pushinteger(L, 0);
  lua_pushboolean(L, view);
  lua_pushcclosure(L, next_pair, 4);
  return 1;
}

void script_new_weak_table(lua_State *L, const void *key, const char *mode) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushstring(L, mode);
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void script_open_tables(lua_State *L) {
  static const luaL_Reg view[] = {
      {"__index", view_index}, {"__newindex", view_newindex}, {"__len", view_len}, {NULL, NULL}};
  script_new_weak_table(L, &views_key, "kv");
  script_new_weak_table(L, &originals_key, "k");
  script_new_weak_table(L, &names_key, "k");
  luaL_newlib(L, view);
  lua_pushliteral(L, "protected");
  lua_setfield(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &meta_key);
}
