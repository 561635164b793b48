/* Writing a hive as a whole: its bytes, a checked new file, and putting it in place. */
#include "registry/hive/internal.h"

#include <string.h>

/* The first part of the base block as it is to be written: the bins as they are now, closed. */
static void seal_header(const rh_hive *hive, unsigned char base[BASE_HEADER_LEN]) {
  memcpy(base, hive->data, BASE_HEADER_LEN);
  uint32_t sequence = rh_load_u32(base + BASE_PRIMARY);
  if (hive->newest > sequence)
    sequence = hive->newest; /* above every log entry: none of them fits this hive any more */
  sequence++;
  /* Logs of the old format fit by time. */
  if (hive->newest > 0)
    rh_store_u64(base + BASE_LAST_WRITTEN, rh_load_u64(base + BASE_LAST_WRITTEN) + 1);
  rh_store_u32(base + BASE_PRIMARY, sequence);
  rh_store_u32(base + BASE_SECONDARY, sequence);
  rh_store_u32(base + BASE_BINS_SIZE, hive->bins_size);
  rh_store_u32(base + BASE_CHECKSUM, hive_checksum(base));
}

rh_status rh_hive_serialize(rh_hive *hive, rh_buffer *out, rh_error *error) {
  unsigned char header[BASE_HEADER_LEN];
  size_t rest = HIVE_BASE_LEN - BASE_HEADER_LEN + (size_t)hive->bins_size;
  rh_status status = hive_require_bins(hive, error);
  if (status != RH_OK)
    return status;
  seal_header(hive, header);
  status = rh_buffer_reserve(out, BASE_HEADER_LEN + rest, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, header, sizeof header, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, hive->data + BASE_HEADER_LEN, rest, error);
  return status;
}

/* Reads the written file back. That its bins are those in memory, byte by byte, says that it is as
 * sound a hive as this one, with every key, value, class and descriptor. */
static rh_status check_written(const rh_hive *hive, const unsigned char header[BASE_HEADER_LEN],
                               const char *path, rh_error *error) {
  rh_hive *written = NULL;
  rh_status status = rh_hive_open(&written, path, error);
  if (status == RH_OK && (written->bins_size != hive->bins_size ||
                          memcmp(written->data, header, BASE_HEADER_LEN) != 0 ||
                          memcmp(written->data + BASE_HEADER_LEN, hive->data + BASE_HEADER_LEN,
                                 HIVE_BASE_LEN - BASE_HEADER_LEN + (size_t)hive->bins_size) != 0)) {
    status = rh_error_set(error, RH_ERR_IO, path, "does not hold what was written to it");
    rh_error_hint(error, "check the disk; the hive that was there is unchanged");
  }
  rh_hive_free(written);
  return status;
}

rh_status rh_hive_prepare(rh_hive *hive, const char *path, rh_atomic_file **out, rh_error *error) {
  unsigned char header[BASE_HEADER_LEN];
  rh_atomic_file *file = NULL;
  *out = NULL;
  rh_status status = hive_own(hive, error); /* so that the old file is not held open */
  if (status == RH_OK)
    status = rh_atomic_file_open(&file, path, RH_FILE_PRIVATE, error);
  if (status == RH_OK) {
    seal_header(hive, header);
    status = rh_atomic_file_write(file, header, sizeof header, error);
  }
  if (status == RH_OK)
    status = rh_atomic_file_write(file, hive->data + BASE_HEADER_LEN,
                                  HIVE_BASE_LEN - BASE_HEADER_LEN + (size_t)hive->bins_size, error);
  if (status == RH_OK) {
    /* While the disk is at work: what is refused here never gets the name, and goes again. */
    rh_atomic_file_begin_sync(file);
    status = hive_refuse_damage(hive, error);
  }
  if (status == RH_OK)
    status = rh_atomic_file_prepare(file, error);
  if (status == RH_OK)
    status = check_written(hive, header, rh_atomic_file_temporary(file), error);
  if (status == RH_OK)
    *out = file;
  else
    rh_atomic_file_free(file);
  return status;
}

rh_status rh_hive_commit(rh_hive *hive, const char *path, const char *keep_previous,
                         rh_error *error) {
  unsigned char header[BASE_HEADER_LEN];
  rh_atomic_file *file = NULL;
  rh_status status = rh_hive_prepare(hive, path, &file, error);
  if (status == RH_OK)
    status = rh_atomic_file_commit(file, keep_previous, error);
  if (status == RH_OK) {
    seal_header(hive, header);
    memcpy(hive->memory.data, header, sizeof header);
    hive->changed = false;
  }
  rh_atomic_file_free(file);
  return status;
}
