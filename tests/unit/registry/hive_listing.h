/* For the hive tests: a registry as text, one sorted line a key and a value, and its digest.
 *
 * K, path, last write; V, path, name, type, size, SHA-256 of the data; separated by tabs. */
#ifndef RH_TESTS_HIVE_LISTING_H
#define RH_TESTS_HIVE_LISTING_H

#include "base/hash.h"
#include "registry/registry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* Lines may hold NULs: names do. */
typedef struct listing {
  rh_buffer *lines;
  size_t count, capacity;
  size_t keys, values, damaged;
  bool times; /* with last-write times */
} listing;

static inline void listing_add(listing *self, rh_buffer *line) {
  if (self->count == self->capacity) {
    self->capacity = self->capacity ? self->capacity * 2 : 256;
    self->lines = realloc(self->lines, self->capacity * sizeof *self->lines);
    assert_non_null(self->lines);
  }
  assert_int_equal(rh_buffer_append(line, "\n", 1, NULL), RH_OK);
  self->lines[self->count++] = *line;
}

static inline rh_status listing_key(void *payload, const rh_visit *visit, rh_error *error) {
  listing *self = payload;
  rh_buffer line = {0};
  (void)error;
  self->keys++;
  rh_buffer_append(&line, "K\t", 2, NULL);
  rh_buffer_append(&line, visit->path, visit->path_len, NULL);
  rh_buffer_printf(&line, NULL, "\t%llu",
                   self->times ? (unsigned long long)visit->info->last_write : 0);
  listing_add(self, &line);
  return RH_OK;
}

static inline rh_status listing_value(void *payload, const rh_visit *visit, const rh_value *value,
                                      rh_error *error) {
  listing *self = payload;
  rh_buffer line = {0};
  char digest[RH_SHA256_HEX];
  (void)error;
  self->values++;
  assert_int_equal(rh_sha256_hex(digest, value->data, value->len, NULL), RH_OK);
  rh_buffer_append(&line, "V\t", 2, NULL);
  rh_buffer_append(&line, visit->path, visit->path_len, NULL);
  rh_buffer_append(&line, "\t", 1, NULL);
  rh_buffer_append(&line, value->name, value->name_len, NULL);
  rh_buffer_printf(&line, NULL, "\t%lu\t%zu\t%s", (unsigned long)value->type, value->len, digest);
  listing_add(self, &line);
  return RH_OK;
}

static inline rh_status listing_damage(void *payload, const char *path, size_t path_len,
                                       const rh_error *damage) {
  listing *self = payload;
  (void)path;
  (void)path_len;
  assert_int_equal(damage->code, RH_ERR_FORMAT);
  self->damaged++;
  return RH_OK;
}

static inline int listing_compare(const void *a, const void *b) {
  const rh_buffer *x = a, *y = b;
  int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
  return order ? order : (x->len > y->len) - (x->len < y->len);
}

static inline listing listing_of(rh_registry *registry, bool times) {
  listing self = {.times = times};
  rh_walker walker = {listing_key, listing_value, listing_damage, &self};
  rh_error error = {0};
  rh_key root = RH_KEY_NONE;
  assert_int_equal(rh_registry_root(registry, &root, &error), RH_OK);
  if (rh_registry_walk(registry, root, &walker, &error) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
  if (self.count)
    qsort(self.lines, self.count, sizeof *self.lines, listing_compare);
  return self;
}

static inline void listing_digest(const listing *self, char out[RH_SHA256_HEX]) {
  rh_hash *hash = NULL;
  assert_int_equal(rh_hash_new(&hash, NULL), RH_OK);
  for (size_t i = 0; i < self->count; i++)
    assert_int_equal(rh_hash_add(hash, self->lines[i].data, self->lines[i].len, NULL), RH_OK);
  assert_int_equal(rh_hash_finish(hash, out, NULL), RH_OK);
  rh_hash_free(hash);
}

static inline void listing_dispose(listing *self) {
  for (size_t i = 0; i < self->count; i++)
    rh_buffer_dispose(&self->lines[i]);
  free(self->lines);
  *self = (listing){0};
}

#endif
