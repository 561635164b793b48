/* For the hive tests: an independent check of a hive's bytes, written from the format alone.
 *
 * Cells fill the bins without gaps; every cell in use is reached from the root exactly once; lists
 * are in order with right hashes; counts, largest lengths and security references are right. */
#ifndef RH_TESTS_HIVE_CHECK_H
#define RH_TESTS_HIVE_CHECK_H

#include "base/reader.h"
#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

typedef struct checker {
  const unsigned char *bins;
  uint32_t size;
  unsigned minor;
  bool sound; /* a hive that only rehome wrote: nothing is unreachable, lengths are exact */
  unsigned char *state; /* a byte per 8: 0 nothing, 1 cell in use, 2 reached, 3 free */
  uint32_t *references; /* a count per 8, for security cells */
  size_t in_use, reached;
  char last[1024]; /* the last subkey's name while a list is checked */
  size_t last_len;
} checker;

static inline const unsigned char *check_reach(checker *self, uint32_t offset, uint32_t *len) {
  assert_true(offset % 8 == 0 && offset < self->size);
  assert_int_equal(self->state[offset / 8], 1);
  self->state[offset / 8] = 2;
  self->reached++;
  *len = 0u - rh_load_u32(self->bins + offset) - 4;
  return self->bins + offset + 4;
}

static inline void check_bins(checker *self) {
  uint32_t bin = 0, bin_size;
  for (; bin < self->size; bin += bin_size) {
    assert_memory_equal(self->bins + bin, "hbin", 4);
    assert_int_equal(rh_load_u32(self->bins + bin + 4), bin);
    bin_size = rh_load_u32(self->bins + bin + 8);
    assert_true(bin_size > 0 && bin_size % 4096 == 0 && bin_size <= self->size - bin);
    bool was_free = false;
    for (uint32_t at = bin + 32, cell; at < bin + bin_size; at += cell) {
      int32_t field = (int32_t)rh_load_u32(self->bins + at);
      cell = (uint32_t)(field < 0 ? -(int64_t)field : field);
      assert_true(cell >= 8 && cell % 8 == 0 && cell <= bin + bin_size - at);
      self->state[at / 8] = field < 0 ? 1 : 3;
      self->in_use += field < 0;
      if (self->sound)
        assert_false(was_free && field > 0); /* free neighbours are joined */
      was_free = field > 0;
    }
  }
  assert_int_equal(bin, self->size);
}

static inline void check_data(checker *self, const unsigned char *vk) {
  uint32_t size = rh_load_u32(vk + 4), len, list_len, segment_len;
  if (size & 0x80000000u) {
    assert_true((size & 0x7FFFFFFFu) <= 4);
    return;
  }
  if (size == 0)
    return;
  const unsigned char *data = check_reach(self, rh_load_u32(vk + 8), &len);
  if (self->minor <= 3 || size <= 16344) {
    assert_true(len >= size);
    return;
  }
  assert_memory_equal(data, "db", 2);
  uint32_t count = rh_load_u16(data + 2);
  assert_int_equal(count, (size + 16343) / 16344);
  const unsigned char *list = check_reach(self, rh_load_u32(data + 4), &list_len);
  assert_true(list_len >= 4 * count);
  for (uint32_t i = 0; i < count; i++) {
    check_reach(self, rh_load_u32(list + 4 * i), &segment_len);
    assert_true(segment_len >= (i + 1 < count ? 16344 : size - 16344 * (count - 1)));
    if (self->sound)
      assert_int_equal(segment_len, 16348); /* as Windows makes all of them */
  }
}

static inline void check_values(checker *self, const unsigned char *nk) {
  uint32_t count = rh_load_u32(nk + 36), len, vk_len;
  if (count == 0)
    return;
  const unsigned char *list = check_reach(self, rh_load_u32(nk + 40), &len);
  assert_true(len >= 4 * count);
  for (uint32_t i = 0; i < count; i++) {
    const unsigned char *vk = check_reach(self, rh_load_u32(list + 4 * i), &vk_len);
    assert_memory_equal(vk, "vk", 2);
    uint32_t name_len = rh_load_u16(vk + 2);
    assert_true(vk_len >= 20 + name_len);
    if (self->sound) {
      assert_true(rh_load_u32(nk + 60) >= (rh_load_u16(vk + 16) & 1 ? 2 * name_len : name_len));
      assert_true(rh_load_u32(nk + 64) >= (rh_load_u32(vk + 4) & 0x7FFFFFFFu));
    }
    check_data(self, vk);
  }
}

static inline void check_key(checker *self, uint32_t offset, uint32_t parent);

/* One entry of a leaf: its hint, and that it comes after the one before. */
static inline void check_entry(checker *self, const unsigned char *list, const unsigned char *entry,
                               const unsigned char *nk) {
  rh_buffer name = {0};
  const unsigned char *bytes = nk + 76;
  uint32_t len = rh_load_u16(nk + 72), hash = 0;
  bool latin1 = rh_load_u16(nk + 2) & 0x20;
  for (uint32_t i = 0; i < len; i += latin1 ? 1 : 2)
    hash = hash * 37 + rh_upcase(latin1 ? bytes[i] : rh_load_u16(bytes + i));
  if (list[1] == 'h')
    assert_int_equal(rh_load_u32(entry + 4), hash);
  if (list[1] == 'f' && latin1 && self->sound)
    assert_memory_equal(entry + 4, bytes, len < 4 ? len : 4);
  if (latin1)
    assert_int_equal(rh_utf8_from_latin1(&name, bytes, len, NULL), RH_OK);
  else
    assert_int_equal(rh_utf8_from_utf16(&name, bytes, len, NULL), RH_OK);
  if (self->last_len)
    assert_true(rh_name_compare(self->last, self->last_len, rh_buffer_text(&name), name.len) < 0);
  assert_true(name.len < sizeof self->last);
  memcpy(self->last, rh_buffer_text(&name), name.len);
  self->last_len = name.len;
  rh_buffer_dispose(&name);
}

static inline uint32_t check_list(checker *self, uint32_t offset, uint32_t parent, bool nested) {
  uint32_t len, total = 0;
  const unsigned char *list = check_reach(self, offset, &len);
  uint32_t count = rh_load_u16(list + 2), stride = list[1] == 'i' ? 4 : 8;
  assert_true(list[0] == 'l' || (list[0] == 'r' && list[1] == 'i' && !nested));
  assert_true(list[1] == 'i' || list[1] == 'f' || (list[1] == 'h' && self->minor > 4));
  assert_true(count > 0 && len >= 4 + count * stride);
  for (uint32_t i = 0; i < count; i++) {
    const unsigned char *entry = list + 4 + i * stride;
    if (list[0] == 'r')
      total += check_list(self, rh_load_u32(entry), parent, true);
    else
      check_entry(self, list, entry, self->bins + rh_load_u32(entry) + 4);
  }
  return list[0] == 'r' ? total : count;
}

static inline void check_children(checker *self, uint32_t offset, uint32_t parent) {
  const unsigned char *list = self->bins + offset + 4;
  uint32_t count = rh_load_u16(list + 2), stride = list[1] == 'i' ? 4 : 8;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t item = rh_load_u32(list + 4 + i * stride);
    if (list[0] == 'r')
      check_children(self, item, parent);
    else
      check_key(self, item, parent);
  }
}

static inline void check_key(checker *self, uint32_t offset, uint32_t parent) {
  uint32_t len;
  const unsigned char *nk = check_reach(self, offset, &len);
  assert_memory_equal(nk, "nk", 2);
  assert_true(len >= 76u + rh_load_u16(nk + 72));
  if (parent)
    assert_int_equal(rh_load_u32(nk + 16), parent);
  uint32_t sk = rh_load_u32(nk + 44);
  assert_true(sk % 8 == 0 && sk < self->size);
  assert_memory_equal(self->bins + sk + 4, "sk", 2);
  self->references[sk / 8]++;
  if (rh_load_u16(nk + 74) > 0) {
    check_reach(self, rh_load_u32(nk + 48), &len);
    assert_true(len >= rh_load_u16(nk + 74));
  }
  check_values(self, nk);
  uint32_t count = rh_load_u32(nk + 20);
  if (count == 0)
    return;
  self->last_len = 0;
  assert_int_equal(check_list(self, rh_load_u32(nk + 28), offset, false), count);
  check_children(self, rh_load_u32(nk + 28), offset);
}

/* The ring holds every security cell, with the number of keys that point to it. */
static inline void check_security(checker *self, uint32_t first) {
  uint32_t offset = first, len;
  do {
    const unsigned char *sk = check_reach(self, offset, &len);
    assert_memory_equal(sk, "sk", 2);
    assert_true(len >= 20 + rh_load_u32(sk + 16));
    assert_int_equal(rh_load_u32(sk + 12), self->references[offset / 8]);
    uint32_t next = rh_load_u32(sk + 4);
    assert_int_equal(rh_load_u32(self->bins + next + 4 + 8), offset);
    offset = next;
  } while (offset != first);
}

static inline void check_hive_bytes(const rh_buffer *bytes, bool sound) {
  checker self = {.sound = sound};
  assert_true(bytes->len >= 8192);
  const unsigned char *base = bytes->data;
  self.bins = base + 4096;
  self.size = rh_load_u32(base + 40);
  self.minor = rh_load_u32(base + 24);
  uint32_t sum = 0, root = rh_load_u32(base + 36);
  for (size_t i = 0; i < 508; i += 4)
    sum ^= rh_load_u32(base + i);
  assert_int_equal(rh_load_u32(base + 508), sum);
  assert_int_equal(rh_load_u32(base + 4), rh_load_u32(base + 8));
  assert_int_equal(bytes->len, 4096 + (size_t)self.size);
  self.state = calloc(self.size / 8, 1);
  self.references = calloc(self.size / 8, sizeof *self.references);
  assert_true(self.state && self.references);
  check_bins(&self);
  check_key(&self, root, 0);
  check_security(&self, rh_load_u32(self.bins + root + 4 + 44));
  if (sound)
    assert_int_equal(self.reached, self.in_use);
  free(self.state);
  free(self.references);
}

#endif
