/* A file in memory for the tests of the store: read in pieces, failing when told to. */
#ifndef RH_TEST_MEMORY_FILE_H
#define RH_TEST_MEMORY_FILE_H

#include "age/age.h"

#include <string.h>

typedef struct memory_file {
  rh_buffer bytes;
  size_t position;
  size_t piece;     /* no read gives more; 0: no limit */
  unsigned fail_at; /* the how many-th call fails; 0: none */
  unsigned calls;
} memory_file;

static inline rh_status memory_file_write(void *payload, const void *data, size_t len,
                                          rh_error *error) {
  memory_file *file = payload;
  if (++file->calls == file->fail_at)
    return rh_error_set(error, RH_ERR_IO, "memory file", "fails as told");
  return rh_buffer_append(&file->bytes, data, len, error);
}

static inline rh_status memory_file_read(void *payload, void *data, size_t len, size_t *done,
                                         rh_error *error) {
  memory_file *file = payload;
  *done = 0;
  if (++file->calls == file->fail_at)
    return rh_error_set(error, RH_ERR_IO, "memory file", "fails as told");
  if (len > file->bytes.len - file->position)
    len = file->bytes.len - file->position;
  if (file->piece && len > file->piece)
    len = file->piece;
  if (len)
    memcpy(data, file->bytes.data + file->position, len);
  file->position += len;
  *done = len;
  return RH_OK;
}

/* Opens a whole file. Gives what ended it (RH_OK for a sound one), released holds what came out
 * before. */
static inline rh_status memory_file_open(memory_file *file, const rh_age_keys *keys,
                                         rh_buffer *released, rh_error *error) {
  rh_age_reader *reader = NULL;
  const unsigned char *data;
  size_t len = 0;
  file->position = 0;
  file->calls = 0;
  rh_buffer_clear(released);
  rh_status status =
      rh_age_reader_open(&reader, keys, memory_file_read, file, "memory file", error);
  while (status == RH_OK) {
    status = rh_age_reader_next(reader, &data, &len, error);
    if (status == RH_OK)
      status = rh_buffer_append(released, data, len, error);
  }
  rh_age_reader_free(reader);
  return status == RH_END ? RH_OK : status;
}

#endif
