/* Writing a registry as .reg text, in pieces of bounded size. */
#include "registry/regtext.h"

#include "base/reader.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PIECE_LEN 32768
#define LINE_COLUMNS 76 /* a list of bytes goes on in the next line behind this column */

typedef struct reg_writer {
  rh_registry *registry;
  const char *prefix;
  rh_status (*write)(void *payload, const void *data, size_t len, rh_error *error);
  void *payload;
  rh_buffer out;  /* UTF-16LE */
  rh_buffer text; /* a string's characters */
} reg_writer;

static rh_status flush(reg_writer *self, rh_error *error) {
  rh_status status = RH_OK;
  if (self->out.len > 0)
    status = self->write(self->payload, self->out.data, self->out.len, error);
  rh_buffer_clear(&self->out);
  return status;
}

static rh_status put(reg_writer *self, const char *text, size_t len, rh_error *error) {
  rh_status status = rh_utf16_from_utf8(&self->out, text, len, error);
  return status == RH_OK && self->out.len >= PIECE_LEN ? flush(self, error) : status;
}

static rh_status put_text(reg_writer *self, const char *text, rh_error *error) {
  return put(self, text, strlen(text), error);
}

/* A name or a string between quotes. */
static rh_status put_quoted(reg_writer *self, const char *text, size_t len, rh_error *error) {
  rh_status status = put(self, "\"", 1, error);
  size_t done = 0;
  for (size_t i = 0; status == RH_OK && i < len; i++) {
    if (text[i] != '\\' && text[i] != '"')
      continue;
    status = put(self, text + done, i - done, error);
    if (status == RH_OK)
      status = put(self, "\\", 1, error);
    done = i;
  }
  if (status == RH_OK)
    status = put(self, text + done, len - done, error);
  return status == RH_OK ? put(self, "\"", 1, error) : status;
}

/* Names have no escapes for what ends a line or a text. */
static rh_status check_name(const reg_writer *self, const char *name, size_t len, const char *what,
                            const rh_visit *visit, rh_error *error) {
  if (!memchr(name, '\r', len) && !memchr(name, '\n', len) && !memchr(name, '\0', len))
    return RH_OK;
  rh_error_set(error, RH_ERR_UNSUPPORTED, self->registry->label,
               "the name of %s \"%s%.*s\" holds a control character that .reg text cannot express",
               what, self->prefix, (int)(visit->path_len < 300 ? visit->path_len : 300),
               visit->path);
  rh_error_hint(error, "leave that key out, or copy the hive itself");
  return RH_ERR_UNSUPPORTED;
}

static rh_status write_key(void *payload, const rh_visit *visit, rh_error *error) {
  reg_writer *self = payload;
  rh_status status = check_name(self, visit->path, visit->path_len, "the key", visit, error);
  if (status == RH_OK)
    status = put_text(self, "\r\n[", error);
  if (status == RH_OK)
    status = put_text(self, self->prefix, error);
  if (status == RH_OK)
    status = put(self, visit->path, visit->path_len, error);
  if (status == RH_OK && self->prefix[0] == '\0' && visit->path_len == 0)
    status = put_text(self, "\\", error);
  return status == RH_OK ? put_text(self, "]\r\n", error) : status;
}

/* True for UTF-16 without control characters that ends in exactly one NUL. */
static bool can_be_quoted(const unsigned char *data, size_t len) {
  if (len < 2 || len % 2 != 0 || rh_load_u16(data + len - 2) != 0)
    return false;
  for (size_t i = 0; i < len - 2; i += 2) {
    unsigned unit = rh_load_u16(data + i);
    if (unit < 0x20 || unit == 0x7F || (unit >= 0xDC00 && unit < 0xE000))
      return false;
    if (unit >= 0xD800 && unit < 0xDC00) {
      unsigned low = rh_load_u16(data + i + 2); /* at worst the NUL at the end */
      if (low < 0xDC00 || low >= 0xE000)
        return false;
      i += 2;
    }
  }
  return true;
}

/* "01,02,\" and so on; column is how far the line has come. */
static rh_status put_bytes(reg_writer *self, const unsigned char *data, size_t len, size_t column,
                           rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < len; i++) {
    char byte[8];
    rh_hex_print(byte, data + i, 1, false);
    column += 3;
    bool last = i + 1 == len, breaks = column > LINE_COLUMNS && !last;
    status = put_text(self, byte, error);
    if (status == RH_OK && !last)
      status = put_text(self, breaks ? ",\\\r\n  " : ",", error);
    if (breaks)
      column = 2;
  }
  return status;
}

static rh_status put_data(reg_writer *self, const rh_value *value, size_t column, rh_error *error) {
  char word[32];
  if (value->type == RH_REG_SZ && can_be_quoted(value->data, value->len)) {
    rh_buffer_clear(&self->text);
    rh_status status = rh_utf8_from_utf16(&self->text, value->data, value->len - 2, error);
    return status == RH_OK ? put_quoted(self, rh_buffer_text(&self->text), self->text.len, error)
                           : status;
  }
  if (value->type == RH_REG_DWORD && value->len == 4) {
    snprintf(word, sizeof word, "dword:%08x", (unsigned)rh_load_u32(value->data));
    return put_text(self, word, error);
  }
  if (value->type == RH_REG_BINARY)
    snprintf(word, sizeof word, "hex:");
  else
    snprintf(word, sizeof word, "hex(%x):", (unsigned)value->type);
  rh_status status = put_text(self, word, error);
  return status == RH_OK ? put_bytes(self, value->data, value->len, column + strlen(word), error)
                         : status;
}

static rh_status write_value(void *payload, const rh_visit *visit, const rh_value *value,
                             rh_error *error) {
  reg_writer *self = payload;
  rh_status status =
      check_name(self, value->name, value->name_len, "a value in the key", visit, error);
  if (status == RH_OK)
    status = value->name_len == 0 ? put_text(self, "@", error)
                                  : put_quoted(self, value->name, value->name_len, error);
  size_t column = value->name_len == 0 ? 2 : rh_utf16_count(value->name, value->name_len) + 3;
  for (size_t i = 0; i < value->name_len; i++)
    column += value->name[i] == '\\' || value->name[i] == '"';
  if (status == RH_OK)
    status = put_text(self, "=", error);
  if (status == RH_OK)
    status = put_data(self, value, column, error);
  return status == RH_OK ? put_text(self, "\r\n", error) : status;
}

rh_status rh_regtext_write(rh_registry *registry, rh_key key, const char *prefix,
                           rh_status (*write)(void *payload, const void *data, size_t len,
                                              rh_error *error),
                           void *payload, rh_error *error) {
  reg_writer self = {
      .registry = registry, .prefix = prefix ? prefix : "", .write = write, .payload = payload};
  const rh_walker walker = {.on_key = write_key, .on_value = write_value, .payload = &self};
  rh_status status = rh_buffer_append(&self.out, "\xFF\xFE", 2, error);
  if (status == RH_OK)
    status = put_text(&self, "Windows Registry Editor Version 5.00\r\n", error);
  if (status == RH_OK)
    status = rh_registry_walk(registry, key, &walker, error);
  if (status == RH_OK)
    status = put_text(&self, "\r\n", error);
  if (status == RH_OK)
    status = flush(&self, error);
  rh_buffer_dispose_secret(&self.out);
  rh_buffer_dispose_secret(&self.text);
  return status;
}
