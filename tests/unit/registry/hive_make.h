/* For the hive tests: making hives and comparing them. */
#ifndef RH_TESTS_HIVE_MAKE_H
#define RH_TESTS_HIVE_MAKE_H

#include "registry/hive_check.h"
#include "registry/hive_listing.h"

#include "registry/hive/hive.h"

#define OK(call) assert_int_equal((call), RH_OK)
#define TIME 0x01D0000000000000u

/* Of the last call that was checked. */
static rh_error error;

static inline rh_hive *new_hive(unsigned minor) {
  rh_hive *hive = NULL;
  rh_hive_options options = {.minor_version = minor, .time = TIME};
  OK(rh_hive_create(&hive, &options, &error));
  rh_hive_registry(hive)->clock = TIME + 1;
  return hive;
}

static inline rh_key root_of(rh_hive *hive) {
  rh_key root = RH_KEY_NONE;
  OK(rh_registry_root(rh_hive_registry(hive), &root, &error));
  return root;
}

static inline rh_key make(rh_hive *hive, rh_key parent, const char *name) {
  rh_key key = RH_KEY_NONE;
  OK(rh_registry_create_key(rh_hive_registry(hive), parent, name, strlen(name), &key, &error));
  return key;
}

static inline void set(rh_hive *hive, rh_key key, const char *name, const void *data, size_t len) {
  OK(rh_registry_set_value(rh_hive_registry(hive), key, name, strlen(name), RH_REG_BINARY, data,
                           len, &error));
}

static inline size_t size_of(rh_hive *hive) {
  rh_hive_header header;
  rh_hive_header_get(hive, &header);
  return header.bins_size;
}

/* The hive as it would be written, checked, and opened again. */
static inline rh_hive *reopen(rh_hive *hive, bool sound) {
  rh_buffer bytes = {0};
  rh_hive *again = NULL;
  OK(rh_hive_serialize(hive, &bytes, &error));
  check_hive_bytes(&bytes, sound);
  OK(rh_hive_open_memory(&again, bytes.data, bytes.len, "again", &error));
  rh_buffer_dispose(&bytes);
  return again;
}

static inline void assert_same(rh_hive *a, rh_hive *b) {
  listing x = listing_of(rh_hive_registry(a), true), y = listing_of(rh_hive_registry(b), true);
  assert_int_equal(x.count, y.count);
  for (size_t i = 0; i < x.count; i++) {
    assert_int_equal(x.lines[i].len, y.lines[i].len);
    assert_memory_equal(x.lines[i].data, y.lines[i].data, x.lines[i].len);
  }
  listing_dispose(&x);
  listing_dispose(&y);
}

static inline void check_and_free(rh_hive *hive) {
  rh_hive *again = reopen(hive, true);
  assert_same(hive, again);
  rh_hive_free(again);
  rh_hive_free(hive);
}

#endif
