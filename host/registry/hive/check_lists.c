/* Checking a list of subkeys: could Windows find each of them? It looks for a name by its place in
 * the order, and by the hash that stands beside it [regf spec: subkeys list, hash leaf]. */
#include "base/table.h"
#include "registry/hive/internal.h"

enum { ORDER, HASH, PARENT, FAULTS };
static const char *const texts[] = {"out of order", "with a wrong hash of the name",
                                    "that name another key as the one above"};
RH_TABLE_FITS(texts, FAULTS - 1);

typedef struct faults {
  uint32_t count[FAULTS], first_key[FAULTS]; /* first_key: its offset */
} faults;

static void add(faults *found, int kind, uint32_t key) {
  if (found->count[kind]++ == 0)
    found->first_key[kind] = key;
}

static void check_leaf(const rh_hive *hive, const hive_list *leaf, uint32_t parent,
                       const unsigned char **last, faults *found) {
  uint32_t len;
  const unsigned char *list = hive_cell(hive, leaf->offset, LIST_ITEMS, &len);
  bool hashed = list && list[1] == 'h';
  for (uint32_t i = 0; i < leaf->count; i++) {
    uint32_t key = hive_list_item(hive, leaf, i);
    const unsigned char *nk = hive_nk(hive, key);
    if (nk && *last && hive_compare_key_names(*last, nk) >= 0)
      add(found, ORDER, key);
    if (nk && hashed &&
        rh_load_u32(hive->data + leaf->items + (size_t)i * leaf->stride + 4) != hive_name_hash(nk))
      add(found, HASH, key);
    if (nk && rh_load_u32(nk + NK_PARENT) != parent)
      add(found, PARENT, key);
    *last = nk ? nk : *last;
  }
}

rh_status hive_check_lists(rh_hive *hive, uint32_t key, const char *path, size_t path_len,
                           rh_anomaly_list *out, rh_error *error) {
  hive_list list, leaf;
  faults found = {0};
  const unsigned char *last = NULL;
  rh_key_info info = {0};
  rh_status status = hive_list_of(hive, key, &list, NULL) == RH_OK ? RH_OK : RH_END;
  if (status == RH_OK && !list.nested)
    check_leaf(hive, &list, key, &last, &found);
  for (uint32_t i = 0; status == RH_OK && list.nested && i < list.count; i++)
    if (hive_leaf_of(hive, &list, i, &leaf))
      check_leaf(hive, &leaf, key, &last, &found);
  status = RH_OK;
  for (int kind = 0; status == RH_OK && kind < FAULTS; kind++) {
    if (found.count[kind] == 0 ||
        hive_read_key(&hive->registry, found.first_key[kind], &info, NULL))
      continue;
    status = hive_note_anomaly(out, RH_ANOMALY_LIST, HIVE_BASE_LEN + (uint64_t)key, path, path_len,
                               error, "its list has %u subkeys %s, \"%.*s\" first",
                               (unsigned)found.count[kind], texts[kind],
                               (int)(info.name_len < 200 ? info.name_len : 200), info.name);
  }
  rh_key_info_dispose(&info);
  return status;
}
