/* Reading keys and values of a hive. Nothing is allocated for a name that is plain ASCII. */
#include "registry/hive/internal.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A stored name as WTF-8, borrowed from the hive where it can be, else in storage. */
static rh_status read_name(const char **out, size_t *out_len, rh_buffer *storage,
                           const unsigned char *name, size_t len, bool latin1, rh_error *error) {
  if (latin1 && hive_is_ascii(name, len)) {
    *out = (const char *)name;
    *out_len = len;
    return RH_OK;
  }
  rh_buffer_clear(storage);
  rh_status status = latin1 ? rh_utf8_from_latin1(storage, name, len, error)
                            : rh_utf8_from_utf16(storage, name, len, error);
  *out = rh_buffer_text(storage);
  *out_len = storage->len;
  return status;
}

static bool nk_is_latin1(const unsigned char *nk) {
  return rh_load_u16(nk + NK_FLAGS) & NK_FLAG_LATIN1;
}

/* Writes the path of key into path so that it ends at start; gives where it begins. A path that is
 * too long or damaged lacks its first keys. */
static size_t path_before(rh_hive *hive, uint32_t key, char *path, size_t start) {
  rh_key_info info = {0};
  for (int depth = 0; depth <= RH_KEY_DEPTH_MAX && key != hive->root; depth++) {
    const unsigned char *nk = hive_nk(hive, key);
    if (!nk || hive_read_key(&hive->registry, key, &info, NULL) != RH_OK ||
        info.name_len + 1 > start)
      break;
    start -= info.name_len;
    memcpy(path + start, info.name, info.name_len);
    path[--start] = '\\';
    key = rh_load_u32(nk + NK_PARENT);
  }
  rh_key_info_dispose(&info);
  return start;
}

void hive_tell_damage(rh_hive *hive, uint32_t key, rh_error *error, const char *format, ...) {
  hive->damage_at = key;
  if (!error)
    return;
  char message[256], path[sizeof error->object];
  size_t start = sizeof path - 1;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  path[start] = '\0';
  start = path_before(hive, key, path, start);
  if (!path[start])
    path[--start] = '\\';
  rh_error_set(error, RH_ERR_FORMAT, hive_nk(hive, key) ? path + start : hive->registry.label,
               "%s: the key at offset 0x%x is damaged: %s", hive->registry.label, (unsigned)key,
               message);
  rh_error_hint(error, "the rest of the hive can be read; take this key from a backup");
}

rh_status hive_root_key(rh_registry *registry, rh_key *out, rh_error *error) {
  (void)error;
  *out = hive_of(registry)->root;
  return RH_OK;
}

static void read_security(const rh_hive *hive, const unsigned char *nk, rh_key_info *out) {
  uint32_t len;
  const unsigned char *sk = hive_cell(hive, rh_load_u32(nk + NK_SECURITY), SK_DESCRIPTOR, &len);
  out->security = NULL;
  out->security_len = 0;
  if (!sk || sk[0] != 's' || sk[1] != 'k')
    return;
  uint32_t descriptor_len = rh_load_u32(sk + SK_LEN);
  if (descriptor_len == 0 || descriptor_len > len - SK_DESCRIPTOR)
    return;
  out->security = sk + SK_DESCRIPTOR;
  out->security_len = descriptor_len;
}

static void read_class(const rh_hive *hive, const unsigned char *nk, rh_key_info *out) {
  uint32_t len, class_len = rh_load_u16(nk + NK_CLASS_LEN);
  const unsigned char *bytes =
      class_len ? hive_cell(hive, rh_load_u32(nk + NK_CLASS), 4, &len) : NULL;
  out->class_name = bytes;
  out->class_len = !bytes ? 0 : class_len < len ? class_len : len;
}

rh_status hive_read_key(rh_registry *registry, rh_key key, rh_key_info *out, rh_error *error) {
  rh_hive *hive = hive_of(registry);
  const unsigned char *nk = hive_nk(hive, (uint32_t)key);
  if (!nk)
    return hive_damaged(hive, (uint32_t)key, error, "no key record is there");
  out->last_write = rh_load_u64(nk + NK_LAST_WRITE);
  out->flags = rh_load_u16(nk + NK_FLAGS);
  out->subkey_count = rh_load_u32(nk + NK_SUBKEY_COUNT);
  out->value_count = rh_load_u32(nk + NK_VALUE_COUNT);
  read_class(hive, nk, out);
  read_security(hive, nk, out);
  if (key == hive->root) {
    out->name = "";
    out->name_len = 0;
    return RH_OK;
  }
  return read_name(&out->name, &out->name_len, &out->storage, nk + NK_NAME,
                   rh_load_u16(nk + NK_NAME_LEN), nk_is_latin1(nk), error);
}

/* --- comparing names --- */

/* Reads a stored name's next unit, -1 at the end. */
static inline int32_t stored_unit(const unsigned char *name, size_t len, bool latin1, size_t *at) {
  if (latin1)
    return *at < len ? name[(*at)++] : -1;
  if (len - *at < 2)
    return -1;
  uint16_t unit = rh_load_u16(name + *at);
  *at += 2;
  return unit;
}

/* -1 is the end of a name and comes before every unit. */
static int compare_units(int32_t a, int32_t b) {
  if (a == b)
    return 0;
  if (a >= 0 && b >= 0) {
    a = rh_upcase((uint16_t)a);
    b = rh_upcase((uint16_t)b);
  }
  return (a > b) - (a < b);
}

static inline unsigned upcase_ascii(unsigned sign) {
  return sign - 'a' < 26 ? sign - 32 : sign;
}

static int compare_stored(const char *name, size_t len, const unsigned char *stored,
                          size_t stored_len, bool latin1) {
  size_t position = 0, at = 0;
  uint16_t pending = 0;
  for (; latin1 && position < len && at < stored_len; position++, at++) { /* mostly to the end */
    unsigned a = (unsigned char)name[position], b = stored[at];
    if ((a | b) >= 0x80)
      break;
    if (a != b && upcase_ascii(a) != upcase_ascii(b))
      return upcase_ascii(a) < upcase_ascii(b) ? -1 : 1;
  }
  for (;;) {
    int32_t a = rh_utf16_next(name, len, &position, &pending);
    int32_t b = stored_unit(stored, stored_len, latin1, &at);
    int order = compare_units(a < 0 ? -1 : a, b);
    if (order || b < 0)
      return order;
  }
}

int hive_compare_key_name(const char *name, size_t len, const unsigned char *nk) {
  return compare_stored(name, len, nk + NK_NAME, rh_load_u16(nk + NK_NAME_LEN), nk_is_latin1(nk));
}

int hive_compare_key_names(const unsigned char *a_nk, const unsigned char *b_nk) {
  size_t a_at = 0, b_at = 0;
  for (;;) {
    int32_t a =
        stored_unit(a_nk + NK_NAME, rh_load_u16(a_nk + NK_NAME_LEN), nk_is_latin1(a_nk), &a_at);
    int32_t b =
        stored_unit(b_nk + NK_NAME, rh_load_u16(b_nk + NK_NAME_LEN), nk_is_latin1(b_nk), &b_at);
    int order = compare_units(a, b);
    if (order || a < 0)
      return order;
  }
}

uint32_t hive_name_hash(const unsigned char *nk) {
  uint32_t hash = 0;
  size_t at = 0;
  for (int32_t unit; (unit = stored_unit(nk + NK_NAME, rh_load_u16(nk + NK_NAME_LEN),
                                         nk_is_latin1(nk), &at)) >= 0;)
    hash = hash * 37 + rh_upcase((uint16_t)unit);
  return hash;
}

/* --- values --- */

/* Data in segments: [regf spec] "Big data". */
static rh_status read_big_data(rh_hive *hive, uint32_t key, const unsigned char *db, uint32_t len,
                               rh_value *out, rh_error *error) {
  uint32_t list_len, segment_len, count = rh_load_u16(db + DB_COUNT);
  const unsigned char *list = hive_cell(hive, rh_load_u32(db + DB_LIST), 4, &list_len);
  if (!list || count > list_len / 4 || len > hive->bins_size)
    return hive_damaged(hive, key, error, "the segment list of a value's data cannot be read");
  rh_buffer_clear(&out->data_storage);
  for (uint32_t i = 0; i < count && len > 0; i++) {
    const unsigned char *segment =
        hive_cell(hive, rh_load_u32(list + 4 * (size_t)i), 4, &segment_len);
    if (!segment)
      return hive_damaged(hive, key, error, "a segment of a value's data cannot be read");
    if (segment_len > HIVE_BIG_DATA)
      segment_len = HIVE_BIG_DATA;
    if (segment_len > len)
      segment_len = len;
    rh_status status = rh_buffer_append(&out->data_storage, segment, segment_len, error);
    if (status != RH_OK)
      return status;
    len -= segment_len;
  }
  if (len > 0)
    return hive_damaged(hive, key, error, "%u bytes of a value's data are missing", (unsigned)len);
  out->data = out->data_storage.data;
  out->len = out->data_storage.len;
  return RH_OK;
}

const unsigned char *hive_big_data(const rh_hive *hive, const unsigned char *vk) {
  uint32_t cell_len, len = rh_load_u32(vk + VK_DATA_LEN);
  if (hive->minor <= 3 || (len & VK_INLINE) || len <= HIVE_BIG_DATA)
    return NULL;
  const unsigned char *db = hive_cell(hive, rh_load_u32(vk + VK_DATA), DB_LEN, &cell_len);
  return db && db[0] == 'd' && db[1] == 'b' ? db : NULL;
}

static rh_status read_data(rh_hive *hive, uint32_t key, const unsigned char *vk, rh_value *out,
                           rh_error *error) {
  uint32_t cell_len, len = rh_load_u32(vk + VK_DATA_LEN);
  if (len & VK_INLINE) {
    len &= ~VK_INLINE;
    out->data = vk + VK_DATA;
    out->len = len < 4 ? len : 4;
    return RH_OK;
  }
  out->data = NULL;
  out->len = 0;
  if (len == 0)
    return RH_OK;
  const unsigned char *data = hive_big_data(hive, vk);
  if (data)
    return read_big_data(hive, key, data, len, out, error);
  data = hive_cell(hive, rh_load_u32(vk + VK_DATA), 4, &cell_len);
  if (!data)
    return hive_damaged(hive, key, error, "the data of a value cannot be read");
  out->data = data;
  out->len = len < cell_len ? len : cell_len; /* the cell's size wins [libregf] */
  return RH_OK;
}

rh_status hive_read_value(rh_hive *hive, uint32_t key, uint32_t offset, rh_value *out,
                          rh_error *error) {
  const unsigned char *vk = hive_vk(hive, offset);
  if (!vk)
    return hive_damaged(hive, key, error, "no value record is at offset 0x%x", (unsigned)offset);
  rh_status status =
      read_name(&out->name, &out->name_len, &out->name_storage, vk + VK_NAME,
                rh_load_u16(vk + VK_NAME_LEN), rh_load_u16(vk + VK_FLAGS) & VK_FLAG_LATIN1, error);
  out->type = rh_load_u32(vk + VK_TYPE);
  return status == RH_OK ? read_data(hive, key, vk, out, error) : status;
}

bool hive_value_has_name(const unsigned char *vk, const char *name, size_t len, size_t units) {
  size_t stored_len = rh_load_u16(vk + VK_NAME_LEN);
  bool latin1 = rh_load_u16(vk + VK_FLAGS) & VK_FLAG_LATIN1;
  return units == (latin1 ? stored_len : stored_len / 2) &&
         compare_stored(name, len, vk + VK_NAME, stored_len, latin1) == 0;
}

/* The place of the value's offset in the list; UINT32_MAX when it has none. */
static uint32_t search_values(const rh_hive *hive, const unsigned char *list, uint32_t count,
                              const char *name, size_t len) {
  size_t units = rh_utf16_count(name, len);
  for (uint32_t i = 0; i < count; i++) {
    const unsigned char *vk = hive_vk(hive, rh_load_u32(list + 4 * (size_t)i));
    if (vk && hive_value_has_name(vk, name, len, units))
      return i;
  }
  return UINT32_MAX;
}

rh_status hive_find_value(rh_hive *hive, uint32_t key, const char *name, size_t len,
                          uint32_t *index, uint32_t *out, rh_error *error) {
  uint32_t count;
  const unsigned char *nk = hive_nk(hive, key);
  if (!nk)
    return hive_damaged(hive, key, error, "no key record is there");
  const unsigned char *list = hive_value_list(hive, nk, &count);
  *index = UINT32_MAX;
  if (list && !hive_index_find(hive, key, list, count, name, len, index))
    *index = search_values(hive, list, count, name, len);
  if (list && *index != UINT32_MAX) {
    *out = rh_load_u32(list + 4 * (size_t)*index);
    return RH_OK;
  }
  if (!error)
    return RH_ERR_NOT_FOUND;
  return rh_error_set(error, RH_ERR_NOT_FOUND, hive->registry.label, "there is no value \"%.*s\"",
                      (int)(len < 200 ? len : 200), name);
}

rh_status hive_find_value_by_name(rh_registry *registry, rh_key key, const char *name, size_t len,
                                  rh_value *out, rh_error *error) {
  uint32_t index, offset;
  rh_status status =
      hive_find_value(hive_of(registry), (uint32_t)key, name, len, &index, &offset, error);
  return status == RH_OK ? hive_read_value(hive_of(registry), (uint32_t)key, offset, out, error)
                         : status;
}
