/* A plan without what leads back: of a closed run it still tells what was done. */
#include "plan/internal.h"

#include "base/file.h"
#include "plan/json.h"

#include <string.h>

static void forget_side(json_t *side) {
  json_object_del(side, "data");
  json_object_del(side, "security");
}

void rh_change_forget(json_t *change) {
  bool is_file = !json_object_get(change, "hive");
  forget_side(json_object_get(change, "before"));
  if (is_file || json_is_true(json_object_get(change, "secret")))
    forget_side(json_object_get(change, "after"));
}

/* The key goes with the secrets: with it their fingerprints could be guessed at. */
static rh_status forget_key(json_t *document, rh_error *error) {
  char nothing[65];
  memset(nothing, '0', sizeof nothing - 1);
  nothing[sizeof nothing - 1] = '\0';
  return json_object_get(document, "secret_key")
             ? rh_json_set(document, "secret_key", json_string(nothing), error)
             : RH_OK;
}

/* Of any format: the older ones have the same id, parts and changes. */
static rh_status forget(json_t *document, char id[65], rh_error *error) {
  size_t index;
  json_t *change, *parts = NULL;
  json_array_foreach(json_object_get(document, "changes"), index, change) {
    rh_change_forget(change);
  }
  json_object_del(document, "id");
  json_object_del(document, "parts");
  rh_status status = forget_key(document, error);
  if (status == RH_OK)
    status = rh_plan_digest_parts(&parts, document, error);
  if (status == RH_OK)
    status = rh_json_set(document, "parts", parts, error);
  else
    json_decref(parts);
  if (status == RH_OK)
    status = rh_json_sha256(id, document, error);
  return status == RH_OK ? rh_json_set(document, "id", json_string(id), error) : status;
}

rh_status rh_plan_forget(rh_buffer *out, char id[65], const char *path, rh_error *error) {
  rh_buffer text = {0};
  json_t *document = NULL;
  rh_status status = rh_file_read(&text, path, RH_JSON_FILE_LIMIT, error);
  if (status == RH_OK &&
      !(document = json_loadb(rh_buffer_text(&text), text.len, RH_JSON_LOAD_FLAGS, NULL)))
    status = rh_error_set(error, RH_ERR_FORMAT, path, "is no JSON: the plan is damaged");
  if (status == RH_OK)
    status = forget(document, id, error);
  if (status == RH_OK)
    status = rh_json_dump(out, document, JSON_INDENT(1) | JSON_SORT_KEYS, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, "\n", error);
  rh_buffer_dispose_secret(&text);
  json_decref(document);
  return status;
}
