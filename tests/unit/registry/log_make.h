/* For the tests of recovery: transaction logs made from two states of a hive, byte by byte as the
 * format tells, and files in a folder of their own. Define _POSIX_C_SOURCE before the first
 * include.
 */
#ifndef RH_TESTS_LOG_MAKE_H
#define RH_TESTS_LOG_MAKE_H

#include "registry/hive_make.h"

#include "registry/hive/log.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/rehome-recover-XXXXXX";

static inline const char *in_folder(const char *name) {
  static char paths[4][256];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static inline void put(const char *name, const rh_buffer *bytes) {
  unlink(in_folder(name)); /* some file systems wait for the disk when a file is cut to nothing */
  FILE *file = fopen(in_folder(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes->data, 1, bytes->len, file), bytes->len);
  assert_int_equal(fclose(file), 0);
}

static inline void forget(const char *name) {
  unlink(in_folder(name));
}

static inline int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
  (void)state;
  return rh_file_remove_tree(folder, NULL) == RH_OK ? 0 : -1;
}

static inline void seal(unsigned char *base) {
  uint32_t sum = 0;
  for (size_t i = 0; i < 508; i += 4)
    sum ^= rh_load_u32(base + i);
  rh_store_u32(base + 508, sum);
}

static inline void set_sequences(unsigned char *base, uint32_t primary, uint32_t secondary) {
  rh_store_u32(base + 4, primary);
  rh_store_u32(base + 8, secondary);
  seal(base);
}

/* The hive as a file that was being written: its numbers differ. */
static inline rh_buffer dirty_copy(const rh_buffer *hive, uint32_t secondary) {
  rh_buffer out = {0};
  OK(rh_buffer_append(&out, hive->data, hive->len, &error));
  set_sequences(out.data, secondary + 1, secondary);
  return out;
}

/* A log's first sector. */
static inline rh_buffer log_base(const rh_buffer *hive, uint32_t type, uint32_t sequence) {
  rh_buffer out = {0};
  OK(rh_buffer_append(&out, hive->data, 512, &error));
  rh_store_u32(out.data + 28, type);
  set_sequences(out.data, sequence, sequence);
  return out;
}

static inline bool page_differs(const rh_buffer *before, const rh_buffer *after, size_t at,
                                size_t len) {
  return at + len > before->len || memcmp(before->data + at, after->data + at, len) != 0;
}

/* An old-format log: a bit for each 512 bytes of the bins that differ, then those. */
static inline rh_buffer old_log(const rh_buffer *before, const rh_buffer *after, uint32_t type,
                                uint32_t sequence) {
  rh_buffer out = log_base(after, type, sequence);
  size_t pages = (after->len - 4096) / 512, bitmap_len = pages / 8;
  OK(rh_buffer_append(&out, "DIRT", 4, &error));
  OK(rh_buffer_append_zero(&out, bitmap_len, &error));
  OK(rh_buffer_append_zero(&out, (512 - out.len % 512) % 512, &error));
  for (size_t page = 0; page < pages; page++) {
    size_t at = 4096 + page * 512;
    if (!page_differs(before, after, at, 512))
      continue;
    out.data[516 + page / 8] |= (unsigned char)(1u << page % 8);
    OK(rh_buffer_append(&out, after->data + at, 512, &error));
  }
  return out;
}

/* Adds a new-format entry with the 4096-byte pages that differ. */
static inline void add_log_entry(rh_buffer *log, const rh_buffer *before, const rh_buffer *after,
                                 uint32_t sequence) {
  rh_buffer references = {0}, pages = {0};
  for (size_t at = 4096; at < after->len; at += 4096) {
    if (!page_differs(before, after, at, 4096))
      continue;
    OK(rh_buffer_append_u32(&references, at - 4096, &error));
    OK(rh_buffer_append_u32(&references, 4096, &error));
    OK(rh_buffer_append(&pages, after->data + at, 4096, &error));
  }
  size_t start = log->len, len = 40 + references.len + pages.len;
  len = (len + 511) / 512 * 512;
  OK(rh_buffer_append(log, "HvLE", 4, &error));
  OK(rh_buffer_append_u32(log, len, &error));
  OK(rh_buffer_append_u32(log, 0, &error));
  OK(rh_buffer_append_u32(log, sequence, &error));
  OK(rh_buffer_append_u32(log, after->len - 4096, &error));
  OK(rh_buffer_append_u32(log, references.len / 8, &error));
  OK(rh_buffer_append_zero(log, 16, &error));
  OK(rh_buffer_append(log, references.data, references.len, &error));
  OK(rh_buffer_append(log, pages.data, pages.len, &error));
  OK(rh_buffer_append_zero(log, start + len - log->len, &error));
  unsigned char *entry = log->data + start;
  rh_store_u64(entry + 24, hive_marvin32(entry + 40, len - 40));
  rh_store_u64(entry + 32, hive_marvin32(entry, 32));
  rh_buffer_dispose(&references);
  rh_buffer_dispose(&pages);
}

/* Four states of one hive, each with one more value and the last one with more bins. */
#define STATES 4
#define FIRST 100u /* the sequence number of the first state */
typedef struct states {
  rh_buffer bytes[STATES];
} states;

static inline states make_states(unsigned minor) {
  states out = {0};
  rh_hive *hive = new_hive(minor);
  static unsigned char large[9000] = {1, 2, 3};
  rh_key key = make(hive, root_of(hive), "Key");
  for (unsigned i = 0; i < STATES; i++) {
    char name[16];
    snprintf(name, sizeof name, "Value %u", i);
    set(hive, key, name, large, i == STATES - 1 ? sizeof large : 600);
    OK(rh_hive_serialize(hive, &out.bytes[i], &error));
  }
  assert_true(out.bytes[STATES - 1].len > out.bytes[0].len);
  rh_hive_free(hive);
  return out;
}

static inline void dispose_states(states *all) {
  for (size_t i = 0; i < STATES; i++)
    rh_buffer_dispose(&all->bytes[i]);
}

static inline rh_status open_with(rh_hive **out, const rh_hive_open_options *options,
                                  rh_hive_recovery *report) {
  error = (rh_error){0};
  return rh_hive_open_with(out, in_folder("HIVE"), options, report, &error);
}

/* Which state the hive is in: the number of values of its key, less one. */
static inline unsigned state_of(rh_hive *hive) {
  rh_key key = RH_KEY_NONE;
  rh_key_info info = {0};
  OK(rh_registry_find_path(rh_hive_registry(hive), root_of(hive), "Key", &key, &error));
  OK(rh_registry_read_key(rh_hive_registry(hive), key, &info, &error));
  unsigned count = (unsigned)info.value_count;
  rh_key_info_dispose(&info);
  return count - 1;
}

/* The hive is, byte for byte in its bins, that state. */
static inline void assert_state(rh_hive *hive, const states *all, unsigned wanted) {
  assert_int_equal(state_of(hive), wanted);
  assert_int_equal(hive->bins_size + 4096, all->bytes[wanted].len);
  assert_memory_equal(hive->data + 4096, all->bytes[wanted].data + 4096, hive->bins_size);
}

#endif
