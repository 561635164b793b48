/* Checks JSON against a shape. */
#include "plan/shape.h"

#include "plan/json.h"

#include <string.h>

/* The place of a value: a chain of keys and positions up to the document. */
typedef struct place {
  const struct place *above;
  const char *key; /* NULL: a position */
  size_t position;
} place;

static rh_status add_place(rh_buffer *out, const place *at, rh_error *error) {
  rh_status status = at->above ? add_place(out, at->above, error) : RH_OK;
  if (status != RH_OK)
    return status;
  if (!at->key)
    return rh_buffer_printf(out, error, "[%zu]", at->position);
  return rh_buffer_printf(out, error, "%s%s", out->len > 0 && at->key[0] ? "." : "", at->key);
}

static rh_status wrong(rh_error *error, const place *at, const char *message) {
  rh_buffer where = {0};
  rh_status status = add_place(&where, at, error);
  if (status == RH_OK)
    status = rh_error_set(error, RH_ERR_FORMAT, where.len > 0 ? rh_buffer_text(&where) : "document",
                          "%s", message);
  rh_buffer_dispose(&where);
  return status;
}

static bool is_name(const json_t *json) {
  return json_is_string(json) ||
         (json_object_size(json) == 1 && json_is_string(json_object_get(json, "wtf8")));
}

/* NULL, or what is wrong with a value that has nothing below it. */
static const char *problem_of(rh_shape_kind kind, const json_t *json) {
  const char *text = json_string_value(json);
  switch (kind) {
  case RH_SHAPE_TEXT:
    return text ? NULL : "is no text";
  case RH_SHAPE_NAME:
    return is_name(json) ? NULL : "is no text and no {\"wtf8\": hex}";
  case RH_SHAPE_SCALAR:
    return text || json_is_number(json) || json_is_boolean(json)
               ? NULL
               : "is no text, number, true or false";
  case RH_SHAPE_INTEGER:
    return json_is_integer(json) ? NULL : "is no whole number";
  case RH_SHAPE_COUNT:
    return json_is_integer(json) && json_integer_value(json) >= 0 ? NULL
                                                                  : "is no whole number from 0 on";
  case RH_SHAPE_FLAG:
    return json_is_boolean(json) ? NULL : "is neither true nor false";
  case RH_SHAPE_SHA256:
    return rh_json_is_sha256(text) ? NULL : "is no SHA-256 in lower-case hex";
  case RH_SHAPE_FINGERPRINT:
    return rh_json_is_sha256(text) || (text && strcmp(text, "absent") == 0)
               ? NULL
               : "is neither a SHA-256 in lower-case hex nor \"absent\"";
  case RH_SHAPE_LIST:
    return json_is_array(json) ? NULL : "is no list";
  case RH_SHAPE_MAP:
  case RH_SHAPE_OBJECT:
    return json_is_object(json) ? NULL : "is no object";
  }
  return NULL;
}

static const rh_field *find_field(const rh_shape *shape, const char *key) {
  for (const rh_field *field = shape->fields; field->key; field++)
    if (strcmp(field->key, key) == 0)
      return field;
  return NULL;
}

static rh_status check(const rh_shape *shape, const json_t *json, const place *at, rh_error *error);

static rh_status check_object(const rh_shape *shape, const json_t *json, const place *at,
                              rh_error *error) {
  rh_status status = RH_OK;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)json, key, value) {
    const place below = {at, key, 0};
    const rh_field *field = find_field(shape, key);
    status = field ? check(field->shape, value, &below, error)
                   : wrong(error, &below, "does not belong here");
    if (status != RH_OK)
      return status;
  }
  for (const rh_field *field = shape->fields; field->key; field++) {
    const place below = {at, field->key, 0};
    if (!field->optional && !json_object_get(json, field->key))
      return wrong(error, &below, "is missing");
  }
  return RH_OK;
}

static rh_status check(const rh_shape *shape, const json_t *json, const place *at,
                       rh_error *error) {
  rh_status status = RH_OK;
  const char *problem = problem_of(shape->kind, json), *key;
  json_t *value;
  size_t index;
  if (problem)
    return wrong(error, at, problem);
  if (shape->kind == RH_SHAPE_OBJECT)
    return check_object(shape, json, at, error);
  if (shape->kind == RH_SHAPE_MAP) {
    json_object_foreach((json_t *)(uintptr_t)json, key, value) {
      const place below = {at, key, 0};
      if (status == RH_OK)
        status = check(shape->item, value, &below, error);
    }
  } else if (shape->kind == RH_SHAPE_LIST) {
    json_array_foreach(json, index, value) {
      const place below = {at, NULL, index};
      if (status == RH_OK)
        status = check(shape->item, value, &below, error);
    }
  }
  return status;
}

rh_status rh_shape_check(const rh_shape *shape, const json_t *json, const char *where,
                         rh_error *error) {
  const place top = {NULL, where, 0};
  return check(shape, json, &top, error);
}

static const rh_shape *shape_of(const rh_shape *shape, const char *key) {
  if (shape->kind == RH_SHAPE_MAP)
    return shape->item;
  const rh_field *field = find_field(shape, key);
  return field ? field->shape : NULL;
}

static bool is_table(const rh_shape *shape) {
  return shape->kind == RH_SHAPE_MAP || shape->kind == RH_SHAPE_OBJECT;
}

rh_status rh_shape_settle(const rh_shape *shape, json_t *json, rh_error *error) {
  rh_status status = RH_OK;
  const char *key;
  json_t *value;
  void *next;
  size_t index;
  if (shape->kind == RH_SHAPE_LIST) {
    json_array_foreach(json, index, value) {
      if (status == RH_OK)
        status = rh_shape_settle(shape->item, value, error);
    }
  } else if (is_table(shape)) {
    json_object_foreach_safe(json, next, key, value) {
      const rh_shape *below = shape_of(shape, key);
      bool empty = json_is_array(value) && json_array_size(value) == 0;
      if (status != RH_OK || !below)
        continue;
      status = empty && is_table(below) ? rh_json_set(json, key, json_object(), error)
                                        : rh_shape_settle(below, value, error);
    }
  }
  return status;
}
