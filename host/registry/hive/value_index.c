/* Finding one of many values of a key without looking at all of them.
 *
 * A hive's value lists are in no order. An index is made for the key that is looked into again and
 * again, and follows values that are added to it. */
#include "registry/hive/internal.h"

#include "base/text.h"

#define WORTH_IT 64u /* values */

static uint32_t add_unit(uint32_t hash, uint32_t unit) {
  return (hash ^ rh_upcase((uint16_t)unit)) * 0x01000193u;
}

static uint32_t hash_of_name(const char *name, size_t len) {
  uint32_t hash = 0x811C9DC5u;
  size_t position = 0;
  uint16_t pending = 0;
  for (int32_t unit; (unit = rh_utf16_next(name, len, &position, &pending)) >= 0;)
    hash = add_unit(hash, (uint32_t)unit);
  return hash;
}

static uint32_t hash_of_value(const unsigned char *vk) {
  uint32_t hash = 0x811C9DC5u, len = rh_load_u16(vk + VK_NAME_LEN);
  if (rh_load_u16(vk + VK_FLAGS) & VK_FLAG_LATIN1) {
    for (uint32_t i = 0; i < len; i++)
      hash = add_unit(hash, vk[VK_NAME + i]);
  } else {
    for (uint32_t i = 0; i + 1 < len; i += 2)
      hash = add_unit(hash, rh_load_u16(vk + VK_NAME + i));
  }
  return hash;
}

static uint32_t first_slot(const hive_value_index *index, uint32_t hash) {
  return (hash * 0x9E3779B1u) >> 3 & (index->capacity - 1);
}

static void enter(hive_value_index *index, uint32_t hash, uint32_t position) {
  uint32_t slot = first_slot(index, hash);
  while (index->slots[slot])
    slot = (slot + 1) & (index->capacity - 1);
  index->slots[slot] = position + 1;
}

/* An empty table with room for twice as many at least. */
static bool make_room(hive_value_index *index, uint32_t count) {
  uint32_t capacity = 256;
  while (capacity / 4 < count && capacity < 0x10000000u)
    capacity *= 2;
  uint32_t *slots = capacity / 4 < count ? NULL : rh_alloc_zero(capacity, sizeof *slots);
  if (!slots)
    return false;
  rh_free(index->slots);
  index->slots = slots;
  index->capacity = capacity;
  index->count = 0;
  return true;
}

/* Takes in what the list has and the index has not. */
static bool follow(rh_hive *hive, uint32_t key, const unsigned char *list, uint32_t count) {
  hive_value_index *index = &hive->values;
  if (index->key != key || count < index->count || count > index->capacity / 2) {
    index->key = 0;
    if (!make_room(index, count))
      return false;
    index->key = key;
  }
  for (; index->count < count; index->count++) {
    const unsigned char *vk = hive_vk(hive, rh_load_u32(list + 4 * (size_t)index->count));
    if (vk)
      enter(index, hash_of_value(vk), index->count);
  }
  return true;
}

bool hive_index_find(rh_hive *hive, uint32_t key, const unsigned char *list, uint32_t count,
                     const char *name, size_t len, uint32_t *out) {
  hive_value_index *index = &hive->values;
  if (count < WORTH_IT)
    return false;
  bool again = index->before == key || index->key == key;
  index->before = key;
  if (!again || !follow(hive, key, list, count))
    return false;
  size_t units = rh_utf16_count(name, len);
  *out = UINT32_MAX;
  for (uint32_t slot = first_slot(index, hash_of_name(name, len)); index->slots[slot];
       slot = (slot + 1) & (index->capacity - 1)) {
    uint32_t position = index->slots[slot] - 1;
    const unsigned char *vk = hive_vk(hive, rh_load_u32(list + 4 * (size_t)position));
    if (vk && hive_value_has_name(vk, name, len, units)) {
      *out = position;
      break;
    }
  }
  return true;
}

void hive_index_forget(rh_hive *hive) {
  hive->values.key = 0;
  hive->values.before = 0;
}

void hive_index_dispose(hive_value_index *index) {
  rh_free(index->slots);
  *index = (hive_value_index){0};
}
