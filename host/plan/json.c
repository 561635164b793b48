/* JSON as plans and journals need it. */
#include "plan/json.h"

#include "base/hash.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void rh_json_prepare(void) {
  json_set_alloc_funcs(rh_alloc_wiped, rh_free_wiped);
}

static int append(const char *text, size_t len, void *payload) {
  return rh_buffer_append(payload, text, len, NULL) == RH_OK ? 0 : -1;
}

rh_status rh_json_dump(rh_buffer *out, const json_t *json, size_t flags, rh_error *error) {
  return json_dump_callback(json, append, out, flags) == 0 ? RH_OK : rh_error_memory(error);
}

rh_status rh_json_sha256(char out[65], const json_t *json, rh_error *error) {
  rh_buffer text = {0};
  rh_status status =
      rh_json_dump(&text, json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY, error);
  if (status == RH_OK)
    status = rh_sha256_hex(out, text.data, text.len, error);
  rh_buffer_dispose_secret(&text);
  return status;
}

json_t *rh_json_from_bytes(const void *data, size_t len) {
  rh_buffer hex = {0};
  json_t *json = NULL;
  if (rh_buffer_append_hex(&hex, data, len, NULL) == RH_OK)
    json = json_stringn(rh_buffer_text(&hex), hex.len);
  rh_buffer_dispose_secret(&hex);
  return json;
}

json_t *rh_json_from_name(const char *text, size_t len) {
  if (rh_utf8_is_valid(text, len))
    return json_stringn(text, len);
  return json_pack("{s:o}", "wtf8", rh_json_from_bytes(text, len));
}

json_t *rh_json_from_time(uint64_t filetime) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, filetime);
  return json_string(text);
}

rh_status rh_json_set(json_t *object, const char *key, json_t *value, rh_error *error) {
  return json_object_set_new(object, key, value) == 0 ? RH_OK : rh_error_memory(error);
}

static rh_status wrong(rh_error *error, const char *where, const char *key, const char *message) {
  return rh_error_set(error, RH_ERR_FORMAT, where, "%s %s", key, message);
}

rh_status rh_json_get_text(const char **out, const json_t *object, const char *key,
                           const char *where, rh_error *error) {
  const json_t *field = json_object_get(object, key);
  *out = json_string_value(field);
  if (!*out)
    return wrong(error, where, key, field ? "is not a text" : "is missing");
  if (strlen(*out) != json_string_length(field))
    return wrong(error, where, key, "has a NUL in it");
  return RH_OK;
}

rh_status rh_json_copy_name(char **out, size_t *len, const json_t *json, rh_error *error) {
  const json_t *hex = json_object_get(json, "wtf8");
  rh_buffer bytes = {0};
  rh_status status = RH_OK;
  *out = NULL;
  *len = 0;
  if (json_is_string(json))
    status = rh_buffer_append(&bytes, json_string_value(json), json_string_length(json), error);
  else if (json_is_string(hex))
    status = rh_hex_parse(&bytes, json_string_value(hex), json_string_length(hex), error);
  else
    status = rh_error_set(error, RH_ERR_FORMAT, "name", "is not a name");
  if (status == RH_OK) {
    *out = rh_copy_bytes(rh_buffer_text(&bytes), bytes.len);
    *len = bytes.len;
    if (!*out)
      status = rh_error_memory(error);
  }
  rh_buffer_dispose(&bytes);
  return status;
}

rh_status rh_json_get_name(char **out, size_t *len, const json_t *object, const char *key,
                           const char *where, rh_error *error) {
  const json_t *field = json_object_get(object, key);
  rh_status status = rh_json_copy_name(out, len, field, error);
  return status == RH_ERR_FORMAT ? wrong(error, where, key, field ? "is not a name" : "is missing")
                                 : status;
}

rh_status rh_json_get_number(uint64_t *out, uint64_t limit, const json_t *object, const char *key,
                             const char *where, rh_error *error) {
  const json_t *field = json_object_get(object, key);
  *out = 0;
  if (!field)
    return RH_OK;
  if (!json_is_integer(field))
    return wrong(error, where, key, "is not a whole number");
  json_int_t value = json_integer_value(field);
  if (value < 0 || (uint64_t)value > limit)
    return wrong(error, where, key, "is out of range");
  *out = (uint64_t)value;
  return RH_OK;
}

rh_status rh_json_get_bytes(rh_buffer *out, const json_t *object, const char *key,
                            const char *where, rh_error *error) {
  const json_t *field = json_object_get(object, key);
  if (!field)
    return RH_OK;
  if (!json_is_string(field))
    return wrong(error, where, key, "is not a text of hex digits");
  rh_status status = rh_hex_parse(out, json_string_value(field), json_string_length(field), error);
  return status == RH_ERR_FORMAT ? wrong(error, where, key, "is not a text of hex digits") : status;
}

rh_status rh_json_get_time(uint64_t *out, const json_t *object, const char *key, const char *where,
                           rh_error *error) {
  const json_t *field = json_object_get(object, key);
  *out = 0;
  if (!field)
    return RH_OK;
  const char *text = json_string_value(field);
  size_t len = json_string_length(field);
  uint64_t value = 0;
  bool good = text && len > 0;
  for (size_t i = 0; good && i < len; i++) {
    unsigned digit = (unsigned)(text[i] - '0');
    good = digit <= 9 && value <= (UINT64_MAX - digit) / 10;
    value = value * 10 + digit;
  }
  if (!good)
    return wrong(error, where, key, "is not a FILETIME in decimal digits");
  *out = value;
  return RH_OK;
}

bool rh_json_is_sha256(const char *text) {
  return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

rh_status rh_json_get_sha256(char out[65], const json_t *object, const char *key, bool null_allowed,
                             const char *where, rh_error *error) {
  const json_t *field = json_object_get(object, key);
  const char *text = json_string_value(field);
  out[0] = '\0';
  if (null_allowed && json_is_null(field))
    return RH_OK;
  if (!rh_json_is_sha256(text))
    return wrong(error, where, key, field ? "is not a SHA-256 in lower-case hex" : "is missing");
  memcpy(out, text, 65);
  return RH_OK;
}
