/* The bounded reader: the only way in which parsers look at foreign bytes.
 *
 * Little-endian, no alignment, no pointer arithmetic at the caller. A read beyond the end gives 0,
 * leaves the position where it is and sets failed, which stays set: a parser may read a whole
 * record and test failed once. */
#ifndef RH_BASE_READER_H
#define RH_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rh_reader {
  const unsigned char *data; /* borrowed */
  size_t len;
  size_t position;
  bool failed;
} rh_reader;

static inline rh_reader rh_reader_of(const void *data, size_t len) {
  return (rh_reader){data, len, 0, false};
}

/* True, and the bytes [offset, offset + len) may be read, when they lie inside. */
static inline bool rh_reader_has(const rh_reader *reader, size_t offset, size_t len) {
  return offset <= reader->len && len <= reader->len - offset;
}

static inline void rh_reader_seek(rh_reader *reader, size_t position) {
  if (position > reader->len)
    reader->failed = true;
  else
    reader->position = position;
}

/* len bytes, borrowed; NULL beyond the end. */
static inline const unsigned char *rh_reader_bytes(rh_reader *reader, size_t len) {
  if (!rh_reader_has(reader, reader->position, len)) {
    reader->failed = true;
    return NULL;
  }
  const unsigned char *bytes = reader->data + reader->position;
  reader->position += len;
  return bytes;
}

static inline uint16_t rh_load_u16(const unsigned char *bytes) {
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t rh_load_u32(const unsigned char *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline uint64_t rh_load_u64(const unsigned char *bytes) {
  return rh_load_u32(bytes) | (uint64_t)rh_load_u32(bytes + 4) << 32;
}

static inline void rh_store_u16(unsigned char *bytes, uint16_t value) {
  bytes[0] = (unsigned char)value;
  bytes[1] = (unsigned char)(value >> 8);
}

static inline void rh_store_u32(unsigned char *bytes, uint32_t value) {
  rh_store_u16(bytes, (uint16_t)value);
  rh_store_u16(bytes + 2, (uint16_t)(value >> 16));
}

static inline void rh_store_u64(unsigned char *bytes, uint64_t value) {
  rh_store_u32(bytes, (uint32_t)value);
  rh_store_u32(bytes + 4, (uint32_t)(value >> 32));
}

static inline uint8_t rh_reader_u8(rh_reader *reader) {
  const unsigned char *bytes = rh_reader_bytes(reader, 1);
  return bytes ? bytes[0] : 0;
}

static inline uint16_t rh_reader_u16(rh_reader *reader) {
  const unsigned char *bytes = rh_reader_bytes(reader, 2);
  return bytes ? rh_load_u16(bytes) : 0;
}

static inline uint32_t rh_reader_u32(rh_reader *reader) {
  const unsigned char *bytes = rh_reader_bytes(reader, 4);
  return bytes ? rh_load_u32(bytes) : 0;
}

static inline uint64_t rh_reader_u64(rh_reader *reader) {
  const unsigned char *bytes = rh_reader_bytes(reader, 8);
  return bytes ? rh_load_u64(bytes) : 0;
}

#endif
