/* Transaction logs: their base block, and the old format, a bitmap of dirty pages and the pages. */
#include "registry/hive/log.h"

#include <string.h>

#define PAGE 512u /* of the dirty vector [regf spec]; whatever the disk's sectors are */

/* File types of logs [regf spec]. */
enum { TYPE_LOG_XP = 1, TYPE_LOG_2000 = 2, TYPE_LOG_NEW = 6 };

bool hive_base_is_valid(const unsigned char *data, size_t len) {
  return len >= BASE_HEADER_LEN && memcmp(data, "regf", 4) == 0 &&
         rh_load_u32(data + BASE_CHECKSUM) == hive_checksum(data);
}

const char *hive_log_classify(hive_log *log) {
  log->kind = HIVE_LOG_NONE;
  if (log->len == 0)
    return "is empty";
  if (!hive_base_is_valid(log->data, log->len))
    return "has a broken base block";
  if (rh_load_u32(log->data + BASE_PRIMARY) != rh_load_u32(log->data + BASE_SECONDARY))
    return "was not written to its end";
  uint32_t type = rh_load_u32(log->data + BASE_TYPE);
  if (type == TYPE_LOG_NEW)
    log->kind = HIVE_LOG_NEW;
  else if (type == TYPE_LOG_XP || type == TYPE_LOG_2000)
    log->kind = HIVE_LOG_OLD;
  else
    return "is of an unknown type";
  return NULL;
}

rh_status hive_target_resize(hive_target *target, uint32_t bins_size, rh_error *error) {
  size_t len = HIVE_BASE_LEN + (size_t)bins_size;
  rh_status status = RH_OK;
  if (len > target->bytes.len)
    status = rh_buffer_append_zero(&target->bytes, len - target->bytes.len, error);
  if (status == RH_OK)
    rh_store_u32(target->bytes.data + BASE_BINS_SIZE, bins_size);
  return status;
}

rh_status hive_target_take_base(hive_target *target, const hive_log *log, rh_error *error) {
  rh_status status = RH_OK;
  if (target->bytes.len < HIVE_BASE_LEN)
    status = rh_buffer_append_zero(&target->bytes, HIVE_BASE_LEN - target->bytes.len, error);
  if (status == RH_OK)
    memcpy(target->bytes.data, log->data, BASE_HEADER_LEN);
  return status;
}

void hive_target_seal(hive_target *target, uint32_t sequence) {
  unsigned char *base = target->bytes.data;
  rh_store_u32(base + BASE_PRIMARY, sequence);
  rh_store_u32(base + BASE_SECONDARY, sequence);
  rh_store_u32(base + BASE_TYPE, 0);
  rh_store_u32(base + BASE_CHECKSUM, hive_checksum(base));
  target->bytes.len = HIVE_BASE_LEN + (size_t)rh_load_u32(base + BASE_BINS_SIZE);
}

static size_t round_up(size_t len) {
  return (len + PAGE - 1) / PAGE * PAGE;
}

static bool is_dirty(const unsigned char *bitmap, uint32_t page) {
  return bitmap[page / 8] >> page % 8 & 1;
}

rh_status hive_log_apply_old(hive_target *target, const hive_log *log, size_t *pages,
                             const char **problem, rh_error *error) {
  uint32_t bins_size = rh_load_u32(log->data + BASE_BINS_SIZE);
  size_t bitmap_at = HIVE_LOG_ENTRIES + 4, bitmap_len = bins_size / PAGE / 8;
  size_t at = round_up(bitmap_at + bitmap_len);
  *pages = 0;
  *problem = NULL;
  if (bins_size < HIVE_BASE_LEN || bins_size % 4096 != 0 || bins_size > HIVE_BINS_MAX ||
      HIVE_BASE_LEN + (size_t)bins_size > target->limit)
    *problem = "tells an impossible size of the hive";
  else if (log->len < bitmap_at + bitmap_len ||
           memcmp(log->data + HIVE_LOG_ENTRIES, "DIRT", 4) != 0)
    *problem = "has no dirty vector";
  if (*problem)
    return RH_OK;
  const unsigned char *bitmap = log->data + bitmap_at;
  for (uint32_t page = 0; page < bins_size / PAGE; page++)
    *pages += is_dirty(bitmap, page);
  if (at > log->len || *pages > (log->len - at) / PAGE) {
    *problem = "is cut off";
    return RH_OK;
  }
  rh_status status = hive_target_resize(target, bins_size, error);
  for (uint32_t page = 0; status == RH_OK && page < bins_size / PAGE; page++) {
    if (!is_dirty(bitmap, page))
      continue;
    memcpy(target->bytes.data + HIVE_BASE_LEN + (size_t)page * PAGE, log->data + at, PAGE);
    at += PAGE;
  }
  return status;
}
