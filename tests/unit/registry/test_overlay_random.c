/* The same random operations on the overlay and, at once, on a hive; then the told changes applied
 * to a third hive, and undone. */
#include "registry_dump.h"

#include "registry/overlay/overlay.h"

typedef struct step {
  rh_change_kind kind;
  char *path, *name;
  size_t name_len;
  bool present[2]; /* before, after */
  uint32_t type[2];
  rh_buffer data[2], class_name[2], security[2];
} step;

typedef struct steps {
  step items[2000];
  size_t count;
} steps;

static rh_status record(void *payload, const rh_overlay_change *change, rh_error *error) {
  steps *self = payload;
  assert_true(self->count < sizeof self->items / sizeof *self->items);
  step *item = &self->items[self->count++];
  const rh_key_info *infos[] = {change->key_before, change->key_after};
  const rh_value *values[] = {change->value_before, change->value_after};
  *item = (step){.kind = change->kind, .path = rh_copy_bytes(change->path, change->path_len)};
  for (int i = 0; i < 2; i++) {
    item->present[i] = values[i] || infos[i];
    if (infos[i]) {
      must(
          rh_buffer_append(&item->class_name[i], infos[i]->class_name, infos[i]->class_len, error));
      must(rh_buffer_append(&item->security[i], infos[i]->security, infos[i]->security_len, error));
    }
    if (values[i]) {
      item->type[i] = values[i]->type;
      must(rh_buffer_append(&item->data[i], values[i]->data, values[i]->len, error));
      rh_free(item->name);
      item->name = rh_copy_bytes(values[i]->name, values[i]->name_len);
      item->name_len = values[i]->name_len;
    }
  }
  return RH_OK;
}

/* side 1 does the step, side 0 undoes it. */
static void perform(rh_registry *registry, const step *item, int side) {
  rh_key root = root_of(registry), key;
  bool of_key = item->kind <= RH_CHANGE_KEY_DETAILS;
  if (of_key && !item->present[side]) {
    must(rh_registry_delete_key(registry, key_at(registry, item->path), NULL));
  } else if (of_key) {
    rh_key_details details = {.class_name = item->class_name[side].data,
                              .class_len = item->class_name[side].len,
                              .clear_class = item->class_name[side].len == 0,
                              .security = item->security[side].data,
                              .security_len = item->security[side].len};
    if (!item->present[!side])
      must_fail(rh_registry_find_path(registry, root, item->path, &key, NULL), RH_ERR_NOT_FOUND);
    must(rh_registry_create_path(registry, root, item->path, &key, NULL));
    must(rh_registry_set_details(registry, key, &details, NULL));
  } else if (item->present[side]) {
    must(rh_registry_set_value(registry, key_at(registry, item->path), item->name, item->name_len,
                               item->type[side], item->data[side].data, item->data[side].len,
                               NULL));
  } else {
    must(rh_registry_delete_value(registry, key_at(registry, item->path), item->name,
                                  item->name_len, NULL));
  }
}

static rh_status no_change(void *payload, const rh_overlay_change *change, rh_error *error) {
  (void)payload, (void)error;
  fail_msg("a change is left in %s", change->path);
  return RH_OK;
}

static void steps_clear(steps *self) {
  for (size_t i = 0; i < self->count; i++) {
    step *item = &self->items[i];
    rh_free(item->path);
    rh_free(item->name);
    for (int side = 0; side < 2; side++) {
      rh_buffer_dispose(&item->data[side]);
      rh_buffer_dispose(&item->class_name[side]);
      rh_buffer_dispose(&item->security[side]);
    }
  }
  self->count = 0;
}

static uint32_t next_random(uint32_t *seed, uint32_t below) {
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 16) % below;
}

static void random_path(char *out, uint32_t *seed, bool upper) {
  static const char *const names[2][5] = {{"a", "b", "ab", "\xC3\xA9", "z z"},
                                          {"A", "B", "AB", "\xC3\x89", "Z Z"}};
  out[0] = '\0';
  for (uint32_t depth = 1 + next_random(seed, 3); depth > 0; depth--) {
    strcat(out, names[upper][next_random(seed, 5)]);
    if (depth > 1)
      strcat(out, "\\");
  }
}

/* The same operation on each registry, with the same outcome. */
static void random_operation(rh_registry **registries, size_t count, uint32_t *seed) {
  static const char *const values[] = {"", "v", "name", "\xC3\xA4", "other"};
  char path[64];
  unsigned char data[40];
  uint32_t kind = next_random(seed, 10), type = next_random(seed, 8), len = next_random(seed, 40);
  const char *value = values[next_random(seed, 5)];
  memset(data, (int)next_random(seed, 3), sizeof data);
  random_path(path, seed, kind >= 6);
  rh_status first = RH_OK;
  for (size_t i = 0; i < count; i++) {
    rh_registry *registry = registries[i];
    rh_key key, root = root_of(registry);
    rh_status status = kind < 6 ? rh_registry_create_path(registry, root, path, &key, NULL)
                                : rh_registry_find_path(registry, root, path, &key, NULL);
    if (status == RH_OK && kind > 0 && kind < 6)
      status = rh_registry_set_value(registry, key, value, strlen(value), type, data, len, NULL);
    else if (status == RH_OK && kind == 6)
      status = rh_registry_delete_key(registry, key, NULL);
    else if (status == RH_OK && (kind == 7 || kind == 8))
      status = rh_registry_delete_value(registry, key, value, strlen(value), NULL);
    else if (status == RH_OK && kind == 9)
      status = rh_registry_set_details(
          registry, key,
          &(rh_key_details){.class_name = data, .class_len = len / 2 * 2, .clear_class = len < 2},
          NULL);
    if (i == 0)
      first = status;
    assert_int_equal(status, first);
  }
}

static void test_random_operations(void **state) {
  (void)state;
  static steps told;
  for (uint32_t seed = 1; seed <= 25; seed++) {
    rh_hive *hives[3];
    rh_registry *registries[3], *pair[2];
    uint32_t random = seed;
    for (int i = 0; i < 3; i++) {
      must(rh_hive_create(&hives[i], &(rh_hive_options){.time = 1}, NULL));
      registries[i] = rh_hive_registry(hives[i]);
      registries[i]->clock = 1;
    }
    rh_registry *base = registries[0], *target = registries[2];
    for (int i = 0; i < 150; i++)
      random_operation(registries, 3, &random);
    must(rh_overlay_open(&pair[0], base, NULL));
    pair[1] = registries[1];
    for (int i = 0; i < 200; i++) {
      random_operation(pair, 2, &random);
      if (i % 20 == 0)
        assert_same_text(sorted_dump_of(pair[0], true), sorted_dump_of(pair[1], true));
    }
    assert_same_text(sorted_dump_of(pair[0], true), sorted_dump_of(pair[1], true));
    must(rh_overlay_changes(pair[0], record, &told, NULL));
    assert_true(told.count > 10);
    for (size_t i = 0; i < told.count; i++)
      perform(target, &told.items[i], 1);
    assert_same_text(dump_of(target, true), dump_of(pair[0], true));
    for (size_t i = told.count; i-- > 0;) {
      perform(target, &told.items[i], 0);
      perform(pair[0], &told.items[i], 0);
    }
    assert_same_text(sorted_dump_of(target, true), sorted_dump_of(base, true));
    assert_same_text(sorted_dump_of(pair[0], true), sorted_dump_of(base, true));
    must(rh_overlay_changes(pair[0], no_change, NULL, NULL));
    steps_clear(&told);
    rh_registry_free(pair[0]);
    for (int i = 0; i < 3; i++)
      rh_hive_free(hives[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_operations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
