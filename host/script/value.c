/* Registry values in Lua: what their bytes mean, and the bytes of what is set. */
#include "base/reader.h"
#include "base/text.h"
#include "script/internal.h"

#include <string.h>

static const struct {
  uint32_t type;
  const char *name;
} types[] = {{RH_REG_NONE, "none"},           {RH_REG_SZ, "sz"},
             {RH_REG_EXPAND_SZ, "expand_sz"}, {RH_REG_BINARY, "binary"},
             {RH_REG_DWORD, "dword"},         {RH_REG_DWORD_BE, "dword_be"},
             {RH_REG_LINK, "link"},           {RH_REG_MULTI_SZ, "multi_sz"},
             {RH_REG_QWORD, "qword"}};

static bool is_text(uint32_t type) {
  return type == RH_REG_SZ || type == RH_REG_EXPAND_SZ || type == RH_REG_LINK;
}

static uint32_t swap(uint32_t value) {
  return value >> 24 | (value >> 8 & 0xFF00u) | (value << 8 & 0xFF0000u) | value << 24;
}

/* Bytes up to the first NUL unit. */
static size_t text_len(const unsigned char *data, size_t len) {
  size_t end = 0;
  while (len - end >= 2 && rh_load_u16(data + end) != 0)
    end += 2;
  return end;
}

static void push_text(lua_State *L, const unsigned char *data, size_t len) {
  script_scratch *scratch = &script_of(L)->scratch;
  rh_buffer_clear(&scratch->text);
  if (rh_utf8_from_utf16(&scratch->text, data, len, &scratch->error) != RH_OK)
    script_raise(L);
  lua_pushlstring(L, rh_buffer_text(&scratch->text), scratch->text.len);
}

void script_push_interpreted(lua_State *L, uint32_t type, const unsigned char *data, size_t len) {
  if (type == RH_REG_DWORD && len == 4) {
    lua_pushinteger(L, rh_load_u32(data));
  } else if (type == RH_REG_DWORD_BE && len == 4) {
    lua_pushinteger(L, swap(rh_load_u32(data)));
  } else if (type == RH_REG_QWORD && len == 8) {
    lua_pushinteger(L, (lua_Integer)rh_load_u64(data));
  } else if (is_text(type)) {
    push_text(L, data, text_len(data, len));
  } else if (type == RH_REG_MULTI_SZ) {
    lua_newtable(L);
    for (lua_Integer i = 1; len >= 2; i++) {
      size_t end = text_len(data, len);
      if (end == 0)
        break; /* an empty text ends the list */
      push_text(L, data, end);
      lua_rawseti(L, -2, i);
      end = len - end >= 2 ? end + 2 : len;
      data += end;
      len -= end;
    }
  } else {
    lua_pushlstring(L, len ? (const char *)data : "", len);
  }
}

void script_push_value(lua_State *L, const rh_value *value) {
  size_t known = sizeof types / sizeof *types, i = 0;
  luaL_checkstack(L, 6, "value");
  lua_createtable(L, 0, 4);
  lua_pushlstring(L, value->name_len ? value->name : "", value->name_len);
  lua_setfield(L, -2, "name");
  while (i < known && types[i].type != value->type)
    i++;
  if (i < known)
    lua_pushstring(L, types[i].name);
  else
    lua_pushinteger(L, value->type);
  lua_setfield(L, -2, "type");
  lua_pushlstring(L, value->len ? (const char *)value->data : "", value->len);
  lua_setfield(L, -2, "raw");
  script_push_interpreted(L, value->type, value->data, value->len);
  lua_setfield(L, -2, "value");
}

const char *script_check_name(lua_State *L, int index, size_t *len) {
  luaL_checktype(L, index, LUA_TSTRING);
  const char *name = lua_tolstring(L, index, len);
  if (*len == 1 && name[0] == '@')
    *len = 0;
  return name;
}

uint32_t script_check_type(lua_State *L, int index) {
  if (lua_isinteger(L, index)) {
    lua_Integer type = lua_tointeger(L, index);
    luaL_argcheck(L, type >= 0 && type <= UINT32_MAX, index,
                  "a type from 0 to 4294967295 expected");
    return (uint32_t)type;
  }
  const char *name = script_check_text(L, index);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(types[i].name, name) == 0)
      return types[i].type;
  luaL_argerror(L, index, lua_pushfstring(L, "'%s' is no type of registry values", name));
  return 0;
}

static void misfit(lua_State *L, const char *expected, int index) {
  luaL_error(L, "%s expected as the value, got %s", expected, luaL_typename(L, index));
}

static lua_Integer check_number(lua_State *L, int index, lua_Integer highest) {
  int whole = 0;
  lua_Integer number = lua_type(L, index) == LUA_TNUMBER ? lua_tointegerx(L, index, &whole) : 0;
  if (!whole)
    misfit(L, "a whole number", index);
  if (highest && (number < 0 || number > highest))
    luaL_error(L, "a number from 0 to %I expected as the value", highest);
  return number;
}

/* Appends a text and its NUL as UTF-16. */
static void add_text(lua_State *L, int index, bool in_list) {
  script_scratch *scratch = &script_of(L)->scratch;
  size_t len;
  if (lua_type(L, index) != LUA_TSTRING)
    misfit(L, in_list ? "a list of texts" : "a text", index);
  const char *text = lua_tolstring(L, index, &len);
  if (strlen(text) != len || (in_list && len == 0))
    luaL_error(L, "a text %s cannot be set; give the bytes as raw",
               len ? "with NUL in it" : "without characters in a list");
  if (rh_utf16_from_utf8(&scratch->data, text, len, &scratch->error) != RH_OK ||
      rh_buffer_append_u16(&scratch->data, 0, &scratch->error) != RH_OK)
    script_raise(L);
}

static void add_bytes(lua_State *L, const void *bytes, size_t len) {
  script_scratch *scratch = &script_of(L)->scratch;
  if (rh_buffer_append(&scratch->data, bytes, len, &scratch->error) != RH_OK)
    script_raise(L);
}

void script_encode_value(lua_State *L, uint32_t type, int index) {
  unsigned char bytes[8];
  index = lua_absindex(L, index);
  script_begin(L);
  if (type == RH_REG_DWORD || type == RH_REG_DWORD_BE) {
    uint32_t number = (uint32_t)check_number(L, index, UINT32_MAX);
    rh_store_u32(bytes, type == RH_REG_DWORD ? number : swap(number));
    add_bytes(L, bytes, 4);
  } else if (type == RH_REG_QWORD) {
    rh_store_u64(bytes, (uint64_t)check_number(L, index, 0));
    add_bytes(L, bytes, 8);
  } else if (is_text(type)) {
    add_text(L, index, false);
  } else if (type == RH_REG_MULTI_SZ) {
    if (lua_type(L, index) != LUA_TTABLE)
      misfit(L, "a list of texts", index);
    lua_pushvalue(L, index);
    script_unfreeze(L, -1);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
      add_text(L, lua_gettop(L), true);
      lua_pop(L, 1);
    }
    lua_pop(L, 2);
    add_bytes(L, "\0", 2);
  } else {
    size_t len;
    if (lua_type(L, index) != LUA_TSTRING)
      misfit(L, "bytes", index);
    const char *raw = lua_tolstring(L, index, &len);
    add_bytes(L, raw, len);
  }
}
