/* Changes to and from JSON. */
#include "plan/internal.h"

#include "plan/json.h"

#include <stdio.h>
#include <string.h>

#define WHERE_MAX 64

static json_t *side_to_json(const rh_change_side *side, bool is_value) {
  json_t *json = json_pack("{s:b}", "present", side->present);
  bool good = json;
  if (good && side->present)
    good =
        json_object_set_new(json, "data", rh_json_from_bytes(side->data.data, side->data.len)) == 0;
  if (good && side->present && is_value)
    good = json_object_set_new(json, "type", json_integer(side->type)) == 0;
  if (good && side->security.len > 0)
    good = json_object_set_new(json, "security",
                               rh_json_from_bytes(side->security.data, side->security.len)) == 0;
  if (good && side->time)
    good = json_object_set_new(json, "time", rh_json_from_time(side->time)) == 0;
  if (!good) {
    json_decref(json);
    return NULL;
  }
  return json;
}

static bool is_value_action(rh_change_action action) {
  return action == RH_SET_VALUE || action == RH_DELETE_VALUE;
}

static bool is_file_action(rh_change_action action) {
  return action == RH_WRITE_FILE || action == RH_DELETE_FILE;
}

rh_status rh_change_to_json(json_t **out, const rh_change *change, rh_error *error) {
  bool is_value = is_value_action(change->action);
  *out = NULL;
  json_t *json = json_pack("{s:s}", "action", rh_change_action_name(change->action));
  rh_status status = json ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && change->hive)
    status = rh_json_set(json, "hive", json_string(change->hive), error);
  if (status == RH_OK)
    status = rh_json_set(json, "path", rh_json_from_name(change->path, change->path_len), error);
  if (status == RH_OK && is_value)
    status = rh_json_set(json, "name", rh_json_from_name(change->name, change->name_len), error);
  if (status == RH_OK)
    status = rh_json_set(json, "before", side_to_json(&change->before, is_value), error);
  if (status == RH_OK)
    status = rh_json_set(json, "after", side_to_json(&change->after, is_value), error);
  if (status == RH_OK)
    status = rh_json_set(json, "origin", json_integer(change->origin), error);
  if (status == RH_OK)
    status = rh_json_set(json, "secret", json_boolean(change->secret), error);
  if (status != RH_OK) {
    json_decref(json);
    return status;
  }
  *out = json;
  return RH_OK;
}

static rh_status get_flag(bool *out, const json_t *object, const char *key, const char *where,
                          rh_error *error) {
  const json_t *field = json_object_get(object, key);
  if (!json_is_boolean(field))
    return rh_error_set(error, RH_ERR_FORMAT, where, "%s is %s", key,
                        field ? "neither true nor false" : "missing");
  *out = json_is_true(field);
  return RH_OK;
}

static rh_status side_from_json(rh_change_side *out, const json_t *change, const char *key,
                                const char *where, rh_error *error) {
  const json_t *json = json_object_get(change, key);
  char inner[WHERE_MAX + 8];
  uint64_t type = 0;
  if (!json_is_object(json))
    return rh_error_set(error, RH_ERR_FORMAT, where, "%s is %s", key,
                        json ? "not an object" : "missing");
  snprintf(inner, sizeof inner, "%s.%s", where, key);
  rh_status status = get_flag(&out->present, json, "present", inner, error);
  if (status == RH_OK)
    status = rh_json_get_number(&type, UINT32_MAX, json, "type", inner, error);
  if (status == RH_OK)
    status = rh_json_get_bytes(&out->data, json, "data", inner, error);
  if (status == RH_OK)
    status = rh_json_get_bytes(&out->security, json, "security", inner, error);
  if (status == RH_OK)
    status = rh_json_get_time(&out->time, json, "time", inner, error);
  out->type = (uint32_t)type;
  return status;
}

/* What an action needs beside its path: a hive unless it is about a file, and what it leaves. */
static rh_status check_shape(const rh_change *change, const char *where, rh_error *error) {
  bool leaves = change->action == RH_CREATE_KEY || change->action == RH_SET_DETAILS ||
                change->action == RH_SET_VALUE || change->action == RH_WRITE_FILE;
  if (is_file_action(change->action) != (change->hive == NULL))
    return rh_error_set(error, RH_ERR_FORMAT, where, "hive is %s",
                        change->hive ? "given for a file" : "missing");
  if (change->path_len == 0 && is_file_action(change->action))
    return rh_error_set(error, RH_ERR_FORMAT, where, "path is empty");
  if (change->after.present != leaves)
    return rh_error_set(error, RH_ERR_FORMAT, where, "after.present does not fit action %s",
                        rh_change_action_name(change->action));
  return RH_OK;
}

static rh_status decode(rh_change *out, const json_t *json, const char *where, rh_error *error) {
  const char *action = NULL, *hive = NULL;
  uint64_t origin = 0;
  if (!json_is_object(json))
    return rh_error_set(error, RH_ERR_FORMAT, where, "is not an object");
  rh_status status = rh_json_get_text(&action, json, "action", where, error);
  if (status == RH_OK && rh_change_action_parse(&out->action, action, NULL) != RH_OK)
    status = rh_error_set(error, RH_ERR_FORMAT, where, "action \"%s\" is unknown", action);
  if (status == RH_OK && json_object_get(json, "hive")) {
    status = rh_json_get_text(&hive, json, "hive", where, error);
    if (status == RH_OK && !(out->hive = rh_copy_text(hive)))
      status = rh_error_memory(error);
  }
  if (status == RH_OK)
    status = rh_json_get_name(&out->path, &out->path_len, json, "path", where, error);
  if (status == RH_OK && is_value_action(out->action))
    status = rh_json_get_name(&out->name, &out->name_len, json, "name", where, error);
  if (status == RH_OK)
    status = side_from_json(&out->before, json, "before", where, error);
  if (status == RH_OK)
    status = side_from_json(&out->after, json, "after", where, error);
  if (status == RH_OK)
    status = rh_json_get_number(&origin, UINT32_MAX, json, "origin", where, error);
  if (status == RH_OK)
    status = get_flag(&out->secret, json, "secret", where, error);
  out->origin = (uint32_t)origin;
  return status == RH_OK ? check_shape(out, where, error) : status;
}

rh_status rh_change_decode(rh_change *out, const json_t *json, const char *where, rh_error *error) {
  rh_status status = decode(out, json, where, error);
  if (status != RH_OK)
    rh_change_dispose(out);
  return status;
}

rh_status rh_changes_from_json(rh_change_list *out, const json_t *array, rh_error *error) {
  rh_status status = RH_OK;
  char where[WHERE_MAX];
  size_t index;
  json_t *item;
  json_array_foreach(array, index, item) {
    rh_change *change = NULL;
    snprintf(where, sizeof where, "changes[%zu]", index);
    status = rh_change_list_add(out, &change, error);
    if (status == RH_OK)
      status = rh_change_decode(change, item, where, error);
    if (status != RH_OK)
      break;
  }
  if (status != RH_OK)
    rh_change_list_dispose(out);
  return status;
}

rh_status rh_changes_to_json(json_t **out, const rh_change_list *list, rh_error *error) {
  json_t *array = json_array();
  rh_status status = array ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < list->count; i++) {
    json_t *change = NULL;
    status = rh_change_to_json(&change, &list->items[i], error);
    if (status == RH_OK && json_array_append_new(array, change) != 0)
      status = rh_error_memory(error);
  }
  if (status != RH_OK) {
    json_decref(array);
    return status;
  }
  *out = array;
  return RH_OK;
}

rh_status rh_plan_take_changes(rh_plan *plan, rh_machine *overlay, rh_error *error) {
  rh_change_list list = {0};
  json_t *array = NULL;
  rh_status status = rh_machine_changes(overlay, &list, error);
  if (status == RH_OK)
    status = rh_changes_to_json(&array, &list, error);
  if (status == RH_OK)
    status = rh_json_set(plan->document, "changes", array, error);
  rh_change_list_dispose(&list);
  return status;
}

rh_status rh_plan_changes(const rh_plan *plan, rh_change_list *out, rh_error *error) {
  *out = (rh_change_list){0};
  return rh_changes_from_json(out, json_object_get(plan->document, "changes"), error);
}

size_t rh_plan_change_count(const rh_plan *plan) {
  return json_array_size(json_object_get(plan->document, "changes"));
}
