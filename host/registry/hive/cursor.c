/* Cursors: the subkeys and the values of one key, one by one.
 *
 * What a cursor has looked up is good until the hive changes: its generation tells. */
#include "registry/hive/internal.h"

/* --- subkeys ---
 * state[0]: index of the list in the ri, UINT64_MAX at the end; [1]: index of the next entry;
 * [2]: which generation of the hive the rest is of; [3]: where the entries begin in the file;
 * [4]: how many there are; [5]: bytes of one, and LAST_LIST when no list comes after. */
#define LAST_LIST ((uint64_t)1 << 32)

/* False at the end of the list that was looked up, or when the hive has changed since. */
static bool next_entry(rh_cursor *cursor, const rh_hive *hive, uint32_t *out) {
  if (cursor->state[2] != hive->generation || cursor->state[1] >= cursor->state[4])
    return false;
  *out =
      rh_load_u32(hive->data + cursor->state[3] + cursor->state[1]++ * (uint32_t)cursor->state[5]);
  return true;
}

/* The entry after that: looks up the list that it is in. RH_END behind the last one. */
static rh_status next_list(rh_cursor *cursor, uint32_t *child, rh_error *error) {
  rh_hive *hive = hive_of(cursor->registry);
  uint32_t key = (uint32_t)cursor->key;
  hive_list list, leaf;
  if (cursor->state[0] == UINT64_MAX ||
      (cursor->state[2] == hive->generation && cursor->state[5] & LAST_LIST)) {
    cursor->state[0] = UINT64_MAX;
    return RH_END;
  }
  rh_status status = hive_list_of(hive, key, &list, error);
  if (status == RH_END)
    return RH_END;
  if (status != RH_OK) {
    cursor->state[0] = UINT64_MAX;
    return status;
  }
  for (;;) {
    if (cursor->state[0] >= (list.nested ? list.count : 1))
      break;
    leaf = list;
    if (list.nested && !hive_leaf_of(hive, &list, (uint32_t)cursor->state[0], &leaf)) {
      cursor->state[0]++;
      return hive_damaged(hive, key, error, "a part of its list of subkeys cannot be read");
    }
    cursor->state[2] = hive->generation;
    cursor->state[3] = leaf.items;
    cursor->state[4] = leaf.count;
    cursor->state[5] = leaf.stride | (list.nested || list.cut ? 0 : LAST_LIST);
    if (next_entry(cursor, hive, child))
      return RH_OK;
    cursor->state[0]++;
    cursor->state[1] = cursor->state[4] = 0;
    if (leaf.cut)
      return hive_damaged(hive, key, error, "its list of subkeys is cut off");
  }
  cursor->state[0] = UINT64_MAX;
  return list.nested && list.cut
             ? hive_damaged(hive, key, error, "its list of lists of subkeys is cut off")
             : RH_END;
}

rh_status hive_next_key(rh_cursor *cursor, rh_key *out, rh_error *error) {
  rh_hive *hive = hive_of(cursor->registry);
  uint32_t child = HIVE_NONE;
  rh_status status = next_entry(cursor, hive, &child) ? RH_OK : next_list(cursor, &child, error);
  if (status != RH_OK)
    return status;
  if (!hive_nk(hive, child))
    return hive_damaged(hive, (uint32_t)cursor->key, error,
                        "its subkey at offset 0x%x cannot be read", (unsigned)child);
  *out = child;
  return RH_OK;
}

/* --- values ---
 * state[0]: the next value's index; [1]: which generation of the hive the rest is of; [2]: where
 * the list begins in the file; [3]: how many values it holds; [4]: how many the key promises. */

static void look_up_values(rh_cursor *cursor, const rh_hive *hive) {
  uint32_t count = 0;
  const unsigned char *nk = hive_nk(hive, (uint32_t)cursor->key);
  const unsigned char *list = nk ? hive_value_list(hive, nk, &count) : NULL;
  cursor->state[1] = hive->generation;
  cursor->state[2] = list ? (uint64_t)(list - hive->data) : 0;
  cursor->state[3] = list ? count : 0;
  cursor->state[4] = nk ? rh_load_u32(nk + NK_VALUE_COUNT) : 0;
}

rh_status hive_next_value(rh_cursor *cursor, rh_value *out, rh_error *error) {
  rh_hive *hive = hive_of(cursor->registry);
  if (cursor->state[1] != hive->generation)
    look_up_values(cursor, hive);
  uint64_t index = cursor->state[0]++, promised = cursor->state[4];
  if (index < cursor->state[3])
    return hive_read_value(hive, (uint32_t)cursor->key,
                           rh_load_u32(hive->data + cursor->state[2] + 4 * index), out, error);
  if (index != cursor->state[3] || promised <= index)
    return RH_END;
  return hive_damaged(hive, (uint32_t)cursor->key, error, "%u of its %u values are not in its list",
                      (unsigned)(promised - index), (unsigned)promised);
}
