/* For the fuzz targets of hives: a walk through everything that can be read, and what it met. */
#ifndef RH_TESTS_FUZZ_TOUR_H
#define RH_TESTS_FUZZ_TOUR_H

#include "registry/hive/hive.h"

#include <stdint.h>

typedef struct tour {
  size_t keys, values, sum;
  rh_key last;
} tour;

static inline rh_status on_key(void *payload, const rh_visit *visit, rh_error *error) {
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

static inline rh_status on_value(void *payload, const rh_visit *visit, const rh_value *value,
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

static inline rh_status on_damage(void *payload, const char *path, size_t path_len,
                                  const rh_error *damage) {
  (void)payload, (void)path, (void)path_len, (void)damage;
  return RH_OK;
}

static inline tour walk(rh_registry *registry) {
  tour self = {0};
  rh_key root = RH_KEY_NONE;
  const rh_walker walker = {on_key, on_value, on_damage, &self};
  if (rh_registry_root(registry, &root, NULL) == RH_OK)
    rh_registry_walk(registry, root, &walker, NULL);
  return self;
}

static inline bool same_tour(tour a, tour b) {
  return a.keys == b.keys && a.values == b.values && a.sum == b.sum;
}

#endif
