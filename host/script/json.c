/* Plain Lua tables to JSON and back. */
#include "base/text.h"
#include "script/internal.h"

#include <string.h>

#define DEPTH_MAX 100
#define NODE_COST 96 /* bytes that a JSON value takes, about */

static const char box_name[] = "json"; /* a document under construction, freed with its box */

static int box_free(lua_State *L) {
  json_t **box = luaL_checkudata(L, 1, box_name);
  json_decref(*box);
  *box = NULL;
  return 0;
}

void script_open_json(lua_State *L) {
  luaL_newmetatable(L, box_name);
  lua_pushcfunction(L, box_free);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

static int refuse(lua_State *L, const char *where, const char *why) {
  rh_error *error = &script_begin(L)->error;
  rh_error_set(error, RH_ERR_SCRIPT, where, "%s", why);
  return script_raise(L);
}

/* The table at index is a list: its keys are exactly 1..n. */
static bool is_list(lua_State *L, int index, lua_Integer *count) {
  lua_Integer len = (lua_Integer)lua_rawlen(L, index), seen = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 || lua_tointeger(L, -1) > len) {
      lua_pop(L, 1);
      return false;
    }
    seen++;
  }
  *count = len;
  return seen == len;
}

/* Names from a hive may hold unpaired surrogates, which JSON cannot: U+FFFD stands for one here.
 * NULL for other bytes that are no text. */
static json_t *without_surrogates(const char *text, size_t len) {
  rh_buffer clean = {0};
  json_t *json = NULL;
  if (rh_utf16_count(text, len) != SIZE_MAX && rh_buffer_append(&clean, text, len, NULL) == RH_OK) {
    for (size_t i = 0; i + 2 < clean.len; i++)
      if (clean.data[i] == 0xED && clean.data[i + 1] >= 0xA0)
        memcpy(clean.data + i, "\xEF\xBF\xBD", 3);
    json = json_stringn((const char *)clean.data, clean.len);
  }
  rh_buffer_dispose(&clean);
  return json;
}

/* The value at index without what is in it, for a table. NULL where JSON cannot hold it. */
static json_t *new_node(lua_State *L, int index, bool list) {
  size_t len;
  switch (lua_type(L, index)) {
  case LUA_TBOOLEAN:
    return json_boolean(lua_toboolean(L, index));
  case LUA_TNUMBER:
    return lua_isinteger(L, index) ? json_integer(lua_tointeger(L, index))
                                   : json_real(lua_tonumber(L, index));
  case LUA_TSTRING: {
    const char *text = lua_tolstring(L, index, &len);
    return rh_utf8_is_valid(text, len) ? json_stringn(text, len) : without_surrogates(text, len);
  }
  case LUA_TTABLE:
    return list ? json_array() : json_object();
  default:
    return NULL;
  }
}

static const char *why_not(lua_State *L, int index) {
  switch (lua_type(L, index)) {
  case LUA_TSTRING:
    return "a text that is not UTF-8 cannot be stored";
  case LUA_TNUMBER:
    return "a number that is infinite or not a number cannot be stored";
  default:
    return "only booleans, numbers, texts and tables can be stored";
  }
}

/* Builds the value on the top of the stack and hangs it into parent (NULL: into the box) before
 * anything can raise; pops the value. */
static void build(lua_State *L, json_t **box, json_t *parent, const char *key, int depth) {
  int index = lua_gettop(L);
  const char *where = key ? key : "";
  lua_Integer count = 0;
  bool list = false;
  if (depth > DEPTH_MAX)
    refuse(L, where, "tables are nested too deep, or a table contains itself");
  luaL_checkstack(L, 12, "JSON");
  script_charge(L, NODE_COST + (lua_type(L, index) == LUA_TSTRING ? lua_rawlen(L, index) : 0));
  if (lua_type(L, index) == LUA_TTABLE) {
    script_unfreeze(L, index);
    list = is_list(L, index, &count);
  }
  json_t *node = new_node(L, index, list);
  if (!node)
    refuse(L, where, why_not(L, index));
  int failed = 0;
  if (!parent)
    *box = node;
  else if (json_is_array(parent))
    failed = json_array_append_new(parent, node);
  else
    failed = json_object_set_new(parent, key, node);
  if (failed)
    script_kill_now(L, SCRIPT_KILL_SYSTEM_MEMORY);
  for (lua_Integer i = 1; i <= count && list; i++) {
    lua_rawgeti(L, index, i);
    build(L, box, node, key, depth + 1);
  }
  if (json_is_object(node)) {
    script_push_sorted_keys(L, index);
    int keys = lua_gettop(L);
    for (lua_Integer i = 1; lua_rawgeti(L, keys, i) != LUA_TNIL; i++) {
      size_t len;
      if (lua_type(L, -1) != LUA_TSTRING)
        refuse(L, where, "a table with other keys than names, or with a gap, cannot be stored");
      const char *name = lua_tolstring(L, -1, &len);
      if (!rh_utf8_is_valid(name, len) || strlen(name) != len)
        refuse(L, where, "a table's key that is not UTF-8 cannot be stored");
      lua_pushvalue(L, -1);
      lua_rawget(L, index);
      build(L, box, node, name, depth + 1);
      lua_pop(L, 1);
    }
  }
  lua_settop(L, index - 1);
}

json_t *script_to_json(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 4, "JSON");
  json_t **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, box_name);
  lua_pushvalue(L, index);
  build(L, box, NULL, NULL, 0);
  json_t *json = *box;
  *box = NULL;
  lua_pop(L, 1);
  return json;
}

static void push(lua_State *L, const json_t *json, int depth) {
  size_t position;
  const char *key;
  json_t *item;
  luaL_checkstack(L, 6, "JSON");
  if (depth > DEPTH_MAX)
    refuse(L, NULL, "the JSON is nested too deep");
  switch (json_typeof(json)) {
  case JSON_OBJECT:
    lua_newtable(L);
    /* jansson's iteration does not change the object; its parameter is not const all the same. */
    json_object_foreach((json_t *)(uintptr_t)json, key, item) {
      push(L, item, depth + 1);
      lua_setfield(L, -2, key);
    }
    break;
  case JSON_ARRAY:
    lua_newtable(L);
    json_array_foreach(json, position, item) {
      if (json_is_null(item))
        refuse(L, NULL, "null cannot be in a list");
      push(L, item, depth + 1);
      lua_rawseti(L, -2, (lua_Integer)position + 1);
    }
    break;
  case JSON_STRING:
    lua_pushlstring(L, json_string_value(json), json_string_length(json));
    break;
  case JSON_INTEGER:
    lua_pushinteger(L, json_integer_value(json));
    break;
  case JSON_REAL:
    lua_pushnumber(L, json_real_value(json));
    break;
  case JSON_TRUE:
  case JSON_FALSE:
    lua_pushboolean(L, json_is_true(json));
    break;
  case JSON_NULL:
    lua_pushnil(L);
    break;
  }
}

void script_push_json(lua_State *L, const json_t *json) {
  push(L, json, 0);
}
