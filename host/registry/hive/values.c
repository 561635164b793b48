/* Changing values of a hive: setting, deleting, and how their data lie in cells. */
#include "registry/hive/internal.h"

#include <string.h>

/* The two fields of a vk that say where its data are. */
typedef struct data_fields {
  uint32_t len, data;
} data_fields;

static unsigned char *cell(rh_hive *hive, uint32_t offset) {
  uint32_t len;
  return hive_cell_for_change(hive, offset, 4, &len);
}

static bool needs_segments(const rh_hive *hive, size_t len) {
  return hive->minor > 3 && len > HIVE_BIG_DATA;
}

static void release_big_data(rh_hive *hive, uint32_t offset) {
  uint32_t len;
  const unsigned char *db = hive_cell(hive, offset, DB_LEN, &len);
  if (!db)
    return;
  uint32_t count = rh_load_u16(db + DB_COUNT), list_offset = rh_load_u32(db + DB_LIST);
  const unsigned char *list = hive_cell(hive, list_offset, 4, &len);
  for (uint32_t i = 0; list && i < count && i < len / 4; i++)
    hive_release(hive, rh_load_u32(list + 4 * (size_t)i));
  hive_release(hive, list_offset);
  hive_release(hive, offset);
}

static void release_data(rh_hive *hive, const unsigned char *vk) {
  uint32_t len = rh_load_u32(vk + VK_DATA_LEN);
  if (hive_big_data(hive, vk))
    release_big_data(hive, rh_load_u32(vk + VK_DATA));
  else if (len > 0 && !(len & VK_INLINE))
    hive_release(hive, rh_load_u32(vk + VK_DATA));
}

void hive_release_value(rh_hive *hive, uint32_t offset) {
  const unsigned char *vk = hive_vk(hive, offset);
  if (!vk)
    return;
  release_data(hive, vk);
  hive_release(hive, offset);
}

/* Windows makes every segment as large, the last one too, with four bytes behind it that are not
 * used (so in all real hives); libhivex takes four bytes off each, used or not. */
#define SEGMENT_CELL (HIVE_BIG_DATA + 4)

static rh_status store_big_data(rh_hive *hive, const unsigned char *data, uint32_t len,
                                uint32_t *out, rh_error *error) {
  uint32_t count = (len + HIVE_BIG_DATA - 1) / HIVE_BIG_DATA, list = HIVE_NONE;
  *out = HIVE_NONE;
  if (count > 0xFFFF)
    return rh_error_set(error, RH_ERR_LIMIT, hive->registry.label,
                        "a value of %u bytes is too large for a hive", (unsigned)len);
  rh_status status = hive_allocate(hive, DB_LEN, out, error);
  if (status == RH_OK)
    status = hive_allocate(hive, 4 * count, &list, error);
  if (status != RH_OK) {
    hive_release(hive, *out);
    return status;
  }
  memcpy(cell(hive, *out), "db", 2);
  rh_store_u16(cell(hive, *out) + DB_COUNT, (uint16_t)count);
  rh_store_u32(cell(hive, *out) + DB_LIST, list);
  memset(cell(hive, list), 0xFF, 4 * (size_t)count); /* HIVE_NONE, so that it can be released */
  for (uint32_t i = 0; i < count; i++) {
    uint32_t part = len < HIVE_BIG_DATA ? len : HIVE_BIG_DATA, segment;
    status = hive_allocate(hive, SEGMENT_CELL, &segment, error);
    if (status != RH_OK) {
      release_big_data(hive, *out);
      return status;
    }
    memcpy(cell(hive, segment), data, part);
    rh_store_u32(cell(hive, list) + 4 * (size_t)i, segment);
    data += part;
    len -= part;
  }
  return RH_OK;
}

static rh_status store_data(rh_hive *hive, const void *data, size_t data_len, data_fields *out,
                            rh_error *error) {
  uint32_t len = (uint32_t)data_len;
  if (len <= 4) {
    unsigned char bytes[4] = {0};
    if (len > 0)
      memcpy(bytes, data, len);
    *out = (data_fields){len | VK_INLINE, rh_load_u32(bytes)};
    return RH_OK;
  }
  out->len = len;
  if (needs_segments(hive, len))
    return store_big_data(hive, data, len, &out->data, error);
  rh_status status = hive_allocate(hive, len, &out->data, error);
  if (status == RH_OK)
    memcpy(cell(hive, out->data), data, len);
  return status;
}

static void release_stored(rh_hive *hive, const data_fields *fields) {
  unsigned char vk[VK_NAME] = {0};
  rh_store_u32(vk + VK_DATA_LEN, fields->len);
  rh_store_u32(vk + VK_DATA, fields->data);
  release_data(hive, vk);
}

/* Writes over the old data where the new ones need a cell of about the same size. */
static bool replace_in_place(rh_hive *hive, unsigned char *vk, const void *data, size_t len) {
  uint32_t old_len = rh_load_u32(vk + VK_DATA_LEN), capacity;
  if (len <= 4 || needs_segments(hive, len) || old_len == 0 || (old_len & VK_INLINE) ||
      hive_big_data(hive, vk))
    return false;
  unsigned char *old = hive_cell_for_change(hive, rh_load_u32(vk + VK_DATA), 4, &capacity);
  if (!old || capacity < len || capacity > 2 * len + 64)
    return false;
  rh_store_u32(vk + VK_DATA_LEN, (uint32_t)len);
  memcpy(old, data, len);
  memset(old + len, 0, capacity - len);
  return true;
}

static rh_status replace_data(rh_hive *hive, uint32_t key, uint32_t offset, uint32_t type,
                              const void *data, size_t len, rh_error *error) {
  unsigned char *vk = cell(hive, offset);
  data_fields old, fresh;
  if (!vk)
    return hive_damaged(hive, key, error, "a value cannot be changed");
  if (replace_in_place(hive, vk, data, len)) {
    rh_store_u32(vk + VK_TYPE, type);
    return RH_OK;
  }
  rh_status status = store_data(hive, data, len, &fresh, error);
  if (status != RH_OK)
    return status;
  vk = cell(hive, offset);
  old = (data_fields){rh_load_u32(vk + VK_DATA_LEN), rh_load_u32(vk + VK_DATA)};
  rh_store_u32(vk + VK_DATA_LEN, fresh.len);
  rh_store_u32(vk + VK_DATA, fresh.data);
  rh_store_u32(vk + VK_TYPE, type);
  release_stored(hive, &old);
  return RH_OK;
}

static rh_status new_vk(rh_hive *hive, const hive_name *name, uint32_t type,
                        const data_fields *fields, uint32_t *out, rh_error *error) {
  rh_status status = hive_allocate(hive, VK_NAME + (uint32_t)name->bytes.len, out, error);
  if (status != RH_OK)
    return status;
  unsigned char *vk = cell(hive, *out);
  memcpy(vk, "vk", 2);
  rh_store_u16(vk + VK_NAME_LEN, (uint16_t)name->bytes.len);
  rh_store_u32(vk + VK_DATA_LEN, fields->len);
  rh_store_u32(vk + VK_DATA, fields->data);
  rh_store_u32(vk + VK_TYPE, type);
  rh_store_u16(vk + VK_FLAGS, name->latin1 && name->units ? VK_FLAG_LATIN1 : 0);
  if (name->bytes.len)
    memcpy(vk + VK_NAME, name->bytes.data, name->bytes.len);
  return RH_OK;
}

/* Appends a value to the key's list, which is moved to a larger cell where it has to be. */
static rh_status list_value(rh_hive *hive, uint32_t key, uint32_t value, rh_error *error) {
  unsigned char *nk = hive_nk_for_change(hive, key, error);
  uint32_t count = rh_load_u32(nk + NK_VALUE_COUNT), offset = rh_load_u32(nk + NK_VALUE_LIST);
  uint32_t len = 0, old = HIVE_NONE;
  unsigned char *list = count ? hive_cell_for_change(hive, offset, 4, &len) : NULL;
  if (count && (!list || count > len / 4))
    return hive_damaged(hive, key, error, "its list of values cannot be changed");
  if (count == len / 4) {
    old = offset;
    rh_status status = hive_allocate(hive, 4 * (count + count / 2 + 3), &offset, error);
    if (status != RH_OK)
      return status;
    if (count)
      memcpy(cell(hive, offset), cell(hive, old), 4 * (size_t)count);
    else
      old = HIVE_NONE;
  }
  rh_store_u32(cell(hive, offset) + 4 * (size_t)count, value);
  nk = hive_nk_for_change(hive, key, error);
  rh_store_u32(nk + NK_VALUE_LIST, offset);
  rh_store_u32(nk + NK_VALUE_COUNT, count + 1);
  hive_release(hive, old);
  return RH_OK;
}

static rh_status add_value(rh_hive *hive, uint32_t key, const hive_name *name, uint32_t type,
                           const void *data, size_t len, rh_error *error) {
  data_fields fields;
  uint32_t value;
  rh_status status = store_data(hive, data, len, &fields, error);
  if (status != RH_OK)
    return status;
  status = new_vk(hive, name, type, &fields, &value, error);
  if (status != RH_OK) {
    release_stored(hive, &fields);
    return status;
  }
  status = list_value(hive, key, value, error);
  if (status != RH_OK)
    hive_release_value(hive, value);
  return status;
}

rh_status hive_set_value(rh_registry *registry, rh_key key_of, const char *name, size_t name_len,
                         uint32_t type, const void *data, size_t len, rh_error *error) {
  rh_hive *hive = hive_of(registry);
  uint32_t key = (uint32_t)key_of, index, value;
  hive_name stored = {0};
  rh_buffer keep = {0};
  rh_status found = hive_find_value(hive, key, name, name_len, &index, &value, NULL);
  rh_status status = found == RH_ERR_NOT_FOUND ? RH_OK : found;
  if (status != RH_OK) /* once more, for its text */
    status = hive_find_value(hive, key, name, name_len, &index, &value, error);
  if (status == RH_OK)
    status = hive_name_encode(&stored, name, name_len, error);
  if (status == RH_OK)
    status = hive_detach(hive, &data, len, &keep, error);
  if (status == RH_OK)
    status = hive_own(hive, error);
  if (status == RH_OK && !hive_nk_for_change(hive, key, error))
    status = RH_ERR_FORMAT;
  if (status == RH_OK)
    status = found == RH_OK ? replace_data(hive, key, value, type, data, len, error)
                            : add_value(hive, key, &stored, type, data, len, error);
  /* A damaged value may have had the key's own cell for its data. */
  unsigned char *nk = status == RH_OK ? hive_nk_for_change(hive, key, error) : NULL;
  if (nk) {
    hive_raise(nk + NK_MAX_VALUE_NAME, 2 * stored.units);
    hive_raise(nk + NK_MAX_VALUE_DATA, (uint32_t)len);
    hive_stamp(hive, nk);
  } else if (status == RH_OK) {
    status = RH_ERR_FORMAT;
  }
  rh_buffer_dispose(&stored.bytes);
  rh_buffer_dispose_secret(&keep);
  return status;
}

rh_status hive_delete_value(rh_registry *registry, rh_key key_of, const char *name, size_t name_len,
                            rh_error *error) {
  rh_hive *hive = hive_of(registry);
  uint32_t key = (uint32_t)key_of, index, value, len;
  rh_status status = hive_find_value(hive, key, name, name_len, &index, &value, error);
  if (status == RH_OK)
    status = hive_own(hive, error);
  if (status != RH_OK)
    return status;
  unsigned char *nk = hive_nk_for_change(hive, key, error);
  if (!nk)
    return RH_ERR_FORMAT;
  uint32_t offset = rh_load_u32(nk + NK_VALUE_LIST), count = rh_load_u32(nk + NK_VALUE_COUNT);
  unsigned char *list = hive_cell_for_change(hive, offset, 4, &len);
  if (!list || count > len / 4)
    return hive_damaged(hive, key, error, "its list of values cannot be changed");
  hive_index_forget(hive);
  unsigned char *item = list + 4 * (size_t)index;
  memmove(item, item + 4, 4 * (size_t)(count - index - 1));
  rh_store_u32(nk + NK_VALUE_COUNT, count - 1);
  if (count == 1)
    rh_store_u32(nk + NK_VALUE_LIST, HIVE_NONE);
  hive_stamp(hive, nk);
  hive_release_value(hive, value);
  if (count == 1)
    hive_release(hive, offset);
  return RH_OK;
}
