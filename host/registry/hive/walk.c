/* Walking a hive. Nearly every key and value is plain: sound, with an ASCII name, in one piece.
 * Those are read here without a call; all others, damaged ones included, are left to read.c.
 *
 * Places are kept as offsets and looked at anew after each call of the walker. */
#include "registry/walk.h"
#include "registry/hive/internal.h"

/* The smallest cells that a key and a value can be kept in are of 80 and 24 bytes. */
rh_walk_bounds hive_walk_bounds(rh_registry *registry) {
  uint32_t size = hive_of(registry)->bins_size;
  return (rh_walk_bounds){.keys = size / 80, .values = size / 24, .bytes = size};
}

/* A record that was read before. It may have changed, but what was in the bins stays in them. */
static inline const unsigned char *record_at(const rh_hive *hive, uint32_t offset) {
  return hive->data + HIVE_BASE_LEN + offset + 4;
}

/* --- values --- */

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
  if (len < 4)
    return false;
  out->data = hive_cell(hive, rh_load_u32(vk + VK_DATA), len, &cell_len);
  return out->data != NULL;
}

static __attribute__((noinline)) rh_status tell_overlap(rh_walk *walk, uint32_t values,
                                                        uint64_t bytes_left, rh_error *error) {
  walk->left.values -= values;
  walk->left.bytes = bytes_left;
  rh_error_set(&walk->damage, RH_ERR_FORMAT, walk->visit.registry->label,
               "\"%s\" has more values than the registry can hold: lists of values overlap",
               rh_buffer_text(&walk->path));
  return rh_walk_tell_damage(walk, RH_ERR_FORMAT, error);
}

static __attribute__((noinline)) rh_status read_value(rh_walk *walk, uint32_t key,
                                                      uint32_t offset) {
  return hive_read_value(hive_of(walk->visit.registry), key, offset, &walk->value, &walk->damage);
}

static __attribute__((noinline)) rh_status tell_missing(rh_walk *walk, uint32_t key, uint32_t count,
                                                        uint32_t promised, rh_error *error) {
  rh_status status = hive_damaged(hive_of(walk->visit.registry), key, &walk->damage,
                                  "%u of its %u values are not in its list",
                                  (unsigned)(promised - count), (unsigned)promised);
  return rh_walk_tell_damage(walk, status, error);
}

static rh_status walk_values(rh_walk *walk, uint32_t key, rh_error *error) {
  const rh_hive *hive = hive_of(walk->visit.registry);
  const rh_walker *walker = walk->walker;
  const unsigned char *nk = record_at(hive, key);
  uint32_t promised = rh_load_u32(nk + NK_VALUE_COUNT), count;
  const unsigned char *list = hive_value_list(hive, nk, &count);
  size_t items = list ? (size_t)(list - hive->data) : 0;
  uint64_t bytes_left = walk->left.bytes;
  if (!list)
    count = 0;
  const uint32_t end = count <= walk->left.values ? count : (uint32_t)walk->left.values;
  for (uint32_t i = 0; i < end; i++) {
    uint32_t offset = rh_load_u32(hive->data + items + 4 * (size_t)i);
    rh_status status = RH_OK;
    if (!read_plain_value(hive, offset, &walk->value))
      status = read_value(walk, key, offset);
    if (status == RH_OK && walk->value.len > bytes_left)
      return tell_overlap(walk, i, bytes_left, error);
    if (status == RH_OK) {
      bytes_left -= walk->value.len;
      status = walker->on_value(walker->payload, &walk->visit, &walk->value, error);
    } else {
      status = rh_walk_tell_damage(walk, status, error);
    }
    if (status != RH_OK)
      return status;
  }
  if (end < count)
    return tell_overlap(walk, end, bytes_left, error);
  walk->left.values -= count;
  walk->left.bytes = bytes_left;
  return promised > count ? tell_missing(walk, key, count, promised, error) : RH_OK;
}

/* --- keys --- */

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
  uint32_t security = rh_load_u32(nk + NK_SECURITY);
  /* Mostly that of the key before. */
  if ((uintptr_t)out->security ==
      (uintptr_t)hive->data + HIVE_BASE_LEN + 4 + SK_DESCRIPTOR + security)
    return true;
  const unsigned char *sk = hive_cell(hive, security, SK_DESCRIPTOR, &len);
  if (!sk || rh_load_u16(sk) != ('s' | 'k' << 8))
    return false;
  out->security = sk + SK_DESCRIPTOR;
  out->security_len = rh_load_u32(sk + SK_LEN);
  return out->security_len - 1 < len - SK_DESCRIPTOR;
}

static __attribute__((noinline)) rh_status read_child(rh_walk *walk, uint32_t parent,
                                                      uint32_t child) {
  rh_hive *hive = hive_of(walk->visit.registry);
  if (hive_nk(hive, child))
    return hive_read_key(&hive->registry, child, &walk->info, &walk->damage);
  return hive_damaged(hive, parent, &walk->damage, "its subkey at offset 0x%x cannot be read",
                      (unsigned)child);
}

static rh_status walk_key(rh_walk *walk, uint32_t key, size_t depth, rh_error *error);

/* A child that calls the key that lists it its parent is no other key's child; in a list that names
 * it twice it comes twice in a row. */
static inline rh_status walk_child(rh_walk *walk, uint32_t parent, uint32_t child, uint32_t before,
                                   size_t depth, rh_error *error) {
  rh_hive *hive = hive_of(walk->visit.registry);
  const unsigned char *nk = hive_nk(hive, child);
  size_t path_len = walk->path.len;
  rh_status status = RH_OK;
  bool doubtful = !nk || rh_load_u32(nk + NK_PARENT) != parent || child == before ||
                  child == hive->root || walk->keys >= walk->left.keys;
  if (!nk || child == hive->root || !read_plain_key(hive, nk, &walk->info))
    status = read_child(walk, parent, child);
  if (status == RH_OK)
    status = rh_walk_enter(walk, child, depth, doubtful);
  if (status != RH_OK)
    return rh_walk_tell_damage(walk, status, error);
  status = walk_key(walk, child, depth, error);
  rh_walk_leave(walk, path_len);
  return status;
}

static rh_status tell_damaged_list(rh_walk *walk, uint32_t key, const char *text, rh_error *error) {
  rh_hive *hive = hive_of(walk->visit.registry);
  return rh_walk_tell_damage(walk, hive_damaged(hive, key, &walk->damage, "%s", text), error);
}

/* Lists that keys share would be gone through once for each of them. */
static rh_status enter_list(rh_walk *walk, uint32_t key, hive_list *list, rh_error *error) {
  if (list->count <= walk->entries_left) {
    walk->entries_left -= list->count;
    return RH_OK;
  }
  list->count = 0;
  list->cut = false;
  return tell_damaged_list(walk, key, "the hive cannot hold as many subkeys: lists overlap", error);
}

static rh_status walk_leaf(rh_walk *walk, uint32_t key, hive_list *leaf, size_t depth,
                           rh_error *error) {
  rh_status status = enter_list(walk, key, leaf, error);
  uint32_t before = HIVE_NONE;
  for (uint32_t i = 0; status == RH_OK && i < leaf->count; i++) {
    uint32_t child = hive_list_item(hive_of(walk->visit.registry), leaf, i);
    status = walk_child(walk, key, child, before, depth, error);
    before = child;
  }
  return status == RH_OK && leaf->cut
             ? tell_damaged_list(walk, key, "its list of subkeys is cut off", error)
             : status;
}

static rh_status walk_leaves(rh_walk *walk, uint32_t key, hive_list *list, size_t depth,
                             rh_error *error) {
  rh_status status = enter_list(walk, key, list, error);
  hive_list leaf;
  for (uint32_t i = 0; status == RH_OK && i < list->count; i++) {
    if (hive_leaf_of(hive_of(walk->visit.registry), list, i, &leaf))
      status = walk_leaf(walk, key, &leaf, depth, error);
    else
      status = tell_damaged_list(walk, key, "a part of its list of subkeys cannot be read", error);
  }
  return status == RH_OK && list->cut
             ? tell_damaged_list(walk, key, "its list of lists of subkeys is cut off", error)
             : status;
}

static rh_status walk_subkeys(rh_walk *walk, uint32_t key, size_t depth, rh_error *error) {
  const rh_hive *hive = hive_of(walk->visit.registry);
  hive_list list;
  if (!hive_list_at(hive, rh_load_u32(record_at(hive, key) + NK_SUBKEY_LIST), &list))
    return tell_damaged_list(walk, key, "its list of subkeys cannot be read", error);
  return list.nested ? walk_leaves(walk, key, &list, depth, error)
                     : walk_leaf(walk, key, &list, depth, error);
}

static rh_status walk_key(rh_walk *walk, uint32_t key, size_t depth, rh_error *error) {
  size_t subkeys = walk->info.subkey_count, values = walk->info.value_count;
  rh_status status = rh_walk_visit(walk, key, depth, error);
  if (status == RH_OK && values && walk->walker->on_value)
    status = walk_values(walk, key, error);
  if (status == RH_OK && subkeys)
    status = walk_subkeys(walk, key, depth + 1, error);
  return status;
}

rh_status hive_walk(rh_walk *walk, rh_key key, rh_error *error) {
  walk->left = hive_walk_bounds(walk->visit.registry);
  walk->entries_left = hive_of(walk->visit.registry)->bins_size / 4;
  return walk_key(walk, (uint32_t)key, 0, error);
}
