/* Digests of the plan's parts: they tell what was changed in a plan that its id does not fit. */
#include "plan/internal.h"
#include "plan/json.h"

#include <string.h>

static rh_status add_part(json_t *out, const char *name, const json_t *part, rh_error *error) {
  char digest[65];
  rh_status status = rh_json_sha256(digest, part, error);
  return status == RH_OK ? rh_json_set(out, name, json_string(digest), error) : status;
}

/* Each parameter is a part of its own, and each field of the request: they are what people are
 * tempted to change. depth: so many levels of names below this one. */
static rh_status add_parts(json_t *out, const char *name, const json_t *parts, unsigned depth,
                           rh_error *error) {
  rh_status status = RH_OK;
  rh_buffer below = {0};
  const char *key;
  json_t *part;
  if (depth == 0 || !json_is_object(parts))
    return add_part(out, name, parts, error);
  json_object_foreach((json_t *)(uintptr_t)parts, key, part) {
    rh_buffer_clear(&below);
    if (status == RH_OK)
      status = rh_buffer_printf(&below, error, "%s.%s", name, key);
    if (status == RH_OK)
      status = add_parts(out, rh_buffer_text(&below), part, depth - 1, error);
  }
  rh_buffer_dispose(&below);
  return status;
}

static unsigned depth_of(const char *name) {
  return strcmp(name, "parameters") == 0 ? 2 : strcmp(name, "request") == 0 ? 1 : 0;
}

rh_status rh_plan_digest_parts(json_t **out, const json_t *document, rh_error *error) {
  const char *name;
  json_t *part;
  *out = json_object();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  json_object_foreach((json_t *)(uintptr_t)document, name, part) {
    if (status == RH_OK && strcmp(name, "id") != 0 && strcmp(name, "parts") != 0)
      status = add_parts(*out, name, part, depth_of(name), error);
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
