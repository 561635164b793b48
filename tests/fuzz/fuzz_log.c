/* Fuzz target: the input is a hive with its transaction logs.
 *
 *   byte 0       1: later entries are forced on a clean hive; 2: checksums and hashes stay as they
 *                are, else they are made right first, so that what they guard is reached
 *   bytes 1-9    lengths of the hive and of two logs, 24 bits each, little-endian
 *   then         the hive, the two logs, and what is left over is the third one
 *
 * What recovery gives has whole bins; when it opens it can be walked, and when nothing is wrong
 * with it, it can be changed and written. */
#include "tour.h"

#include "registry/hive/log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { FORCE = 1, KEEP_SUMS = 2, LENGTHS = 1, PARTS = 10 };

static void mend_base(unsigned char *data, size_t len) {
  if (len >= BASE_HEADER_LEN)
    rh_store_u32(data + BASE_CHECKSUM, hive_checksum(data));
}

/* Hashes of the entries of a new-format log, as long as one follows the other. */
static void mend_log(unsigned char *data, size_t len) {
  mend_base(data, len);
  for (size_t at = HIVE_LOG_ENTRIES; at < len && len - at >= 40;) {
    uint32_t size = rh_load_u32(data + at + 4);
    if (memcmp(data + at, "HvLE", 4) != 0 || size < 40 || size % 4 != 0 || size > len - at)
      return;
    rh_store_u64(data + at + 24, hive_marvin32(data + at + 40, size - 40));
    rh_store_u64(data + at + 32, hive_marvin32(data + at, 32));
    at += size;
  }
}

/* Cuts the next part off, to its exact size, so that a sanitizer sees a read behind its end. */
static unsigned char *cut(const uint8_t **data, size_t *left, size_t *len) {
  if (*len > *left)
    *len = *left;
  unsigned char *part = malloc(*len ? *len : 1);
  if (!part)
    abort();
  memcpy(part, *data, *len);
  *data += *len;
  *left -= *len;
  return part;
}

/* A hive without damage takes a change, and is written with it. */
static void change(rh_hive *hive) {
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_buffer bytes = {0};
  rh_hive *again = NULL;
  rh_value value = {0};
  if (rh_registry_root(registry, &root, NULL) != RH_OK ||
      rh_registry_create_path(registry, root, "Fuzz\\Key", &key, NULL) != RH_OK ||
      rh_registry_set_value(registry, key, "Value", 5, RH_REG_BINARY, "data", 4, NULL) != RH_OK ||
      rh_hive_serialize(hive, &bytes, NULL) != RH_OK ||
      rh_hive_open_memory(&again, bytes.data, bytes.len, "again", NULL) != RH_OK ||
      !same_tour(walk(registry), walk(rh_hive_registry(again))) ||
      rh_registry_root(rh_hive_registry(again), &root, NULL) != RH_OK ||
      rh_registry_find_path(rh_hive_registry(again), root, "Fuzz\\Key", &key, NULL) != RH_OK ||
      rh_registry_find_value(rh_hive_registry(again), key, "value", 5, &value, NULL) != RH_OK ||
      value.len < 4 || memcmp(value.data, "data", 4) != 0)
    abort();
  rh_value_dispose(&value);
  rh_hive_free(again);
  rh_buffer_dispose(&bytes);
}

static void use(const rh_buffer *bytes) {
  rh_hive *hive = NULL;
  rh_anomaly_list wrong = {0};
  rh_error error = {0};
  if (hive_check_bins(bytes->data, bytes->len, "recovered", &error) != RH_OK)
    abort();
  if (rh_hive_open_memory(&hive, bytes->data, bytes->len, "recovered", NULL) != RH_OK)
    return;
  walk(rh_hive_registry(hive));
  if (rh_hive_check(hive, &wrong, NULL, NULL) != RH_OK)
    abort();
  if (wrong.total == 0)
    change(hive);
  rh_anomaly_list_dispose(&wrong);
  rh_hive_free(hive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  static const char *const names[HIVE_LOGS_MAX] = {"HIVE.LOG1", "HIVE.LOG2", "HIVE.LOG"};
  unsigned char *parts[1 + HIVE_LOGS_MAX];
  size_t lens[1 + HIVE_LOGS_MAX] = {0, 0, 0, len}, left;
  hive_log logs[HIVE_LOGS_MAX] = {{0}};
  hive_target target = {0};
  rh_hive_recovery report = {0};
  uint32_t newest = 0;
  if (len < PARTS)
    return 0;
  uint8_t flags = data[0];
  for (size_t i = 0; i < 3; i++)
    lens[i] = rh_load_u16(data + LENGTHS + 3 * i) | (size_t)data[LENGTHS + 3 * i + 2] << 16;
  data += PARTS;
  left = len - PARTS;
  for (size_t i = 0; i <= HIVE_LOGS_MAX; i++) {
    parts[i] = cut(&data, &left, &lens[i]);
    if (i > 0)
      logs[i - 1] = (hive_log){.name = names[i - 1], .data = parts[i], .len = lens[i]};
    if (i > 0 && !(flags & KEEP_SUMS))
      mend_log(parts[i], lens[i]);
  }
  /* Equal or unequal numbers say whether the hive is clean; a broken base block is one more case.
   */
  if (!(flags & KEEP_SUMS))
    mend_base(parts[0], lens[0]);
  if (hive_recover(&target, parts[0], lens[0], logs, HIVE_LOGS_MAX, flags & FORCE, &report, &newest,
                   NULL) != RH_OK)
    abort();
  if (target.bytes.len > target.limit)
    abort();
  if (report.state == RH_HIVE_RECOVERED)
    use(&target.bytes);
  rh_buffer_dispose(&target.bytes);
  rh_hive_recovery_dispose(&report);
  for (size_t i = 0; i <= HIVE_LOGS_MAX; i++)
    free(parts[i]);
  return 0;
}
