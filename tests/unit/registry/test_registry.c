/* The generic registry functions: names, paths, limits, walking, copying. */
#include "registry_dump.h"

/* A backend that only reads, in a shape that no sound registry has. Key n is named "k"; by shape,
 * the root lists itself, every key has one below it, or the second entry of the root is damaged. */
typedef enum fake_shape { OWN_CHILD, ENDLESS, TWICE, DAMAGED } fake_shape;

typedef struct fake {
  rh_registry head;
  fake_shape shape;
} fake;

static rh_status fake_root(rh_registry *registry, rh_key *out, rh_error *error) {
  (void)registry, (void)error;
  *out = 1;
  return RH_OK;
}

static rh_status fake_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                               rh_key *out, rh_error *error) {
  (void)parent, (void)name, (void)len, (void)out;
  return rh_error_set(error, RH_ERR_NOT_FOUND, registry->label, "no key");
}

static rh_status fake_read_key(rh_registry *registry, rh_key key, rh_key_info *out,
                               rh_error *error) {
  (void)registry, (void)key, (void)error;
  *out = (rh_key_info){.name = "k", .name_len = 1, .storage = out->storage};
  return RH_OK;
}

static rh_status fake_next_key(rh_cursor *cursor, rh_key *out, rh_error *error) {
  const fake *self = (const fake *)cursor->registry;
  uint64_t at = cursor->state[0]++;
  switch (self->shape) {
  case OWN_CHILD:
    *out = cursor->key;
    return at < 2 ? RH_OK : RH_END;
  case ENDLESS:
    *out = cursor->key + 1;
    return at < 1 ? RH_OK : RH_END;
  case TWICE: /* a tree of two to the power of forty paths */
    *out = cursor->key + 1;
    return at < 2 && cursor->key < 40 ? RH_OK : RH_END;
  case DAMAGED:
    *out = 10 + at;
    if (at == 1 && cursor->key == 1)
      return rh_error_set(error, RH_ERR_FORMAT, cursor->registry->label, "a broken entry");
    return at < 3 && cursor->key == 1 ? RH_OK : RH_END;
  }
  return RH_END;
}

static rh_status fake_next_value(rh_cursor *cursor, rh_value *out, rh_error *error) {
  (void)cursor, (void)out, (void)error;
  return RH_END;
}

static rh_status fake_find_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                 rh_value *out, rh_error *error) {
  (void)key, (void)name, (void)len, (void)out;
  return rh_error_set(error, RH_ERR_NOT_FOUND, registry->label, "no value");
}

static const rh_registry_backend fake_backend = {.root = fake_root,
                                                 .find_key = fake_find_key,
                                                 .read_key = fake_read_key,
                                                 .next_key = fake_next_key,
                                                 .next_value = fake_next_value,
                                                 .find_value = fake_find_value};

static fake fake_of(fake_shape shape) {
  static char label[] = "fake";
  return (fake){{&fake_backend, label, 0}, shape};
}

typedef struct tally {
  size_t keys, damages;
} tally;

static rh_status count_key(void *payload, const rh_visit *visit, rh_error *error) {
  (void)visit, (void)error;
  ((tally *)payload)->keys++;
  return RH_OK;
}

static rh_status count_damage(void *payload, const char *path, size_t path_len,
                              const rh_error *damage) {
  assert_int_equal(strlen(path), path_len);
  assert_int_equal(damage->code, RH_ERR_FORMAT);
  ((tally *)payload)->damages++;
  return RH_OK;
}

static void assert_walk(fake_shape shape, size_t keys, size_t damages) {
  fake self = fake_of(shape);
  tally seen = {0};
  rh_error error = {0};
  rh_walker walker = {.on_key = count_key, .on_damage = count_damage, .payload = &seen};
  must(rh_registry_walk(&self.head, 1, &walker, &error));
  assert_int_equal(seen.keys, keys);
  assert_int_equal(seen.damages, damages);
  walker.on_damage = NULL;
  must_fail(rh_registry_walk(&self.head, 1, &walker, &error), RH_ERR_FORMAT);
  assert_string_equal(error.object, "fake");
}

static void test_walk_survives_damage(void **state) {
  (void)state;
  assert_walk(OWN_CHILD, 1, 2);
  assert_walk(ENDLESS, RH_KEY_DEPTH_MAX + 1, 1);
  assert_walk(TWICE, 40, 39);
  assert_walk(DAMAGED, 3, 1);
}

static void test_read_only_backend(void **state) {
  (void)state;
  fake self = fake_of(DAMAGED);
  rh_error error = {0};
  rh_key key;
  must_fail(rh_registry_create_key(&self.head, 1, "a", 1, &key, &error), RH_ERR_UNSUPPORTED);
  assert_string_equal(error.object, "fake");
  assert_string_equal(error.message, "is read-only");
  must_fail(rh_registry_create_path(&self.head, 1, "a", &key, &error), RH_ERR_UNSUPPORTED);
  must_fail(rh_registry_delete_key(&self.head, 2, &error), RH_ERR_UNSUPPORTED);
  must_fail(rh_registry_set_value(&self.head, 1, "", 0, 1, "", 0, &error), RH_ERR_UNSUPPORTED);
  must_fail(rh_registry_delete_value(&self.head, 1, "", 0, &error), RH_ERR_UNSUPPORTED);
  must_fail(rh_registry_set_details(&self.head, 1, &(rh_key_details){0}, &error),
            RH_ERR_UNSUPPORTED);
  rh_registry_free(&self.head);
  rh_registry_free(NULL);
}

static int set_up(void **state) {
  rh_hive *hive;
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1000}, NULL));
  rh_hive_registry(hive)->clock = 2000;
  *state = hive;
  return 0;
}

static int tear_down(void **state) {
  rh_hive_free(*state);
  return 0;
}

static void test_names_and_limits(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_key root = root_of(registry), key;
  static char name[20000];
  memset(name, 'n', sizeof name);
  must_fail(rh_registry_create_key(registry, root, "", 0, &key, NULL), RH_ERR_ARGUMENT);
  must_fail(rh_registry_create_key(registry, root, "a\\b", 3, &key, NULL), RH_ERR_ARGUMENT);
  must_fail(rh_registry_create_key(registry, root, "\xFF", 1, &key, NULL), RH_ERR_ARGUMENT);
  must_fail(rh_registry_create_key(registry, root, name, 256, &key, NULL), RH_ERR_LIMIT);
  must(rh_registry_create_key(registry, root, name, 255, &key, NULL));
  must_fail(rh_registry_set_value(registry, key, name, 16384, 3, "", 0, NULL), RH_ERR_LIMIT);
  must(rh_registry_set_value(registry, key, name, 16383, 3, "", 0, NULL));
  must_fail(rh_registry_set_value(registry, key, "\x80", 1, 3, "", 0, NULL), RH_ERR_ARGUMENT);
  must_fail(rh_registry_delete_key(registry, root, NULL), RH_ERR_ARGUMENT);
  /* A character outside the basic plane takes two units of the limit. */
  char clef[4 * 128 + 1] = "";
  for (int i = 0; i < 128; i++)
    strcat(clef, "\xF0\x9D\x84\x9E");
  must_fail(rh_registry_create_key(registry, root, clef, 4 * 128, &key, NULL), RH_ERR_LIMIT);
  must(rh_registry_create_key(registry, root, clef, 4 * 127, &key, NULL));
}

static void test_paths(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_key root = root_of(registry), key, again;
  rh_error error = {0};
  rh_value value = {0};
  must(rh_registry_create_path(registry, root, "One\\Two", &key, NULL));
  must(rh_registry_find_path(registry, root, "\\oNE\\TWO", &again, NULL));
  assert_int_equal(again, key);
  must(rh_registry_find_path(registry, key, "", &again, NULL));
  assert_int_equal(again, key);
  static const char *const bad[] = {"\\", "One\\", "One\\\\Two", "\\\\One", "One\\Two\\"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    must_fail(rh_registry_find_path(registry, root, bad[i], &key, NULL), RH_ERR_ARGUMENT);
    must_fail(rh_registry_create_path(registry, root, bad[i], &key, NULL), RH_ERR_ARGUMENT);
  }
  must_fail(rh_registry_find_path(registry, root, "One\\Three", &key, &error), RH_ERR_NOT_FOUND);
  assert_non_null(strstr(error.message, "One\\Three"));
  set_text(registry, "One", "name", "data");
  must(rh_registry_get(registry, "one", "NAME", &value, NULL));
  assert_int_equal(value.len, 4);
  assert_memory_equal(value.data, "data", 4);
  must_fail(rh_registry_get(registry, "One", "other", &value, &error), RH_ERR_NOT_FOUND);
  assert_non_null(strstr(error.message, "other"));
  must_fail(rh_registry_get(registry, "Two", "", &value, NULL), RH_ERR_NOT_FOUND);
  rh_value_dispose(&value);
}

static void test_same_value_changes_nothing(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_key_info info = {0};
  set_text(registry, "Key", "name", "data");
  registry->clock = 3000;
  set_text(registry, "KEY", "NAME", "data");
  must(rh_registry_read_key(registry, key_at(registry, "Key"), &info, NULL));
  assert_int_equal(info.last_write, 2000);
  must(rh_registry_set_value(registry, key_at(registry, "Key"), "name", 4, RH_REG_SZ, "data", 4,
                             NULL));
  must(rh_registry_read_key(registry, key_at(registry, "Key"), &info, NULL));
  assert_int_equal(info.last_write, 3000);
  rh_key_info_dispose(&info);
}

static void test_copy(void **state) {
  rh_registry *from = rh_hive_registry(*state), *to;
  rh_hive *target;
  rh_key_info info = {0};
  rh_key key;
  const rh_key_details details = {.class_name = (const unsigned char *)"c\0", .class_len = 2};
  must(rh_hive_create(&target, &(rh_hive_options){.time = 5}, NULL));
  to = rh_hive_registry(target);
  to->clock = 6;
  set_text(from, "A\\B\\C", "deep", "1");
  set_text(from, "A\\B2", "", "2");
  set_text(from, "A", "top", "3");
  must(rh_registry_set_details(from, key_at(from, "A\\B"), &details, NULL));
  must(rh_registry_copy(to, root_of(to), from, root_of(from), true, NULL));
  assert_same_text(dump_of(to, true), dump_of(from, true));
  /* Times too, also of keys that got subkeys later. */
  static const char *const paths[] = {"", "A", "A\\B", "A\\B\\C", "A\\B2"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    must(rh_registry_read_key(from, key_at(from, paths[i]), &info, NULL));
    uint64_t want = info.last_write;
    must(rh_registry_read_key(to, key_at(to, paths[i]), &info, NULL));
    assert_int_equal(info.last_write, want);
  }
  must(rh_registry_create_path(to, root_of(to), "Shallow", &key, NULL));
  must(rh_registry_copy(to, key, from, key_at(from, "A"), false, NULL));
  must(rh_registry_read_key(to, key, &info, NULL));
  assert_int_equal(info.value_count, 1);
  assert_int_equal(info.subkey_count, 0);
  rh_key_info_dispose(&info);
  rh_hive_free(target);
}

static void test_type_names(void **state) {
  (void)state;
  char number[16];
  assert_string_equal(rh_value_type_name(RH_REG_SZ, number), "REG_SZ");
  assert_string_equal(rh_value_type_name(RH_REG_MULTI_SZ, number), "REG_MULTI_SZ");
  assert_string_equal(rh_value_type_name(10, number), "REG_RESOURCE_REQUIREMENTS_LIST");
  assert_string_equal(rh_value_type_name(RH_REG_QWORD, number), "REG_QWORD");
  assert_string_equal(rh_value_type_name(12, number), "0xc");
  assert_string_equal(rh_value_type_name(0xFFFF0007u, number), "0xffff0007");
}

int main(void) {
#define WITH_HIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_walk_survives_damage),
      cmocka_unit_test(test_read_only_backend),
      WITH_HIVE(test_names_and_limits),
      WITH_HIVE(test_paths),
      WITH_HIVE(test_same_value_changes_nothing),
      WITH_HIVE(test_copy),
      cmocka_unit_test(test_type_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
