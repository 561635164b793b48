/* Fuzz target: the input is a hive. It is opened, walked, searched, changed, written and read
 * again; whatever opens must stay readable after each change, and be the same after the way to
 * bytes and back. */
#include "registry/hive.h"
#include "registry/registry_diff.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef struct tour {
  size_t keys, values, sum;
  rh_key last;
} tour;

static rh_status on_key(void *payload, const rh_visit *visit, rh_error *error) {
  tour *self = payload;
  (void)error;
  self->keys++;
  self->last = visit->key;
  for (size_t i = 0; i < visit->info->name_len; i++)
    self->sum += (unsigned char)visit->info->name[i];
  for (size_t i = 0; i < visit->info->class_len; i++)
    self->sum += visit->info->class_name[i];
  for (size_t i = 0; i < visit->info->security_len; i++)
    self->sum += visit->info->security[i];
  return RH_OK;
}

static rh_status on_value(void *payload, const rh_visit *visit, const rh_value *value,
                          rh_error *error) {
  tour *self = payload;
  rh_value again = {0};
  self->values++;
  for (size_t i = 0; i < value->len; i++)
    self->sum += value->data[i];
  rh_status status = rh_registry_find_value(visit->registry, visit->key, value->name,
                                            value->name_len, &again, NULL);
  rh_value_dispose(&again);
  (void)error;
  return status == RH_ERR_MEMORY ? status : RH_OK;
}

static rh_status on_damage(void *payload, const char *path, size_t path_len,
                           const rh_error *damage) {
  (void)payload, (void)path, (void)path_len, (void)damage;
  return RH_OK;
}

static tour walk(rh_registry *registry) {
  tour self = {0};
  rh_key root = RH_KEY_NONE;
  const rh_walker walker = {on_key, on_value, on_damage, &self};
  if (rh_registry_root(registry, &root, NULL) == RH_OK)
    rh_registry_walk(registry, root, &walker, NULL);
  return self;
}

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
    if (written.keys != after.keys || written.values != after.values || written.sum != after.sum)
      abort();
  }
  rh_buffer_dispose(&bytes);
  rh_hive_free(again);
  rh_hive_free(hive);
  return 0;
}
