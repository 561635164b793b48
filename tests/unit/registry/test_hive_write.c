/* Changing made hives: each is written, checked against the format and read back. */
#include "registry/hive_make.h"

#include <stdio.h>

static void makes_an_empty_hive(void **state) {
  (void)state;
  for (unsigned minor = 3; minor <= 6; minor++) {
    rh_hive *hive = new_hive(minor), *again = reopen(hive, true);
    rh_hive_header header;
    rh_key_info info = {0};
    rh_hive_header_get(again, &header);
    assert_int_equal(header.minor_version, minor);
    assert_int_equal(header.bins_size, 4096);
    assert_int_equal(header.last_written, TIME);
    assert_true(header.checksum_valid);
    OK(rh_registry_read_key(rh_hive_registry(again), root_of(again), &info, &error));
    assert_int_equal(info.name_len, 0);
    assert_int_equal(info.flags, 0x2C);
    assert_int_equal(info.last_write, TIME);
    assert_int_equal(info.security_len, 124);
    rh_key_info_dispose(&info);
    rh_hive_free(again);
    rh_hive_free(hive);
  }
  rh_hive *hive = NULL;
  rh_hive_options options = {.minor_version = 2};
  assert_int_equal(rh_hive_create(&hive, &options, &error), RH_ERR_ARGUMENT);
  assert_null(hive);
}

static void keeps_names(void **state) {
  (void)state;
  static const char *const names[] = {"a",      "Zpětná smyčka",     "ëigenaardig",      "a b/c",
                                      "日本語", "\xED\xA0\x80 lone", "\xF0\x9F\x98\x80", "ÿ"};
  rh_hive *hive = new_hive(5);
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = root_of(hive), key, found;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    key = make(hive, root, names[i]);
    set(hive, key, names[i], "x", 1);
    OK(rh_registry_find_key(registry, root, names[i], strlen(names[i]), &found, &error));
    assert_true(found == key);
  }
  OK(rh_registry_create_key(registry, root, "nul\0key", 7, &key, &error));
  OK(rh_registry_set_value(registry, key, "nul\0val", 7, 1, "", 0, &error));
  /* Names that differ in case only are one, and keep the case that they have. */
  rh_key_info info = {0};
  assert_true(make(hive, root, "ZPĚTNÁ SMYČKA") == make(hive, root, names[1]));
  OK(rh_registry_read_key(registry, make(hive, root, "ZPĚTNÁ SMYČKA"), &info, &error));
  assert_int_equal(info.name_len, strlen(names[1]));
  assert_memory_equal(info.name, names[1], info.name_len);
  OK(rh_registry_read_key(registry, root, &info, &error));
  assert_int_equal(info.subkey_count, sizeof names / sizeof *names + 1);
  rh_key_info_dispose(&info);
  check_and_free(hive);
}

static void keeps_the_limits(void **state) {
  (void)state;
  rh_hive *hive = new_hive(5);
  rh_registry *registry = rh_hive_registry(hive);
  rh_key key = root_of(hive), none;
  char *name = malloc(16385);
  memset(name, 'n', 16384);
  name[16384] = '\0';
  OK(rh_registry_create_key(registry, key, name, 255, &none, &error));
  assert_int_equal(rh_registry_create_key(registry, key, name, 256, &none, &error), RH_ERR_LIMIT);
  OK(rh_registry_set_value(registry, key, name, 16383, 1, "x", 1, &error));
  assert_int_equal(rh_registry_set_value(registry, key, name, 16384, 1, "x", 1, &error),
                   RH_ERR_LIMIT);
  for (int depth = 1; depth <= RH_KEY_DEPTH_MAX; depth++)
    key = make(hive, key, "level");
  assert_int_equal(rh_registry_create_key(registry, key, "level", 5, &none, &error), RH_ERR_LIMIT);
  rh_hive *again = reopen(hive, true);
  assert_same(hive, again);
  rh_hive_free(again);
  size_t size = size_of(hive);
  OK(rh_registry_find_key(registry, root_of(hive), "level", 5, &key, &error));
  OK(rh_registry_delete_key(registry, key, &error));
  assert_int_equal(rh_registry_delete_key(registry, root_of(hive), &error), RH_ERR_ARGUMENT);
  assert_int_equal(size_of(hive), size);
  check_and_free(hive);
  free(name);
}

/* More subkeys than one list takes, entered in three orders, looked up and removed. */
static void keeps_many_subkeys_in_order(void **state) {
  (void)state;
  for (unsigned minor = 3; minor <= 5; minor += 2) {
    rh_hive *hive = new_hive(minor);
    rh_registry *registry = rh_hive_registry(hive);
    rh_key root = root_of(hive), key;
    rh_key_info info = {0};
    char name[32];
    for (unsigned i = 0; i < 5000; i++) {
      unsigned number = i < 1500 ? i : i < 3000 ? 4499 - i : 3000 + (i - 3000) * 1237 % 2000;
      snprintf(name, sizeof name, "key %04u", number);
      make(hive, root, name);
    }
    OK(rh_registry_read_key(registry, root, &info, &error));
    assert_int_equal(info.subkey_count, 5000);
    rh_cursor cursor = rh_registry_keys(registry, root);
    for (unsigned i = 0; i < 5000; i++) {
      OK(rh_cursor_next_key(&cursor, &key, &error));
      OK(rh_registry_read_key(registry, key, &info, &error));
      snprintf(name, sizeof name, "key %04u", i);
      assert_memory_equal(info.name, name, 8);
    }
    assert_int_equal(rh_cursor_next_key(&cursor, &key, &error), RH_END);
    rh_hive *again = reopen(hive, true);
    assert_same(hive, again);
    rh_hive_free(again);
    for (unsigned i = 0; i < 5000; i++) {
      snprintf(name, sizeof name, "KEY %04u", (i * 1237) % 5000);
      OK(rh_registry_find_key(registry, root, name, 8, &key, &error));
      OK(rh_registry_delete_key(registry, key, &error));
      if (i % 1000 == 500)
        rh_hive_free(reopen(hive, true));
    }
    OK(rh_registry_read_key(registry, root, &info, &error));
    assert_int_equal(info.subkey_count, 0);
    rh_key_info_dispose(&info);
    check_and_free(hive);
  }
}

static void changes_nothing_when_nothing_changes(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  rh_hive *hive = new_hive(5), *again;
  rh_key key = make(hive, root_of(hive), "key"), found;
  set(hive, key, "value", "12345", 5);
  OK(rh_hive_serialize(hive, &bytes, &error));
  OK(rh_hive_open_memory(&again, bytes.data, bytes.len, "again", &error));
  rh_registry *registry = rh_hive_registry(again);
  registry->clock = TIME + 100;
  rh_key_info info = {0};
  OK(rh_registry_find_path(registry, root_of(again), "key", &found, &error));
  OK(rh_registry_read_key(registry, found, &info, &error));
  rh_key_details details = {.last_write = TIME + 1,
                            .clear_class = true,
                            .security = info.security,
                            .security_len = info.security_len};
  set(again, found, "VALUE", "12345", 5);
  assert_true(make(again, root_of(again), "KEY") == found);
  OK(rh_registry_set_details(registry, found, &details, &error));
  assert_int_equal(rh_registry_delete_value(registry, found, "none", 4, &error), RH_ERR_NOT_FOUND);
  assert_false(rh_hive_changed(again));
  set(again, found, "VALUE", "12345", 4);
  assert_true(rh_hive_changed(again));
  OK(rh_registry_read_key(registry, found, &info, &error));
  assert_int_equal(info.last_write, TIME + 100);
  rh_key_info_dispose(&info);
  rh_buffer_dispose(&bytes);
  rh_hive_free(again);
  rh_hive_free(hive);
}

static void shares_security_and_keeps_details(void **state) {
  (void)state;
  static const unsigned char other[20] = {1, 0, 0, 0x80};
  rh_hive *hive = new_hive(5);
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = root_of(hive), keys[6];
  rh_key_info info = {0};
  char name[2] = "a";
  for (size_t i = 0; i < 6; i++, name[0]++)
    keys[i] = make(hive, root, name);
  rh_key_details details = {.security = other, .security_len = sizeof other};
  for (size_t i = 1; i < 4; i++)
    OK(rh_registry_set_details(registry, keys[i], &details, &error));
  make(hive, keys[3], "child of another"); /* has the parent's */
  rh_hive_free(reopen(hive, true));        /* counts both descriptors' references */
  details = (rh_key_details){
      .class_name = (const unsigned char *)"c\0l\0", .class_len = 4, .last_write = 77};
  OK(rh_registry_set_details(registry, keys[0], &details, &error));
  OK(rh_registry_read_key(registry, keys[0], &info, &error));
  assert_int_equal(info.class_len, 4);
  assert_memory_equal(info.class_name, "c\0l", 4);
  assert_int_equal(info.last_write, 77);
  OK(rh_registry_read_key(registry, keys[2], &info, &error));
  assert_int_equal(info.security_len, sizeof other);
  assert_memory_equal(info.security, other, sizeof other);
  /* A descriptor borrowed from the hive may be given to it. */
  OK(rh_registry_read_key(registry, keys[5], &info, &error));
  details = (rh_key_details){
      .security = info.security, .security_len = info.security_len, .clear_class = true};
  for (size_t i = 0; i < 4; i++) {
    OK(rh_registry_read_key(registry, keys[5], &info, &error));
    details.security = info.security;
    OK(rh_registry_set_details(registry, keys[i], &details, &error));
  }
  OK(rh_registry_delete_key(registry, keys[3], &error));
  OK(rh_registry_read_key(registry, keys[0], &info, &error));
  assert_null(info.class_name);
  rh_key_info_dispose(&info);
  check_and_free(hive); /* the other descriptor is gone, for nothing is unreachable */
}

/* Data that lie in the hive may be given to it, although they move when it grows. */
static void takes_its_own_bytes(void **state) {
  (void)state;
  rh_hive *hive = new_hive(5);
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = root_of(hive);
  rh_value value = {0};
  unsigned char data[3000];
  memset(data, 0xA5, sizeof data);
  set(hive, root, "first", data, sizeof data);
  for (int i = 0; i < 20; i++) {
    char name[32];
    snprintf(name, sizeof name, "copy %d", i);
    OK(rh_registry_get(registry, "", "first", &value, &error));
    set(hive, root, name, value.data, value.len);
    OK(rh_registry_get(registry, "", name, &value, &error));
    assert_memory_equal(value.data, data, sizeof data);
  }
  rh_value_dispose(&value);
  check_and_free(hive);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(makes_an_empty_hive),
                                     cmocka_unit_test(keeps_names),
                                     cmocka_unit_test(keeps_the_limits),
                                     cmocka_unit_test(keeps_many_subkeys_in_order),
                                     cmocka_unit_test(changes_nothing_when_nothing_changes),
                                     cmocka_unit_test(shares_security_and_keeps_details),
                                     cmocka_unit_test(takes_its_own_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
