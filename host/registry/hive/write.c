/* Changing keys of a hive: making, deleting, class, security and time.
 *
 * Every function takes the cells it needs before it changes anything that is in use, so that one
 * that fails for want of memory leaves the tree as it was. */
#include "registry/hive/internal.h"

#include "base/text.h"

#include <string.h>

unsigned char *hive_nk_for_change(rh_hive *hive, uint32_t offset, rh_error *error) {
  uint32_t len;
  unsigned char *nk =
      hive_nk(hive, offset) ? hive_cell_for_change(hive, offset, NK_NAME, &len) : NULL;
  if (!nk)
    hive_damaged(hive, offset, error, "its record cannot be changed");
  return nk;
}

rh_status hive_detach(rh_hive *hive, const void **data, size_t len, rh_buffer *keep,
                      rh_error *error) {
  uintptr_t start = (uintptr_t)hive->data, at = (uintptr_t)*data;
  if (len == 0 || at < start || at >= start + HIVE_BASE_LEN + hive->bins_size)
    return RH_OK;
  rh_status status = rh_buffer_append(keep, *data, len, error);
  if (status == RH_OK)
    *data = keep->data;
  return status;
}

rh_status hive_name_encode(hive_name *out, const char *name, size_t len, rh_error *error) {
  rh_status status = rh_utf16_from_utf8(&out->bytes, name, len, error);
  if (status != RH_OK)
    return status;
  unsigned char *bytes = out->bytes.data;
  out->units = (uint32_t)(out->bytes.len / 2);
  out->latin1 = true;
  for (uint32_t i = 0; i < out->units && out->latin1; i++)
    out->latin1 = bytes[2 * (size_t)i + 1] == 0;
  if (!out->latin1)
    return RH_OK;
  for (uint32_t i = 0; i < out->units; i++)
    bytes[i] = bytes[2 * (size_t)i];
  out->bytes.len = out->units;
  return RH_OK;
}

static uint64_t now(const rh_hive *hive) {
  return hive->registry.clock ? hive->registry.clock : rh_platform_filetime();
}

void hive_stamp(rh_hive *hive, unsigned char *nk) {
  rh_store_u64(nk + NK_LAST_WRITE, now(hive));
  hive->changed = true;
  hive->generation++;
}

/* --- making --- */

static rh_status check_depth(rh_hive *hive, uint32_t parent, rh_error *error) {
  int depth = 1;
  for (uint32_t key = parent; key != hive->root; depth++) {
    const unsigned char *nk = hive_nk(hive, key);
    if (!nk)
      return hive_damaged(hive, key, error, "no key record is there");
    if (depth == RH_KEY_DEPTH_MAX)
      return rh_error_set(error, RH_ERR_LIMIT, hive->registry.label,
                          "a key would lie deeper than %d keys", RH_KEY_DEPTH_MAX);
    key = rh_load_u32(nk + NK_PARENT);
  }
  return RH_OK;
}

/* A key without anything in it, in no list yet. */
static rh_status new_nk(rh_hive *hive, uint32_t parent, const hive_name *name, uint32_t *out,
                        rh_error *error) {
  uint32_t len;
  rh_status status = hive_allocate(hive, NK_NAME + (uint32_t)name->bytes.len, out, error);
  if (status != RH_OK)
    return status;
  unsigned char *nk = hive_cell_for_change(hive, *out, NK_NAME, &len);
  memcpy(nk, "nk", 2);
  rh_store_u16(nk + NK_FLAGS, name->latin1 ? NK_FLAG_LATIN1 : 0);
  rh_store_u64(nk + NK_LAST_WRITE, now(hive));
  rh_store_u32(nk + NK_PARENT, parent);
  rh_store_u32(nk + NK_SUBKEY_LIST, HIVE_NONE);
  rh_store_u32(nk + NK_VOLATILE_LIST, HIVE_NONE);
  rh_store_u32(nk + NK_VALUE_LIST, HIVE_NONE);
  rh_store_u32(nk + NK_SECURITY, rh_load_u32(hive_nk(hive, parent) + NK_SECURITY));
  rh_store_u32(nk + NK_CLASS, HIVE_NONE);
  rh_store_u16(nk + NK_NAME_LEN, (uint16_t)name->bytes.len);
  memcpy(nk + NK_NAME, name->bytes.data, name->bytes.len);
  return RH_OK;
}

/* The name lies outside the hive. */
static rh_status add_key(rh_hive *hive, uint32_t parent, const char *name, size_t len,
                         uint32_t *out, rh_error *error) {
  hive_name stored = {0};
  *out = HIVE_NONE;
  rh_status status = hive_name_encode(&stored, name, len, error);
  if (status == RH_OK)
    status = hive_own(hive, error);
  if (status == RH_OK && !hive_nk_for_change(hive, parent, error))
    status = RH_ERR_FORMAT;
  if (status == RH_OK)
    status = new_nk(hive, parent, &stored, out, error);
  if (status == RH_OK)
    status = hive_list_insert(hive, parent, *out, name, len, error);
  if (status == RH_OK) {
    unsigned char *nk = hive_nk_for_change(hive, parent, error);
    if (rh_load_u16(nk + NK_MAX_SUBKEY_NAME) < 2 * stored.units)
      rh_store_u16(nk + NK_MAX_SUBKEY_NAME, (uint16_t)(2 * stored.units));
    hive_security_add_reference(hive, rh_load_u32(nk + NK_SECURITY));
    hive_stamp(hive, nk);
  } else {
    hive_release(hive, *out);
  }
  rh_buffer_dispose(&stored.bytes);
  return status;
}

rh_status hive_create_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                          rh_key *out, rh_error *error) {
  rh_hive *hive = hive_of(registry);
  rh_buffer keep = {0};
  const void *bytes = name;
  uint32_t key;
  rh_status status = hive_find_subkey(hive, (uint32_t)parent, name, len, &key, NULL);
  if (status != RH_OK && status != RH_ERR_NOT_FOUND) /* once more, for its text */
    status = hive_find_subkey(hive, (uint32_t)parent, name, len, &key, error);
  if (status == RH_ERR_NOT_FOUND) {
    status = check_depth(hive, (uint32_t)parent, error);
    if (status == RH_OK)
      status = hive_detach(hive, &bytes, len, &keep, error);
    if (status == RH_OK)
      status = add_key(hive, (uint32_t)parent, bytes, len, &key, error);
  }
  if (status == RH_OK)
    *out = key;
  rh_buffer_dispose(&keep);
  return status;
}

/* --- deleting --- */

static void release_tree(rh_hive *hive, uint32_t key, uint32_t parent, int depth);

static void release_children(rh_hive *hive, uint32_t key, uint32_t list_offset, int depth) {
  hive_list list, leaf;
  if (depth > RH_KEY_DEPTH_MAX || !hive_list_at(hive, list_offset, &list))
    return;
  for (uint32_t i = 0; i < (list.nested ? list.count : 1); i++) {
    leaf = list;
    if (list.nested && !hive_leaf_of(hive, &list, i, &leaf))
      continue;
    for (uint32_t j = 0; j < leaf.count; j++)
      release_tree(hive, hive_list_item(hive, &leaf, j), key, depth + 1);
    if (list.nested)
      hive_release(hive, leaf.offset);
  }
  hive_release(hive, list_offset);
}

static void release_values(rh_hive *hive, uint32_t count, uint32_t list_offset) {
  uint32_t len;
  const unsigned char *list = count ? hive_cell(hive, list_offset, 4, &len) : NULL;
  if (!list)
    return;
  for (uint32_t i = 0; i < count && i < len / 4; i++)
    hive_release_value(hive, rh_load_u32(list + 4 * (size_t)i));
  hive_release(hive, list_offset);
}

/* Frees a key and what is in it. The key itself goes first, so that a damaged list which leads back
 * to it ends there; a listed key that calls another one its parent is left alone. */
static void release_tree(rh_hive *hive, uint32_t key, uint32_t parent, int depth) {
  unsigned char *record = hive_nk_for_change(hive, key, NULL);
  if (!record || rh_load_u32(record + NK_PARENT) != parent)
    return;
  unsigned char nk[NK_NAME];
  memcpy(nk, record, sizeof nk);
  hive_forget_sorted(hive, key);
  hive_release(hive, key);
  hive_security_drop_reference(hive, rh_load_u32(nk + NK_SECURITY));
  if (rh_load_u16(nk + NK_CLASS_LEN))
    hive_release(hive, rh_load_u32(nk + NK_CLASS));
  release_values(hive, rh_load_u32(nk + NK_VALUE_COUNT), rh_load_u32(nk + NK_VALUE_LIST));
  if (rh_load_u32(nk + NK_SUBKEY_COUNT))
    release_children(hive, key, rh_load_u32(nk + NK_SUBKEY_LIST), depth);
}

rh_status hive_delete_key(rh_registry *registry, rh_key key, rh_error *error) {
  rh_hive *hive = hive_of(registry);
  rh_status status = hive_own(hive, error);
  if (status != RH_OK)
    return status;
  hive_index_forget(hive);
  const unsigned char *nk = hive_nk_for_change(hive, (uint32_t)key, error);
  if (!nk)
    return RH_ERR_FORMAT;
  uint32_t parent = rh_load_u32(nk + NK_PARENT);
  unsigned char *parent_nk = hive_nk_for_change(hive, parent, error);
  if (!parent_nk)
    return RH_ERR_FORMAT;
  status = hive_list_remove(hive, parent, (uint32_t)key, error);
  if (status != RH_OK)
    return status;
  hive_stamp(hive, parent_nk);
  release_tree(hive, (uint32_t)key, parent, 1);
  return RH_OK;
}

/* --- class, security, time --- */

/* A cell with the class; *out is HIVE_NONE for none. */
static rh_status new_class(rh_hive *hive, const void *bytes, size_t len, uint32_t *out,
                           rh_error *error) {
  uint32_t cell_len;
  *out = HIVE_NONE;
  if (len == 0)
    return RH_OK;
  rh_status status = hive_allocate(hive, (uint32_t)len, out, error);
  if (status == RH_OK)
    memcpy(hive_cell_for_change(hive, *out, 4, &cell_len), bytes, len);
  return status;
}

static void set_class(rh_hive *hive, uint32_t key, uint32_t fresh, size_t len) {
  unsigned char *nk = hive_nk_for_change(hive, key, NULL);
  uint32_t old = rh_load_u16(nk + NK_CLASS_LEN) ? rh_load_u32(nk + NK_CLASS) : HIVE_NONE;
  uint32_t parent = rh_load_u32(nk + NK_PARENT);
  rh_store_u32(nk + NK_CLASS, fresh);
  rh_store_u16(nk + NK_CLASS_LEN, (uint16_t)len);
  unsigned char *parent_nk = key == hive->root ? NULL : hive_nk_for_change(hive, parent, NULL);
  if (parent_nk)
    hive_raise(parent_nk + NK_MAX_CLASS, (uint32_t)len);
  hive_release(hive, old);
}

static rh_status set_security(rh_hive *hive, uint32_t key, const void *descriptor, size_t len,
                              rh_error *error) {
  uint32_t fresh, old = rh_load_u32(hive_nk(hive, key) + NK_SECURITY);
  uint32_t near = old, cell_len;
  const unsigned char *sk = hive_cell(hive, old, SK_DESCRIPTOR, &cell_len);
  if (!sk || memcmp(sk, "sk", 2) != 0)
    near = rh_load_u32(hive_nk(hive, hive->root) + NK_SECURITY);
  rh_status status = hive_security_share(hive, near, descriptor, len, &fresh, error);
  if (status != RH_OK)
    return status;
  rh_store_u32(hive_nk_for_change(hive, key, error) + NK_SECURITY, fresh);
  hive_security_drop_reference(hive, old);
  return RH_OK;
}

static bool same(const void *a, size_t a_len, const void *b, size_t b_len) {
  return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

rh_status hive_set_details(rh_registry *registry, rh_key key, const rh_key_details *details,
                           rh_error *error) {
  rh_hive *hive = hive_of(registry);
  rh_key_info info = {0};
  rh_buffer keep_class = {0}, keep_security = {0};
  const void *class_name = details->class_name, *security = details->security;
  size_t class_len = class_name ? details->class_len : 0;
  uint32_t class_cell = HIVE_NONE;
  rh_status status = hive_read_key(registry, key, &info, error);
  bool new_class_name = (class_name || details->clear_class) &&
                        !same(info.class_name, info.class_len, class_name, class_len);
  bool new_security =
      security && !same(info.security, info.security_len, security, details->security_len);
  bool new_time = details->last_write && details->last_write != info.last_write;
  if (status != RH_OK || (!new_class_name && !new_security && !new_time))
    goto done;
  status = hive_detach(hive, &class_name, class_len, &keep_class, error);
  if (status == RH_OK)
    status = hive_detach(hive, &security, details->security_len, &keep_security, error);
  if (status == RH_OK)
    status = hive_own(hive, error);
  if (status == RH_OK && (!hive_nk_for_change(hive, (uint32_t)key, error) ||
                          !hive_nk_for_change(hive, hive->root, error)))
    status = RH_ERR_FORMAT;
  if (status == RH_OK && new_class_name)
    status = new_class(hive, class_name, class_len, &class_cell, error);
  if (status == RH_OK && new_security)
    status = set_security(hive, (uint32_t)key, security, details->security_len, error);
  if (status != RH_OK) {
    hive_release(hive, class_cell);
    goto done;
  }
  hive->changed = true;
  if (new_time)
    rh_store_u64(hive_nk_for_change(hive, (uint32_t)key, error) + NK_LAST_WRITE,
                 details->last_write);
  if (new_class_name)
    set_class(hive, (uint32_t)key, class_cell, class_len);
done:
  rh_key_info_dispose(&info);
  rh_buffer_dispose(&keep_class);
  rh_buffer_dispose(&keep_security);
  return status;
}
