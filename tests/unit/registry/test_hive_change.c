/* Changing real hives, damaged ones, and changing without memory. */
#define _POSIX_C_SOURCE 200809L

#include "registry/hive_make.h"

#include "base/file.h"
#include "data_file.h"

#include <unistd.h>

static bool under(const rh_buffer *line, const char *path) {
  size_t len = strlen(path);
  return line->len > 2 + len && memcmp(line->data + 2, path, len) == 0 &&
         (line->data[2 + len] == '\t' || line->data[2 + len] == '\\');
}

/* One value, one key more and one tree less in a real hive, written to the disk: all else stays. */
static void change_real_hive(const char *name, const char *folder, bool sound) {
  rh_buffer bytes = {0}, copy = {0};
  rh_hive *hive = NULL, *again = NULL;
  char path[512], previous[512];
  rh_key_info info = {0};
  rh_hive_header before_header, after_header;
  if (!read_data_file(&bytes, name))
    skip();
  snprintf(path, sizeof path, "%s/hive", folder);
  snprintf(previous, sizeof previous, "%s/hive.previous", folder);
  OK(rh_file_write(path, bytes.data, bytes.len, RH_FILE_PRIVATE, &error));
  OK(rh_hive_open(&hive, path, &error));
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = root_of(hive), key = RH_KEY_NONE;
  listing before = listing_of(registry, true);
  rh_hive_header_get(hive, &before_header);
  rh_cursor cursor = rh_registry_keys(registry, root);
  char gone[600] = "\\no such key";
  if (rh_cursor_next_key(&cursor, &key, &error) == RH_OK) {
    OK(rh_registry_read_key(registry, key, &info, &error));
    snprintf(gone, sizeof gone, "\\%.*s", (int)info.name_len, info.name);
    OK(rh_registry_delete_key(registry, key, &error));
  }
  key = make(hive, root, "rehome test");
  set(hive, key, "value", "123456", 6);
  set(hive, root, "rehome value", "1", 1);
  OK(rh_hive_commit(hive, path, previous, &error));
  assert_false(rh_hive_changed(hive));
  OK(rh_file_read(&copy, previous, SIZE_MAX / 4, &error));
  assert_int_equal(copy.len, bytes.len);
  assert_memory_equal(copy.data, bytes.data, bytes.len);
  OK(rh_file_read(&copy, path, SIZE_MAX / 4, &error));
  check_hive_bytes(&copy, sound);
  OK(rh_hive_open(&again, path, &error));
  assert_same(hive, again);
  rh_hive_header_get(again, &after_header);
  assert_int_equal(after_header.primary_sequence, before_header.primary_sequence + 1);
  assert_int_equal(after_header.minor_version, before_header.minor_version);
  assert_int_equal(after_header.last_written, before_header.last_written);
  assert_string_equal(after_header.file_name, before_header.file_name);
  listing after = listing_of(rh_hive_registry(again), true);
  size_t i = 0, lost = 0, added = 0;
  for (size_t j = 0; i < before.count || j < after.count;) {
    int order = i == before.count  ? 1
                : j == after.count ? -1
                                   : listing_compare(&before.lines[i], &after.lines[j]);
    if (order < 0)
      lost += under(&before.lines[i], gone) ? 0 : 1;
    added += order > 0;
    i += order <= 0;
    j += order >= 0;
  }
  assert_int_equal(lost, 1);  /* the root with its old time */
  assert_int_equal(added, 4); /* and with its new one; a key and two values */
  /* The hive stays usable. */
  make(hive, root, "and one more");
  OK(rh_hive_commit(hive, path, NULL, &error));
  rh_hive_free(again);
  OK(rh_hive_open(&again, path, &error));
  assert_same(hive, again);
  rh_hive_free(again);
  rh_hive_free(hive);
  listing_dispose(&before);
  listing_dispose(&after);
  rh_key_info_dispose(&info);
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&copy);
}

static void changes_real_hives(void **state) {
  (void)state;
  static const char *const files[] = {"hives/BCD_uefi.xz",
                                      "hives/NTUSER_win7_vibranium.xz",
                                      "hives/NTUSER_win81_Default.xz",
                                      "hives/NTUSER_win8_Patrick.xz",
                                      "hives/SAM_win10_velociraptor.xz",
                                      "hives/SAM_win8_gold.xz",
                                      "hives/SECURITY_win8_gold.xz",
                                      "hives/SECURITY_winxp-sp2-cs_POOKY.xz",
                                      "hives/SOFTWARE_winxp-sp3_RAWR.xz",
                                      "hives/SYSTEM_win10_DESKTOP-M3OSHQU.xz",
                                      "hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz",
                                      "hives/SYSTEM_winxp-sp2-cs_POOKY.xz",
                                      "hives/server2012r2-dc_amcache/Amcache.hve.xz",
                                      "synthetic/hivex_minimal",
                                      "synthetic/hivex_special",
                                      "synthetic/nt-hive_testhive.xz",
                                      "synthetic/yarp_BigDataHive.xz",
                                      "synthetic/yarp_ManySubkeysHive.xz",
                                      "synthetic/yarp_UnicodeHive.xz"};
  char folder[] = "/tmp/rehome-hive-XXXXXX";
  assert_non_null(mkdtemp(folder));
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    change_real_hive(files[i], folder, false);
  OK(rh_file_remove_tree(folder, &error));
}

/* A damaged hive may be changed as far as it is sound; nothing else may happen to it. */
static void changing_survives_damage_anywhere(void **state) {
  (void)state;
  rh_buffer bytes = {0}, out = {0};
  rh_hive *hive = NULL;
  size_t changed = 0;
  if (!read_data_file(&bytes, "synthetic/hivex_special"))
    skip();
  for (size_t at = 4096; at < bytes.len; at++) {
    unsigned char kept = bytes.data[at];
    bytes.data[at] ^= (unsigned char)(at % 3 == 0 ? 0xFF : at % 3 == 1 ? 0x08 : 0x80);
    if (rh_hive_open_memory(&hive, bytes.data, bytes.len, "flipped", &error) == RH_OK) {
      rh_registry *registry = rh_hive_registry(hive);
      rh_key root = root_of(hive), key;
      rh_cursor cursor = rh_registry_keys(registry, root);
      rh_status status;
      while ((status = rh_cursor_next_key(&cursor, &key, &error)) != RH_END) {
        rh_key_details details = {.class_name = (const unsigned char *)"c",
                                  .class_len = 1,
                                  .security = (const unsigned char *)"descriptor",
                                  .security_len = 10};
        if (status != RH_OK)
          continue;
        rh_registry_set_value(registry, key, "zero\0val", 8, 3, "long enough", 11, &error);
        rh_registry_set_value(registry, key, "new", 3, 3, &bytes.data[4096], 900, &error);
        rh_registry_delete_value(registry, key, "zero\0val", 8, &error);
        rh_registry_set_details(registry, key, &details, &error);
        rh_registry_create_key(registry, key, "child", 5, &key, &error);
      }
      if (rh_registry_create_key(registry, root, "new", 3, &key, &error) == RH_OK)
        changed++;
      for (int i = 0; i < 5; i++) {
        cursor = rh_registry_keys(registry, root);
        if (rh_cursor_next_key(&cursor, &key, &error) == RH_OK)
          rh_registry_delete_key(registry, key, &error);
      }
      listing list = listing_of(registry, true);
      listing_dispose(&list);
      rh_buffer_clear(&out);
      OK(rh_hive_serialize(hive, &out, &error));
      rh_hive_free(hive);
    }
    bytes.data[at] = kept;
  }
  assert_true(changed > 3000);
  rh_buffer_dispose(&out);
  rh_buffer_dispose(&bytes);
}

/* Each operation fails at its n-th allocation, changing nothing, until it succeeds. */
static rh_status operate(rh_hive *hive, int operation) {
  static const unsigned char other[20] = {1, 0, 0, 0x80};
  static const unsigned char data[40000];
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = RH_KEY_NONE, key;
  rh_key_details details = {
      .class_name = other, .class_len = 8, .security = other, .security_len = sizeof other};
  rh_registry_root(registry, &root, NULL);
  switch (operation) {
  case 0:
    return rh_registry_create_key(registry, root, "new key", 7, &key, &error);
  case 1:
    return rh_registry_set_value(registry, root, "big", 3, 3, data, sizeof data, &error);
  case 2:
    return rh_registry_set_value(registry, root, "value", 5, 3, data, 9000, &error);
  case 3:
    return rh_registry_set_details(registry, root, &details, &error);
  case 4:
    return rh_registry_delete_value(registry, root, "value", 5, &error);
  default:
    if (rh_registry_find_key(registry, root, "key", 3, &key, &error) != RH_OK)
      return error.code;
    return rh_registry_delete_key(registry, key, &error);
  }
}

static void survives_want_of_memory(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  rh_hive *hive = new_hive(5), *before = NULL;
  unsigned char filler[3400] = {0};
  set(hive, make(hive, root_of(hive), "key"), "value", filler, sizeof filler);
  set(hive, root_of(hive), "value", "12345", 5);
  OK(rh_hive_serialize(hive, &bytes, &error));
  rh_hive_free(hive);
  OK(rh_hive_open_memory(&before, bytes.data, bytes.len, "before", &error));
  for (int operation = 0; operation < 6; operation++) {
    rh_status status;
    unsigned long n = 0;
    do {
      OK(rh_hive_open_memory(&hive, bytes.data, bytes.len, "test", &error));
      rh_memory_fail_at(++n);
      status = operate(hive, operation);
      rh_memory_fail_at(0);
      assert_true(status == RH_OK || status == RH_ERR_MEMORY);
      if (status != RH_OK) {
        assert_same(before, hive);
        assert_false(rh_hive_changed(hive));
      }
      check_and_free(hive);
    } while (status != RH_OK);
    assert_true(n > 1);
  }
  rh_hive_free(before);
  rh_buffer_dispose(&bytes);
}

static void making_and_writing_survive_want_of_memory(void **state) {
  (void)state;
  char folder[] = "/tmp/rehome-hive-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/hive", folder);
  rh_hive *hive = NULL, *written = NULL;
  rh_hive_options options = {.time = TIME};
  unsigned long n = 0;
  rh_status status;
  do {
    rh_memory_fail_at(++n);
    status = rh_hive_create(&hive, &options, &error);
    rh_memory_fail_at(0);
  } while (status == RH_ERR_MEMORY);
  assert_int_equal(status, RH_OK);
  n = 0;
  do {
    rh_memory_fail_at(++n);
    status = rh_hive_commit(hive, path, NULL, &error);
    rh_memory_fail_at(0);
    /* Interrupted: it is in place, and nobody knows whether it will last. */
    assert_true(rh_file_exists(path) || (status != RH_OK && status != RH_ERR_INTERRUPTED));
    if (rh_file_exists(path)) { /* the whole hive or none */
      OK(rh_hive_open(&written, path, &error));
      assert_same(hive, written);
      rh_hive_free(written);
      OK(rh_platform_remove(path, &error));
    }
  } while (status == RH_ERR_MEMORY || status == RH_ERR_INTERRUPTED);
  assert_int_equal(status, RH_OK);
  assert_true(n > 4);
  assert_int_equal(rh_hive_commit(hive, "/nowhere/at all", NULL, &error), RH_ERR_NOT_FOUND);
  rh_hive_free(hive);
  OK(rh_file_remove_tree(folder, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(changes_real_hives),
                                     cmocka_unit_test(changing_survives_damage_anywhere),
                                     cmocka_unit_test(survives_want_of_memory),
                                     cmocka_unit_test(making_and_writing_survive_want_of_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
