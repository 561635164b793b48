/* Memory: allocation that can be made to fail, growing byte buffers, secrets. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long fail_countdown;

void rh_memory_fail_at(unsigned long countdown) {
  fail_countdown = countdown;
}

static size_t fail_above;

void rh_memory_fail_above(size_t len) {
  fail_above = len;
}

static bool must_fail(size_t len) {
  if (fail_above > 0 && len > fail_above)
    return true;
  if (fail_countdown == 0)
    return false;
  if (fail_countdown == 1)
    return true;
  fail_countdown--;
  return false;
}

void *rh_alloc(size_t len) {
  return must_fail(len) ? NULL : malloc(len ? len : 1);
}

void *rh_alloc_zero(size_t count, size_t size) {
  return must_fail(count * size) ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *rh_resize(void *block, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size)
    return NULL;
  size_t len = count * size;
  if (must_fail(len))
    return NULL;
  return realloc(block, len ? len : 1);
}

char *rh_copy_bytes(const void *data, size_t len) {
  char *copy = len == SIZE_MAX ? NULL : rh_alloc(len + 1);
  if (!copy)
    return NULL;
  if (len)
    memcpy(copy, data, len);
  copy[len] = '\0';
  return copy;
}

char *rh_copy_text(const char *text) {
  return text ? rh_copy_bytes(text, strlen(text)) : NULL;
}

void rh_free(void *block) {
  free(block);
}

void rh_wipe(void *data, size_t len) {
  /* The compiler cannot know what the pointer calls, so it cannot leave the call out. */
  static void *(*const volatile fill)(void *, int, size_t) = memset;
  if (len > 0)
    fill(data, 0, len);
}

void rh_free_secret(void *block, size_t len) {
  if (block)
    rh_wipe(block, len);
  free(block);
}

/* In front of each block. */
typedef union block_head {
  size_t len;
  max_align_t align;
} block_head;

void *rh_alloc_wiped(size_t len) {
  block_head *head = len < SIZE_MAX - sizeof *head ? rh_alloc(sizeof *head + len) : NULL;
  if (!head)
    return NULL;
  head->len = len;
  return head + 1;
}

size_t rh_wiped_len(const void *block) {
  return ((const block_head *)block)[-1].len;
}

void rh_free_wiped(void *block) {
  if (block)
    rh_free_secret((block_head *)block - 1, sizeof(block_head) + rh_wiped_len(block));
}

rh_status rh_buffer_reserve(rh_buffer *buffer, size_t more, rh_error *error) {
  if (more > SIZE_MAX / 2 || buffer->len > SIZE_MAX / 2 - more)
    return rh_error_memory(error);
  size_t need = buffer->len + more + 1;
  if (need <= buffer->capacity)
    return RH_OK;
  size_t capacity = buffer->capacity + buffer->capacity / 2;
  if (capacity < need)
    capacity = need < 64 ? 64 : need;
  /* Not realloc: a buffer may hold a secret, and a moved block must not leave a copy behind. */
  unsigned char *data = rh_alloc(capacity);
  if (!data)
    return rh_error_memory(error);
  if (buffer->len)
    memcpy(data, buffer->data, buffer->len);
  data[buffer->len] = 0;
  rh_free_secret(buffer->data, buffer->len);
  buffer->data = data;
  buffer->capacity = capacity;
  return RH_OK;
}

rh_status rh_buffer_append(rh_buffer *buffer, const void *data, size_t len, rh_error *error) {
  rh_status status = rh_buffer_reserve(buffer, len, error);
  if (status != RH_OK)
    return status;
  if (len)
    memcpy(buffer->data + buffer->len, data, len);
  buffer->len += len;
  buffer->data[buffer->len] = 0;
  return RH_OK;
}

rh_status rh_buffer_append_text(rh_buffer *buffer, const char *text, rh_error *error) {
  return rh_buffer_append(buffer, text, strlen(text), error);
}

rh_status rh_buffer_append_zero(rh_buffer *buffer, size_t count, rh_error *error) {
  rh_status status = rh_buffer_reserve(buffer, count, error);
  if (status != RH_OK)
    return status;
  memset(buffer->data + buffer->len, 0, count + 1);
  buffer->len += count;
  return RH_OK;
}

rh_status rh_buffer_append_u16(rh_buffer *buffer, unsigned value, rh_error *error) {
  unsigned char bytes[2] = {(unsigned char)(value & 0xFFu), (unsigned char)(value >> 8 & 0xFFu)};
  return rh_buffer_append(buffer, bytes, sizeof bytes, error);
}

rh_status rh_buffer_append_u32(rh_buffer *buffer, unsigned long value, rh_error *error) {
  unsigned char bytes[4] = {(unsigned char)(value & 0xFFu), (unsigned char)(value >> 8 & 0xFFu),
                            (unsigned char)(value >> 16 & 0xFFu),
                            (unsigned char)(value >> 24 & 0xFFu)};
  return rh_buffer_append(buffer, bytes, sizeof bytes, error);
}

rh_status rh_buffer_append_hex(rh_buffer *buffer, const void *data, size_t len, rh_error *error) {
  static const char digits[] = "0123456789abcdef";
  if (len > SIZE_MAX / 4)
    return rh_error_memory(error);
  rh_status status = rh_buffer_reserve(buffer, len * 2, error);
  if (status != RH_OK)
    return status;
  const unsigned char *bytes = data;
  for (size_t i = 0; i < len; i++) {
    buffer->data[buffer->len++] = (unsigned char)digits[bytes[i] >> 4];
    buffer->data[buffer->len++] = (unsigned char)digits[bytes[i] & 15];
  }
  buffer->data[buffer->len] = 0;
  return RH_OK;
}

rh_status rh_buffer_printf(rh_buffer *buffer, rh_error *error, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int len = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  rh_status status =
      len < 0 ? rh_error_memory(error) : rh_buffer_reserve(buffer, (size_t)len, error);
  if (status == RH_OK) {
    vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, again);
    buffer->len += (size_t)len;
  }
  va_end(again);
  return status;
}

void rh_buffer_clear(rh_buffer *buffer) {
  buffer->len = 0;
  if (buffer->data)
    buffer->data[0] = 0;
}

void rh_buffer_dispose(rh_buffer *buffer) {
  rh_free(buffer->data);
  *buffer = (rh_buffer){0};
}

void rh_buffer_dispose_secret(rh_buffer *buffer) {
  if (buffer->data)
    rh_wipe(buffer->data, buffer->capacity);
  rh_buffer_dispose(buffer);
}
