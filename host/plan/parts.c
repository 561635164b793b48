/* Digests of the plan's parts: they tell what was changed in a plan that its id does not fit. */
#include "plan/internal.h"
#include "plan/json.h"

#include <string.h>

static rh_status add_part(json_t *out, const char *name, const json_t *part, rh_error *error) {
  char digest[65];
  rh_status status = rh_json_sha256(digest, part, error);
  return status == RH_OK ? rh_json_set(out, name, json_string(digest), error) : status;
}

/* Each parameter is a part of its own: it is what people are tempted to change. */
static rh_status add_parameters(json_t *out, json_t *parameters, rh_error *error) {
  rh_status status = RH_OK;
  rh_buffer name = {0};
  const char *playbook, *key;
  json_t *values, *value;
  json_object_foreach(parameters, playbook, values) {
    json_object_foreach(values, key, value) {
      rh_buffer_clear(&name);
      if (status == RH_OK)
        status = rh_buffer_printf(&name, error, "parameters.%s.%s", playbook, key);
      if (status == RH_OK)
        status = add_part(out, rh_buffer_text(&name), value, error);
    }
  }
  rh_buffer_dispose(&name);
  return status;
}

rh_status rh_plan_digest_parts(json_t **out, const json_t *document, rh_error *error) {
  const char *name;
  json_t *part;
  *out = json_object();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  json_object_foreach((json_t *)(uintptr_t)document, name, part) {
    if (status != RH_OK || strcmp(name, "id") == 0 || strcmp(name, "parts") == 0)
      continue;
    status = strcmp(name, "parameters") == 0 ? add_parameters(*out, part, error)
                                             : add_part(*out, name, part, error);
  }
  return status;
}

static rh_status add_name(rh_buffer *out, const char *name, rh_error *error) {
  return rh_buffer_printf(out, error, "%s%s", out->len > 0 ? ", " : "", name);
}

rh_status rh_plan_name_changed_parts(rh_buffer *out, const json_t *document, rh_error *error) {
  json_t *is = NULL, *part;
  const char *name;
  json_t *was = json_object_get(document, "parts");
  rh_status status = rh_plan_digest_parts(&is, document, error);
  json_object_foreach(was, name, part) {
    if (status == RH_OK && !json_equal(part, json_object_get(is, name)))
      status = add_name(out, name, error);
  }
  json_object_foreach(is, name, part) {
    if (status == RH_OK && !json_object_get(was, name))
      status = add_name(out, name, error);
  }
  json_decref(is);
  return status;
}
