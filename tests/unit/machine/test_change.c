/* Changes: turning round, describing, naming. */
#include "machine_fixture.h"

static rh_change sample(rh_change_action action, bool before, bool after) {
  rh_change change = {.action = action, .origin = 3, .secret = true};
  bool is_file = action == RH_WRITE_FILE || action == RH_DELETE_FILE;
  bool is_value = action == RH_SET_VALUE || action == RH_DELETE_VALUE;
  change.hive = is_file ? NULL : rh_copy_text("SYSTEM");
  change.path = rh_copy_text(is_file ? "Windows/x" : "\\A\\B");
  change.path_len = strlen(change.path);
  if (is_value) {
    change.name = rh_copy_bytes("n\0m", 3);
    change.name_len = 3;
  }
  change.before = (rh_change_side){.present = before, .type = 1, .time = 10};
  change.after = (rh_change_side){.present = after, .type = 4, .time = 20};
  OK(rh_buffer_append(&change.before.data, "old", before ? 3 : 0, error));
  OK(rh_buffer_append(&change.after.data, "newer", after ? 5 : 0, error));
  OK(rh_buffer_append(&change.after.security, "sd", 2, error));
  return change;
}

static void inversion(void **state) {
  static const struct {
    rh_change_action action;
    bool before, after;
    rh_change_action expected;
  } cases[] = {
      {RH_CREATE_KEY, false, true, RH_DELETE_KEY},  {RH_DELETE_KEY, true, false, RH_CREATE_KEY},
      {RH_SET_DETAILS, true, true, RH_SET_DETAILS}, {RH_SET_VALUE, true, true, RH_SET_VALUE},
      {RH_SET_VALUE, false, true, RH_DELETE_VALUE}, {RH_DELETE_VALUE, true, false, RH_SET_VALUE},
      {RH_WRITE_FILE, true, true, RH_WRITE_FILE},   {RH_WRITE_FILE, false, true, RH_DELETE_FILE},
      {RH_DELETE_FILE, true, false, RH_WRITE_FILE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_change change = sample(cases[i].action, cases[i].before, cases[i].after);
    rh_change inverse, twice;
    OK(rh_change_invert(&inverse, &change, error));
    assert_int_equal(inverse.action, cases[i].expected);
    assert_int_equal(inverse.before.present, change.after.present);
    assert_int_equal(inverse.before.type, 4);
    assert_int_equal(inverse.before.time, 20);
    assert_int_equal(inverse.after.time, 10);
    assert_int_equal(inverse.before.data.len, cases[i].after ? 5 : 0);
    assert_int_equal(inverse.before.security.len, 2);
    assert_int_equal(inverse.after.security.len, 0);
    assert_true(inverse.secret);
    assert_int_equal(inverse.origin, 3);
    assert_string_equal(inverse.path, change.path);
    assert_ptr_not_equal(inverse.path, change.path);
    if (change.name)
      assert_memory_equal(inverse.name, "n\0m", 4);
    OK(rh_change_invert(&twice, &inverse, error));
    assert_int_equal(twice.action, change.action);
    rh_change_dispose(&twice);
    rh_change_dispose(&inverse);
    for (unsigned long n = 1;; n++) {
      rh_memory_fail_at(n);
      rh_status status = rh_change_invert(&inverse, &change, NULL);
      rh_memory_fail_at(0);
      if (status == RH_OK)
        break;
      assert_int_equal(status, RH_ERR_MEMORY);
      assert_null(inverse.path);
    }
    rh_change_dispose(&inverse);
    rh_change_dispose(&change);
  }
}

static void assert_described(rh_change *change, const char *expected) {
  rh_buffer text = {0};
  OK(rh_change_describe(&text, change, error));
  assert_string_equal(rh_buffer_text(&text), expected);
  rh_buffer_dispose(&text);
}

static void descriptions(void **state) {
  (void)state;
  rh_change change = sample(RH_SET_VALUE, true, true);
  assert_described(&change, "SYSTEM\\A\\B: n?m"); /* one line, no NUL */
  change.name_len = 0;
  change.name[0] = '\0';
  assert_described(&change, "SYSTEM\\A\\B: (default)");
  rh_change_dispose(&change);
  change = sample(RH_CREATE_KEY, false, true);
  assert_described(&change, "SYSTEM\\A\\B");
  rh_change_dispose(&change);
  change = sample(RH_WRITE_FILE, false, true);
  assert_described(&change, "Windows/x");
  rh_change_dispose(&change);
}

static void names(void **state) {
  static const char *const expected[] = {"create-key",   "delete-key", "set-details", "set-value",
                                         "delete-value", "write-file", "delete-file"};
  rh_change_action action;
  (void)state;
  for (int i = 0; i < 7; i++) {
    assert_string_equal(rh_change_action_name((rh_change_action)i), expected[i]);
    OK(rh_change_action_parse(&action, expected[i], error));
    assert_int_equal(action, i);
  }
  FAILS(RH_ERR_NOT_FOUND, rh_change_action_parse(&action, "SET-VALUE", error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inversion),
      cmocka_unit_test(descriptions),
      cmocka_unit_test(names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
