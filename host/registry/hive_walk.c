/* Walking a hive. Nearly every key and value is plain: sound, with an ASCII name, in one piece.
 * Those are read here without a call; all others, damaged ones included, are left to hive_read.c.
 */
#include "registry/hive_internal.h"

/* The smallest cells that a key and a value can be kept in are of 80 and 24 bytes. */
rh_walk_bounds hive_walk_bounds(rh_registry *registry) {
  uint32_t size = hive_of(registry)->bins_size;
  return (rh_walk_bounds){.keys = size / 80, .values = size / 24, .bytes = size};
}

static __attribute__((noinline)) rh_status read_child(rh_cursor *cursor, rh_key child,
                                                      rh_key_info *info, rh_error *error) {
  rh_hive *hive = hive_of(cursor->registry);
  if (hive_nk(hive, (uint32_t)child))
    return hive_read_key(cursor->registry, child, info, error);
  return hive_damaged(hive, (uint32_t)cursor->key, error,
                      "its subkey at offset 0x%x cannot be read", (unsigned)child);
}

/* False leaves some of out unread. */
static inline bool read_plain_key(const rh_hive *hive, const unsigned char *nk, rh_key_info *out) {
  uint32_t name_len = rh_load_u16(nk + NK_NAME_LEN), len = 0;
  out->flags = rh_load_u16(nk + NK_FLAGS);
  if (!(out->flags & NK_FLAG_LATIN1) || !hive_is_ascii(nk + NK_NAME, name_len) ||
      rh_load_u16(nk + NK_CLASS_LEN) != 0)
    return false;
  out->name = (const char *)(nk + NK_NAME);
  out->name_len = name_len;
  out->last_write = rh_load_u64(nk + NK_LAST_WRITE);
  out->subkey_count = rh_load_u32(nk + NK_SUBKEY_COUNT);
  out->value_count = rh_load_u32(nk + NK_VALUE_COUNT);
  out->class_name = NULL;
  out->class_len = 0;
  const unsigned char *sk = hive_cell(hive, rh_load_u32(nk + NK_SECURITY), SK_DESCRIPTOR, &len);
  if (!sk || rh_load_u16(sk) != ('s' | 'k' << 8))
    return false;
  out->security = sk + SK_DESCRIPTOR;
  out->security_len = rh_load_u32(sk + SK_LEN);
  return out->security_len - 1 < len - SK_DESCRIPTOR;
}

/* A child that calls the key that lists it its parent is, when the root is left out, no other key's
 * child. */
static inline rh_status give_child(rh_cursor *cursor, uint32_t child, rh_key *out,
                                   rh_key_info *info, bool *proper, rh_error *error) {
  const rh_hive *hive = hive_of(cursor->registry);
  const unsigned char *nk = hive_nk(hive, child);
  *proper =
      nk && rh_load_u32(nk + NK_PARENT) == cursor->key && child != hive->root && child != *out;
  *out = child;
  if (nk && child != hive->root && read_plain_key(hive, nk, info))
    return RH_OK;
  return read_child(cursor, *out, info, error);
}

static __attribute__((noinline)) rh_status child_of_next_list(rh_cursor *cursor, rh_key *out,
                                                              rh_key_info *info, bool *proper,
                                                              rh_error *error) {
  uint32_t child = HIVE_NONE;
  rh_status status = hive_next_list(cursor, &child, error);
  return status == RH_OK ? give_child(cursor, child, out, info, proper, error) : status;
}

rh_status hive_next_child(rh_cursor *cursor, rh_key *out, rh_key_info *info, bool *proper,
                          rh_error *error) {
  uint32_t child;
  if (!hive_next_entry(cursor, hive_of(cursor->registry), &child))
    return child_of_next_list(cursor, out, info, proper, error);
  return give_child(cursor, child, out, info, proper, error);
}

/* state[0]: the next value's index; [1]: which generation of the hive the rest is of; [2]: where
 * the list begins in the file; [3]: how many values it holds; [4]: how many the key promises. */
static __attribute__((noinline)) rh_status first_value(rh_cursor *cursor, rh_value *out,
                                                       rh_error *error) {
  const rh_hive *hive = hive_of(cursor->registry);
  uint32_t count = 0, promised = 0;
  const unsigned char *nk = hive_nk(hive, (uint32_t)cursor->key), *list = NULL;
  if (nk) {
    promised = rh_load_u32(nk + NK_VALUE_COUNT);
    list = hive_value_list(hive, nk, &count);
  }
  cursor->state[1] = hive->generation;
  cursor->state[2] = list ? (uint64_t)(list - hive->data) : 0;
  cursor->state[3] = list ? count : 0;
  cursor->state[4] = promised;
  return hive_next_value(cursor, out, error);
}

static __attribute__((noinline)) rh_status end_values(rh_cursor *cursor, rh_error *error) {
  uint64_t index = cursor->state[0] - 1, promised = cursor->state[4];
  if (index != cursor->state[3] || promised <= index)
    return RH_END;
  return hive_damaged(hive_of(cursor->registry), (uint32_t)cursor->key, error,
                      "%u of its %u values are not in its list", (unsigned)(promised - index),
                      (unsigned)promised);
}

/* False leaves some of out unread. */
static inline bool read_plain_value(const rh_hive *hive, uint32_t offset, rh_value *out) {
  const unsigned char *vk = hive_vk(hive, offset);
  if (!vk)
    return false;
  uint32_t name_len = rh_load_u16(vk + VK_NAME_LEN), cell_len;
  if (name_len != 0 && (!(vk[VK_FLAGS] & VK_FLAG_LATIN1) || !hive_is_ascii(vk + VK_NAME, name_len)))
    return false;
  out->name = (const char *)(vk + VK_NAME);
  out->name_len = name_len;
  out->type = rh_load_u32(vk + VK_TYPE);
  uint32_t len = rh_load_u32(vk + VK_DATA_LEN);
  if (len > HIVE_BIG_DATA) {
    out->len = len - VK_INLINE;
    out->data = vk + VK_DATA;
    return len - VK_INLINE <= 4;
  }
  out->len = len;
  out->data = hive_cell(hive, rh_load_u32(vk + VK_DATA), 4, &cell_len);
  return out->data && len != 0 && len <= cell_len;
}

static inline uint32_t value_at(const rh_cursor *cursor, uint64_t index) {
  return rh_load_u32(hive_of(cursor->registry)->data + cursor->state[2] + 4 * index);
}

/* The value that was passed last. */
static __attribute__((noinline)) rh_status read_value(const rh_cursor *cursor, rh_value *out,
                                                      rh_error *error) {
  return hive_read_value(hive_of(cursor->registry), (uint32_t)cursor->key,
                         value_at(cursor, cursor->state[0] - 1), out, error);
}

rh_status hive_next_value(rh_cursor *cursor, rh_value *out, rh_error *error) {
  const rh_hive *hive = hive_of(cursor->registry);
  if (cursor->state[1] != hive->generation)
    return first_value(cursor, out, error);
  uint64_t index = cursor->state[0]++;
  if (index >= cursor->state[3])
    return end_values(cursor, error);
  if (read_plain_value(hive, value_at(cursor, index), out))
    return RH_OK;
  return read_value(cursor, out, error);
}
