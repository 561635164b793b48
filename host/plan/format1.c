/* Plans of format 1, as rehome 0.1.0 left them in run folders. */
#include "plan/internal.h"

#include "plan/json.h"

#include <string.h>

static const char *const lists[] = {"playbooks", "map",      "checks", "steps",
                                    "changes",   "verdicts", "manual", "notes"};

static rh_status check_side(const json_t *document, const char *side, rh_error *error) {
  const json_t *json = json_object_get(document, side);
  const json_t *fingerprints = json_object_get(json, "fingerprints");
  const char *text, *key;
  json_t *value;
  rh_status status = rh_json_get_text(&text, json, "location", side, error);
  if (status == RH_OK && !json_is_object(json_object_get(json, "identity")))
    status = rh_error_set(error, RH_ERR_FORMAT, side, "identity is not an object");
  if (status == RH_OK && !json_is_object(fingerprints))
    status = rh_error_set(error, RH_ERR_FORMAT, side, "fingerprints is not an object");
  if (status != RH_OK)
    return status;
  json_object_foreach((json_t *)(uintptr_t)fingerprints, key, value) {
    text = json_string_value(value);
    if (!rh_json_is_sha256(text) && !(text && strcmp(text, "absent") == 0))
      return rh_error_set(error, RH_ERR_FORMAT, side,
                          "fingerprints[\"%s\"] is neither a SHA-256 nor \"absent\"", key);
  }
  return RH_OK;
}

rh_status rh_plan_check_format1(const json_t *document, rh_error *error) {
  rh_status status = check_side(document, "source", error);
  if (status == RH_OK)
    status = check_side(document, "destination", error);
  if (status == RH_OK && !json_is_object(json_object_get(document, "parameters")))
    status = rh_error_set(error, RH_ERR_FORMAT, "parameters", "is not an object");
  for (size_t i = 0; status == RH_OK && i < sizeof lists / sizeof *lists; i++)
    if (!json_is_array(json_object_get(document, lists[i])))
      status = rh_error_set(error, RH_ERR_FORMAT, lists[i], "is not a list");
  return status;
}

/* What was asked stood between what was found. */
static rh_status move(json_t *request, json_t *document, const char *field, rh_error *error) {
  json_t *value = json_object_get(document, field);
  rh_status status = value ? rh_request_set(request, field, json_incref(value), error) : RH_OK;
  json_object_del(document, field);
  return status;
}

static rh_status move_location(json_t *request, json_t *document, const char *name,
                               rh_error *error) {
  json_t *side = json_object_get(document, name);
  const json_t *fingerprints = json_object_get(side, "fingerprints");
  const char *kind = json_object_get(fingerprints, "store") ? "store" : "image";
  json_t *machine =
      json_pack("{s:s, s:O}", "kind", kind, "location", json_object_get(side, "location"));
  json_object_del(side, "location");
  return rh_request_set(request, name, machine, error);
}

/* One field of each item of a list. */
static json_t *names_of(const json_t *list, const char *field) {
  json_t *names = json_array(), *item;
  size_t index;
  json_array_foreach(list, index, item) {
    json_t *name = json_object_get(item, field);
    if (name)
      json_array_append(names, name);
  }
  return names;
}

/* What had no verdict stood in a list of its own. */
static rh_status judge_unaccounted(json_t *document, rh_error *error) {
  json_t *verdicts = json_object_get(document, "verdicts"), *item;
  size_t index;
  json_array_foreach(json_object_get(document, "unaccounted"), index, item) {
    json_t *verdict = json_deep_copy(item);
    json_object_del(verdict, "playbook");
    rh_status status = rh_json_set(verdict, "verdict", json_string("unjudged"), error);
    if (status == RH_OK)
      status = rh_json_set(verdict, "step", json_string("unjudged"), error);
    if (status == RH_OK)
      status = rh_json_set(verdict, "rule", json_string("no rule"), error);
    if (json_array_append_new(verdicts, verdict) != 0 && status == RH_OK)
      status = rh_error_memory(error);
    if (status != RH_OK)
      return status;
  }
  json_object_del(document, "unaccounted");
  return RH_OK;
}

rh_status rh_plan_from_format1(json_t *document, rh_error *error) {
  static const char *const moved[] = {"beside", "certificates", "excluded", "time"};
  json_t *request = NULL;
  rh_status status = rh_request_new(&request, error);
  for (size_t i = 0; status == RH_OK && i < sizeof moved / sizeof *moved; i++)
    status = move(request, document, moved[i], error);
  if (status == RH_OK)
    status = move_location(request, document, "source", error);
  if (status == RH_OK)
    status = move_location(request, document, "destination", error);
  if (status == RH_OK)
    status = rh_request_set(request, "playbooks",
                            names_of(json_object_get(document, "playbooks"), "id"), error);
  if (status == RH_OK)
    status = rh_request_set(request, "waived",
                            names_of(json_object_get(document, "waived"), "name"), error);
  if (status == RH_OK)
    status = rh_json_set(document, "request", json_incref(request), error);
  if (status == RH_OK)
    status = judge_unaccounted(document, error);
  if (status == RH_OK)
    status = rh_json_set(document, "version", json_string("0.1.0"), error);
  json_decref(request);
  return status;
}
