/* What a plan was asked for. */
#include "plan/request.h"

#include "base/platform.h"
#include "base/text.h"
#include "plan/json.h"

#include <string.h>

rh_status rh_request_new(json_t **out, rh_error *error) {
  *out = json_pack("{s:b, s:[], s:[], s:[], s:[], s:{s:s, s:s}, s:[], s:s, s:[], s:[], s:{},"
                   " s:[], s:{s:s, s:s}, s:i, s:[]}",
                   "accept_dirty", 0, "answers", "beside", "carried", "certificates", "destination",
                   "kind", "image", "location", "", "excluded", "first_start", "by hand", "left",
                   "map", "parameters", "playbooks", "source", "kind", "image", "location", "",
                   "time", 0, "waived");
  return *out ? RH_OK : rh_error_memory(error);
}

rh_status rh_request_set(json_t *request, const char *field, json_t *value, rh_error *error) {
  return rh_json_set(request, field, value, error);
}

/* A plan may be applied from another folder than it was made in. What cannot be found any more
 * keeps the name that it had. */
static json_t *location_of(const rh_machine *machine) {
  char *absolute = NULL;
  if (rh_machine_absolute(&absolute, machine, NULL) != RH_OK)
    return json_string(rh_machine_location(machine));
  json_t *json = json_string(absolute);
  rh_free(absolute);
  return json;
}

rh_status rh_request_set_machine(json_t *request, const char *side, const rh_machine *machine,
                                 rh_error *error) {
  const char *location = rh_machine_location(machine);
  const char *kind = rh_machine_kind_of(machine) == RH_MACHINE_STORE ? "store" : "image";
  if (!rh_utf8_is_valid(location, strlen(location)))
    return rh_error_set(error, RH_ERR_UNSUPPORTED, location, "is a path that is not UTF-8");
  return rh_json_set(request, side,
                     json_pack("{s:s, s:o}", "kind", kind, "location", location_of(machine)),
                     error);
}

rh_status rh_request_map_field(json_t **out, const rh_map_entry *entries, size_t count,
                               rh_error *error) {
  *out = json_array();
  bool good = *out;
  for (size_t i = 0; good && i < count; i++)
    good = json_array_append_new(*out, json_pack("{s:s, s:s}", "source", entries[i].source,
                                                 "destination", entries[i].destination)) == 0;
  return good ? RH_OK : rh_error_memory(error);
}

const char *rh_request_location(const json_t *request, const char *side) {
  const char *location =
      json_string_value(json_object_get(json_object_get(request, side), "location"));
  return location ? location : "";
}

rh_status rh_request_map(const json_t *request, rh_map_entry **out, size_t *count,
                         rh_error *error) {
  const json_t *list = json_object_get(request, "map");
  json_t *item;
  size_t index;
  rh_status status = RH_OK;
  *count = 0;
  *out = rh_alloc_zero(json_array_size(list), sizeof **out);
  if (!*out)
    return rh_error_memory(error);
  json_array_foreach(list, index, item) {
    rh_map_entry *entry = &(*out)[(*count)++];
    entry->source = rh_copy_text(json_string_value(json_object_get(item, "source")));
    entry->destination = rh_copy_text(json_string_value(json_object_get(item, "destination")));
    if (!entry->source || !entry->destination)
      status = rh_error_memory(error);
  }
  if (status != RH_OK) {
    rh_map_entries_free(*out, *count);
    *out = NULL;
    *count = 0;
  }
  return status;
}

static const char *guid_of(const json_t *pair, const char *end) {
  const char *guid = json_string_value(json_object_get(json_object_get(pair, end), "guid"));
  return guid ? guid : "";
}

rh_status rh_request_again(json_t **out, const json_t *request, const json_t *pairs,
                           rh_error *error) {
  json_t *map = json_array(), *pair;
  size_t index;
  *out = json_copy((json_t *)(uintptr_t)request);
  bool good = *out && map;
  json_array_foreach(pairs, index, pair) {
    good = good &&
           json_array_append_new(map, json_pack("{s:s, s:s}", "source", guid_of(pair, "source"),
                                                "destination", guid_of(pair, "destination"))) == 0;
  }
  if (!good) {
    json_decref(map);
    return rh_error_memory(error);
  }
  return rh_json_set(*out, "map", map, error);
}
