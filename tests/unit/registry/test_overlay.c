/* The overlay: what is seen, what is told, and that the told changes lead there and back. */
#include "registry_dump.h"

#include "registry/overlay/overlay.h"

/* Changes as text: sign, path, value name, data before and after, origin, mark. */
static rh_status print_change(void *payload, const rh_overlay_change *change, rh_error *error) {
  rh_buffer *out = payload;
  const rh_value *before = change->value_before, *after = change->value_after;
  const rh_value *value = after ? after : before;
  static const char *const signs[] = {"+K", "-K", "~K", "=V", "-V"};
  assert_int_equal(strlen(change->path), change->path_len);
  must(rh_buffer_printf(out, error, "%s %s", signs[change->kind], change->path));
  if (value)
    must(rh_buffer_printf(out, error, " %.*s", (int)value->name_len, value->name));
  if (value)
    must(rh_buffer_printf(out, error, " [%.*s>%.*s]", before ? (int)before->len : 0,
                          before ? (const char *)before->data : "", after ? (int)after->len : 0,
                          after ? (const char *)after->data : ""));
  else
    assert_true((change->kind == RH_CHANGE_KEY_CREATED) == (change->key_before == NULL) &&
                (change->kind == RH_CHANGE_KEY_DELETED) == (change->key_after == NULL));
  return rh_buffer_printf(out, error, " %u%s\n", change->origin, change->secret ? "!" : "");
}

static void assert_changes(rh_registry *overlay, const char *expected) {
  rh_buffer text = {0};
  must(rh_overlay_changes(overlay, print_change, &text, NULL));
  assert_string_equal(rh_buffer_text(&text), expected);
  rh_buffer_dispose(&text);
}

typedef struct fixture {
  rh_hive *hive;
  rh_registry *base, *overlay;
} fixture;

static int set_up(void **state) {
  fixture *self = calloc(1, sizeof *self);
  const rh_hive_options options = {.time = 1000};
  must(rh_hive_create(&self->hive, &options, NULL));
  self->base = rh_hive_registry(self->hive);
  self->base->clock = 2000;
  set_text(self->base, "A", "one", "1");
  set_text(self->base, "A", "two", "2");
  set_text(self->base, "A\\Sub", "three", "3");
  set_text(self->base, "C", "", "default");
  must(rh_overlay_open(&self->overlay, self->base, NULL));
  self->overlay->clock = 3000;
  rh_overlay_set_origin(self->overlay, 7);
  *state = self;
  return 0;
}

static int tear_down(void **state) {
  fixture *self = *state;
  rh_registry_free(self->overlay);
  rh_hive_free(self->hive);
  free(self);
  return 0;
}

static void test_base_shows_through(void **state) {
  fixture *self = *state;
  assert_same_text(dump_of(self->overlay, true), dump_of(self->base, true));
  assert_changes(self->overlay, "");
}

static void test_changes_reach_the_overlay_only(void **state) {
  fixture *self = *state;
  char *before = dump_of(self->base, true);
  set_text(self->overlay, "A", "one", "changed");
  set_text(self->overlay, "B\\New", "x", "y");
  must(rh_registry_delete_key(self->overlay, key_at(self->overlay, "C"), NULL));
  must(rh_registry_delete_value(self->overlay, key_at(self->overlay, "a"), "TWO", 3, NULL));
  assert_same_text(dump_of(self->base, true), before);
  char *seen = dump_of(self->overlay, false);
  assert_string_equal(seen, "K \n"
                            "K \\A\n"
                            "V \\A one 3 6368616e676564\n"
                            "K \\A\\Sub\n"
                            "V \\A\\Sub three 3 33\n"
                            "K \\B\n"
                            "K \\B\\New\n"
                            "V \\B\\New x 3 79\n");
  rh_free(seen);
  assert_changes(self->overlay, "=V \\A one [1>changed] 7\n"
                                "-V \\A two [2>] 7\n"
                                "+K \\B 7\n"
                                "+K \\B\\New 7\n"
                                "=V \\B\\New x [>y] 7\n"
                                "-V \\C  [default>] 7\n"
                                "-K \\C 7\n");
}

static void test_restoring_leaves_no_change(void **state) {
  fixture *self = *state;
  rh_key key = key_at(self->overlay, "A");
  set_text(self->overlay, "A", "one", "changed");
  set_text(self->overlay, "A", "one", "1");
  must(rh_registry_delete_value(self->overlay, key, "two", 3, NULL));
  set_text(self->overlay, "A", "two", "2");
  set_text(self->overlay, "A", "new", "n");
  must(rh_registry_delete_value(self->overlay, key, "new", 3, NULL));
  set_text(self->overlay, "Brief", "v", "v");
  must(rh_registry_delete_key(self->overlay, key_at(self->overlay, "Brief"), NULL));
  must(rh_registry_delete_key(self->overlay, key_at(self->overlay, "C"), NULL));
  set_text(self->overlay, "C", "", "default");
  must(rh_registry_set_details(self->overlay, key, &(rh_key_details){.last_write = 5}, NULL));
  assert_changes(self->overlay, "");
  assert_same_text(dump_of(self->overlay, true), dump_of(self->base, true));
}

static void test_same_value_keeps_the_time(void **state) {
  fixture *self = *state;
  rh_key_info info = {0};
  rh_key key = key_at(self->overlay, "A");
  set_text(self->overlay, "A", "ONE", "1");
  must(rh_registry_read_key(self->overlay, key, &info, NULL));
  assert_int_equal(info.last_write, 2000);
  set_text(self->overlay, "A", "one", "2");
  must(rh_registry_read_key(self->overlay, key, &info, NULL));
  assert_int_equal(info.last_write, 3000);
  rh_key_info_dispose(&info);
}

static void test_deleted_tree_is_told_leaf_by_leaf(void **state) {
  fixture *self = *state;
  rh_key sub = key_at(self->overlay, "A\\Sub");
  set_text(self->overlay, "A\\Sub", "three", "will be forgotten");
  set_text(self->overlay, "A\\Made", "m", "m");
  rh_overlay_set_origin(self->overlay, 8);
  must(rh_registry_delete_key(self->overlay, key_at(self->overlay, "A"), NULL));
  assert_changes(self->overlay, "-V \\A one [1>] 8\n"
                                "-V \\A two [2>] 8\n"
                                "-V \\A\\Sub three [3>] 8\n"
                                "-K \\A\\Sub 8\n"
                                "-K \\A 8\n");
  rh_key_info info = {0};
  must_fail(rh_registry_read_key(self->overlay, sub, &info, NULL), RH_ERR_NOT_FOUND);
  must_fail(rh_registry_find_path(self->overlay, root_of(self->overlay), "A\\Sub", &sub, NULL),
            RH_ERR_NOT_FOUND);
}

static void test_key_made_again_is_told_as_differences(void **state) {
  fixture *self = *state;
  must(rh_registry_delete_key(self->overlay, key_at(self->overlay, "A"), NULL));
  rh_overlay_set_origin(self->overlay, 9);
  set_text(self->overlay, "A", "two", "2");
  set_text(self->overlay, "A", "four", "4");
  assert_changes(self->overlay, "=V \\A four [>4] 9\n"
                                "-V \\A one [1>] 9\n"
                                "-V \\A\\Sub three [3>] 9\n"
                                "-K \\A\\Sub 9\n");
  set_text(self->overlay, "A\\Sub", "three", "33");
  rh_key_info info = {0};
  must(rh_registry_read_key(self->overlay, key_at(self->overlay, "A"), &info, NULL));
  assert_int_equal(info.value_count, 2);
  assert_int_equal(info.subkey_count, 1);
  rh_key_info_dispose(&info);
  assert_changes(self->overlay, "=V \\A four [>4] 9\n"
                                "-V \\A one [1>] 9\n"
                                "=V \\A\\Sub three [3>33] 9\n");
}

static void test_secret_stays_with_the_value(void **state) {
  fixture *self = *state;
  rh_key a = key_at(self->overlay, "A"), sub = key_at(self->overlay, "A\\Sub");
  must_fail(rh_overlay_mark_secret(self->overlay, a, "absent", 6, NULL), RH_ERR_NOT_FOUND);
  must(rh_overlay_mark_secret(self->overlay, sub, "three", 5, NULL));
  assert_changes(self->overlay, "");
  set_text(self->overlay, "A", "key", "k");
  must(rh_overlay_mark_secret(self->overlay, a, "KEY", 3, NULL));
  rh_overlay_set_origin(self->overlay, 8);
  set_text(self->overlay, "A\\Sub", "three", "4");
  assert_changes(self->overlay, "=V \\A key [>k] 7!\n=V \\A\\Sub three [3>4] 8!\n");
  must(rh_registry_delete_key(self->overlay, a, NULL));
  assert_changes(self->overlay, "-V \\A one [1>] 8\n"
                                "-V \\A two [2>] 8\n"
                                "-V \\A\\Sub three [3>] 8!\n"
                                "-K \\A\\Sub 8\n"
                                "-K \\A 8\n");
}

static void test_details(void **state) {
  fixture *self = *state;
  rh_key key = key_at(self->overlay, "A");
  rh_key_details details = {.class_name = (const unsigned char *)"c\0l\0", .class_len = 4};
  must(rh_registry_set_details(self->overlay, key, &details, NULL));
  assert_changes(self->overlay, "~K \\A 7\n");
  rh_key_info info = {0};
  must(rh_registry_read_key(self->overlay, key, &info, NULL));
  assert_int_equal(info.class_len, 4);
  assert_memory_equal(info.class_name, "c\0l\0", 4);
  must(rh_registry_set_details(self->overlay, key, &(rh_key_details){.clear_class = true}, NULL));
  assert_changes(self->overlay, "");
  rh_buffer other = {0};
  must(rh_registry_read_key(self->overlay, key, &info, NULL));
  must(rh_buffer_append(&other, info.security, info.security_len, NULL));
  other.data[other.len - 1] ^= 1;
  details = (rh_key_details){.security = other.data, .security_len = other.len};
  must(rh_registry_set_details(self->overlay, key, &details, NULL));
  assert_changes(self->overlay, "~K \\A 7\n");
  /* A new key takes its parent's security. */
  set_text(self->overlay, "A\\Fresh", "v", "v");
  must(rh_registry_read_key(self->overlay, key_at(self->overlay, "A\\Fresh"), &info, NULL));
  assert_int_equal(info.security_len, other.len);
  assert_memory_equal(info.security, other.data, other.len);
  rh_buffer_dispose(&other);
  rh_key_info_dispose(&info);
}

static void test_subkeys_come_sorted(void **state) {
  fixture *self = *state;
  static const char *const made[] = {"zeta", "b", "\xC3\xA9t\xC3\xA9", "0", "Bb", "d"};
  rh_buffer order = {0};
  rh_key child;
  rh_key_info info = {0};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    set_text(self->overlay, made[i], "v", "v");
  rh_cursor cursor = rh_registry_keys(self->overlay, root_of(self->overlay));
  while (rh_cursor_next_key(&cursor, &child, NULL) == RH_OK) {
    must(rh_registry_read_key(self->overlay, child, &info, NULL));
    must(rh_buffer_printf(&order, NULL, "%.*s ", (int)info.name_len, info.name));
  }
  assert_string_equal(rh_buffer_text(&order), "0 A b Bb C d zeta \xC3\xA9t\xC3\xA9 ");
  rh_buffer_dispose(&order);
  rh_key_info_dispose(&info);
}

static void test_deleting_while_enumerating(void **state) {
  fixture *self = *state;
  rh_key child;
  size_t count = 0;
  set_text(self->overlay, "B", "v", "v");
  set_text(self->overlay, "D", "v", "v");
  rh_cursor cursor = rh_registry_keys(self->overlay, root_of(self->overlay));
  while (rh_cursor_next_key(&cursor, &child, NULL) == RH_OK) {
    must(rh_registry_delete_key(self->overlay, child, NULL));
    count++;
  }
  assert_int_equal(count, 4);
  char *left = dump_of(self->overlay, false);
  assert_string_equal(left, "K \n");
  rh_free(left);
}

static void test_limits(void **state) {
  fixture *self = *state;
  rh_registry *second;
  rh_key key = root_of(self->overlay);
  must_fail(rh_overlay_open(&second, self->overlay, NULL), RH_ERR_UNSUPPORTED);
  must_fail(rh_registry_delete_key(self->overlay, key, NULL), RH_ERR_ARGUMENT);
  for (int depth = 0; depth < RH_KEY_DEPTH_MAX; depth++)
    must(rh_registry_create_key(self->overlay, key, "k", 1, &key, NULL));
  must_fail(rh_registry_create_key(self->overlay, key, "k", 1, &key, NULL), RH_ERR_LIMIT);
}

/* Each allocation of an operation fails in turn: nothing is half done, and it works afterwards. */
static void test_no_memory(void **state) {
  fixture *self = *state;
  static const char expected[] = "K \n"
                                 "K \\A\n"
                                 "V \\A new 3 6e\n"
                                 "K \\C\n"
                                 "V \\C  3 64656661756c74\n";
  rh_status status;
  unsigned long countdown = 1;
  for (int operation = 0; operation < 3; countdown++) {
    rh_key key = RH_KEY_NONE, root = root_of(self->overlay);
    char *before = dump_of(self->overlay, true);
    rh_memory_fail_at(countdown);
    if (operation == 0)
      status = rh_registry_find_path(self->overlay, root, "A", &key, NULL);
    else
      status = rh_registry_create_path(self->overlay, root, "A", &key, NULL);
    if (status == RH_OK && operation == 0)
      status = rh_registry_delete_key(self->overlay, key, NULL);
    if (status == RH_OK && operation == 2)
      status = rh_registry_set_value(self->overlay, key, "new", 3, RH_REG_BINARY, "n", 1, NULL);
    rh_memory_fail_at(0);
    if (status == RH_OK) {
      operation++;
      countdown = 0;
      rh_free(before);
    } else {
      assert_int_equal(status, RH_ERR_MEMORY);
      assert_same_text(dump_of(self->overlay, true), before);
    }
  }
  char *seen = dump_of(self->overlay, false);
  assert_string_equal(seen, expected);
  rh_free(seen);
}

static void test_no_memory_below_untouched_keys(void **state) {
  fixture *self = *state;
  rh_key key = key_at(self->overlay, "A\\Sub");
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long countdown = 1; status != RH_OK; countdown++) {
    rh_memory_fail_at(countdown);
    status = rh_registry_set_value(self->overlay, key, "three", 5, RH_REG_BINARY, "4", 1, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
  }
  assert_changes(self->overlay, "=V \\A\\Sub three [3>4] 7\n");
}

int main(void) {
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      WITH_FIXTURE(test_base_shows_through),
      WITH_FIXTURE(test_changes_reach_the_overlay_only),
      WITH_FIXTURE(test_restoring_leaves_no_change),
      WITH_FIXTURE(test_same_value_keeps_the_time),
      WITH_FIXTURE(test_deleted_tree_is_told_leaf_by_leaf),
      WITH_FIXTURE(test_key_made_again_is_told_as_differences),
      WITH_FIXTURE(test_secret_stays_with_the_value),
      WITH_FIXTURE(test_details),
      WITH_FIXTURE(test_subkeys_come_sorted),
      WITH_FIXTURE(test_deleting_while_enumerating),
      WITH_FIXTURE(test_limits),
      WITH_FIXTURE(test_no_memory),
      WITH_FIXTURE(test_no_memory_below_untouched_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
