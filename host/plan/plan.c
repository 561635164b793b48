/* The plan's document: made, loaded with every field checked, saved. */
#include "plan/internal.h"

#include "base/file.h"
#include "base/version.h"
#include "plan/json.h"
#include "plan/shape.h"

#include <stdio.h>
#include <string.h>

rh_status rh_plan_new(rh_plan **out, rh_error *error) {
  static const char *const lists[] = {"changes", "checks", "deferred",  "manual",
                                      "map",     "notes",  "playbooks", "steps",
                                      "summary", "takes",  "verdicts",  "waived"};
  json_t *request = NULL;
  *out = NULL;
  rh_plan *plan = rh_alloc_zero(1, sizeof *plan);
  if (!plan)
    return rh_error_memory(error);
  rh_status status = rh_request_new(&request, error);
  if (status == RH_OK) {
    plan->document = json_pack(
        "{s:i, s:s, s:s, s:o, s:{}, s:{s:{}, s:{}}, s:{s:{}, s:{}}, s:{s:i, s:i, s:i}}", "format",
        RH_PLAN_FORMAT_VERSION, "tool", "rehome", "version", rh_version(), "request", request,
        "parameters", "source", "identity", "fingerprints", "destination", "identity",
        "fingerprints", "accounted", "settings", 0, "verdicts", 0, "unjudged", 0);
    status = plan->document ? RH_OK : rh_error_memory(error);
  }
  for (size_t i = 0; status == RH_OK && i < sizeof lists / sizeof *lists; i++)
    status = rh_json_set(plan->document, lists[i], json_array(), error);
  if (status != RH_OK) {
    rh_plan_free(plan);
    return status;
  }
  *out = plan;
  return RH_OK;
}

rh_status rh_plan_copy(rh_plan **out, const rh_plan *plan, rh_error *error) {
  rh_plan *copy = rh_alloc(sizeof *copy);
  *out = copy;
  if (!copy)
    return rh_error_memory(error);
  *copy = *plan;
  copy->document = json_deep_copy(plan->document);
  return copy->document ? RH_OK : rh_error_memory(error);
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

const json_t *rh_plan_request(const rh_plan *plan) {
  return json_object_get(plan->document, "request");
}

const char *rh_plan_source(const rh_plan *plan) {
  return rh_request_location(rh_plan_request(plan), "source");
}

const char *rh_plan_destination(const rh_plan *plan) {
  return rh_request_location(rh_plan_request(plan), "destination");
}

rh_status rh_plan_ask(rh_plan *plan, json_t *request, rh_error *error) {
  return rh_json_set(plan->document, "request", json_incref(request), error);
}

rh_status rh_plan_take(rh_plan *plan, json_t *found, rh_error *error) {
  if (!json_is_object(found))
    return rh_error_set(error, RH_ERR_SCRIPT, "plan", "the engine gives no plan");
  rh_status status = rh_shape_settle(&rh_plan_shape, found, error);
  if (status == RH_OK && json_object_update(plan->document, found) != 0)
    status = rh_error_memory(error);
  return status;
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
  if (!plan->id[0])
    return with_id(NULL, plan, out, error);
  memcpy(out, plan->id, sizeof plan->id);
  return RH_OK;
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
    status = rh_shape_check(&rh_plan_shape, document, "", error);
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

static rh_status check_version(unsigned *out, const json_t *document, bool of_run,
                               rh_error *error) {
  const char *tool;
  uint64_t format = 0;
  *out = 0;
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
  } else if (status == RH_OK && format < RH_PLAN_FORMAT_VERSION && !of_run) {
    status = rh_error_set(error, RH_ERR_STALE, "format",
                          "is %u, which an earlier rehome made; this one makes and applies %d",
                          (unsigned)format, RH_PLAN_FORMAT_VERSION);
    rh_error_hint(error, "make a new plan");
  }
  *out = (unsigned)format;
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

static rh_status check_id(rh_plan *plan, rh_error *error) {
  const json_t *document = plan->document;
  char id[65], recorded[65];
  rh_status status = rh_json_get_sha256(recorded, document, "id", false, "document", error);
  if (status == RH_OK && !json_is_object(json_object_get(document, "parts")))
    status = rh_error_set(error, RH_ERR_FORMAT, "parts", "is missing, or no object");
  if (status == RH_OK)
    status = rh_plan_id(plan, id, error);
  if (status == RH_OK && strcmp(id, recorded) != 0)
    status = refuse_changed(document, error);
  return status;
}

/* The id stays that of the document as it was: the journal of its run knows it by that. */
static rh_status bring_up(rh_plan *plan, rh_error *error) {
  char id[65];
  rh_status status = rh_plan_id(plan, id, error);
  if (status == RH_OK)
    status = rh_plan_from_format1(plan->document, error);
  if (status == RH_OK)
    memcpy(plan->id, id, sizeof id);
  return status;
}

static rh_status check_document(rh_plan *plan, bool of_run, rh_error *error) {
  rh_change_list changes = {0};
  unsigned format;
  rh_status status = check_version(&format, plan->document, of_run, error);
  if (status == RH_OK)
    status = check_id(plan, error);
  if (status == RH_OK)
    status = format == 1 ? rh_plan_check_format1(plan->document, error)
                         : rh_shape_check(&rh_plan_shape, plan->document, "", error);
  if (status == RH_OK)
    status = rh_plan_changes(plan, &changes, error);
  if (status == RH_ERR_FORMAT)
    rh_error_hint(error, "it was not written by this rehome, or altered: plan again");
  if (status == RH_OK && format == 1)
    status = bring_up(plan, error);
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

static rh_status load(rh_plan **out, const char *path, bool of_run, rh_error *error) {
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
      status = at_file(error, check_document(plan, of_run, error), path);
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

rh_status rh_plan_load(rh_plan **out, const char *path, rh_error *error) {
  return load(out, path, false, error);
}

rh_status rh_plan_load_of_run(rh_plan **out, const char *path, rh_error *error) {
  return load(out, path, true, error);
}
