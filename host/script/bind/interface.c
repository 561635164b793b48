/* The method of machines that tells their network interfaces. */
#include "script/internal.h"

static void set_list(lua_State *L, const char *field, const rh_text_list *texts) {
  lua_newtable(L);
  for (size_t i = 0; i < texts->count; i++) {
    lua_pushstring(L, texts->items[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, field);
}

static int machine_interfaces(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const rh_interface_list *list;
  script_scratch *scratch = script_begin(L);
  if (rh_machine_interfaces(script_machine_of(self), &list, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_newtable(L);
  for (size_t i = 0; i < list->count; i++) {
    const rh_interface *item = &list->items[i];
    const struct {
      const char *field, *text;
    } texts[] = {{"guid", item->guid},
                 {"name", item->name},
                 {"description", item->description},
                 {"pnp_id", item->pnp_id},
                 {"mac", item->mac},
                 {"kind", rh_adapter_kind_name(item->kind)},
                 {"presence", rh_presence_name(item->presence)},
                 {"maker", item->maker},
                 {"carrier", item->carrier[0] ? item->carrier : NULL}};
    lua_createtable(L, 0, 16);
    for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
      lua_pushstring(L, texts[j].text);
      lua_setfield(L, -2, texts[j].field);
    }
    lua_pushboolean(L, item->is_card);
    lua_setfield(L, -2, "is_card");
    lua_pushboolean(L, item->is_member);
    lua_setfield(L, -2, "is_member");
    if (item->vlan_id != 0) {
      lua_pushinteger(L, item->vlan_id);
      lua_setfield(L, -2, "vlan");
    }
    lua_pushboolean(L, item->uses_dhcp);
    lua_setfield(L, -2, "uses_dhcp");
    set_list(L, "addresses", &item->addresses);
    set_list(L, "masks", &item->masks);
    set_list(L, "gateways", &item->gateways);
    set_list(L, "dns_servers", &item->dns_servers);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

const luaL_Reg script_interface_methods[] = {{"interfaces", machine_interfaces}, {NULL, NULL}};
