/* What other programs do wrong with hives, libhivex first of all, each with the right answer: stale
 * content of a dirty hive, hashes and order of names that are not ASCII, big data, very many nested
 * keys, text with data behind its end, one bad cell, growth. A disk that is full when a hive is
 * committed: tests/cli/torture_hive.sh. */
#define _POSIX_C_SOURCE 200809L

#include "registry/log_make.h"

static rh_hive *open_bytes(const rh_buffer *bytes) {
  rh_hive *hive = NULL;
  OK(rh_hive_open_memory(&hive, bytes->data, bytes->len, "hive", &error));
  return hive;
}

/* What is in the logs counts; without them the hive is not passed off as whole. */
static void stale_content_of_a_dirty_hive_is_not_the_answer(void **state) {
  (void)state;
  states all = make_states(5);
  rh_hive *hive = NULL;
  rh_buffer dirty = dirty_copy(&all.bytes[0], FIRST), log = log_base(&all.bytes[2], 6, FIRST + 1);
  const rh_hive_open_options with_logs = {.use_logs = true};
  add_log_entry(&log, &all.bytes[0], &all.bytes[2], FIRST + 1);
  put("HIVE", &dirty);
  put("HIVE.LOG1", &log);
  OK(open_with(&hive, &with_logs, NULL));
  assert_state(hive, &all, 2);
  rh_hive_free(hive);
  forget("HIVE.LOG1");
  assert_int_equal(open_with(&hive, &with_logs, NULL), RH_ERR_DIRTY);
  assert_int_equal(rh_hive_open(&hive, in_folder("HIVE"), &error), RH_ERR_DIRTY);
  rh_buffer_dispose(&dirty);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

/* Hashes as Windows XP and offreg.dll wrote them into hives of the collection, and the order that
 * follows from its upper-case table: unit by unit, so that a surrogate comes before a full-width
 * letter, which no order of characters or of UTF-8 has, and "_" behind the letters. */
static void names_have_the_hashes_and_the_order_of_windows(void **state) {
  (void)state;
  static const struct {
    const char *name, *other_case;
    uint32_t hash; /* 0: not known from a real hive */
  } sorted[] = {
      {"a", "A", 0},
      {"_", "_", 0},
      {"äöü", "ÄÖÜ", 0x437EE},
      {"ëigenaardig", "ËIGENAARDIG", 0},
      {"ß", "ß", 0}, /* has no upper case of one unit */
      {"ÿ", "Ÿ", 0}, /* U+0178, outside Latin-1 */
      {"Ключ", "кЛЮЧ", 0},
      /* U+10410 and U+10438, upper and lower case of one letter elsewhere. */
      {"\xF0\x90\x90\x90", "\xF0\x90\x90\x90", 0x201435},
      {"\xF0\x90\x90\xB8", "\xF0\x90\x90\xB8", 0x20145D},
      {"Ａ", "ａ", 0xFF21},
  };
  const size_t count = sizeof sorted / sizeof *sorted;
  rh_hive *hive = new_hive(5);
  hive_list list;
  for (size_t i = 0; i < count; i++) /* in another order than they belong */
    make(hive, root_of(hive), sorted[i * 7 % count].name);
  OK(hive_list_of(hive, hive->root, &list, &error));
  assert_int_equal(list.count, count);
  for (uint32_t i = 0; i < count; i++) {
    rh_key_info info = {0};
    rh_key found;
    OK(rh_registry_read_key(rh_hive_registry(hive), hive_list_item(hive, &list, i), &info, &error));
    assert_int_equal(info.name_len, strlen(sorted[i].name));
    assert_memory_equal(info.name, sorted[i].name, info.name_len);
    rh_key_info_dispose(&info);
    if (sorted[i].hash)
      assert_int_equal(rh_load_u32(hive->data + list.items + (size_t)i * 8 + 4), sorted[i].hash);
    OK(rh_registry_find_key(rh_hive_registry(hive), hive->root, sorted[i].other_case,
                            strlen(sorted[i].other_case), &found, &error));
    assert_int_equal(found, hive_list_item(hive, &list, i));
  }
  rh_key known = make(hive, root_of(hive), "Vyměnitelné úložiště");
  OK(hive_list_of(hive, hive->root, &list, &error));
  for (uint32_t i = 0; i < list.count; i++)
    if (hive_list_item(hive, &list, i) == known)
      assert_int_equal(rh_load_u32(hive->data + list.items + (size_t)i * 8 + 4), 0x735D96DA);
  check_and_free(hive);
}

/* Lengths around what is kept in the record, in one cell, and in segments. */
static void big_data_are_written_and_read(void **state) {
  (void)state;
  static const size_t lens[] = {0, 1, 3, 4, 5, 8, 16343, 16344, 16345, 32688, 32689, 81725, 300000};
  unsigned char *data = malloc(300001);
  for (size_t i = 0; i <= 300000; i++)
    data[i] = (unsigned char)(i * 7 + i / 256);
  for (unsigned minor = 3; minor <= 5; minor++) {
    rh_hive *hive = new_hive(minor);
    char name[32];
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
      snprintf(name, sizeof name, "v%zu", i);
      set(hive, root_of(hive), name, data, lens[i]);
    }
    /* each takes every other length too, growing and shrinking */
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
      set(hive, root_of(hive), "changing", data + 1, lens[i]);
      set(hive, root_of(hive), "changing", data, lens[(i * 5 + 3) % 13]);
    }
    rh_hive *again = reopen(hive, true);
    rh_value value = {0};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
      snprintf(name, sizeof name, "V%zu", i);
      OK(rh_registry_get(rh_hive_registry(again), "", name, &value, &error));
      assert_int_equal(value.len, lens[i]);
      assert_int_equal(value.type, RH_REG_BINARY);
      if (value.len)
        assert_memory_equal(value.data, data, value.len);
    }
    rh_value_dispose(&value);
    rh_hive_free(again);
    check_and_free(hive);
  }
  free(data);
}

/* --- nested keys --- */

#define NESTED 100000u
#define NK_CELL 88u
#define LIST_CELL 16u

/* A hive whose root has "Before", and "Top" with a hundred thousand keys, each in the one before;
 * beside them "Zuletzt" with a value. rehome makes none that is deeper than 512. */
static rh_buffer make_nested(void) {
  rh_hive *hive = new_hive(5);
  rh_buffer bytes = {0};
  make(hive, root_of(hive), "Before");
  uint32_t top = (uint32_t)make(hive, root_of(hive), "Top");
  set(hive, make(hive, root_of(hive), "Zuletzt"), "Value", "whole", 5);
  OK(rh_hive_serialize(hive, &bytes, &error));
  rh_hive_free(hive);
  size_t bin = bytes.len - 4096;
  size_t len = (32 + NESTED * (NK_CELL + LIST_CELL) + 4095) / 4096 * 4096;
  OK(rh_buffer_append_zero(&bytes, len, &error));
  unsigned char *bins = bytes.data + 4096;
  uint32_t security = rh_load_u32(bins + top + 4 + NK_SECURITY);
  memcpy(bins + bin, "hbin", 4);
  rh_store_u32(bins + bin + 4, (uint32_t)bin);
  rh_store_u32(bins + bin + 8, (uint32_t)len);
  uint32_t parent = top, at = (uint32_t)bin + 32;
  for (uint32_t i = 0; i < NESTED; i++) {
    uint32_t list = at, key = at + LIST_CELL;
    rh_store_u32(bins + parent + 4 + NK_SUBKEY_COUNT, 1);
    rh_store_u32(bins + parent + 4 + NK_SUBKEY_LIST, list);
    rh_store_u32(bins + list, 0u - LIST_CELL);
    memcpy(bins + list + 4, "lh\1\0", 4);
    rh_store_u32(bins + list + 8, key);
    rh_store_u32(bins + list + 12, 'N');
    rh_store_u32(bins + key, 0u - NK_CELL);
    memcpy(bins + key + 4, bins + top + 4, NK_NAME);
    rh_store_u32(bins + key + 4 + NK_SUBKEY_COUNT, 0);
    rh_store_u32(bins + key + 4 + NK_PARENT, parent);
    rh_store_u32(bins + key + 4 + NK_SECURITY, security);
    rh_store_u16(bins + key + 4 + NK_NAME_LEN, 1);
    bins[key + 4 + NK_NAME] = 'n';
    parent = key;
    at = key + NK_CELL;
  }
  if (at < bin + len)
    rh_store_u32(bins + at, (uint32_t)(bin + len) - at);
  rh_store_u32(bytes.data + 40, (uint32_t)(bytes.len - 4096));
  seal(bytes.data);
  return bytes;
}

/* Read to the depth of 512, which is Windows' own limit; what is deeper is told once, and hides
 * nothing that lies elsewhere. */
static void a_hundred_thousand_nested_keys(void **state) {
  (void)state;
  rh_buffer bytes = make_nested();
  rh_hive *hive = open_bytes(&bytes), *fresh = NULL;
  rh_registry *registry = rh_hive_registry(hive);
  rh_anomaly_list wrong;
  rh_value value = {0};
  rh_atomic_file *file = NULL;
  listing list = listing_of(registry, true);
  assert_int_equal(list.keys, 1 + 2 + RH_KEY_DEPTH_MAX);
  assert_int_equal(list.values, 1);
  assert_int_equal(list.damaged, 1);
  listing_dispose(&list);
  OK(rh_registry_get(registry, "Zuletzt", "Value", &value, &error));
  assert_int_equal(value.len, 5);
  OK(rh_hive_check(hive, &wrong, NULL, &error));
  assert_int_equal(wrong.total, 1);
  assert_non_null(strstr(wrong.items[0].message, "512"));
  rh_anomaly_list_dispose(&wrong);
  assert_int_equal(rh_hive_prepare(hive, in_folder("OUT"), &file, &error), RH_ERR_FORMAT);
  OK(rh_hive_rebuild(&fresh, hive, &wrong, &error));
  assert_int_equal(wrong.total, 1);
  rh_anomaly_list_dispose(&wrong);
  assert_same(hive, fresh);
  check_and_free(fresh);
  /* Without them it is a sound hive again; what lay deeper is out of reach. Their descriptor, whose
   * count told of four keys, is still there for the others. */
  rh_key top;
  OK(rh_registry_find_path(registry, root_of(hive), "Top", &top, &error));
  OK(rh_registry_delete_key(registry, top, &error));
  OK(rh_hive_commit(hive, in_folder("OUT"), NULL, &error));
  rh_hive_free(hive);
  OK(rh_hive_open(&hive, in_folder("OUT"), &error));
  list = listing_of(rh_hive_registry(hive), true);
  assert_int_equal(list.keys, 3);
  listing_dispose(&list);
  OK(rh_hive_check(hive, &wrong, NULL, &error));
  assert_int_equal(wrong.total, 0);
  rh_value_dispose(&value);
  rh_hive_free(hive);
  rh_buffer_dispose(&bytes);
}

/* --- content --- */

/* REG_SZ is whatever bytes it has: behind a NUL, odd, without a NUL. */
static void text_keeps_what_is_behind_its_end(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
  } texts[] = {{"a\0\0\0b\0c\0", 8}, {"a\0\0\0\0", 5}, {"\0\0x\0", 4}, {"a\0b", 3}, {"a\0", 2}};
  static const uint32_t types[] = {RH_REG_SZ, RH_REG_EXPAND_SZ, RH_REG_MULTI_SZ};
  rh_hive *hive = new_hive(5);
  rh_value value = {0};
  for (size_t i = 0; i < 15; i++) {
    char name[2] = {(char)('a' + i), 0};
    OK(rh_registry_set_value(rh_hive_registry(hive), root_of(hive), name, 1, types[i / 5],
                             texts[i % 5].bytes, texts[i % 5].len, &error));
  }
  rh_hive *again = reopen(hive, true);
  for (size_t i = 0; i < 15; i++) {
    char name[2] = {(char)('a' + i), 0};
    OK(rh_registry_get(rh_hive_registry(again), "", name, &value, &error));
    assert_int_equal(value.type, types[i / 5]);
    assert_int_equal(value.len, texts[i % 5].len);
    assert_memory_equal(value.data, texts[i % 5].bytes, value.len);
  }
  rh_value_dispose(&value);
  rh_hive_free(again);
  check_and_free(hive);
}

/* Each key's record broken in turn: all others but those below it are read, and found by name. */
static void one_bad_cell_does_not_hide_the_rest(void **state) {
  (void)state;
  rh_hive *hive = new_hive(5);
  rh_buffer bytes = {0};
  rh_key keys[40];
  for (unsigned i = 0; i < 40; i++) {
    char name[16];
    snprintf(name, sizeof name, "Key %02u", i);
    keys[i] = make(hive, root_of(hive), name);
    make(hive, keys[i], "Below");
    set(hive, keys[i], "Value", name, 6);
  }
  OK(rh_hive_serialize(hive, &bytes, &error));
  rh_hive_free(hive);
  for (unsigned i = 0; i < 40; i++) {
    unsigned char *cell = bytes.data + 4096 + keys[i];
    uint32_t size = rh_load_u32(cell);
    rh_store_u32(cell, 0); /* no size is worse */
    hive = open_bytes(&bytes);
    listing list = listing_of(rh_hive_registry(hive), true);
    assert_int_equal(list.keys, 1 + 2 * 39);
    assert_int_equal(list.values, 39);
    assert_int_equal(list.damaged, 1);
    listing_dispose(&list);
    for (unsigned other = 0; other < 40; other++) {
      char path[24];
      rh_key found;
      snprintf(path, sizeof path, "key %02u\\below", other);
      rh_status status =
          rh_registry_find_path(rh_hive_registry(hive), root_of(hive), path, &found, &error);
      assert_int_equal(status == RH_OK, other != i);
    }
    rh_hive_free(hive);
    rh_store_u32(cell, size);
  }
  rh_buffer_dispose(&bytes);
}

static void repeated_sets_do_not_grow_the_hive(void **state) {
  (void)state;
  rh_hive *hive = new_hive(5);
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = root_of(hive);
  unsigned char data[200];
  char name[32];
  size_t size = 0;
  for (unsigned i = 0; i < 20000; i++) {
    memset(data, (int)(i % 251), sizeof data);
    set(hive, root, "again and again", data, 20 + i % 180);
  }
  assert_int_equal(size_of(hive), 4096);
  for (unsigned round = 0; round < 5; round++) {
    rh_key top = make(hive, root, "tree");
    for (unsigned i = 0; i < 1200; i++) {
      snprintf(name, sizeof name, "branch %u", i);
      rh_key key = make(hive, top, name);
      set(hive, key, "value", data, 5 + (i * 31 + round) % 190);
      set(hive, top, name, data, i % 100);
    }
    rh_hive_free(reopen(hive, true));
    OK(rh_registry_delete_key(registry, top, &error));
    if (round == 1)
      size = size_of(hive);
    assert_true(round <= 1 || size_of(hive) <= size + 8192);
  }
  check_and_free(hive);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stale_content_of_a_dirty_hive_is_not_the_answer),
      cmocka_unit_test(names_have_the_hashes_and_the_order_of_windows),
      cmocka_unit_test(big_data_are_written_and_read),
      cmocka_unit_test(a_hundred_thousand_nested_keys),
      cmocka_unit_test(text_keeps_what_is_behind_its_end),
      cmocka_unit_test(one_bad_cell_does_not_hide_the_rest),
      cmocka_unit_test(repeated_sets_do_not_grow_the_hive)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
