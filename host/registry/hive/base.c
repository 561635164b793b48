/* A base block for a hive that has lost its own: the bins show what it has to say. */
#include "registry/hive/internal.h"

#include <string.h>

bool hive_has_bins(const unsigned char *data, size_t len) {
  if (len < (size_t)2 * HIVE_BASE_LEN)
    return false;
  size_t rest = len - HIVE_BASE_LEN;
  return hive_bin_size(data, rest > HIVE_BINS_MAX ? HIVE_BINS_MAX : (uint32_t)rest, 0) > 0;
}

uint32_t hive_find_root(const rh_hive *hive) {
  for (uint32_t offset = HIVE_BIN_HEADER_LEN; offset < hive->bins_size; offset += 8) {
    const unsigned char *nk = hive_nk(hive, offset);
    if (nk && (rh_load_u16(nk + NK_FLAGS) & NK_FLAG_ROOT))
      return offset;
  }
  return 0;
}

/* Where the last sound bin ends. */
static uint32_t end_of_bins(const unsigned char *data, uint32_t rest) {
  uint32_t end = 0, size;
  for (uint32_t at = 0; at < rest; at += size ? size : HIVE_BASE_LEN) {
    size = hive_bin_size(data, rest, at);
    end = size ? at + size : end;
  }
  return end;
}

/* Lists of kind lf came before lh [regf spec]. */
static uint32_t minor_of(const rh_hive *hive) {
  const unsigned char *root = hive_nk(hive, hive->root);
  uint32_t len;
  const unsigned char *list =
      root ? hive_cell(hive, rh_load_u32(root + NK_SUBKEY_LIST), LIST_ITEMS, &len) : NULL;
  return list && list[0] == 'l' && list[1] == 'f' ? 3 : 5;
}

rh_status hive_make_base(rh_hive *hive, size_t len, rh_error *error) {
  size_t rest = (len - HIVE_BASE_LEN) & ~(size_t)(HIVE_BASE_LEN - 1);
  rh_status status = RH_OK;
  if (!hive->memory.data)
    status = rh_buffer_append(&hive->memory, hive->data, len, error);
  if (status != RH_OK)
    return status;
  rh_platform_unmap(&hive->mapping);
  unsigned char *base = hive->memory.data;
  hive->data = base;
  hive->base_made = true;
  hive->damaged = true;
  hive->bins_size = end_of_bins(base, rest > HIVE_BINS_MAX ? HIVE_BINS_MAX : (uint32_t)rest);
  hive->root = hive_find_root(hive);
  hive->minor = minor_of(hive);
  memset(base, 0, HIVE_BASE_LEN);
  memcpy(base, "regf", 4);
  rh_store_u32(base + BASE_PRIMARY, 1);
  rh_store_u32(base + BASE_SECONDARY, 1);
  rh_store_u64(base + BASE_LAST_WRITTEN, rh_load_u64(base + HIVE_BASE_LEN + 20)); /* first bin's */
  rh_store_u32(base + BASE_MAJOR, 1);
  rh_store_u32(base + BASE_MINOR, hive->minor);
  rh_store_u32(base + BASE_FORMAT, 1);
  rh_store_u32(base + BASE_ROOT, hive->root);
  rh_store_u32(base + BASE_BINS_SIZE, hive->bins_size);
  rh_store_u32(base + BASE_CLUSTERING, 1);
  rh_store_u32(base + BASE_CHECKSUM, hive_checksum(base));
  return RH_OK;
}
