/* What reads well and Windows would not find or open: lists of subkeys out of order, with wrong
 * hashes, of another key's children; and hives without a base block. */
#define _POSIX_C_SOURCE 200809L

#include "registry/log_make.h"

/* Root with the keys aa, bb and cc, and a value in each. */
static rh_buffer three_keys(void) {
  static const char *const names[] = {"aa", "bb", "cc"};
  rh_hive *hive = NULL;
  rh_buffer bytes = {0};
  rh_key root, key;
  OK(rh_hive_create(&hive, &(rh_hive_options){.time = 1000}, &error));
  rh_registry *registry = rh_hive_registry(hive);
  OK(rh_registry_root(registry, &root, &error));
  for (size_t i = 0; i < 3; i++) {
    OK(rh_registry_create_key(registry, root, names[i], 2, &key, &error));
    OK(rh_registry_set_value(registry, key, "v", 1, RH_REG_BINARY, names[i], 2, &error));
  }
  OK(rh_hive_serialize(hive, &bytes, &error));
  rh_hive_free(hive);
  return bytes;
}

/* The bytes of a cell from its signature on. */
static unsigned char *cell(rh_buffer *bytes, uint32_t offset) {
  return bytes->data + 4096 + offset + 4;
}

static unsigned char *root_list(rh_buffer *bytes) {
  return cell(bytes, rh_load_u32(cell(bytes, rh_load_u32(bytes->data + 36)) + 28));
}

static void expect_three_keys(rh_hive *hive) {
  static const char *const names[] = {"aa", "bb", "cc"};
  rh_value value = {0};
  for (size_t i = 0; i < 3; i++) {
    OK(rh_registry_get(rh_hive_registry(hive), names[i], "v", &value, &error));
    assert_memory_equal(value.data, names[i], 2);
  }
  rh_value_dispose(&value);
}

static void expect_sound(rh_hive *hive) {
  rh_anomaly_list list;
  OK(rh_hive_check(hive, &list, NULL, &error));
  assert_int_equal(list.total, 0);
  expect_three_keys(hive);
}

/* One anomaly that says so; the hive is not written; a rebuilt one is sound. */
static void expect_list_fault(const rh_buffer *bytes, const char *text) {
  rh_hive *hive = NULL, *fresh = NULL;
  rh_anomaly_list list;
  OK(rh_hive_open_memory(&hive, bytes->data, bytes->len, "sample", &error));
  OK(rh_hive_check(hive, &list, NULL, &error));
  assert_int_equal(list.total, 1);
  assert_int_equal(list.items[0].kind, RH_ANOMALY_LIST);
  assert_string_equal(list.items[0].path, "");
  if (!strstr(list.items[0].message, text))
    fail_msg("\"%s\" is not in \"%s\"", text, list.items[0].message);
  rh_anomaly_list_dispose(&list);
  forget("OUT");
  assert_int_equal(rh_hive_commit(hive, in_folder("OUT"), NULL, &error), RH_ERR_FORMAT);
  assert_non_null(strstr(error.hint, "rehome hive rebuild"));
  assert_false(rh_file_exists(in_folder("OUT")));
  OK(rh_hive_rebuild(&fresh, hive, &list, &error));
  assert_int_equal(list.total, 0);
  OK(rh_hive_commit(fresh, in_folder("OUT"), NULL, &error));
  expect_sound(fresh);
  rh_anomaly_list_dispose(&list);
  rh_hive_free(fresh);
  rh_hive_free(hive);
}

static void subkeys_out_of_order_are_told_and_not_written(void **state) {
  (void)state;
  rh_buffer bytes = three_keys();
  unsigned char *list = root_list(&bytes), entry[8];
  assert_memory_equal(list, "lh\3", 4);
  memcpy(entry, list + 4, 8);
  memcpy(list + 4, list + 12, 8);
  memcpy(list + 12, entry, 8);
  expect_list_fault(&bytes, "1 subkeys out of order, \"aa\" first");
  memcpy(list + 12, list + 4, 8); /* one key twice */
  rh_hive *hive = NULL;
  rh_anomaly_list found;
  OK(rh_hive_open_memory(&hive, bytes.data, bytes.len, "sample", &error));
  OK(rh_hive_check(hive, &found, NULL, &error));
  assert_true(found.total > 0);
  rh_anomaly_list_dispose(&found);
  rh_hive_free(hive);
  rh_buffer_dispose(&bytes);
}

static void wrong_hashes_are_told_and_not_written(void **state) {
  (void)state;
  rh_buffer bytes = three_keys();
  unsigned char *list = root_list(&bytes);
  rh_store_u32(list + 16, rh_load_u32(list + 16) + 1);
  rh_store_u32(list + 24, 0);
  expect_list_fault(&bytes, "2 subkeys with a wrong hash of the name, \"bb\" first");
  rh_buffer_dispose(&bytes);
}

static void children_of_another_key_are_told_and_not_written(void **state) {
  (void)state;
  rh_buffer bytes = three_keys();
  unsigned char *child = cell(&bytes, rh_load_u32(root_list(&bytes) + 20));
  rh_store_u32(child + 16, rh_load_u32(child + 16) + 8);
  expect_list_fault(&bytes, "1 subkeys that name another key as the one above, \"cc\" first");
  rh_buffer_dispose(&bytes);
}

static void a_hive_without_its_base_block_is_rebuilt(void **state) {
  (void)state;
  rh_buffer bytes = three_keys();
  rh_hive *hive = NULL, *fresh = NULL;
  rh_hive_recovery report;
  rh_anomaly_list list;
  const rh_hive_open_options plain = {.use_logs = true, .accept_dirty = true};
  rh_hive_open_options tolerant = plain;
  tolerant.accept_damage = true;
  /* All of it, its start, and a field that says something impossible under a wrong checksum. */
  for (size_t part = 0; part < 3; part++) {
    rh_buffer cut = {0};
    OK(rh_buffer_append(&cut, bytes.data, bytes.len, &error));
    memset(cut.data + (part == 2 ? 20 : 0), part == 2 ? 0x77 : 0, part == 0 ? 4096 : 4);
    put("HIVE", &cut);
    assert_int_not_equal(rh_hive_open_with(&hive, in_folder("HIVE"), &plain, NULL, &error), RH_OK);
    assert_non_null(strstr(error.hint, "rehome hive rebuild"));
    OK(rh_hive_open_with(&hive, in_folder("HIVE"), &tolerant, &report, &error));
    assert_int_equal(report.remarks.count, 1);
    assert_non_null(strstr(report.remarks.names[0], "base block is lost"));
    expect_three_keys(hive);
    OK(rh_hive_check(hive, &list, NULL, &error));
    assert_int_equal(list.total, 1);
    assert_int_equal(list.items[0].kind, RH_ANOMALY_HEADER);
    rh_anomaly_list_dispose(&list);
    OK(rh_hive_rebuild(&fresh, hive, &list, &error));
    assert_int_equal(list.total, 0);
    OK(rh_hive_commit(fresh, in_folder("OUT"), NULL, &error));
    expect_sound(fresh);
    rh_anomaly_list_dispose(&list);
    rh_hive_recovery_dispose(&report);
    rh_hive_free(fresh);
    rh_hive_free(hive);
    rh_buffer_dispose(&cut);
  }
  rh_buffer_dispose(&bytes);
}

/* Without a root key, or bins, there is no hive. */
static void what_has_no_bins_stays_refused(void **state) {
  (void)state;
  rh_buffer bytes = three_keys();
  rh_hive *hive = NULL;
  const rh_hive_open_options tolerant = {.accept_dirty = true, .accept_damage = true};
  uint32_t root = rh_load_u32(bytes.data + 36);
  memset(bytes.data, 0, 4096);
  cell(&bytes, root)[2] &= (unsigned char)~4u;
  put("HIVE", &bytes);
  assert_int_equal(rh_hive_open_with(&hive, in_folder("HIVE"), &tolerant, NULL, &error),
                   RH_ERR_FORMAT);
  memset(bytes.data + 4096, 0, 4);
  put("HIVE", &bytes);
  assert_int_equal(rh_hive_open_with(&hive, in_folder("HIVE"), &tolerant, NULL, &error),
                   RH_ERR_FORMAT);
  assert_non_null(strstr(error.message, "is not a registry hive"));
  rh_buffer_dispose(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subkeys_out_of_order_are_told_and_not_written),
      cmocka_unit_test(wrong_hashes_are_told_and_not_written),
      cmocka_unit_test(children_of_another_key_are_told_and_not_written),
      cmocka_unit_test(a_hive_without_its_base_block_is_rebuilt),
      cmocka_unit_test(what_has_no_bins_stays_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
