/* What the user took out of a plan stays as it is on the destination, whatever a playbook wrote. */
#include "machine/place.h"
#include "script/internal.h"

static rh_status drop_one(json_t *changes, const rh_plan *plan, rh_machine *machine,
                          const char *path, rh_error *error) {
  rh_change_list list = {0};
  rh_place excluded = {0};
  rh_status status = rh_place_parse(&excluded, machine, path, error);
  if (status == RH_ERR_NOT_FOUND) {
    rh_place_dispose(&excluded);
    return RH_OK; /* the destination has no such hive or drive */
  }
  if (status == RH_OK)
    status = rh_plan_changes(plan, &list, error);
  for (size_t i = list.count; status == RH_OK && i > 0; i--)
    if (rh_place_concerns(&excluded, &list.items[i - 1]))
      json_array_remove(changes, i - 1);
  rh_change_list_dispose(&list);
  rh_place_dispose(&excluded);
  return status;
}

rh_status script_drop_excluded(rh_plan *plan, rh_machine *destination, const json_t *excluded,
                               rh_error *error) {
  json_t *changes = json_object_get(rh_plan_document(plan), "changes"), *path;
  rh_status status = RH_OK;
  size_t index;
  json_array_foreach(excluded, index, path) {
    if (status == RH_OK && json_is_string(path))
      status = drop_one(changes, plan, destination, json_string_value(path), error);
  }
  return status;
}
