/* The plan's document: made, loaded with every field checked, saved. */
#include "plan/internal.h"

#include "base/file.h"
#include "base/hash.h"
#include "plan/json.h"

#include <stdio.h>
#include <string.h>

static const char *const lists[] = {"playbooks", "map",      "checks", "steps",
                                    "changes",   "verdicts", "manual", "notes"};

rh_status rh_plan_new(rh_plan **out, rh_error *error) {
  *out = NULL;
  rh_plan *plan = rh_alloc_zero(1, sizeof *plan);
  if (!plan)
    return rh_error_memory(error);
  plan->document = json_pack("{s:i, s:s, s:{}, s:{s:s, s:{}, s:{}}, s:{s:s, s:{}, s:{}}}", "format",
                             RH_PLAN_FORMAT_VERSION, "tool", "rehome", "parameters", "source",
                             "location", "", "identity", "fingerprints", "destination", "location",
                             "", "identity", "fingerprints");
  rh_status status = plan->document ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < sizeof lists / sizeof *lists; i++)
    status = rh_json_set(plan->document, lists[i], json_array(), error);
  if (status != RH_OK) {
    rh_plan_free(plan);
    return status;
  }
  *out = plan;
  return RH_OK;
}

void rh_plan_free(rh_plan *plan) {
  if (!plan)
    return;
  json_decref(plan->document);
  rh_free(plan);
}

json_t *rh_plan_document(const rh_plan *plan) {
  return plan->document;
}

static const char *location_of(const rh_plan *plan, const char *side) {
  return json_string_value(json_object_get(json_object_get(plan->document, side), "location"));
}

const char *rh_plan_source(const rh_plan *plan) {
  return location_of(plan, "source");
}

const char *rh_plan_destination(const rh_plan *plan) {
  return location_of(plan, "destination");
}

/* The document with its id set anew, and with the digests of its parts unless it was loaded with
 * them; a shallow copy, since a plan that is read is not changed. */
static rh_status with_id(json_t **out, const rh_plan *plan, char id[65], rh_error *error) {
  json_t *copy = json_copy(plan->document);
  if (!copy)
    return rh_error_memory(error);
  json_object_del(copy, "id");
  json_t *parts = NULL;
  rh_status status = RH_OK;
  if (!json_object_get(copy, "parts")) {
    status = rh_plan_digest_parts(&parts, copy, error);
    if (status == RH_OK)
      status = rh_json_set(copy, "parts", parts, error);
    else
      json_decref(parts);
  }
  if (status == RH_OK)
    status = rh_json_sha256(id, copy, error);
  if (status == RH_OK)
    status = rh_json_set(copy, "id", json_string(id), error);
  if (status == RH_OK && out)
    *out = copy;
  else
    json_decref(copy);
  return status;
}

rh_status rh_plan_id(const rh_plan *plan, char out[65], rh_error *error) {
  return with_id(NULL, plan, out, error);
}

rh_status rh_plan_save(const rh_plan *plan, const char *path, bool overwrite, rh_error *error) {
  rh_buffer text = {0};
  json_t *document = NULL;
  char id[65];
  if (!overwrite && rh_file_exists(path)) {
    rh_error_set(error, RH_ERR_EXISTS, path, "is there already");
    rh_error_hint(error, "give another name, or remove it first");
    return RH_ERR_EXISTS;
  }
  rh_status status = with_id(&document, plan, id, error);
  if (status == RH_OK)
    status = rh_json_dump(&text, document, JSON_INDENT(1) | JSON_SORT_KEYS, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(&text, "\n", error);
  if (status == RH_OK)
    status = rh_file_write_private(path, text.data, text.len, error);
  json_decref(document);
  rh_buffer_dispose_secret(&text);
  return status;
}

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

static rh_status check_version(const json_t *document, rh_error *error) {
  const char *tool;
  uint64_t format;
  if (!json_is_object(document) ||
      rh_json_get_text(&tool, document, "tool", "document", NULL) != RH_OK ||
      strcmp(tool, "rehome") != 0 || !json_object_get(document, "format"))
    return rh_error_set(error, RH_ERR_FORMAT, "document", "is no plan of rehome");
  rh_status status = rh_json_get_number(&format, INT32_MAX, document, "format", "document", error);
  if (status == RH_OK && format > RH_PLAN_FORMAT_VERSION) {
    status =
        rh_error_set(error, RH_ERR_UNSUPPORTED, "format", "is %u, and this program knows up to %d",
                     (unsigned)format, RH_PLAN_FORMAT_VERSION);
    rh_error_hint(error, "use the version of rehome that made the plan, or a newer one");
  } else if (status == RH_OK && format == 0) {
    status = rh_error_set(error, RH_ERR_FORMAT, "format", "is 0");
  }
  return status;
}

static rh_status refuse_changed(const json_t *document, rh_error *error) {
  rh_buffer names = {0};
  rh_status status = rh_plan_name_changed_parts(&names, document, error);
  if (status == RH_OK) {
    status = rh_error_set(error, RH_ERR_STALE, names.len > 0 ? rh_buffer_text(&names) : "id",
                          "the plan was changed after it was made");
    rh_error_hint(error, "make a new plan; change parameters or playbooks, not the plan");
  }
  rh_buffer_dispose(&names);
  return status;
}

static rh_status check_document(const rh_plan *plan, rh_error *error) {
  const json_t *document = plan->document;
  rh_change_list changes = {0};
  char id[65], recorded[65];
  rh_status status = check_version(document, error);
  if (status == RH_OK)
    status = rh_json_get_sha256(recorded, document, "id", false, "document", error);
  if (status == RH_OK)
    status = rh_plan_id(plan, id, error);
  if (status == RH_OK && strcmp(id, recorded) != 0)
    status = refuse_changed(document, error);
  if (status == RH_OK)
    status = check_side(document, "source", error);
  if (status == RH_OK)
    status = check_side(document, "destination", error);
  if (status == RH_OK && !json_is_object(json_object_get(document, "parameters")))
    status = rh_error_set(error, RH_ERR_FORMAT, "parameters", "is not an object");
  for (size_t i = 0; status == RH_OK && i < sizeof lists / sizeof *lists; i++)
    if (!json_is_array(json_object_get(document, lists[i])))
      status = rh_error_set(error, RH_ERR_FORMAT, lists[i], "is not a list");
  if (status == RH_OK)
    status = rh_plan_changes(plan, &changes, error);
  rh_change_list_dispose(&changes);
  return status;
}

/* Puts the plan's file before the place in it that an error names. */
static rh_status at_file(rh_error *error, rh_status status, const char *path) {
  if (status == RH_OK || status == RH_ERR_MEMORY || !error)
    return status;
  rh_error inner = *error;
  rh_error_set(error, status, path, "%s: %s", inner.object, inner.message);
  if (inner.hint[0])
    rh_error_hint(error, "%s", inner.hint);
  return status;
}

rh_status rh_plan_load(rh_plan **out, const char *path, rh_error *error) {
  rh_buffer text = {0};
  json_error_t problem;
  rh_plan *plan = NULL;
  *out = NULL;
  rh_status status = rh_file_read(&text, path, RH_JSON_FILE_LIMIT, error);
  if (status == RH_OK && !(plan = rh_alloc_zero(1, sizeof *plan)))
    status = rh_error_memory(error);
  if (status == RH_OK) {
    plan->document = json_loadb(rh_buffer_text(&text), text.len, RH_JSON_LOAD_FLAGS, &problem);
    if (plan->document)
      status = at_file(error, check_document(plan, error), path);
    else
      status = rh_error_set(error, RH_ERR_FORMAT, path, "line %d is not JSON: the plan is damaged",
                            problem.line);
  }
  rh_buffer_dispose_secret(&text);
  if (status != RH_OK) {
    rh_plan_free(plan);
    return status;
  }
  *out = plan;
  return RH_OK;
}
