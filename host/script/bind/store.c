/* Methods of machines that tell what they are: identity, kind, and the store they come from. */
#include "script/internal.h"

#include <string.h>

static int machine_identity(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const rh_identity *identity;
  script_scratch *scratch = script_begin(L);
  if (rh_machine_identity(script_machine_of(self), &identity, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_newtable(L);
  for (size_t i = 0; i < rh_identity_count(); i++) {
    luaL_gsub(L, rh_identity_name(i), "-", "_");
    lua_pushstring(L, rh_identity_value(identity, i));
    lua_rawset(L, -3);
  }
  return 1;
}

static int machine_kind(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  lua_pushstring(L, rh_machine_kind_name(script_machine_of(self)));
  return 1;
}

static void set_facts(lua_State *L, const char *field, const rh_store_fact *facts, size_t count) {
  lua_newtable(L);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, facts[i].value);
    lua_setfield(L, -2, facts[i].name);
  }
  lua_setfield(L, -2, field);
}

static void set_text(lua_State *L, const char *field, const char *text) {
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

/* The manifest without its list of members: {format_version, tool_version, created, facts,
 * parameters, playbooks, scopes}. */
static int machine_store(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const rh_store_manifest *manifest = rh_machine_manifest(script_machine_of(self));
  if (!manifest)
    return 0;
  lua_createtable(L, 0, 7);
  lua_pushinteger(L, manifest->format_version);
  lua_setfield(L, -2, "format_version");
  set_text(L, "tool_version", manifest->tool_version);
  set_text(L, "created", manifest->created);
  set_facts(L, "facts", manifest->facts, manifest->fact_count);
  set_facts(L, "parameters", manifest->parameters, manifest->parameter_count);
  lua_newtable(L);
  for (size_t i = 0; i < manifest->playbook_count; i++) {
    const rh_store_playbook *playbook = &manifest->playbooks[i];
    lua_createtable(L, 0, 3);
    set_text(L, "id", playbook->id);
    set_text(L, "version", playbook->version);
    set_text(L, "sha256", playbook->sha256);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "playbooks");
  lua_newtable(L);
  for (size_t i = 0; i < manifest->scope_count; i++) {
    lua_pushstring(L, manifest->scopes[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "scopes");
  return 1;
}

const luaL_Reg script_store_methods[] = {
    {"identity", machine_identity}, {"kind", machine_kind}, {"store", machine_store}, {NULL, NULL}};
