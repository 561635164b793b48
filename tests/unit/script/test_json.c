/* Lua tables to JSON and back. */
#include "script_fixture.h"

static void plain_values_become_json(void **state) {
  rh_script *script = *state;
  EXPECT(script, "return { true, false, 1, -9223372036854775807 - 1, 1.5, 'text', {} }",
         "[true,false,1,-9223372036854775808,1.5,\"text\",[]]");
  EXPECT(script, "return { b = { 1, { c = 2 } }, a = 'x\\0y' }",
         "{\"a\":\"x\\u0000y\",\"b\":[1,{\"c\":2}]}");
  EXPECT(script, "return 2.0", "2.0");
  EXPECT(script, "return '\xC3\xA4\xF0\x9F\x98\x80'", "\"\xC3\xA4\xF0\x9F\x98\x80\"");
  /* An unpaired surrogate, as a hive's names may hold one. */
  EXPECT(script, "return 'a\\xed\\xa0\\x80b\\xed\\x9f\\xbf'",
         "\"a\xEF\xBF\xBD"
         "b\xED\x9F\xBF\"");
}

static void what_json_cannot_hold_is_refused(void **state) {
  rh_script *script = *state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"return '\\xff'", "not UTF-8"},
      {"return { ['\\xff'] = 1 }", "key that is not UTF-8"},
      {"return { ['a\\0b'] = 1 }", "key that is not UTF-8"},
      {"return { name = 1 / 0 }", "infinite"},
      {"return { 0 / 0 }", "infinite"},
      {"return print", "only booleans"},
      {"return { a = pcall }", "only booleans"},
      {"return { [1] = 1, [3] = 3 }", "with a gap"},
      {"return { 1, a = 2 }", "other keys than names"},
      {"return { [true] = 1 }", "other keys than names"},
      {"return { [1.5] = 1 }", "other keys than names"},
      {"local t = {} t.t = t return t", "contains itself"},
      {"local t = {} for i = 1, 200 do t = { t } end return t", "nested too deep"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_error(script, cases[i].text, RH_ERR_SCRIPT, cases[i].message);
}

static int push_back(lua_State *L) {
  json_t **json = lua_touserdata(L, 1);
  script_push_json(L, *json);
  json_t *copy = script_to_json(L, -1);
  json_decref(*json);
  *json = copy;
  return 0;
}

static void json_survives_the_way_through_lua(void **state) {
  rh_script *script = *state;
  static const char text[] = "{\"a\":[1,2.5,\"x\\u0000\",true,[]],\"b\":{\"c\":-1},\"d\":false}";
  rh_error error = {0};
  json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
  assert_non_null(json);
  assert_int_equal(RH_OK, script_run(script, push_back, &json, &error));
  char *dump = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
  assert_string_equal(text, dump);
  free(dump);
  json_decref(json);
}

static void null_means_absent(void **state) {
  rh_script *script = *state;
  rh_error error = {0};
  json_t *json = json_loads("{\"a\":null,\"b\":1}", 0, NULL);
  assert_int_equal(RH_OK, script_run(script, push_back, &json, &error));
  assert_int_equal(1, json_object_size(json));
  json_decref(json);
  json = json_loads("[1,null]", 0, NULL);
  assert_int_equal(RH_ERR_SCRIPT, script_run(script, push_back, &json, &error));
  assert_non_null(strstr(error.message, "null cannot be in a list"));
  json_decref(json);
}

static int open_shared(void **state) {
  *state = open_script(&(rh_script_options){0});
  return 0;
}

static int close_shared(void **state) {
  rh_script_free(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_values_become_json),
      cmocka_unit_test(what_json_cannot_hold_is_refused),
      cmocka_unit_test(json_survives_the_way_through_lua),
      cmocka_unit_test(null_means_absent),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
