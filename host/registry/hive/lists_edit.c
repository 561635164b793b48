/* Entering keys in the lists of subkeys and removing them; see lists.c for the lists. */
#include "registry/hive/internal.h"

#include "base/text.h"

#include <string.h>

#define LEAF_MAX 1000u /* entries; a longer list is split in two under an ri */
#define RI_MAX 0xFFFFu

static rh_status damaged_list(rh_hive *hive, uint32_t parent, rh_error *error) {
  return hive_damaged(hive, parent, error, "its list of subkeys cannot be changed");
}

/* The cell of a list that was just read, for changing. */
static unsigned char *list_cell(rh_hive *hive, uint32_t offset) {
  uint32_t len;
  return hive_cell_for_change(hive, offset, LIST_ITEMS, &len);
}

static void store_count(unsigned char *list, uint32_t count) {
  rh_store_u16(list + LIST_COUNT, (uint16_t)count);
}

/* A new list of the same kind with the entries from first on. */
static rh_status copy_list(rh_hive *hive, const hive_list *from, uint32_t first, uint32_t capacity,
                           uint32_t *out, rh_error *error) {
  rh_status status = hive_allocate(hive, LIST_ITEMS + capacity * from->stride, out, error);
  if (status != RH_OK)
    return status;
  uint32_t len;
  const unsigned char *old = hive_cell(hive, from->offset, LIST_ITEMS, &len);
  unsigned char *list = list_cell(hive, *out);
  memcpy(list, old, LIST_COUNT);
  store_count(list, from->count - first);
  memcpy(list + LIST_ITEMS, old + LIST_ITEMS + (size_t)first * from->stride,
         (size_t)(from->count - first) * from->stride);
  return RH_OK;
}

/* Replaces a full list by a larger one, to which holder points from now on. */
static rh_status enlarge(rh_hive *hive, const hive_list *list, uint32_t holder, uint32_t field,
                         rh_error *error) {
  uint32_t larger, len;
  rh_status status = copy_list(hive, list, 0, list->count + list->count / 2 + 4, &larger, error);
  if (status != RH_OK)
    return status;
  rh_store_u32(hive_cell_for_change(hive, holder, field + 4, &len) + field, larger);
  hive_release(hive, list->offset);
  return RH_OK;
}

static void insert_item(unsigned char *list, uint32_t count, uint32_t stride, uint32_t index,
                        uint32_t offset) {
  unsigned char *item = list + LIST_ITEMS + (size_t)index * stride;
  memmove(item + stride, item, (size_t)(count - index) * stride);
  rh_store_u32(item, offset);
  store_count(list, count + 1);
}

static void remove_item(unsigned char *list, const hive_list *from, uint32_t index) {
  unsigned char *item = list + LIST_ITEMS + (size_t)index * from->stride;
  memmove(item, item + from->stride, (size_t)(from->count - index - 1) * from->stride);
  store_count(list, from->count - 1);
}

/* Moves the upper half of a full leaf into a new one behind it. The ri has room for it. */
static rh_status split(rh_hive *hive, uint32_t parent, const hive_list *ri, const hive_list *leaf,
                       uint32_t leaf_index, rh_error *error) {
  uint32_t half = leaf->count / 2, right, top = ri->offset, len;
  rh_status status = copy_list(hive, leaf, half, leaf->count, &right, error);
  if (status != RH_OK)
    return status;
  if (!ri->nested) {
    status = hive_allocate(hive, LIST_ITEMS + 8 * 4, &top, error);
    if (status != RH_OK) {
      hive_release(hive, right);
      return status;
    }
    unsigned char *list = list_cell(hive, top);
    memcpy(list, "ri", 2);
    insert_item(list, 0, 4, 0, leaf->offset);
    rh_store_u32(hive_cell_for_change(hive, parent, NK_NAME, &len) + NK_SUBKEY_LIST, top);
  }
  store_count(list_cell(hive, leaf->offset), half);
  unsigned char *list = list_cell(hive, top);
  insert_item(list, rh_load_u16(list + LIST_COUNT), 4, leaf_index + 1, right);
  return RH_OK;
}

/* One step towards room for one more entry in the leaf: RH_END when there is some. */
static rh_status make_room(rh_hive *hive, uint32_t parent, const hive_list *list,
                           const hive_list *leaf, const hive_position *at, rh_error *error) {
  if (leaf->count < leaf->capacity && leaf->count < LEAF_MAX)
    return RH_END;
  if (leaf->count < LEAF_MAX) {
    if (!list->nested)
      return enlarge(hive, leaf, parent, NK_SUBKEY_LIST, error);
    return enlarge(hive, leaf, list->offset, LIST_ITEMS + 4 * at->leaf, error);
  }
  if (list->nested && list->count == RI_MAX)
    return rh_error_set(error, RH_ERR_LIMIT, hive->registry.label, "a key has too many subkeys");
  if (list->nested && list->count == list->capacity)
    return enlarge(hive, list, parent, NK_SUBKEY_LIST, error);
  return split(hive, parent, list, leaf, at->leaf, error);
}

/* What an entry holds beside the offset [regf spec]: lh a hash of the name, lf its first four
 * characters where they are single bytes. */
static void store_hint(unsigned char *hint, bool hash, const char *name, size_t len) {
  size_t position = 0;
  uint16_t pending = 0;
  uint32_t value = 0;
  unsigned char first[4] = {0};
  int32_t unit;
  for (size_t i = 0; (unit = rh_utf16_next(name, len, &position, &pending)) >= 0; i++) {
    value = value * 37 + rh_upcase((uint16_t)unit);
    if (i < 4)
      first[i] = (unsigned char)unit;
    if (i < 4 && unit > 0xFF) {
      memset(first, 0, sizeof first);
      if (!hash)
        break;
    }
  }
  if (hash)
    rh_store_u32(hint, value);
  else
    memcpy(hint, first, sizeof first);
}

static void count_child(rh_hive *hive, uint32_t parent, int difference) {
  uint32_t len;
  unsigned char *nk = hive_cell_for_change(hive, parent, NK_NAME, &len);
  uint32_t count = rh_load_u32(nk + NK_SUBKEY_COUNT);
  if (difference > 0)
    rh_store_u32(nk + NK_SUBKEY_COUNT, count + 1);
  else if (count > 0)
    rh_store_u32(nk + NK_SUBKEY_COUNT, count - 1);
}

static rh_status first_child(rh_hive *hive, uint32_t parent, uint32_t child, const char *name,
                             size_t len, rh_error *error) {
  uint32_t offset, nk_len;
  bool hash = hive->minor > 4;
  rh_status status = hive_allocate(hive, LIST_ITEMS + 4 * 8, &offset, error);
  if (status != RH_OK)
    return status;
  unsigned char *list = list_cell(hive, offset);
  memcpy(list, hash ? "lh" : "lf", 2);
  insert_item(list, 0, 8, 0, child);
  store_hint(list + LIST_ITEMS + 4, hash, name, len);
  rh_store_u32(hive_cell_for_change(hive, parent, NK_NAME, &nk_len) + NK_SUBKEY_LIST, offset);
  count_child(hive, parent, 1);
  return RH_OK;
}

rh_status hive_list_insert(rh_hive *hive, uint32_t parent, uint32_t child, const char *name,
                           size_t len, rh_error *error) {
  hive_list list, leaf;
  hive_position at;
  uint32_t found;
  rh_status status;
  do {
    status = hive_list_of(hive, parent, &list, error);
    if (status == RH_END)
      return first_child(hive, parent, child, name, len, error);
    if (status != RH_OK)
      return status;
    if (hive_list_search(hive, &list, name, len, &at, &leaf, &found) || at.broken || list.cut ||
        leaf.cut || !list_cell(hive, list.offset) || !list_cell(hive, leaf.offset))
      return damaged_list(hive, parent, error);
    status = make_room(hive, parent, &list, &leaf, &at, error);
  } while (status == RH_OK);
  if (status != RH_END)
    return status;
  unsigned char *cell = list_cell(hive, leaf.offset);
  insert_item(cell, leaf.count, leaf.stride, at.index, child);
  if (leaf.stride == 8)
    store_hint(cell + LIST_ITEMS + (size_t)at.index * 8 + 4, cell[1] == 'h', name, len);
  count_child(hive, parent, 1);
  return RH_OK;
}

/* Takes an empty list out of what points to it. */
static void drop_list(rh_hive *hive, uint32_t parent, const hive_list *list, uint32_t leaf_index) {
  uint32_t len;
  if (list->nested) {
    remove_item(list_cell(hive, list->offset), list, leaf_index);
    if (list->count > 1)
      return;
    hive_release(hive, list->offset);
  }
  rh_store_u32(hive_cell_for_change(hive, parent, NK_NAME, &len) + NK_SUBKEY_LIST, HIVE_NONE);
}

rh_status hive_list_remove(rh_hive *hive, uint32_t parent, uint32_t child, rh_error *error) {
  hive_list list, leaf;
  rh_status status = hive_list_of(hive, parent, &list, error);
  if (status == RH_END)
    return damaged_list(hive, parent, error);
  if (status != RH_OK)
    return status;
  for (uint32_t i = 0; i < (list.nested ? list.count : 1); i++) {
    leaf = list;
    if (list.nested && !hive_leaf_of(hive, &list, i, &leaf))
      continue;
    for (uint32_t j = 0; j < leaf.count; j++) {
      if (hive_list_item(hive, &leaf, j) != child)
        continue;
      if (!list_cell(hive, list.offset) || !list_cell(hive, leaf.offset))
        return damaged_list(hive, parent, error);
      remove_item(list_cell(hive, leaf.offset), &leaf, j);
      if (leaf.count == 1) {
        hive_release(hive, leaf.offset);
        drop_list(hive, parent, &list, i);
      }
      count_child(hive, parent, -1);
      return RH_OK;
    }
  }
  return damaged_list(hive, parent, error);
}
