/* Calls of the engine: what goes in as a table and comes out as JSON. */
#include "base/calendar.h"
#include "script/internal.h"

#include <string.h>

static const char source_key = 0;      /* registry: the session's machines, so that they */
static const char destination_key = 0; /* can be closed when the call is over */

typedef struct engine_call {
  const char *name;
  int (*push)(lua_State *L, struct engine_call *call); /* pushes arguments, gives their count */
  json_t *result;
  const char *const *ids;
  size_t id_count;
  const char *playbook; /* whose spec it is, and text is read from its folder; or NULL */
  const char *spec, *text;
  size_t len;
  const json_t *argument;
  const rh_session *session;
  const rh_interface_map *map;
  script_machine *source, *destination; /* kept alive by the registry */
} engine_call;

static int call_body(lua_State *L) {
  engine_call *call = lua_touserdata(L, 1);
  int count = call->push ? call->push(L, call) : 0;
  script_call_engine(L, call->name, count);
  if (!lua_isnil(L, -1))
    call->result = script_to_json(L, -1);
  return 0;
}

/* The result is a new reference; an engine function that has to give one and does not is an error.
 */
static rh_status call_engine(rh_script *script, engine_call *call, json_t **out, rh_error *error) {
  rh_status status = script_run(script, call_body, call, error);
  if (status == RH_OK && out && !call->result)
    status = rh_error_set(error, RH_ERR_SCRIPT, call->name, "the engine gives no result");
  if (status == RH_OK && out)
    *out = call->result;
  else
    json_decref(call->result);
  return status;
}

rh_status rh_script_list(rh_script *script, json_t **out, rh_error *error) {
  engine_call call = {.name = "list"};
  return call_engine(script, &call, out, error);
}

rh_status rh_script_describe(rh_script *script, json_t **out, rh_error *error) {
  engine_call call = {.name = "describe"};
  return call_engine(script, &call, out, error);
}

rh_status rh_script_graph(rh_script *script, json_t **out, rh_error *error) {
  engine_call call = {.name = "graph"};
  return call_engine(script, &call, out, error);
}

static int push_argument(lua_State *L, engine_call *call) {
  script_push_json(L, call->argument);
  return 1;
}

rh_status rh_script_view(rh_script *script, const char *what, const json_t *argument, json_t **out,
                         rh_error *error) {
  engine_call call = {.name = what, .push = push_argument, .argument = argument};
  return call_engine(script, &call, out, error);
}

static int push_ids(lua_State *L, engine_call *call) {
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; i < call->id_count; i++) {
    lua_pushstring(L, call->ids[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "ids");
  return 1;
}

rh_status rh_script_load(rh_script *script, const char *const *ids, size_t count, rh_error *error) {
  engine_call call = {.name = "load", .push = push_ids, .ids = ids, .id_count = count};
  return call_engine(script, &call, NULL, error);
}

rh_status rh_script_load_planned(rh_script *script, const rh_plan *plan, rh_error *error) {
  engine_call call = {
      .name = "load_planned", .push = push_argument, .argument = rh_plan_document(plan)};
  return call_engine(script, &call, NULL, error);
}

static int push_spec(lua_State *L, engine_call *call) {
  lua_createtable(L, 0, 3);
  if (call->playbook) {
    lua_pushcfunction(L, script_host_read);
    lua_pushstring(L, call->playbook);
    lua_pushstring(L, call->spec);
    lua_call(L, 2, 1);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, call->playbook);
    lua_setfield(L, -2, "playbook");
    lua_pushfstring(L, "%s/%s", call->playbook, call->spec);
  } else {
    lua_pushlstring(L, call->text, call->len);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, call->spec);
  }
  lua_setfield(L, -2, "name");
  return 1;
}

rh_status rh_script_run_spec(rh_script *script, const char *name, const char *text, size_t len,
                             json_t **out, rh_error *error) {
  engine_call call = {.name = "spec", .push = push_spec, .spec = name, .text = text, .len = len};
  return call_engine(script, &call, out, error);
}

static int list_files(lua_State *L) {
  engine_call *call = lua_touserdata(L, 1);
  lua_pushcfunction(L, script_host_files);
  lua_pushstring(L, call->playbook);
  lua_call(L, 1, 1);
  call->result = script_to_json(L, -1);
  return 0;
}

rh_status rh_script_test(rh_script *script, const char *playbook, json_t **out, rh_error *error) {
  engine_call files = {.playbook = playbook};
  json_t *all = json_array(), *name;
  size_t position, count = 0;
  rh_status status = all ? script_run(script, list_files, &files, error) : rh_error_memory(error);
  json_array_foreach(files.result, position, name) {
    engine_call call = {.name = "spec", .push = push_spec, .playbook = playbook};
    json_t *results = NULL;
    call.spec = json_string_value(name);
    if (strncmp(call.spec, "tests/", 6) != 0)
      continue;
    count++;
    status = call_engine(script, &call, &results, error);
    if (status == RH_OK && json_array_extend(all, results))
      status = rh_error_memory(error);
    json_decref(results);
    if (status != RH_OK)
      break;
  }
  json_decref(files.result);
  if (status == RH_OK && count == 0) {
    status = rh_error_set(error, RH_ERR_NOT_FOUND, playbook,
                          "there is no such playbook, or it has no tests");
    rh_error_hint(error, "put a spec into its folder as tests/NAME.lua");
  }
  if (status == RH_OK)
    *out = all;
  else
    json_decref(all);
  return status;
}

/* Points from list on at the texts of one JSON array. */
static void point_at(const char **list, const json_t *texts, const char *const **out,
                     size_t *count) {
  *out = list;
  *count = json_array_size(texts);
  for (size_t i = 0; i < *count; i++) {
    const char *text = json_string_value(json_array_get(texts, i));
    list[i] = text ? text : "";
  }
}

rh_status rh_script_scopes(rh_script *script, const rh_scopes **out, rh_error *error) {
  engine_call call = {.name = "scopes"};
  json_t *texts = NULL;
  rh_status status = call_engine(script, &call, &texts, error);
  if (status != RH_OK)
    return status;
  const json_t *registry = json_object_get(texts, "registry");
  const json_t *files = json_object_get(texts, "files");
  const json_t *certificates = json_object_get(texts, "certificates");
  const json_t *accounts = json_object_get(texts, "accounts");
  size_t total = json_array_size(registry) + json_array_size(files) +
                 json_array_size(certificates) + json_array_size(accounts);
  script_kept_scopes *kept = rh_alloc_zero(1, sizeof *kept);
  const char **list = rh_alloc_zero(total, sizeof *list);
  if (!kept || !list) {
    rh_free(kept);
    rh_free((void *)(uintptr_t)list);
    json_decref(texts);
    return rh_error_memory(error);
  }
  rh_scopes *scopes = &kept->scopes;
  kept->texts = texts;
  kept->list = list;
  point_at(list, registry, &scopes->registry, &scopes->registry_count);
  point_at(list + scopes->registry_count, files, &scopes->files, &scopes->file_count);
  point_at(list + scopes->registry_count + scopes->file_count, certificates, &scopes->certificates,
           &scopes->certificate_count);
  point_at(list + total - json_array_size(accounts), accounts, &scopes->accounts,
           &scopes->account_count);
  kept->next = script->kept_scopes;
  script->kept_scopes = kept;
  *out = scopes;
  return RH_OK;
}

static void push_end(lua_State *L, const rh_interface *end, const char *field) {
  if (!end)
    return;
  lua_createtable(L, 0, 2);
  lua_pushstring(L, end->guid);
  lua_setfield(L, -2, "guid");
  lua_pushstring(L, end->name);
  lua_setfield(L, -2, "name");
  lua_setfield(L, -2, field);
}

static script_machine *push_session_machine(lua_State *L, rh_machine *machine, const void *key) {
  script_machine *self = script_push_machine(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  self->machine = machine;
  self->borrowed = true;
  return self;
}

static void push_map(lua_State *L, const rh_interface_map *map) {
  lua_newtable(L);
  for (size_t i = 0; i < map->count; i++) {
    const rh_interface_pair *pair = &map->pairs[i];
    lua_createtable(L, 0, 3);
    push_end(L, pair->source, "source");
    push_end(L, pair->destination, "destination");
    lua_pushstring(L, rh_map_reason_name(pair->reason));
    lua_setfield(L, -2, "reason");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* {source, destination, map, request}: the machines, the map as it was built, what was asked. */
static int push_session(lua_State *L, engine_call *call) {
  const rh_session *session = call->session;
  lua_createtable(L, 0, 4);
  call->source = push_session_machine(L, session->source, &source_key);
  lua_setfield(L, -2, "source");
  if (session->destination) {
    call->destination = push_session_machine(L, session->destination, &destination_key);
    lua_setfield(L, -2, "destination");
  }
  push_map(L, call->map);
  lua_setfield(L, -2, "map");
  script_push_json(L, session->request);
  lua_setfield(L, -2, "request");
  return 1;
}

/* Machines of a session are borrowed: whoever kept one in Lua finds it closed. */
static void close_session(engine_call *call) {
  if (call->source)
    script_machine_close(call->source);
  if (call->destination)
    script_machine_close(call->destination);
}

static rh_status build_map(rh_interface_map *out, const rh_session *session, rh_error *error) {
  const rh_interface_list *source = NULL, *destination = NULL;
  rh_map_entry *entries = NULL;
  size_t count = 0;
  rh_status status = rh_request_map(session->request, &entries, &count, error);
  if (status == RH_OK)
    status = rh_machine_interfaces(session->source, &source, error);
  if (status == RH_OK)
    status = rh_machine_interfaces(session->destination, &destination, error);
  if (status == RH_OK)
    status = rh_interface_map_build(out, source, destination, entries, count, error);
  rh_map_entries_free(entries, count);
  return status;
}

static rh_status call_with_session(rh_script *script, const char *name, const rh_session *session,
                                   json_t **out, rh_error *error) {
  rh_interface_map map = {0};
  engine_call call = {.name = name, .push = push_session, .session = session, .map = &map};
  rh_status status = session->destination ? build_map(&map, session, error) : RH_OK;
  if (status == RH_OK) {
    status = call_engine(script, &call, out, error);
    close_session(&call);
  }
  rh_interface_map_dispose(&map);
  return status;
}

rh_status rh_script_check(rh_script *script, const rh_session *session, json_t **out,
                          rh_error *error) {
  return call_with_session(script, "check", session, out, error);
}

rh_status rh_script_inventory(rh_script *script, rh_machine *machine, json_t **out,
                              rh_error *error) {
  int64_t now = rh_seconds_from_filetime(rh_platform_filetime());
  json_t *request = NULL;
  rh_status status = rh_request_new(&request, error);
  if (status == RH_OK)
    status = rh_request_set(request, "time", json_integer(now), error);
  const rh_session session = {.source = machine, .request = request};
  if (status == RH_OK)
    status = call_with_session(script, "inventory", &session, out, error);
  json_decref(request);
  return status;
}

/* The error of a blocked plan: the first check that blocks and is not waived. */
static rh_status blocked(const rh_plan *plan, rh_error *error) {
  const json_t *checks = json_object_get(rh_plan_document(plan), "checks");
  size_t position;
  json_t *check;
  json_array_foreach(checks, position, check) {
    const char *id = json_string_value(json_object_get(check, "id"));
    const char *message = json_string_value(json_object_get(check, "message"));
    const char *hint = json_string_value(json_object_get(check, "hint"));
    const char *severity = json_string_value(json_object_get(check, "severity"));
    if (json_is_true(json_object_get(check, "ok")) ||
        json_is_true(json_object_get(check, "waived")) || !severity ||
        strcmp(severity, "block") != 0)
      continue;
    rh_error_set(error, RH_ERR_BLOCKED, id, "%s", message ? message : "the check failed");
    if (hint)
      rh_error_hint(error, "%s", hint);
    return RH_ERR_BLOCKED;
  }
  return rh_error_set(error, RH_ERR_BLOCKED, "checks", "a check forbids to go on");
}

rh_status rh_script_plan(rh_script *script, const rh_session *session, rh_plan *plan,
                         rh_error *error) {
  json_t *result = NULL;
  rh_machine *without = NULL;
  rh_session used = *session;
  const json_t *excluded = json_object_get(session->request, "excluded");
  rh_status status = rh_plan_ask(plan, session->request, error);
  /* What is excluded is taken out of a layer on top of the source. */
  if (status == RH_OK && json_array_size(excluded) > 0) {
    status = rh_machine_overlay(&without, session->source, error);
    used.source = without;
  }
  if (status == RH_OK)
    status = call_with_session(script, "plan", &used, &result, error);
  if (status == RH_OK)
    status = rh_plan_take(plan, json_object_get(result, "plan"), error);
  if (status == RH_OK && json_is_true(json_object_get(result, "blocked")))
    status = blocked(plan, error);
  if (status == RH_OK)
    status = rh_plan_take_changes(plan, session->destination, error);
  if (status == RH_OK)
    status = script_drop_excluded(plan, session->destination, excluded, error);
  if (status == RH_OK)
    status = rh_plan_bind(plan, session->source, session->destination, error);
  rh_machine_free(without);
  json_decref(result);
  return status;
}
