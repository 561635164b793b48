/* The method of machines that tells their local users and groups. */
#include "base/calendar.h"
#include "script/internal.h"

#include <string.h>

static void set_text(lua_State *L, const char *field, const char *text) {
  lua_pushstring(L, text);
  lua_setfield(L, -2, field);
}

static void set_integer(lua_State *L, const char *field, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, field);
}

static void set_flag(lua_State *L, const char *field, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, field);
}

/* properties[name] = bytes; of a name that is not known, other[n] = name. */
static void push_properties(lua_State *L, const rh_dial_in *dial_in) {
  lua_Integer others = 0;
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; i < dial_in->property_count; i++) {
    const rh_dial_in_property *property = &dial_in->properties[i];
    if (property->data) {
      lua_pushlstring(L, (const char *)property->data, property->len);
      lua_setfield(L, -3, property->name);
    } else {
      lua_pushstring(L, property->name);
      lua_rawseti(L, -2, ++others);
    }
  }
}

static void set_dial_in(lua_State *L, const rh_dial_in *dial_in) {
  if (!dial_in->present && dial_in->property_count == 0)
    return;
  lua_newtable(L);
  if (dial_in->present) {
    set_integer(L, "privilege", dial_in->privilege);
    set_text(L, "callback_number", dial_in->callback_number);
  }
  push_properties(L, dial_in);
  lua_setfield(L, -3, "other");
  lua_setfield(L, -2, "properties");
  lua_setfield(L, -2, "dial_in");
}

/* Nothing where the SID of the machine is not known. */
static void set_sid(lua_State *L, const char *domain, uint32_t rid) {
  if (!*domain)
    return;
  lua_pushfstring(L, "%s-%I", domain, (LUAI_UACINT)rid);
  lua_setfield(L, -2, "sid");
}

static void push_user(lua_State *L, const rh_user *user, const char *machine_sid) {
  const struct {
    const char *field;
    unsigned bit;
  } flags[] = {{"disabled", RH_USER_DISABLED},    {"no_password", RH_USER_NO_PASSWORD},
               {"normal", RH_USER_NORMAL},        {"never_expires", RH_USER_NEVER_EXPIRES},
               {"locked", RH_USER_LOCKED},        {"reversible", RH_USER_REVERSIBLE},
               {"smart_card", RH_USER_SMART_CARD}};
  const struct {
    const char *field, *text;
  } texts[] = {{"name", user->name},
               {"full_name", user->full_name},
               {"comment", user->comment},
               {"user_comment", user->user_comment},
               {"home_directory", user->home_directory},
               {"home_drive", user->home_drive},
               {"script", user->script},
               {"profile", user->profile},
               {"workstations", user->workstations}};
  lua_createtable(L, 0, 24);
  set_integer(L, "rid", user->rid);
  set_sid(L, machine_sid, user->rid);
  set_integer(L, "flags", user->flags);
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    set_flag(L, flags[i].field, user->flags & flags[i].bit);
  set_flag(L, "cannot_change_password", user->cannot_change_password);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    set_text(L, texts[i].field, texts[i].text);
  if (user->expires)
    set_integer(L, "expires", (lua_Integer)rh_seconds_from_filetime(user->expires));
  if (user->has_logon_hours) {
    lua_pushlstring(L, (const char *)user->logon_hours, sizeof user->logon_hours);
    lua_setfield(L, -2, "logon_hours");
  }
  set_dial_in(L, &user->dial_in);
}

static void push_group(lua_State *L, const rh_group *group, const char *machine_sid) {
  lua_createtable(L, 0, 6);
  set_integer(L, "rid", group->rid);
  set_sid(L, group->builtin ? "S-1-5-32" : machine_sid, group->rid);
  set_flag(L, "builtin", group->builtin);
  set_text(L, "name", group->name);
  set_text(L, "comment", group->comment);
  lua_createtable(L, (int)(group->member_count & 0xFFFFFF), 0);
  for (size_t i = 0; i < group->member_count; i++) {
    lua_pushstring(L, group->members[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "members");
}

/* A machine without a SAM hive gives nil: nothing is known of its accounts. */
static int machine_accounts(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const rh_account_list *list;
  bool users, groups;
  script_need_accounts(L, self, &users, &groups);
  script_scratch *scratch = script_begin(L);
  if (rh_machine_accounts(script_machine_of(self), &list, &scratch->error) != RH_OK)
    return script_raise(L);
  if (!list->known)
    return 0;
  lua_newtable(L);
  set_text(L, "machine_sid", list->machine_sid);
  lua_newtable(L);
  for (size_t i = 0; users && i < list->user_count; i++) {
    push_user(L, &list->users[i], list->machine_sid);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "users");
  lua_newtable(L);
  for (size_t i = 0; groups && i < list->group_count; i++) {
    push_group(L, &list->groups[i], list->machine_sid);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "groups");
  lua_newtable(L);
  for (size_t i = 0; i < list->problem_count; i++) {
    lua_createtable(L, 0, 2);
    set_text(L, "path", list->problems[i].path);
    set_text(L, "text", list->problems[i].text);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "problems");
  return 1;
}

const luaL_Reg script_account_methods[] = {{"accounts", machine_accounts}, {NULL, NULL}};
