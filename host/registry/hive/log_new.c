/* Transaction logs of the new format (Windows 8.1 and later): a row of entries that are guarded by
 * hashes, each with pages for the bins. [regf spec]: "Log entries" */
#include "registry/hive/log.h"

#include <string.h>

/* Fields of an entry [regf spec]. */
enum {
  ENTRY_LEN = 4,
  ENTRY_FLAGS = 8,
  ENTRY_SEQUENCE = 12,
  ENTRY_BINS_SIZE = 16,
  ENTRY_PAGE_COUNT = 20,
  ENTRY_HASH_1 = 24,
  ENTRY_HASH_2 = 32,
  ENTRY_PAGES = 40,
  PAGE_LEN = 8 /* of a reference: offset in the bins, length */
};
#define BASE_FLAGS 144
#define ENTRY_ALIGNMENT 512

/* Every page lies in the bins and in the entry. */
static bool pages_fit(const unsigned char *bytes, const hive_log_entry *entry) {
  if (entry->page_count > (entry->len - ENTRY_PAGES) / PAGE_LEN)
    return false;
  uint32_t left = entry->len - ENTRY_PAGES - entry->page_count * PAGE_LEN;
  for (uint32_t i = 0; i < entry->page_count; i++) {
    uint32_t offset = rh_load_u32(bytes + ENTRY_PAGES + (size_t)i * PAGE_LEN);
    uint32_t len = rh_load_u32(bytes + ENTRY_PAGES + (size_t)i * PAGE_LEN + 4);
    if (len > left || offset > entry->bins_size || len > entry->bins_size - offset)
      return false;
    left -= len;
  }
  return true;
}

bool hive_log_entry_at(const hive_log *log, size_t offset, size_t limit, hive_log_entry *out) {
  rh_reader reader = rh_reader_of(log->data, log->len);
  if (!rh_reader_has(&reader, offset, ENTRY_PAGES))
    return false;
  const unsigned char *bytes = log->data + offset;
  if (memcmp(bytes, "HvLE", 4) != 0)
    return false;
  *out = (hive_log_entry){.offset = offset,
                          .len = rh_load_u32(bytes + ENTRY_LEN),
                          .flags = rh_load_u32(bytes + ENTRY_FLAGS),
                          .sequence = rh_load_u32(bytes + ENTRY_SEQUENCE),
                          .bins_size = rh_load_u32(bytes + ENTRY_BINS_SIZE),
                          .page_count = rh_load_u32(bytes + ENTRY_PAGE_COUNT)};
  return out->len >= ENTRY_PAGES && out->len % ENTRY_ALIGNMENT == 0 &&
         rh_reader_has(&reader, offset, out->len) && out->bins_size >= HIVE_BASE_LEN &&
         out->bins_size % 4096 == 0 && out->bins_size <= HIVE_BINS_MAX &&
         HIVE_BASE_LEN + (size_t)out->bins_size <= limit &&
         hive_marvin32(bytes, ENTRY_HASH_2) == rh_load_u64(bytes + ENTRY_HASH_2) &&
         hive_marvin32(bytes + ENTRY_PAGES, out->len - ENTRY_PAGES) ==
             rh_load_u64(bytes + ENTRY_HASH_1) &&
         pages_fit(bytes, out);
}

rh_status hive_log_apply_entry(hive_target *target, const hive_log *log,
                               const hive_log_entry *entry, rh_error *error) {
  const unsigned char *bytes = log->data + entry->offset;
  const unsigned char *page = bytes + ENTRY_PAGES + (size_t)entry->page_count * PAGE_LEN;
  rh_status status = hive_target_resize(target, entry->bins_size, error);
  if (status != RH_OK)
    return status;
  unsigned char *base = target->bytes.data;
  rh_store_u32(base + BASE_FLAGS, (rh_load_u32(base + BASE_FLAGS) & ~1u) | (entry->flags & 1u));
  for (uint32_t i = 0; i < entry->page_count; i++) {
    uint32_t offset = rh_load_u32(bytes + ENTRY_PAGES + (size_t)i * PAGE_LEN);
    uint32_t len = rh_load_u32(bytes + ENTRY_PAGES + (size_t)i * PAGE_LEN + 4);
    memcpy(base + HIVE_BASE_LEN + offset, page, len);
    page += len;
  }
  return RH_OK;
}
