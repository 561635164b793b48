/* Shared by the files of the hive engine: the hive in memory, its cells, records and lists.
 *
 * Offsets are those of the file format: relative to the bins, which begin at byte 4096. A key of
 * the registry interface is the offset of its nk cell; no cell lies at 0, where the first bin's
 * header is. Pointers into the hive are valid until the next allocation in it.
 *
 * Format: [regf spec] = msuhanov/regf, "Windows registry file format specification"; [libregf] =
 * libyal/libregf, "Windows NT Registry File (REGF) format". */
#ifndef RH_REGISTRY_HIVE_INTERNAL_H
#define RH_REGISTRY_HIVE_INTERNAL_H

#include "base/platform.h"
#include "base/reader.h"
#include "registry/hive/hive.h"

#define HIVE_BASE_LEN 4096u
#define HIVE_BIN_HEADER_LEN 32u
#define HIVE_NONE 0xFFFFFFFFu
#define HIVE_BINS_MAX 0x7FFFF000u /* offsets keep bit 31 free [regf spec: volatile storage] */
#define HIVE_BIG_DATA 16344u      /* bytes of one db segment, and the most that needs none */
#define HIVE_SORTED_SLOTS 64u

/* Base block fields [regf spec]. */
enum {
  BASE_PRIMARY = 4,
  BASE_SECONDARY = 8,
  BASE_LAST_WRITTEN = 12,
  BASE_MAJOR = 20,
  BASE_MINOR = 24,
  BASE_TYPE = 28,
  BASE_FORMAT = 32,
  BASE_ROOT = 36,
  BASE_BINS_SIZE = 40,
  BASE_CLUSTERING = 44,
  BASE_FILE_NAME = 48,
  BASE_FILE_NAME_LEN = 64,
  BASE_CHECKSUM = 508,
  BASE_HEADER_LEN = 512
};

/* Record fields, from the signature on [regf spec]. */
enum {
  NK_FLAGS = 2,
  NK_LAST_WRITE = 4,
  NK_PARENT = 16,
  NK_SUBKEY_COUNT = 20,
  NK_SUBKEY_LIST = 28,
  NK_VOLATILE_LIST = 32,
  NK_VALUE_COUNT = 36,
  NK_VALUE_LIST = 40,
  NK_SECURITY = 44,
  NK_CLASS = 48,
  NK_MAX_SUBKEY_NAME = 52, /* 16 bits; the rest are flags since Vista */
  NK_MAX_CLASS = 56,
  NK_MAX_VALUE_NAME = 60,
  NK_MAX_VALUE_DATA = 64,
  NK_NAME_LEN = 72,
  NK_CLASS_LEN = 74,
  NK_NAME = 76,
  NK_FLAG_ROOT = 0x04,
  NK_FLAG_LATIN1 = 0x20,

  VK_NAME_LEN = 2,
  VK_DATA_LEN = 4,
  VK_DATA = 8,
  VK_TYPE = 12,
  VK_FLAGS = 16,
  VK_NAME = 20,
  VK_FLAG_LATIN1 = 1,

  SK_NEXT = 4,
  SK_PREVIOUS = 8,
  SK_REFERENCES = 12,
  SK_LEN = 16,
  SK_DESCRIPTOR = 20,

  LIST_COUNT = 2,
  LIST_ITEMS = 4,

  DB_COUNT = 2,
  DB_LIST = 4,
  DB_LEN = 8
};
#define VK_INLINE 0x80000000u /* in the data length: the data are in the data field */

/* Which cells begin where and which of them are free; made at the first change. */
typedef struct hive_link {
  uint32_t next, previous; /* free cells of the same size class; 0 = none */
} hive_link;
#define HIVE_CLASSES 96
typedef struct hive_space {
  uint64_t *starts; /* one bit per 8 bytes: a cell or a bin begins here */
  hive_link *links; /* one per 8 bytes */
  size_t word_capacity;
  uint32_t heads[HIVE_CLASSES];
  uint64_t filled[HIVE_CLASSES / 64 + 1]; /* bits of the classes whose list is not empty */
} hive_space;

/* Where the values of one key with many of them are, by name. (value_index.c) */
typedef struct hive_value_index {
  uint32_t key;    /* 0: none */
  uint32_t before; /* the key that was looked into last */
  uint32_t count;  /* so many entries of the key's list are in slots */
  uint32_t *slots; /* index in the list plus one; 0 = empty */
  uint32_t capacity;
} hive_value_index;

struct rh_hive {
  rh_registry registry;
  rh_mapping mapping; /* the file, until the first change */
  rh_buffer memory;   /* else the same bytes: base block and bins */
  const unsigned char *data;
  uint32_t bins_size, root;
  unsigned minor;
  bool changed;
  bool made;      /* by rh_hive_create: no damage can be in it */
  bool damaged;   /* bins are known to be broken, or the base block is made: read only */
  bool base_made; /* there was none (base.c) */
  bool left_out;  /* as in rh_hive_recovery */
  bool counted;   /* no security cell has a count that is too low */
  rh_hive_state state;
  uint32_t newest;     /* the highest sequence number in its logs */
  uint32_t damage_at;  /* where the damage was that was reported last */
  uint64_t generation; /* of the cells: what a cursor has looked up is good for one of them */
  hive_space space;    /* empty until the first change */
  hive_value_index values;
  /* Keys whose subkey list was seen to be in order, so that a name missed there is not there. */
  uint32_t sorted[HIVE_SORTED_SLOTS];
};

static inline rh_hive *hive_of(rh_registry *registry) {
  return (rh_hive *)registry;
}

/* --- cells (cells.c) --- */

/* The size of the allocated cell at offset, which lies in the bins; else 0. Where offset is good,
 * eight bytes can be read. */
static inline uint32_t hive_cell_size(const rh_hive *hive, uint32_t offset) {
  if (offset % 8 != 0 || offset >= hive->bins_size) /* a multiple of 8 */
    return 0;
  RH_ASSUME(hive->data);                                                 /* there are bins */
  uint32_t size = 0u - rh_load_u32(hive->data + HIVE_BASE_LEN + offset); /* negative = allocated */
  return size <= hive->bins_size - offset ? size : 0;
}
/* The content of the allocated cell at offset when it holds at least need bytes (4 or more), else
 * NULL. */
static inline const unsigned char *hive_cell(const rh_hive *hive, uint32_t offset, uint32_t need,
                                             uint32_t *len) {
  uint32_t size = hive_cell_size(hive, offset);
  if (size < need + 4)
    return NULL;
  *len = size - 4;
  return hive->data + HIVE_BASE_LEN + offset + 4;
}

/* The same for changing: only a cell that the bins really hold, so that no change reaches another
 * one. NULL before hive_own. */
unsigned char *hive_cell_for_change(rh_hive *hive, uint32_t offset, uint32_t need, uint32_t *len);

/* RH_ERR_FORMAT for a hive with a broken bin, which is neither changed nor written. */
rh_status hive_require_bins(rh_hive *hive, rh_error *error);
/* Makes the hive changeable: a private copy of the bytes, and the map of its cells. RH_ERR_FORMAT
 * as above. */
rh_status hive_own(rh_hive *hive, rh_error *error);
/* A new cell for len bytes, zeroed. Grows the hive when nothing fits. */
rh_status hive_allocate(rh_hive *hive, uint32_t len, uint32_t *out, rh_error *error);
/* Frees a cell and joins it with free neighbours. HIVE_NONE and what is no cell are left alone. */
void hive_release(rh_hive *hive, uint32_t offset);
void hive_space_dispose(hive_space *space);

/* --- records and names (read.c) --- */

/* A key's or a value's record, name included; NULL when it is damaged. */
static inline const unsigned char *hive_nk(const rh_hive *hive, uint32_t offset) {
  uint32_t len;
  const unsigned char *nk = hive_cell(hive, offset, NK_NAME, &len);
  if (!nk || rh_load_u16(nk) != ('n' | 'k' << 8) || rh_load_u16(nk + NK_NAME_LEN) > len - NK_NAME)
    return NULL;
  return nk;
}
static inline const unsigned char *hive_vk(const rh_hive *hive, uint32_t offset) {
  uint32_t size = hive_cell_size(hive, offset);
  if (size == 0) /* else the length of the name can be read */
    return NULL;
  const unsigned char *vk = hive->data + HIVE_BASE_LEN + offset + 4;
  if (rh_load_u16(vk) != ('v' | 'k' << 8) || 4u + VK_NAME + rh_load_u16(vk + VK_NAME_LEN) > size)
    return NULL;
  return vk;
}
/* The list of a key's values: *count entries that are there. A count that the list's cell cannot
 * hold is reduced. NULL when there are none or the list cannot be read. */
static inline const unsigned char *hive_value_list(const rh_hive *hive, const unsigned char *nk,
                                                   uint32_t *count) {
  uint32_t len;
  *count = rh_load_u32(nk + NK_VALUE_COUNT);
  const unsigned char *list =
      *count ? hive_cell(hive, rh_load_u32(nk + NK_VALUE_LIST), 4, &len) : NULL;
  if (list && *count > len / 4)
    *count = len / 4;
  return list;
}
/* A name inside a record, in which at least eight bytes lie before it. */
static inline bool hive_is_ascii(const unsigned char *name, size_t len) {
  const uint64_t high_bits = 0x8080808080808080u;
  uint64_t end = rh_load_u64(name + len - 8);
  if (len < 8)
    return len == 0 || !((end >> (64 - 8 * len)) & high_bits);
  for (; len > 16; len -= 8) {
    if (rh_load_u64(name + len - 16) & high_bits)
      return false;
  }
  return !((rh_load_u64(name) | end) & high_bits);
}
/* The same for changing, filling error. */
unsigned char *hive_nk_for_change(rh_hive *hive, uint32_t offset, rh_error *error);

/* Compares a name as the registry sorts: unit by unit in upper case. */
int hive_compare_key_name(const char *name, size_t len, const unsigned char *nk);
int hive_compare_key_names(const unsigned char *a_nk, const unsigned char *b_nk);
/* What a list of kind lh holds of a name. [regf spec: hash leaf] */
uint32_t hive_name_hash(const unsigned char *nk);
/* The value's index in the key's list and its offset. RH_ERR_NOT_FOUND when there is none. */
rh_status hive_find_value(rh_hive *hive, uint32_t key, const char *name, size_t len,
                          uint32_t *index, uint32_t *out, rh_error *error);
rh_status hive_read_value(rh_hive *hive, uint32_t key, uint32_t offset, rh_value *out,
                          rh_error *error);
/* The head of a value's data that are in segments, NULL when they are not. [regf spec: big data] */
const unsigned char *hive_big_data(const rh_hive *hive, const unsigned char *vk);
/* Fills error (unless NULL) and gives RH_ERR_FORMAT; about a key, named by its path. A macro, as
 * rh_error_set. */
#define hive_damaged(hive, key, error, ...)                                                        \
  (hive_tell_damage(hive, key, error, __VA_ARGS__), rh_error_code(NULL, RH_ERR_FORMAT))
void hive_tell_damage(rh_hive *hive, uint32_t key, rh_error *error, const char *format, ...)
    RH_PRINTF(4, 5);

/* --- values of a key with many (value_index.c) --- */

/* True when the index knows: *index is the value's, or UINT32_MAX when there is none. */
bool hive_index_find(rh_hive *hive, uint32_t key, const unsigned char *list, uint32_t count,
                     const char *name, size_t len, uint32_t *index);
/* Values or keys go: positions in lists change, an offset may become another key's. */
void hive_index_forget(rh_hive *hive);
void hive_index_dispose(hive_value_index *index);
/* Is a stored value called so? units as of rh_utf16_count. (read.c) */
bool hive_value_has_name(const unsigned char *vk, const char *name, size_t len, size_t units);

/* --- lists of subkeys (lists.c) --- */

typedef struct hive_list {
  uint32_t offset;
  uint32_t count;    /* entries that are there */
  uint32_t capacity; /* entries that the cell can hold */
  uint32_t stride;
  bool nested;    /* ri: entries are lists */
  bool cut;       /* the count field promises more than the cell holds */
  uint32_t items; /* where the entries begin in the file */
} hive_list;
bool hive_list_at(const rh_hive *hive, uint32_t offset, hive_list *out);
static inline uint32_t hive_list_item(const rh_hive *hive, const hive_list *list, uint32_t index) {
  return rh_load_u32(hive->data + list->items + (size_t)index * list->stride);
}

/* The key's list: RH_END when it has no subkeys. */
rh_status hive_list_of(rh_hive *hive, uint32_t key, hive_list *out, rh_error *error);
/* A list inside an ri; false when it cannot be read or is an ri again. */
bool hive_leaf_of(const rh_hive *hive, const hive_list *list, uint32_t index, hive_list *out);

typedef struct hive_position {
  uint32_t leaf;  /* index in the ri, 0 without one */
  uint32_t index; /* of the entry, or where it belongs */
  bool broken;    /* an entry on the way could not be read */
} hive_position;
/* Finds name by binary search, or the place in leaf where it belongs. */
bool hive_list_search(const rh_hive *hive, const hive_list *list, const char *name, size_t len,
                      hive_position *at, hive_list *leaf, uint32_t *found);

rh_status hive_find_subkey(rh_hive *hive, uint32_t parent, const char *name, size_t len,
                           uint32_t *out, rh_error *error);
/* Enters a child of that name in its parent's list and count, removes it. Removing needs no memory.
 * (lists_edit.c) */
rh_status hive_list_insert(rh_hive *hive, uint32_t parent, uint32_t child, const char *name,
                           size_t len, rh_error *error);
rh_status hive_list_remove(rh_hive *hive, uint32_t parent, uint32_t child, rh_error *error);
/* The key is about to go: its offset may become another key's. */
void hive_forget_sorted(rh_hive *hive, uint32_t key);

/* --- security (security.c) --- */

/* Administrators and SYSTEM full, Users read, inherited by subkeys. */
extern const unsigned char hive_default_security[];
extern const size_t hive_default_security_len;
/* One more reference to a cell with this descriptor: found in the ring that near belongs to
 * (HIVE_NONE starts a ring), or made. */
rh_status hive_security_share(rh_hive *hive, uint32_t near, const void *descriptor, size_t len,
                              uint32_t *out, rh_error *error);
void hive_security_add_reference(rh_hive *hive, uint32_t offset);
/* The key does not refer to it any more. */
void hive_security_drop_reference(rh_hive *hive, uint32_t offset);

/* --- backend functions --- */

rh_status hive_root_key(rh_registry *registry, rh_key *out, rh_error *error);
rh_status hive_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                        rh_key *out, rh_error *error);
rh_status hive_read_key(rh_registry *registry, rh_key key, rh_key_info *out, rh_error *error);
rh_status hive_next_key(rh_cursor *cursor, rh_key *out, rh_error *error);
rh_status hive_walk(rh_walk *walk, rh_key key, rh_error *error);
rh_walk_bounds hive_walk_bounds(rh_registry *registry);
rh_status hive_next_value(rh_cursor *cursor, rh_value *out, rh_error *error);
rh_status hive_find_value_by_name(rh_registry *registry, rh_key key, const char *name, size_t len,
                                  rh_value *out, rh_error *error);
rh_status hive_create_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                          rh_key *out, rh_error *error);
rh_status hive_delete_key(rh_registry *registry, rh_key key, rh_error *error);
rh_status hive_set_value(rh_registry *registry, rh_key key, const char *name, size_t name_len,
                         uint32_t type, const void *data, size_t len, rh_error *error);
rh_status hive_delete_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                            rh_error *error);
rh_status hive_set_details(rh_registry *registry, rh_key key, const rh_key_details *details,
                           rh_error *error);

/* --- used by more than one file that changes --- */

/* data, or a copy of it in keep when it lies in the hive, whose bytes are about to move. */
rh_status hive_detach(rh_hive *hive, const void **data, size_t len, rh_buffer *keep,
                      rh_error *error);
/* A name as it is stored: Latin-1 where it can be, else UTF-16LE. */
typedef struct hive_name {
  rh_buffer bytes; /* disposed of by the caller */
  uint32_t units;
  bool latin1;
} hive_name;
rh_status hive_name_encode(hive_name *out, const char *name, size_t len, rh_error *error);
/* Raises a field of 32 bits that holds the largest length seen. */
static inline void hive_raise(unsigned char *field, uint32_t value) {
  if (rh_load_u32(field) < value)
    rh_store_u32(field, value);
}
/* The hive and this key have changed now. */
void hive_stamp(rh_hive *hive, unsigned char *nk);
/* Frees a value with its data. (values.c) */
void hive_release_value(rh_hive *hive, uint32_t offset);

/* --- whole hive (hive.c, commit.c) --- */

uint32_t hive_checksum(const unsigned char *base);
/* The size of the bin at offset, 0 when no sound one begins there: one that begins with "hbin", its
 * own offset and a size of whole pages that lies within the bins [regf spec]. */
uint32_t hive_bin_size(const unsigned char *data, uint32_t bins_size, uint32_t offset);
/* Do bins lie where the first one belongs, whatever the base block says? (base.c) */
bool hive_has_bins(const unsigned char *data, size_t len);
/* Makes a base block of what the bins show, in memory; root is 0 where none is found. (base.c) */
rh_status hive_make_base(rh_hive *hive, size_t len, rh_error *error);
/* The key with the root's flag, 0 without one. (base.c) */
uint32_t hive_find_root(const rh_hive *hive);
/* RH_ERR_FORMAT for anything but an unbroken chain of bins of the size that the base block tells.
 */
rh_status hive_check_bins(const unsigned char *data, size_t len, const char *label,
                          rh_error *error);
/* An empty hive with its label, and the end of opening it: out, or the hive freed. */
rh_status hive_new(rh_hive **out, const char *label, rh_error *error);
rh_status hive_finish(rh_hive **out, rh_hive *hive, rh_status status);
/* Checks hive->data, len bytes, and takes over what the base block says. */
rh_status hive_enter(rh_hive *hive, size_t len, const rh_hive_open_options *options,
                     rh_error *error);
/* Adds an anomaly to the list (check.c). */
rh_status hive_note_anomaly(rh_anomaly_list *list, rh_anomaly_kind kind, uint64_t offset,
                            const char *path, size_t path_len, rh_error *error, const char *format,
                            ...) RH_PRINTF(7, 8);
/* Notes what is wrong with the order, the hashes and the children of a key's list
 * (check_lists.c). */
rh_status hive_check_lists(rh_hive *hive, uint32_t key, const char *path, size_t path_len,
                           rh_anomaly_list *out, rh_error *error);
/* The same for damage that a walk of this hive tells. */
rh_status hive_note_damage(rh_hive *hive, rh_anomaly_list *list, const char *path, size_t path_len,
                           const rh_error *damage, rh_error *error);
/* RH_ERR_FORMAT when anything in the tree cannot be read, or lists are such that Windows does not
 * find their keys: such a hive is not to be written. */
rh_status hive_refuse_damage(rh_hive *hive, rh_error *error);

#endif
