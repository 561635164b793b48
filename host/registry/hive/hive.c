/* Opening, making and freeing a hive: the base block and the chain of bins. */
#include "registry/hive/internal.h"

#include "base/table.h"
#include "base/text.h"

#include <string.h>

#define DIRTY_HINT                                                                                 \
  "copy its .LOG1 and .LOG2 beside it, or shut the server down cleanly and copy the hive again; "  \
  "--accept-dirty takes it as it is"

static void free_backend(rh_registry *registry) {
  rh_hive_free(hive_of(registry));
}

static const rh_registry_backend backend = {.root = hive_root_key,
                                            .find_key = hive_find_key,
                                            .read_key = hive_read_key,
                                            .next_key = hive_next_key,
                                            .next_value = hive_next_value,
                                            .find_value = hive_find_value_by_name,
                                            .create_key = hive_create_key,
                                            .delete_key = hive_delete_key,
                                            .set_value = hive_set_value,
                                            .delete_value = hive_delete_value,
                                            .set_details = hive_set_details,
                                            .free = free_backend,
                                            .walk = hive_walk,
                                            .bounds = hive_walk_bounds};

uint32_t hive_checksum(const unsigned char *base) {
  uint32_t sum = 0;
  for (size_t i = 0; i < BASE_CHECKSUM; i += 4)
    sum ^= rh_load_u32(base + i);
  return sum == 0xFFFFFFFFu ? 0xFFFFFFFEu : sum == 0 ? 1 : sum; /* [regf spec] */
}

static void header_decode(rh_hive_header *out, const unsigned char *base) {
  rh_buffer name = {0};
  size_t len = 0;
  *out =
      (rh_hive_header){.major_version = rh_load_u32(base + BASE_MAJOR),
                       .minor_version = rh_load_u32(base + BASE_MINOR),
                       .primary_sequence = rh_load_u32(base + BASE_PRIMARY),
                       .secondary_sequence = rh_load_u32(base + BASE_SECONDARY),
                       .last_written = rh_load_u64(base + BASE_LAST_WRITTEN),
                       .root_offset = rh_load_u32(base + BASE_ROOT),
                       .bins_size = rh_load_u32(base + BASE_BINS_SIZE),
                       .checksum_valid = rh_load_u32(base + BASE_CHECKSUM) == hive_checksum(base)};
  while (len < BASE_FILE_NAME_LEN && rh_load_u16(base + BASE_FILE_NAME + len) != 0)
    len += 2;
  if (rh_utf8_from_utf16(&name, base + BASE_FILE_NAME, len, NULL) == RH_OK &&
      name.len < sizeof out->file_name)
    memcpy(out->file_name, rh_buffer_text(&name), name.len);
  rh_buffer_dispose(&name);
}

/* Is this the first block of a hive of a kind that can be worked with? */
static rh_status check_kind(const unsigned char *data, size_t len, const char *label,
                            rh_error *error) {
  if (len >= 4 && memcmp(data, "CREG", 4) == 0) {
    rh_error_set(error, RH_ERR_UNSUPPORTED, label,
                 "is a Windows 95/98/Me registry file (CREG), not a registry hive");
    rh_error_hint(error, "give a hive of Windows 2000 or later");
    return RH_ERR_UNSUPPORTED;
  }
  if (len < 4 || memcmp(data, "regf", 4) != 0)
    return rh_error_set(error, RH_ERR_FORMAT, label,
                        "is not a registry hive: no \"regf\" at its start");
  if (len < BASE_HEADER_LEN)
    return rh_error_set(error, RH_ERR_FORMAT, label, "is a truncated registry hive: %zu bytes",
                        len);
  return RH_OK;
}

static rh_status check_version(const unsigned char *base, const char *label, rh_error *error) {
  uint32_t major = rh_load_u32(base + BASE_MAJOR), minor = rh_load_u32(base + BASE_MINOR);
  uint32_t type = rh_load_u32(base + BASE_TYPE);
  if (major != 1 || minor < 3 || minor > 6)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, label,
                        "is a registry hive of format %u.%u; 1.3 to 1.6 are supported",
                        (unsigned)major, (unsigned)minor);
  if (type != 0) {
    rh_error_set(error, RH_ERR_FORMAT, label, "is a transaction log of a registry hive (type %u)",
                 (unsigned)type);
    rh_error_hint(error, "give the hive itself, the file without .LOG in its name");
    return RH_ERR_FORMAT;
  }
  return RH_OK;
}

uint32_t hive_bin_size(const unsigned char *data, uint32_t bins_size, uint32_t offset) {
  const unsigned char *bin = data + HIVE_BASE_LEN + offset;
  if (bins_size - offset < HIVE_BIN_HEADER_LEN)
    return 0;
  uint32_t size = rh_load_u32(bin + 8);
  bool sound = memcmp(bin, "hbin", 4) == 0 && rh_load_u32(bin + 4) == offset && size > 0 &&
               size % HIVE_BASE_LEN == 0 && size <= bins_size - offset;
  return sound ? size : 0;
}

/* Do the bins, as the base block tells of them, lie in the file? */
static rh_status check_size(const unsigned char *data, size_t len, const char *label,
                            rh_error *error) {
  uint32_t bins_size = rh_load_u32(data + BASE_BINS_SIZE);
  if (bins_size < HIVE_BASE_LEN || bins_size > HIVE_BINS_MAX || bins_size % HIVE_BASE_LEN != 0)
    return rh_error_set(error, RH_ERR_FORMAT, label, "is a damaged hive: its bins have %u bytes",
                        (unsigned)bins_size);
  if (len >= HIVE_BASE_LEN + (size_t)bins_size)
    return RH_OK;
  rh_error_set(error, RH_ERR_FORMAT, label, "is a truncated registry hive: %zu of %zu bytes", len,
               HIVE_BASE_LEN + (size_t)bins_size);
  rh_error_hint(error, "copy the hive again");
  return RH_ERR_FORMAT;
}

/* Checks the chain of bins up to the one that begins at last or behind it. */
static rh_status check_chain(const unsigned char *data, uint32_t last, const char *label,
                             rh_error *error) {
  uint32_t bins_size = rh_load_u32(data + BASE_BINS_SIZE), size;
  for (uint32_t bin = 0; bin < bins_size && bin <= last; bin += size) {
    size = hive_bin_size(data, bins_size, bin);
    if (size > 0)
      continue;
    rh_error_set(error, RH_ERR_FORMAT, label, "is a damaged hive: the bin at 0x%x is broken",
                 (unsigned)(bin + HIVE_BASE_LEN));
    rh_error_hint(error,
                  "take the hive from a backup; or see what is left of it: rehome hive check "
                  "and rehome hive rebuild");
    return RH_ERR_FORMAT;
  }
  return RH_OK;
}

rh_status hive_check_bins(const unsigned char *data, size_t len, const char *label,
                          rh_error *error) {
  rh_status status = check_size(data, len, label, error);
  return status == RH_OK ? check_chain(data, HIVE_NONE, label, error) : status;
}

static rh_status check_clean(const unsigned char *base, const char *label, rh_error *error) {
  uint32_t primary = rh_load_u32(base + BASE_PRIMARY);
  uint32_t secondary = rh_load_u32(base + BASE_SECONDARY);
  if (rh_load_u32(base + BASE_CHECKSUM) != hive_checksum(base))
    rh_error_set(error, RH_ERR_DIRTY, label, "the checksum of the hive's header is wrong");
  else if (primary != secondary)
    rh_error_set(error, RH_ERR_DIRTY, label,
                 "the hive was not closed cleanly: its sequence numbers are %u and %u",
                 (unsigned)primary, (unsigned)secondary);
  else
    return RH_OK;
  rh_error_hint(error, DIRTY_HINT);
  return RH_ERR_DIRTY;
}

/* True when the bins are sound up to a place from which on there are zeros only: a hive that was
 * about to grow [libregf]. */
static bool ends_in_zeros(const unsigned char *data, size_t len) {
  size_t end = HIVE_BASE_LEN + (size_t)rh_load_u32(data + BASE_BINS_SIZE), at = end;
  if (end > len)
    return false;
  while (at > HIVE_BASE_LEN && data[at - 1] == 0)
    at--;
  /* Zeros may be the last sound bin's, too; its size tells where it ends. */
  for (uint32_t bin = 0, size; HIVE_BASE_LEN + (size_t)bin < at; bin += size) {
    size = hive_bin_size(data, (uint32_t)(end - HIVE_BASE_LEN), bin);
    if (size == 0)
      return false;
  }
  return true;
}

/* Where the bins are broken, they go as far as the base block and the file say; a root that is not
 * where the base block says is looked for: it is the key with the root's flag. */
static void enter_damaged(rh_hive *hive, size_t len) {
  size_t rest = len - HIVE_BASE_LEN;
  uint32_t told = rh_load_u32(hive->data + BASE_BINS_SIZE);
  hive->damaged = true;
  hive->bins_size = rest > HIVE_BINS_MAX ? HIVE_BINS_MAX : (uint32_t)(rest & ~(size_t)7);
  if (told >= HIVE_BASE_LEN && told % 8 == 0 && told < hive->bins_size)
    hive->bins_size = told;
  uint32_t root = hive_nk(hive, hive->root) ? 0 : hive_find_root(hive);
  if (root)
    hive->root = root;
}

/* A base block that says something impossible though bins lie behind it is lost. One with a right
 * checksum says what it means: it is that of a log, or of another format. */
static rh_status replace_base(rh_hive *hive, size_t len, const rh_hive_open_options *options,
                              rh_status status, rh_error *error) {
  bool lost = hive_has_bins(hive->data, len) &&
              (memcmp(hive->data, "regf", 4) != 0 ||
               rh_load_u32(hive->data + BASE_CHECKSUM) != hive_checksum(hive->data));
  if (lost && options->accept_damage)
    return hive_make_base(hive, len, error);
  if (lost)
    rh_error_hint(error,
                  "its base block is lost, but bins lie behind it. Copy its logs beside it, take "
                  "the hive from a backup, or see what is left of it: rehome hive check and "
                  "rehome hive rebuild");
  return status;
}

rh_status hive_enter(rh_hive *hive, size_t len, const rh_hive_open_options *options,
                     rh_error *error) {
  const char *label = hive->registry.label;
  const unsigned char *data = hive->data;
  rh_status status = check_kind(data, len, label, error);
  if (status == RH_OK)
    status = check_version(data, label, error);
  if (status == RH_OK && len < HIVE_BASE_LEN)
    status =
        rh_error_set(error, RH_ERR_FORMAT, label, "is a truncated registry hive: %zu bytes", len);
  if (status != RH_OK)
    status = replace_base(hive, len, options, status, error);
  if (status != RH_OK)
    return status;
  data = hive->data;
  hive->root = rh_load_u32(data + BASE_ROOT);
  hive->minor = rh_load_u32(data + BASE_MINOR);
  bool all = options->all_bins || options->accept_damage || check_clean(data, label, NULL) != RH_OK;
  status = check_size(data, len, label, error);
  if (status == RH_OK)
    status = check_chain(data, all ? HIVE_NONE : 0, label, error);
  if (status == RH_OK)
    hive->bins_size = rh_load_u32(data + BASE_BINS_SIZE);
  else if (options->accept_damage || (options->accept_dirty && ends_in_zeros(data, len)))
    enter_damaged(hive, len);
  else
    return status;
  status = check_clean(data, label, error);
  if (status == RH_OK && hive->left_out) {
    status = rh_error_set(error, RH_ERR_DIRTY, label,
                          "its base block is lost, and entries of its logs had to be left out");
    rh_error_hint(error, DIRTY_HINT);
  }
  if (status == RH_ERR_DIRTY && options->accept_dirty) {
    hive->state = RH_HIVE_DIRTY;
    status = RH_OK;
  }
  if (status == RH_OK && !hive_nk(hive, hive->root))
    status = rh_error_set(error, RH_ERR_FORMAT, label,
                          "is a damaged hive: there is no root key at offset 0x%x",
                          (unsigned)hive->root);
  return status;
}

rh_status hive_new(rh_hive **out, const char *label, rh_error *error) {
  rh_hive *hive = rh_alloc_zero(1, sizeof *hive);
  *out = NULL;
  if (!hive)
    return rh_error_memory(error);
  hive->registry.backend = &backend;
  hive->generation = 1;
  hive->registry.label = rh_copy_text(label);
  if (!hive->registry.label) {
    rh_free(hive);
    return rh_error_memory(error);
  }
  *out = hive;
  return RH_OK;
}

rh_status hive_finish(rh_hive **out, rh_hive *hive, rh_status status) {
  *out = status == RH_OK ? hive : NULL;
  if (status != RH_OK)
    rh_hive_free(hive);
  return status;
}

rh_status rh_hive_open(rh_hive **out, const char *path, rh_error *error) {
  rh_hive *hive = NULL;
  rh_status status = hive_new(&hive, path, error);
  if (status == RH_OK)
    status = rh_platform_map(&hive->mapping, path, error);
  if (status == RH_OK) {
    hive->data = hive->mapping.data;
    status = hive_enter(hive, hive->mapping.len, &(rh_hive_open_options){0}, error);
  }
  return hive_finish(out, hive, status);
}

rh_status rh_hive_open_memory(rh_hive **out, const void *data, size_t len, const char *label,
                              rh_error *error) {
  rh_hive *hive = NULL;
  rh_status status = hive_new(&hive, label, error);
  if (status == RH_OK)
    status = rh_buffer_append(&hive->memory, data, len, error);
  if (status == RH_OK) {
    hive->data = hive->memory.data;
    status = hive_enter(hive, len, &(rh_hive_open_options){.all_bins = true}, error);
  }
  if (status == RH_OK)
    hive->memory.len = HIVE_BASE_LEN + (size_t)hive->bins_size;
  return hive_finish(out, hive, status);
}

/* The root key and its security in the first bin. */
static rh_status make_root(rh_hive *hive, const rh_hive_options *options, rh_error *error) {
  const char *name_text = options->root_name ? options->root_name : "ROOT";
  const unsigned char *security = options->security ? options->security : hive_default_security;
  size_t security_len = options->security ? options->security_len : hive_default_security_len;
  hive_name name = {0};
  uint32_t sk, len;
  rh_status status = hive_name_encode(&name, name_text, strlen(name_text), error);
  if (status == RH_OK && name.units > RH_KEY_NAME_MAX)
    status = rh_error_set(error, RH_ERR_LIMIT, name_text, "is too long for a key name");
  if (status == RH_OK)
    status = hive_allocate(hive, NK_NAME + (uint32_t)name.bytes.len, &hive->root, error);
  if (status == RH_OK)
    status = hive_security_share(hive, HIVE_NONE, security, security_len, &sk, error);
  if (status == RH_OK) {
    unsigned char *nk = hive_cell_for_change(hive, hive->root, NK_NAME, &len);
    memcpy(nk, "nk", 2);
    /* root, not to be deleted [regf spec] */
    rh_store_u16(nk + NK_FLAGS, (uint16_t)(0x0C | (name.latin1 ? NK_FLAG_LATIN1 : 0)));
    rh_store_u64(nk + NK_LAST_WRITE, hive->registry.clock);
    rh_store_u32(nk + NK_PARENT, HIVE_NONE);
    rh_store_u32(nk + NK_SUBKEY_LIST, HIVE_NONE);
    rh_store_u32(nk + NK_VOLATILE_LIST, HIVE_NONE);
    rh_store_u32(nk + NK_VALUE_LIST, HIVE_NONE);
    rh_store_u32(nk + NK_SECURITY, sk);
    rh_store_u32(nk + NK_CLASS, HIVE_NONE);
    rh_store_u16(nk + NK_NAME_LEN, (uint16_t)name.bytes.len);
    memcpy(nk + NK_NAME, name.bytes.data, name.bytes.len);
  }
  rh_buffer_dispose(&name.bytes);
  return status;
}

rh_status rh_hive_create(rh_hive **out, const rh_hive_options *options, rh_error *error) {
  rh_hive *hive = NULL;
  unsigned char *base = NULL, *bin = NULL;
  unsigned minor = options->minor_version ? options->minor_version : 5;
  *out = NULL;
  if (minor < 3 || minor > 6)
    return rh_error_set(error, RH_ERR_ARGUMENT, "hive", "format 1.%u is not supported", minor);
  rh_status status = hive_new(&hive, options->root_name ? options->root_name : "new hive", error);
  if (status == RH_OK)
    status = rh_buffer_append_zero(&hive->memory, (size_t)2 * HIVE_BASE_LEN, error);
  if (status == RH_OK) {
    uint64_t time = options->time ? options->time : rh_platform_filetime();
    base = hive->memory.data;
    bin = base + HIVE_BASE_LEN;
    memcpy(base, "regf", 4);
    rh_store_u64(base + BASE_LAST_WRITTEN, time);
    rh_store_u32(base + BASE_MAJOR, 1);
    rh_store_u32(base + BASE_MINOR, minor);
    rh_store_u32(base + BASE_FORMAT, 1);
    rh_store_u32(base + BASE_BINS_SIZE, HIVE_BASE_LEN);
    rh_store_u32(base + BASE_CLUSTERING, 1);
    memcpy(bin, "hbin", 4);
    rh_store_u32(bin + 8, HIVE_BASE_LEN);
    rh_store_u64(bin + 20, time); /* [regf spec]: the first bin's time stamp */
    rh_store_u32(bin + HIVE_BIN_HEADER_LEN, HIVE_BASE_LEN - HIVE_BIN_HEADER_LEN);
    hive->data = base;
    hive->bins_size = HIVE_BASE_LEN;
    hive->minor = minor;
    hive->registry.clock = time;
    hive->changed = true;
    hive->made = true;
    status = hive_own(hive, error);
  }
  if (status == RH_OK)
    status = make_root(hive, options, error);
  if (status == RH_OK) {
    base = hive->memory.data; /* a large descriptor made it move */
    rh_store_u32(base + BASE_ROOT, hive->root);
    rh_store_u32(base + BASE_CHECKSUM, hive_checksum(base));
    hive->registry.clock = 0;
  }
  return hive_finish(out, hive, status);
}

rh_registry *rh_hive_registry(rh_hive *hive) {
  return &hive->registry;
}

void rh_hive_header_get(const rh_hive *hive, rh_hive_header *out) {
  header_decode(out, hive->data);
  out->bins_size = hive->bins_size;
}

rh_hive_state rh_hive_state_of(const rh_hive *hive) {
  return hive->state;
}

const char *rh_hive_state_name(const rh_hive *hive) {
  static const char *const names[] = {"clean", "recovered", "dirty"};
  RH_TABLE_FITS(names, RH_HIVE_DIRTY);
  return hive->left_out ? "recovered in part" : names[hive->state];
}

bool rh_hive_changed(const rh_hive *hive) {
  return hive->changed;
}

void rh_hive_free(rh_hive *hive) {
  if (!hive)
    return;
  rh_platform_unmap(&hive->mapping);
  rh_buffer_dispose_secret(&hive->memory);
  hive_space_dispose(&hive->space);
  hive_index_dispose(&hive->values);
  rh_free(hive->registry.label);
  rh_free(hive);
}
