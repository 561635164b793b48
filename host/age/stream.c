/* The payload of the age format: chunks of 64 KiB, each authenticated, the last one marked. */
#include "age/internal.h"

#include <string.h>

#define BOX (RH_AGE_CHUNK + RH_AGE_TAG)

/* Eleven bytes of counter, big-endian, and the mark of the last chunk. */
static void chunk_nonce(unsigned char out[RH_AGE_BOX_NONCE], uint64_t counter, bool last) {
  memset(out, 0, RH_AGE_BOX_NONCE);
  for (unsigned i = 0; i < 8; i++)
    out[10 - i] = (unsigned char)(counter >> 8 * i);
  out[11] = last;
}

static rh_status payload_key(unsigned char out[RH_AGE_KEY],
                             const unsigned char file_key[RH_AGE_FILE_KEY],
                             const unsigned char nonce[RH_AGE_NONCE], rh_error *error) {
  return rh_age_hkdf(out, file_key, RH_AGE_FILE_KEY, nonce, RH_AGE_NONCE, "payload", error);
}

/* Writing. A chunk is kept until more follows: only then is it known not to be the last. */

struct rh_age_writer {
  rh_age_write write;
  void *payload;
  unsigned char key[RH_AGE_KEY];
  uint64_t counter;
  bool closed; /* finished or failed */
  size_t len;
  unsigned char plain[RH_AGE_CHUNK];
  unsigned char box[BOX];
};

rh_status rh_age_writer_open(rh_age_writer **out, const rh_age_recipients *recipients,
                             unsigned work_factor, rh_age_write write, void *payload,
                             rh_error *error) {
  unsigned char file_key[RH_AGE_FILE_KEY], nonce[RH_AGE_NONCE];
  rh_buffer header = {0};
  rh_age_writer *writer = rh_alloc_zero(1, sizeof *writer);
  *out = NULL;
  if (!writer)
    return rh_error_memory(error);
  writer->write = write;
  writer->payload = payload;
  rh_status status = rh_random(file_key, sizeof file_key, error);
  if (status == RH_OK)
    status = rh_random(nonce, sizeof nonce, error);
  if (status == RH_OK)
    status = payload_key(writer->key, file_key, nonce, error);
  if (status == RH_OK)
    status = rh_age_header_write(&header, file_key, recipients,
                                 work_factor ? work_factor : RH_AGE_WORK_FACTOR, error);
  if (status == RH_OK)
    status = rh_buffer_append(&header, nonce, sizeof nonce, error);
  if (status == RH_OK)
    status = write(payload, header.data, header.len, error);
  if (status == RH_OK) {
    *out = writer;
    writer = NULL;
  }
  rh_age_writer_free(writer);
  rh_buffer_dispose(&header);
  rh_wipe(file_key, sizeof file_key);
  return status;
}

static rh_status write_chunk(rh_age_writer *writer, bool last, rh_error *error) {
  unsigned char nonce[RH_AGE_BOX_NONCE];
  chunk_nonce(nonce, writer->counter++, last);
  rh_status status =
      rh_age_box_seal(writer->box, writer->key, nonce, writer->plain, writer->len, error);
  if (status == RH_OK)
    status = writer->write(writer->payload, writer->box, writer->len + RH_AGE_TAG, error);
  writer->len = 0;
  writer->closed = last || status != RH_OK;
  return status;
}

static rh_status writer_is_closed(rh_error *error) {
  return rh_error_set(error, RH_ERR_ARGUMENT, "sealed file", "nothing can be added any more");
}

rh_status rh_age_writer_add(rh_age_writer *writer, const void *data, size_t len, rh_error *error) {
  const unsigned char *bytes = data;
  if (writer->closed)
    return writer_is_closed(error);
  for (size_t done = 0; done < len;) {
    if (writer->len == RH_AGE_CHUNK) {
      rh_status status = write_chunk(writer, false, error);
      if (status != RH_OK)
        return status;
    }
    size_t part = RH_AGE_CHUNK - writer->len;
    if (part > len - done)
      part = len - done;
    memcpy(writer->plain + writer->len, bytes + done, part);
    writer->len += part;
    done += part;
  }
  return RH_OK;
}

rh_status rh_age_writer_finish(rh_age_writer *writer, rh_error *error) {
  return writer->closed ? writer_is_closed(error) : write_chunk(writer, true, error);
}

void rh_age_writer_free(rh_age_writer *writer) {
  rh_free_secret(writer, sizeof *writer);
}

/* Reading. */

typedef enum reader_state { READER_CHUNKS, READER_LAST, READER_END, READER_FAILED } reader_state;

struct rh_age_reader {
  rh_age_read read;
  void *payload;
  char *label;
  unsigned char key[RH_AGE_KEY];
  uint64_t counter;
  reader_state state;
  size_t len;             /* in box */
  unsigned char box[BOX]; /* holds the header at first: it is not longer than that */
  unsigned char plain[RH_AGE_CHUNK];
};

_Static_assert(RH_AGE_HEADER_LIMIT <= BOX, "the header is read into the box");

/* Reads until the box is full or the file at its end. */
static rh_status fill_box(rh_age_reader *reader, rh_error *error) {
  while (reader->len < BOX) {
    size_t done = 0;
    rh_status status =
        reader->read(reader->payload, reader->box + reader->len, BOX - reader->len, &done, error);
    if (status != RH_OK || done == 0)
      return status;
    reader->len += done;
  }
  return RH_OK;
}

static void take_from_box(rh_age_reader *reader, size_t len) {
  memmove(reader->box, reader->box + len, reader->len - len);
  reader->len -= len;
}

static rh_status damaged(const rh_age_reader *reader, const char *what, rh_error *error) {
  rh_error_set(error, RH_ERR_SEALED, reader->label, "%s", what);
  rh_error_hint(error, "fetch the file again from where it was made");
  return RH_ERR_SEALED;
}

static rh_status read_header(rh_age_reader *reader, const rh_age_keys *keys, rh_error *error) {
  unsigned char file_key[RH_AGE_FILE_KEY];
  size_t header_len = 0;
  rh_status status = fill_box(reader, error);
  if (status == RH_OK)
    status = rh_age_header_read(file_key, &header_len, reader->box, reader->len, keys,
                                reader->label, error);
  if (status == RH_OK && reader->len - header_len < RH_AGE_NONCE)
    status = damaged(reader, "the header is cut off", error);
  if (status == RH_OK)
    status = payload_key(reader->key, file_key, reader->box + header_len, error);
  if (status == RH_OK)
    take_from_box(reader, header_len + RH_AGE_NONCE);
  rh_wipe(file_key, sizeof file_key);
  return status;
}

rh_status rh_age_reader_open(rh_age_reader **out, const rh_age_keys *keys, rh_age_read read,
                             void *payload, const char *label, rh_error *error) {
  *out = NULL;
  rh_age_reader *reader = rh_alloc_zero(1, sizeof *reader);
  if (!reader)
    return rh_error_memory(error);
  reader->read = read;
  reader->payload = payload;
  reader->label = rh_copy_text(label);
  rh_status status = reader->label ? read_header(reader, keys, error) : rh_error_memory(error);
  if (status == RH_OK)
    *out = reader;
  else
    rh_age_reader_free(reader);
  return status;
}

static rh_status open_box(rh_age_reader *reader, bool *opened, bool last, rh_error *error) {
  unsigned char nonce[RH_AGE_BOX_NONCE];
  chunk_nonce(nonce, reader->counter, last);
  return rh_age_box_open(reader->plain, opened, reader->key, nonce, reader->box, reader->len,
                         error);
}

/* A full chunk may be the last or not, and its own seal says which. So whatever follows it cannot
 * change what it is taken for. */
static rh_status read_chunk(rh_age_reader *reader, size_t *len, rh_error *error) {
  bool opened = false, last = false;
  rh_status status = fill_box(reader, error);
  if (status != RH_OK)
    return status;
  if (reader->len < RH_AGE_TAG)
    return damaged(reader, "the payload is cut off", error);
  if (reader->len == BOX)
    status = open_box(reader, &opened, false, error);
  if (status == RH_OK && !opened) {
    last = true;
    status = open_box(reader, &opened, true, error);
  }
  if (status != RH_OK)
    return status;
  if (!opened)
    return damaged(reader, "the payload is damaged, altered or cut off", error);
  *len = reader->len - RH_AGE_TAG;
  if (*len == 0 && reader->counter > 0)
    return damaged(reader, "the payload is damaged: its last chunk is empty", error);
  reader->len = 0;
  reader->counter++;
  if (last)
    reader->state = READER_LAST;
  return RH_OK;
}

static rh_status read_end(rh_age_reader *reader, rh_error *error) {
  rh_status status = fill_box(reader, error);
  if (status != RH_OK)
    return status;
  if (reader->len > 0)
    return damaged(reader, "the payload is damaged: something follows its last chunk", error);
  reader->state = READER_END;
  return RH_END;
}

rh_status rh_age_reader_next(rh_age_reader *reader, const unsigned char **data, size_t *len,
                             rh_error *error) {
  rh_status status = RH_END;
  *data = reader->plain;
  *len = 0;
  if (reader->state == READER_FAILED)
    return damaged(reader, "the payload is damaged", error);
  if (reader->state == READER_CHUNKS)
    status = read_chunk(reader, len, error);
  else if (reader->state == READER_LAST)
    status = read_end(reader, error);
  if (status != RH_OK && status != RH_END)
    reader->state = READER_FAILED;
  return status;
}

void rh_age_reader_free(rh_age_reader *reader) {
  if (!reader)
    return;
  rh_free(reader->label);
  rh_free_secret(reader, sizeof *reader);
}
