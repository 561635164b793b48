/* What a playbook shows of its values: texts in which no address stands, and print with its limits.
 *
 * An address would be another one in each run, where the same playbook on the same machines has to
 * say the same; and it tells a stranger's program where things lie. */
#include "script/internal.h"

#include <string.h>

#define STEP_MAX ((size_t)64 * 1024)  /* bytes that a step may print */
#define RUN_MAX ((size_t)1024 * 1024) /* and all of them */

void script_push_shown(lua_State *L, int index) {
  switch (lua_type(L, index)) {
  case LUA_TTABLE:
  case LUA_TFUNCTION:
  case LUA_TUSERDATA:
  case LUA_TLIGHTUSERDATA:
  case LUA_TTHREAD:
    index = lua_absindex(L, index);
    if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL) {
      lua_pushstring(L, luaL_typename(L, index));
      return;
    }
    lua_pop(L, 1);
    break;
  default:
    break;
  }
  luaL_tolstring(L, index, NULL);
}

int script_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  script_push_shown(L, 1);
  return 1;
}

void script_begin_print(rh_script *script) {
  script->printed_by_step = 0;
  script->print_is_cut = script->printed > RUN_MAX;
}

/* Counts a line; false when it is beyond a limit, which is told once a step. */
static bool may_print(rh_script *script, size_t len) {
  const rh_script_options *options = &script->options;
  if (script->print_is_cut)
    return false;
  bool by_step = len >= STEP_MAX - script->printed_by_step,
       by_run = len >= RUN_MAX - script->printed;
  if (!by_step && !by_run) {
    script->printed_by_step += len + 1;
    script->printed += len + 1;
    return true;
  }
  script->print_is_cut = true;
  if (by_run)
    script->printed = RUN_MAX + 1;
  options->on_print(options->payload, by_run ? "(what playbooks print beyond 1 MiB is left out)"
                                             : "(what a step prints beyond 64 KiB is left out)");
  return false;
}

int script_print(lua_State *L) {
  rh_script *script = script_of(L);
  int count = lua_gettop(L);
  luaL_Buffer line;
  for (int i = 1; i <= count; i++) {
    script_push_shown(L, i);
    lua_replace(L, i);
  }
  luaL_buffinit(L, &line);
  for (int i = 1; i <= count; i++) {
    if (i > 1)
      luaL_addchar(&line, '\t');
    lua_pushvalue(L, i);
    luaL_addvalue(&line);
  }
  luaL_pushresult(&line);
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  if (script->options.on_print && may_print(script, len))
    script->options.on_print(script->options.payload, text);
  return 0;
}

/* string.format, the library's own as upvalue: %s of what has no text of its own is its type, and
 * so is %p of anything. */
int script_format(lua_State *L) {
  size_t len;
  const char *format = luaL_checklstring(L, 1, &len);
  int argument = 1, last = lua_gettop(L);
  luaL_checkstack(L, 4, "format");
  char *copy = lua_newuserdatauv(L, len + 1, 0);
  memcpy(copy, format, len + 1);
  for (size_t at = 0; at < len; at++) {
    if (copy[at] != '%' || copy[++at] == '%')
      continue;
    at += strspn(copy + at, "-+#0 123456789.");
    if (++argument > last)
      break;
    if (copy[at] == 's')
      script_push_shown(L, argument);
    else if (copy[at] == 'p')
      lua_pushstring(L, luaL_typename(L, argument));
    else
      continue;
    copy[at] = 's';
    lua_replace(L, argument);
  }
  lua_pushlstring(L, copy, len);
  lua_replace(L, 1);
  lua_settop(L, last);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}
