/* Each byte of a small hive changed, each length of it: read, checked, rebuilt and changed, or
 * refused, and never with an allocation that the file's size does not explain. */
#define _POSIX_C_SOURCE 200809L

#include "registry/log_make.h"

static const rh_hive_open_options tolerant = {.accept_dirty = true, .accept_damage = true};

static rh_buffer make_sample(void) {
  rh_hive *hive = new_hive(5);
  rh_buffer bytes = {0};
  const rh_key_details details = {.class_name = (const unsigned char *)"c\0l\0", .class_len = 4};
  rh_key a = make(hive, root_of(hive), "A"), b = make(hive, root_of(hive), "Zpětná");
  OK(rh_registry_set_details(rh_hive_registry(hive), a, &details, &error));
  set(hive, a, "small", "1234", 4);
  set(hive, a, "larger", "a text that takes a cell", 24);
  set(hive, b, "", "12345678", 8);
  make(hive, b, "C");
  OK(rh_hive_serialize(hive, &bytes, &error));
  rh_hive_free(hive);
  return bytes;
}

static void assert_no_want(rh_status status) {
  if (status == RH_ERR_MEMORY)
    fail_msg("more memory was asked for than the file's size explains");
}

/* Changing a hive that may be damaged. */
static void change(rh_hive *hive) {
  rh_registry *registry = rh_hive_registry(hive);
  rh_key key = RH_KEY_NONE, root = root_of(hive);
  assert_no_want(rh_registry_create_path(registry, root, "A\\New", &key, &error));
  assert_no_want(rh_registry_set_value(registry, root, "new", 3, RH_REG_SZ, "a\0", 2, &error));
  for (int i = 0; i < 2; i++) {
    rh_cursor cursor = rh_registry_keys(registry, root);
    if (rh_cursor_next_key(&cursor, &key, &error) == RH_OK)
      assert_no_want(rh_registry_delete_key(registry, key, &error));
  }
  listing list = listing_of(registry, true);
  listing_dispose(&list);
}

/* What is in the folder, with every way of reading that there is. False when it is refused. */
static bool use_file(void) {
  rh_hive *hive = NULL, *fresh = NULL;
  rh_anomaly_list list;
  rh_status status = open_with(&hive, &tolerant, NULL);
  assert_no_want(status);
  if (status != RH_OK)
    return false;
  OK(rh_hive_check(hive, &list, NULL, &error));
  rh_anomaly_list_dispose(&list);
  OK(rh_hive_rebuild(&fresh, hive, &list, &error));
  if (list.total == 0)
    assert_same(hive, fresh);
  rh_anomaly_list_dispose(&list);
  OK(rh_hive_check(fresh, &list, NULL, &error));
  assert_int_equal(list.total, 0);
  rh_anomaly_list_dispose(&list);
  rh_hive_free(fresh);
  change(hive);
  rh_hive_free(hive);
  return true;
}

static void each_byte_changed(void **state) {
  (void)state;
  static const unsigned char changes[] = {0xFF, 0x01, 0x80};
  rh_buffer bytes = make_sample();
  size_t opened = 0, strict = 0;
  rh_memory_fail_above(4 * bytes.len + 65536);
  for (size_t at = 0; at < bytes.len; at++) {
    rh_hive *hive = NULL;
    bytes.data[at] ^= changes[at % 3];
    put("HIVE", &bytes);
    opened += use_file();
    strict += rh_hive_open_memory(&hive, bytes.data, bytes.len, "changed", &error) == RH_OK;
    rh_hive_free(hive);
    bytes.data[at] ^= changes[at % 3];
  }
  rh_memory_fail_above(0);
  assert_true(opened > bytes.len - 40); /* only the signature, the version, the type are needed */
  assert_true(strict > 4000 && strict < bytes.len - 500);
  rh_buffer_dispose(&bytes);
}

static void each_length(void **state) {
  (void)state;
  rh_buffer bytes = make_sample();
  size_t whole = bytes.len, opened = 0;
  for (bytes.len = 0; bytes.len < whole; bytes.len++) {
    rh_hive *hive = NULL;
    rh_memory_fail_above(4 * bytes.len + 65536);
    put("HIVE", &bytes);
    opened += use_file();
    assert_int_equal(rh_hive_open_memory(&hive, bytes.data, bytes.len, "cut", &error),
                     RH_ERR_FORMAT);
    assert_null(hive);
  }
  rh_memory_fail_above(0);
  assert_true(opened > 3900); /* whatever has the root's record */
  rh_buffer_dispose(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_byte_changed),
                                     cmocka_unit_test(each_length)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
