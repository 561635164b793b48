/* The method of machines that tells their services. */
#include "script/internal.h"

static int machine_services(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const rh_service_list *list;
  script_scratch *scratch = script_begin(L);
  if (rh_machine_services(script_machine_of(self), &list, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_createtable(L, (int)list->count, 0);
  for (size_t i = 0; i < list->count; i++) {
    const rh_service *item = &list->items[i];
    const struct {
      const char *field, *text;
    } texts[] = {{"name", item->name},
                 {"title", item->title},
                 {"program", item->program},
                 {"account", item->account}};
    lua_createtable(L, 0, 6);
    for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
      lua_pushstring(L, texts[j].text);
      lua_setfield(L, -2, texts[j].field);
    }
    lua_pushinteger(L, item->type);
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, item->start);
    lua_setfield(L, -2, "start");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

const luaL_Reg script_service_methods[] = {{"services", machine_services}, {NULL, NULL}};
