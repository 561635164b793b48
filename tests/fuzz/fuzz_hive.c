/* Fuzz target: the input is a hive. It is opened, walked, searched, changed, written and read
 * again; whatever opens must stay readable after each change, and be the same after the way to
 * bytes and back. */
#include "tour.h"

#include "registry/diff.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void change(rh_registry *registry, rh_key last) {
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  static unsigned char big[40000];
  rh_registry_root(registry, &root, NULL);
  rh_registry_create_path(registry, root, "Fuzz\\Key", &key, NULL);
  for (char name = 'a'; key != RH_KEY_NONE && name < 'h'; name++)
    rh_registry_set_value(registry, key, &name, 1, RH_REG_BINARY, big, (size_t)(name - 'a') * 6000,
                          NULL);
  rh_registry_set_value(registry, root, "Fuzz", 4, RH_REG_SZ, "a\0\0", 4, NULL);
  rh_registry_delete_value(registry, root, "Fuzz", 4, NULL);
  if (last != root && last != RH_KEY_NONE)
    rh_registry_delete_key(registry, last, NULL);
}

static rh_status ignore(void *payload, const rh_registry_difference *difference, rh_error *error) {
  (void)difference, (void)error;
  ++*(size_t *)payload;
  return RH_OK;
}

static rh_status ignore_damage(void *payload, bool in_b, const char *path, size_t path_len,
                               const rh_error *damage) {
  (void)in_b;
  return on_damage(payload, path, path_len, damage);
}

static void compare(rh_hive *hive, const uint8_t *data, size_t len) {
  rh_hive *other = NULL;
  rh_key a = RH_KEY_NONE, b = RH_KEY_NONE;
  size_t count = 0;
  const rh_registry_differ differ = {ignore, ignore_damage, &count};
  if (rh_hive_open_memory(&other, data, len, "fuzz", NULL) == RH_OK &&
      rh_registry_root(rh_hive_registry(hive), &a, NULL) == RH_OK &&
      rh_registry_root(rh_hive_registry(other), &b, NULL) == RH_OK)
    rh_registry_diff(rh_hive_registry(hive), a, rh_hive_registry(other), b, &differ, NULL);
  rh_hive_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  rh_hive *hive = NULL, *again = NULL;
  rh_buffer bytes = {0};
  if (rh_hive_open_memory(&hive, data, len, "fuzz", NULL) != RH_OK)
    return 0;
  tour before = walk(rh_hive_registry(hive));
  change(rh_hive_registry(hive), before.last);
  tour after = walk(rh_hive_registry(hive));
  compare(hive, data, len);
  if (rh_hive_serialize(hive, &bytes, NULL) == RH_OK &&
      rh_hive_open_memory(&again, bytes.data, bytes.len, "again", NULL) == RH_OK) {
    tour written = walk(rh_hive_registry(again));
    if (!same_tour(written, after))
      abort();
  }
  rh_buffer_dispose(&bytes);
  rh_hive_free(again);
  rh_hive_free(hive);
  return 0;
}
