/* Memory: allocation that can be made to fail, growing byte buffers, secrets. */
#ifndef RH_BASE_MEMORY_H
#define RH_BASE_MEMORY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* NULL when there is no memory; the caller reports it with rh_error_memory. len 0 gives a block. */
void *rh_alloc(size_t len);
void *rh_alloc_zero(size_t count, size_t size);
/* Resizes block (NULL allowed) to count items; NULL on failure or overflow, block stays valid. */
void *rh_resize(void *block, size_t count, size_t size);
char *rh_copy_text(const char *text);              /* NULL in, NULL out */
char *rh_copy_bytes(const void *data, size_t len); /* len bytes and a NUL behind them */
void rh_free(void *block);

/* Overwrites a secret in a way that the compiler keeps, then frees it. */
void rh_free_secret(void *block, size_t len);
void rh_wipe(void *data, size_t len);

/* Blocks that know their length and are wiped when they are freed: for libraries that say only what
 * they free. As rh_alloc and rh_free. */
void *rh_alloc_wiped(size_t len);
size_t rh_wiped_len(const void *block);
void rh_free_wiped(void *block);

/* For tests: the countdown-th allocation from now fails, and each one after it. 0 turns it off. */
void rh_memory_fail_at(unsigned long countdown);
/* For tests: each allocation of more bytes fails. 0 turns it off. */
void rh_memory_fail_above(size_t len);

/* A growing run of bytes that owns its memory. Starts as {0}. data is NULL while nothing was
 * appended, and is followed by a NUL that len does not count. */
typedef struct rh_buffer {
  unsigned char *data;
  size_t len;
  size_t capacity;
} rh_buffer;

rh_status rh_buffer_reserve(rh_buffer *buffer, size_t more, rh_error *error);
rh_status rh_buffer_append(rh_buffer *buffer, const void *data, size_t len, rh_error *error);
rh_status rh_buffer_append_text(rh_buffer *buffer, const char *text, rh_error *error);
rh_status rh_buffer_append_zero(rh_buffer *buffer, size_t count, rh_error *error);
rh_status rh_buffer_append_u16(rh_buffer *buffer, unsigned value, rh_error *error); /* LE */
rh_status rh_buffer_append_u32(rh_buffer *buffer, unsigned long value, rh_error *error);
rh_status rh_buffer_append_hex(rh_buffer *buffer, const void *data, size_t len, rh_error *error);
rh_status rh_buffer_printf(rh_buffer *buffer, rh_error *error, const char *format, ...)
    RH_PRINTF(3, 4);
/* The text so far, never NULL, NUL-terminated. Borrowed. */
static inline const char *rh_buffer_text(const rh_buffer *buffer) {
  return buffer->data ? (const char *)buffer->data : "";
}
void rh_buffer_clear(rh_buffer *buffer); /* len 0, memory kept */
void rh_buffer_dispose(rh_buffer *buffer);
void rh_buffer_dispose_secret(rh_buffer *buffer);

#endif
