/* Walks of hives whose lists overlap: each key once, in a time that the file's size bounds. */
#include "registry_dump.h"

#include "base/reader.h"

typedef struct tally {
  rh_buffer paths;
  size_t keys, values, damages;
} tally;

static rh_status on_key(void *payload, const rh_visit *visit, rh_error *error) {
  tally *self = payload;
  self->keys++;
  return rh_buffer_printf(&self->paths, error, "%s;", visit->path);
}

static rh_status on_value(void *payload, const rh_visit *visit, const rh_value *value,
                          rh_error *error) {
  (void)visit, (void)value, (void)error;
  ((tally *)payload)->values++;
  return RH_OK;
}

static rh_status on_damage(void *payload, const char *path, size_t path_len,
                           const rh_error *damage) {
  assert_int_equal(strlen(path), path_len);
  assert_int_equal(damage->code, RH_ERR_FORMAT);
  ((tally *)payload)->damages++;
  return RH_OK;
}

/* The offset of the record of the key with this name, as lists have it. */
static uint32_t key_offset(const rh_buffer *bytes, const char *name) {
  size_t len = strlen(name);
  for (size_t at = 4096; at + 80 + len < bytes->len; at += 8) {
    if (memcmp(bytes->data + at + 4, "nk", 2) == 0 &&
        rh_load_u16(bytes->data + at + 4 + 72) == len &&
        memcmp(bytes->data + at + 4 + 76, name, len) == 0)
      return (uint32_t)(at - 4096);
  }
  fail_msg("no key %s", name);
  return 0;
}

/* The field at place in the record of a key. */
static unsigned char *field(rh_buffer *bytes, const char *name, size_t place) {
  return bytes->data + 4096 + key_offset(bytes, name) + 4 + place;
}

/* Entry index of a key's list of subkeys. */
static unsigned char *entry(rh_buffer *bytes, const char *name, size_t index) {
  uint32_t list = rh_load_u32(field(bytes, name, 28));
  return bytes->data + 4096 + list + 4 + 4 + 8 * index;
}

/* ROOT with A (with A\X), B and C. */
static rh_buffer make_bytes(void) {
  rh_hive *hive;
  rh_buffer bytes = {0};
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
  set_text(rh_hive_registry(hive), "A\\X", "v", "1");
  set_text(rh_hive_registry(hive), "B", "v", "some longer data");
  set_text(rh_hive_registry(hive), "C", "v", "1");
  must(rh_hive_serialize(hive, &bytes, NULL));
  rh_hive_free(hive);
  return bytes;
}

static tally walk_bytes(rh_buffer *bytes) {
  tally seen = {0};
  rh_hive *hive;
  const rh_walker walker = {on_key, on_value, on_damage, &seen};
  must(rh_hive_open_memory(&hive, bytes->data, bytes->len, "made", NULL));
  must(rh_registry_walk(rh_hive_registry(hive), root_of(rh_hive_registry(hive)), &walker, NULL));
  rh_hive_free(hive);
  rh_buffer_dispose(bytes);
  return seen;
}

static void assert_walk(rh_buffer bytes, const char *paths, size_t damages) {
  tally seen = walk_bytes(&bytes);
  assert_string_equal(rh_buffer_text(&seen.paths), paths);
  assert_int_equal(seen.damages, damages);
  rh_buffer_dispose(&seen.paths);
}

static void test_sound(void **state) {
  (void)state;
  assert_walk(make_bytes(), ";\\A;\\A\\X;\\B;\\C;", 0);
}

static void test_key_in_two_lists(void **state) {
  (void)state;
  rh_buffer bytes = make_bytes();
  rh_store_u32(entry(&bytes, "A", 0), key_offset(&bytes, "B"));
  assert_walk(bytes, ";\\A;\\A\\B;\\C;", 1);
  bytes = make_bytes(); /* the second time is the wrong one */
  rh_store_u32(entry(&bytes, "ROOT", 2), key_offset(&bytes, "X"));
  assert_walk(bytes, ";\\A;\\A\\X;\\B;", 1);
}

static void test_key_that_lists_one_above(void **state) {
  (void)state;
  rh_buffer bytes = make_bytes();
  rh_store_u32(entry(&bytes, "A", 0), key_offset(&bytes, "ROOT"));
  assert_walk(bytes, ";\\A;\\B;\\C;", 1);
  bytes = make_bytes();
  rh_store_u32(entry(&bytes, "A", 0), key_offset(&bytes, "A"));
  assert_walk(bytes, ";\\A;\\B;\\C;", 1);
  /* And calls it its parent, so that each seems to be in its place. */
  bytes = make_bytes();
  rh_store_u32(entry(&bytes, "A", 0), key_offset(&bytes, "A"));
  rh_store_u32(field(&bytes, "A", 16), key_offset(&bytes, "A"));
  assert_walk(bytes, ";\\A;\\B;\\C;", 1);
}

static void test_key_twice_in_one_list(void **state) {
  (void)state;
  rh_buffer bytes = make_bytes();
  rh_store_u32(entry(&bytes, "ROOT", 2), key_offset(&bytes, "B"));
  assert_walk(bytes, ";\\A;\\A\\X;\\B;", 1);
}

/* A wrong parent hides nothing. */
static void test_wrong_parent(void **state) {
  (void)state;
  rh_buffer bytes = make_bytes();
  rh_store_u32(field(&bytes, "B", 16), 8);
  assert_walk(bytes, ";\\A;\\A\\X;\\B;\\C;", 0);
}

/* Two lists that lead to each other forty deep would be two to the power of forty paths. */
static void test_many_paths(void **state) {
  (void)state;
  rh_hive *hive;
  rh_buffer bytes = {0};
  rh_key key, child;
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
  rh_registry *registry = rh_hive_registry(hive);
  key = root_of(registry);
  for (int i = 0; i < 40; i++) {
    char name[8];
    snprintf(name, sizeof name, "M%02d", i);
    must(rh_registry_create_key(registry, key, "Before", 6, &child, NULL));
    must(rh_registry_create_key(registry, key, name, 3, &child, NULL));
    must(rh_registry_create_key(registry, key, "Ziel", 4, &(rh_key){0}, NULL));
    key = child;
  }
  must(rh_hive_serialize(hive, &bytes, NULL));
  rh_hive_free(hive);
  /* First and last entry of each list become the middle one, which is nobody's neighbour twice. */
  for (int i = 1; i < 40; i++) {
    char name[8], next[8];
    snprintf(name, sizeof name, "M%02d", i - 1);
    snprintf(next, sizeof next, "M%02d", i);
    rh_store_u32(entry(&bytes, name, 2), key_offset(&bytes, next));
    rh_store_u32(entry(&bytes, name, 0), key_offset(&bytes, next));
    rh_store_u32(entry(&bytes, name, 1), key_offset(&bytes, "Before"));
  }
  size_t most = bytes.len;
  tally seen = walk_bytes(&bytes);
  assert_true(seen.keys <= most / 40);
  assert_true(seen.damages > 0);
  rh_buffer_dispose(&seen.paths);
}

/* All keys have one list of values: the walk ends where the hive cannot hold more. */
static void test_shared_values(void **state) {
  (void)state;
  rh_hive *hive;
  rh_buffer bytes = {0};
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
  for (int i = 0; i < 100; i++) {
    char name[16];
    snprintf(name, sizeof name, "K%03d", i);
    set_text(rh_hive_registry(hive), name, "v", "1");
    snprintf(name, sizeof name, "value%03d", i);
    set_text(rh_hive_registry(hive), "K000", name, "some data that takes a cell of its own");
  }
  must(rh_hive_serialize(hive, &bytes, NULL));
  rh_hive_free(hive);
  for (int i = 1; i < 100; i++) {
    char name[8];
    snprintf(name, sizeof name, "K%03d", i);
    memcpy(field(&bytes, name, 36), field(&bytes, "K000", 36), 8);
  }
  size_t most = bytes.len / 24;
  tally seen = walk_bytes(&bytes);
  assert_int_equal(seen.keys, 101);
  assert_true(seen.values <= most);
  assert_true(seen.damages > 0);
  rh_buffer_dispose(&seen.paths);
}

/* All keys have one list of subkeys, long enough to say each of its entries once a key. */
static void test_shared_subkeys(void **state) {
  (void)state;
  enum { COUNT = 200 };
  rh_hive *hive;
  rh_buffer bytes = {0};
  char name[16];
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
  for (int i = 0; i < COUNT; i++) {
    snprintf(name, sizeof name, "K%03d", i);
    set_text(rh_hive_registry(hive), name, "v", "1");
    snprintf(name, sizeof name, "K000\\S%03d", i);
    set_text(rh_hive_registry(hive), name, "v", "1");
  }
  must(rh_hive_serialize(hive, &bytes, NULL));
  rh_hive_free(hive);
  for (int i = 1; i < COUNT; i++) {
    snprintf(name, sizeof name, "K%03d", i);
    memcpy(field(&bytes, name, 20), field(&bytes, "K000", 20), 4);
    memcpy(field(&bytes, name, 28), field(&bytes, "K000", 28), 4);
  }
  size_t most = bytes.len / 4;
  assert_true(most < COUNT * COUNT / 2);
  tally seen = walk_bytes(&bytes);
  assert_int_equal(seen.keys, 1 + 2 * COUNT);
  assert_true(seen.damages > COUNT && seen.damages <= most);
  rh_buffer_dispose(&seen.paths);
}

/* Found by name among many, in any case, also after others were added, replaced and deleted. */
static void test_many_values(void **state) {
  (void)state;
  rh_hive *hive;
  rh_value value = {0};
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = root_of(registry);
  for (int i = 0; i < 3000; i++) {
    char name[24], data[8];
    size_t len = (size_t)snprintf(name, sizeof name, "W\xC3\xA4rt-%d", i);
    snprintf(data, sizeof data, "%06d", i);
    must(rh_registry_set_value(registry, root, name, len, RH_REG_BINARY, data, 6, NULL));
    if (i % 3 == 0 && i > 0) {
      len = (size_t)snprintf(name, sizeof name, "w\xC3\x84RT-%d", i / 3);
      rh_status deleted = rh_registry_delete_value(registry, root, name, len, NULL);
      assert_int_equal(deleted, RH_OK);
      must(rh_registry_set_value(registry, root, name, len, RH_REG_BINARY, "again", 5, NULL));
    }
  }
  for (int i = 0; i < 3000; i++) {
    char name[24], data[8];
    size_t len = (size_t)snprintf(name, sizeof name, "W\xC3\x84RT-%d", i);
    snprintf(data, sizeof data, "%06d", i);
    must(rh_registry_find_value(registry, root, name, len, &value, NULL));
    bool replaced = i >= 1 && i <= 999;
    assert_int_equal(value.len, replaced ? 5 : 6);
    assert_memory_equal(value.data, replaced ? "again" : data, value.len);
  }
  must_fail(rh_registry_find_value(registry, root, "absent", 6, &value, NULL), RH_ERR_NOT_FOUND);
  rh_value_dispose(&value);
  rh_hive_free(hive);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sound),
      cmocka_unit_test(test_key_in_two_lists),
      cmocka_unit_test(test_key_that_lists_one_above),
      cmocka_unit_test(test_key_twice_in_one_list),
      cmocka_unit_test(test_wrong_parent),
      cmocka_unit_test(test_many_paths),
      cmocka_unit_test(test_shared_values),
      cmocka_unit_test(test_shared_subkeys),
      cmocka_unit_test(test_many_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
