/* The lists of subkeys: li, lf, lh, and ri over them: read and searched.
 *
 * A list is sorted by upper-case name [regf spec]. Windows' upper-case table differs by release
 * from ours in rare letters, and hives get damaged, so a name that binary search misses counts as
 * absent only in a list that was seen to be in order. */
#include "registry/hive/internal.h"

bool hive_list_at(const rh_hive *hive, uint32_t offset, hive_list *out) {
  uint32_t len;
  const unsigned char *list = hive_cell(hive, offset, LIST_ITEMS, &len);
  if (!list)
    return false;
  out->offset = offset;
  out->nested = list[0] == 'r' && list[1] == 'i';
  if (list[0] == 'l' && (list[1] == 'f' || list[1] == 'h'))
    out->stride = 8;
  else if (out->nested || (list[0] == 'l' && list[1] == 'i'))
    out->stride = 4;
  else
    return false;
  out->capacity = (len - LIST_ITEMS) / out->stride;
  out->count = rh_load_u16(list + LIST_COUNT);
  out->cut = out->count > out->capacity;
  if (out->cut)
    out->count = out->capacity;
  out->items = (uint32_t)HIVE_BASE_LEN + offset + 4 + LIST_ITEMS;
  return true;
}

rh_status hive_list_of(rh_hive *hive, uint32_t key, hive_list *out, rh_error *error) {
  const unsigned char *nk = hive_nk(hive, key);
  if (!nk)
    return hive_damaged(hive, key, error, "no key record is there");
  if (rh_load_u32(nk + NK_SUBKEY_COUNT) == 0)
    return RH_END;
  if (!hive_list_at(hive, rh_load_u32(nk + NK_SUBKEY_LIST), out))
    return hive_damaged(hive, key, error, "its list of subkeys cannot be read");
  return RH_OK;
}

bool hive_leaf_of(const rh_hive *hive, const hive_list *list, uint32_t index, hive_list *out) {
  return hive_list_at(hive, hive_list_item(hive, list, index), out) && !out->nested;
}

/* --- searching --- */

/* The first entry that is not below name. True when it is equal. */
static bool search_leaf(const rh_hive *hive, const hive_list *leaf, const char *name, size_t len,
                        hive_position *at, uint32_t *found) {
  uint32_t low = 0, high = leaf->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    *found = hive_list_item(hive, leaf, middle);
    const unsigned char *nk = hive_nk(hive, *found);
    if (!nk) {
      at->broken = true;
      break;
    }
    int order = hive_compare_key_name(name, len, nk);
    if (order == 0) {
      at->index = middle;
      return true;
    }
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  at->index = low;
  return false;
}

/* The leaf that holds name, or is to hold it: the last one whose first entry is not above. */
static bool search_ri(const rh_hive *hive, const hive_list *ri, const char *name, size_t len,
                      hive_position *at, hive_list *leaf) {
  uint32_t low = 0, high = ri->count;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    const unsigned char *nk = NULL;
    if (hive_leaf_of(hive, ri, middle, leaf) && leaf->count > 0)
      nk = hive_nk(hive, hive_list_item(hive, leaf, 0));
    if (!nk) {
      at->broken = true;
      break;
    }
    if (hive_compare_key_name(name, len, nk) >= 0)
      low = middle;
    else
      high = middle;
  }
  at->leaf = low;
  return ri->count > 0 && hive_leaf_of(hive, ri, low, leaf);
}

bool hive_list_search(const rh_hive *hive, const hive_list *list, const char *name, size_t len,
                      hive_position *at, hive_list *leaf, uint32_t *found) {
  *at = (hive_position){0};
  *leaf = *list;
  if (list->nested && !search_ri(hive, list, name, len, at, leaf)) {
    at->broken = true;
    return false;
  }
  return search_leaf(hive, leaf, name, len, at, found);
}

static uint32_t *sorted_slot(rh_hive *hive, uint32_t key) {
  return &hive->sorted[(key / 8 * 0x9E3779B1u) >> 26];
}

void hive_forget_sorted(rh_hive *hive, uint32_t key) {
  uint32_t *slot = sorted_slot(hive, key);
  if (*slot == key)
    *slot = 0;
}

/* Looks at every entry: finds the name wherever it is, and learns whether the list is in order. */
static rh_status search_all(rh_hive *hive, uint32_t parent, const char *name, size_t len,
                            uint32_t *out) {
  rh_cursor cursor = {.registry = &hive->registry, .key = parent};
  const unsigned char *last = NULL;
  bool in_order = true;
  rh_key child = RH_KEY_NONE;
  for (rh_status status; (status = hive_next_key(&cursor, &child, NULL)) != RH_END;) {
    const unsigned char *nk = status == RH_OK ? hive_nk(hive, (uint32_t)child) : NULL;
    if (nk && hive_compare_key_name(name, len, nk) == 0) {
      *out = (uint32_t)child;
      return RH_OK;
    }
    in_order = in_order && nk && (!last || hive_compare_key_names(last, nk) < 0);
    last = nk;
  }
  if (in_order)
    *sorted_slot(hive, parent) = parent;
  return RH_END;
}

rh_status hive_find_subkey(rh_hive *hive, uint32_t parent, const char *name, size_t len,
                           uint32_t *out, rh_error *error) {
  hive_list list, leaf;
  hive_position at;
  rh_status status = hive_list_of(hive, parent, &list, error);
  if (status == RH_OK && !hive_list_search(hive, &list, name, len, &at, &leaf, out)) {
    status = RH_END;
    if (*sorted_slot(hive, parent) != parent)
      status = search_all(hive, parent, name, len, out);
  }
  if (status != RH_END)
    return status;
  return rh_error_set(error, RH_ERR_NOT_FOUND, hive->registry.label, "there is no key \"%.*s\"",
                      (int)(len < 200 ? len : 200), name);
}

rh_status hive_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                        rh_key *out, rh_error *error) {
  uint32_t found;
  rh_status status =
      hive_find_subkey(hive_of(registry), (uint32_t)parent, name, len, &found, error);
  if (status == RH_OK)
    *out = found;
  return status;
}
