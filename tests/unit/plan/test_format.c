/* What a plan may hold: the table in C and docs/plan.schema.json say the same, and JSON is held
 * against it by name. */
#include "machine/machine.h"
#include "plan/json.h"
#include "plan/request.h"
#include "plan/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static rh_error problem;
#define OK(call)                                                                                   \
  do {                                                                                             \
    if ((call) != RH_OK)                                                                           \
      fail_msg("%s: %s: %s", #call, problem.object, problem.message);                              \
  } while (0)

/* --- the table and the schema --- */

static json_t *schema, *seen;

static const char *text_of(const json_t *node, const char *key) {
  const char *text = json_string_value(json_object_get(node, key));
  return text ? text : "";
}

/* The definition that a node refers to; the node itself when it refers to none. */
static const json_t *definition_of(const json_t *node, const char **name) {
  const char *ref = text_of(node, "$ref");
  *name = NULL;
  if (!*ref)
    return node;
  assert_memory_equal(ref, "#/$defs/", 8);
  *name = ref + 8;
  const json_t *found = json_object_get(json_object_get(schema, "$defs"), *name);
  if (!found)
    fail_msg("the schema has no definition %s", *name);
  return found;
}

static void compare(const rh_shape *shape, const json_t *node, const char *where);

static void expect_name(const char *found, const char *expected, const char *where) {
  if (!found || strcmp(found, expected) != 0)
    fail_msg("%s: the schema has %s, the table %s", where, found ? found : "something of its own",
             expected);
}

static void compare_object(const rh_shape *shape, const json_t *node, const char *where) {
  const json_t *properties = json_object_get(node, "properties");
  const json_t *required = json_object_get(node, "required");
  size_t fields = 0, needed = 0;
  for (const rh_field *field = shape->fields; field->key; field++) {
    char below[300];
    const json_t *property = json_object_get(properties, field->key);
    bool listed = false;
    json_t *name;
    size_t index;
    snprintf(below, sizeof below, "%s.%s", where, field->key);
    if (!property)
      fail_msg("%s: not in the schema", below);
    if (!*text_of(property, "description"))
      fail_msg("%s: the schema does not describe it", below);
    json_array_foreach(required, index, name) {
      listed = listed || strcmp(json_string_value(name), field->key) == 0;
    }
    if (listed == field->optional)
      fail_msg("%s: required in one and optional in the other", below);
    fields++;
    needed += !field->optional;
    compare(field->shape, property, below);
  }
  if (json_object_size(properties) != fields || json_array_size(required) != needed)
    fail_msg("%s: the schema has keys that the table has not", where);
  if (!json_is_false(json_object_get(node, "additionalProperties")))
    fail_msg("%s: the schema allows other keys", where);
}

static void compare(const rh_shape *shape, const json_t *node, const char *where) {
  static const char *const definitions[] = {[RH_SHAPE_NAME] = "name",
                                            [RH_SHAPE_SCALAR] = "scalar",
                                            [RH_SHAPE_SHA256] = "sha256",
                                            [RH_SHAPE_FINGERPRINT] = "fingerprint"};
  static const char *const types[] = {
      [RH_SHAPE_TEXT] = "string",  [RH_SHAPE_INTEGER] = "integer", [RH_SHAPE_COUNT] = "integer",
      [RH_SHAPE_FLAG] = "boolean", [RH_SHAPE_LIST] = "array",      [RH_SHAPE_MAP] = "object",
      [RH_SHAPE_OBJECT] = "object"};
  const char *name;
  const json_t *definition = definition_of(node, &name);
  if (shape->kind == RH_SHAPE_OBJECT) {
    expect_name(name, shape->name, where);
    if (json_object_get(seen, name))
      return;
    json_object_set_new(seen, name, json_true());
    assert_string_equal(text_of(definition, "type"), "object");
    compare_object(shape, definition, name);
    return;
  }
  if (shape->kind < sizeof definitions / sizeof *definitions && definitions[shape->kind]) {
    expect_name(name, definitions[shape->kind], where);
    json_object_set_new(seen, name, json_true());
    return;
  }
  assert_null(name);
  expect_name(text_of(definition, "type"), types[shape->kind], where);
  const json_t *minimum = json_object_get(definition, "minimum");
  if ((shape->kind == RH_SHAPE_COUNT) != (minimum && json_integer_value(minimum) == 0))
    fail_msg("%s: the table and the schema do not agree on negative numbers", where);
  if (shape->kind == RH_SHAPE_LIST)
    compare(shape->item, json_object_get(definition, "items"), where);
  if (shape->kind == RH_SHAPE_MAP)
    compare(shape->item, json_object_get(definition, "additionalProperties"), where);
}

static void the_table_is_the_schema(void **state) {
  (void)state;
  json_error_t where;
  schema = json_load_file(TEST_SOURCE_DIR "/docs/plan.schema.json", 0, &where);
  if (!schema)
    fail_msg("docs/plan.schema.json:%d: %s", where.line, where.text);
  seen = json_object();
  compare(&rh_plan_shape, schema, "plan");
  assert_int_equal(json_object_size(seen),
                   json_object_size(json_object_get(schema, "$defs"))); /* and none is left over */
  json_decref(seen);
  json_decref(schema);
}

static void all_facts_of_an_identity_are_listed(void **state) {
  (void)state;
  const rh_shape *identity = NULL;
  for (const rh_field *field = rh_plan_shape.fields; field->key; field++)
    if (strcmp(field->key, "source") == 0)
      identity = field->shape->fields[1].shape;
  assert_non_null(identity);
  assert_string_equal(identity->name, "identity");
  size_t count = 0;
  for (const rh_field *field = identity->fields; field->key; field++) {
    bool found = false;
    for (size_t i = 0; i < rh_identity_count(); i++)
      found = found || strcmp(rh_identity_name(i), field->key) == 0;
    assert_true(found);
    count++;
  }
  assert_int_equal(count, rh_identity_count());
}

/* --- checking --- */

static const rh_shape a_text = {.kind = RH_SHAPE_TEXT};
static const rh_shape a_count = {.kind = RH_SHAPE_COUNT};
static const rh_shape texts = {.kind = RH_SHAPE_LIST, .item = &a_text};
static const rh_shape counts = {.kind = RH_SHAPE_MAP, .item = &a_count};
static const rh_field part_fields[] = {
    {"counts", &counts, true}, {"name", &a_text, false}, {"texts", &texts, false}, {NULL, NULL, 0}};
static const rh_shape part = {.kind = RH_SHAPE_OBJECT, .fields = part_fields};
static const rh_shape parts = {.kind = RH_SHAPE_LIST, .item = &part};

/* text is JSON; expected is "PLACE: MESSAGE", or NULL when nothing is wrong with it. */
static void check(const char *text, const char *expected) {
  json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
  char said[1400];
  assert_non_null(json);
  memset(&problem, 0, sizeof problem);
  rh_status status = rh_shape_check(&parts, json, "", &problem);
  snprintf(said, sizeof said, "%s: %s", problem.object, problem.message);
  assert_int_equal(status, expected ? RH_ERR_FORMAT : RH_OK);
  if (expected)
    assert_string_equal(said, expected);
  json_decref(json);
}

static void places_are_named(void **state) {
  (void)state;
  check("[]", NULL);
  check("{}", "document: is no list");
  check("[{\"name\": \"a\", \"texts\": []}]", NULL);
  check("[{\"name\": \"a\", \"texts\": [\"b\"], \"counts\": {\"c\": 0}}]", NULL);
  check("[1]", "[0]: is no object");
  check("[{\"texts\": []}]", "[0].name: is missing");
  check("[{\"name\": \"a\", \"texts\": []}, {\"name\": null, \"texts\": []}]",
        "[1].name: is no text");
  check("[{\"name\": \"a\", \"texts\": [\"b\", 2]}]", "[0].texts[1]: is no text");
  check("[{\"name\": \"a\", \"texts\": [], \"counts\": {\"c\": -1}}]",
        "[0].counts.c: is no whole number from 0 on");
  check("[{\"name\": \"a\", \"texts\": [], \"Name\": \"a\"}]", "[0].Name: does not belong here");
}

static void each_kind_is_told_apart(void **state) {
  (void)state;
  static const char digest[] =
      "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"";
  static const char *const values[] = {"\"x\"", "{\"wtf8\": \"ed\"}", "true", "-1", "1",
                                       "1.5",   "\"absent\"",         digest, "[]", "{}",
                                       "null"};
  /* Of the values above, those that fit. */
  static const struct {
    rh_shape_kind kind;
    const char *fits;
  } kinds[] = {
      {RH_SHAPE_TEXT, "y.....yy..."},   {RH_SHAPE_NAME, "yy....yy..."},
      {RH_SHAPE_SCALAR, "y.yyyyyy..."}, {RH_SHAPE_INTEGER, "...yy......"},
      {RH_SHAPE_COUNT, "....y......"},  {RH_SHAPE_FLAG, "..y........"},
      {RH_SHAPE_SHA256, ".......y..."}, {RH_SHAPE_FINGERPRINT, "......yy..."},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const rh_shape shape = {.kind = kinds[i].kind};
    for (size_t at = 0; at < sizeof values / sizeof *values; at++) {
      json_t *json = json_loads(values[at], JSON_DECODE_ANY, NULL);
      assert_non_null(json);
      rh_status expected = kinds[i].fits[at] == 'y' ? RH_OK : RH_ERR_FORMAT;
      if (rh_shape_check(&shape, json, "", NULL) != expected)
        fail_msg("kind %d and %s", (int)kinds[i].kind, values[at]);
      json_decref(json);
    }
  }
}

static void empty_lists_become_maps(void **state) {
  (void)state;
  json_t *json = json_loads("[{\"texts\": [], \"counts\": [], \"other\": []},"
                            " {\"counts\": {\"a\": 1}}, {\"counts\": [1]}]",
                            0, NULL);
  OK(rh_shape_settle(&parts, json, &problem));
  char *text = json_dumps(json, JSON_COMPACT);
  assert_string_equal(text, "[{\"texts\":[],\"counts\":{},\"other\":[]},{\"counts\":{\"a\":1}},"
                            "{\"counts\":[1]}]");
  free(text);
  json_decref(json);
}

/* --- the request --- */

static void a_request_has_every_field(void **state) {
  (void)state;
  json_t *request = NULL;
  OK(rh_request_new(&request, &problem));
  OK(rh_shape_check(&rh_request_shape, request, "request", &problem));
  assert_string_equal(rh_request_location(request, "source"), "");
  json_decref(request);
}

static void a_map_comes_back(void **state) {
  (void)state;
  rh_map_entry given[] = {{(char *)(uintptr_t) "LAN = 1", (char *)(uintptr_t) "Ethernet"},
                          {(char *)(uintptr_t) "WAN", (char *)(uintptr_t) ""}};
  rh_map_entry *entries = NULL;
  json_t *request = NULL, *field = NULL, *again = NULL;
  size_t count = 0;
  OK(rh_request_new(&request, &problem));
  OK(rh_request_map_field(&field, given, 2, &problem));
  OK(rh_request_set(request, "map", field, &problem));
  OK(rh_shape_check(&rh_request_shape, request, "request", &problem));
  OK(rh_request_map(request, &entries, &count, &problem));
  assert_int_equal(count, 2);
  assert_string_equal(entries[0].source, "LAN = 1");
  assert_string_equal(entries[0].destination, "Ethernet");
  assert_string_equal(entries[1].destination, "");
  rh_map_entries_free(entries, count);

  /* Planned again, the map is as it was built, whatever was given. */
  json_t *pairs = json_pack("[{s:{s:s}, s:{s:s}}, {s:{s:s}}]", "source", "guid", "{1}",
                            "destination", "guid", "{2}", "source", "guid", "{3}");
  OK(rh_request_again(&again, request, pairs, &problem));
  OK(rh_request_map(again, &entries, &count, &problem));
  assert_int_equal(count, 2);
  assert_string_equal(entries[0].source, "{1}");
  assert_string_equal(entries[0].destination, "{2}");
  assert_string_equal(entries[1].source, "{3}");
  assert_string_equal(entries[1].destination, "");
  rh_map_entries_free(entries, count);
  OK(rh_request_map(request, &entries, &count, &problem));
  assert_string_equal(entries[0].source, "LAN = 1");
  rh_map_entries_free(entries, count);
  json_decref(pairs);
  json_decref(again);
  json_decref(request);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_is_the_schema),
      cmocka_unit_test(all_facts_of_an_identity_are_listed),
      cmocka_unit_test(places_are_named),
      cmocka_unit_test(each_kind_is_told_apart),
      cmocka_unit_test(empty_lists_become_maps),
      cmocka_unit_test(a_request_has_every_field),
      cmocka_unit_test(a_map_comes_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
