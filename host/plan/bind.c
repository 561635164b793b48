/* Binds a plan to what it was made from: identities and fingerprints, recorded and compared. */
#include "plan/internal.h"

#include "base/file.h"
#include "base/text.h"
#include "plan/json.h"

#include <string.h>

#define NAMED_MAX 3 /* of what has changed, in a message */

static rh_status identity_to_json(json_t *out, rh_machine *machine, rh_error *error) {
  const rh_identity *identity = NULL;
  rh_status status = rh_machine_identity(machine, &identity, error);
  for (size_t i = 0; status == RH_OK && i < rh_identity_count(); i++) {
    const char *value = rh_identity_value(identity, i);
    status = rh_json_set(out, rh_identity_name(i), rh_json_from_name(value, strlen(value)), error);
  }
  return status;
}

static rh_status fingerprints_to_json(json_t *out, rh_machine *machine, rh_error *error) {
  rh_fingerprint_list list = {0};
  rh_status status = rh_machine_fingerprints(machine, &list, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    const rh_fingerprint *item = &list.items[i];
    if (rh_utf8_is_valid(item->name, strlen(item->name)))
      status = rh_json_set(out, item->name, json_string(item->sha256), error);
    else
      status = rh_error_set(error, RH_ERR_UNSUPPORTED, item->name, "has a name that is not UTF-8");
  }
  rh_fingerprint_list_dispose(&list);
  return status;
}

static rh_status bind_side(json_t *document, const char *name, rh_machine *machine,
                           rh_error *error) {
  json_t *identity = json_object(), *fingerprints = json_object();
  json_t *side = json_pack("{s:o, s:o}", "identity", identity, "fingerprints", fingerprints);
  rh_status status = rh_json_set(document, name, side, error);
  if (status == RH_OK)
    status = identity_to_json(identity, machine, error);
  if (status == RH_OK)
    status = fingerprints_to_json(fingerprints, machine, error);
  return status;
}

rh_status rh_plan_bind(rh_plan *plan, rh_machine *source, rh_machine *destination,
                       rh_error *error) {
  rh_status status = bind_side(plan->document, "source", source, error);
  if (status == RH_OK)
    status = bind_side(plan->document, "destination", destination, error);
  return status;
}

static rh_status fingerprints_from_json(rh_fingerprint_list *out, const json_t *side,
                                        rh_error *error) {
  const char *name;
  json_t *recorded;
  rh_status status = RH_OK;
  *out = (rh_fingerprint_list){0};
  json_object_foreach(json_object_get(side, "fingerprints"), name, recorded) {
    const char *sha256 = json_string_value(recorded);
    if (status == RH_OK)
      status = rh_fingerprint_list_add(out, name, sha256 ? sha256 : "", error);
  }
  return status;
}

static rh_status name_changed(const rh_name_list *changed, const char *what, const char *location,
                              rh_error *error) {
  rh_buffer names = {0};
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < changed->count && i < NAMED_MAX; i++)
    status = rh_buffer_printf(&names, error, "%s%s", i > 0 ? ", " : "", changed->names[i]);
  if (status == RH_OK && changed->count > NAMED_MAX)
    status = rh_buffer_printf(&names, error, " and %zu more", changed->count - NAMED_MAX);
  if (status == RH_OK) {
    status = rh_error_set(error, RH_ERR_STALE, location,
                          "the %s has changed since the plan was made: %s", what,
                          rh_buffer_text(&names));
    rh_error_hint(error, "make a new plan");
  }
  rh_buffer_dispose(&names);
  return status;
}

static rh_status check_side(const json_t *side, const char *what, const char *location,
                            rh_error *error) {
  rh_fingerprint_list was = {0};
  rh_name_list changed = {0};
  rh_status status = fingerprints_from_json(&was, side, error);
  if (status == RH_OK)
    status = rh_machine_check_fresh(&changed, location, &was, error);
  if (status == RH_OK && changed.count > 0)
    status = name_changed(&changed, what, location, error);
  rh_name_list_dispose(&changed);
  rh_fingerprint_list_dispose(&was);
  return status;
}

rh_status rh_plan_check_source(const rh_plan *plan, const char *location, rh_error *error) {
  return check_side(json_object_get(plan->document, "source"), "source", location, error);
}

/* A file of the user's, not of a machine. */
static rh_status is_same(bool *out, const char *path, const char *recorded, rh_error *error) {
  rh_file_info info;
  char now[65];
  *out = false;
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status != RH_OK || info.kind != RH_FILE_REGULAR)
    return status;
  status = rh_file_sha256(now, path, error);
  *out = status == RH_OK && strcmp(now, recorded) == 0;
  return status;
}

/* A missing file counts as a changed one: it has to be copied to the destination. */
static rh_status check_certificates(const rh_plan *plan, rh_error *error) {
  size_t index;
  json_t *item;
  json_array_foreach(json_object_get(rh_plan_request(plan), "certificates"), index, item) {
    bool same = false;
    const char *path = json_string_value(json_object_get(item, "path"));
    const char *recorded = json_string_value(json_object_get(item, "sha256"));
    if (!path || !recorded)
      return rh_error_set(error, RH_ERR_FORMAT, "certificates", "an item has no path or SHA-256");
    rh_status status = is_same(&same, path, recorded, error);
    if (status != RH_OK)
      return status;
    if (!same) {
      rh_error_set(error, RH_ERR_STALE, path,
                   "this certificate file has changed, or is gone, since the plan was made");
      rh_error_hint(error, "put the file back, or make a new plan");
      return RH_ERR_STALE;
    }
  }
  return RH_OK;
}

rh_status rh_plan_check_fresh(const rh_plan *plan, const char *source_location,
                              const char *destination_location, rh_error *error) {
  rh_status status = RH_OK;
  if (source_location)
    status = rh_plan_check_source(plan, source_location, error);
  if (status == RH_OK)
    status = check_side(json_object_get(plan->document, "destination"), "destination",
                        destination_location, error);
  if (status == RH_OK)
    status = check_certificates(plan, error);
  return status;
}
